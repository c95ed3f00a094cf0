# cost.gp - what each operation cost: time of hardware and of software, and how long DMA was
# blocked. Data: cost.csv. "gnuplot cost.gp" in its folder draws it again.
if (!exists("suffix")) suffix = ""
if (!exists("title_text")) title_text = ""
set datafile separator comma
set datafile commentschars "#"
set title title_text
set xlabel "operation"
set ylabel "time (us)"
set key above horizontal Left reverse
set grid y linetype 1 linecolor rgb "#dddddd"
set border 3
set tics nomirror
stats "cost.csv" using 2 nooutput name "n_"
set xrange [-0.6:n_records - 0.4]
set yrange [0:*]
set offsets 0, 0, graph 0.15, 0
if (n_records > 8) { set xtics rotate by 60 right }
w = 0.18
do for [format in "png svg"] {
    if (format eq "png") {
        set terminal pngcairo noenhanced size 1200,700 font "Sans,13" background rgb "white"
    } else {
        set terminal svg noenhanced size 1200,700 font "Sans,14" background rgb "white"
    }
    set output "cost.".format.suffix
    plot "cost.csv" using ($0 - 0.2):(0):($0 - 0.2 - w):($0 - 0.2 + w):(0):2:xtic(1) with boxxyerror \
             linecolor rgb "#606060" fill solid 1.0 border rgb "black" title "hardware: software waits for the IOMMU", \
         "" using ($0 - 0.2):2:($0 - 0.2 - w):($0 - 0.2 + w):2:($2 + $3) with boxxyerror \
             linecolor rgb "#dddddd" fill solid 1.0 border rgb "black" title "software", \
         "" using ($0 + 0.2):(0):($0 + 0.2 - w):($0 + 0.2 + w):(0):4 with boxxyerror \
             linecolor rgb "black" fill pattern 2 border rgb "black" title "DMA blocked", \
         "" using ($0 - 0.2):($2 + $3):(n_records > 16 ? "" : ($2 + $3) > 0 ? sprintf("%.2f", $2 + $3) : "0") with labels offset 0,0.6 font ",10" notitle, \
         "" using ($0 + 0.2):4:(n_records <= 16 && $4 > 0 ? sprintf("%.2f", $4) : "") with labels offset 0,0.6 font ",10" notitle
    set output
}
