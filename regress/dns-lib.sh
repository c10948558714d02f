# For the tests with a real BIND, which run in a network and a mount namespace:
# port 53 is free there, and /etc is a copy.
#   127.0.0.1  the resolver of resolv.conf
#   127.0.0.2  ns1.test, the primary: takes updates signed with the key in
#              $work/tsig.key
#   127.0.0.3  ns2.test, its secondary
#   127.0.0.4  the CA's resolver; only the CA asks it, so that it has cached no
#              record as missing
# Zones: test, example.test, elsewhere.test; _acme-challenge.delegated.test is a
# zone of its own below delegated.test.

# dns_namespaces: runs this script again, in new namespaces; skips the section
# where that is not possible
dns_namespaces() {
	[ "${dns_inside:-}" = "" ] || return 0
	if [ "$(id -u)" != 0 ] ||
	    ! unshare -mn --propagation $propagation true 2>/dev/null; then
		skip "$section: needs root and namespaces of its own"
		exit 0
	fi
	command -v named >/dev/null && command -v nsupdate >/dev/null &&
	    command -v dig >/dev/null ||
	    { skip "$section: needs bind9 and bind9-dnsutils"; exit 0; }
	dns_inside=1 unshare -mn --propagation $propagation sh "$0"
	exit
}

dns_begin() {
	work_start
	# BIND listens on the addresses that it finds on an interface.
	python3 - <<'END'
import fcntl, socket, struct
SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
s = socket.socket()
fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", 0x41))
for n in 2, 3, 4:
    address = struct.pack("HH4s8x", 2, 0, bytes([127, 0, 0, n]))
    fcntl.ioctl(s, SIOCSIFADDR, struct.pack("16s16s", b"lo:%d" % n, address))
END
	mkdir "$work/system" && cp -a /etc/. "$work/system" &&
	    mount --bind "$work/system" /etc || return 1
	rm -f /etc/resolv.conf /etc/nsswitch.conf /etc/hosts
	echo "127.0.0.1 localhost" >/etc/hosts
	echo "nameserver 127.0.0.1" >/etc/resolv.conf
	rm -rf /etc/acme-client && mkdir -p -m 0700 /etc/acme-client/hooks
	tsig-keygen -a hmac-sha256 acme >"$work/tsig.key" &&
	    chmod 600 "$work/tsig.key"
	printf 'key=%s/tsig.key\nserver=127.0.0.2\nresolver=127.0.0.1\n' \
	    "$work" >/etc/acme-client/hooks/nsupdate.conf
	for _role in primary secondary resolver ca; do
		mkdir "$work/$_role"
	done
	primary_conf && secondary_conf && resolver_conf resolver 127.0.0.1 &&
	    resolver_conf ca 127.0.0.4 && primary_start && secondary_start &&
	    named_start ca 127.0.0.4 && resolver_start
}

