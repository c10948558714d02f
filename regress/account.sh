# The account against Pebble: external account binding, key rollover, contact,
# deactivation.  As whoever runs this.
. "$here/lib.sh"
work_start
key=$work/etc/private/account.pem
mac_text=Wf3OrxblIS_QlKx6WxhRUKbl_a4NEZsk34a8c3eogW1K_
mac_text=${mac_text}r6LxG9v_jiJsTVpSsqY8YRpAz65hUWnGaCdz6neQvv_
mac_part=NEZsk34a8c3eo # of it, in each of its spellings

# eab_fresh [ALGORITHM]: nothing registered yet, the MAC key in its file
eab_fresh() {
	authority_more="eab key id kid-1 hmac file $work/etc/private/mac ${1:-}"
	fresh
	(umask 077; printf %s "$mac_text" >"$work/etc/private/mac")
	domain_write "$conf" example.com example.com ""
}

binding() {
	authority_more=
	fresh
	domain_write "$conf" example.com example.com ""
	run example.com
	expect "external account binding wanted, none configured" 1
	says "$who: no binding: says what to do" "$err" \
	    "get a key for it.*eab key id ID hmac file FILE"
	eab_fresh
	rm "$work/etc/private/mac"
	run example.com
	expect "no MAC key file" 1
	says "$who: no MAC key file: named" "$err" "$work/etc/private/mac:" \
	    "there is no such file; it must hold the MAC key"
	run -F -t test
	run example.com
	expect "no MAC key file, but an account key" 1
	says "$who: no MAC key file, but an account key: named" "$err" \
	    "$work/etc/private/mac: there is no such file"
	eab_fresh
	chmod 644 "$work/etc/private/mac"
	run example.com
	expect "MAC key that others may read" 1
	says "$who: MAC key that others may read: says so" "$err" \
	    "$work/etc/private/mac: mode 0644 lets others at it"
	eab_fresh
	echo "no key at all" >"$work/etc/private/mac"
	run example.com
	expect "MAC key that is none" 1
	says "$who: MAC key that is none: says so" "$err" \
	    "$work/etc/private/mac: is not a MAC key"
	: >"$work/said"
	for algorithm in "" hs256 hs384 hs512; do
		eab_fresh $algorithm
		acme example.com
		expect "binding with ${algorithm:-the default}" 0
		cat "$err" >>"$work/said"
	done
	good example.com "example.com " "with a binding"
	for spelling in base64 padded blanks lines; do
		eab_fresh
		case $spelling in
		base64) printf %s "$mac_text" | tr _- /+ ;;
		padded) printf '%s====\n' "$mac_text" ;;
		blanks) printf '  %s \r\n' "$mac_text" ;;
		lines) printf %s "$mac_text" | fold -w 20 ;;
		esac >"$work/mac" && cat "$work/mac" >"$work/etc/private/mac"
		acme example.com
		expect "MAC key as $spelling" 0
		check "$who: MAC key as $spelling: it has what is looked for" \
		    grep -q $mac_part "$work/mac"
		cat "$err" >>"$work/said"
	done
	check "$who: with a MAC key: there are messages" test -s "$work/said"
	same "$who: the MAC key is in no message" 0 \
	    "$(grep -c $mac_part "$work/said")"
	rm "$work/etc/private/mac"
	acme -F example.com
	# The binding is sent for a new account only.
	expect "renewal without the MAC key" 0
	rm "$work/state/authority-test.json"
	acme -F example.com
	expect "renewal without the MAC key and what is remembered" 0
	eab_fresh
	echo AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \
	    >"$work/etc/private/mac"
	run example.com
	expect "wrong MAC key" 1
	says "$who: wrong MAC key: the CA's words" "$err" "sign-me-up: 40"
	authority_more=
}

