# What monitors and people see of a run: the status file, and what -v says;
# against Pebble.
. "$here/lib.sh"
work_start
see=$work/see status_file=$work/see/acme.json

# seen NAME...: a domain section each, and a status file with the mode $mode
mode=
seen() {
	fresh
	for name in "$@"; do
		domain_write "$conf" "$name" "$name.example.com" ""
	done
	[ ! -d "$see" ] || rm -rf "$see"
	mkdir "$see"; chmod 755 "$see"
	echo "status file \"$status_file\" $mode" >>"$conf"
}
# of FILE EXPRESSION: of a list in JSON; c is its certificates by handle
of() {
	python3 - "$1" "$2" <<'END'
import json, sys
o = json.load(open(sys.argv[1]))
c = {r["handle"]: r for r in o["certificates"]}
print(eval(sys.argv[2]))
END
}
states() {
	of "$status_file" '" ".join(h + "=" + c[h]["state"] for h in sorted(c))'
}
# as_listed WHAT: the status file is what -l -J prints, but for the time
as_listed() {
	"$client" -l -J -f "$conf" >"$work/list" 2>"$err"
	check "$who: status: $1: as -l -J has it" python3 - "$work/list" \
	    "$status_file" <<'END'
import json, sys
def timeless(path):
    o = json.load(open(path))
    del o["time"]
    for c in o["certificates"]:
        c["seconds_left"] = c["seconds_left"] is not None
        if c["state"] in ("missing", "due"): c["renewal"]["time"] = "now"
    return o
listed, written = map(timeless, sys.argv[1:])
assert listed == written, "%s is not %s" % (written, listed)
END
}
mode_of() { stat -c %a "$status_file"; }

