# The scripted CA and the account: lost, moved, deactivated, limited; key
# rollover.
. "$here/ca-lib.sh"
key=$work/etc/private/account.pem
account=$work/state/authority-test.json

section=ca-account
# requests PATH: how many there were in the last run
requests() { grep -c "POST $1\$" "$work/ca/log"; }
# registrations: newAccount without onlyReturnExisting
registrations() {
	grep '^\["/new-account"' "$work/ca/payloads" |
	    grep -vc onlyReturnExisting
}
forget() {
	rm -f "$work/state"/*backoff.json
	sed -i 's/"not before": [0-9]*/"not before": 0/' \
	    "$work/state"/domain-*.json 2>/dev/null
}
# several HANDLE ...: these instead of example.com, none of them there yet
several() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	for _handle in "$@"; do
		domain_write "$work/c.conf" "$_handle" "$_handle.example.com" ""
	done
}

# A CA that lost the account, or has it by another URL, however it says so.
for how in "400 accountDoesNotExist" "403 accountDoesNotExist" \
    "401 unauthorized" "403 unauthorized" "404 malformed" "400 malformed" \
    "500 serverInternal" "500 nothing" "401 nothing"; do
	works "plain"
	again "lost $how" -F example.com
	ended "lost $how" 0
	same "ca-account: lost $how: one question, one registration" "2 1" \
	    "$(requests /new-account) $(registrations)"
	again "lost $how" -F example.com
	ended "lost $how: the run after it" 0
	same "ca-account: lost $how: the run after it asks nothing" 0 \
	    "$(requests /new-account)"
	again "moved $how" -F example.com
	ended "moved $how" 0 "the account is now https"
	same "ca-account: moved $how: found by its key" "1 0" \
	    "$(requests /new-account) $(registrations)"
done
# However it says so where it is asked by the key.
for as in "400 nothing" "403 nothing" "403 externalAccountRequired" \
    "409 conflict" "410 gone" "422 nothing" "501 notImplemented"; do
	works "plain"
	again "lost 403 unauthorized as $as" -F example.com
	ended "lost, by its key $as" 0
	same \
	    "ca-account: lost, by its key $as: one question, one registration" \
	    "2 1" "$(requests /new-account) $(registrations)"
done
for as in "403 unauthorized" "401 nothing" "403 userActionRequired" \
    "429 rateLimited" "503 nothing"; do
	works "plain"
	again "lost 403 unauthorized as $as" -F example.com
	ended "not told, by its key $as" 1
	same "ca-account: not told, by its key $as: nothing registered" 0 \
	    "$(registrations)"
done
works "plain"
again "find unknown" -F example.com
ended "a CA that cannot be asked is not asked" 0

# A CA that finds no account without a binding, nor takes the same binding
# twice: a name that it refuses costs its handle only, and its words are said.
how="finds none 400 externalAccountRequired, nor makes any"
for mac in "" ", without the MAC key"; do
	authority_more="eab key id kid-1 hmac file $work/etc/private/mac"
	several a b
	authority_more=
	(
		umask 077
		echo AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \
		    >"$work/etc/private/mac"
	)
	again "plain" -j 1 a b
	[ -z "$mac" ] || rm "$work/etc/private/mac"
	again "$how" -F -j 1 a b
	ended "a name refused$mac" 1 "a: POST .*403 unauthorized not your name"
	says "ca-account: a name refused$mac: the other one" "$work/err" \
	    "b: changed"
done

# What a net of someone else's may have stored costs nobody more than that run.
works "plain"
for url in nonce acct/666 new-account; do
	url=https://localhost:$ca_port/$url
	sed -i "s|\(\"account\": \)\".*\"|\1\"$url\"|" "$account"
	again "strict 400 malformed" -F example.com
	ended "a made-up URL, $url" 0
	same "ca-account: a made-up URL, $url: no registration" 0 \
	    "$(registrations)"
done
sed -i \
    "s|\"account\": \".*\"|\"account\": \"https://localhost:$ca_port/nonce\"|" \
    "$account"
again "strict 400 malformed" -U test
ended "a made-up URL, -U" 0
same "ca-account: a made-up URL, -U: it is the account's own that is changed" \
    1 "$(requests /acct/[0-9]*)"
