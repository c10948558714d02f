# For ca.sh and ca-later.sh: the scripted CA (ca.py), a client for it, and how
# one scenario is run.
. "$here/lib.sh"
work_start
# short NAME=VALUE...: client is the same program with these limits.  It takes
# any CA for one that is far away, asks servers on loopback about revocation,
# and does not follow Retry-After for long.
# A limit is short only for what must reach it: on a busy machine, honest steps
# take seconds.  patient: client has the limits of the released program.
short() {
	client=$released
	# shellcheck disable=SC2046,SC2086
	variant -DFAR_MS=0 -DSTATUS_LOOPBACK=1 ${more_flags:-} \
	    $(printf -- '-D%s ' $often "$@") ||
	    { fail "ca: does not build"; exit 1; }
	client=$variant/acme-client
}
often="AUTHORIZATIONS_MS=500 RETRY_AFTER_SECONDS=2"
released=$client
short
patient_client=$client
patient() { client=$patient_client; }
make_tls
mkdir "$work/ca" "$work/ca/plain" "$work/www"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 200 \
    -subj "/CN=root" -keyout "$work/ca/root.key" -out "$work/root.pem" \
    2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=intermediate" -keyout "$work/ca/inter.key" \
    -out "$work/ca/inter.csr" 2>/dev/null
cat >"$work/ca/inter.ext" <<END
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
END
openssl x509 -req -in "$work/ca/inter.csr" -CA "$work/root.pem" \
    -CAkey "$work/ca/root.key" -CAcreateserial -days 200 \
    -extfile "$work/ca/inter.ext" -out "$work/ca/inter.pem" 2>/dev/null
set -- $(free_ports 2)
ca_port=$1 plain_port=$2
python3 "$here/ca.py" "$ca_port" "$work/tls-server.pem" "$work/tls-server.key" \
    "$work/ca" "$plain_port" 2>"$work/ca.log" &
ca_pid=$!
pids="$pids $ca_pid"
wait_port "$ca_port" || exit 1

names=	# further ones, besides example.com
section=ca

# ended NAME STATUS [WORDS...]: how the last run did, within $most seconds, long
# enough for a busy machine; its messages have these words, one blank apart
ended() {
	_ended=$section:\ $1 _status=$2; shift 2
	[ $status = "$_status" ] && [ $took -lt ${most:-150} ] || {
		fail "$_ended: status $status instead of $_status after" \
		    "$took s: $(end_of "$work/err")"
		return
	}
	! grep -q "$(printf '[\033\007]')" "$work/err" ||
	    { fail "$_ended: control characters come through"; return; }
	[ -z "$*" ] || grep -q -- "$*" "$work/err" ||
	    { fail "$_ended: no '$*' in: $(end_of "$work/err")"; return; }
	ok "$_ended: status $_status${*:+: $*}"
}
# payload PATH EXPRESSION: of all that was signed for it, as python sees header
# h and payload p
payload() {
	python3 - "$work/ca/payloads" "$1" "$2" <<'END'
import json, sys
for line in open(sys.argv[1]):
    path, h, p = json.loads(line)
    if path == sys.argv[2]: print(eval(sys.argv[3]))
END
}

# again NAME [OPTION ...]: what is there stays
again() {
	echo "$1" >"$work/ca/scenario"
	shift
	: >"$work/ca/log"
	: >"$work/ca/payloads"
	start=$(date +%s)
	timeout 200 "$client" ${verbosity:--v} -f "$work/c.conf" "$@" \
	    2>"$work/err" </dev/null
	status=$?
	took=$(($(date +%s) - start))
	cat "$work/err" >>"$work/said.all"
}
# said_once: no message of all the runs so far has the same URL twice, or says
# "1 attempts"
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
	    fail "ca: $1: status $status: $(end_of "$work/err")"
}
# refused SCENARIO WORDS...
refused() {
	_scenario=$1; shift
	scenario "$_scenario"
	set -- "$_scenario" "$*"
	[ $status = 1 ] && [ $took -lt 150 ] ||
	    { fail "ca: $1: status $status after $took s"; return; }
	grep -q -- "$2" "$work/err" ||
	    { fail "ca: $1: no '$2' in: $(end_of "$work/err")"; return; }
	[ ! -e "$work/ssl/example.com.pem" ] &&
	    [ ! -e "$work/ssl/example.com.fullchain.pem" ] ||
	    { fail "ca: $1: something was installed"; return; }
	[ -z "$(ls "$work/www")" ] ||
	    { fail "ca: $1: left in the challenge directory"; return; }
	! grep -q "$(printf '[\033\007]')" "$work/err" ||
	    { fail "ca: $1: control characters come through"; return; }
	ok "ca: $1: refused: $2"
}

# Revocation lists, as RFC 5280 has them.
# list KEY CERTIFICATE DAYS [EXTENSION LINE]: makes $work/ca/plain/list.crl
list() {
	cat >"$work/ca/list.cnf" <<END
[ca]
default_ca=c
[c]
database=$work/ca/index
default_md=sha256
crlnumber=$work/ca/number
[e]
${4:-authorityKeyIdentifier=keyid}
[idp]
${5:-onlyuser=TRUE}
END
	echo 01 >"$work/ca/number"
	openssl ca -gencrl -config "$work/ca/list.cnf" -keyfile "$1" \
	    -cert "$2" -crlexts e ${3:-} -out "$work/ca/list.pem" \
	    2>"$work/ca/list.log" &&
	    openssl crl -in "$work/ca/list.pem" -outform DER \
	    -out "$work/ca/plain/list.crl" ||
	    fail "ca: list: $(tail -n 2 "$work/ca/list.log")"
}
# on_list SERIAL...: the CA's index of revoked certificates has these
on_list() {
	for _serial in "$@"; do
		printf '%s\t' R 360101000000Z 261101000000Z,keyCompromise \
		    "$_serial" unknown
		echo /CN=x
	done >"$work/ca/index"
}
# without_ca OPTION NAME STATUS [WORDS]: the last run, with this option, ended
# so and asked the CA for nothing
without_ca() {
	_name="$who: $1: $2" _words=${4:-}
	[ $status = "$3" ] && grep -q -- "$_words" "$work/err" &&
	    ok "$_name: status $3" ||
	    fail "$_name: status $status, wanted $3 and '$_words':" \
	    "$(end_of "$work/err")"
	same "$_name: no request" "" "$(cat "$work/ca/log")"
}
