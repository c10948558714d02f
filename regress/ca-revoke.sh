# The scripted CA and the keys of certificates: by which one is revoked, which
# ones the CA blocks for that.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key
section=ca-revoke

# What is removed stays so after a power cut: its directory is synced before the
# process says more, or ends.
cat >"$work/traced" <<END
#!/bin/sh
rm -f "$work"/trace.*
exec strace -ff -y -qq -o "$work/trace" -e trace=unlinkat,fsync,sendto \\
    "$client" "\$@"
END
chmod 755 "$work/traced"
cat >"$work/synced.py" <<'END'
import glob, os, re, sys
top, removed = sys.argv[1], set()
for name in glob.glob(top + "/trace.*"):
    waiting = {}
    for line in open(name):
        assert not (waiting and line.startswith("sendto(")), \
            "not synced when the next message goes: %s" % waiting
        m = re.match(r'(unlinkat|fsync)\(\d+<([^>]*)>'
            r'(?:, "([^"]*)", 0)?\) += 0', line)
        if not m: continue
        call, directory, file = m.groups()
        if call == "fsync": waiting.pop(directory, None)
        # Left aside: locks, responses, and what was staged and came to nothing.
        elif directory != top + "/www" and \
            not file.endswith((".acme-new", ".lock")):
            removed.add(os.path.relpath(directory + "/" + file, top))
            waiting.setdefault(directory, []).append(file)
    assert not waiting, "not synced at the end: %s" % waiting
missing = set(sys.argv[2:]) - removed
assert not missing, "not removed at all: %s, only: %s" % (
    sorted(missing), sorted(removed))
END
# synced NAME FILE...: of the last traced run, in which at least these, below
# $work, were removed
synced() {
	_name=$1; shift
	check "ca-revoke: removals are synced: $_name" \
	    python3 "$work/synced.py" "$work" "$@"
}
removals() {
	plain=$client
	domain_more="domain combined $work/ssl/private/example.com.both"
	for how in "" "-R keyCompromise"; do
		works "plain"
		again "plain" -F example.com
		for f in old new; do cp "$key" "$key.$f"; done
		client=$work/traced
		again "plain" -r $how example.com
		ended "removals, -r $how" 0
		set -- ssl/example.com.pem ssl/example.com.chain.pem \
		    ssl/example.com.fullchain.pem \
		    ssl/.example.com.pem.acme-old \
		    ssl/.example.com.chain.pem.acme-old \
		    ssl/.example.com.fullchain.pem.acme-old \
		    ssl/private/example.com.both \
		    state/domain-example.com.revoking.pem
		[ -z "$how" ] ||
		    set -- "$@" ssl/private/example.com.key \
		    ssl/private/example.com.key.old \
		    ssl/private/example.com.key.new
		synced "-r $how" "$@"
		again "plain" -r $how example.com
		ended "removals, -r $how, confirmed" 0
		synced "-r $how, confirmed" state/domain-example.com.revoked.pem
		client=$plain
	done
	works "plain"
	client=$work/traced
	again "plain" -F example.com
	ended "removals, a renewal" 0
	synced "a renewal" state/domain-example.com.new.pem
	client=$plain domain_more=
}
if strace -f -o /dev/null true 2>/dev/null; then removals
else skip "ca-revoke: removals are synced: strace cannot trace here"; fi

# Which key signs first, and what the CA does then; signers: of the last run.
signers() { payload /revoke '"kid" if "kid" in h else "jwk"' | xargs; }
is_revoked() {
	grep -q \
	    "$(openssl x509 -in "$1" -outform DER |
	        sha256sum | cut -d' ' -f1)" \
	    "$work/ca/revoked"
}
# revoked_by WHAT SCENARIO SIGNERS KEY-IS-GONE [OPTION ...]: of two certificates
# with one key, the later one
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
	same "ca-revoke: $what: no registration" "" \
	    "$(grep new-account "$work/ca/payloads" |
	        grep -v onlyReturnExisting)"
	if [ $goes = gone ]; then
		check \
		    "ca-revoke: $what: the key is gone, and the file with it" \
		    test ! -e "$key" -a ! -e "$both"
	else
		check "ca-revoke: $what: the key stays" cmp "$key" "$work/key"
		check "ca-revoke: $what: the file with it does not" \
		    test ! -e "$both"
	fi
	again "plain" example.com
	ended "$what: the next certificate" 0
	same "ca-revoke: $what: the next certificate: with its key" \
	    "$(spki_key "$key")" "$(spki_cert "$work/ssl/example.com.pem")"
}
both=$work/ssl/private/example.com.both
domain_more="domain combined $both"
revoked_by "superseded" "plain" kid stays -R superseded
is_not_revoked() { ! is_revoked "$1"; }
check "ca-revoke: superseded: no other certificate is" \
    is_not_revoked "$work/earlier.pem"
