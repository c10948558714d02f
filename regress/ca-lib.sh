# For ca.sh and ca-later.sh: the scripted CA (ca.py), a client with short
# deadlines, and how one scenario is run.
. "$here/lib.sh"
work_start
# The same program with short deadlines, which asks servers on loopback about
# revocation, too.  short_deadlines -DNAME=VALUE...: that, and these.
short_deadlines() {
	variant -DHTTP_ANSWER_SECONDS=3 -DHTTP_HANDSHAKE_SECONDS=2 \
	    -DHTTP_CONNECT_SECONDS=2 -DHTTP_PROXY_SECONDS=2 -DROLLOVER_SECONDS=5 \
	    -DFAR_MS=0 -DSTATUS_LOOPBACK=1 "$@" ||
	    { fail "ca: does not build"; exit 1; }
	client=$variant/acme-client
}
released=$client
# shellcheck disable=SC2086
short_deadlines "-DVALIDATION_SECONDS=${patience:-4}" \
    -DAUTHORIZATIONS_MS=500 ${more_flags:-}
make_tls
mkdir "$work/ca" "$work/ca/plain" "$work/www"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=root" -keyout "$work/ca/root.key" -out "$work/root.pem" \
    2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=intermediate" -keyout "$work/ca/inter.key" \
    -out "$work/ca/inter.csr" 2>/dev/null
printf \
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' \
    >"$work/ca/inter.ext"
openssl x509 -req -in "$work/ca/inter.csr" -CA "$work/root.pem" \
    -CAkey "$work/ca/root.key" -CAcreateserial -days 30 \
    -extfile "$work/ca/inter.ext" -out "$work/ca/inter.pem" 2>/dev/null
set -- $(free_ports 2)
ca_port=$1 plain_port=$2
python3 "$here/ca.py" "$ca_port" "$work/tls-server.pem" "$work/tls-server.key" \
    "$work/ca" "$plain_port" 2>"$work/ca.log" &
ca_pid=$!
pids="$pids $ca_pid"
wait_port "$ca_port" || exit 1

names=	# further ones, besides example.com

# again NAME [OPTION ...]: what is there stays
again() {
	echo "$1" >"$work/ca/scenario"
	shift
	: >"$work/ca/log"
	: >"$work/ca/payloads"
	start=$(date +%s)
	timeout 60 "$client" ${verbosity:--v} -f "$work/c.conf" "$@" \
	    2>"$work/err" </dev/null
	status=$?
	took=$(($(date +%s) - start))
	cat "$work/err" >>"$work/said.all"
}
# said_once: no message of all the runs so far has the same URL twice, or counts
# in bad grammar
said_once() {
	_url="(https://[^ ]*[^] :;,.)'\"])[]:;,.)'\"]*"
	same "ca: no message has a URL twice" "" \
	    "$(grep -E "$_url( .*)? [('\"]*\\1([]:;,.)'\" ]|\$)" \
	        "$work/said.all" |
	        sort -u | head -n 3)"
	same "ca: no message counts '1 attempts'" "" \
	    "$(grep -E '(^| )1 [a-z]*attempts' "$work/said.all" | head -n 3)"
}
# scenario NAME: a first run in it
scenario() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com "$names"
	again "$1" example.com
}
works() {
	scenario "$1"
	[ $status = 0 ] && [ -s "$work/ssl/example.com.fullchain.pem" ] &&
	    [ -z "$(ls "$work/www")" ] && ok "ca: $1" ||
	    fail \
	    "ca: $1: status $status: $(tail -n 3 "$work/err" | tr '\n' ' ')"
}
# refused SCENARIO WORDS
refused() {
	scenario "$1"
	[ $status = 1 ] && [ $took -lt 30 ] ||
	    { fail "ca: $1: status $status after $took s"; return; }
	grep -q -- "$2" "$work/err" || {
		fail \
		    "ca: $1: no '$2' in: $(tail -n 3 "$work/err" | tr '\n' ' ')"
		return
	}
	[ ! -e "$work/ssl/example.com.pem" ] &&
	    [ ! -e "$work/ssl/example.com.fullchain.pem" ] ||
	    { fail "ca: $1: something was installed"; return; }
	[ -z "$(ls "$work/www")" ] ||
	    { fail "ca: $1: left in the challenge directory"; return; }
	! grep -q "$(printf '[\033\007]')" "$work/err" ||
	    { fail "ca: $1: control characters come through"; return; }
	ok "ca: $1: refused: $2"
}
