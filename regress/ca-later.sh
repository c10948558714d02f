# The scripted CA after the first certificate: what no Pebble says about
# renewal, revocation and accounts.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key
state=$work/state/domain-example.com.json
account_key=$work/etc/private/account.pem


# state_set MEMBER VALUE, state_get MEMBER: in seconds from now
state_set() { state_write "$state" "$1" "$2"; }
state_get() { state_renewal "$state" "$1"; }
ask_now() { state_set "ask again" 0; state_set "renewed early" 0; }

# RFC 9773: whatever the CA says about the time.
works "ARI"
cp -Rp "$work/ssl" "$work/ssl.ari" && cp -Rp "$work/state" "$work/state.ari"
# suggested SCENARIO STATUS FIRST LAST [WORDS]: asked again between FIRST and
# LAST seconds from now
suggested() {
	rm -rf "$work/ssl" "$work/state"
	cp -Rp "$work/ssl.ari" "$work/ssl" &&
	    cp -Rp "$work/state.ari" "$work/state"
	ask_now
	again "$1" example.com
	ended "$1" "$2" "${5:-}"
	between "ca: $1: asked again" "$3" "$4" "$(state_get "ask again")"
}
suggested "ARI" 2 7100 7300 \
    "suggests to renew between .*see https://ca.example/why.x1b"
suggested "ARI slash" 2 7100 7300 "suggests to renew"
same "ca: ARI slash: one slash" 1 \
    "$(grep -c 'GET /renewal/[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$' "$work/ca/log")"
suggested "ARI year 9999" 2 7100 7300 "nothing to do before 20[23]"
suggested "ARI 8000 years" 2 7100 7300 "nothing to do before 20[23]"
suggested "ARI offsets" 2 7100 7300 "nothing to do before 20[23]"
suggested "ARI end before start" 2 21000 22000 "ends before it begins"
suggested "ARI empty" 2 21000 22000 "ends before it begins"
suggested "ARI year 1" 2 21000 22000 "as RFC 3339 has them"
suggested "ARI garbage" 2 21000 22000 "as RFC 3339 has them"
suggested "ARI no window" 2 21000 22000 "as RFC 3339 has them"
suggested "ARI HTML" 2 21000 22000 "not JSON"
suggested "ARI redirect" 2 21000 22000 "redirected"
suggested "ARI 404" 2 21000 22000 \
    "no renewal information: .*404 malformed not yours"