revoked_by "keyCompromise" "plain" jwk gone -R keyCompromise
check "ca-revoke: keyCompromise: the other certificate, too" \
    is_revoked "$work/earlier.pem"
revoked_by "keyCompromise, acme2certifier" "no account by that key" "jwk kid" \
    gone -R keyCompromise
says "ca-revoke: keyCompromise, acme2certifier: says what that is worth" \
    "$work/said" "the CA may neither block the compromised key nor revoke" \
    "other certificates with it"
revoked_by "by its own key" "revoke unauthorized" "kid jwk" gone
says "ca-revoke: by its own key: says what the CA may do" "$work/said" \
    "which the CA may block for good by that," \
    "and revoke other certificates with it"
says "ca-revoke: by its own key: says that the key is gone" "$work/said" \
    "$key: removed, as it has signed the revocation"
for how in "503 at revoke" "revoke neither"; do
	works "plain"
	again "$how" -r -R keyCompromise example.com
	ended "$how, keyCompromise" 1
	check "ca-revoke: $how, keyCompromise: nothing is removed" \
	    test -s "$key" -a -s "$work/ssl/example.com.pem" -a -s "$both"
done
# What may be otherwise the next time does not burn a good key.
for how in "500 at new-account" "429 at new-account" "limited 403 at revoke" \
    "403 at revoke" "503 at revoke" "429 at revoke"; do
	works "plain"
	case $how in *new-account) rm "$work/state/authority-test.json" ;; esac
	again "$how" -r example.com
	ended "$how" 1
	same "ca-revoke: $how: not by the certificate's key" "" \
	    "$(signers | grep -o jwk)"
	check "ca-revoke: $how: nothing is removed" \
	    test -s "$key" -a -s "$work/ssl/example.com.pem" -a -s "$both"
	again "plain" -r example.com
	ended "$how: then" 0
	same "ca-revoke: $how: then: by the account" kid "$(signers)"
done
works "plain"
again "plain" -K test
again "cached" -r example.com
ended "a new account key, cached accounts" 0
check "ca-revoke: a new account key: by the account" \
    test -z "$(signers | tr -d 'kid ')"
check "ca-revoke: neither key: nothing is said of a new account" \
    sh -c "! grep -q 'registers a new one' '$work/err'"
domain_more=

# A key that the CA refuses to certify: another one takes its place, in the same
# run.
state=$work/state/domain-example.com.json
forget() { state_write "$state" "not before" 0; }
refused_key() {
	python3 -c 'import json, sys
print(json.load(open(sys.argv[1])).get("refused key", ""))' "$state"
}
hash_of() {
	openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d' ' -f1
}
# replaced WHAT: the pair that is installed is a new one, and nothing waits
replaced() {
	check "ca-revoke: $1: the key is another" \
	    test "$(spki_key "$key")" != "$(spki_key "$work/key")"
	same "ca-revoke: $1: the pair" "$(spki_key "$key")" \
	    "$(spki_cert "$work/ssl/example.com.pem")"
	check "ca-revoke: $1: nothing waits" test ! -e "$key.new"
	same "ca-revoke: $1: nothing is remembered" "" "$(refused_key)"
}
for more in "" "domain combined $both"; do
	for how in "400 badCSR" "400 badPublicKey" "400 badCSR, order invalid" \
	    "400 badCSR, later" "400 badPublicKey, later"; do
		domain_more=$more
		works "plain"
		cp "$key" "$work/key"
		again "key refused $how" -F example.com
		ended "key refused, $how${more:+, combined}" 0 \
		    "the CA refuses the domain key .*trying another key"
		replaced "key refused, $how${more:+, combined}"
	done
	[ -z "$more" ] ||
	    same "ca-revoke: key refused: the file with key and chain" \
	    "$(spki_key "$key")" "$(spki_key "$both")"
