# A scripted CA for what no Pebble does: each scenario and what must come of it.
. "$here/ca-lib.sh"

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
for member in revokeCert keyChange renewalInfo meta.termsOfService; do
	works "member directory $member \"\""
done
works 'member new-order certificate ""'
works 'member new-order finalize ""'
works 'member authz challenges.1.status ""'
works "Retry-After 0"
works "Retry-After negative"
works "Retry-After past date"
works "Retry-After garbage"
works "Retry-After date"
works "Retry-After 10^9"
works "badNonce without nonce"
works "one day"
works "cut after finalize"
same "ca: cut after finalize: one order" 1 "$(grep -c new-order "$work/ca/log")"
same "ca: cut after finalize: finalized once" 1 \
    "$(grep -c finalize "$work/ca/log")"
works "cut after challenge"
same "ca: cut after challenge: one order" 1 \
    "$(grep -c new-order "$work/ca/log")"
same "ca: cut after challenge: answered once" 1 \
    "$(grep -c "POST /challenge" "$work/ca/log")"
# An issuer that ends before the certificate does: whoever installs that must
# know until when it is good.
openssl x509 -req -in "$work/ca/inter.csr" -CA "$work/root.pem" \
    -CAkey "$work/ca/root.key" -CAcreateserial -days 20 \
    -extfile "$work/ca/inter.ext" -out "$work/ca/short-inter.pem" 2>/dev/null
# ends_on FILE: notAfter of its first certificate
ends_on() {
	openssl x509 -in "$1" -noout -enddate -dateopt iso_8601 |
	    sed 's/notAfter=//;s/Z$/ UTC/'
}
# warns_of_issuer NAME: of the last run, which has installed it
warns_of_issuer() {
	says "ca: $1: warns" "$work/err" "the certificate ends on $(ends_on \
	    "$work/ssl/example.com.pem"), but certificate 2 of its chain on $(
	    ends_on "$work/ca/short-inter.pem")"
}
for how in "issuer ends first" "issuer ends first, root"; do
	works "$how"
	warns_of_issuer "$how"
done
cp "$work/ssl/example.com.fullchain.pem" "$work/short-full.pem"
again plain -F example.com
ended "issuer that ends later" 0
same "ca: issuer that ends later: no warning" 0 \
    "$(grep -c "of its chain on" "$work/err")"
again plain -F -i "$work/short-full.pem" example.com
ended "issuer ends first, -i" 0
warns_of_issuer "issuer ends first, -i"
again plain -F example.com
again plain -B example.com
ended "issuer ends first, -B" 0
warns_of_issuer "issuer ends first, -B"

# Another order of the account may have had the challenge responded to.
names="b.example.com c.example.com"
for how in "valid meanwhile" "under way"; do
	for code in 400 403 409; do
		works "$how $code"
		same "ca: $how $code: one order" 1 \
		    "$(grep -c new-order "$work/ca/log")"
		same "ca: $how $code: no challenge twice" "" \
		    "$(grep "POST /challenge" "$work/ca/log" | sort | uniq -d)"
	done
	# It says nothing about the authorization.
	refused "$how 429" "cannot be updated in this state"
done
refused "refused 400" "challenge/example.com: 400 malformed cannot be updated"
names=
works "cut before finalize"
same "ca: cut before finalize: one order" 1 \
    "$(grep -c new-order "$work/ca/log")"

works "unasked response"
refused "two responses" "37 bytes behind the end of the response"
refused "cut in new-order" "the connection ended before the response did"
same "ca: cut in new-order: one order" 1 "$(grep -c new-order "$work/ca/log")"

# Servers that speak HTTP/1.0, or let the end of the connection end a body.
for how in "HTTP/1.0" "HTTP/1.0 ended by close" "HTTP/1.0 ended by notify" \
    "HTTP/1.1 ended by close" "HTTP/1.1 ended by notify"; do
	works "$how"
done
for step in directory new-account new-order authz challenge order finalize \
    cert; do
	works "HTTP/1.0 ended by close, cut once at $step"
	same "ca: cut once at $step: one order" 1 \
	    "$(grep -c new-order "$work/ca/log")"
	same "ca: cut once at $step: no challenge twice" "" \
	    "$(grep "POST /challenge" "$work/ca/log" | sort | uniq -d)"
