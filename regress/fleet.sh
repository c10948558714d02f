# Many certificates in one run, against Pebble: every handle, the most urgent
# first, no more than so many, and one authority's trouble.
. "$here/lib.sh"
work_start

# fleet NAME...: a domain section each
fleet() {
	fresh
	for name in "$@"; do
		domain_write "$conf" "$name" "$name.example.com" ""
	done
}
# away HANDLE: signed by an authority that is not there
away() {
	sed -n '/^authority/,/^}/p' "$conf" |
	    sed -e 's/^authority test/authority away/' \
	    -e "s/account.pem/away.pem/; s/:$ca_port/:$closed_port/" >>"$conf"
	sed -i "/^domain \"$1\"/a sign with away" "$conf"
}
installed() {
	sed -n 's/.*certproc: \([a-z0-9]*\): installed .*/\1/p' "$err" | xargs
}

every() {
	fleet a b c
	acme -j 1 -a
	expect "-a: all of them" 0
	same "$who: -a: installed" "a b c" "$(installed)"
	same "$who: -a: one connection" 1 "$(grep -c "connected to" "$err")"
	acme -a
	expect "-a: nothing due" 2
	same "$who: -a: nothing due: no connection" 0 \
	    "$(grep -c "connected to" "$err")"
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
	same "$who: -a: one fails: the others do not" "a c" \
	    "$(installed | xargs -n 1 | sort | xargs)"
	chmod 600 "$work/ssl/private/b.key"
	# A run that fails reports no change: the next one does.
	acme -a
	expect "-a: and works again" 0
	same "$who: -a: what the failed run had changed" "a c" \
	    "$(sed -n \
	        's/.*certproc: \(.\): an earlier run has .*report.*/\1/p' \
	        "$err" |
	        sort | xargs)"
	acme -a
	expect "-a: nothing to do" 2
}

# Handles without a certificate come first, then the certificates in the order
# in which they expire.
urgent() {
	fleet a b c d
	# An end is known to the second.
	for name in b c a; do acme $name; sleep 1.1; done
	acme -j 1 -F -a
	expect "urgency: renewed" 0
	same "$who: urgency: by the end of what is installed" "d b c a" \
	    "$(installed)"
	fleet a b c
	acme -j 1 -m 2 -a
	expect "-m: two of three" 0
	same "$who: -m: two of three: installed" "a b" "$(installed)"
	says "$who: -m: the third is left" "$err" "c: left for another run"
	acme -m 2 -a
	expect "-m: the third" 0
	same "$who: -m: the third: installed" "c" "$(installed)"
	# An authority after the other, and no more orders in all.
	fleet a b
	sed -n '/^authority/,/^}/p' "$conf" |
	    sed 's/^authority test/authority other/; s/account.pem/other.pem/' \
	    >>"$conf"
	domain_more="sign with other"
	for name in c d; do
		domain_write "$conf" $name $name.example.com ""
	done
	domain_more=
	acme -j 1 -m 3 -a
	expect "-m 3, two authorities" 0
	same "$who: -m 3, two authorities: installed" "a b c" "$(installed)"
	acme -j 1 -m 3 -a
	same "$who: -m 3, two authorities: the last one" "d" "$(installed)"
	run -m 0 -a
	expect "-m 0" 1
	says "$who: -m 0: what is expected" "$err" "expected a number from 1"
}

# until_said N PATTERN: so many lines are in the log
until_said() {
	for _i in $(seq 1000); do
		[ "$(grep -c "$2" "$err")" -ge "$1" ] && return 0
		sleep 0.05
	done
	fail "$who: not $1 times: $2"
}