rollover() {
	fresh
	domain_write "$conf" example.com example.com ""
	run -K test
	expect "-K before there is an account" 1
	says "$who: -K before there is an account: says so" "$err" \
	    "there is no account"
	check "$who: -K before there is an account: no key made" \
	    test ! -e "$key" -a ! -e "$key.new"
	acme example.com
	expect "before the rollover" 0
	before=$(spki_key "$key")
	url=$(grep '"account"' "$work/state/authority-test.json")
	acme -K test
	expect "-K" 0
	says "$who: -K: those who know the thumbprint are told" "$err" \
	    "has a new key; where its thumbprint is configured"
	check "$who: -K: another key" test "$before" != "$(spki_key "$key")"
	same "$who: -K: the old one is kept" "$before" "$(spki_key "$key.old")"
	same "$who: -K: modes" "600 600 " \
	    "$(stat -c %a "$key" "$key.old" | tr '\n' ' ')"
	check "$who: -K: no third" test ! -e "$key.new"
	same "$who: -K: the same account" "$url" \
	    "$(grep '"account"' "$work/state/authority-test.json")"
	acme -F example.com
	expect "renewal with the new key" 0
	good example.com "example.com " "renewal with the new key"
	same "$who: renewal with the new key: no question about the account" 0 \
	    "$(grep -c sign-me-up "$err")"
	acme -K test
	expect "-K again" 0
	cp -p "$key" "$key.saved"
	rm "$work/state/authority-test.json"
	acme -F example.com
	expect "account found by the new key" 0
	# As if a rollover had been planned, but never got to the CA.
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$key.new" 2>/dev/null
	chmod 600 "$key.new"
	acme -F example.com
	expect "a next key that the CA does not know" 0
	check "$who: a next key that the CA does not know: not used" \
	    cmp "$key" "$key.saved"
	acme -K test
	expect "-K with that key" 0
	check "$who: -K with that key: it is used" test ! -e "$key.new"
	# As if the answer had been lost: the CA knows the new key, here it is
	# not in place.
	mv "$key" "$key.new" && mv "$key.old" "$key"
	rm "$work/state/authority-test.json"
	acme -F example.com
	expect "a rollover whose answer was lost" 0
	good example.com "example.com " "a rollover whose answer was lost"
	acme -F example.com
	expect "the run after it" 0
	check "$who: the new key is in place by then" test ! -e "$key.new"
	account_type="rsa 2048"
	conf_write "$conf"
	domain_write "$conf" example.com example.com ""
	acme -K test
	expect "-K to another type of key" 0
	same "$who: -K to another type of key: it is RSA" 1 \
	    "$(openssl pkey -in "$key" -noout -text 2>/dev/null |
	        grep -c 'Private-Key: (2048')"
	acme -F example.com
	expect "renewal with that key" 0
	account_type=
}

# thumbprint FILE: RFC 7638, of a P-256 key
thumbprint() {
	openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | python3 -c '
import base64, hashlib, sys
b = lambda x: base64.urlsafe_b64encode(x).decode().rstrip("=")
p = sys.stdin.buffer.read()[-64:]
jwk = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}"
jwk %= b(p[:32]), b(p[32:])
print(b(hashlib.sha256(jwk.encode()).digest()))'
}
# stored_thumbprint: that of the key in place, in the state of the authority
stored_thumbprint() {
	sed -i "s|\(\"thumbprint\": \)\".*\"|\1\"$(thumbprint "$key")\"|" \
	    "$work/state/authority-test.json"
}
# kept HASH: the key that was replaced or refused has this hash
kept() { [ "$(spki_key "$key.old")" = "$1" ] ||
    [ "$(spki_key "$key.refused")" = "$1" ]; }

