# A scripted CA for what no Pebble does: each scenario and what must come of it.
. "$here/lib.sh"
work=$(mktemp -d) && chmod 755 "$work"
trap cleanup EXIT
build=$(dirname "$client")
# The same program with short deadlines.
cp -r "$build" "$work/build"
(cd "$work/build" && touch http.c order.c && make CFLAGS="-O1 -g -DHTTP_ANSWER_SECONDS=3 -DHTTP_HANDSHAKE_SECONDS=2 -DHTTP_CONNECT_SECONDS=2 -DVALIDATION_SECONDS=4") \
    >"$work/build.log" 2>&1 || { fail "ca: does not build: $(tail -n 2 "$work/build.log")"; exit 1; }
client=$work/build/acme-client
make_tls
mkdir "$work/ca" "$work/www"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=root" -keyout "$work/ca/root.key" -out "$work/root.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=intermediate" -keyout "$work/ca/inter.key" -out "$work/ca/inter.csr" 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >"$work/ca/inter.ext"
openssl x509 -req -in "$work/ca/inter.csr" -CA "$work/root.pem" -CAkey "$work/ca/root.key" -CAcreateserial -days 30 -extfile "$work/ca/inter.ext" -out "$work/ca/inter.pem" 2>/dev/null
ca_port=$(free_ports 1)
python3 "$here/ca.py" "$ca_port" "$work/tls-server.pem" "$work/tls-server.key" "$work/ca" 2>"$work/ca.log" &
pids="$pids $!"
wait_port "$ca_port" || exit 1

# scenario NAME: a first run in it
scenario() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	echo "$1" >"$work/ca/scenario"
	: >"$work/ca/log"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com ""
	start=$(date +%s)
	timeout 60 "$client" -v -f "$work/c.conf" example.com 2>"$work/err"
	status=$?
	took=$(($(date +%s) - start))
	rss=
}
works() {
	scenario "$1"
	[ $status = 0 ] && [ -s "$work/ssl/example.com.fullchain.pem" ] && [ -z "$(ls "$work/www")" ] && ok "ca: $1" ||
	    fail "ca: $1: status $status: $(tail -n 3 "$work/err" | tr '\n' ' ')"
}
# refused SCENARIO WORDS
refused() {
	scenario "$1"
	[ $status = 1 ] && [ $took -lt 30 ] || { fail "ca: $1: status $status after $took s"; return; }
	grep -q -- "$2" "$work/err" || { fail "ca: $1: no '$2' in: $(tail -n 3 "$work/err" | tr '\n' ' ')"; return; }
	[ ! -e "$work/ssl/example.com.pem" ] && [ ! -e "$work/ssl/example.com.fullchain.pem" ] || { fail "ca: $1: something was installed"; return; }
	[ -z "$(ls "$work/www")" ] || { fail "ca: $1: left in the challenge directory"; return; }
	! grep -q "$(printf '[\033\007]')" "$work/err" || { fail "ca: $1: control characters come through"; return; }
	ok "ca: $1: refused: $2"
}

works "plain"
works "synchronous"
works "lower case"
works "no meta"
works "capitals"
works "odd content type"
works "no nonce in answers"
works "no status in challenge"
works "account relative"
works "order relative"
works "chunked"
works "not ready once"
works "ready at once"
works "Retry-After 0"
works "Retry-After negative"
works "Retry-After past date"
works "Retry-After garbage"
works "Retry-After date"
works "badNonce without nonce"
works "one day"
works "cut after finalize"
same "ca: cut after finalize: one order" 1 "$(grep -c new-order "$work/ca/log")"
same "ca: cut after finalize: finalized once" 1 "$(grep -c finalize "$work/ca/log")"
works "cut before finalize"
same "ca: cut before finalize: one order" 1 "$(grep -c new-order "$work/ca/log")"

refused "no newOrder" "no member 'newOrder'"
refused "newOrder no string" "'newOrder' is not a string"
refused "newOrder http" "'newOrder' is not an https URL"
refused "newOrder elsewhere" "newOrder.*api origin"
refused "directory redirect" "redirected to 'http://evil.example/dir'"
refused "directory redirect to itself" "redirected"
refused "redirect without Location" "redirected"
refused "HTML directory" "not JSON"
refused "directory 503" "503"
refused "EAB" "external account binding"
refused "no nonce at all" "without a valid Replay-Nonce"
refused "nonce with quote" "without a valid Replay-Nonce"
refused "nonce of 10 KB" "without a valid Replay-Nonce"
refused "badNonce always" "refused 20 nonces"
refused "account without Location" "without the account's URL"
refused "account elsewhere" "not at the authority's own host"
refused "account gone" "remove its file authority-"
refused "deactivated" "account deactivated"
refused "order without Location" "without the order's URL"
refused "order elsewhere" "not at the authority's own host"
refused "unknown status" "order is strange"
refused "invalid order" "nasty .x1b"
refused "subproblems" "example.com caa CAA forbids\|example.com.*CAA forbids"
refused "authorizations []" "'authorizations' is not an array"
refused "authorizations null" "not a string"
refused "10000 authorizations" "authorizations\|more than"
refused "two authorizations for one name" "2 authorizations for 1 names"
refused "foreign identifier" "nobody asked for"
refused "extra identifier" "2 names instead of 1"
refused "authorization elsewhere" "not at the authority's own host"
refused "authorization for another name" "nobody asked for"
refused "wildcard authorization" "nobody asked for"
refused "expired authorization" "authorization is expired"
refused "challenge elsewhere" "not at the authority's own host"
refused "no http-01" "offers no http-01 challenge, only: dns-01"
for token in "../x" "/x" empty dot NUL long shell 0xff; do
	refused "token $token" "token is none\|not JSON"