done
domain_more=
# The first key of all; one that waits to go live; and a CA that will have none.
scenario "key refused 400 badCSR"
ended "key refused, the first" 0
same "ca-revoke: key refused, the first: the pair" "$(spki_key "$key")" \
    "$(spki_cert "$work/ssl/example.com.pem")"
for how in "400 badCSR" "400 badCSR, order invalid" "400 badCSR, later"; do
	works "plain"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$key.new" 2>/dev/null
	chmod 600 "$key.new"
	cp "$key.new" "$work/key"
	again "key refused $how" -F example.com
	ended "key refused, it waited, $how" 0
	replaced "key refused, it waited, $how"
done
works "plain"
cp "$key" "$work/key"; cp "$work/ssl/example.com.pem" "$work/before.pem"
again "key always refused" -F example.com
ended "every key refused" 1 "public key is forbidden"
check "ca-revoke: every key refused: the old pair stays" cmp "$key" "$work/key"
check "ca-revoke: every key refused: the old certificate, too" \
    cmp "$work/ssl/example.com.pem" "$work/before.pem"
same "ca-revoke: every key refused: the one that waits is remembered" \
    "$(hash_of "$key.new")" "$(refused_key)"
cp "$key.new" "$work/second"
forget
again "key always refused" -F example.com
ended "every key refused, again" 1
check "ca-revoke: every key refused, again: by then with others" \
    test "$(spki_key "$key.new")" != "$(spki_key "$work/second")"
forget
again "plain" -F example.com
ended "every key refused, then not" 0
replaced "every key refused, then not"
# badCSR is said of much else.
works "plain"
cp "$key" "$work/key"
again "CSR refused" -F example.com
ended "CSR refused" 1 "badCSR"
check "ca-revoke: CSR refused: the key stays" \
    test "$(spki_key "$key")" = "$(spki_key "$work/key")" -a ! -e "$key.new"
# The client cannot replace the key of a CSR.  What netproc says about that key
# counts for this run only.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out "$work/own.key" 2>/dev/null
openssl req -new -key "$work/own.key" -subj / \
    -addext "subjectAltName=DNS:example.com" -out "$work/own.csr" 2>/dev/null
rm -rf "$work/etc" "$work/ssl" "$work/state"
domain_more="csr file $work/own.csr"
conf_write "$work/c.conf"
sed -i 's|/dir"|/directory"|' "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
sed -i '/domain key/d;/domain name/d' "$work/c.conf"
again "key refused 400 badCSR" example.com
ended "key refused, csr file" 1 \
    "example.com: the key of the configured CSR ('csr file') is one that the" \
    "CA refuses: make another key, and a CSR with it"
forget
again "plain" example.com
ended "key refused, csr file: the next run tries" 0
domain_more=

# "revoked" may be the word of a net that asked for nothing: another run's net
# is asked, and once.
unconfirmed=$work/state/domain-example.com.revoked.pem
for how in plain "503 at revoke" "revoke neither"; do
	works "plain"
	cp "$work/ssl/example.com.pem" "$work/later.pem"
	again "plain" -r example.com
	ended "confirmed, $how: the first run" 0 \
	    "-r once more, before the next renewal, has that confirmed"
	check "ca-revoke: confirmed, $how: a copy is left" \
	    test -s "$unconfirmed"
	# As if that had been a lie
	works "plain"
	cp "$work/ssl/example.com.fullchain.pem" "$work/lied.pem"
	cp "$work/ssl/example.com.pem" "$work/later.pem"
	rm "$work/ssl/"*.pem "$work/state/domain-example.com.json" "$both"
	cp "$work/lied.pem" "$unconfirmed"; chmod 600 "$unconfirmed"
	if [ "$how" != plain ]; then
		again "$how" -r example.com
		ended "confirmed, $how: refused" 1
		check "ca-revoke: confirmed, $how: the copy stays" \
		    test -s "$unconfirmed"
	fi
	again "plain" -r example.com
	ended "confirmed, $how: the second run" 0 \
	    "it is revoked: the CA has told two runs so"
	check "ca-revoke: confirmed, $how: it is revoked" \
	    is_revoked "$work/later.pem"
	check "ca-revoke: confirmed, $how: the copy is gone" \
	    test ! -e "$unconfirmed"
	again "plain" -r example.com
	ended "confirmed, $how: once" 1 "there is no certificate to revoke"
	same "ca-revoke: confirmed, $how: once: the CA is not asked" "" \
	    "$(signers)"
	for force in "" -F; do
		again "plain" $force -i "$work/lied.pem" example.com
		ended "confirmed, $how: given again${force:+, $force}" 1 \
		    "it is revoked, or was to be, by an earlier -r"
	done
	again "again -1" -F example.com
	ended "confirmed, $how: by the CA" 1 "an earlier -r has revoked"
	again "plain" -F example.com
	ended "confirmed, $how: another one" 0
