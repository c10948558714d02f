# What has changed in the configuration, or beside it, since a certificate was
# obtained: it is obtained anew, once, and key and certificate always belong
# together.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key
pem=$work/ssl/example.com.pem
state=$work/state/domain-example.com.json
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=other" -keyout "$work/other.key" -out "$work/other.pem" \
    2>/dev/null

# began NAME STATUS ORDERS [WORDS]: the last run's status, new orders, and what
# it said
began() {
	_orders=$(grep -c new-order "$work/ca/log")
	[ $status = "$2" ] && [ "$_orders" = "$3" ] &&
	    grep -q -- "${4:-}" "$work/err" && ok "ca: $1" ||
	    fail "ca: $1: status $status, $_orders orders," \
	    "wanted $2, $3 and '${4:-}': $(end_of "$work/err")"
}
pair() {
	same "ca: $1: live key and certificate belong together" \
	    "$(spki_key "$key")" "$(spki_cert "$pem")"
}
# due NAME SCENARIO REASON: -l has the reason, one order, after which nothing is
# due
due() {
	"$client" -l -J -f "$work/c.conf" >"$work/list" 2>"$work/err"
	check "ca: $1: -J: due, with the reason" python3 -c 'import json, sys
c = json.load(open(sys.argv[1]))["certificates"][0]
assert c["state"] in ("due", "failing")
assert sys.argv[2] in c["renewal"]["reason"]' "$work/list" "$3"
	again "$2" example.com; began "$1: renewed" 0 1 "due: .*$3"; pair "$1"
	still "$1" "$2"
}
# still NAME SCENARIO: nothing is due, be it looked at quickly or in full
still() {
	again "$2" example.com; began "$1: then nothing" 2 0
	again "$2" example.com; began "$1: nor later" 2 0
	"$client" -l -f "$work/c.conf" >"$work/list" 2>"$work/err"
	says "ca: $1: -l: ok" "$work/list" "^ok "
}
conf_sed() { sed -i "$1" "$work/c.conf"; }
# forget: the state as the version before has left it
forget() { python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
for k in "attempt", "obtained", "group": o.pop(k)
json.dump(o, open(sys.argv[1], "w"))' "$state"; }

# The CA hands out a certificate from before, or whoever owns net does; or one
# that only looks like it.  forced SCENARIO NAME STATUS ORDERS [WORDS]; the
# order of a certificate that was refused is looked at first by the next run.
forced() {
	again "$1" -F example.com
	began "$2" "$3" "$4" "${5:-}"
	pair "$2"
}
replays() {
	works "begins 200 hours ago, for 90"
	cp "$pem" "$work/installed.pem"
	forced "again -1" "-F, the installed one again" 1 1 \
	    "the CA handed out the certificate that is installed already"
	check "ca: -F, the installed one again: it stays" \
	    cmp "$pem" "$work/installed.pem"
	forced "plain" "-F, a new one" 0 0
	cp "$pem" "$work/installed.pem"
	_words="the certificate from the CA is older than the installed one:"
	forced "again -2" "-F, the one before" 1 1 "$_words it begins on"
	check "ca: -F, the one before: the newer one stays" \
	    cmp "$pem" "$work/installed.pem"
	forced "begins 2 hours ago, for 90" "-F, one of two hours ago" 1 1 \
	    "is older than the installed one"
	# Honest ones: a shorter life, another way to reckon when it begins, in
	# the same hour.
	forced "begins 1 hours ago, for 6" "-F, backdated by an hour" 0 1
	forced "plain" "-F, after that" 0 1
	forced "one day" "-F, a shorter life" 0 1
	# CAs backdate by different times: without a record of how the installed
	# certificate was obtained, or by another authority, a new one may begin
	# 40 hours before it, and not 90.
	forget
	forced "begins 40 hours ago, for 90" \
	    "-F, no record: backdated by 40 hours" 0 1
	forget
	forced "begins 90 hours ago, for 90" "-F, no record: by 90 hours" 1 1 \
	    "is older than the installed one"
	works "plain"
	conf_sed 's|/directory"|/directory-b"|'
	again "begins 90 hours ago, for 90" example.com
	began "another authority, by 90 hours" 1 1 \
	    "is older than the installed one"
	state_write "$state" "not before" 0
	again "begins 40 hours ago, for 90" example.com
	began "another authority, by 40 hours" 0 0
	# Without -F: it is due, and one from before is no renewal.
	works "begins 80 hours ago, for 4"
	cp "$pem" "$work/installed.pem"
	again "again -1" example.com
	began "due, the installed one again" 1 1 \
	    "the CA handed out the certificate that is installed already"
	check "ca: due, the installed one again: it stays" \
	    cmp "$pem" "$work/installed.pem"
	state_write "$state" "not before" 0
	again "begins 90 hours ago, for 90" example.com
	began "due, an older one that ends later" 1 1 \
	    "is older than the installed one"
	state_write "$state" "not before" 0
	again "begins 1 hours ago, for 4" example.com
	began "due, a new one" 0 0
	pair "due, a new one"
	# A certificate that begins in a hundred years, once installed, keeps no
	# other from being installed.
	works "plain"
	openssl req -x509 -key "$key" -subj /CN=example.com -days 36500 \
	    -addext "subjectAltName=DNS:example.com" -out "$work/far.pem" \
	    2>/dev/null
	cat >"$work/far.cnf" <<END
[ca]
default_ca=c
[c]
policy=p
rand_serial=yes
database=$work/far.db
[p]
commonName=optional
END
	: >"$work/far.db"
	openssl req -new -key "$key" -subj / -out "$work/far.csr" 2>/dev/null
	printf 'subjectAltName=DNS:example.com\n' >"$work/far.ext"
	openssl ca -batch -selfsign -config "$work/far.cnf" -keyfile "$key" \
	    -in "$work/far.csr" -out "$work/far.pem" -notext -md sha256 \
	    -extfile "$work/far.ext" -startdate 21260101000000Z \
	    -enddate 21990101000000Z -outdir "$work" -subj /CN=x 2>/dev/null
	check "ca: begins in a hundred years: made" test -s "$work/far.pem"
	for f in "" .fullchain; do
		cp "$work/far.pem" "$work/ssl/example.com$f.pem"
	done
	: >"$work/ssl/example.com.chain.pem"
	again "plain" example.com
	began "the installed one begins in a hundred years" 0 1
}

authorities() {
	works "ARI"
	conf_sed 's|/directory"|/directory-b"|'
	_from="it was obtained from https://localhost:$ca_port"
	due "another authority" ARI "$_from/directory, not from"
	same "ca: another authority: replaces nothing of it" 0 \
	    "$(grep -c '"replaces"' "$work/ca/payloads")"
	conf_sed 's|/directory-b"|/directory"|; s|root file.*|root any|'
	due "and back, root any" ARI "$_from/directory-b, not from"
	# What failed there says nothing about another one.
	conf_sed 's|/directory"|/directory-b"|'
	again "429 later at new-order" example.com
	began "another authority: a rate limit" 1 1
	pair "a rate limit"
	again "ARI" example.com
	began "another authority: waits" 1 0 "not tried again before"
	conf_sed 's|/directory-b"|/directory-c"|'
	again "ARI" example.com; began "a third authority: at once" 0 1
	# A shorter life is not an earlier certificate.
	conf_sed 's|/directory-c"|/directory-d"|'
	again "one day" example.com
	began "another authority: a shorter life" 0 1
	# Of the version before nothing is known: from then on it is.
	works "plain"
	forget
	again plain example.com; began "no record: nothing due" 2 0
	conf_sed 's|/directory"|/directory-b"|'
	due "no record: then another authority" plain "it was obtained from"
	names=www.example.com works "plain"
	conf_sed 's|/directory"|/directory-b"|
	    s|\(alternative names\).*|\1 { other.example.com }|'
	again "500 at new-order" example.com
	conf_sed 's|alternative names.*|alternative names { www.example.com }|'
	again plain example.com
	began "another authority, and other names for a while" 0 1 \
	    "it was obtained from"
}

# Killed after its files were replaced, before that was remembered.
unremembered() {
	works "plain"
	again plain -F example.com
	python3 - "$state" <<'END'
import json, sys, time
s = json.load(open(sys.argv[1]))
s["attempts"] = s["last success"] = 1
s["attempt began"] = int(time.time()) - 5
s["obtained"]["fingerprint"] = "0" * 64
s["order"]["url"] = "https://localhost/order/1"
json.dump(s, open(sys.argv[1], "w"))
END
	cp "$work/ssl/example.com.fullchain.pem" \
	    "$work/state/domain-example.com.new.pem"
	chmod 600 "$work/state/domain-example.com.new.pem"
	cp "$state" "$work/unremembered.json"
	cp "$work/state/domain-example.com.new.pem" "$work/unremembered.pem"
	again plain example.com
	began "unremembered: reported" 0 0 "did not come to report"
	check "ca: unremembered: the success is made up for" python3 -c '
import json, sys, time
s = json.load(open(sys.argv[1]))
assert s["last success"] > time.time() - 60
assert "url" not in s.get("order", {}) and s["attempts"] == 0' "$state"
	cp "$work/unremembered.json" "$state"
	cp -p "$work/unremembered.pem" "$work/state/domain-example.com.new.pem"
	conf_sed 's|/directory"|/directory-b"|'
	again plain example.com
	began "unremembered, then another authority" 0 1 \
	    "it was obtained from https://localhost:$ca_port/directory, not"
}

roots() {
	for part in full chain leaf; do
		works "plain"
		forget
		case $part in
		chain)
			conf_sed '/full chain/d'
			rm "$work/ssl/example.com.fullchain.pem" ;;
		leaf) conf_sed '/chain cert/d' ;;
		esac
		cp "$work/root.pem" "$work/root.good"
		cat "$work/other.pem" >"$work/root.pem"
		before=$(leaf example.com)
		again plain example.com
		case $part in
		leaf) began "other roots, only the leaf: cannot be told" 2 0 ;;
		*)
			began "other roots, $part: due, and refused" 1 1 \
			    "due: the chain does not lead to a trusted root" ;;
		esac
		same "ca: other roots, $part: stays" "$before" \
		    "$(leaf example.com)"
		cat "$work/root.good" >"$work/root.pem"
		again plain example.com
		began "the right roots again, $part" 2 0
		mv "$work/root.pem" "$work/root.gone"
		for n in first second; do
			again plain example.com
			began "no roots, $part, $n: no reason to renew" 2 0 \
			    "cannot tell whether .*root.pem: No such file"
		done
		echo nonsense >"$work/root.pem"
		again plain example.com
		began "roots that are none, $part" 2 0 \
		    "cannot tell whether .*no trust anchor"
		mv "$work/root.gone" "$work/root.pem"
		conf_sed 's|root file.*|root any|'
		again plain example.com; began "root any, $part" 2 0
	done
}