several() {
	names=$(printf 'h%02d ' $(seq 12))
	fleet $names
	acme -j 3 -a
	expect "-j 3" 0
	same "$who: -j 3: connections" 3 "$(grep -c "connected to" "$err")"
	same "$who: -j 3: one account" 1 \
	    "$(grep -c "registering a new account" "$err")"
	same "$who: -j 3: each is installed once" "$(echo $names | xargs)" \
	    "$(installed | xargs -n 1 | sort | xargs)"
	for name in $names; do
		check "$who: -j 3: $name" \
		    verified "$work/ssl/$name.fullchain.pem"
	done
	acme -j 16 -F h01 h02
	expect "-j 16 for two" 0
	same "$who: -j 16 for two: connections" 2 \
	    "$(grep -c "connected to" "$err")"
	run -j 17 -a
	expect "-j 17" 1
	says "$who: -j 17: what is expected" "$err" \
	    "expected a number from 1 to 16"

	# One worker is killed while each of them has a job.
	rm "$work/ssl"/*.pem "$work/state"/domain-*.json
	kill -STOP $web_pid
	set_off -j 4 -a
	until_said 4 "netproc: .*: order https"
	same "$who: a worker is killed: there are four" 4 \
	    "$(workers_of | wc -w)"
	kill -KILL $(workers_of | cut -d' ' -f2)
	until_said 1 \
	    "netproc (worker .) was killed by signal 9.*; the others go on"
	kill -CONT $web_pid
	wait $run_pid; status=$?
	expect "a worker is killed" 1
	same "$who: a worker is killed: the others' jobs" 11 \
	    "$(installed | wc -w)"
	words="netproc has ended while it worked on this certificate"
	same "$who: a worker is killed: its job" 1 \
	    "$(grep -c "certproc: h..: $words" "$err")"
	clean_www "a worker is killed"
	acme -a
	expect "a worker is killed: the next run" 0
	same "$who: a worker is killed: the next run: installed" 1 \
	    "$(installed | wc -w)"

	# A lock each, and a shell's usual limit may be lower than that.
	fleet $(printf 'h%02d ' $(seq 60))
	(ulimit -Sn 48; exec "$client" -v -a -f "$conf") 2>"$err"; status=$?
	expect "more handles than open files, by default" 0
	same "$who: more handles than open files, by default: installed" 60 \
	    "$(installed | wc -w)"

	# The first one, before there is an account; then the CA answers.
	fleet a b c
	kill -STOP $pebble_pid
	set_off -v -j 3 -a
	until_said 4 "proc: sandbox"
	until_workers 3
	kill -KILL $(workers_of | cut -d' ' -f1)
	until_said 1 "netproc was killed by signal 9.*; the others go on"
	kill -CONT $pebble_pid
	wait $run_pid; status=$?
	expect "the first worker is killed" 1
	same "$who: the first worker is killed: the others' jobs" 2 \
	    "$(installed | wc -w)"
	same "$who: the first worker is killed: one account" 1 \
	    "$(grep -c "registering a new account" "$err")"

	# There can be no account: that is asked once, and said of each.
	authority_more='contact "tel:+123456"'
	fleet a b c d
	authority_more=
	acme -j 3 -a
	expect "no account" 1
	same "$who: no account: asked once" 1 \
	    "$(grep -c "netproc: [abcd]: .*contact" "$err")"
	same "$who: no account: said of each" 4 "$(without_account)"

	# Each of them is told at which hosts it may ask about revocation.
	domain_more="check revocation"
	fleet a b c
	domain_more=
	acme -j 3 -a
	expect "check revocation, -j 3" 0
	same "$who: check revocation, -j 3: connections" 3 \
	    "$(grep -c "connected to" "$err")"

	# All of them.
	fleet a b c
	kill -STOP $pebble_pid
	set_off -j 2 -a
	until_workers 2
	kill -KILL $(workers_of)
	wait $run_pid; status=$?
	expect "all workers are killed" 1
	says "$who: all workers are killed: why" "$err" \
	    "netproc.* was killed by signal 9, Killed: [^;]*;" \
	    "see the kernel's log$"
	kill -CONT $pebble_pid
}

# An authority that cannot be reached is asked once, not once for each
# certificate.
unreachable() {
	fleet a b c
	acme a
	saved=$ca_port
	sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"
	acme -F -a
	expect "authority away, -F" 1
	same "$who: authority away, -F: tried for each" 3 \
	    "$(grep -c "netproc: .*Connection refused" "$err")"
	rm "$work/state"/*.json
	acme -j 1 -a
	expect "authority away" 1
	same "$who: authority away: tried once" 1 \
	    "$(grep -c "netproc: .*Connection refused" "$err")"
	says "$who: authority away: the next one is left alone" "$err" \
	    "c: authority test is not tried again before .*Connection" \
	    "refused.*-F tries now"
	acme -a
	expect "authority away: again" 1
	same "$who: authority away: again: not tried" 0 \
	    "$(grep -c "netproc: " "$err")"
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
	same "$who: rest: no key is read" 0 \
	    "$(grep -c "csrproc: sandbox" "$err")"
	says "$who: rest: until when" "$err" "a: nothing to do before 20"
	touch "$work/ssl/private/a.key"
	acme -a
	expect "rest: a key is touched" 2
	same "$who: rest: a key is touched: read" 1 \
	    "$(grep -c "csrproc: sandbox" "$err")"
	acme -a
	same "$who: rest: and not read again" 0 \
	    "$(grep -c "csrproc: sandbox" "$err")"
	for change in "truncate -s 100 $work/ssl/a.pem" \
	    "rm $work/ssl/a.chain.pem" "cp $work/ssl/b.pem $work/ssl/a.pem" \
	    "mv $work/ssl/private/a.key $work/ssl/private/old.key" \
	    "sed -i s/a.example.com/c.example.com/ $conf" \
	    "rm $work/ssl/a.pem $work/ssl/a.fullchain.pem"; do
		$change
		acme -a
		expect "rest: $change: put right" 0
		rm -f "$work/ssl/private/old.key"
		acme -a; acme -a
		expect "rest: $change: and rests again" 2
		same "$who: rest: $change: no key is read" 0 \
		    "$(grep -c "csrproc: sandbox" "$err")"
	done
	chmod 644 "$work/ssl/private/a.key"
	acme a
	expect "rest: a key that all can read" 1
	chmod 600 "$work/ssl/private/a.key"
	acme -F a
	expect "rest: -F" 0
}
# list_states: of -l, sorted by handle
list_states() {
	sed 1d "$work/out" | grep -v '^        ' | sed 's/\(\[[.#]*\] \)//' |
	    awk '{ print $2 "=" $1 }' | sort | xargs
}
terminal() {	# terminal [VARIABLE]: of -l on one
	env -i $1 python3 \
	    -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -l -f "$conf" </dev/null >"$work/out" 2>"$err"
}

serial_of() {	# serial_of FILE: as -l -J has it
	openssl x509 -noout -serial -in "$1" | cut -d= -f2 |
	    tr A-F a-f
}
lists() {
	fleet a b
	domain_write "$conf" c c.example.com "x.example.com y.example.com"
	acme a; acme b
	find "$work/state" "$work/ssl" -type f | grep -v "lock$" | sort |
	    xargs sha256sum >"$work/before"
	run -l
	expect "-l: one is missing" 2
	same "$who: -l: states" "a=ok b=ok c=missing" "$(list_states)"
	says "$who: -l: names" "$work/out" "c.example.com and 2 more "
	says "$who: -l: when and why" "$work/out" "now, there is no certificate"
	same "$who: -l: no colour in a file" 0 \
	    "$(grep -c "$(printf '\033')" "$work/out")"
	same "$who: -l: no bar in a file" 0 "$(grep -c '\[[.#]' "$work/out")"
	find "$work/state" "$work/ssl" -type f | grep -v "lock$" | sort |
	    xargs sha256sum >"$work/after"
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
	away b
	acme b
	run -l
	expect "-l: it fails" 1
	same "$who: -l: failing" "a=ok b=failing c=ok" "$(list_states)"
	says "$who: -l: failing: the last error" "$work/out" \
	    "Connection refused"
	sed -i "/^sign with away/d; s/b2.example.com/b.example.com/" "$conf"
	rm "$work/state"/*.json
	echo subjectAltName=DNS:a.example.com >"$work/ext"
	openssl req -new -key "$work/ssl/private/a.key" -subj / 2>/dev/null |
	    openssl x509 -req -signkey "$work/ssl/private/a.key" -days 0 \
	    -extfile "$work/ext" -out "$work/ssl/a.pem" 2>/dev/null
	cp "$work/ssl/a.pem" "$work/ssl/a.fullchain.pem"
	: >"$work/ssl/a.chain.pem"
	sleep 1
	run -l
	expect "-l: one has expired" 1
	same "$who: -l: expired, which is the first" "a" \
	    "$(sed -n 2p "$work/out" | awk '{ print $2 }')"
	run -l -J
	expect "-l -J" 1
	check "$who: -l -J: the schema" python3 -c "
import json, sys, time
o = json.load(open('$work/out'))
assert o['version'] == 1 and list(o) == ['version', 'time', 'certificates']
by = {c['handle']: c for c in o['certificates']}
assert list(by) == ['a', 'c', 'b'] or list(by) == ['a', 'b', 'c'], list(by)
for c in by.values():
    assert list(c) == ['handle', 'names', 'state', 'issuer', 'not_before',
        'not_after', 'seconds_left', 'renewal', 'failures', 'last_success',
        'last_error', 'change_pending', 'authority', 'serial', 'paths'], \
        list(c)
    assert list(c['paths']) == ['key', 'certificate', 'chain', 'full_chain',
        'combined'], c['paths']
    assert c['authority'] == 'test', c['authority']
    time.strptime(c['not_after'], '%Y-%m-%dT%H:%M:%SZ')
    time.strptime(c['renewal']['time'], '%Y-%m-%dT%H:%M:%SZ')
assert by['a']['state'] == 'expired' and by['a']['seconds_left'] <= 0
assert by['c']['state'] == 'ok'
assert by['c']['names'] == [x + '.example.com' for x in ('c', 'x', 'y')]
assert by['b']['issuer'].startswith('Pebble') and by['b']['last_error'] is None
assert by['b']['serial'] == '$(serial_of "$work/ssl/b.pem")', by['b']['serial']
assert by['b']['paths'] == {'key': '$work/ssl/private/b.key',
    'certificate': '$work/ssl/b.pem', 'chain': '$work/ssl/b.chain.pem',
    'full_chain': '$work/ssl/b.fullchain.pem', 'combined': None}, by['b']
"
	# What is not UTF-8 costs no more than itself.
	latin=$(printf '\351')
	sed "s|/a\.pem|/$latin.pem|" "$conf" >"$work/latin.conf"
	"$client" -l -J -f "$work/latin.conf" >"$work/out" 2>"$err"
	same "$who: -l -J: a path that is not UTF-8" \
	    "$work/ssl/\\xe9.pem" \
	    "$(python3 -c "
import json
for c in json.load(open('$work/out'))['certificates']:
    if c['handle'] == 'a': print(c['paths']['certificate'])")"
	terminal COLUMNS=120
	says "$who: -l: on a terminal: the life that is gone" "$work/out" \
	    "\[##########\] a "
	says "$who: -l: on a terminal: colour" "$work/out" \
	    "$(printf '\033\\[31mexpired')"
	terminal NO_COLOR=1
	same "$who: -l: NO_COLOR" 0 "$(grep -c "$(printf '\033')" "$work/out")"
	terminal NO_COLOR=
	says "$who: -l: NO_COLOR, but empty" "$work/out" \
	    "$(printf '\033\\[31mexpired')"
	run -J a
	expect "-J without -l" 1
	run -l -r a
	expect "-l and -r" 1
	for option in -l -lJ -lv; do
		"$client" $option -f "$conf" >/dev/full 2>"$work/said"
		same "$who: $option: nowhere to write" 1 $?
		# With -v, other lines follow.
		sed -i '/ sandboxes: /d' "$work/said"
		same "$who: $option: nowhere to write: what is said" \
		    "acme-client: certproc: standard output: cannot write the \
list: No space left on device" "$(cat "$work/said")"
	done
}
# metric NAME HANDLE: its value
metric() {
	sed -n "s/^acme_client_$1{handle=\"$2\"[^}]*} //p" \
	    "$work/metrics/acme.prom"
}

measures() {
	fleet a b
	rm -rf "$work/metrics"; mkdir "$work/metrics"; chmod 755 "$work/metrics"
	echo "metrics file \"$work/metrics/acme.prom\"" >>"$conf"
	before=$(date +%s)
	acme a
	expect "metrics: one of two" 0
	check "$who: metrics: others may read them" \
	    sh -c "[ $(stat -c %a "$work/metrics/acme.prom") = 644 ]"
	same "$who: metrics: nothing else is there" acme.prom \
	    "$(ls -A "$work/metrics")"
	same "$who: metrics: expiry" \
	    "$(date -d \
	        "$(openssl x509 -noout -enddate -in "$work/ssl/a.pem" |
	            cut -d= -f2)" \
	        +%s)" \
	    "$(metric expiry_timestamp_seconds a)"
	same "$who: metrics: none of the other" 0 \
	    "$(metric expiry_timestamp_seconds b)"
	check "$who: metrics: success" \
	    test "$(metric last_success_timestamp_seconds a)" -ge "$before"
	check "$who: metrics: renewal" \
	    test "$(metric renewal_timestamp_seconds a)" -gt "$before"
	seconds=$(metric run_seconds a)
	check "$who: metrics: run time" sh -c \
	    "expr '$seconds' : '[0-9]*[.][0-9][0-9][0-9]\$' &&
	    [ '$seconds' != 0.000 ]"
	same "$who: metrics: no error" 0 "$(metric last_error a)"
	away b
	acme b
	expect "metrics: the CA is away" 1
	says "$who: metrics: the error's class" "$work/metrics/acme.prom" \
	    'last_error{handle="b",class="authority"} 1'
	same "$who: metrics: the error's number" 1 "$(metric failures b)"
	acme a
	expect "metrics: nothing due" 2
	says "$who: metrics: of all, whatever was asked for" \
	    "$work/metrics/acme.prom" \
	    'last_error{handle="b",class="authority"} 1'
	check "$who: metrics: the format" \
	    python3 - "$work/metrics/acme.prom" <<'END'
import re, sys
kinds, seen = {}, set()
for line in open(sys.argv[1]):
    if m := re.fullmatch(r"# (HELP|TYPE) (\w+) (.+)\n", line):
        assert m[1] == "HELP" or m[3] == "gauge"
        kinds.setdefault(m[2], []).append(m[1])
    else:
        m = re.fullmatch(r'(\w+)(\{[^}]*\})? ([0-9.]+)\n', line)
        assert m and kinds[m[1]] == ["HELP", "TYPE"], line
        assert m[1] + (m[2] or "") not in seen, line
        seen.add(m[1] + (m[2] or ""))
assert len(seen) == 1 + 7 * 2, seen
END
	chmod 555 "$work/metrics"; mv "$work/metrics" "$work/away"
	acme a
	expect "metrics: no directory" 1
	says "$who: metrics: no directory: which" "$err" \
	    "metrics file .*/metrics"
	rm -rf "$work/away"
}

