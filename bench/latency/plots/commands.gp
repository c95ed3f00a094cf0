# commands.gp - invalidating N pages one by one and by range. Data: commands.csv.
load ARG1
set title "N pages: invalidations and one CMD_SYNC (command queue in memory of 150 ns)"
set xlabel "pages, logarithmic"
set ylabel "doorbell to completion (ns), logarithmic"
set logscale xy
set logscale x 2
presets = "mmu600 mmu700 gem5"
thin(i) = word("3 1.5 1", i) + 0
set xrange [0.9:9000]
set xtics ("1" 1, "4" 4, "16" 16, "64" 64, "256" 256, "1024" 1024, "4096" 4096)
plot for [i = 1:3] file("commands") using (pick(word(presets, i), "one TLBI a page", X)):NS \
    with linespoints linecolor rgb colour(2 * i - 1) linewidth thin(i) pointtype mark(1) \
    pointsize 1.6 - 0.4 * i title word(presets, i).": one a page", \
    for [i = 1:3] file("commands") using (pick(word(presets, i), "ranges for 2^k - 1 pages", X)):NS \
    with linespoints linecolor rgb colour(2 * i - 1) linewidth thin(i) dashtype 3 pointtype mark(3) \
    pointsize 1.6 - 0.4 * i title word(presets, i).": ranges, 1 page less", \
    for [i = 1:3] file("commands") using (pick(word(presets, i), "ranges for 2^k pages", X)):NS \
    with linespoints linecolor rgb colour(2 * i - 1) linewidth thin(i) dashtype 2 pointtype mark(2) \
    pointsize 1.6 - 0.4 * i title word(presets, i).": ranges"
