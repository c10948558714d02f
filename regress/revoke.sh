# Revocation against Pebble: by both keys, with reasons, and what is left after
# it.
. "$here/lib.sh"
work_start
key=$work/ssl/private/example.com.key

# issued: a certificate, its serial number in $serial, the file that Pebble's
# word is asked for
issued() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "$1: issued" 0
	serial=$(openssl x509 -in "$work/ssl/example.com.pem" -noout -serial |
	    cut -d= -f2)
	cp "$work/ssl/example.com.pem" "$work/revoked.pem"
	cp "$key" "$work/revoked.key"
}
# pebble_says WHAT STATUS [REASON]
pebble_says() {
	fetch \
	    "https://localhost:$management_port/cert-status-by-serial/$serial" \
	    >"$work/status"
	same "$who: $1: status at the CA" "$2 ${3:-}" "$(python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
print(o["Status"], o.get("Reason", ""))' "$work/status")"
}
# gone WHAT [own]: no file of the certificate is left; its key is, unless it has
# signed the revocation itself
gone() {
	same "$who: $1: its files are gone" "private " \
	    "$(ls "$work/ssl" | tr '\n' ' ')"
	if [ "${2:-}" = own ]; then
		check "$who: $1: nor is the key" test ! -e "$key"
		says "$who: $1: which is said" "$err" \
		    "$key: removed, as it has signed the revocation"
	else
		check "$who: $1: the key stays" cmp "$key" "$work/revoked.key"
	fi
	check "$who: $1: so does nothing of its state" \
	    test ! -e "$work/state/domain-example.com.json"
}

pebble_start || exit 1
run_nothing() {
	fresh
	domain_write "$conf" example.com example.com ""
	run -r example.com
	expect "nothing to revoke" 1
	says "$who: nothing to revoke: says so" "$err" \
	    "there is no certificate to revoke"
}
run_nothing

issued "by the account key"
acme -r example.com
expect "by the account key" 0
says "$who: by the account key: says so" "$err" "revoked; its files are removed"
pebble_says "by the account key" Revoked
gone "by the account key"
acme example.com
expect "a new certificate after it" 0
good example.com "example.com " "a new certificate after it"
check "$who: a new certificate after it: the same key" \
    cmp "$key" "$work/revoked.key"

for reason in superseded 5 KEYCOMPROMISE; do
	issued "-R $reason"
	acme -r -R $reason example.com
	expect "-R $reason" 0
	case $reason in superseded) n=4 ;; 5) n=5 ;; *) n=1 ;; esac
	pebble_says "-R $reason" Revoked $n
	[ $n = 1 ] || gone "-R $reason"
done
check "$who: keyCompromise: the key goes, too" test ! -e "$key"
acme example.com
expect "keyCompromise: a new certificate" 0
check "$who: keyCompromise: another key" \
    test "$(spki_key "$key")" != "$(spki_key "$work/revoked.key")"
issued "already revoked"
cp -r "$work/ssl" "$work/kept"
acme -r example.com
expect "already revoked: first" 0
rm -rf "$work/ssl" && mv "$work/kept" "$work/ssl" &&
    chmod 700 "$work/ssl/private"
acme -r example.com
expect "already revoked: is success" 0
says "$who: already revoked: says so" "$err" "had already revoked it"
gone "already revoked"

issued "by its own key"
rm "$work/etc/private/account.pem" "$work/state"/authority-*
acme -r example.com
expect "by its own key" 0
says "$who: by its own key: says so" "$err" \
    "the account's key cannot revoke it (there is no account);" \
    "trying the certificate's own"
pebble_says "by its own key" Revoked
gone "by its own key" own
check "$who: by its own key: no account was made for it" \
    test ! -e "$work/etc/private/account.pem"

issued "by its own key, another account"
rm "$work/etc/private/account.pem" "$work/state"/authority-*
mkdir "$work/aside" && mv "$work/ssl" "$work/aside/ssl" &&
    mv "$work/state" "$work/aside/state"
mkdir -p "$work/ssl/private" "$work/state" &&
    chmod 700 "$work/ssl/private" "$work/state"
acme example.com
expect "another account" 0
rm -rf "$work/ssl" && mv "$work/aside/ssl" "$work/ssl" && rm -rf "$work/aside"
acme -r example.com
expect "by its own key, another account" 0
says "$who: another account: says so" "$err" \
    "the account's key cannot revoke it (.*unauthorized.*); trying"
pebble_says "by its own key, another account" Revoked

issued "by no key"
rm "$key" "$work/etc/private/account.pem" "$work/state"/authority-*
run -r example.com
expect "by no key" 1
says "$who: by no key: says why" "$err" "$key: there is no such file"
pebble_says "by no key" Valid
check "$who: by no key: nothing is removed" \
    cmp "$work/ssl/example.com.pem" "$work/revoked.pem"

domain_more="domain combined $work/ssl/private/example.com.both"
issued "with a combined file"
acme -r example.com
expect "with a combined file" 0
check "$who: with a combined file: that is gone, too" \
    test ! -e "$work/ssl/private/example.com.both"
domain_more=
stop $pebble_pid
issued_before=$(ls "$work/ssl")
run -r example.com
expect "no CA" 1
same "$who: no CA: nothing is removed" "$issued_before" "$(ls "$work/ssl")"
exit $failed