after_each_run() {
	seen a b
	acme a
	expect "status: one of two" 0
	same "$who: status: one of two: states" "a=ok b=missing" "$(states)"
	as_listed "one of two"
	same "$who: status: all may read it" 644 "$(mode_of)"
	same "$who: status: nothing else is there" acme.json "$(ls -A "$see")"
	check "$who: status: the time of the run" test "$(date -d \
	    "$(of "$status_file" 'o["time"]')" +%s)" -ge $(($(date +%s) - 60))
	run b
	expect "status: the other one" 0
	same "$who: status: the other one: states" "a=ok b=ok" "$(states)"
	touch -d 2000-01-01 "$status_file"
	run a
	expect "status: nothing due" 2
	check "$who: status: nothing due: written anew" \
	    test "$(stat -c %Y "$status_file")" -gt 1000000000
	first=$(of "$status_file" 'c["a"]["serial"]')
	run -F a
	expect "status: -F" 0
	check "$who: status: -F: another serial number" \
	    test "$first" != "$(of "$status_file" 'c["a"]["serial"]')"
	run -B a
	expect "status: -B" 0
	same "$who: status: -B: the first serial number" "$first" \
	    "$(of "$status_file" 'c["a"]["serial"]')"
	as_listed "-B"
	run -r a
	expect "status: -r" 0
	same "$who: status: -r: states" "a=missing b=ok" "$(states)"
	as_listed "-r"
	# What another machine has obtained.
	run a
	cp "$work/ssl/a.fullchain.pem" "$work/offered.pem"
	obtained=$(of "$status_file" 'c["a"]["serial"]')
	rm "$work/ssl"/a.*pem
	run b
	same "$who: status: before -i: states" "a=missing b=ok" "$(states)"
	run -i "$work/offered.pem" a
	expect "status: -i" 0
	same "$who: status: -i: states, serial number" "a=ok b=ok $obtained" \
	    "$(states) $(of "$status_file" 'c["a"]["serial"]')"
	rm -f "$work/ssl"/a.*pem
	# A run that fails, and one that fails before it can ask.
	kill -STOP $web_pid
	sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"
	run a
	kill -CONT $web_pid
	expect "status: the CA is away" 1
	same "$who: status: the CA is away: states" "a=failing b=ok" \
	    "$(states | sed 's/b=due/b=ok/')"
	says "$who: status: the CA is away: the error" "$status_file" \
	    '"last_error": ".*Connection refused'
	as_listed "the CA is away"
	sed -i "s/localhost:$closed_port/localhost:$ca_port/" "$conf"
	rm "$work/state"/*backoff.json "$work/state"/domain-a.json
	chmod 644 "$work/ssl/private/b.key"
	run a b
	expect "status: one fails" 1
	same "$who: status: one fails: states" "a=ok b=failing" "$(states)"
	chmod 600 "$work/ssl/private/b.key"
	run b
	expect "status: it does not fail any more" 2
	same "$who: status: it does not fail any more: states" "a=ok b=ok" \
	    "$(states)"
}

modes() {
	mode=0640; seen a; mode=
	acme a
	expect "status: mode 0640" 0
	same "$who: status: mode 0640: has it" 640 "$(mode_of)"
	[ "$(id -u)" = 0 ] || return 0
	# The monitor's group, by a directory that gives it to its files.
	chgrp 54321 "$see" && chmod 2755 "$see"
	run a
	expect "status: set-group-ID" 2
	same "root: status: set-group-ID: the group" "640 54321" \
	    "$(stat -c "%a %g" "$status_file")"
	check "root: status: the monitor reads it" setpriv --reuid=54322 \
	    --regid=54321 --clear-groups cat "$status_file"
	check "root: status: nobody else does" sh -c "! setpriv --reuid=54322 \
	    --regid=54322 --clear-groups cat '$status_file'"
	check "root: status: the monitor does not read the state" sh -c \
	    "! setpriv --reuid=54322 --regid=54321 --clear-groups \
	    ls '$work/state'"
}

# Whoever reads it while it is written finds a whole one.
atomic() {
	seen a b c d e f
	run a
	cat >"$work/reader.py" <<'END'
import json, os, sys
reads, seen = 0, set()
while not os.path.exists(sys.argv[2]):
    with open(sys.argv[1]) as f: seen.add(json.load(f)["time"])
    reads += 1
    if reads == 1: open(sys.argv[2] + ".begun", "w").close()
print(reads, len(seen))
END
	python3 "$work/reader.py" "$status_file" "$work/done" >"$work/reads" \
	    2>&1 &
	reader=$!
	for _i in $(seq 1000); do
		[ -e "$work/done.begun" ] && break
		sleep 0.05
	done
	for _i in 1 2 3 4 5 6 7 8; do run a; sleep 0.2; done
	: >"$work/done"
	wait $reader
	same "$who: status: read while it is written: status" 0 $?
	read -r reads times <"$work/reads"
	check "$who: status: read $reads times, $times different" \
	    test "$times" -ge 2
}

# Of two runs, the one that writes last has also looked last.
one_behind_the_other() {
	seen a b
	acme -a
	expect "status: two of them" 0
	lock=$work/state/.status-file.lock
	[ -e "$lock" ] || lock=$(find "$work/state" -name '*status*lock*')
	check "$who: status: it has a lock" test -f "$lock"
	mkfifo "$work/hold"
	flock "$lock" cat "$work/hold" >/dev/null &
	holder=$!
	exec 5>"$work/hold"
	run_started=$work/started
	set_off a
	# It waits for the lock, and has asked for nothing before.
	for _i in $(seq 2000); do
		[ -z "$(pgrep -P $run_pid certproc)" ] || break
		sleep 0.02
	done
	sleep 1
	rm "$work/ssl/b.pem" "$work/ssl/b.fullchain.pem"
	exec 5>&-
	wait $holder $run_pid
	same "$who: status: what was changed meanwhile" "a=ok b=missing" \
	    "$(states)"
	rm "$work/hold"
}

# It is about the run; an error in it is one of the run.
troubles() {
	seen a
	mkdir "$work/metrics"; chmod 755 "$work/metrics"
	echo "metrics file \"$work/metrics/acme.prom\"" >>"$conf"
	mkdir "$status_file"
	acme a
	expect "status: a directory is in its place" 1
	says "$who: status: a directory is in its place: said" "$err" \
	    "status file $status_file: is a directory; remove it, or name a"
	says "$who: status: ... and the metrics are written" \
	    "$work/metrics/acme.prom" '^acme_client_failures{handle="a"} 0'
	same "$who: status: ... and nothing is left" acme.json "$(ls -A "$see")"
	rmdir "$status_file"
	acme a
	expect "status: ... its way is free again" 0
	same "$who: status: with metrics" "a=ok" "$(states)"
	mv "$see" "$work/away"
	acme a
	expect "status: no directory" 1
	says "$who: status: no directory: which" "$err" "status file .*/see"
	mv "$work/away" "$see"
	rm -r "$work/metrics"
}

