# Many certificates in one run, against Pebble: every handle, the most urgent first, no more
# than so many, and one authority's trouble.
. "$here/lib.sh"
work_start

# fleet NAME...: a domain section each
fleet() {
	fresh
	for name in "$@"; do domain_write "$conf" "$name" "$name.example.com" ""; done
}
ordered() { sed -n 's/.*fileproc: \([a-z0-9]*\): due: .*/\1/p' "$err" | sort | xargs; }
installed() { sed -n 's/.*fileproc: \([a-z0-9]*\): installed .*/\1/p' "$err" | xargs; }

every() {
	fleet a b c
	acme -a
	expect "-a: all of them" 0
	same "$who: -a: installed" "a b c" "$(installed)"
	same "$who: -a: one connection" 1 "$(grep -c "connected to" "$err")"
	acme -a
	expect "-a: nothing due" 2
	same "$who: -a: nothing due: no connection" 0 "$(grep -c "connected to" "$err")"
	run -a a
	expect "-a and a handle" 1
	says "$who: -a and a handle: why" "$err" "-a is for all handles"
	run -r -a
	expect "-a and -r" 1
	check "$who: -a and -r: nothing is revoked" test -s "$work/ssl/a.pem"
	# One that fails does not hold up the others.
	chmod 644 "$work/ssl/private/b.key"
	acme -F -a
	expect "-a: one fails" 1
	same "$who: -a: one fails: the others do not" "a c" "$(installed)"
	chmod 600 "$work/ssl/private/b.key"
	acme -a
	expect "-a: and works again" 2
}

# The installed one that ends first is renewed first, and before it what there is none of.
urgent() {
	fleet a b c d
	# An end is known to the second.
	for name in b c a; do acme $name; sleep 1.1; done
	acme -F -a
	expect "urgency: renewed" 0
	same "$who: urgency: by the end of what is installed" "d b c a" "$(installed)"
	fleet a b c
	acme -m 2 -a
	expect "-m: two of three" 0
	same "$who: -m: two of three: installed" "a b" "$(installed)"
	says "$who: -m: the third is left" "$err" "c: left for another run"
	acme -m 2 -a
	expect "-m: the third" 0
	same "$who: -m: the third: installed" "c" "$(installed)"
	run -m 0 -a
	expect "-m 0" 1
	says "$who: -m 0: what is expected" "$err" "expected a number from 1"
}

