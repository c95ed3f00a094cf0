# scaling.gp - how the cost of a change grows. Data: scaling.csv.
width = 1500
height = 1300
load incl."/style.inc"
data = csv."/scaling.csv"
set grid y linetype 1 linecolor rgb "#dddddd"
set logscale xy
set lmargin 13
set rmargin 3
set key top left Left reverse samplen 2.5 font ",10"
HW = 10
CPU = 11
BLOCKED_NS = 12
REFILL = 13
size(x) = (n = strlen(x) > 1 ? x[1:strlen(x)-1] + 0.0 : 0, u = x[strlen(x):strlen(x)], n * (u eq "K" ? 1 : u eq "M" ? 1024 : u eq "G" ? 1048576 : 1073741824))
of(s, a, d, ats, what, c) = strcol(1) eq s && strcol(2) eq a && strcol(3) eq d && strcol(4) eq ats && strcol(6) eq what ? c : NaN
colour(i) = word("#d55e00 #0072b2 #009e73 #cc79a7", i)
us(c) = column(c) / 1000.0
set format y "%.1f"
set multiplot layout 3,2 title "How the cost of a change grows; presets mmu600 and bdw (solid: linux-7, dashed: best)"
set title "PASIDs of a device: one is replaced; 64 KiB of all are unmapped"
set xlabel "PASIDs attached beside, logarithmic"
set ylabel "the driver waits (us), logarithmic"
set xtics (1, 16, 256, 4096)
set xrange [0.8:6000]
set yrange [0.3:100000]
archs = "smmuv3 vtd"
names = "SMMUv3 VT-d"
plot for [u = 1:2] data using 5:(of("pasids", word(archs, u), "linux-7", "no-ats", "replace_pasid", us(HW))) with linespoints linecolor rgb colour(u) linewidth 2 pointtype 7 title word(names, u).": replace of a PASID", \
     for [u = 1:2] data using 5:(of("pasids", word(archs, u), "best", "no-ats", "replace_pasid", us(HW))) with linespoints linecolor rgb colour(u) dashtype 2 pointtype 6 notitle, \
     for [u = 1:2] data using 5:(of("pasids", word(archs, u), "linux-7", "no-ats", "replace", us(HW))) with linespoints linecolor rgb colour(u) pointtype 5 title word(names, u).": replace of the device's table", \
     for [u = 1:2] data using 5:(of("pasids", word(archs, u), "linux-7", "no-ats", "unmap", us(HW))) with linespoints linecolor rgb colour(u + 2) linewidth 2 pointtype 9 title word(names, u).": unmap", \
     for [u = 1:2] data using 5:(of("pasids", word(archs, u), "linux-7", "ats", "unmap", us(HW))) with linespoints linecolor rgb colour(u + 2) dashtype 3 linewidth 2 pointtype 8 title word(names, u).": unmap, ATS"
set title "Devices of a domain: all are replaced in turn; 64 KiB are unmapped"
set xlabel "devices, logarithmic"
set xtics (1, 4, 16, 64, 256)
set xrange [0.8:350]
set yrange [0.3:100000]
plot for [u = 1:2] data using 5:(of("devices", word(archs, u), "linux-7", "no-ats", "replace", us(HW))) with linespoints linecolor rgb colour(u) linewidth 2 pointtype 7 title word(names, u).": replace", \
     for [u = 1:2] data using 5:(of("devices", word(archs, u), "best", "no-ats", "replace", us(HW))) with linespoints linecolor rgb colour(u) dashtype 2 pointtype 6 notitle, \
     for [u = 1:2] data using 5:(of("devices", word(archs, u), "linux-7", "no-ats", "detach-attach", us(HW))) with linespoints linecolor rgb colour(u) pointtype 5 title word(names, u).": detach + attach", \
     for [u = 1:2] data using 5:(of("devices", word(archs, u), "linux-7", "no-ats", "unmap", us(HW))) with linespoints linecolor rgb colour(u + 2) linewidth 2 pointtype 9 title word(names, u).": unmap", \
     for [u = 1:2] data using 5:(of("devices", word(archs, u), "linux-7", "ats", "unmap", us(HW))) with linespoints linecolor rgb colour(u + 2) dashtype 3 linewidth 2 pointtype 8 title word(names, u).": unmap, ATS"
