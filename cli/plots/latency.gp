# latency.gp - latency of each request of the traffic over time, with the operations as bands.
# Data: latency.csv, bands.csv. "gnuplot latency.gp" in their folder draws it again.
if (!exists("suffix")) suffix = ""
if (!exists("title_text")) title_text = ""
set datafile separator comma
set datafile commentschars "#"
stats "latency.csv" using ($3 == 0 ? $2 : NaN) nooutput name "ok_"
if (!exists("ok_max")) { ok_max = 100; ok_median = 100; ok_min = 100 } # all were refused
low = 0
is_log = ok_max > 15 * ok_median && ok_min > 0
high = ok_max * (is_log ? 16 : 1.5) # above the points: crosses, then names of operations
mark = ok_max * (is_log ? 1.6 : 1.1)
if (is_log) { set logscale y; low = ok_min * 0.7 }
if (high <= low) { high = low + 1; mark = low + 0.7 } # nothing takes any time
set yrange [low:high]
set title title_text
set xlabel "simulated time (us)"
set ylabel "latency of a request (ns)".(is_log ? ", logarithmic" : "")
set bmargin 6
set key at screen 0.5, 0.01 center bottom horizontal Left reverse
set grid y linetype 1 linecolor rgb "#dddddd"
set border 3
set tics nomirror
set style fill solid 1.0 noborder
do for [format in "png svg"] {
    if (format eq "png") {
        set terminal pngcairo noenhanced size 1200,700 font "Sans,13" background rgb "white"
    } else {
        set terminal svg noenhanced size 1200,700 font "Sans,14" background rgb "white"
    }
    set output "latency.".format.suffix
    plot "bands.csv" using (($1 + $2) / 2):(low):1:2:(low):(high) with boxxyerror \
             linecolor rgb "#d8d8d8" title "operation", \
         "latency.csv" using ($3 == 0 ? $1 : NaN):2 with points pointtype 7 pointsize 0.4 \
             linecolor rgb "black" title "answered", \
         "latency.csv" using ($3 == 1 ? $1 : NaN):(mark) with points pointtype 2 pointsize 1.2 \
             linewidth 1.5 linecolor rgb "#b00000" title "refused (at no particular height)", \
         "bands.csv" using (($1 + $2) / 2):(high):3 with labels rotate by 90 right \
             offset 0,-0.5 font ",11" notitle
    set output
}
