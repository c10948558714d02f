# How dns finds the CA's host: what nsswitch.conf and resolv.conf may have in
# them.  All of it, the CA and name servers too, in namespaces of its own, so
# that port 53 is free and the system's files stay as they are.
. "$here/lib.sh"
if [ "$(id -u)" != 0 ] ||
    ! unshare -mn --propagation $propagation true 2>/dev/null; then
	skip "resolver: needs root and namespaces of its own"
	exit 0
fi
if [ "${resolver_inside:-}" = "" ]; then
	resolver_modules=$(mktemp -d) && chmod 755 "$resolver_modules"
	trap 'rm -rf "$resolver_modules"' EXIT
	trap 'exit 1' INT TERM HUP
	. "$here/setup.sh"
	name_modules "$resolver_modules" ||
	    skip "resolver: modules of systemd, Avahi and sssd: cannot be had" \
	    "from the package mirror"
	export resolver_modules
	resolver_inside=1 unshare -mn --propagation $propagation sh "$0"
	exit
fi

# The loopback interface of the new namespace is set up.
python3 -c 'import fcntl, socket, struct
up = struct.pack("16sh14x", b"lo", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)'
export CA_HOST=ca.test
. "$here/ca-lib.sh"
# The namespace's own /etc, to be changed at will.
cp -a /etc "$work/system" && mount --bind "$work/system" /etc ||
    { fail "resolver: no /etc of its own"; exit 1; }
rm -f /etc/resolv.conf /etc/hosts /etc/nsswitch.conf
# The loader finds the unpacked modules, and one of our own that tries what
# modules have no business with.
gcc -shared -fPIC -o "$resolver_modules/lib/libnss_tries.so.2" \
    "$here/nss-tries.c" 2>"$work/tries.log" ||
    fail "resolver: nss-tries.c does not build: $(tail -n 2 "$work/tries.log")"
echo "$resolver_modules/lib" >/etc/ld.so.conf.d/0-resolver.conf
ldconfig -X

# name_server MODE ADDRESS...
name_server() {
	stop ${name_server_pid:-}
	python3 "$here/dns.py" "$@" >"$work/dns.log" 2>&1 &
	name_server_pid=$!
	pids="$pids $!"
	wait_port 53
}
# switch HOSTS: these words as the hosts line
switch() {
	printf '%s: %s\n' passwd files group files hosts "$1" \
	    >/etc/nsswitch.conf
}
# found NAME [LINE ...]: a run gets its certificate with these lines in
# resolv.conf, without and with localhost in hosts: where another source knows
# that name, modules behind it are not loaded before the sandbox
found() {
	_title=$1; shift
	printf '%s\n' "$@" >/etc/resolv.conf
	: >"$work/dns.log"
	for _local in "" "127.0.0.1 localhost"; do
		echo "$_local" >/etc/hosts
		scenario plain
		[ $status = 0 ] || break
	done
	[ $status = 0 ] && ok "resolver: $_title" ||
	    fail "resolver: $_title: with '$_local' in hosts: status $status:" \
	    "$(grep -v sandbox "$work/err" | tail -n 3 | tr '\n' ' ')"
}
# asked WORDS: the name server was asked so
asked() { says "resolver: $_title: $1" "$work/dns.log" "$1"; }

python3 "$here/dns.py" plain 127.0.0.3 >"$work/dns-second.log" 2>&1 &
pids="$pids $!"
name_server plain 127.0.0.1 ::1
dns="nameserver 127.0.0.1"
resolved="resolve [!UNAVAIL=return] dns"
for hosts in "files dns" "dns files" "files myhostname dns" \
    "files resolve [!UNAVAIL=return] dns" \
    "files myhostname resolve [!UNAVAIL=return] dns" \
    "mymachines resolve [!UNAVAIL=return] files myhostname dns" \
    "resolve dns files" "files mymachines dns" \
    "files dns mymachines myhostname" \
    "files mdns4_minimal [NOTFOUND=return] dns" "files mdns dns" \
    "files mdns_minimal [NOTFOUND=return] $resolved mymachines" \
    "sss files dns" "files dns sss" "tries files dns" \
    "files tries [NOTFOUND=continue] dns" "files nosuchmodule dns"; do
	switch "$hosts"
	found "hosts: $hosts" "$dns"