sed -i \
    "s|\"account\": \".*\"|\"account\": \"https://localhost:$ca_port/nonce\"|" \
    "$account"
again "strict 400 malformed" -K test
ended "a made-up URL, -K" 0
sed -i \
    "s|\"account\": \".*\"|\"account\": \"https://localhost:$ca_port/nonce\"|" \
    "$account"
again "strict 403 unauthorized" -r example.com
ended "a made-up URL, -r" 0 "revoked"
same "ca-account: a made-up URL, -r: revoked by the account" 1 \
    "$(requests /revoke)"

# The other modes register nothing.
for mode in -K -U "-F -D"; do
	works "plain"
	again "lost 401 unauthorized" $mode test
	ended "lost, $mode" 1 "there is no account for this key"
	same "ca-account: lost, $mode: nothing registered" 0 "$(registrations)"
done

# A next key that the CA does not know, as a killed -K leaves it: whatever asks
# about that key first then asks about the account's.
for mode in "-K test" "-U test" "-F -D test" "-r example.com"; do
	works "plain"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$key.new" 2>/dev/null
	chmod 600 "$key.new"
	again "plain" $mode
	ended "a next key that the CA does not know, $mode" 0
done

# Several workers: one asks and registers for all.
several a b c d
# The scripted CA has one order at a time: they get into each other's way, but
# for the account.
again "plain" -j 4 a b c d
same "ca-account: four workers: one registration" 1 "$(registrations)"
again "lost 401 unauthorized" -F -j 4 a b c d
same "ca-account: four workers, lost: one registration" 1 "$(registrations)"

# A binding is wanted again.
rm -rf "$work/etc" "$work/ssl" "$work/state"
authority_more="eab key id kid-1 hmac file $work/etc/private/mac"
conf_write "$work/c.conf"
sed -i 's|/dir"|/directory"|' "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
(
	umask 077
	echo AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \
	    >"$work/etc/private/mac"
)
again "EAB" example.com
ended "binding" 0
mv "$work/etc/private/mac" "$work/etc/private/mac.away"
again "plain" -F example.com
ended "binding: not needed any more" 0
again "lost 400 accountDoesNotExist" -F example.com
ended "binding: wanted again, and gone" 1 \
    "$work/etc/private/mac: there is no such file"
mv "$work/etc/private/mac.away" "$work/etc/private/mac"
forget
again "lost 400 accountDoesNotExist" -F example.com
ended "binding: wanted again" 0
same "ca-account: binding: wanted again: it is sent" 1 \
    "$(grep -c externalAccountBinding "$work/ca/payloads")"
authority_more=

# A deactivated account: the client makes no new one with that key, sends
# nothing for the other handles, and tells what to do.
for how in "deactivated" "deactivated by status"; do
	several a b
	again "plain" -j 1 a b
	again "$how" -F -j 1 a b
	ended "$how" 1 "$key: the CA does not serve the account of this key" \
	    "any more.*move this file away"
	same "ca-account: $how: asked for one handle" 1 "$(requests /new-order)"
	same "ca-account: $how: nothing registered" 0 "$(registrations)"
	mv "$key" "$key.gone"
	forget
	again "plain" -F -j 1 a b
	ended "$how: the way out" 0
done

# Limits of the account end the run, those of names cost their handle.
several a b c
again "plain" -j 1 a b c
again "limit account" -F -j 1 a b c
ended "limit account" 1 \
    "not ordered in this run: what authority test has refused"