# -v: one line for all sandboxes, times, and what has become of all.
verbosely() {
	seen a b c
	run a
	run -v a b
	expect "-v" 0
	same "$who: -v: one line for the sandboxes" 1 \
	    "$(grep -c sandbox "$err")"
	says "$who: -v: of whom, and of which layers" "$err" \
	    "^acme-client: sandboxes: netproc, dnsproc, keyproc, csrproc," \
	    "chngproc, certproc, fileproc: seccomp, no_new_privs, limits," \
	    "\(NO \)*Landlock"
	says "$who: -v: how long one took" "$err" \
	    "^acme-client: b: changed after [0-9]*\.[0-9][0-9] seconds\$"
	same "$who: -v: what has become of all" \
	    "acme-client: 1 changed, 1 unchanged, 0 failed in N seconds" \
	    "$(tail -n 1 "$err" | sed 's/ [0-9]*\.[0-9][0-9] / N /')"
	sed -i '/^status file/d' "$conf"
	chmod 644 "$work/ssl/private/b.key"
	run -v -F a b c
	expect "-v: one fails" 1
	says "$who: -v: one fails: the parent's sandbox, too" "$err" \
	    "^acme-client: sandboxes: parent, netproc, "
	says "$who: -v: one fails: which" "$err" \
	    "^acme-client: b: failed after "
	same "$who: -v: one fails: what has become of all" \
	    "acme-client: 2 changed, 0 unchanged, 1 failed in N seconds" \
	    "$(tail -n 1 "$err" | sed 's/ [0-9]*\.[0-9][0-9] / N /')"
	chmod 600 "$work/ssl/private/b.key"
	run -vv a
	check "$who: -vv: each process says its own" test \
	    "$(grep -c 'proc: sandbox: .*seccomp' "$err")" -ge 2
	run a
	same "$who: without -v: silent" "" "$(cat "$err" "$work/out")"
}

# have_promtool: Debian's, unpacked where it is not installed
have_promtool() {
	[ -n "$promtool" ] || {
		promtool=$(command -v promtool) || {
			(cd "$work" && apt-get -o APT::Sandbox::User= \
			    download prometheus >/dev/null &&
			    dpkg -x prometheus_*.deb unpacked) 2>/dev/null
			promtool=$work/unpacked/usr/bin/promtool
		}
	}
	[ -x "$promtool" ]
}
promtool=
# series METRIC INSTANCE VALUE [HANDLE]: for promtool, for days
series() {
	_labels="instance=\"$2\",handle=\"${4:-}\""
	echo "      - series: 'acme_client_$1{$_labels}'"
	echo "        values: '$3x600'"
}
# What etc/monitoring asks for is what the metrics file has.
monitoring() {
	seen a
	sed -i '/^status file/d' "$conf"
	echo "metrics file \"$see/acme.prom\"" >>"$conf"
	run a
	expect "monitoring: metrics" 0
	for _f in acme-client.rules.yml grafana.json; do
		same "$who: monitoring: $_f: each metric exists" "" \
		    "$(grep -o 'acme_client_[a-z_]*' "$top/etc/monitoring/$_f" |
		        sort -u | while read -r _metric; do
			grep -q "^# TYPE $_metric gauge" "$see/acme.prom" ||
			    echo "$_metric"
		    done)"
	done
	same "$who: monitoring: grafana.json: has all metrics" "" \
	    "$(sed -n 's/^# TYPE \([a-z_]*\) gauge/\1/p' "$see/acme.prom" |
	        while read -r _metric; do
			grep -q "$_metric" "$top/etc/monitoring/grafana.json" ||
			    echo "$_metric"
		done)"
	check "$who: monitoring: grafana.json: panels" python3 -c "
import json
d = json.load(open('$top/etc/monitoring/grafana.json'))
assert len({p['id'] for p in d['panels']}) == len(d['panels']) > 5
assert all(t['expr'] for p in d['panels'] for t in p['targets'])"
	have_promtool || {
		skip "$who: monitoring: rules: no promtool to be had"
		return
	}
	check "$who: monitoring: metrics: promtool" sh -c \
	    "'$promtool' check metrics <'$see/acme.prom'"
	check "$who: monitoring: rules: promtool" "$promtool" check rules \
	    "$top/etc/monitoring/acme-client.rules.yml"
	# Two days of a host on which all goes wrong, and of one that is well.
	cat >"$work/alerts.yml" <<END