suggested "ARI 500" 2 3500 3700 "no renewal information: .*500"
suggested "ARI 1 MB" 2 3500 3700 "a body of 1000000 bytes"
suggested "ARI Retry-After 1" 2 50 70
suggested "ARI Retry-After a year" 2 86300 86500
suggested "ARI Retry-After garbage" 2 21000 22000
suggested "ARI Retry-After absent" 2 21000 22000
suggested "ARI Retry-After date" 2 7000 7300
suggested "plain" 2 86300 86500
suggested "ARI past" 0 21000 26000 "due: the CA suggests to renew it now"
certid=$(openssl x509 -in "$work/ssl.ari/example.com.pem" -noout \
    -ext authorityKeyIdentifier -serial | python3 -c '
import base64, sys
lines = [l.strip() for l in sys.stdin]
aki = next(l for l in lines if ":" in l and "X509" not in l)
aki = bytes.fromhex(aki.replace("keyid:", "").replace(":", ""))
serial = next(l for l in lines if l.startswith("serial="))
serial = bytes.fromhex(serial[7:])
serial = b"\0" * (serial[0] >> 7) + serial
print(".".join(base64.urlsafe_b64encode(b).decode().rstrip("=")
    for b in (aki, serial)))')
same "ca: ARI past: the order names what it replaces" "$certid" \
    "$(payload /new-order 'p["replaces"]')"
same "ca: ARI past: asked by that name" 1 \
    "$(grep -c "GET /renewal/$certid\$" "$work/ca/log")"
ask_now
state_set "renewed early" "$(($(date +%s) - 3600))"
again "ARI past" example.com
ended "ARI: not twice in a day" 2
same "ca: ARI: not twice in a day: no order" 0 \
    "$(grep -c new-order "$work/ca/log")"

# A failed attempt is not the renewal of the day: it has its own backoff, and
# nothing else.
for how in "500 at new-order" "429 later at new-order" "403 at new-order" \
    "500 at finalize" "no intermediate" "cut"; do
	works "ARI"
	now=$(date +%s)
	state_set start $((now - 1000))
	state_set time $((now - 1000))
	state_set end $((now - 500))
	if [ "$how" = cut ]; then
		echo "silence" >"$work/ca/scenario"
		: >"$work/ca/log"
		"$client" -f "$work/c.conf" example.com \
		    2>"$work/err" </dev/null &
		victim=$!
		for _ in $(seq 1000); do
			grep -q "POST /cert" "$work/ca/log" && break
			sleep 0.05
		done
		kill -KILL $victim
		wait $victim 2>/dev/null
	else
		again "$how" example.com
		ended "early, $how" 1
	fi
	state_set "not before" 1
	# Terms concern the account, so that the authority is left alone, too.
	rm -f "$work/state/authority-test.backoff.json"
	again "ARI" example.com
	ended "early, after $how" 0 "due: the CA suggests to renew it now"
	check "ca: early, after $how: counts as the one of the day" \
	    grep -q '"renewed early": [1-9]' "$state"
done

again "ARI already replaced" -F example.com
ended "already replaced" 0 \
    "alreadyReplaced it has a successor; ordered again without 'replaces'"
same "ca: already replaced: once with it, once without" "True False" \
    "$(payload /new-order '"replaces" in p' | xargs)"
again "ARI replaces malformed" -F example.com
ended "replaces malformed" 0 "ordered again without 'replaces'"
again "ARI replaces rate limit" -F example.com
ended "replaces and a rate limit" 1 "a rate limit of the CA is reached"
same "ca: replaces and a rate limit: not sent again" 1 \
    "$(grep -c new-order "$work/ca/log")"
again "ARI replaces rejected" -F example.com
ended "replaces and a rejected name" 1 "rejectedIdentifier not this name"
same "ca: replaces and a rejected name: not sent again" 1 \
    "$(grep -c new-order "$work/ca/log")"
again "plain" -F example.com
ended "no replaces without renewalInfo" 0
same "ca: no replaces without renewalInfo" "False" \
    "$(payload /new-order '"replaces" in p')"

# Many names, and servers that do not answer what is sent ahead.
verbosity=-vv
names=$(seq 19 | sed 's/$/.example.com/' | tr '\n' ' ')
for how in "plain" "slow answers" "close after each answer" \
    "close at every 7th answer" "reset at every 7th answer" \
    "drop what is sent ahead"; do
	# The client waits for what was dropped.
	[ "$how" != "drop what is sent ahead" ] || short HTTP_RESPONSE_SECONDS=8
	works "$how"
	[ "$how" = plain ] || [ "$how" = "slow answers" ] ||
	    says "ca: 20 names, $how: says so" "$work/err" \
	    "no longer sending requests ahead"
	same "ca: 20 names, $how: one order" 1 \
	    "$(grep -c new-order "$work/ca/log")"
	same "ca: 20 names, $how: no challenge twice" "" \
	    "$(grep "POST /challenge" "$work/ca/log" | sort | uniq -d)"
	same "ca: 20 names, $how: each of them" 20 \
	    "$(grep "POST /challenge" "$work/ca/log" | sort -u | wc -l)"
	again "$how" -F example.com
	ended "20 names, $how: again" 0
	same "ca: 20 names, $how: again: one order" 1 \
	    "$(grep -c new-order "$work/ca/log")"
	same "ca: 20 names, $how: not too many nonces asked for" 0 \
	    "$(grep -c "too many" "$work/ca/log")"
	patient
done
names=

# Where nonces come from is remembered, for the first ones to come with the
# directory.
remembered() { sed -n 's/.*"newNonce": "\(.*\)".*/\1/p' "$state"; }
# The first line of them all is the one that must not come after the other.
nonces_first() {
	awk '/HEAD .*nonce/ { exit 0 } /GET .*directory: 200/ { exit 1 }' \
	    "$work/err"
}
works "plain"
same "ca: newNonce: remembered" "https://localhost:$ca_port/nonce" \
    "$(remembered)"
check "ca: newNonce: not known yet" eval '! nonces_first'
again "plain" -F example.com
ended "newNonce: known" 0
check "ca: newNonce: known: asked for with the directory" nonces_first
again "newNonce moved" -F example.com
ended "newNonce moved" 0
same "ca: newNonce moved: remembered" "https://localhost:$ca_port/nonce2" \
    "$(remembered)"
for url in "https://localhost:1/nonce" "http://localhost:$ca_port/nonce" \
    nonsense ""; do
	sed -i "s|\"newNonce\": \".*\"|\"newNonce\": \"$url\"|" "$state"
	again "plain" -F example.com
	ended "newNonce: '$url' in the state" 0
	check "ca: newNonce: '$url' in the state: not asked there" \
	    eval '! nonces_first'
	same "ca: newNonce: '$url' in the state: put right" \
	    "https://localhost:$ca_port/nonce" "$(remembered)"
done
verbosity=

# Words of CAs.
refused "paused at length" \
    "name.example, please visit: https://ca.example/unpause?jwt=e*END"
again "paused at length" example.com
says "ca: paused at length: the next run names the address, too" "$work/err" \
    "https://ca.example/unpause?jwt=e*END"
for list in -l -lJ; do
	"$client" $list -f "$work/c.conf" >"$work/list" 2>&1
	says "ca: paused at length: $list names the address" "$work/list" \
	    "https://ca.example/unpause?jwt=e*END"
done
words="rejectedIdentifier see the subproblems | rejectedIdentifier forbidden by"
refused "12 names forbidden" \
    "$words policy: n0.example, n1.example, .*, n11.example"
refused "paused" "paused.*https://ca.example/unpause?jwt=eyJ"
says "ca: paused: what to do" "$work/err" "has paused these names after many" \
    "failures; see to the cause, then unpause them"
refused "503 at new-order" "being maintained or has too much to do"
works "slow"
finalized() {
	same "ca: $1: finalized" "$2" \
	    "$(grep -c "POST /finalize" "$work/ca/log")"
}
finalized "slow: the first time, too early" 2
again "slow" -F example.com
ended "slow: again" 0
finalized "slow: again" 1
again "plain" -F example.com
ended "slow, and no longer" 0
same "ca: slow, and no longer: asked whether it is ready" 1 \
    "$(grep -n "POST" "$work/ca/log" | grep -A 1 challenge |
        grep -c "POST /order")"
