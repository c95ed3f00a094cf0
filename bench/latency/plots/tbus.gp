# tbus.gp - requests and invalidations with a growing number of TBUs. Data: tbus.csv.
load ARG1
set multiplot layout 1,3 title "1 to 16 TBUs, 16 requests of each in flight, one TCU"
set xlabel "TBUs, logarithmic"
set logscale x 2
set xrange [0.9:18]
set key inside left top samplen 1
set ylabel "answers per microsecond, logarithmic"
set logscale y
set title "8 pages a TBU:\nmicro TLB hits"
set yrange [1000:1000000]
plot for [i = 1:words(presets)] file("tbus") \
    using (pick(word(presets, i), "8 pages a TBU: time between answers", X)):(1000.0 / column(NS)) \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
unset key
set title "1024 random pages a TBU:\nhits and misses"
set yrange [10:10000]
plot for [i = 1:words(presets)] file("tbus") \
    using (pick(word(presets, i), "1024 pages a TBU: time between answers", X)):(1000.0 / column(NS)) \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
set title "TLBI and CMD_SYNC:\nidle (flat), under load (rising)"
set ylabel "doorbell to completion (ns), logarithmic"
set yrange [100:10000]
plot for [i = 1:words(presets)] file("tbus") \
    using (pick(word(presets, i), "TLBI_NH_VA and CMD_SYNC", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i), \
    for [i = 1:words(presets)] file("tbus") \
    using (pick(word(presets, i), "TLBI_NH_VA and CMD_SYNC under load", X)):NS \
    with linespoints linecolor rgb colour(i) linewidth wide(i) pointtype mark(i) \
    pointsize mark_size(i) title word(presets, i)
unset multiplot
