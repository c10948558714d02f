# `listen on`: respproc itself before clients of all kinds (responder.py), then
# whole runs against Pebble by http-01 and tls-alpn-01, as root and as a user
# who may bind low ports; who has a port that is taken; that nothing listens
# afterwards, whatever ended the run; tls-alpn-01 through nginx and HAProxy, by
# the manual's lines.
. "$here/lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin
work_start
mkdir "$work/alone" && chmod 755 "$work/alone"
python3 "$here/responder.py" "$client" "$work/alone" "$top" || failed=1
pebble_start || exit 1
stop $web_pid

# listens HANDLE "NAMES" TYPE PORT [MORE]: a domain section
listens() {
	domain_write "$conf" "$1" "${2%% *}" "$(echo "$2 " | cut -d' ' -f2-)"
	python3 - "$conf" "$work/www" "challenge $3
	listen on 127.0.0.1 port $4
	${has_ipv6:+listen on ::1 port $4}
	${5:-}" <<'END'
import sys
path, www, text = sys.argv[1:]
with open(path) as f:
    before, last = f.read().rsplit("\tchallengedir \"%s\"" % www, 1)
with open(path, "w") as f: f.write(before + "\t" + text + last)
END
}
# Does nothing listen there?
closed() { python3 -c "
import socket, sys
for host in '127.0.0.1', '::1':
    try: socket.create_connection((host, $1), 2)
    except OSError: continue
    sys.exit('something listens at %s' % host)"; }
has_ipv6=$(python3 -c "
import socket
try: socket.socket(socket.AF_INET6).bind(('::1', 0)); print(1)
except OSError: pass")
sans_of() {
	openssl x509 -in "$work/ssl/$1.fullchain.pem" -noout \
	    -ext subjectAltName |
	    sed -n '2s/^ *//p'
}
pairs="http-01:$http_port tls-alpn-01:$tls_port"

for pair in $pairs; do
	type=${pair%:*} port=${pair#*:}
	fresh
	listens names "example.com www.example.com a.example.com" $type "$port"
	listens ipv4 "127.0.0.1" $type "$port"
	[ -n "$has_ipv6" ] && listens ipv6 "::1" $type "$port" ||
	    skip "responder: $who: $type: no IPv6 on this machine"
	acme -a
	expect "$type: names and addresses" 0
	same "$who: $type: names" \
	    "DNS:a.example.com, DNS:example.com, DNS:www.example.com" \
	    "$(sans_of names | tr ',' '\n' | sed 's/^ *//' | sort | paste -sd, |
	        sed 's/,/, /g')"
	same "$who: $type: IPv4" "IP Address:127.0.0.1" "$(sans_of ipv4)"
	[ -z "$has_ipv6" ] ||
	    same "$who: $type: IPv6" "IP Address:0:0:0:0:0:0:0:1" \
	    "$(sans_of ipv6)"
	same "$who: $type: each response was asked for" \
	    $((4 + ${has_ipv6:-0})) "$(grep -c 'respproc: .*: served' "$err")"
	check "$who: $type: nothing listens afterwards" closed "$port"
	check "$who: $type: no file was put" test -z "$(ls -A "$work/www")"
	acme -a
	expect "$type: nothing is due" 2
	same "$who: $type: nothing due: respproc is not started" 0 \
	    "$(grep -c respproc "$err")"
done

# A port that is taken: by whom; no order is placed; another handle is not
# concerned.
python3 -m http.server --bind 127.0.0.1 "$tls_port" >/dev/null 2>&1 & taker=$!
pids="$pids $taker"
wait_port "$tls_port"
fresh
listens taken example.com tls-alpn-01 "$tls_port"
listens free free.example.com http-01 "$http_port"
acme taken
expect "a port that is taken" 1
says "$who: a port that is taken: which, and who has it" "$err" \
    "listen on 127.0.0.1 port $tls_port: python3 (process $taker) has this" \
    "port; stop it"
same "$who: a port that is taken: no order was placed" 0 \
    "$(grep -c order-plz "$err")"
acme taken free
expect "a port that is taken, and another handle" 1
check "$who: a port that is taken: the other handle has its certificate" \
    test -s "$work/ssl/free.pem" -a ! -e "$work/ssl/taken.pem"
run -l
says "$who: a port that is taken: -l says so" "$work/out" "has this port"
stop $taker
acme -F taken
expect "a port that is free again" 0
# By another run, which is not to be stopped.
listens other other.example.com tls-alpn-01 "$tls_port"
kill -STOP $pebble_pid
set_off -F taken
wait_port "$tls_port"
until_workers 1
kill -STOP $(pgrep -P $run_pid netproc)
kill -CONT $pebble_pid
acme other
expect "a port that another run has" 1
# Only root sees whose it is.
if [ "$(id -u)" = 0 ]; then
	words="another run of acme-client has this port, as respproc (process"
	words="$words $(pgrep -P $run_pid respproc)); try again when it has"
	words="$words ended"
else
	words="another process has this port; if that is another run of"
	words="$words acme-client, try again when it has ended; otherwise stop"
	words="$words it"
fi
says "$who: a port that another run has: said so" "$err" "$words"
says "$who: a port that another run has: not about a directory" "$err" \
    "other: challenges cannot be responded to"
kill -CONT $(pgrep -P $run_pid netproc)
wait $run_pid

# Two authorities, one run behind the other, with one port.
fresh
sed 's/authority test/authority second/; s/account.pem/second.pem/' "$conf" |
    sed '/^state/d' >"$work/second"
cat "$work/second" >>"$conf"
listens one one.example.com http-01 "$http_port" "sign with test"
listens two two.example.com http-01 "$http_port" "sign with second"
acme -a
expect "two authorities, one port" 0

# One socket for all addresses, and for one of them.
fresh
listens one one.example.com http-01 "$http_port" "listen on * port $http_port"
acme one
expect "all addresses, and one of them" 0
check "$who: all addresses: nothing listens afterwards" closed "$http_port"

# The CA comes to another place: what to look at is said.
python3 -c "
import json, urllib.request
record = {'host': 'elsewhere.example.com', 'addresses': ['127.0.0.9']}
urllib.request.urlopen('http://127.0.0.1:$dns_management/add-a',
    json.dumps(record).encode())"
for pair in $pairs; do
	type=${pair%:*} port=${pair#*:}
	fresh
	listens a elsewhere.example.com $type "$port"
	acme a
	expect "$type: the CA comes to another place" 1
	[ $type = http-01 ] && at=80 || at=443
	says "$who: $type: the CA comes to another place: says so" "$err" \
	    "respproc: a: 1 of 1 responses were never asked for on 127.0.0.1" \
	    "port $port${has_ipv6:+ and the others} (0 connections came in" \
	    "all): does port $at of these names lead there?"
	check "$who: $type: a failure: nothing listens afterwards" \
	    closed "$port"
done

# An end at any time.  Pebble is stopped as soon as there is something to
# validate, so that the run waits.
until_listening() {
	for _i in $(seq 400); do
		pgrep -P $run_pid respproc >/dev/null &&
		    python3 -c "import socket
socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null &&
		    return 0
		sleep 0.01
	done
	return 1
}
# gone PORT: in a while nothing listens, and no process is left
gone() {
	for _i in $(seq 600); do
		closed "$1" 2>/dev/null &&
		    [ -z "$(processes_of "$(cat "$work/session")")" ] &&
		    return 0
		sleep 0.1
	done
	return 1
}
for end in INT TERM netproc dnsproc keyproc csrproc chngproc certproc fileproc \
    respproc parent; do
	fresh
	listens a example.com tls-alpn-01 "$tls_port"
	: >"$err"
	# Before the run: its first request waits.
	kill -STOP $pebble_pid
	rm -f "$work/session"
	setsid sh -c "$recorded" "$work/session" "$client" -vv \
	    -f "$conf" a >"$work/out" 2>"$err" </dev/null &
	run_pid=$!
	check "$who: $end: it listens before" until_listening "$tls_port"
	case $end in
	INT|TERM) kill -$end $run_pid ;;
	parent) kill -KILL $run_pid ;;
	*) kill -KILL "$(pgrep -P $run_pid $end)" ;;
	esac
	wait $run_pid; status=$?
	kill -CONT $pebble_pid
	case $end in
	parent) same "$who: kill of the parent" 137 $status ;;
	*) same "$who: $end: the run fails" 1 $status ;;
	esac
	check "$who: $end: nothing listens afterwards, no process is left" \
	    gone "$tls_port"
	[ $end != respproc ] ||
	    says "$who: kill of respproc: said" "$err" \
	    "respproc was killed by signal 9"