same "ca-account: limit account: one order" 1 "$(requests /new-order)"
sed -i 's/"not before": [0-9]*/"not before": 0/' "$work/state"/domain-*.json
rm -rf "$work/ssl"/*.pem
again "plain" -j 1 a b c
ended "limit account: the next run leaves the authority alone" 1 \
    "authority test is not tried again before"
same "ca-account: limit account: the next run: no order" 0 \
    "$(requests /new-order)"
for how in "limit name" "limit domain" "limit set" "limit subproblem"; do
	forget
	again "$how" -F -j 1 a b c
	ended "$how" 1 "b: POST .*rateLimited"
	limited=$(grep -c ': POST .*rateLimited' "$work/err")
	same "ca-account: $how: the others have their orders" "3 1" \
	    "$(requests /new-order) $limited"
done
# Said of nobody: the run ends, but the next one goes on with the others.
several a b
again "429 at new-order" -j 1 a b
ended "limit of nobody" 1 "not ordered in this run"
same "ca-account: limit of nobody: one order" 1 "$(requests /new-order)"
again "plain" -j 1 a b
same "ca-account: limit of nobody: the next run goes on" 1 \
    "$(requests /new-order)"
# So it is wherever a limit is met.
for step in nonce authz challenge order finalize cert; do
	several a b c
	[ $step != nonce ] || again "plain" -j 1 a
	again "429 later at $step" -j 1 b c
	ended "limit at $step" 1 "c: not ordered in this run"
	check "ca-account: limit at $step: one order at most" \
	    test "$(requests /new-order)" -le 1
	again "plain" -j 1 a c
	ended "limit at $step: the next run goes on" 0
done
# And with whatever status.
for how in "400 at new-order" "403 at new-order" "403 at new-account" \
    "500 at finalize"; do
	several a b c
	again "limited $how" -j 1 a b c
	ended "limited $how" 1 "c: not ordered in this run"
	check "ca-account: limited $how: one order at most" \
	    test "$(requests /new-order)" -le 1
	says "ca-account: limited $how: as long as the CA asks for" \
	    "$work/err" \
	    "a: not tried again before .*, as the CA asks for a pause"
done
several a b
again "429 later at directory" -j 1 a b
ended "limit at the directory" 1 "b: not ordered in this run"
again "plain" -j 1 a b
ended "limit at the directory: the next run waits" 1 \
    "authority test is not tried again before"
same "ca-account: limit at the directory: nothing is asked" "" \
    "$(cat "$work/ca/log")"
for how in 429 403 500 "429 later" HTML; do
	several a b c d
	again "$how at new-account" -j 4 a b c d
	ended "$how at new-account" 1
	same "ca-account: $how at new-account: asked once" 1 \
	    "$(requests /new-account)"
done
several a b c
again "403 at new-order" -j 1 a b c
ended "new terms" 1 "the CA's terms have changed"
same "ca-account: new terms: met once" 1 "$(requests /new-order)"

# Key rollover: a refusal drops the new key, whatever it is refused with.
for how in "501 notImplemented" "403 unauthorized" "409 conflict" \
    "400 badPublicKey" "404 malformed"; do
	works "plain"
	before=$(spki_key "$key")
	again "rollover refused $how" -K test
	ended "rollover refused, $how" 1 "$how not with us"
	same "ca-account: rollover refused, $how: the old key stays" "$before" \
	    "$(spki_key "$key")"
	check "ca-account: rollover refused, $how: the new one is set aside" \
	    test ! -e "$key.new" -a -s "$key.refused"
	again "plain" -F example.com
	ended "rollover refused, $how: the next renewal" 0
	_what="rollover refused, $how: the next renewal asks nothing"
	same "ca-account: $_what" 0 "$(requests /new-account)"
done
again "plain" -K test
ended "rollover after that" 0
# The CA says whose the key is: that account is not taken.
works "plain"
url_of() { sed -n 's/.*"account": "\(.*\)".*/\1/p' "$account"; }
before="$(url_of) $(spki_key "$key")"
again "rollover refused" -K test
ended "rollover, another's key" 1 "conflict the key is another account's"
again "rollover refused" -F example.com
ended "rollover, another's key: the next renewal" 0
same "ca-account: rollover, another's key: the account and its key" \
    "$before" "$(url_of) $(spki_key "$key")"
check "ca-account: rollover, another's key: it is set aside" \
    test ! -e "$key.new" -a -s "$key.refused"