done
for step in directory authz order cert; do
	refused "HTTP/1.0 ended by notify, cut at $step" \
	    "the connection ended before the response did, after"
done
for step in new-account new-order authz challenge order finalize cert; do
	refused "429 at $step, HTTP/1.0 ended by close" \
	    "429 rateLimited too many see https://ca.example/limits"
done
root_line="root any"
refused "HTTP/1.0 ended by close" \
    "the CA's server does not say where the chain ends"
works "HTTP/1.0"
root_line=

refused "no newOrder" "no member 'newOrder'"
refused "newOrder no string" "'newOrder' is not a string"
refused "newOrder http" "'newOrder' is not an https URL"
refused "newOrder elsewhere" "newOrder.*api origin"
refused "directory redirect" "redirected to 'http://evil.example/dir'"
refused "directory redirect to itself" "redirected"
refused "redirect without Location" "redirected"
url=https://localhost:$ca_port/dir[a-z]*
refused "HTML directory" "not JSON"
says "ca: HTML directory: names the statement" "$work/err" \
    "is $url the directory of an ACME server?  'api url'"
refused "directory 404" "404"
says "ca: directory 404: names the statement" "$work/err" \
    "is $url the directory of an ACME server?  'api url'"
refused "directory 503" "503"
refused "EAB" "external account binding"
refused "no nonce at all" "no valid Replay-Nonce"
names="b.example.com c.example.com"
for how in "newNonce dries up" "newNonce dries up, 503"; do
	refused "$how" "no valid Replay-Nonce\|HEAD .*: 503"
	asked=$(grep -c HEAD "$work/ca/log")
	check "ca: $how: asked $asked times" test "$asked" -lt 15
done
refused "badNonce at authz" "refused 20 nonces"
asked=$(grep -c "POST /authz" "$work/ca/log")
check "ca: badNonce at authz: asked $asked times" test "$asked" -lt 25
names=
refused "nonce with quote" "no valid Replay-Nonce"
refused "nonce of 10 KB" "no valid Replay-Nonce"
refused "badNonce always" "refused 20 nonces"
refused "account without Location" "without the account's URL"
refused "account elsewhere" "not at the authority's own host"
refused "account gone" "looks for it by its key"
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
refused 'member new-order identifiers.0.type "ip"' "nobody asked for"
refused 'member authz identifier.type "ip"' "nobody asked for"
refused "extra identifier" "2 names instead of 1"
refused "authorization elsewhere" "not at the authority's own host"
refused "authorization for another name" "nobody asked for"
refused "wildcard authorization" "nobody asked for"
refused "expired authorization" "authorization is expired"
refused "challenge elsewhere" "not at the authority's own host"
refused "no http-01" "offers no http-01 challenge, only: dns-01"
for token in "../x" "/x" empty dot NUL long shell 0xff; do
	refused "token $token" "sent an invalid token\|not JSON"
done
refused "invalid challenge" "dns no .x1b.2J such name"
listed() {
	"$client" "$1" -f "$work/c.conf" >"$work/list" 2>&1
	says "ca: $2: $1 has the cause" "$work/list" "$3"
}
listed -l "invalid challenge" "example.com: dns no .x1b.2J such name"
listed -lJ "invalid challenge" '"last_error": "example.com: dns no'
asks="example.com: the responses were in $work/www: does the web server of"
asks="$asks these names serve that directory"
same "ca: invalid challenge: the web server is not to blame for DNS" 0 \
    "$(grep -c "$asks" "$work/err")"
names=www.example.com
refused "invalid response" "example.com: unauthorized 404 from the web server" \
    "(https://.*: order is invalid"
names=
says "ca: invalid response: asks about the web server" "$work/err" "$asks"
listed -l "invalid response" "example.com: unauthorized 404 from the web server"
same "ca: invalid response: each of the two names once" 2 \
    "$(grep -c "unauthorized 404" "$work/err")"