again "plain" -F example.com
ended "no longer slow" 0
same "ca: no longer slow: finalized unasked" 1 \
    "$(grep -n "POST" "$work/ca/log" | grep -A 1 challenge |
        grep -c "POST /finalize")"
works "no Link"
authority_more="api origin \"https://127.0.0.1:$ca_port\""
works "other host"
check "ca: other host: ordered there" \
    grep -q "https://127.0.0.1:$ca_port/new-order" "$work/ca/payloads"
authority_more=
refused "other host" \
    "127.0.0.1:$ca_port/new-account is not at the authority's own host"
domain_more="profile short"
works "profiles"
same "ca: profiles: in the order" short "$(payload /new-order 'p["profile"]')"
refused "no such profile" "invalidProfile we have none\|offers no profiles"
domain_more="profile nosuch"
refused "profiles" "profile nosuch: the CA offers only: short classic"
domain_more=

# A chain to choose, at a relative URL.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=other root" -keyout "$work/ca/other.key" \
    -out "$work/ca/other.pem" 2>/dev/null
openssl x509 -req -in "$work/ca/inter.csr" -CA "$work/ca/other.pem" \
    -CAkey "$work/ca/other.key" -CAcreateserial -days 30 \
    -extfile "$work/ca/inter.ext" -out "$work/ca/other-inter.pem" 2>/dev/null