done
switch files
echo "127.0.0.1 localhost ca.test" >/etc/hosts
scenario plain
same "resolver: hosts: files, the CA in /etc/hosts" 0 $status
rm /etc/nsswitch.conf
found "no nsswitch.conf" "$dns"
: >/etc/nsswitch.conf
found "an empty nsswitch.conf" "$dns"

switch "files dns"
found "name server ::1" "nameserver ::1"
for options in edns0 trust-ad "edns0 trust-ad rotate" single-request \
    single-request-reopen "no-aaaa" "ndots:3 timeout:20 attempts:1"; do
	found "options $options" "$dns" "nameserver 127.0.0.3" \
	    "options $options"
done
found "options edns0" "$dns" "options edns0 trust-ad"
asked "udp ca.test 1 with edns"
found "options use-vc" "$dns" "options use-vc"
asked "tcp ca.test"
found "search list" "$dns" "search a.example b.example" "options ndots:2"
found "first name server not there" "nameserver 127.0.0.9" "$dns"
for mode in truncated large; do
	name_server $mode 127.0.0.1 ::1
	found "answers by UDP $mode" "$dns"
	asked "tcp ca.test 1"
	found "answers by UDP $mode, IPv6, rotate edns0" "nameserver ::1" \
	    "$dns" "options rotate edns0"
	asked "tcp ca.test 1 with edns"
done
name_server refused 127.0.0.1
found "first name server refuses" "$dns" "nameserver 127.0.0.3"
name_server silent 127.0.0.1
found "first name server silent" "$dns" "nameserver 127.0.0.3" \
    "options timeout:6 attempts:1"
# not_found NAME MODE WORDS: no certificate, for this reason, in bounded time;
# waits are short only where nothing comes
not_found() {
	name_server "$2" 127.0.0.1
	_wait="timeout:20 attempts:1"
	[ "$2" != silent ] || _wait="timeout:1 attempts:2"
	printf '%s\n' "$dns" "options $_wait" >/etc/resolv.conf
	: >/etc/hosts
	scenario plain
	same "resolver: $1: refused" 1 $status
	says "resolver: $1: says why" "$work/err" "$3"
	check "resolver: $1: in time ($took s)" test $took -lt 100
}
not_found "no response at all" silent "ca.test"
# A signal does not wait for what the name server does not send.
printf '%s\n' "$dns" "options timeout:30 attempts:1" >/etc/resolv.conf
echo "127.0.0.1 localhost" >/etc/hosts
rm -rf "$work/state"
: >"$work/dns.log"
set_off example.com
for _i in $(seq 1000); do
	grep -q unanswered "$work/dns.log" && break
	sleep 0.05
done
start=$(date +%s)
kill -INT $run_pid
wait $run_pid; status=$?
took=$(($(date +%s) - start))
same "resolver: interrupted: status" 1 $status
says "resolver: interrupted: says so" "$err" "interrupted by signal 2, "
check "resolver: interrupted: at once ($took s)" test $took -lt 8
not_found "a CNAME loop" loop "ca.test"
not_found "100 addresses, of which none serves" hundred "ca.test port $ca_port"
check "resolver: 100 addresses, of which none serves: some are tried" test \
    "$(grep -o '(127\.9\.9\.[0-9]*)' "$work/err" | sort -u | wc -l)" -ge 2
name_server first 127.0.0.1
found "100 addresses, of which the first serves" "$dns"
# The order in which addresses are tried: no host answers, and the errors are
# reported in that order.
switch files
printf '127.0.0.1 localhost ca.test\n::1 ca.test\n' >/etc/hosts
listening=$ca_port ca_port=1
for prefer in "" ipv4 ipv6; do
	authority_more=${prefer:+prefer $prefer}
	scenario plain
	_order=$(grep -o '([0-9a-f.:]*[.:][0-9a-f.:]*)' "$work/err" |
	    head -n 2 | xargs)
	case $prefer in
	ipv4) same "resolver: prefer ipv4" "(127.0.0.1) (::1)" "$_order" ;;
	ipv6) same "resolver: prefer ipv6" "(::1) (127.0.0.1)" "$_order" ;;
	*)
		check "resolver: no preference: both" \
		    expr "$_order" : "(.*) (.*)\$" ;;
	esac
done
# Only the order is meant: the other kind is tried, too.
ca_port=$listening authority_more="prefer ipv6"
scenario plain
same "resolver: prefer ipv6, where only IPv4 serves" 0 "$status"
exit $failed