again "invalid response" example.com
says "ca: invalid response: the next mail has the cause" "$work/err" \
    "not tried again before .*, after 1 attempt (example.com: unauthorized 404"
again "invalid response" -F example.com
again "invalid response" example.com
says "ca: invalid response: two attempts" "$work/err" \
    "not tried again before .*, after 2 attempts (example.com: unauthorized 404"
refused "invalid response, order too" "example.com: unauthorized 404 from the" \
    "web server (https://[^ ]*: order is invalid)"
same "ca: invalid response, order too: its cause once" 0 \
    "$(grep -c "unauthorized 404.*unauthorized 404" "$work/err")"
refused "invalid without error" "authorization invalid"
short VALIDATION_SECONDS=4
refused "pending for ever" "still pending after 4 seconds"
refused "valid but pending" "still pending after 4 seconds"
refused "processing for ever" "still processing after 4 seconds"
patient
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
too_large="more than 65536 bytes in lines of 64 characters"
refused "larger once written" "$too_large"
works "plain"
cp -a "$work/ssl" "$work/ssl.before"
again "larger once written" -F example.com
same "ca: larger once written, later: status" 1 "$status"
says "ca: larger once written, later: said" "$work/err" "$too_large"
check "ca: larger once written, later: nothing is replaced" \
    diff -r "$work/ssl.before" "$work/ssl"
check "ca: larger once written, later: nothing is saved" \
    test ! -e "$work/state/domain-example.com.new.pem"
for how in fin rst notify; do
	refused "chain cut by $how" "ended before the response"
done
refused "short chunk" "ended before the response"
refused "1 GiB" "a body of 1073741824 bytes\|Content-Length that makes no sense"
refused "gzip" "Content-Encoding"
refused "million headers" "header larger than"
refused "1xx flood" "interim responses"
short HTTP_RESPONSE_SECONDS=3
refused "drip" "no whole response within"
refused "silence" "no whole response within"
patient
for step in new-account new-order authz challenge order finalize cert; do
	refused "429 at $step" \
	    "429 rateLimited too many see https://ca.example/limits"
	refused "503 at $step" "503"
	refused "500 at $step" "500 serverInternal"
	refused "403 at $step" "userActionRequired.*https://ca.example/agree"
	refused "HTML at $step" "502 .*<html>"
	refused "empty at $step" "500"
done
refused "429 later at new-order" "429"
orders=$(grep -c new-order "$work/ca/log")
"$client" -f "$work/c.conf" example.com 2>"$work/err"
says "ca: Retry-After of an hour is remembered" "$work/err" \
    "not tried again before"
same "ca: no request before that" "$orders" \
    "$(grep -c new-order "$work/ca/log")"
check "ca: it is an hour" python3 -c "
import json, time
state = json.load(open('$work/state/domain-example.com.json'))
left = state['not before'] - time.time()
assert 2900 < left < 3100, left"