cp "$work/root.pem" "$work/one-root.pem"
cat "$work/ca/other.pem" >>"$work/root.pem"
domain_more='preferred chain "other root"'
works "plain"
same "ca: preferred chain at a relative URL" "issuer=CN = other root" \
    "$(openssl x509 -in "$work/ssl/example.com.chain.pem" -noout -issuer |
        sed 's/CN=/CN = /')"
cp "$work/one-root.pem" "$work/root.pem"
works "plain"
same "ca: preferred chain to no root of ours: the other one" \
    "issuer=CN = root" \
    "$(openssl x509 -in "$work/ssl/example.com.chain.pem" -noout -issuer |
        sed 's/CN=/CN = /')"
# certproc ends the run at more chains than it expects.
domain_more='preferred chain "No Such Root"'
works "30 alternate chains"
same "ca: 30 alternate chains: fetched" 10 \
    "$(grep -c 'POST /cert' "$work/ca/log")"
domain_more=

# Revocation lists, as RFC 5280 has them.
checked() {	# checked WHAT STATUS [WORDS]: run again, asked again
	state_set "ask about revocation" 0
	again "CRL" example.com
	ended "CRL: $1" "$2" "${3:-}"
	same "ca: CRL: $1: quiet" "${4:-}" \
	    "$(grep -o 'cannot tell whether' "$work/err" | head -n 1)"
}
inter="$work/ca/inter.key $work/ca/inter.pem"
list_url=http://localhost:$plain_port/list.crl
domain_more="check revocation"
works "CRL"
serial=$(openssl x509 -in "$work/ssl/example.com.pem" -noout -serial |
    cut -d= -f2)
on_list 1234
list $inter "-crldays 7"
checked "not on it" 2
on_list "$serial"
list $work/ca/other.key "$work/ca/other.pem" "-crldays 7"
checked "by another issuer" 2 \
    "revocation list is not by the certificate's issuer"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=intermediate" -keyout "$work/ca/evil.key" \
    -out "$work/ca/evil.pem" 2>/dev/null
list $work/ca/evil.key "$work/ca/evil.pem" "-crldays 7"
checked "by another key of that name" 2 \
    "revocation list is not by the certificate's issuer"
if openssl ca -help 2>&1 | grep -q crl_lastupdate; then
	list $inter \
	    "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200108000000Z"
	checked "of 2020" 2 "revocation list is out of date"
	list $inter \
	    "-crl_lastupdate 20350101000000Z -crl_nextupdate 20350108000000Z"
	checked "of 2035" 2 "revocation list is out of date"
else
	skip "ca: CRL of another time: this openssl cannot make one"
fi
list $inter "-crldays 7" "issuingDistributionPoint=critical,@idp" \
    "fullname=URI:http://localhost:$plain_port/other.crl"
