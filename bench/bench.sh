#!/bin/sh
# Measures this client and those others that the release has, against Pebble on
# this machine: see bench.py for what.  As root, with the packages that are
# missing installed.  Writes results.txt, results.tsv and results.svg here.
set -u
bench=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$bench")
here=$top/regress
. "$here/setup.sh"
# shellcheck disable=SC2086
install_packages $demo_packages util-linux strace curl gnuplot-nox || exit 1
for peer in uacme lego acme-tiny dehydrated certbot acmetool lacme \
    lacme-accountd libcrypt-openssl-rsa-perl libcrypt-openssl-bignum-perl; do
	install_packages $peer ||
	    echo "without $peer: the release does not have it"
done
. "$here/lib.sh"
work_start
work_build || exit 1
pebble_start || exit 1
# relay_start MS: sets relay_port
relay_start() {
	relay_port=$(free_ports 1)
	python3 "$bench/relay.py" "$relay_port" "$ca_port" "$1" \
	    >"$work/relay.$1" 2>"$work/relay.$1.err" &
	pids="$pids $!"
	wait_port "$relay_port"
}
relay_start 0; near=$relay_port
relay_start 50; far=$relay_port
# Some know no option for the API's trust anchor: in a mount namespace of its
# own each finds ours.
unshare -m --propagation private sh -c "
	mount --bind $work/tls.pem /etc/ssl/certs/ca-certificates.crt
	exec python3 $bench/bench.py $client $work $ca_port $near $far $*" \
    >"$work/results.txt" ||
    { cat "$work/results.txt"; tail -n 20 "$work/bench.err"; exit 1; }
case " $* " in *" fleet "*) cat "$work/results.txt"; exit ;; esac
mv "$work/results.txt" "$work/results.tsv" "$bench"
(cd "$bench" && gnuplot plot.gp) && cat "$bench/results.txt"