done
acme a
expect "the next run" 0

# Low ports: what each process may do is looked at while a run waits.
low_port() { python3 -c "
import socket
for port in range(300, 1024):
    try: socket.socket().bind(('127.0.0.1', port)); print(port); break
    except OSError: pass"; }
capabilities() {
	for _pid in $run_pid $(pgrep -P $run_pid); do
		sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):[[:space:]]*/\1 /p' \
		    "/proc/$_pid/status" 2>/dev/null
	done | grep -v ' 0*$'
}
if [ "$(id -u)" != 0 ]; then
	skip "responder: low ports: needs root to hand the capability on"
elif [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -lt 1024 ]; then
	skip "responder: low ports: this machine lets everyone bind them"
else
	port=$(low_port)
	sed -i "s/\"tlsPort\": $tls_port/\"tlsPort\": $port/" \
	    "$work/pebble.json"
	stop $pebble_pid
	env PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 PEBBLE_VA_NOSLEEP=1 \
	    "$pebble" -config "$work/pebble.json" \
	    -dnsserver "127.0.0.1:$dns_port" >"$work/pebble.log" 2>&1 &
	pebble_pid=$!; pids="$pids $pebble_pid"
	wait_port "$ca_port"; wait_port "$management_port"
	fetch "https://localhost:$management_port/roots/0" >"$work/root.pem"
	fresh
	listens a example.com tls-alpn-01 "$port"
	acme a
	expect "a low port" 0
	chown -R 54321:54321 "$work/etc" "$work/ssl" "$work/state"
	as="setpriv --reuid=54321 --regid=54321 --clear-groups"
	# shellcheck disable=SC2086
	$as --inh-caps=-all "$client" -vv -f "$conf" -F a 2>"$err" >"$work/out"
	status=$?
	expect "a low port as a user without the capability" 1
	says "$who: a low port as a user: what is needed" "$err" \
	    "listen on 127.0.0.1 port $port: Permission denied; ports below" \
	    "1024 need root, or the ambient capability CAP_NET_BIND_SERVICE"
	what="a low port as a user without the capability"
	same "$who: $what: no order was placed" 0 "$(grep -c order-plz "$err")"
	rm -rf "$work/state"
	mkdir -m 700 "$work/state"
	chown 54321:54321 "$work/state"
	kill -STOP $pebble_pid
	# shellcheck disable=SC2086
	$as --inh-caps=-all,+net_bind_service \
	    --ambient-caps=-all,+net_bind_service "$client" -vv -f "$conf" -F \
	    a 2>"$err" >"$work/out" &
	run_pid=$!
	check "$who: a low port as a user with the capability: it listens" \
	    until_listening "$port"
	# Each gives it up when it has set itself up; the CA is stopped, which
	# the run bears for some seconds.
	for _i in $(seq 80); do
		[ "$(pgrep -P $run_pid | wc -l)" -ge 8 ] &&
		    [ -z "$(capabilities)" ] && break
		sleep 0.1
	done
	same "$who: a low port as a user: nobody has the capability any more" \
	    "" "$(capabilities)"
	check "$who: a low port as a user: the processes were looked at" \
	    test "$(pgrep -P $run_pid | wc -l)" -ge 8
	kill -CONT $pebble_pid
	wait $run_pid; status=$?
	expect "a low port as a user with the capability" 0
	check "$who: a low port: nothing listens afterwards" closed "$port"
	tls_port=$port
