# When and how certificates are renewed, with a newer Pebble than Debian 12 and
# 13
# have: ARI (RFC 9773), profiles, and OCSP by openssl's responder.
. "$here/lib.sh"
. "$here/setup.sh"
work_start
# The responder is on loopback.
variant -DSTATUS_LOOPBACK=1 || { fail "renewal: does not build"; exit 1; }
client=$variant/acme-client
key=$work/ssl/private/example.com.key
state=$work/state/domain-example.com.json
pem=$work/ssl/example.com.pem

if ! pebble=$(newer_pebble "${newer_pebble:-$run/newer-pebble}"); then
	skip "renewal: a newer Pebble is not to be had:" \
	    "$(tail -n 1 "$run/newer-pebble/log" 2>/dev/null)"
	exit 0
fi

# window START END: what the CA says of the installed certificate, in seconds
# from now
window() {
	python3 - "$management_port" "$work" "$pem" "$1" "$2" <<'END'
import json, ssl, sys, time, urllib.request
port, work, pem, start, end = sys.argv[1:]
def date(s):
    then = time.gmtime(time.time() + int(s))
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", then)
info = {"suggestedWindow": {"start": date(start), "end": date(end)},
    "explanationURL": "https://ca.example/why"}
body = {"certificate": open(pem).read(), "ariResponse": json.dumps(info)}
request = urllib.request.Request(
    "https://localhost:%s/set-renewal-info/" % port,
    json.dumps(body).encode(), method="POST")
urllib.request.urlopen(request,
    context=ssl.create_default_context(cafile=work + "/tls.pem"))
END
}
# remembered MEMBER: of the state, in seconds from now
remembered() { state_renewal "$state" "$1"; }
# ask_now: as if six hours had gone by
ask_now() { state_write "$state" "ask again" 0; }

suggested() {
	fresh
	domain_write "$conf" example.com example.com "www.example.com"
	acme example.com
	expect "ARI: issued" 0
	requests=$(wc -l <"$work/pebble.log")
	acme example.com
	expect "ARI: nothing due" 2
	same "$who: ARI: not asked right after an issuance" "$requests" \
	    "$(wc -l <"$work/pebble.log")"
	between "$who: ARI: asked again" 21000 26000 "$(remembered "ask again")"
	window 1000 2000
	ask_now
	acme example.com
	expect "ARI: a window ahead" 2
	says "$who: ARI: the window and its reason are shown" "$err" \
	    "suggests to renew between .* and .*, see https://ca.example/why"
	picked=$(grep '"time"' "$state")
	between "$who: ARI: the time picked in the window" 900 2000 \
	    "$(remembered time)"
	ask_now
	acme example.com
	same "$who: ARI: picked once" "$picked" "$(grep '"time"' "$state")"
	acme example.com
	same "$who: ARI: not asked before its time" 0 \
	    "$(grep -c renewalInfo "$err")"
	window -100 -50
	ask_now
	before=$(spki_key "$key")
	acme example.com
	expect "ARI: now" 0
	says "$who: ARI: now: says why" "$err" \
	    "due: the CA suggests to renew it now"
	good example.com "example.com www.example.com " "ARI: now"
	check "$who: ARI: long before its time: a new key" \
	    test "$before" != "$(spki_key "$key")"
	window -100 -50
	ask_now
	acme example.com
	expect "ARI: now again: once a day is enough" 2
	check "$who: ARI: now again: before long" \
	    test "$(remembered time)" -lt 0
	window 400000000 400000100
	ask_now
	acme example.com
	expect "ARI: far behind the end" 2
	says "$who: ARI: far behind the end: renewed in time all the same" \
	    "$err" "nothing to do before 20[23]"
	# The window has come, within the usual time: the key stays.
	openssl x509 -in "$pem" -noout -enddate >"$work/end"
	before=$(spki_key "$key")
	ask_now
	state_write "$state" "renewed early" 0
	window -100 3000000
	acme example.com
	state_write "$state" time $(($(date +%s) - 10))
	acme example.com
	expect "ARI: a time in the window has come" 0
	same "$who: ARI: a window that is not over: the key stays" "$before" \
	    "$(spki_key "$key")"
	stop $pebble_pid
	ask_now
	acme example.com
	expect "ARI: no CA: no failure" 2
	between "$who: ARI: no CA: asked again within the hour" 60 3700 \
	    "$(remembered "ask again")"
	check "$who: ARI: no CA: no failed attempt is counted" \
	    grep -q '"failures": 0' "$state"
}