checked "for another part" 2 "revocation list is for other certificates"
list $inter "-crldays 7" "issuingDistributionPoint=critical,@idp" "onlyCA=TRUE"
checked "for CAs" 2 "revocation list is for other certificates"
list $inter "-crldays 7" "2.5.29.27=critical,ASN1:INTEGER:1"
checked "of changes only" 2 "revocation list is for other certificates"
echo "<html>" >"$work/ca/plain/list.crl"
checked "HTML" 2 "the response is no revocation list"
head -c 20000000 /dev/zero >"$work/ca/plain/list.crl"
checked "20 MB" 2 "a body of 20000000 bytes" "cannot tell whether"
rm "$work/ca/plain/list.crl"
checked "404" 2 "HTTP status 404" "cannot tell whether"
# What as large a list as is taken costs, by whomever it is.
cat >"$work/peaks" <<END
#!/bin/sh
exec python3 "$here/peak.py" "$client" "\$@" >"$work/peak"
END
chmod 755 "$work/peaks"
small() {
	check "ca: CRL: $1: no role above 32 MiB: $(xargs <"$work/peak")" test \
	    "$(awk '$2 > m { m = $2 } END { print m + 0 }' "$work/peak")" \
	    -gt 1000 -a \
	    "$(awk '$2 > m { m = $2 } END { print m + 0 }' "$work/peak")" \
	    -lt 32768
}
program=$client
on_list 1234
list $inter "-crldays 7"
mv "$work/ca/plain/list.crl" "$work/short.crl"
for how in unsigned signed; do
	[ $how = signed ] && signer=$work/ca/inter.key || signer=-
	python3 "$here/long_list.py" "$work/short.crl" "$signer" 16500000 \
	    >"$work/ca/plain/list.crl"
	client=$work/peaks
	[ $how = signed ] && checked "16 MiB" 2 ||
	    checked "16 MiB, unsigned" 2 \
	    "revocation list is not by the certificate's issuer"
	client=$program
	small "16 MiB, $how"
done
on_list "$serial"
before=$(spki_key "$key")
list $inter "-crldays 7" "issuingDistributionPoint=critical,@idp" \
    "fullname=URI:$list_url"
checked "revoked" 0 "due: the CA has revoked the certificate"
check "ca: CRL: revoked: a new key" test "$before" != "$(spki_key "$key")"
same "ca: CRL: revoked: the pair" "$(spki_key "$key")" \
    "$(spki_cert "$work/ssl/example.com.pem")"
checked "the new one is not on it" 2
# What is on this machine is not asked by the program as it is released.
mv "$work/ca/plain.log" "$work/ca/plain.log.before"
state_set "ask about revocation" 0
client=$released
again "CRL" example.com
patient
ended "CRL: on loopback" 2 "cannot tell whether it is revoked: localhost:" \
    "is at .*, an address of this machine or its link"
check "ca: CRL: on loopback: not asked" test ! -e "$work/ca/plain.log"
domain_more=

# Revocation.
works "plain"
again "bad reason" -r -R superseded example.com
ended "bad reason" 1 \
    "badRevocationReason.*unsupported\|does not take this reason"
says "ca: bad reason: what to do" "$work/err" \
    "does not take this reason; try -R with another"
check "ca: bad reason: nothing removed" test -s "$work/ssl/example.com.pem"
again "503 at revoke" -r example.com
ended "503 at revoke" 1 "503"
check "ca: 503 at revoke: nothing removed" test -s "$work/ssl/example.com.pem"
again "revoke cut" -r -R 4 example.com
ended "revocation with its answer lost" 1
check "ca: revocation with its answer lost: nothing removed" \
    test -s "$work/ssl/example.com.pem"
same "ca: revocation with its answer lost: sent with the reason" "4" \
    "$(payload /revoke 'p["reason"]' | head -n 1)"
again "revoke cut" -r example.com
ended "revocation asked for again" 0 "had already revoked it"
check "ca: revocation asked for again: removed" \
    test ! -e "$work/ssl/example.com.pem"
check "ca: revocation asked for again: the key stays" test -s "$key"
works "plain"
again "revoke unauthorized" -r example.com
ended "revocation by the certificate's own key" 0 \
    "the account's key cannot revoke it (.*unauthorized.*);" \
    "trying the certificate's own"
same "ca: revocation: by kid, then by jwk" "kid jwk" \
    "$(payload /revoke '"kid" if "kid" in h else "jwk"' | xargs)"
works "plain"
again "already revoked" -r example.com
ended "already revoked" 0 "had already revoked it"

# The account.
authority_more="contact \"mailto:admin@example.com\""
works "plain"
same "ca: contact at registration" "['mailto:admin@example.com']" \
    "$(payload /new-account 'p["contact"]')"