ways() {
	works "profiles"
	conf_sed 's|challengedir|profile short\n&|'
	due "a profile" profiles \
	    "it was obtained with no profile, not with profile short"
	conf_sed 's|profile short|profile classic|'
	due "another profile" profiles \
	    "obtained with profile short, not with profile classic"
	conf_sed 's|profile classic|profile none|'
	before=$(leaf example.com)
	for n in 1 2 3 4; do
		again profiles example.com
		began "a profile that is not offered, $n" 1 0 \
		    "the CA offers only: .*short"
	done
	again profiles example.com
	began "a profile that is not offered, 5: later" 1 0 \
	    "not tried again before .*the CA offers only: .*short"
	same "ca: a profile that is not offered: stays" "$before" \
	    "$(leaf example.com)"
	conf_sed 's|profile none|profile short|'
	due "another one, which has not failed" profiles \
	    "obtained with profile classic, not with profile short"
	conf_sed 's|profile short|profile none|'
	for n in 1 2 3 4; do again profiles example.com; done
	conf_sed 's|profile none|profile short|'
	again profiles example.com; began "and back" 2 0
	conf_sed 's|profile short|profile classic|'
	due "and the one before" profiles "not with profile classic"
	conf_sed '/profile classic/d'
	due "no profile any longer" profiles \
	    "obtained with profile classic, not with none"
	conf_sed 's|challengedir|preferred chain "root"\n&|'
	still "the preferred chain is there already" plain
	conf_sed 's|preferred chain "root"|preferred chain "No Such"|'
	due "another preferred chain, which is not offered" "no Link" \
	    "the preferred chain has changed from 'root' to 'No Such'"
	conf_sed '/preferred chain/d'
	due "no preferred chain any longer" "no Link" \
	    "the preferred chain has changed from 'No Such'"
}