rule_files: ["$top/etc/monitoring/acme-client.rules.yml"]
evaluation_interval: 10m
tests:
  - interval: 10m
    input_series:
END
	{
		series last_run_timestamp_seconds bad 0
		series expiry_timestamp_seconds bad 0 none
		series expiry_timestamp_seconds bad 60 old
		series renewal_timestamp_seconds bad 30 old
		series last_error bad 1 old
		series change_pending bad 1 old
		series last_run_timestamp_seconds good 0+600
		series expiry_timestamp_seconds good 9999999 a
		series renewal_timestamp_seconds good 6666666 a
		series last_error good 0 a
		series change_pending good 0 a
	} >>"$work/alerts.yml"
	cat >>"$work/alerts.yml" <<END
    promql_expr_test:
      - expr: 'count by (alertname, instance) (ALERTS{alertstate="firing"})'
        eval_time: 3d
        exp_samples:
END
	for _alert in DoesNotRun NoCertificate Expired RenewalOverdue Failing \
	    ChangePending; do
		_labels="alertname=\"AcmeClient$_alert\",instance=\"bad\""
		echo "          - labels: '{$_labels}'"
		echo "            value: 1"
	done >>"$work/alerts.yml"
	check "$who: monitoring: rules: which alerts fire" "$promtool" \
	    test rules "$work/alerts.yml"
	sed -i '/input_series/,/promql_expr_test/{/series:/d;/values:/d}' \
	    "$work/alerts.yml"
	sed -i '/exp_samples/,$d; s/input_series:/input_series: []/' \
	    "$work/alerts.yml"
	cat >>"$work/alerts.yml" <<END
        exp_samples:
          - labels: '{alertname="AcmeClientNoMetrics"}'
            value: 1
END
	check "$who: monitoring: rules: no host" "$promtool" test rules \
	    "$work/alerts.yml"
}

# Where stderr is the journal, lines have priorities.
# journaled STREAM OPTION...: a run whose JOURNAL_STREAM is this
journaled() {
	_stream=$1; shift
	: >"$work/journal"
	[ "$_stream" ] || _stream=$(stat -c %d:%i "$work/journal")
	JOURNAL_STREAM=$_stream "$client" -f "$conf" "$@" 2>>"$work/journal"
	status=$?
}
# errors: how many of its lines are errors
errors() { grep -c '^<3>' "$work/journal"; }
unmarked() { grep -vc '^<[3-7]>acme-client: ' "$work/journal"; }
journal() {
	seen a
	printf '#!/bin/sh\necho "<0>from a program"\n' >"$work/program"
	chmod 755 "$work/program"
	echo "on change $work/program" >>"$conf"
	journaled "" -v a
	same "$who: journal: -v: status, lines without priority" "0 0" \
	    "$status $(unmarked)"
	says "$who: journal: -v" "$work/journal" \
	    "^<6>acme-client: certproc: a: installed a certificate"
	says "$who: journal: -v: the parent's line" "$work/journal" \
	    "^<6>acme-client: 1 changed, 0 unchanged"
	says "$who: journal: what a program prints" "$work/journal" \
	    "^<4>acme-client: .*program.*: <0>from a program\$"
	journaled "" -vv -F a
	same "$who: journal: -vv: status, lines without priority" "0 0" \
	    "$status $(unmarked)"
	says "$who: journal: -vv" "$work/journal" "^<7>acme-client: netproc: "
	journaled 0:1 -v -F a
	same "$who: journal: another file: no line has one" "0 0" \
	    "$status $(grep -c '^<' "$work/journal")"
	sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"
	journaled "" -F a
	same "$who: journal: an error: status, lines without priority" "1 0" \
	    "$status $(unmarked)"
	says "$who: journal: an error" "$work/journal" \
	    "^<3>acme-client: netproc: a: .*refused"
	journaled "" b
	says "$who: journal: an error of the parent" "$work/journal" \
	    "^<3>acme-client: b: there is no such domain"
	journaled "" -n
	says "$who: journal: -n" "$work/journal" \
	    "^<6>acme-client: configuration OK"
	# A role that forges priorities and lines.
	cp -r "$(dirname "$client")" "$work/forged"
	rm "$work/forged/fileproc"
	cat >"$work/forged/fileproc" <<'END'
#!/bin/sh
printf '<0>zero\n<9>nine\n<5>five\n<3><1>more\n<11>eleven\n< 1>x\n<4>' >&2
printf 'a\r<0>b\n<2\n' >&2
exit 1
END
	chmod 755 "$work/forged/fileproc"
	_client=$client client=$work/forged/acme-client
	journaled "" a
	client=$_client
	same "$who: journal: a role that forges: each line as it should be" \
	    "<3>zero <3>nine <5>five <3><1>more <3><11>eleven <3>< 1>x \
<4>a <0>b <3><2" "$(sed -n 's/^\(<.>\)acme-client: fileproc: /\1/p' \
	    "$work/journal" | head -n 8 | xargs)"
	same "$who: journal: a role that forges: no other lines" 0 \
	    "$(unmarked)"
}

