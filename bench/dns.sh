#!/bin/sh
# dns.sh [RUNS]: certificates for 1, 10 and 100 names by dns-01, by dynamic
# updates (RFC 2136) into a real BIND with a secondary, from Pebble; this client
# with its nsupdate hook, and lego with its provider rfc2136, in turn.  Prints
# medians.  lego takes one name after the other, and so some ten minutes for
# 100: not run.  As root, in namespaces of its own; needs bind9, bind9-dnsutils,
# pebble, and lego if that is to be compared.
set -u
here=$(cd "$(dirname "$0")/../regress" && pwd)
top=$(dirname "$here")
section=bench
client=$top/acme-client
[ -x "$client" ] ||
    { echo "dns.sh: nothing is built in $top; run make there" >&2; exit 1; }
runs=${1:-5}
. "$here/lib.sh"
. "$here/dns-lib.sh"
if [ "${dns_inside:-}" = "" ]; then
	bench_runs=$runs dns_namespaces
	exit
fi
runs=${bench_runs:-$runs}
dns_begin && pebble_dns_start || exit 1
secret=$(sed -n 's/.*secret "\(.*\)".*/\1/p' "$work/tsig.key")

# timed COMMAND...: wall clock and CPU time (user and system) in seconds, if it
# succeeds
timed() {
	python3 - "$@" <<'END'
import os, subprocess, sys, time
t0, c0 = time.time(), os.times()
said = os.environ["work"] + "/err"
with open(said, "w") as f:
    p = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=f)
c1 = os.times()
if p.returncode:
    sys.exit("%s: status %d: %s" % (
        sys.argv[1], p.returncode, open(said).read()[-400:]))
print("%.2f %.2f" % (time.time() - t0, c1[2] + c1[3] - c0[2] - c0[3]))
END
}
export work
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
run_client() {
	fresh
	cat >>"$conf" <<END
domain w {
	domain name ${1%% *}
	alternative names { ${1#* } }
	domain key "$work/ssl/private/w.key"
	domain full chain certificate "$work/ssl/w.pem"
	challenge dns-01
	challenge hook "$top/etc/hooks/nsupdate"
}
END
	timed "$client" -f "$conf" w
}
run_lego() {
	rm -rf "$work/lego"
	# shellcheck disable=SC2046
	LEGO_CA_CERTIFICATES=$work/tls.pem RFC2136_NAMESERVER=127.0.0.2:53 \
	    RFC2136_TSIG_KEY=acme. RFC2136_TSIG_SECRET=$secret \
	    RFC2136_TSIG_ALGORITHM=hmac-sha256. RFC2136_POLLING_INTERVAL=1 \
	    RFC2136_SEQUENCE_INTERVAL=1 RFC2136_PROPAGATION_TIMEOUT=60 timed \
	    lego --path "$work/lego" --server "https://localhost:$ca_port/dir" \
	    --accept-tos --email a@example.com --key-type ec256 --dns rfc2136 \
	    --dns.resolvers 127.0.0.1:53 \
	    $(for _n in $1; do echo "--domains $_n"; done) run
}
echo "names	client	seconds	CPU"
for n in 1 10 100; do
	names=$(for i in $(seq $n); do echo "n$i.example.test"; done | xargs)
	for who in client lego; do
		command -v lego >/dev/null || [ $who = client ] || continue
		[ $who$n != lego100 ] || continue
		[ $who$n = lego10 ] && times=1 || times=$runs
		: >"$work/figures"
		for _i in $(seq "$times"); do
			run_$who "$names" >>"$work/figures" ||
			    { echo "$n	$who	failed"; break; }
			sleep 2
		done
		seconds=$(cut -d' ' -f1 "$work/figures" | median)
		cpu=$(cut -d' ' -f2 "$work/figures" | median)
		echo "$n	$who	$seconds	$cpu"
	done
done
