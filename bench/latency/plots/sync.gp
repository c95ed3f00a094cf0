# sync.gp - CMD_SYNC while translations are in flight. Data: sync.csv.
load ARG1
set multiplot layout 1,2 title "CMD_SYNC while misses are in flight (memory: 150 ns a read)"
set xlabel "misses in flight"
set ylabel "doorbell to completion (ns)"
set xrange [-2:66]
set xtics (0, 8, 16, 32, 64)
set yrange [0:*]
set offsets 0, 0, graph 0.25, 0
set key inside left top
set title "misses that began at the doorbell"
plot for [i = 1:words(presets)] file("sync") \
    using (pick(word(presets, i), "misses that have just begun", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
unset key
set title "misses that follow each other (mean of 32)"
plot for [i = 1:words(presets)] file("sync") \
    using (pick(word(presets, i), "misses that follow each other", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
unset multiplot
