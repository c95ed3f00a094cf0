# bars.gp - replace beside detach and attach: how long, and how long DMA is refused. Data: transitions.csv.
width = 1400
height = 1000
load incl."/style.inc"
N = 10
froms = "s1 s1 s2 s2 identity s1 s2 nested:A nested:A nested:A"
tos = "s1 s2 s1 s2 s1 identity nested:A s2 nested:A2 nested:B"
place(f, t) = (k = NaN, sum [i = 1:N] (word(froms, i) eq f && word(tos, i) eq t ? (k = i, 0) : 0), k)
set grid y linetype 1 linecolor rgb "#dddddd"
set format y "%.0f"
set xrange [0.4:N + 0.6]
set yrange [0:*]
set xtics scale 0 font ",10"
set for [i = 1:N] xtics add (word(froms, i)."\nto ".word(tos, i) i)
set lmargin 17
set rmargin 2
set bmargin 3
set tmargin 2
set ytics font ",10"
w = 0.2
bar(a, d, by, k) = cell(a, d, "none", by) ? place(strcol(FROM), strcol(TO)) + (k - 1.5) * w : NaN
set multiplot layout 4,1 title "Replace against detach and attach while a NIC works; no PASID, no ATS; presets mmu600 and bdw" offset 0,0.3
set key at screen 0.5,0.965 center center horizontal samplen 1.5 maxrows 1 width 1
do for [u = 1:2] {
    a = word("smmuv3 vtd", u)
    name = word("SMMUv3 VT-d", u)
    set ylabel name.":\nbegin to\nend (ns)" offset -2,0
    plot data using (bar(a, "linux-7", "replace", 0)):TOTAL:(w) with boxes linecolor rgb "#d55e00" title "replace, linux-7", \
         data using (bar(a, "linux-7", "detach-attach", 1)):TOTAL:(w) with boxes linecolor rgb "#f6c9a8" title "detach + attach, linux-7", \
         data using (bar(a, "best", "replace", 2)):TOTAL:(w) with boxes linecolor rgb "#0072b2" title "replace, best", \
         data using (bar(a, "best", "detach-attach", 3)):TOTAL:(w) with boxes linecolor rgb "#a9d1ea" title "detach + attach, best"
    unset key
    set ylabel name.":\nDMA refused\nfor (ns)" offset -2,0
    plot data using (bar(a, "linux-7", "replace", 0)):BLOCKED:(w) with boxes linecolor rgb "#d55e00", \
         data using (bar(a, "linux-7", "detach-attach", 1)):BLOCKED:(w) with boxes linecolor rgb "#f6c9a8", \
         data using (bar(a, "best", "replace", 2)):BLOCKED:(w) with boxes linecolor rgb "#0072b2", \
         data using (bar(a, "best", "detach-attach", 3)):BLOCKED:(w) with boxes linecolor rgb "#a9d1ea"
}
unset multiplot
