# latency.gp - the longest DMA before, during and after. Data: transitions.csv.
width = 1400
height = 900
load incl."/style.inc"
N = 10
froms = "s1 s1 s2 s2 identity s1 s2 nested:A nested:A nested:A"
tos = "s1 s2 s1 s2 s1 identity nested:A s2 nested:A2 nested:B"
place(f, t) = (k = NaN, sum [i = 1:N] (word(froms, i) eq f && word(tos, i) eq t ? (k = i, 0) : 0), k)
set grid y linetype 1 linecolor rgb "#dddddd"
set format y "%.0f"
set logscale y
set xrange [0.4:N + 0.6]
set yrange [0.8:20000]
set xtics scale 0 font ",10"
set for [i = 1:N] xtics add (word(froms, i)."\nto ".word(tos, i) i)
set lmargin 15
set rmargin 2
set bmargin 3
set tmargin 2
set ytics font ",10"
w = 0.14
BEFORE = 26
DURING = 29
AFTER = 32
bar(a, d, by, k) = cell(a, d, "none", by) ? place(strcol(FROM), strcol(TO)) + (k - 2.5) * w : NaN
set multiplot layout 4,1 title "The longest DMA of a NIC that begins before, during and after (of those that are served); no PASID, no ATS" offset 0,0.3
set key at screen 0.5,0.965 center center horizontal samplen 1 maxrows 1 width -1 font ",11"
do for [u = 1:4] {
    a = word("smmuv3 smmuv3 vtd vtd", u)
    d = word("linux-7 best linux-7 best", u)
    set ylabel word("SMMUv3, SMMUv3, VT-d, VT-d,", u)."\n".d."\n(ns), log" offset -1,0
    plot data using (bar(a, d, "replace", 0)):BEFORE:(w) with boxes linecolor rgb "#bbbbbb" title "before", \
         data using (bar(a, d, "replace", 1)):DURING:(w) with boxes linecolor rgb "#0072b2" title "during replace", \
         data using (bar(a, d, "replace", 2)):AFTER:(w) with boxes linecolor rgb "#a9d1ea" title "after replace", \
         data using (bar(a, d, "detach-attach", 3)):BEFORE:(w) with boxes linecolor rgb "#bbbbbb" notitle, \
         data using (bar(a, d, "detach-attach", 4)):DURING:(w) with boxes linecolor rgb "#d55e00" title "during detach + attach", \
         data using (bar(a, d, "detach-attach", 5)):AFTER:(w) with boxes linecolor rgb "#f6c9a8" title "after attach"
    unset key
}
unset multiplot