# The same certificate replaced by two orders: Pebble refuses the second
# 'replaces'.
replaced() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "replaces: issued" 0
	cp -p -r "$work/ssl" "$work/before" &&
	    cp -p "$state" "$work/state.before"
	acme -F example.com
	expect "replaces: renewed" 0
	same "$who: replaces: one order" 1 \
	    "$(grep -Ec 'POST [^ ]*order-plz$' "$err")"
	rm -rf "$work/ssl" && mv "$work/before" "$work/ssl" &&
	    cp -p "$work/state.before" "$state"
	acme -F example.com
	expect "alreadyReplaced: renewed all the same" 0
	says "$who: alreadyReplaced: the CA's words" "$err" \
	    "alreadyReplaced.*ordered again without 'replaces'"
	good example.com "example.com " "alreadyReplaced"
}

profiles() {
	for profile in shortlived long; do
		fresh
		domain_more="profile $profile"
		domain_write "$conf" example.com example.com ""
		acme example.com
		expect "profile $profile" 0
		good example.com "example.com " "profile $profile"
		case $profile in shortlived) days=6 ;; *) days=90 ;; esac
		lasts=$(openssl x509 -in "$pem" -noout -dates | python3 -c '
import sys, time
def date(line):
    text = line.split("=")[1].strip()
    return time.mktime(time.strptime(text, "%b %d %H:%M:%S %Y GMT"))
a, b = map(date, sys.stdin)
print(round((b - a) / 86400))')
		same "$who: profile $profile: $days days" $days "$lasts"
		acme example.com
		expect "profile $profile: nothing due" 2
	done
	domain_more="profile nosuch"
	fresh
	domain_write "$conf" example.com example.com ""
	run example.com
	expect "profile that there is not" 1
	says "$who: profile that there is not: the list" "$err" \
	    "profile nosuch: the CA offers only: long shortlived"
	domain_more=
}

# OCSP as RFC 6960 has it, by openssl's own responder with the CA's key.
revoked() {
	fresh
	domain_more="check revocation"
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "OCSP: issued" 0
	fetch "https://localhost:$management_port/intermediates/0" \
	    >"$work/inter.pem"
	fetch "https://localhost:$management_port/intermediate-keys/0" \
	    >"$work/inter.key"
	serial=$(openssl x509 -in "$pem" -noout -serial | cut -d= -f2)
	printf 'V\t360101000000Z\t\t%s\tunknown\t/CN=x\n' "$serial" \
	    >"$work/index"
	: >"$work/index.attr"
	responder
	acme example.com
	expect "OCSP: good" 2
	says "$who: OCSP: was asked" "$err" "GET http://localhost:$ocsp_port/"
	same "$who: OCSP: good: nothing said" 0 \
	    "$(grep -c "check revocation" "$err")"
	acme example.com
	same "$who: OCSP: not asked again at once" 0 \
	    "$(grep -c "GET http:" "$err")"
	stop $ocsp_pid
	forget
	acme example.com
	expect "OCSP: no responder: no failure" 2
	says "$who: OCSP: no responder: said" "$err" \
	    "cannot tell whether it is revoked: localhost port $ocsp_port:" \
	    "Connection refused"
	# By another key than the CA's.
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 30 -subj "/CN=evil" -keyout "$work/evil.key" \
	    -out "$work/evil.pem" 2>/dev/null
	printf 'R\t360101000000Z\t261101000000Z\t%s\tunknown\t/CN=x\n' \
	    "$serial" >"$work/index"
	responder -rsigner "$work/evil.pem" -rkey "$work/evil.key"
	forget
	acme example.com
	expect "OCSP: by another key: no word on it" 2
	says "$who: OCSP: by another key: says so" "$err" \
	    "not signed by the certificate's issuer"
	stop $ocsp_pid
	responder
	forget
	before=$(spki_key "$key")
	acme example.com
	expect "OCSP: revoked" 0
	says "$who: OCSP: revoked: says so" "$err" \
	    "due: the CA has revoked the certificate"
	good example.com "example.com " "OCSP: revoked"
	check "$who: OCSP: revoked: a new key" \
	    test "$before" != "$(spki_key "$key")"
	stop $ocsp_pid
	domain_more=
}
forget() { state_write "$state" "ask about revocation" 0; }
responder() {
	[ $# -gt 0 ] ||
	    set -- -rsigner "$work/inter.pem" -rkey "$work/inter.key"
	openssl ocsp -index "$work/index" -port "$ocsp_port" \
	    -CA "$work/inter.pem" -ndays 1 "$@" >"$work/ocsp.log" 2>&1 &
	ocsp_pid=$!
	pids="$pids $ocsp_pid"
	# A connection without a request would keep it from all others.
	for _ in $(seq 600); do
		grep -q "waiting for" "$work/ocsp.log" && break
		sleep 0.1
	done
}

ocsp_port=$(free_ports 1)
pebble_more='"profiles": {
    "long": { "description": "l", "validityPeriod": 7776000 },
    "shortlived": { "description": "s", "validityPeriod": 518400 }
  }, "ocspResponderURL": "http://localhost:'$ocsp_port'"'
pebble_start || exit 1
profiles; replaced; revoked
domain_more="profile long"
suggested
exit $failed
