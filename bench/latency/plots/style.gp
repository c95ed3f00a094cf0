# style.gp - what all pictures share. From above: csv (folder of the data), format (png, svg), out.
set datafile separator comma
set datafile commentschars "#"
set datafile missing NaN # rows of other curves do not interrupt one
if (format eq "png") {
    set terminal pngcairo noenhanced size 1100,620 font "Sans,12" background rgb "white"
} else {
    set terminal svg noenhanced size 1100,620 font "Sans,13" background rgb "white"
}
set output out
set border 3
set tics nomirror
set format y "%.0f"
set grid y linetype 1 linecolor rgb "#dddddd"
set key outside right top vertical Left reverse samplen 3 width 2

# Curves that lie on each other stay visible: early ones have wide lines and large marks.
presets = "mmu600 mmu700 server-arm mmu500-walkers gem5"
colour(i) = word("#b0b0b0 #d55e00 #0072b2 #009e73 #000000 #cc79a7", i)
wide(i) = real(word("9 6 4 2.5 1.2 1", i))
mark(i) = int(word("5 7 9 13 2 1", i))
mark_size(i) = real(word("2.2 1.7 1.4 1.1 1.0 1.0", i))

file(name) = csv."/".name.".csv"
# Column @c of the rows of a preset and a series.
pick(p, s, c) = strcol(1) eq p && strcol(2) eq s ? column(c) : NaN
rate(p, s) = strcol(1) eq p && strcol(2) eq s && column(5) > 0 ? 1000.0 / column(5) : NaN
X = 3
NS = 5
