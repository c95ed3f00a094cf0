# cost.gp - invalidations of VT-d: how many before one wait, and the size of the IOTLB. Data: cost.csv,
# again.csv.
set datafile separator comma
if (format eq "png") {
    set terminal pngcairo noenhanced size 1200,1000 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1200,1000 font "Sans,13" background rgb "white"
}
set output out
data = csv."/cost.csv"
set border 3
set tics nomirror
set format y "%.0f"
set grid y linetype 1 linecolor rgb "#dddddd"
set logscale xy
cell(type, entries, n, c) = strcol(1) eq type && (entries == 0 || column(2) == entries) && \
    (n == 0 || column(3) == n) ? column(c) : NaN
colour(i) = word("#b0b0b0 #d55e00 #0072b2 #009e73 #000000 #cc79a7 #e69f00", i)
set datafile missing NaN
set lmargin 12
set rmargin 3
set multiplot layout 2,2 title "VT-d, preset bdw: descriptors of one type, then one wait; from the tail register to the status"
set key top left Left reverse samplen 3
set xrange [0.8:320]
set yrange [100:20000000]
set xtics ("1" 1, "4" 4, "16" 16, "64" 64, "256" 256)
set xlabel "descriptors before the wait, logarithmic"
set ylabel "all of them (ns), logarithmic"
plot for [i = 1:4] data using 3:(cell("IOTLB domain", int(word("128 4096 16384 65536", i)), 0, 4)) with linespoints \
        linecolor rgb colour(i + 1) pointtype 7 pointsize 1.9 - 0.3 * i linewidth 9 - 2 * i title "IOTLB domain: ".word("128 4096 16384 65536", i)." entries", \
     data using 3:(cell("PIOTLB page", 65536, 0, 4)) with points linecolor rgb colour(6) pointtype 6 pointsize 1.6 \
        linewidth 2 title "PIOTLB page: 65536 entries", \
     data using 3:(cell("PASID cache PASID", 65536, 0, 4)) with linespoints linecolor rgb colour(7) pointtype 9 pointsize 0.7 \
        linewidth 1 title "PASID cache or context cache: any IOTLB"
set xrange [25:80000]
set yrange [100:10000]
set xtics ("32" 32, "128" 128, "512" 512, "2048" 2048, "8192" 8192, "65536" 65536)
set xlabel "entries of the IOTLB, logarithmic"
set ylabel "each of them (ns), logarithmic"
plot for [i = 1:4] data using 2:(cell("IOTLB domain", 0, int(word("1 4 16 256", i)), 5)) with linespoints \
        linecolor rgb colour(i + 1) pointtype 7 pointsize 1.9 - 0.3 * i linewidth 9 - 2 * i title "IOTLB domain: ".word("1 4 16 256", i)." before a wait", \
     data using 2:(cell("PASID cache PASID", 0, 256, 5)) with linespoints linecolor rgb colour(7) pointtype 9 pointsize 0.7 \
        linewidth 1 title "PASID cache: 256 before a wait"
unset logscale
unset key
set style fill solid 1.0 border rgb "black"
w = 0.35
of(preset, c) = strcol(1) eq preset ? column(c) : NaN
set xrange [-0.6:6.6]
set yrange [0:*]
set xtics ("context\ncache" 0, "PASID\ncache" 1, "IOTLB\npage" 2, "IOTLB\ndomain" 3, "IOTLB\nglobal" 4, "PIOTLB\npage" 5, "PIOTLB\nPASID" 6)
set xtics font ",11"
set bmargin 5
set xlabel "descriptor; the device uses first-stage pages" offset 0,-1
set ylabel "one and a wait (ns)"
set key top left vertical samplen 1.5
set yrange [0:1400]
again = csv."/again.csv"
plot again skip 1 using (int($0) % 7 - w / 2):(of("bdw", 3)):(w) with boxes linecolor rgb "#0072b2" title "bdw", \
     again skip 1 using (int($0) % 7 + w / 2):(of("zero", 3)):(w) with boxes linecolor rgb "#a9d1ea" title "only memory takes time"
set yrange [0:14000]
set ylabel "extra when 32 pages are used again (ns)"
plot again skip 1 using (int($0) % 7 - w / 2):(of("bdw", 4)):(w) with boxes linecolor rgb "#0072b2" title "bdw", \
     again skip 1 using (int($0) % 7 + w / 2):(of("zero", 4)):(w) with boxes linecolor rgb "#a9d1ea" title "only memory takes time"
unset multiplot
