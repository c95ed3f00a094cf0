# unmap.gp - what an unmap costs by size: SMMUv3 by range and by page, VT-d. Data: unmap.csv.
set datafile separator comma
set datafile missing NaN
if (format eq "png") {
    set terminal pngcairo noenhanced size 1200,1000 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1200,1000 font "Sans,13" background rgb "white"
}
set output out
data = csv."/unmap.csv"
set border 3
set tics nomirror
set grid y linetype 1 linecolor rgb "#dddddd"
set lmargin 13
set rmargin 3
set xlabel "unmapped, logarithmic"
set xtics ("4 KiB" 4, "64 KiB" 64, "1 MiB" 1024, "16 MiB" 16384, "128 MiB" 131072, "1 GiB" 1048576)
set xrange [3:1500000]
set logscale xy
set format y "%.0s %c"
set key top left Left reverse samplen 3 font ",10"
KIB = 7
COMMANDS = 9
NS = 12
at(arch, driver, stage, hardware, layout, ats, c) = strcol(1) eq arch && strcol(2) eq driver && \
    strcol(3) eq stage && strcol(4) eq hardware && strcol(5) eq layout && strcol(6) eq ats ? column(c) : NaN
layout(i) = word("4k-shifted 4k largest", i)
named(i) = word("'4 KiB pages, not aligned to 2 MiB' '4 KiB pages' 'largest pages that fit'", i)
colour(i) = word("#d55e00 #0072b2 #009e73", i)
set multiplot layout 2,2 title "One unmap with Linux's driver, first stage, no ATS: presets mmu600 and bdw, nothing else to do"
set title "SMMUv3"
set ylabel "the driver waits for hardware, logarithmic"
set yrange [1e-7:30]
ns(driver, arch, hardware, i) = 1e-9 * at(arch, driver, "s1", hardware, layout(i), "no-ats", NS)
set format y "%.0s %cs"
plot for [i = 1:3] data using KIB:(ns("linux-6.12", "smmuv3", "page", i)) with linespoints \
        linecolor rgb colour(i) dashtype 2 pointtype 6 pointsize 1.3 - 0.3 * i linewidth 5 - 1.3 * i title "a command a leaf: ".named(i), \
     for [i = 1:3] data using KIB:(ns("linux-6.12", "smmuv3", "range", i)) with linespoints \
        linecolor rgb colour(i) pointtype 7 pointsize 1.6 - 0.4 * i linewidth 5 - 1.3 * i title "range commands: ".named(i)
set title "VT-d"
plot for [i = 1:3] data using KIB:(ns("linux-6.12", "vtd", "am18", i)) with linespoints \
        linecolor rgb colour(i) pointtype 7 pointsize 1.9 - 0.5 * i linewidth 6 - 1.6 * i title "Linux 6.12: ".named(i), \
     data using KIB:(ns("best", "vtd", "am18", 1)) with linespoints \
        linecolor rgb "black" dashtype 2 pointtype 6 pointsize 0.7 linewidth 1.2 title "best: all three"
set title "SMMUv3"
set ylabel "commands, CMD_SYNC included, logarithmic"
set format y "%.0s %c"
set yrange [1:1e9]
n(hardware, i) = at("smmuv3", "linux-6.12", "s1", hardware, layout(i), "no-ats", COMMANDS)
plot for [i = 1:3] data using KIB:(n("page", i)) with linespoints \
        linecolor rgb colour(i) dashtype 2 pointtype 6 pointsize 1.3 - 0.3 * i linewidth 5 - 1.3 * i title "a command a leaf: ".named(i), \
     for [i = 1:3] data using KIB:(n("range", i)) with linespoints \
        linecolor rgb colour(i) pointtype 7 pointsize 1.6 - 0.4 * i linewidth 5 - 1.3 * i title "range commands: ".named(i)
unset logscale
set format y "%.0f"
set title "1 MiB of 4 KiB pages, linux-7: what ATS adds"
set style fill solid 1.0 border rgb "black"
set xlabel " "
set ylabel "the driver waits for hardware (ns)"
set yrange [0:1600]
set xrange [-0.6:2.6]
set xtics ("first\nstage" 0, "second\nstage" 1, "second stage\nbelow a guest" 2)
set key top left
w = 0.2
place(stage) = stage eq "s1" ? 0 : stage eq "s2" ? 1 : 2
bar(arch, hardware, ats, k) = strcol(1) eq arch && strcol(2) eq "linux-7" && strcol(4) eq hardware && strcol(5) eq "4k" && \
    strcol(6) eq ats && column(KIB) == 1024 ? place(strcol(3)) + (k - 1.5) * w : NaN
plot data using (bar("smmuv3", "range", "no-ats", 0)):NS:(w) with boxes linecolor rgb "#f6c9a8" title "SMMUv3", \
     data using (bar("smmuv3", "range", "ats", 1)):NS:(w) with boxes linecolor rgb "#d55e00" title "SMMUv3, ATS", \
     data using (bar("vtd", "am18", "no-ats", 2)):NS:(w) with boxes linecolor rgb "#a9d1ea" title "VT-d", \
     data using (bar("vtd", "am18", "ats", 3)):NS:(w) with boxes linecolor rgb "#0072b2" title "VT-d, ATS"
unset multiplot