# What -n accepts the run can carry: names, paths, words and URLs as long as
# they may be.
text() { printf "$1%.0s" $(seq "$2"); } # text CHARACTER NUMBER
deep=$work
while [ ${#deep} -lt 3400 ]; do deep=$deep/$(text d 240); done
mkdir -p "$deep/keys" "$deep/ssl" && chmod 700 "$deep/keys"
last=$(text f 240)
scenario none
origin=$(text a 60).$(text b 60).$(text c 60).$(text d 57).example
below=$(text a 60).$(text b 63).$(text c 63).$(text d 53).example
cat >"$conf" <<END
state directory "$work/state"
authority test {
	api url "https://localhost:$ca_port/directory"
	account key "$deep/keys/$last"
	contact "mailto:a@$(text c 8000)"
	ca file "$work/tls.pem"
	root file "$work/root.pem"
$(for i in $(seq 15); do
	echo "api origin \"https://$origin:12345/$(text p 2046)\""
done)
}
domain example.com {
	alternative names { $(seq -f n%02g$below 99 | xargs) }
	domain key "$deep/keys/k$last" group "$(id -g)"
	domain combined "$deep/keys/c$last"
	domain certificate "$deep/ssl/$last"
	domain chain certificate "$deep/ssl/i$last"
	domain full chain certificate "$deep/ssl/f$last"
	challengedir "$work/www"
	profile "$(text r 60)"
}
END
"$client" -n -f "$conf" >"$work/out" 2>"$err"
same "ca: all as long as it may be: -n" "0 acme-client: configuration OK" \
    "$? $(tail -n 1 "$err" | sed 's/OK, [0-9]* warnings\{0,1\}$/OK/')"
again "profile long" example.com
same "ca: all as long as it may be: a certificate" "0 1" \
    "$status $(ls "$deep/ssl" | grep -c ^i)"
[ $status = 0 ] || cut -c1-300 "$err" >&2
rm -rf "$work/ddd"*

# Trust anchors that others could change.
for file in root.pem tls.pem; do
	chmod 666 "$work/$file"
	refused plain "$work/$file: can be written by everyone; chmod o-w"
	chmod 664 "$work/$file"
	works plain
	chmod 644 "$work/$file"
	[ "$(id -u)" = 0 ] || continue
	chown 12345 "$work/$file"
	refused plain "$work/$file: belongs to user 12345"
	chown 0 "$work/$file"
done
for file in root.pem tls.pem; do
	mv "$work/$file" "$work/good" && mkfifo "$work/$file"
	refused plain "not a regular file of at most"
	rm "$work/$file" && cat "$work/good" >"$work/$file"
	truncate -s 9M "$work/$file"
	refused plain "not a regular file of at most"
	mv "$work/good" "$work/$file"
	works plain
done

# Certificates of the server itself.
printf '[ca]\ndefault_ca=c\n[c]\npolicy=p\nrand_serial=yes\n' >"$work/s.cnf"
printf 'database=%s\n[p]\ncommonName=optional\n' "$work/s.db" >>"$work/s.cnf"
srv() {	# srv NAME SUBJECTALTNAME ARGUMENT...: another server certificate
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" \
	    >"$work/s.ext"
	_n=$1; shift 2
	: >"$work/s.db"
	openssl ca -batch -config "$work/s.cnf" -in "$work/tls-server.csr" \
	    -cert "$work/tls.pem" -keyfile "$work/tls-ca.key" -md sha256 \
	    -extfile "$work/s.ext" -notext -outdir "$work" \
	    -out "$work/s.pem" "$@" 2>/dev/null
	server=$(free_ports 1)
	python3 "$here/ca.py" "$server" "$work/s.pem" "$work/tls-server.key" \
	    "$work/ca" 2>/dev/null &
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
srv "expired server certificate" DNS:localhost \
    -startdate 20200101000000Z -enddate 20200102000000Z
srv "server certificate of tomorrow" DNS:localhost \
    -startdate "$(date -u -d "1 day" +%Y%m%d%H%M%SZ)" \
    -enddate "$(date -u -d "9 days" +%Y%m%d%H%M%SZ)"
openssl req -x509 -key "$work/tls-server.key" -days 2 -subj "/CN=localhost" \
    -addext subjectAltName=DNS:localhost -out "$work/self.pem" 2>/dev/null
server=$(free_ports 1)
python3 "$here/ca.py" "$server" "$work/self.pem" "$work/tls-server.key" \
    "$work/ca" 2>/dev/null &
pids="$pids $!"
wait_port "$server"
saved=$ca_port ca_port=$server
refused "self-signed server certificate" "verif.*'ca file' names the root"
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
short HTTP_HANDSHAKE_SECONDS=2
refused "silence instead of TLS" "no TLS handshake within 2 seconds"
patient
ca_port=$(free_ports 1)
refused "nobody listens" "localhost port $ca_port: Connection refused"
ca_port=$saved

# A CA that is near.
client=$released
works "cut after finalize"
same "ca: cut after finalize, near: finalized once" 1 \
    "$(grep -c finalize "$work/ca/log")"

# A CA that is slow at everything.
short JOB_SECONDS=3
refused "badNonce slowly" \
    "the CA has taken longer than 3 seconds for one certificate"
said_once
exit $failed
