# scope.gp - invalidations by scope: their time, and what is read again afterwards. Data: scope.csv.
load ARG1
TIME = "command and CMD_SYNC"
AGAIN = "256 pages used again"
set multiplot layout 2,1 title "Invalidations by scope, 256 pages in use before"
set xrange [-0.6:9.6]
set lmargin 14
set bmargin 4
set key at graph 0.02, 0.98 left top
set xtics font ",11" ("CMD_SYNC\nalone" 0, "CFGI_CD" 1, "CFGI_STE" 2, "CFGI_ALL" 3, "TLBI_NH_VA\n1 page" 4, \
    "16 times\nTLBI_NH_VA" 5, "TLBI_NH_VA\nrange of 16" 6, "TLBI\nNH_ASID" 7, "TLBI\nNH_ALL" 8, \
    "TLBI\nNSNH_ALL" 9)
set style fill solid 1.0 border rgb "black"
set yrange [0:*]
set ylabel "doorbell to\ncompletion (ns)" offset -2,0
w = 0.8 / words(presets)
plot for [i = 1:words(presets)] file("scope") \
    using (pick(word(presets, i), TIME, X) + (i - (words(presets) + 1) / 2.0) * w):NS:(w) \
    with boxes linecolor rgb colour(i) title word(presets, i)
set yrange [100:100000]
set logscale y
unset key
set ylabel "extra time when the\n256 pages are used again\n(ns), logarithmic"
plot for [i = 1:words(presets)] file("scope") \
    using (pick(word(presets, i), AGAIN, X) + (i - (words(presets) + 1) / 2.0) * w):NS:(w) \
    with boxes linecolor rgb colour(i) title word(presets, i)
unset multiplot
