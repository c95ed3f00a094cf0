# mapping.gp - a buffer mapped for each packet: rates, and what the hint saves. Data: mapping.csv.
set datafile separator comma
set datafile missing NaN
if (format eq "png") {
    set terminal pngcairo noenhanced size 1200,520 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1200,520 font "Sans,13" background rgb "white"
}
set output out
data = csv."/mapping.csv"
set border 3
set tics nomirror
set grid y linetype 1 linecolor rgb "#dddddd"
set style fill solid 1.0 border rgb "black"
set bmargin 4
set lmargin 10
set rmargin 3
EXPECTED = 6
GOT = 7
w = 0.25
place(what) = what eq "strict" ? 0 : what eq "batched" ? 1 : what eq "off" ? 2 : NaN
rate(series, c) = strcol(1) eq "E10" && strcol(3) eq series ? column(c) : NaN
hint(what, leaf) = strcol(1) eq "E11" && strcol(4) eq what && (strcol(3) eq "strict: leaf only (IH=1)") == leaf ? column(GOT) : NaN
set multiplot layout 1,2 title "VT-d, preset bdw: a NIC at 10 Gb/s, buffers unmapped and mapped for each packet"
set xrange [-0.6:2.6]
set yrange [0:130]
set ylabel "packets of 1500 bytes, % of the line rate"
set xtics ("strict: flushed\nat each unmap" 0, "batched: 250\nor 10 ms" 1, "off" 2)
set key top left Left reverse samplen 1.5
plot data using (place(strcol(4)) - w):(rate("one buffer a packet", EXPECTED)):(w) with boxes linecolor rgb "#b0b0b0" title "measured in 2011", \
     data using (place(strcol(4))):(rate("one buffer a packet", GOT)):(w) with boxes linecolor rgb "#0072b2" title "simulated, one buffer a packet", \
     data using (place(strcol(4)) + w):(rate("two buffers a packet", GOT)):(w) with boxes linecolor rgb "#a9d1ea" title "simulated, two buffers a packet"
set xrange [-0.6:1.6]
set yrange [0:1000]
set ylabel "translation of a DMA (ns)"
set xtics ("leaf only (IH=1):\n1 entry is read" 0, "tables too (IH=0):\n4 entries are read" 1)
unset key
w = 0.5
plot data using (0):(hint("translation of a DMA", 1)):(w) with boxes linecolor rgb "#0072b2", \
     data using (1):(hint("translation of a DMA", 0)):(w) with boxes linecolor rgb "#d55e00"
unset multiplot