set ylabel "waits and own work (us), logarithmic"
set format x "%.0s"
set xtics ("4K" 4, "64K" 64, "1M" 1024, "16M" 16384, "256M" 262144, "4G" 4194304, "64G" 67108864, "1T" 1073741824)
set xlabel "mapped, logarithmic"
set xrange [3:2e9]
set yrange [0.3:100000]
all(c) = (column(HW) + column(CPU)) / 1000.0
do for [u = 1:2] {
    a = word(archs, u)
    set title word(names, u).": another address space with as much mapped"
    plot data using (size(strcol(5))):(of("4k", a, "linux-7", "no-ats", "detach-attach", all(0))) with linespoints linecolor rgb colour(1) linewidth 2 pointtype 7 title "detach, unmap, map, attach: 4 KiB pages", \
         data using (size(strcol(5))):(of("largest", a, "linux-7", "no-ats", "detach-attach", all(0))) with linespoints linecolor rgb colour(3) linewidth 2 pointtype 5 title "detach, unmap, map, attach: largest pages", \
         data using (size(strcol(5))):(of("largest", a, "linux-7", "no-ats", "replace", all(0))) with linespoints linecolor rgb colour(2) linewidth 3 pointtype 9 title "replace: any pages", \
         data using (size(strcol(5))):(of("4k", a, "linux-7", "no-ats", "replace", all(0))) with points linecolor rgb colour(2) pointtype 8 pointsize 1.5 notitle, \
         data using (size(strcol(5))):(of("largest", a, "best", "no-ats", "replace", all(0))) with linespoints linecolor rgb colour(2) dashtype 2 pointtype 6 notitle
}
set ylabel "us, logarithmic"
set title "Entries of the main TLB; a device reads 512 pages: replace"
set xlabel "entries, logarithmic"
set format x "%.0f"
set xtics (32, 128, 512, 2048, 8192, 32768)
set xrange [25:45000]
set yrange [0.3:1000]
plot for [u = 1:2] data using 5:(of("tlb", word(archs, u), "linux-7", "no-ats", "replace", us(HW))) with linespoints linecolor rgb colour(u) linewidth 2 pointtype 7 title word(names, u).": the driver waits", \
     for [u = 1:2] data using 5:(of("tlb", word(archs, u), "best", "no-ats", "replace", us(HW))) with linespoints linecolor rgb colour(u) dashtype 2 pointtype 6 notitle, \
     for [u = 1:2] data using 5:(of("tlb", word(archs, u), "linux-7", "no-ats", "replace", us(BLOCKED_NS))) with linespoints linecolor rgb colour(u + 2) linewidth 2 pointtype 9 title word(names, u).": DMA is refused for"
set title "TBUs, each with a device that reads 512 pages: one device changes"
set xlabel "TBUs and devices, logarithmic"
set xtics (1, 2, 4, 8, 16)
set xrange [0.9:20]
set yrange [0.3:1000]
whats = "replace detach-attach unmap"
says = "'replace' 'detach + attach' 'unmap of 64 KiB'"
plot for [k = 1:3] data using 5:(of("tbus", "smmuv3", "linux-7", "no-ats", word(whats, k), us(HW))) with linespoints linecolor rgb colour(k) linewidth 2 pointtype 7 title "SMMUv3: ".word(says, k), \
     for [k = 1:3] data using 5:(of("tbus", "smmuv3", "best", "no-ats", word(whats, k), us(HW))) with linespoints linecolor rgb colour(k) dashtype 2 pointtype 6 notitle
unset multiplot
