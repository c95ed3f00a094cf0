# operation.gp - one operation: stores, commands, syncs, and what requests saw.
# Data: operation.csv. "gnuplot operation.gp" in its folder draws it again.
# From above: x_min, x_max, and the lanes of requests: traffic, and addresses that were probed.
if (!exists("suffix")) suffix = ""
if (!exists("title_text")) title_text = ""
set datafile separator comma
set datafile commentschars "#"
n_lanes = words(lanes)

# Lanes of software stand above those of requests.
y_sync = n_lanes
y_register = n_lanes + 1
y_command = n_lanes + 2
y_store = n_lanes + 3.8
index_of(name) = sum [i = 1:n_lanes] (word(lanes, i) eq name ? i : 0)
dma_lane(name) = index_of(name[1:6] eq "probe " ? name[7:*] : name)
y_of(name) = name eq "sync" ? y_sync : name eq "register" ? y_register : \
             name eq "command" ? y_command : name eq "store" ? y_store : \
             dma_lane(name) > 0 ? n_lanes - dma_lane(name) : NaN
is_dma(name) = y_of(name) < n_lanes
known(k) = k == 1 ? "old" : k == 2 ? "new" : k == 3 ? "same" : k == 4 ? "refused" : \
           k == 5 ? "REFUSED" : "not judged"
title_of(k) = k == 3 ? "the same in both" : k == 4 ? "refused, as promised" : known(k)
y_if(name, what, k) = is_dma(name) && what eq known(k) ? y_of(name) : NaN
is_known(what) = sum [k = 1:6] (what eq known(k))
y_wrong(name, what) = is_dma(name) && !is_known(what) ? y_of(name) : NaN
y_point(name) = y_of(name) > y_sync ? y_of(name) : NaN
y_label(name) = name eq "store label" ? y_store : name eq "command label" ? y_command : NaN

# "a|b": two lines
lines(text) = strstrt(text, "|") == 0 ? text : \
              text[1:strstrt(text, "|") - 1]."\n".lines(text[strstrt(text, "|") + 1:*])
n_more(text) = strstrt(text, "|") == 0 ? 0 : 1 + n_more(text[strstrt(text, "|") + 1:*])
y_text(name, text) = y_label(name) + h + 0.14 + 0.29 * n_more(text)

set title title_text font ",16"
set xlabel "time since the first store of the switch (us)"
if (x_max <= x_min) { x_max = x_min + 1 } # nothing happens
set xrange [x_min - 0.01 * (x_max - x_min):x_max]
set yrange [-0.6:n_lanes + 5.1]
set ytics ("waits" y_sync, "registers" y_register, "commands" y_command, "stores" y_store)
do for [i = 1:n_lanes] {
    set ytics add ((i == 1 ? "traffic sees" : "probes of ".word(lanes, i)." see") n_lanes - i)
}
set bmargin 8
set key at screen 0.5, 0.01 center bottom horizontal Left reverse samplen 3
set grid x linetype 1 linecolor rgb "#dddddd"
set border 1
set tics nomirror
set lmargin 25
set rmargin 12
h = 0.3
do for [format in "png svg"] {
    if (format eq "png") {
        set terminal pngcairo noenhanced size 1200,760 font "Sans,12" background rgb "white"
    } else {
        set terminal svg noenhanced size 1200,760 font "Sans,13" background rgb "white"
    }
    set output "operation.".format.suffix
    plot for [k = 1:6] "operation.csv" using (($2 + $3) / 2): \
             (y = y_if(strcol(1), strcol(4), k)):2:3:(y - h):(y + h) with boxxyerror \
             linecolor rgb "black" fill pattern word("4 0 1 6 2 7", k) + 0 border rgb "black" \
             title title_of(k), \
         "" using (($2 + $3) / 2):(y = y_wrong(strcol(1), strcol(4))):2:3:(y - h):(y + h) \
             with boxxyerror linecolor rgb "black" fill solid 1.0 border rgb "black" \
             title "WRONG: mixed or stale", \
         "" using (($2 + $3) / 2):(strcol(1) eq "sync" ? y_sync : NaN):2:3:(y_sync - h):(y_sync + h) \
             with boxxyerror linecolor rgb "#777777" fill solid 1.0 border rgb "black" notitle, \
         "" using (($2 + $3) / 2):(strcol(1) eq "sync" ? y_sync : NaN):4 \
             with labels textcolor rgb "white" font ",11" notitle, \
         "" using 2:(y_point(strcol(1)) - h):(0):(2 * h) with vectors nohead linewidth 1.5 \
             linecolor rgb "black" notitle, \
         "" using 2:(y_text(strcol(1), strcol(4))):(lines(strcol(4))) \
             with labels left font ",10" notitle
    set output
}