# zone_file NAME [RECORD ...]: with both servers, refreshed by NOTIFY alone
zone_file() {
	_zone=$1; shift
	{
		echo "\$TTL 60"
		echo "@ IN SOA ns1.test. x.test. 1 3600 600 86400 5"
		echo "@ IN NS ns1.test."
		echo "@ IN NS ns2.test."
		for _record in "$@"; do echo "$_record"; done
	} >"$work/primary/$_zone"
}
options() { # DIRECTORY ADDRESS MORE
	cat <<END
options {
	directory "$work/$1";
	listen-on port 53 { $2; }; listen-on-v6 { none; };
	pid-file none; session-keyfile none; dnssec-validation no;
	query-source address $2; transfer-source $2; notify-source $2;
	qname-minimization off; empty-zones-enable no;
	$3
};
controls { };
END
}
# all_zones STATEMENTS: the zones of named.conf
all_zones() {
	for _zone in $dns_zones; do echo "zone \"$_zone\" { $1 };"; done
}
dns_zones="test example.test elsewhere.test delegated.test"
dns_zones="$dns_zones _acme-challenge.delegated.test"
primary_conf() {
	zone_file test "ns1 IN A 127.0.0.2" "ns2 IN A 127.0.0.3" \
	    "example IN NS ns1" "example IN NS ns2" \
	    "elsewhere IN NS ns1" "elsewhere IN NS ns2" \
	    "delegated IN NS ns1" "delegated IN NS ns2"
	zone_file example.test "@ IN A 127.0.0.1" "www IN A 127.0.0.1" \
	    "_acme-challenge.alias IN CNAME alias.elsewhere.test."
	zone_file elsewhere.test
	zone_file delegated.test "_acme-challenge IN NS ns1.test." \
	    "_acme-challenge IN NS ns2.test."
	zone_file _acme-challenge.delegated.test
	{
		options primary 127.0.0.2 "recursion no;
	notify explicit; notify-delay 0; also-notify { 127.0.0.3; };
	allow-transfer { 127.0.0.3; };"
		cat "$work/tsig.key"
		for _zone in $dns_zones; do
			echo "zone \"$_zone\" { type primary;"
			echo "file \"$_zone\"; allow-update { key acme; }; };"
		done
	} >"$work/primary/named.conf"
}
secondary_conf() {
	{
		options secondary 127.0.0.3 "recursion no; notify no;"
		all_zones "type secondary; primaries { 127.0.0.2; };"
	} >"$work/secondary/named.conf"
}
resolver_conf() { # DIRECTORY ADDRESS
	{
		options $1 $2 \
		    "recursion yes; max-cache-ttl 1; max-ncache-ttl 1;"
		# It asks the primary alone, whatever a test does with the
		# secondary.
		all_zones "type static-stub; server-addresses { 127.0.0.2; };"
	} >"$work/$1/named.conf"
}
# named_start DIRECTORY ADDRESS: sets named_pid
named_start() {
	named -g -n 1 -c "$work/$1/named.conf" >"$work/$1/log" 2>&1 &
	named_pid=$!
	pids="$pids $named_pid"
	for _i in $(seq 600); do
		dig +time=1 +tries=1 "@$2" example.test SOA 2>/dev/null |
		    grep -q 'status: NOERROR' &&
		    return 0
		kill -0 $named_pid 2>/dev/null || break
		sleep 0.1
	done
	echo "named $1: $(tail -n 3 "$work/$1/log")" >&2
	return 1
}
primary_start() { named_start primary 127.0.0.2 && primary_pid=$named_pid; }
secondary_start() {
	named_start secondary 127.0.0.3 && secondary_pid=$named_pid
}
resolver_start() { named_start resolver 127.0.0.1 && resolver_pid=$named_pid; }

# texts NAME [SERVER]: the TXT records of it, sorted, without quotes
texts() {
	dig +short +time=20 +tries=2 "@${2:-127.0.0.2}" "$1" TXT | tr -d '"' |
	    sort | tr '\n' ' '
}

# pebble_dns_start [VARIABLE=VALUE ...]: Pebble; from outside: $pebble, and
# $pebble_http and $pebble_tls, the ports where it validates
pebble_dns_start() {
	make_tls
	# shellcheck disable=SC2046
	set -- "$@" $(free_ports 3)
	while [ $# -gt 3 ]; do _set="${_set:-} $1"; shift; done
	ca_port=$1 management_port=$2
	pebble_conf "$work/pebble.json" "$ca_port" "$management_port" \
	    "${pebble_http:-$3}" "${pebble_tls:-$3}" "$pebble_more"
	# shellcheck disable=SC2086
	env PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 PEBBLE_VA_NOSLEEP=1 \
	    ${_set:-} "$pebble" -config "$work/pebble.json" \
	    -dnsserver 127.0.0.4:53 >"$work/pebble.log" 2>&1 &
	pebble_pid=$!
	pids="$pids $pebble_pid"
	wait_port "$ca_port" && wait_port "$management_port" &&
	    fetch "https://localhost:$management_port/roots/0" >"$work/root.pem"
}