keys() {
	for more in "" " rotate"; do
		domain_more="domain combined \"$work/ssl/private/both\""
		works "plain"
		conf_sed "s|\(domain key.*\.key\"\).*|\1 rsa 2048$more|"
		again "429 at new-order" example.com
		began "another key type$more: a rate limit" 1 1
		pair "another key type$more, a rate limit"
		state_free
		# What was made for nothing is no obstacle.
		conf_sed "s|rsa 2048|ecdsa p384|"
		due "another key type$more, and changed again" plain \
		    "its key is of another type or size"
		same "ca: another key type$more: the one that was wanted" \
		    "384" \
		    "$(openssl pkey -in "$key" -noout -text | grep -o '384' |
		        head -n 1)"
		check "ca: another key type$more: combined" \
		    joined "$work/ssl/private/both" "$key" \
		    "$work/ssl/example.com.fullchain.pem"
		conf_sed "s|ecdsa p384|ecdsa p256|"
		due "another size$more" plain \
		    "its key is of another type or size"
		same "ca: another size$more: nothing left but the old key" \
		    "both example.com.key example.com.key.old " \
		    "$(ls "$work/ssl/private" | tr '\n' ' ')"
		rm "$key"
		again "429 at new-order" example.com
		began "the key is lost$more: a rate limit" 1 1 \
		    "due: there is no key"
		_what="no live key without a certificate"
		check "ca: the key is lost$more: $_what" test ! -e "$key"
		state_free
		again plain example.com
		began "the key is lost$more: then" 0 1
		pair "the key is lost$more"
		still "the key is lost$more" plain
	done
	domain_more=
	works plain
	conf_sed "s|\(domain key.*\.key\"\).*|\1 rsa 2048|"
	again plain -r example.com
	[ $status = 0 ] && ok "ca: another key type: revoked by the old one" ||
	    fail "ca: another key type: -r: status $status: $(cat "$work/err")"
}
state_free() { state_write "$state" "not before" 0; }

