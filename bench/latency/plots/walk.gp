# walk.gp - walks of one stage by what is left to read. Data: walk.csv.
load ARG1
set multiplot layout 1,2 title "Misses of every TLB, configuration cached (memory: 150 ns a read)"
set ylabel "latency (ns)"
set xrange [0.7:4.3]
set yrange [0:*]
set offsets 0, 0, graph 0.2, 0
set xtics 1
set key inside left top
set title "walk caches empty: 1, 2, 3 or 4 levels"
set xlabel "levels of the tables = descriptors to read"
plot for [i = 1:words(presets)] file("walk") \
    using (pick(word(presets, i), "walk caches empty", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i), \
    file("walk") using (pick("zero", "walk caches empty", X)):NS with lines \
    linecolor rgb "black" dashtype 2 title "memory alone (zero)"
unset key
set title "4 levels, after a walk that shares tables"
set xlabel "descriptors left to read"
plot for [i = 1:words(presets)] file("walk") \
    using (pick(word(presets, i), "after a walk that shares tables", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i), \
    file("walk") using (pick("zero", "after a walk that shares tables", X)):NS with lines \
    linecolor rgb "black" dashtype 2 title "memory alone (zero)"
unset multiplot
