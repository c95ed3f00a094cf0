# burst.gp - a burst of misses at one TBU, and a hit behind it. Data: burst.csv.
load ARG1
set multiplot layout 1,2 title "Misses at one instant at one TBU, each with one read of 150 ns to do; then a hit"
set xlabel "misses"
set xrange [0:41]
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set key inside left top
set title "the last miss"
set ylabel "latency (ns)"
plot for [i = 1:words(presets)] file("burst") \
    using (pick(word(presets, i), "the last miss", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth 0.5 * wide(i) pointtype mark(i) \
    pointsize 0.5 * mark_size(i) title word(presets, i)
unset key
set title "the hit behind them"
plot for [i = 1:words(presets)] file("burst") \
    using (pick(word(presets, i), "a hit behind them", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth 0.5 * wide(i) pointtype mark(i) \
    pointsize 0.5 * mark_size(i) title word(presets, i)
unset multiplot