# An attacker in netproc may say that the CA took a key that it refused, or the
# other way round: here is what such a lie leaves behind.
lies() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "before a lie" 0
	for lie in changed refused; do
		true_key=$(spki_key "$key")
		rm -f "$key.old" "$key.refused"
		if [ $lie = changed ]; then
			cp -p "$key" "$key.old"
		else
			cp -p "$key" "$key.refused"
		fi
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		    -out "$work/k" 2>/dev/null
		cat "$work/k" >"$key"
		stored_thumbprint
		false_key=$(spki_key "$key")
		acme -F example.com
		expect "key said to be $lie: the next honest run" 0
		same "$who: key said to be $lie: no new account" 0 \
		    "$(grep -c "registering" "$err")"
		good example.com "example.com " "key said to be $lie"
		acme -F example.com
		expect "key said to be $lie: the run after it" 0
		same "$who: key said to be $lie: the right key is in place" \
		    "$true_key" "$(spki_key "$key")"
		check "$who: key said to be $lie: the other one is kept" \
		    kept "$false_key"
		acme -K test
		expect "key said to be $lie: -K after it" 0
		acme -F example.com
		expect "key said to be $lie: renewal after that" 0
	done
	# The lie is met by -K itself.
	true_key=$(spki_key "$key")
	mv "$key" "$key.old"
	cat "$work/k" >"$key" && chmod 600 "$key"
	stored_thumbprint
	acme -K test
	expect "-K after a lie" 0
	check "$who: -K after a lie: a new key" \
	    test "$(spki_key "$key")" != "$true_key"
	acme -F example.com
	expect "-K after a lie: renewal" 0
	# The CA has lost the account, and an older key that nobody knows is
	# there.
	rm "$work/state/authority-test.json" "$key"
	acme -F example.com
	expect "no key, an old one beside it: a new account" 0
}

contact() {
	fresh
	domain_write "$conf" example.com example.com ""
	run -U test
	expect "-U before there is an account" 1
	acme example.com
	expect "before -U" 0
	authority_more="contact mailto:hostmaster@example.com"
	conf_write "$conf"
	acme -U test
	expect "-U" 0
	run -U test
	same "$who: -U: silent without a terminal" "0 " "$status $(cat "$err")"
	python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -U -f "$conf" test </dev/null >"$err"
	says "$who: -U: on a terminal, it is said that it was done" "$err" \
	    "^acme-client: -U: the CA of test has the new contact"
	authority_more=
}