# A line that tells how far the run is, and that on a terminal only.
shows_progress() {
	fleet a b c
	TERM=xterm python3 \
	    -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -a -f "$conf" </dev/null >"$work/out" 2>"$err"
	says "$who: progress: on a terminal" "$work/out" \
	    "[12] of 3 done, 0 failed, [012] in work, [012] left"
	same "$who: progress: gone in the end" "$(printf '\r\033[K')" \
	    "$(tail -c 4 "$work/out")"
	TERM=xterm python3 \
	    -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -F -f "$conf" a b </dev/null >"$work/out" 2>"$err"
	same "$who: -F: on a terminal, it is said what was installed" "a b" \
	    "$(tr -d '\r' <"$work/out" | sed -n 's/^acme-client: -F: //p' |
	        sed -n 's/: installed a new certificate$//p' | sort | xargs)"
	run -F a
	same "$who: -F: silent without a terminal" "0 " "$status $(cat "$err")"
	# What is said meanwhile stands on lines of its own.
	fleet a b c d
	kill -STOP $web_pid
	TERM=xterm python3 \
	    -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -a -j 2 -f "$conf" </dev/null >"$work/out" 2>"$err" &
	run_pid=$!
	until_responses 2
	kill -KILL "$(pgrep -P "$(pgrep -P $run_pid)" netproc | head -n 1)"
	sleep 0.5
	kill -CONT $web_pid
	wait $run_pid; status=$?
	expect "progress: a worker is killed" 1
	says "$who: progress: a worker is killed: said" "$work/out" \
	    "was killed by signal 9.*; the others go on"
	same "$who: progress: a worker is killed: on its own line" 0 \
	    "$(grep -c "leftacme-client" "$work/out")"
	fleet a b
	TERM=dumb python3 \
	    -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
	    "$client" -a -f "$conf" </dev/null >"$work/out" 2>"$err"
	same "$who: progress: none where the terminal cannot erase a line" \
	    "0 0" "$? $(grep -c "$(printf '\033')" "$work/out")"
	fleet a b
	run -a
	expect "progress: not on a terminal" 0
	same "$who: progress: not on a terminal: silent" "" \
	    "$(cat "$work/out" "$err")"
}

closed_port=$(free_ports 1)
pebble_start || exit 1
every; several; urgent; unreachable; rests; lists; measures; shows_progress
exit $failed