# An authority that cannot be reached is asked once, not once for each certificate.
unreachable() {
	fleet a b c
	acme a
	saved=$ca_port
	sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"
	acme -F -a
	expect "authority away, -F" 1
	same "$who: authority away, -F: tried for each" 3 "$(grep -c "netproc: .*Connection refused" "$err")"
	rm "$work/state"/*.json
	acme -a
	expect "authority away" 1
	same "$who: authority away: tried once" 1 "$(grep -c "netproc: .*Connection refused" "$err")"
	says "$who: authority away: the next one is left alone" "$err" "c: authority test is not tried again before .*Connection refused.*-F tries now"
	acme -a
	expect "authority away: again" 1
	same "$who: authority away: again: not tried" 0 "$(grep -c "netproc: " "$err")"
	sed -i "s/localhost:$closed_port/localhost:$saved/" "$conf"
	rm "$work/state"/domain-*.json
	acme -a
	expect "another URL is another authority" 0
}
# What was looked at is not looked at again, as long as nothing has changed.
rests() {
	fleet a b
	acme -a
	acme -a
	expect "rest: looked at" 2
	acme -a
	expect "rest" 2
	same "$who: rest: no key is read" 0 "$(grep -c "csrproc: sandbox" "$err")"
	says "$who: rest: until when" "$err" "a: nothing to do before 20"
	touch "$work/ssl/private/a.key"
	acme -a
	expect "rest: a key is touched" 2
	same "$who: rest: a key is touched: read" 1 "$(grep -c "csrproc: sandbox" "$err")"
	acme -a
	same "$who: rest: and not read again" 0 "$(grep -c "csrproc: sandbox" "$err")"
	for change in "truncate -s 100 $work/ssl/a.pem" "rm $work/ssl/a.chain.pem" "cp $work/ssl/b.pem $work/ssl/a.pem" \
	    "mv $work/ssl/private/a.key $work/ssl/private/old.key" "sed -i s/a.example.com/c.example.com/ $conf" "rm $work/ssl/a.pem $work/ssl/a.fullchain.pem"; do
		$change
		acme -a
		expect "rest: $change: put right" 0
		rm -f "$work/ssl/private/old.key"
		acme -a; acme -a
		expect "rest: $change: and rests again" 2
		same "$who: rest: $change: no key is read" 0 "$(grep -c "csrproc: sandbox" "$err")"
	done
	chmod 644 "$work/ssl/private/a.key"
	acme a
	expect "rest: a key that all can read" 1
	chmod 600 "$work/ssl/private/a.key"
	acme -F a
	expect "rest: -F" 0
}
# list_states: of -l, sorted by handle
list_states() { sed 1d "$work/out" | grep -v '^        ' | sed 's/\(\[[.#]*\] \)//' | awk '{ print $2 "=" $1 }' | sort | xargs; }
terminal() {	# terminal [VARIABLE]: of -l on one
	env -i $1 python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$client" -l -f "$conf" </dev/null >"$work/out" 2>"$err"
}

lists() {
	fleet a b
	domain_write "$conf" c c.example.com "x.example.com y.example.com"
	acme a; acme b
	find "$work/state" "$work/ssl" -type f | grep -v "lock$" | sort | xargs sha256sum >"$work/before"
	run -l
	expect "-l: one is missing" 2
	same "$who: -l: states" "a=ok b=ok c=missing" "$(list_states)"
	says "$who: -l: names" "$work/out" "c.example.com +2"
	says "$who: -l: when and why" "$work/out" "now, there is no certificate"
	same "$who: -l: no colour in a file" 0 "$(grep -c "$(printf '\033')" "$work/out")"
	same "$who: -l: no bar in a file" 0 "$(grep -c '\[[.#]' "$work/out")"
	find "$work/state" "$work/ssl" -type f | grep -v "lock$" | sort | xargs sha256sum >"$work/after"
	check "$who: -l: nothing is changed" cmp "$work/before" "$work/after"
	run -l a b
	expect "-l: all is well" 0
	same "$who: -l: of those named" "a=ok b=ok" "$(list_states)"
	acme c
	run -l
	expect "-l: all is well with all" 0
	sed -i "s/b.example.com/b2.example.com/" "$conf"
	run -l
	expect "-l: other names" 2
	same "$who: -l: other names: due" "a=ok b=due c=ok" "$(list_states)"
	sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"
	acme b
	run -l
	expect "-l: it fails" 1
	same "$who: -l: failing" "a=ok b=failing c=ok" "$(list_states)"
	says "$who: -l: failing: the last error" "$work/out" "Connection refused"
	sed -i "s/localhost:$closed_port/localhost:$ca_port/; s/b2.example.com/b.example.com/" "$conf"
	rm "$work/state"/*.json
	echo subjectAltName=DNS:a.example.com >"$work/ext"
	openssl req -new -key "$work/ssl/private/a.key" -subj / 2>/dev/null |
	    openssl x509 -req -signkey "$work/ssl/private/a.key" -days 0 -extfile "$work/ext" -out "$work/ssl/a.pem" 2>/dev/null
	cp "$work/ssl/a.pem" "$work/ssl/a.fullchain.pem"
	: >"$work/ssl/a.chain.pem"
	sleep 1
	run -l
	expect "-l: one has expired" 1
	same "$who: -l: expired, which is the first" "a" "$(sed -n 2p "$work/out" | awk '{ print $2 }')"
	run -l -J
	expect "-l -J" 1
	check "$who: -l -J: the schema" python3 -c "
import json, sys, time
o = json.load(open('$work/out'))
assert o['version'] == 1 and list(o) == ['version', 'time', 'certificates']
by = {c['handle']: c for c in o['certificates']}
assert list(by) == ['a', 'c', 'b'] or list(by) == ['a', 'b', 'c'], list(by)
for c in by.values():
    assert list(c) == ['handle', 'names', 'state', 'issuer', 'not_before', 'not_after', 'seconds_left', 'renewal', 'failures', 'last_success', 'last_error'], list(c)
    time.strptime(c['not_after'], '%Y-%m-%dT%H:%M:%SZ')
    time.strptime(c['renewal']['time'], '%Y-%m-%dT%H:%M:%SZ')
assert by['a']['state'] == 'expired' and by['a']['seconds_left'] <= 0
assert by['c']['names'] == ['c.example.com', 'x.example.com', 'y.example.com'] and by['c']['state'] == 'ok'
assert by['b']['issuer'].startswith('Pebble') and by['b']['last_error'] is None"
	terminal X=
	says "$who: -l: on a terminal: the life that is gone" "$work/out" "\[##########\] a "
	says "$who: -l: on a terminal: colour" "$work/out" "$(printf '\033\\[31mexpired')"
	terminal NO_COLOR=1
	same "$who: -l: NO_COLOR" 0 "$(grep -c "$(printf '\033')" "$work/out")"
	run -J a
	expect "-J without -l" 1
	run -l -r a
	expect "-l and -r" 1
	"$client" -l -f "$conf" >/dev/full 2>"$err"
	same "$who: -l: nowhere to write" 1 $?
}
closed_port=$(free_ports 1)
pebble_start || exit 1
every; urgent; unreachable; rests; lists
exit $failed