# shown: what -t has printed, in one line
shown() { tr '\n' ' ' <"$work/out"; }
show() {
	fresh
	domain_write "$conf" example.com example.com ""
	run -t test
	expect "-t without a key" 1
	says "$who: -t without a key: says so, and the remedy" "$err" \
	    "$key: there is no account key yet; .*-F -t"
	same "$who: -t without a key: nothing is printed or made" " " \
	    "$(shown) $(ls "$work/etc/private")"
	acme -F -t test
	expect "-F -t without a key" 0
	print=$(thumbprint "$key")
	same "$who: -F -t: the new key's thumbprint, as its mode is" \
	    "thumbprint $print 600" "$(shown)$(stat -c %a "$key")"
	says "$who: -F -t: that there is no account yet" "$err" \
	    "test: no account is known for this key yet"
	acme example.com
	expect "the first certificate by that key" 0
	same "$who: the first certificate by that key: it is the account's" \
	    "$print" "$(thumbprint "$key")"
	url=$(sed -n 's/.*"account": "\(.*\)".*/\1/p' \
	    "$work/state/authority-test.json")
	: >"$work/before" &&
	    find "$work/etc" "$work/state" "$work/ssl" -type f -exec sha256sum \
	    {} + |
	    sort >"$work/before"
	# No authority is named: the first one.
	cat >>"$conf" <<END
authority second {
	api url "https://localhost:1/dir"
	account key "$work/etc/private/second.pem"
}
END
	for operand in test ""; do
		run -t $operand
		expect "-t $operand" 0
		same "$who: -t $operand: URL and thumbprint, and no more" \
		    "account $url thumbprint $print  " "$(shown) $(cat "$err")"
	done
	run -t -F second
	expect "-t -F of a CA that cannot be reached" 0
	same "$who: -t -F of another authority" \
	    "thumbprint $(thumbprint "$work/etc/private/second.pem") " \
	    "$(shown)"
	rm "$work/etc/private/second.pem"
	pebble_stop
	run -t test
	expect "-t while the CA is away" 0
	same "$who: -t while the CA is away: the same" \
	    "account $url thumbprint $print " "$(shown)"
	pebble_start || exit 1
	sed -i '/^authority second/,/^}/d' "$conf"
	find "$work/etc" "$work/state" "$work/ssl" -type f -exec sha256sum {} \
	    + |
	    sort | grep -v authority-second >"$work/after"
	check "$who: -t changes nothing" cmp "$work/before" "$work/after"
	"$client" -f "$conf" -t test >/dev/full 2>"$err"
	status=$?
	expect "-t, standard output is full" 1
	same "$who: -t, standard output is full: what is said" \
	    "acme-client: certproc: standard output: cannot write the account: \
No space left on device" "$(cat "$err")"
	# What is to be published for dns-persist-01: a wildcard's record serves
	# its apex, too.
	cp "$conf" "$work/conf.before"
	cat >>"$conf" <<END
domain p {
	domain name p.example
	alternative names { *.p.example q.example }
	domain key "$work/ssl/private/p.key"
	domain certificate "$work/ssl/p.pem"
	sign with test
	challenge dns-persist-01
}
END
	run -t test
	expect "-t, dns-persist-01, no issuer" 0
	says "$who: -t, dns-persist-01, no issuer: asks for it" "$err" \
	    "test: for the records of dns-persist-01 say 'issuer NAME'" \
	    "in the authority"
	sed -i 's/^authority test {/&\n	issuer ca.example until 2030-01-01/' \
	    "$conf"
	run -t test
	expect "-t, dns-persist-01" 0
	cat >"$work/records" <<END
record _validation-persist.p.example. IN TXT \
"ca.example; accounturi=$url; policy=wildcard; persistUntil=1893542399"
record _validation-persist.q.example. IN TXT \
"ca.example; accounturi=$url; persistUntil=1893542399"
END
	same "$who: -t, dns-persist-01: the records" "$(cat "$work/records")" \
	    "$(grep '^record' "$work/out")"
	mv "$work/conf.before" "$conf"
	# A rollover whose end nobody saw: both thumbprints.
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$key.new" 2>/dev/null
	chmod 600 "$key.new"
	run -t test
	expect "-t in the middle of a rollover" 0
	same "$who: -t in the middle of a rollover: as it was" \
	    "account $url thumbprint $print " "$(shown)"
	says "$who: -t in the middle of a rollover: the other one is said" \
	    "$err" \
	    "a rollover has begun.* $(thumbprint "$key.new"); the next run asks"
	# Another key: its account is not known, whatever is stored.
	mv "$key.new" "$key"
	run -t test
	expect "-t with another key" 0
	same "$who: -t with another key: no URL" \
	    "thumbprint $(thumbprint "$key") " "$(shown)"
	# The URL is stored, and a terminal is there.
	sed -i 's|"account": "|&\\u001b[2J|' "$work/state/authority-test.json"
	stored_thumbprint
	run -t test
	same "$who: -t with escapes in the stored URL: it is not printed" \
	    "thumbprint $(thumbprint "$key") " "$(shown)"
}

# typed TEXT: -D at a terminal, where this is typed
typed() {
	python3 - "$client" "$conf" "$1" >"$err" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "-D", "-f", sys.argv[2], "test"])
os.write(fd, (sys.argv[3] + "\n").encode())
try:
    while data := os.read(fd, 1000): sys.stdout.write(data.decode())
except OSError: pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
	status=$?
}

deactivate() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "before -D" 0
	typed tset
	expect "-D, another name typed" 1
	says "$who: -D, another name typed: nothing done" "$err" \
	    "'tset' is not test: nothing was done"
	acme -F example.com
	expect "-D refused: the account is as before" 0
	typed test
	expect "-D" 0
	says "$who: -D: what now" "$err" \
	    "a new one needs a new key: move $key away"
	run -F example.com
	expect "renewal by a deactivated account" 1
	says "$who: renewal by a deactivated account: says so" "$err" \
	    "unauthorized.*deactivated\|accountDoesNotExist"
	check "$who: the certificate stays" \
	    verified "$work/ssl/example.com.fullchain.pem"
	mv "$key" "$key.gone"
	run -F example.com
	expect "a new key, a new account" 0
	run -F -D test
	expect "-D -F" 0
}

pebble_more='"externalAccountBindingRequired": true,
  "externalAccountMACKeys": { "kid-1": "'$mac_text'" }'
pebble_start || exit 1
binding
pebble_stop
pebble_more='"externalAccountBindingRequired": false'
pebble_start || exit 1
rollover; lies; contact; show; deactivate
pebble_stop
exit $failed