again "plain" -U test
ended "contact" 0
same "ca: contact: what is sent" "['mailto:admin@example.com']" \
    "$(payload /acct/1 'p["contact"]')"
authority_more=
sed -i /contact/d "$work/c.conf"
again "plain" -U test
ended "contact removed" 0
same "ca: contact removed: what is sent" "[]" \
    "$(payload /acct/1 'p["contact"]')"
for how in "rollover cut before" "rollover cut after" "rollover refused" \
    "plain" "account moved"; do
	works "plain"
	before=$(spki_key "$account_key")
	again "$how" -K test
	case $how in
	*cut\ before)
		ended "$how" 1
		same "ca: $how: the old key stays" "$before" \
		    "$(spki_key "$account_key")"
		again "$how" -K test
		ended "$how: again" 0 ;;
	*refused)
		ended "$how" 1 "conflict the key is another account's"
		same "ca: $how: the old key stays" "$before" \
		    "$(spki_key "$account_key")" ;;
	*moved)
		ended "$how" 1 \
		    "the account is https://localhost:$ca_port/acct/1" ;;
	*)
		ended "$how" 0 ;;
	esac
	case $how in
	*refused|*moved) ;;
	*)
		check "ca: $how: a new key" \
		    test "$before" != "$(spki_key "$account_key")" ;;
	esac
	again "plain" -F example.com
	ended "$how: the account still works" 0
done

# Names that the CA adds.
words="for other names than ours: www.example.com example.com;"
refused "adds www.example.com" "$words 'accept additional names'"
domain_more="accept additional names"
for name in www.example.com a.b.example.com WWW.Example.com; do
	works "adds $name"
	again "adds $name" example.com
	ended "adds $name: not due for that" 2
	"$client" -l -f "$work/c.conf" example.com >"$work/list" 2>&1
	same "ca: adds $name: -l: status" 0 $?
	"$client" -n -f "$work/c.conf" >/dev/null 2>&1
	same "ca: adds $name: -n: status" 0 $?
	again "adds $name" -F example.com
	ended "adds $name: renewed" 0
done
# Not wanted any longer: due at once, as -l says.
works "adds www.example.com"
again "adds www.example.com" example.com
ended "adds www, looked at" 2
sed -i '/accept additional names/d' "$work/c.conf"
"$client" -l -f "$work/c.conf" example.com >"$work/list" 2>&1
says "ca: added names not wanted any longer: -l" "$work/list" \
    "^due .*the names have changed"
again "plain" example.com
ended "added names not wanted any longer" 0 "due: the names have changed"
for name in evil.example com "*.example.com" evilexample.com \
    example.com.evil.example; do
	refused "adds $name" "for other names than ours"
done
domain_more=

# A CA whose root nobody has named: said, and no second order in vain.
scenario "paused"
rm -f "$work"/state/domain-example.com.json "$work"/state/*.backoff.json
sed -i '/root file/d' "$work/c.conf"
again "plain" example.com
ended "no root named" 1
says "ca: no root named: what to do" "$work/err" \
    "\(no\|does not lead to a\) trusted root.*'root file', or say 'root any'"
sed -i '/"not before"/d' "$work/state/domain-example.com.json"
rm -f "$work"/state/*.backoff.json
again "plain" example.com
ended "no root named: again" 1
says "ca: no root named: again" "$work/err" \
    "nothing is ordered.*'root file', or say 'root any'; -F"
same "ca: no root named: again: no order" 0 \
    "$(grep -c new-order "$work/ca/log")"
sed -i 's/ca file/root any\n ca file/' "$work/c.conf"
again "plain" example.com
ended "root any" 0
scenario "plain"
again "plain" -F -D test
ended "deactivation" 0
same "ca: deactivation: what is sent" "{'status': 'deactivated'}" \
    "$(payload /acct/1 p)"
exit $failed