again "plain" -K test
ended "rollover, another's key: with another one" 0
# A CA that refuses to find accounts: it is believed when it has agreed.
# in_place WHAT: the CA knows the account by the key that is in place
in_place() {
	again "$how" -F example.com
	ended "$how, $1: the next renewal" 0
	same "ca-account: $how, $1: the CA knows the key that is in place" \
	    "$(openssl pkey -in "$key" -pubout -outform DER | tail -c 64 |
	        head -c 32 | base64 -w 0 | tr +/ -_ | tr -d =)" \
	    "$(sed 's/.*"x": "\([^"]*\)".*/\1/' "$work/ca/account")"
	check "ca-account: $how, $1: no other one waits" \
	    test ! -e "$key.new" -a ! -e "$key.refused"
}
for how in "finds none 400 externalAccountRequired" \
    "finds none 400 malformed"; do
	works "plain"
	again "$how" -K test
	ended "$how, -K" 0
	in_place "-K"
	again "$how" -K test
	ended "$how, -K again" 0
	in_place "-K again"
	again "$how" -r example.com
	ended "$how, -r" 0
done
# Boulder caches accounts.
works "plain"
again "cached" -K test
ended "rollover, cached accounts" 0
again "cached" -F example.com
ended "rollover, cached accounts: the run after it" 0 \
    "does not take the account's key yet"
again "cached" -K test
ended "rollover, cached accounts: once more" 0
again "cached" -K test
ended "rollover, cached accounts: and at once again" 0
# Two authorities, each with its own CA, share one key: two first runs at the
# same time make only one.
second_port=$(free_ports 1)
cp -r "$work/ca" "$work/second"
mkdir "$work/second/www"
python3 "$here/ca.py" "$second_port" "$work/tls-server.pem" \
    "$work/tls-server.key" "$work/second" 2>>"$work/ca.log" &
pids="$pids $!"
wait_port "$second_port" || exit 1
echo plain | tee "$work/ca/scenario" >"$work/second/scenario"
# at_once NAME: a run of each handle; their status in first and second
at_once() {
	"$client" -v -f "$work/c.conf" first.example \
	    2>"$work/first.err" </dev/null &
	_first=$!
	"$client" -v -f "$work/c.conf" second.example 2>"$work/err" </dev/null
	second=$?
	wait $_first
	first=$?
	[ "$first $second" = "$2" ] ||
	    tail -n 3 "$work/first.err" "$work/err" >&2
	same "ca-account: $1: status" "$2" "$first $second"
}
for round in 1 2 3 4 5; do
	# RSA takes long enough that both are at it.
	case $round in 5) account_type= ;; *) account_type="rsa 3072" ;; esac
	several
	sed -e 's/^authority test/authority second/' -e '/^state/d' \
	    -e "s/localhost:$ca_port/localhost:$second_port/" \
	    "$work/c.conf" >"$work/other"
	cat "$work/other" >>"$work/c.conf"
	domain_more="sign with test"
	domain_write "$work/c.conf" first.example first.example ""
	domain_more="sign with second"
	domain_write "$work/c.conf" second.example second.example ""
	domain_more=
	# The tokens are the same, too.
	sed -i '/^domain "second/,$s|/www"|/second/www"|' "$work/c.conf"
	rm -f "$work/ca/account" "$work/second/account"
	at_once "a shared key, two first runs, round $round" "0 0"
	same "ca-account: a shared key, round $round: made once" 1 \
	    "$(cat "$work/first.err" "$work/err" |
	        grep -c 'made a new account key')"
	same "ca-account: a shared key, round $round: one key" account.pem \
	    "$(ls -A "$work/etc/private" | xargs)"
	check "ca-account: a shared key, round $round: both CAs know it" \
	    cmp "$work/ca/account" "$work/second/account"
	at_once "a shared key, round $round: the next runs" "2 2"
	again "plain" -F first.example
	ended "a shared key, round $round: renewed" 0
	_what="a shared key, round $round: renewed: nothing is asked"
	same "ca-account: $_what" 0 "$(requests /new-account)"
done
account_type=
# No rollover of it, which would take it from the other one.
works "plain"
sed 's/^authority test/authority other/;/^domain/,$d;/^state/d' "$work/c.conf" \
    >"$work/other"
cat "$work/other" >>"$work/c.conf"
for option in "" -n; do
	again "plain" $option -K test
	ended "rollover ${option:+, $option,} of a shared key" 1 \
	    "authority other has the same account key"
done
again "plain" -F example.com
ended "a shared key: renewals go on" 0
exit $failed
