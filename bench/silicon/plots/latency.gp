# latency.gp - one read at a time: curves of the model, points as measured. Data: silicon.csv.
set datafile separator comma
set datafile missing NaN
if (format eq "png") {
    set terminal pngcairo noenhanced size 1100,620 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1100,620 font "Sans,13" background rgb "white"
}
set output out
set border 3
set tics nomirror
set grid y linetype 1 linecolor rgb "#dddddd"
set key outside right top vertical Left reverse samplen 3 width 2
set title "One read of 64 bytes at random, 4 KiB pages: measured (points) and simulated (lines)"
set xlabel "window (KiB), logarithmic"
set ylabel "mean latency (ns)"
set logscale x 2
set xtics ("256" 256, "512" 512, "1 Mi" 1024, "2 Mi" 2048, "4 Mi" 4096, "8 Mi" 8192, "16 Mi" 16384, "64 Mi" 65536)
set xrange [220:76000]
set yrange [450:*]
machines = "'Xeon E5-2630' 'Xeon E5-2620 v2' 'Xeon E5-2620 v3' 'Xeon E5-2637 v3' 'Xeon E5-2630 v4'"
colour(i) = word("#d55e00 #0072b2 #009e73 #000000 #cc79a7", i)
pick(m, k, c) = strcol(1) eq "E1" && strcol(2) eq m && (k eq "" || strcol(4) eq k) ? column(c) : NaN
plot for [i = 1:5] csv using (pick(word(machines, i), "", 5)):7 with lines \
        linecolor rgb colour(i) linewidth 2 title word(machines, i), \
    for [i = 1:5] csv using (pick(word(machines, i), "predicted", 5)):6 with points \
        linecolor rgb colour(i) pointtype 7 pointsize 0.9 title i == 1 ? "measured; predicted by the model" : "", \
    for [i = 1:5] csv using (pick(word(machines, i), "fitted", 5)):6 with points \
        linecolor rgb colour(i) pointtype 4 pointsize 1.3 title i == 1 ? "measured; fixed a parameter" : ""
