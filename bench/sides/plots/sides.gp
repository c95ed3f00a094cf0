# sides.gp - the same moves on both architectures: how long, and what the device pays. Data: sides.csv.
set datafile separator comma
if (format eq "png") {
    set terminal pngcairo noenhanced size 1200,1050 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1200,1050 font "Sans,13" background rgb "white"
}
set output out
data = csv."/sides.csv"
set border 3
set tics nomirror
set format y "%.0f"
set grid y linetype 1 linecolor rgb "#dddddd"
set lmargin 15
set rmargin 2
set xrange [-0.5:7.5]
set xtics ("first stage:\nother table" 0, "first stage:\nother domain" 1, "second stage:\nother table" 2, \
    "second stage:\nother domain" 3, "first stage:\nunmap 4 KiB" 4, "first stage:\nunmap 2 MiB" 5, \
    "second stage:\nunmap 4 KiB" 6, "detach" 7)
set style fill solid 1.0 border rgb "black"
w = 0.19
# Row 0 has the names; then pair by pair, move by move, SMMUv3 and VT-d.
where(pair, arch, c) = strcol(1) eq pair && strcol(3) eq arch ? column(c) : NaN
move(row) = int(row / 2) % 8
shift(k) = (k - 1.5) * w
set bmargin 3.5
set multiplot layout 3,1 title "The same done to SMMUv3 and to VT-d, while a device reads 10 million times a second"
set key outside top center horizontal samplen 1.5 maxrows 1 width 1
set yrange [0:*]
set ylabel "first store to last\ncompletion (ns), mean" offset -1,0
NS = 7
plot data skip 1 using (move($0) + shift(0)):(where("default", "SMMUv3", NS)):(w) with boxes linecolor rgb "#d55e00" title "SMMUv3, mmu600", \
     data skip 1 using (move($0) + shift(1)):(where("default", "VT-d", NS)):(w) with boxes linecolor rgb "#0072b2" title "VT-d, bdw", \
     data skip 1 using (move($0) + shift(2)):(where("zero", "SMMUv3", NS)):(w) with boxes linecolor rgb "#f6c9a8" title "SMMUv3, only memory takes time", \
     data skip 1 using (move($0) + shift(3)):(where("zero", "VT-d", NS)):(w) with boxes linecolor rgb "#a9d1ea" title "VT-d, only memory takes time"
unset key
set yrange [100:10000000]
set logscale y
set tmargin 1.5
set label 1 "nothing" at 4,220 center
set label 2 "nothing" at 5,220 center
set label 3 "nothing" at 6,220 center
set ylabel "what all DMA of the\nnext 40 us loses (ns),\nlogarithmic" offset -1,0
LOST = 11
plot data skip 1 using (move($0) + shift(0)):(where("default", "SMMUv3", LOST)):(w) with boxes linecolor rgb "#d55e00", \
     data skip 1 using (move($0) + shift(1)):(where("default", "VT-d", LOST)):(w) with boxes linecolor rgb "#0072b2", \
     data skip 1 using (move($0) + shift(2)):(where("zero", "SMMUv3", LOST)):(w) with boxes linecolor rgb "#f6c9a8", \
     data skip 1 using (move($0) + shift(3)):(where("zero", "VT-d", LOST)):(w) with boxes linecolor rgb "#a9d1ea"
unset label
set yrange [0.5:10000]
set ylabel "one DMA of the next 10 us\n(ns, logarithmic): p99 (bar),\np50 (ring), longest (cross)" offset -1,0
P50 = 12
P99 = 13
MAX = 14
plot data skip 1 using (move($0) + shift(0)):(where("default", "SMMUv3", P99)):(w) with boxes linecolor rgb "#d55e00", \
     data skip 1 using (move($0) + shift(1)):(where("default", "VT-d", P99)):(w) with boxes linecolor rgb "#0072b2", \
     data skip 1 using (move($0) + shift(2)):(where("zero", "SMMUv3", P99)):(w) with boxes linecolor rgb "#f6c9a8", \
     data skip 1 using (move($0) + shift(3)):(where("zero", "VT-d", P99)):(w) with boxes linecolor rgb "#a9d1ea", \
     for [k = 0:3] data skip 1 using (move($0) + shift(k)):(where(word("default default zero zero", k + 1), word("SMMUv3 VT-d SMMUv3 VT-d", k + 1), P50)) \
         with points pointtype 6 pointsize 0.9 linewidth 1.5 linecolor rgb "black", \
     for [k = 0:3] data skip 1 using (move($0) + shift(k)):(where(word("default default zero zero", k + 1), word("SMMUv3 VT-d SMMUv3 VT-d", k + 1), MAX)) \
         with points pointtype 2 pointsize 0.7 linewidth 1.5 linecolor rgb "black"
unset multiplot
