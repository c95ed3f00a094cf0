# footprint.gp - mean latency of random pages of a growing window. Data: footprint.csv.
load ARG1
set title "Random 4 KiB pages of a window, one request at a time (memory: 150 ns a read)"
set xlabel "pages in the window, logarithmic"
set ylabel "mean latency (ns)"
set logscale x 2
set xtics ("4" 4, "16" 16, "64" 64, "256" 256, "1024" 1024, "4096" 4096, "16384" 16384)
set xrange [3.5:18000]
set yrange [0:*]
plot for [i = 1:words(presets)] file("footprint") \
    using (pick(word(presets, i), "random pages one by one", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