fi

# The manual's lines from the one with this text on to the one with that, with
# our ports
lines() {
	awk -v first="$1" -v last="$2" '
	    index($0, first) == 1 { on = 1 }
	    on { print }
	    on && index($0, last) == 1 { exit }' "$top/acme-client.conf.5" |
	    sed -e "s/\\\\e/\\\\/g; s/:10443/:$acme_port/" \
	    -e "s/:8443/:$site_port/; s/\([ :]\)443\b/\1$tls_port/"
}
set -- $(free_ports 2)
acme_port=$1 site_port=$2
statements=$(sed -n '/^challenge tls-alpn-01$/,/^listen on/p' \
    "$top/acme-client.conf.5")
same "responder: the manual's statements for a domain" "challenge tls-alpn-01
listen on 127.0.0.1 port 10443" "$statements"
serve_site() {
	nginx_conf "$(nginx_alone)
$2
$1" "	server {
		listen 127.0.0.1:$site_port ssl;
		ssl_certificate $work/tls-server.pem;
		ssl_certificate_key $work/tls-server.key;
		return 200 \"the site\";
	}"
	nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" \
	    >"$work/site.out" 2>&1 &
	site_pid=$!
	pids="$pids $site_pid"
	wait_port "$site_port" 2>/dev/null || {
		fail "responder: nginx does not start:" \
		    "$(end_of "$work/nginx/logs/error.log" 2)" \
		    "$(end_of "$work/site.out" 2)"
		return 1
	}
}
# through NAME: a certificate comes of it, the site is there all the time
through() {
	wait_port "$tls_port" || {
		fail "responder: $1 does not start:" \
		    "$(end_of "$work/server.log")"
		return
	}
	python3 "$here/site.py" "$tls_port" "the site" >"$work/site.count" &
	looker=$!
	sleep 0.3
	fresh
	domain_write "$conf" a example.com "www.example.com"
	ours=$(echo "$statements" | sed "s/10443/$acme_port/")
	python3 - "$conf" "challengedir \"$work/www\"" "$ours" <<'END'
import sys
path, before, text = sys.argv[1:]
with open(path) as f: old = f.read()
with open(path, "w") as f: f.write(old.replace(before, text))
END
	acme a
	expect "tls-alpn-01 through $1" 0
	[ $status = 0 ] ||
	    tail -n 5 "$work/server.log" "$work/nginx/logs/error.log"
	same "responder: $1: both names were validated" 2 \
	    "$(grep -c 'respproc: .*: served' "$err")"
	sleep 0.3
	kill $looker; wait $looker
	count=$(cat "$work/site.count")
	check "responder: $1: the site was there all the time: $count" \
	    python3 -c "
good, bad = map(int, '''$count'''.split()[:2])
assert good > 10 and bad == 0"
}
module=$(ls /usr/lib/nginx/modules/ngx_stream_module.so \
    /usr/lib64/nginx/modules/ngx_stream_module.so 2>/dev/null |
    head -n 1)
