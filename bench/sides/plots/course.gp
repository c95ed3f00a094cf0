# course.gp - what the device sees while its domain is replaced. Data: course.csv, sides.csv.
set datafile separator comma
set datafile missing NaN
if (format eq "png") {
    set terminal pngcairo noenhanced size 1200,800 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1200,800 font "Sans,13" background rgb "white"
}
set output out
course = csv."/course.csv"
sides = csv."/sides.csv"
set border 3
set tics nomirror
set format y "%.0f"
set grid y linetype 1 linecolor rgb "#dddddd"
set lmargin 11
set rmargin 3
set xrange [-1:11]
set yrange [0:1500]
set xlabel "request begins so long after the first store (us)"
set ylabel "latency of one DMA (ns)"
set key top right Left reverse samplen 2
of(move, arch, c) = strcol(1) eq move && strcol(2) eq arch ? column(c) : NaN
refused(move, arch) = strcol(1) eq move && strcol(2) eq arch && column(7) > 0 ? column(3) / 1000.0 : -5
end_of(move, arch) = strcol(1) eq "default" && strcol(2) eq move && strcol(3) eq arch ? column(7) / 1000.0 : NaN
moves = "fs-swap fs-replace"
archs = "SMMUv3 VT-d"
colour(i) = word("#d55e00 #0072b2", i)
names = "'another table in one store' 'another domain, as drivers do it'"
set multiplot layout 2,2 title "First stage replaced at 0, presets mmu600 and bdw; 32 times, in steps of 100 ns"
do for [m = 1:2] {
    do for [a = 1:2] {
        set title word(archs, a).": ".word(names, m)
        plot course using ($3 / 1000.0):(of(word(moves, m), word(archs, a), 6)) with histeps linecolor rgb colour(a) linewidth 1.5 title "longest", \
             course using ($3 / 1000.0):(of(word(moves, m), word(archs, a), 5)) with histeps linecolor rgb "black" linewidth 1.5 title "mean", \
             course using (refused(word(moves, m), word(archs, a))):(1200) with points pointtype 5 pointsize 0.8 linecolor rgb "#cc79a7" title "some are refused", \
             sides using (end_of(word(moves, m), word(archs, a))):(1450):(0):(-1450) with vectors nohead linewidth 1.5 dashtype 2 linecolor rgb "#009e73" title "last completion (mean)"
    }
}
unset multiplot