groups() {
	[ $who = root ] ||
	    { skip "$who: group of a key that is there: takes root"; return; }
	domain_more="domain combined \"$work/ssl/private/both\""
	works plain
	# A key that was replaced, too.
	cp -p "$key" "$key.old"
	for group in "group 23456" "group 23457" ""; do
		conf_sed "s|\(domain key.*\.key\"\).*|\1 $group|"
		"$client" -l -f "$work/c.conf" >"$work/list" 2>"$work/err"
		says "ca: '$group': -l" "$work/list" \
		    "^due .*the group of its key has changed"
		again plain example.com; began "'$group': without the CA" 2 0
		wanted="640 ${group#group }"; [ "$group" ] || wanted="600 0"
		same "ca: '$group': mode and group" "$wanted $wanted $wanted" \
		    "$(stat -c '%a %g' "$key" "$key.old" \
		        "$work/ssl/private/both" |
		        xargs)"
		still "'$group'" plain
	done
	# What the administrator has given to a group, without a word here,
	# stays so.
	chgrp 23456 "$key" && chmod 640 "$key"
	again plain example.com
	same "ca: a group by hand: stays" "640 23456" \
	    "$(stat -c '%a %g' "$key")"
	domain_more=
}

several() {
	works plain
	for h in b c; do
		domain_write "$work/c.conf" $h.example $h.example ""
	done
	again plain -j 1 -a; began "several: first" 0 2
	conf_sed 's|/directory"|/directory-b"|'
	again plain -j 1 -a
	began "several: another authority" 0 3 "obtained from"
	again plain -j 1 -a; began "several: then nothing" 2 0
}

