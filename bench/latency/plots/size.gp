# size.gp - one TLBI and CMD_SYNC by the size of the main TLB. Data: size.csv.
load ARG1
set title "mmu600: one TLBI_NH_VA and CMD_SYNC, by the size of the main TLB and the speed of the sweep"
set xlabel "entries of the main TLB, logarithmic"
set ylabel "doorbell to completion (ns), logarithmic"
set logscale xy
set logscale x 2
set xrange [56:75000]
set yrange [200:100000]
set xtics ("64" 64, "256" 256, "1024" 1024, "4096" 4096, "16384" 16384, "65536" 65536)
speeds = "1 4 16 64"
name(i) = word(speeds, i).(i == 1 ? " entry a cycle" : " entries a cycle")
plot for [i = 1:4] file("size") using (pick("mmu600", name(i), X)):NS \
    with linespoints linecolor rgb "black" linewidth 1.5 dashtype i pointtype mark(i) \
    pointsize 1.2 title name(i)