if ! command -v nginx >/dev/null; then
	skip "responder: through nginx: nginx is not installed"
	skip "responder: through HAProxy: no nginx for the site behind it"
	exit $failed
elif [ -z "$module" ]; then
	skip "responder: through nginx: it has no module stream" \
	    "(libnginx-mod-stream)"
else
	stream=$(lines "stream {" "}")
	check "responder: nginx: the manual has its lines" test \
	    "$(echo "$stream" | grep -c "$acme_port\|$site_port\|$tls_port")" \
	    = 4
	[ -n "$has_ipv6" ] || stream=$(echo "$stream" | grep -v '\[::\]')
	serve_site "$stream" "load_module $module;" && through nginx
	stop $site_pid
fi
if ! command -v haproxy >/dev/null; then
	skip "responder: through HAProxy: haproxy is not installed"
else
	{
		cat <<'END'
defaults
	timeout client 60s
	timeout server 60s
	timeout connect 5s
END
		lines "frontend tls" ".Ed" | grep -v '^\.Ed'
	} >"$work/haproxy.cfg"
	ports="$acme_port\|$site_port\|$tls_port"
	same "responder: HAProxy: the manual has its lines" 4 \
	    "$(grep -c "$ports" "$work/haproxy.cfg")"
	[ -n "$has_ipv6" ] || sed -i '/v6only/d' "$work/haproxy.cfg"
	serve_site "" "" || exit 1
	haproxy -f "$work/haproxy.cfg" >"$work/server.log" 2>&1 & haproxy_pid=$!
	pids="$pids $haproxy_pid"
	through HAProxy
	stop $haproxy_pid $site_pid
fi
exit $failed
