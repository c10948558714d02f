# The scripted CA and the keys of certificates: by which one is revoked, which ones the CA blocks for that.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key
# ended NAME STATUS [WORDS]: how the last run did
ended() {
	[ $status = "$2" ] && [ $took -lt 30 ] || { fail "ca-revoke: $1: status $status instead of $2 after $took s: $(tail -n 3 "$work/err" | tr '\n' ' ')"; return; }
	! grep -q "$(printf '[\033\007]')" "$work/err" || { fail "ca-revoke: $1: control characters come through"; return; }
	[ $# = 2 ] || grep -q -- "$3" "$work/err" || { fail "ca-revoke: $1: no '$3' in: $(tail -n 3 "$work/err" | tr '\n' ' ')"; return; }
	ok "ca-revoke: $1: status $2${3:+: $3}"
}
# payload PATH EXPRESSION: of all that was signed for it, as python sees header h and payload p
payload() {
	python3 -c '
import json, sys
for line in open(sys.argv[1]):
    path, h, p = json.loads(line)
    if path == sys.argv[2]: print(eval(sys.argv[3]))' "$work/ca/payloads" "$1" "$2"
}

# Which key signs first, and what the CA does then; signers: of the last run.
signers() { payload /revoke '"kid" if "kid" in h else "jwk"' | xargs; }
is_revoked() { grep -q "$(openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1)" "$work/ca/revoked"; }
# revoked_by WHAT SCENARIO SIGNERS KEY-IS-GONE [OPTION ...]: of two certificates with one key, the later one
revoked_by() {
	what=$1 how=$2 by=$3 goes=$4
	shift 4
	works "plain"
	cp "$work/ssl/example.com.pem" "$work/earlier.pem"
	again "plain" -F example.com
	cp "$work/ssl/example.com.pem" "$work/later.pem"
	cp "$key" "$work/key"
	again "$how" -r "$@" example.com
	cp "$work/err" "$work/said"
	ended "$what" 0
	same "ca-revoke: $what: signed" "$by" "$(signers)"
	check "ca-revoke: $what: it is revoked" is_revoked "$work/later.pem"
	same "ca-revoke: $what: no registration" "" "$(grep new-account "$work/ca/payloads" | grep -v onlyReturnExisting)"
	if [ $goes = gone ]; then
		check "ca-revoke: $what: the key is gone, and the file with it" test ! -e "$key" -a ! -e "$both"
	else
		check "ca-revoke: $what: the key stays" cmp "$key" "$work/key"
		check "ca-revoke: $what: the file with it does not" test ! -e "$both"
	fi
	again "plain" example.com
	ended "$what: the next certificate" 0
	same "ca-revoke: $what: the next certificate: with its key" "$(spki_key "$key")" "$(spki_cert "$work/ssl/example.com.pem")"
}
both=$work/ssl/private/example.com.both
domain_more="domain combined $both"
revoked_by "superseded" "plain" kid stays -R superseded
check "ca-revoke: superseded: no other certificate is" sh -c "! grep -q $(openssl x509 -in "$work/earlier.pem" -outform DER | sha256sum | cut -d' ' -f1) '$work/ca/revoked'"
revoked_by "keyCompromise" "plain" jwk gone -R keyCompromise
check "ca-revoke: keyCompromise: the other certificate, too" is_revoked "$work/earlier.pem"
revoked_by "keyCompromise, acme2certifier" "no account by that key" "jwk kid" gone -R keyCompromise
says "ca-revoke: keyCompromise, acme2certifier: says what that is worth" "$work/said" "the CA may neither block the compromised key nor revoke other certificates with it"
revoked_by "by its own key" "revoke unauthorized" "kid jwk" gone
says "ca-revoke: by its own key: says what the CA may do" "$work/said" "which the CA may block for good by that, and revoke other certificates with it"
says "ca-revoke: by its own key: says that the key is gone" "$work/said" "$key: removed, as it has signed the revocation"
for how in "503 at revoke" "revoke neither"; do
	works "plain"
	again "$how" -r -R keyCompromise example.com
	ended "$how, keyCompromise" 1
	check "ca-revoke: $how, keyCompromise: nothing is removed" test -s "$key" -a -s "$work/ssl/example.com.pem" -a -s "$both"
done
check "ca-revoke: neither key: nothing is said of a new account" sh -c "! grep -q 'registers a new one' '$work/err'"
domain_more=
exit $failed