# The trust anchors of the CA's server: the few that served last are tried
# first, and all where those do not.
servers() {
	for i in 1 2 3 4 5 6 7 8; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		    -nodes -days 30 -subj "/CN=anchor $i" \
		    -keyout "$work/anchor$i.key" -out "$work/anchor$i.pem" \
		    2>/dev/null
	done
	openssl x509 -req -in "$work/tls-server.csr" -CA "$work/anchor8.pem" \
	    -CAkey "$work/anchor8.key" -CAcreateserial -days 30 \
	    -extfile "$work/tls.ext" -out "$work/other-server.pem" 2>/dev/null
	cat "$work"/anchor?.pem "$work/tls.pem" >"$work/bundle"
	record=$work/state/authority-test.backoff.json
	verbosity=-vv
	names= works plain
	same "ca: anchors: a file with one: nothing to remember" "" "$(anchors)"
	conf_sed "s|ca file .*|ca file \"$work/bundle\"|"
	again plain -F example.com; began "anchors: a bundle" 0 1 ""
	usual=$(anchors)
	same "ca: anchors: the one that served is remembered" \
	    "$(name_of tls.pem)" "$usual"
	by_usual "a bundle: the next run"
	# What net has named may be anything, for it may be owned by someone
	# else.
	hint "$(name_of anchor3.pem)"
	by_all "one that does not serve" "$(name_of anchor3.pem) $usual"
	hint "0123456789abcdef $usual"
	by_usual "one that the file does not have"
	hint "$(printf 'f%.0s' $(seq 3000))"
	by_usual "too long a hint" "$usual"
	hint "$(name_of other.pem)"; by_usual "of another file only" "$usual"
	# The bundle changes, and is the same bundle in another order, and has
	# the anchor no more.
	cat "$work/tls.pem" "$work"/anchor[2-8].pem >"$work/bundle"
	by_usual "another bundle"
	hint "$(name_of anchor3.pem) $(name_of tls.pem)"
	cat "$work"/anchor?.pem >"$work/bundle"
	again plain -F example.com
	_what="not in the bundle any more: refused, though it is remembered"
	began "anchors: $_what" 1 0 "TLS: certificate verification failed"
	cat "$work"/anchor?.pem "$work/tls.pem" >"$work/bundle"
	again plain -F example.com; began "anchors: there again" 0 1 ""
	# The CA's server has a certificate from elsewhere.
	hint "$usual"
	server other-server.pem
	by_all "another anchor of the CA" "$(name_of anchor8.pem) $usual"
	by_usual "then that one, too"
	server tls-server.pem; by_usual "and back"
	hint "$usual"; server other-server.pem
	cat "$work"/anchor[1-7].pem "$work/tls.pem" >"$work/bundle"
	again plain -F example.com
	_what="another anchor of the CA, which the bundle lacks: refused"
	began "anchors: $_what" 1 0 "TLS: certificate verification failed"
	server tls-server.pem
	verbosity=
}
# anchors: those that are remembered; hint ANCHORS: these are
anchors() { python3 -c 'import json, sys
print(json.load(open(sys.argv[1])).get("anchors", "").strip())' "$record"; }
hint() { python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
o["anchors"] = sys.argv[2] + " "
json.dump(o, open(sys.argv[1], "w"))' "$record" "$1"; }
name_of() {
	openssl x509 -in "$work/$1" -outform DER | sha256sum | cut -c 1-16
}
sorted() { echo "$1" | xargs -n 1 | sort | xargs; }
words="the trust anchors of the last run do not verify it; trying all"
# by_usual NAME, by_all NAME ANCHORS: a certificate, by the anchors tried first
# or by all; these are remembered
by_usual() {
	again plain -F example.com; began "anchors: $1" 0 1 ""
	same "ca: anchors: $1: not a second connection" 0 \
	    "$(grep -c "$words" "$work/err")"
	[ $# = 1 ] || same "ca: anchors: $1: remembered" "$2" "$(anchors)"
}
by_all() {
	again plain -F example.com
	began "anchors: $1: all serve" 0 1 "localhost: $words"
	same "ca: anchors: $1: remembered" "$(sorted "$2")" \
	    "$(sorted "$(anchors)")"
}
# server CERTIFICATE: the CA's server comes back with that one
server() {
	stop $ca_pid
	python3 "$here/ca.py" "$ca_port" "$work/$1" "$work/tls-server.key" \
	    "$work/ca" "$plain_port" 2>>"$work/ca.log" &
	ca_pid=$!
	pids="$pids $ca_pid"
	wait_port "$ca_port"
}

authorities; replays; unremembered; roots; ways; keys; groups; several; servers
exit $failed
