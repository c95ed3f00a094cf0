# nested.gp - walks of both stages, by their levels. Data: nested.csv.
load ARG1
set title "mmu600: walks of both stages, walk caches off. Numbers: descriptors read, 150 ns each" offset 12,0
set xlabel "levels of stage 1"
set ylabel "latency (ns)"
set xrange [0.7:4.5]
set yrange [0:*]
set xtics 1
part(i) = i == 1 ? "stage 1 only" : sprintf("%d level%s of stage 2", i - 1, i == 2 ? "" : "s")
WARM = "4 levels of stage 2 and warm walk caches"
plot for [i = 5:1:-1] file("nested") using (pick("mmu600", part(i), X)):NS \
    with linespoints linecolor rgb "black" linewidth 1.5 dashtype 6 - i pointtype mark(6 - i) \
    pointsize 1.2 title part(i), \
    for [i = 1:5] file("nested") using (pick("mmu600", part(i), X)):NS:7 with labels \
    offset 2.5,0 notitle, \
    file("nested") using (pick("mmu600", WARM, X)):NS with points linecolor rgb "#d55e00" \
    pointtype 7 pointsize 1.8 title "4 levels each, walk caches warm", \
    file("nested") using (pick("mmu600", WARM, X)):NS:7 with labels offset 2.5,0 notitle
