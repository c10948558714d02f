# results.svg of results.tsv: wall time at a round trip of 50 ms, and requests,
# by number of names and of certificates.
set terminal svg size 1300,420 font "sans,12" background "white"
set output "results.svg"
set datafile separator "\t"
set multiplot layout 1,3
set logscale xy
set xrange [0.8:130]
set xtics (1, 10, 100)
set xlabel "names in the certificate"
set key top left samplen 1.5 spacing 1.1
names(s) = int(word(s, 1))
clients = system("head -n 1 results.tsv")
set title "Wall time, round trip 50 ms"
set ylabel "seconds"
set yrange [0.3:300]
plot for [i=1:words(clients)] \
    "< grep '50 ms' results.tsv | grep '^Wall time'" \
    using (names(stringcolumn(2))):(column(i + 2)) \
    with linespoints linewidth (i == 1 ? 3 : 1) pointtype 7 pointsize 0.5 \
    title word(clients, i)
set title "Requests"
set ylabel "requests"
set yrange [5:5000]
plot for [i=1:words(clients)] \
    "< grep '^Requests, one' results.tsv" \
    using (names(stringcolumn(2))):(column(i + 2)) \
    with linespoints linewidth (i == 1 ? 3 : 1) pointtype 7 pointsize 0.5 \
    title word(clients, i)
set title "Requests, certificates of one name each"
set xlabel "certificates"
plot for [i=1:words(clients)] \
    "< grep '^Requests, certificates' results.tsv" \
    using (names(stringcolumn(2))):(column(i + 2)) \
    with linespoints linewidth (i == 1 ? 3 : 1) pointtype 7 pointsize 0.5 \
    title word(clients, i)
unset multiplot
