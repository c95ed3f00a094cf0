# picture.gp - what run.sh draws of platform.csv: requests, the queue and what the TLBs do over time.
# Shaded: the driver replaces domains.
set terminal pngcairo size 1200,850 font 'sans,11'
set output png
set datafile separator ','
set multiplot layout 3,1 title heading font 'sans,14'
set lmargin 9
set rmargin 27
set y2range [0:1]
set key outside right top Left reverse samplen 2
set xrange [from:to]
set yrange [0:*]
set style fill solid 1.0 noborder
set grid ytics lc rgb '#dddddd'
us(ns) = ns / 1000.0
slice(ns, width) = floor(ns / width) * width / 1000.0
shade = '#f6dcc8'

set format x ''
set ylabel 'under way (mean of 100 ns)'
plot csv using (us($1)):10 axes x1y2 with filledcurves y2=0 lc rgb shade title 'replace', \
     csv using (slice($1, 100)):2 smooth unique with steps lw 1.5 lc rgb '#1f5fa8' \
         title "devices' requests", \
     csv using (slice($1, 100)):4 smooth unique with steps lc rgb '#3a9a5c' \
         title "the unit's accesses"

set ylabel 'queue'
plot csv using (us($1)):10 axes x1y2 with filledcurves y2=0 lc rgb shade notitle, \
     csv using (us($1)):5 with steps lw 1.5 lc rgb '#8a2d8a' title 'commands', \
     csv using (us($1)):9 with steps lw 1.5 dt 2 lc rgb '#444444' title 'domain (1 or 2)'

# So far, in the file: what comes new in each half of a microsecond.
set format x '%g'
set xlabel 'microseconds'
set ylabel 'each half microsecond'
hits = walks = refused = 0
fresh(now, before) = now > before ? now - before : 0
plot csv using (us($1)):10 axes x1y2 with filledcurves y2=0 lc rgb shade notitle, \
     csv using (slice($1, 500)):(new = fresh($6, hits), hits = $6, new) smooth frequency \
         with steps lw 1.5 lc rgb '#1f5fa8' title 'TLB hits', \
     csv using (slice($1, 500)):(new = fresh($7, walks), walks = $7, new) smooth frequency \
         with steps lw 1.5 lc rgb '#c05a1a' title 'walks', \
     csv using (slice($1, 500)):(new = fresh($8, refused), refused = $8, new) smooth frequency \
         with steps lw 1.5 lc rgb '#c01a1a' title 'refused requests'
