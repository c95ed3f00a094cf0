# picture.gp - what run.sh draws: requests, queue and domain over time.
set terminal pngcairo size 1200,800
set output png
set datafile separator ','
set multiplot layout 3,1
set key outside right
set xlabel 'microseconds'
set xrange [from:to]
set ylabel 'in flight'
plot csv using ($1/1000):2 with steps title 'requests', \
     csv using ($1/1000):4 with steps title 'memory accesses'
set ylabel 'queue'
plot csv using ($1/1000):5 with steps title 'commands', \
     csv using ($1/1000):9 with steps title 'domain'
set ylabel 'so far'
plot csv using ($1/1000):6 with lines title 'TLB hits', \
     csv using ($1/1000):7 with lines title 'walks', \
     csv using ($1/1000):8 with lines title 'refused'