done
# What is installed by then goes first.
works "plain"
cp "$work/ssl/example.com.fullchain.pem" "$unconfirmed"
chmod 600 "$unconfirmed"
again "plain" -F example.com
cp "$work/ssl/example.com.pem" "$work/later.pem"
again "plain" -r example.com
ended "confirmed, another certificate by then" 0 "-r once more"
check "ca-revoke: confirmed, another certificate by then: that is revoked" \
    is_revoked "$work/later.pem"

# What is installed may be another one of the account by now: whoever owned a
# process that stores it once can have put it there.
works "plain"
domain_write "$work/c.conf" other.example other.example ""
again "plain" other.example
ended "another handle's certificate: issued" 0
for f in .pem .chain.pem .fullchain.pem; do
	cp "$work/ssl/other.example$f" "$work/ssl/example.com$f"
done
again "plain" -r example.com
ended "another handle's certificate" 1 "the certificate to be revoked has" \
    "neither a key nor a name of this handle's"
same "ca-revoke: another handle's certificate: nothing is signed" "" \
    "$(signers)"
check "ca-revoke: another handle's certificate: nothing is removed" \
    test -s "$work/ssl/example.com.pem" -a -s "$key"
rm "$key"
again "plain" -r example.com
ended "another handle's certificate, no key" 1 "neither a key nor a name"
same "ca-revoke: another handle's certificate, no key: nothing is signed" "" \
    "$(signers)"
# The names may have changed, and the key may be gone or another one; not both.
for how in "other names" "no key" "another key"; do
	works "plain"
	cp "$work/ssl/example.com.pem" "$work/later.pem"
	cp "$key" "$work/key"
	case $how in
	"other names")
		sed -i 's/\(domain name\) "example.com"/\1 "new.example"/' \
		    "$work/c.conf" ;;
	*) rm "$key" ;;
	esac
	[ "$how" != "another key" ] ||
	    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$key" 2>/dev/null
	[ "$how" != "another key" ] || chmod 600 "$key"
	again "plain" -r example.com
	ended "$how" 0
	check "ca-revoke: $how: it is revoked" is_revoked "$work/later.pem"
	same "ca-revoke: $how: signed" kid "$(signers)"
done
works "plain"
rm "$key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key" \
    2>/dev/null
chmod 600 "$key"
again "plain" -r -R keyCompromise example.com
ended "another key, keyCompromise" 0 \
    "$key: is not the key of the certificate to be revoked"
same "ca-revoke: another key, keyCompromise: signed" kid "$(signers)"

# A revocation that was cut off, and goes on by the certificate's key when
# another one with that key is installed.
works "plain"
cp "$key" "$work/key"; cp "$work/ssl/example.com.fullchain.pem" "$work/cut.pem"
again "plain" -F example.com
cp "$work/cut.pem" "$work/state/domain-example.com.revoking.pem"
chmod 600 "$work/state/domain-example.com.revoking.pem"
again "revoke unauthorized" -r example.com
ended "cut off, another certificate" 0 "$key: stays for now"
check "ca-revoke: cut off, another certificate: key and certificate stay" \
    test -s "$key" -a -s "$work/ssl/example.com.pem"
check "ca-revoke: cut off, another certificate: the CA has revoked that, too" \
    is_revoked "$work/ssl/example.com.pem"
again "plain" example.com
ended "cut off, another certificate: renewed at once" 0 \
    "due: the CA has revoked the certificate"
replaced "cut off, another certificate"
exit $failed