done
refused "invalid challenge" "dns no .x1b.2J such name"
refused "invalid without error" "authorization invalid"
refused "pending for ever" "still pending after 4 seconds"
refused "valid but pending" "still pending after 4 seconds"
refused "processing for ever" "still processing after 4 seconds"
refused "Retry-After 10^9" "still pending after 4 seconds"
refused "deep JSON" "nested too deeply"
refused "member twice" "not JSON"
refused "no finalize" "finalize"
refused "finalize elsewhere" "not at the authority's own host"
refused "valid without certificate" "certificate"
refused "other key" "another key"
refused "extra name" "other names than ours: evil.example"
refused "no intermediate" "does not lead to a trusted root"
refused "unordered" "another key"
refused "100 certificates" "more than\|body of"
refused "private key in the chain" "not only whole certificates"
refused "text before" "not only whole certificates"
for how in fin rst notify; do
	refused "chain cut by $how" "ended before the answer"
done
refused "short chunk" "ended before the answer"
refused "1 GiB" "a body of 1073741824 bytes\|Content-Length that makes no sense"
refused "gzip" "Content-Encoding"
refused "million headers" "header larger than"
refused "1xx flood" "interim answers"
refused "drip" "no whole answer within"
refused "silence" "no whole answer within"
for step in new-account new-order authz challenge order finalize cert; do
	refused "429 at $step" "429 rateLimited too many see https://ca.example/limits"
	refused "503 at $step" "503"
	refused "500 at $step" "500 serverInternal"
	refused "403 at $step" "userActionRequired.*https://ca.example/agree"
	refused "HTML at $step" "502 .*<html>"
	refused "empty at $step" "500"
done
refused "429 later at new-order" "429"
orders=$(grep -c new-order "$work/ca/log")
"$client" -f "$work/c.conf" example.com 2>"$work/err"
says "ca: Retry-After of an hour is remembered" "$work/err" "not tried again before"
same "ca: no request before that" "$orders" "$(grep -c new-order "$work/ca/log")"
check "ca: it is an hour" python3 -c "
import json, time
left = json.load(open('$work/state/domain-example.com.json'))['not before'] - time.time()
assert 2900 < left < 3100, left"

# Certificates of the server itself.
srv() {	# srv NAME SUBJECTALTNAME ARGUMENT...: another server certificate
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" >"$work/s.ext"
	_n=$1; shift 2
	openssl x509 -req -in "$work/tls-server.csr" -CA "$work/tls.pem" -CAkey "$work/tls-ca.key" -CAcreateserial -extfile "$work/s.ext" -out "$work/s.pem" "$@" 2>/dev/null
	server=$(free_ports 1)
	python3 "$here/ca.py" "$server" "$work/s.pem" "$work/tls-server.key" "$work/ca" 2>/dev/null &
	pids="$pids $!"
	wait_port "$server"
	saved=$ca_port ca_port=$server
	refused "$_n" "${words}"
	ca_port=$saved
}
words="expected a certificate for localhost"
srv "server certificate for another host" DNS:evil.example -days 2
srv "wildcard abuse" "DNS:*" -days 2
srv "server certificate of another address" IP:127.0.0.2 -days 2
words="verif.*expected a certificate for localhost; the clock here says"
if openssl x509 -help 2>&1 | grep -q not_before; then
	srv "expired server certificate" DNS:localhost -not_before 20200101000000Z -not_after 20200102000000Z
	srv "server certificate of tomorrow" DNS:localhost -not_before 20350101000000Z -not_after 20360102000000Z
else
	srv "expired server certificate" DNS:localhost -days 0
fi
openssl req -x509 -key "$work/tls-server.key" -days 2 -subj "/CN=localhost" -addext subjectAltName=DNS:localhost -out "$work/self.pem" 2>/dev/null
server=$(free_ports 1)
python3 "$here/ca.py" "$server" "$work/self.pem" "$work/tls-server.key" "$work/ca" 2>/dev/null &
pids="$pids $!"
wait_port "$server"
saved=$ca_port ca_port=$server
refused "self-signed server certificate" "verif"
ca_port=$saved

# Servers that never speak TLS, or not at all.
silent=$(free_ports 1)
python3 -c "
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', $silent)); s.listen(50)
time.sleep(300)" &
pids="$pids $!"
wait_port "$silent"
saved=$ca_port ca_port=$silent
refused "silence instead of TLS" "no TLS handshake within 2 seconds"
ca_port=$(free_ports 1)
refused "nobody listens" "localhost port $ca_port: Connection refused"
ca_port=$saved
exit $failed
