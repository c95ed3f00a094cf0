# prefetch.gp - pages in order with and without prefetch. Data: prefetch.csv.
load ARG1
set title "256 pages in order, one request a page: mean latency by their rate"
set xlabel "from one request to the next (ns)"
set ylabel "mean latency (ns)"
set xrange [0:510]
set yrange [0:*]
presets = "mmu600 mmu500-walkers gem5"
place(i) = word("1 4 5", i) + 0
plot for [i = 1:3] file("prefetch") using (pick(word(presets, i), "none", X)):NS \
    with linespoints linecolor rgb colour(place(i)) linewidth 5.5 - 1.5 * i pointtype 1 \
    pointsize 1.0 title word(presets, i).": no prefetch", \
    for [i = 1:3] file("prefetch") using (pick(word(presets, i), "next_page", X)):NS \
    with linespoints linecolor rgb colour(place(i)) linewidth 5.5 - 1.5 * i \
    pointtype mark(place(i)) pointsize 1.6 - 0.3 * i title word(presets, i).": next page"
