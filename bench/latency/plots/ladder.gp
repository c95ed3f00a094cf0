# ladder.gp - one request, by where its answer is found. Data: ladder.csv.
load ARG1
set title "One request alone, by where its answer is found (memory: 150 ns a read)"
set ylabel "latency (ns), logarithmic"
set logscale y
set yrange [1:2000]
set xrange [-0.4:6.4]
set bmargin 3.5
set xtics ("SMMU off" 0, "micro TLB\nhit" 1, "main TLB hit\nin the TBU" 2, "TLB hit\nin the TCU" 3, \
    "walk cache\nhit" 4, "whole walk,\n4 levels" 5, "walk and\nconfiguration" 6)
plot for [i = 1:words(presets)] file("ladder") using (pick(word(presets, i), "one request", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