# What nothing fails because of is a warning, whoever says it.
warnings_in_journal() {
	seen a
	printf '#!/bin/sh\nseq 500\n' >"$work/program"
	echo "on change $work/program" >>"$conf"
	journaled "" -v a
	same "$who: journal: a long text: status, errors" "0 0" \
	    "$status $(errors)"
	says "$who: journal: a long text" "$work/journal" \
	    "^<4>acme-client: .*program.*: [0-9]* more lines"
	head -c 5000000 /dev/zero >"$work/state/domain-a.new.pem"
	journaled "" -F a
	same "$who: journal: a saved chain that is too long: status, errors" \
	    "0 0" "$status $(errors)"
	says "$who: journal: a saved chain that is too long" "$work/journal" \
	    "^<4>acme-client: certproc: a: .*new.pem: .*; left as it is"
	# The configuration's reader, advice about programs and directories.
	chmod 777 "$see"
	echo "on change \"$work/none\" a\"b" >>"$conf"
	journaled "" -n
	same "$who: journal: -n, warnings: status, lines of no warning" "0 1" \
	    "$status $(grep -vc '^<4>acme-client: ' "$work/journal")"
	for _words in "a.b: has a quote in it" "on change $work/none: No such" \
	    "status file: .*$see: everyone can replace files there"; do
		says "$who: journal: -n: $_words" "$work/journal" \
		    "^<4>acme-client: .*$_words"
	done
	# The parent, before a rollover; and respproc, whom nobody has asked.
	seen a
	run a
	sed -i "s|challengedir .*|challenge http-01 stateless|" "$conf"
	journaled "" -K test >/dev/null
	same "$who: journal: -K: status, errors" "0 0" "$status $(errors)"
	says "$who: journal: -K" "$work/journal" \
	    "^<4>acme-client: -K test: the web servers of a respond with"
	seen a
	sed -i "s|challengedir .*|listen on 127.0.0.1 port $closed_port|" \
	    "$conf"
	journaled "" a
	same "$who: journal: responses that nobody asks for: status" 1 $status
	says "$who: journal: responses that nobody asks for" "$work/journal" \
	    "^<4>acme-client: respproc: a: 1 of 1 responses were never"
}

# README's list is what -l prints, but for numbers and one path.
readme() {
	fresh
	conf_write "$conf"
	domain_write "$conf" example.com example.com www.example.com
	domain_write "$conf" shop shop.example ""
	domain_write "$conf" mail mail.example ""
	run example.com
	same "$who: README: example.com" 0 $status
	mv "$work/www" "$work/away"
	run shop
	same "$who: README: shop" 1 $status
	run -l
	mv "$work/away" "$work/www"
	same "$who: README's list is what -l prints" \
	    "$(sed -n '/^        STATE/,/^$/s/^        //p' "$top/README.md" |
		tr 0-9 0)" \
	    "$(sed "s|$work/www|/var/www/acme|" "$work/out" | tr 0-9 0)"
}

closed_port=$(free_ports 1)
pebble_start || exit 1
after_each_run; modes; atomic; one_behind_the_other; troubles
verbosely; journal; warnings_in_journal; monitoring; readme
exit $failed
