# sizes.gp - hits of the main TLB with one to three page sizes in use. Data: sizes.csv.
load ARG1
set multiplot layout 1,2 title "Hits of the main TLB while pages of 4 KiB, 2 MiB and 1 GiB are in use"
set xlabel "page sizes in use"
set xrange [0.7:3.3]
set xtics 1
set yrange [0:*]
set offsets 0, 0, graph 0.25, 0
set key inside left top
set ylabel "latency of one hit (ns)"
plot for [i = 1:words(presets)] file("sizes") \
    using (pick(word(presets, i), "latency of a hit", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
set format y "%.1f"
unset key
set ylabel "time between two hits, 32 in flight (ns)"
plot for [i = 1:words(presets)] file("sizes") \
    using (pick(word(presets, i), "time between hits", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
unset multiplot
