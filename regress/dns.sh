# Challenges in the DNS: Pebble issues by records that hooks put into a real
# BIND, and by records that stand.
section=dns
. "$here/lib.sh"
. "$here/setup.sh"
. "$here/dns-lib.sh"
# Before the namespaces: it comes from the package mirror.
[ "${dns_inside:-}" != "" ] || {
	dns_newer=$(newer_pebble "${newer_pebble:-$run/newer-pebble}") ||
	    dns_newer=
	export dns_newer
}
dns_namespaces
dns_begin || { fail "dns: no BIND: $(tail -n 2 "$work"/*/log)"; exit 1; }
pebble_dns_start ||
    { fail "dns: no Pebble: $(tail -n 2 "$work/pebble.log")"; exit 1; }
mkdir -p "$work/www"
hook=$top/etc/hooks/nsupdate
records="_acme-challenge.example.test _acme-challenge.www.example.test"
records="$records alias.elsewhere.test _acme-challenge.delegated.test"
left() { for _name in $records; do texts $_name; done; }
# by_dns "NAMES" [LINE ...]: a fresh configuration with these names, and lines
# in its domain
by_dns() {
	fresh
	[ -z "${top_more:-}" ] || printf '%b' "$top_more" >>"$conf"
	{
		cat <<END
domain w {
	domain name ${1%% *}
	alternative names { ${1#* } }
	domain key "$work/ssl/private/w.key"
	domain certificate "$work/ssl/w.pem"
	domain full chain certificate w.fullchain.pem
END
		shift
		printf '%s\n' "$@"
		echo '}'
	} >>"$conf"
}
# Until the CA's resolver no longer says what it was told in the run before:
# its cache keeps that for a second.
forgotten() { sleep 2; }
names="example.test *.example.test www.example.test alias.example.test"
names="$names delegated.test"
dns01="challenge dns-01
challenge hook $hook"

# The whole of it: an apex and its wildcard, an alias, a delegated zone.
by_dns "$names" "$dns01"
acme w; expect "dns-01" 0
same "dns: dns-01: names" "$(printf '%s\n' $names | sort | tr '\n' ' ')" \
    "$(sans "$work/ssl/w.fullchain.pem")"
check "dns: dns-01: full chain leads to the root" \
    verified "$work/ssl/w.fullchain.pem"
same "dns: dns-01: no record is left" "" "$(left)"
same "dns: dns-01: nothing is put before all is known" 5 \
    "$(grep -c 'challenge hook .* begin' "$err")"
same "dns: dns-01: what was begun is ended" 5 \
    "$(grep -c 'challenge hook .* end' "$err")"
says "dns: dns-01: waits for the zone of the alias" "$err" \
    "_acme-challenge.alias.example.test: all name servers of elsewhere.test" \
    "have it"
says "dns: dns-01: waits for the delegated zone" "$err" \
    "all name servers of _acme-challenge.delegated.test have it"
same "dns: dns-01: no file is written for a job without directory" "" \
    "$(ls "$work/www")"
run w; expect "dns-01: nothing due" 2
forgotten
acme -F w; expect "dns-01: renewed" 0
same "dns: dns-01: renewed: no record is left" "" "$(left)"

# Nobody is asked.
forgotten
top_more='dns wait 0\n' by_dns "example.test *.example.test" "$dns01"
acme w; expect "dns-01, dns wait 0" 0
same "dns: dns wait 0: zoneproc is not started" 0 "$(grep -c zoneproc "$err")"
# Other servers are asked: the primary alone.
forgotten
top_more='dns server 127.0.0.2\n' by_dns "example.test *.example.test" "$dns01"
kill -STOP $secondary_pid
acme w; expect "dns-01, dns server" 0
kill -CONT $secondary_pid
says "dns: dns server: those of the configuration are asked" "$err" \
    "all name servers of the configuration have it"

top_more='dns server 127.0.0.2\ndns wait 1\n' by_dns "example.test" \
    "challenge dns-01" "challenge hook /bin/true"
acme w; expect "dns server without the record" 1
says "dns: dns server without the record: whose it is" "$err" \
    "not all name servers of the configuration have the TXT record"

# A server that is late, and one that is too late.
by_dns "example.test *.example.test" "$dns01"
kill -STOP $secondary_pid
began=$(date +%s)
(sleep 4; kill -CONT $secondary_pid) &
forgotten
acme w; expect "a server that is late" 0
check "dns: a server that is late: is waited for" \
    test $(($(date +%s) - began)) -ge 4
wait $!
top_more='dns wait 5\n' by_dns "example.test *.example.test" "$dns01"
kill -STOP $secondary_pid
acme w; expect "a server that does not answer" 1
says "dns: a server that does not answer: which, and what" "$err" \
    "not all name servers of zone example.test have the TXT record .*" \
    "after 5 seconds: ns2.test (127.0.0.3) does not answer"
same "dns: a server that does not answer: no record is left" "" "$(left)"
same "dns: a server that does not answer: the CA was not told to look" 0 \
    "$(grep -c chalZ "$err")"
run -l
says "dns: a server that does not answer: the cause is remembered" "$work/out" \
    "does not answer"
kill -CONT $secondary_pid
by_dns "example.test nowhere.invalid" "$dns01"
acme w; expect "one record that cannot be put" 1
says "dns: one record that cannot be put: which, and by whom" "$err" \
    "challenge hook $hook begin _acme-challenge.nowhere.invalid:" \
    "ended with status 1"
same "dns: one record that cannot be put: nor is the other left" "" "$(left)"

# all_put N: looks N times, every 50 ms, until all records are there
all_put() {
	for _i in $(seq "$1"); do
		[ "$(left | wc -w)" = 5 ] && return
		sleep 0.05
	done
	return 1
}

# The run ends while it waits: what is there by then goes.
# interrupted NAME SIGNAL PROCESS: a run that waits for the secondary
interrupted() {
	_what=$1 _signal=$2 _process=$3
	by_dns "$names" "$dns01"
	kill -STOP $secondary_pid
	set_off w
	all_put 1000
	same "dns: $_what: records were there" 5 "$(left | wc -w)"
	_hookproc=$(pgrep -P $run_pid hookproc)
	if [ "$_process" = parent ]; then
		_pid=$run_pid
	else
		_pid=$(pgrep -P $run_pid "$_process")
	fi
	kill -$_signal $_pid
	wait $run_pid; status=$?
	for _i in $(seq 600); do
		kill -0 $_hookproc 2>/dev/null || break
		sleep 0.1
	done
	check "dns: $_what: the run failed" test $status != 0
	kill -CONT $secondary_pid
	same "dns: $_what: no record is left" "" "$(left)"
}
interrupted SIGINT INT parent
interrupted "kill of the parent" KILL parent
for role in netproc chngproc zoneproc keyproc csrproc certproc fileproc; do
	interrupted "kill of $role" KILL $role
done

# Who runs the programs is killed, or all are: the next run ends what is left,
# also if nothing is due.
# killed NAME ROLE...: a run that waits for the secondary
killed() {
	_what=$1; shift
	by_dns "$names" "$dns01"
	forgotten
	acme w; expect "kill of $_what: the run before it" 0
	forgotten
	kill -STOP $secondary_pid
	# On a busy machine it may not get as far: then once more.
	for _try in 1 2 3; do
		set_off -F w
		all_put 200 && break
		tail -n 20 "$err" | sed 's/^/# /'
		kill $run_pid; wait $run_pid
	done
	same "dns: kill of $_what: records were there" 5 "$(left | wc -w)"
	_pids=$(for _role in "$@"; do
		[ $_role = parent ] && echo $run_pid ||
		    pgrep -P $run_pid $_role
	done)
	# shellcheck disable=SC2086
	kill -STOP $_pids; kill -KILL $_pids
	wait $run_pid
	kill -CONT $secondary_pid
	same "dns: kill of $_what: records are left" 5 "$(left | wc -w)"
	check "dns: kill of $_what: and remembered" \
	    test "$(wc -l <"$work/state/domain-w.records")" = 5
}
killed hookproc hookproc
acme w; expect "kill of hookproc: the next run, nothing due" 2
same "dns: kill of hookproc: no record is left by the next run" "" "$(left)"
check "dns: kill of hookproc: nothing is remembered" \
    test ! -e "$work/state/domain-w.records"
killed "all" parent netproc dnsproc chngproc zoneproc keyproc csrproc certproc \
    fileproc hookproc
forgotten
acme -F w; expect "kill of all: the next run" 0
same "dns: kill of all: no record is left by the next run" "" "$(left)"
# A program that cannot remove a record is asked again by the next run.
killed "hookproc, and the key is away" hookproc
mv "$work/tsig.key" "$work/tsig.away"
acme w; expect "a record that cannot be removed" 2
says "dns: a record that cannot be removed: is said" "$err" \
    "look whether the record is still there"
check "dns: a record that cannot be removed: is remembered" \
    test -e "$work/state/domain-w.records"
mv "$work/tsig.away" "$work/tsig.key"
acme w; expect "a record that can be removed again" 2
same "dns: a record that can be removed again: is gone" "" "$(left)"
# What others write there has nothing ended but values at configured names.
cat >"$work/state/domain-w.records" <<END
_acme-challenge.evil.test $(printf '%043d' 0)
_acme-challenge.example.test \$(id)
_acme-challenge.example.test $(printf '%042d' 0)
x
_acme-challenge.example.test
_abcdefghijklmnop._acme-challenge.www.example.test $(printf '%043d' 1)
END
acme w; expect "a journal that somebody else has written" 2
same "dns: a journal that somebody else has written: one is ended" \
    "end _abcdefghijklmnop._acme-challenge.www.example.test" \
    "$(sed -n 's/.*challenge hook [^ ]* \(end .*\)$/\1/p' "$err")"
what="a name that is not configured is said"
says "dns: a journal that somebody else has written: $what" "$err" \
    "left the TXT record _acme-challenge.evil.test with 0*, of a name that is" \
    "not configured any more; look whether it is still there"
# One that cannot be ended is not forgotten when others have been.
printf '#!/bin/sh\n[ "$1 $5" != "end %043d" ] && exec %s "$@"\n' 2 "$hook" \
    >"$work/wrap" && chmod 755 "$work/wrap"
sed -i "s|^challenge hook .*|challenge hook $work/wrap|" "$conf"
printf \
    '_acme-challenge.example.test %043d\n_acme-challenge.example.test %043d\n' \
    2 3 >"$work/state/domain-w.records"
forgotten
acme -F w; expect "one that cannot be ended, and others that can" 0
what="one that cannot be ended, and others that can"
same "dns: $what: that one is remembered" \
    "_acme-challenge.example.test $(printf %043d 2)" \
    "$(cat "$work/state/domain-w.records")"
same "dns: $what: no record is left" "" "$(left)"
# Its hook is gone from the configuration.
sed -e '/^challenge/d; /^	alternative/d' \
    -e "s|^	domain key|challengedir \"$work/www\"\n&|" \
    "$conf" >"$work/other.conf"
"$client" -f "$work/other.conf" w 2>"$err"
says "dns: a job that has no hook any more" "$err" \
    "w: an interrupted run left records in the DNS, and there is no" \
    "'challenge hook' to remove them: remove the records that are listed in" \
    "$work/state/domain-w.records, and then that file"
rm "$work/state/domain-w.records"
if strace -f -o /dev/null true 2>/dev/null; then
	strace -f -qq -o "$work/trace" -P "$work/state/domain-w.records" \
	    -e trace=write -e inject=write:error=ENOSPC "$client" -v -F \
	    -f "$conf" w >"$work/out" 2>"$err"
	status=$?
	expect "no room for the journal" 1
	says "dns: no room for the journal: is said" "$err" \
	    "domain-w.records: cannot write: No space left on device"
	begun=$(grep -c 'hook .* begin' "$err")
	what="nothing is begun, no journal is left"
	same "dns: no room for the journal: $what" "0 " \
	    "$begun $(ls "$work/state" | grep records)"
else
	skip "dns: no room for the journal: strace cannot trace here"
fi
cp "$conf" "$work/conf.hook"
sed -i 's|challenge hook .*|challenge hook "/nonexistent/hook"|' "$conf"
"$client" -v -F -f "$conf" w >"$work/out" 2>"$err"; status=$?
same "dns: a hook that cannot be started: status, no journal is left" "1 " \
    "$status $(ls "$work/state" | grep records)"
says "dns: a hook that cannot be started: is said" "$err" \
    "/nonexistent/hook begin .*: cannot be started: No such file or directory"
cp "$work/conf.hook" "$conf"
ln -s /etc/passwd "$work/state/domain-w.records"
acme w
check "dns: a journal that is a link is not followed" grep -q root /etc/passwd
says "dns: a journal that is a link: is said" "$err" \
    "domain-w.records: Too many levels of symbolic links"
rm -f "$work/state/domain-w.records"

# Drafts, with a newer Pebble.
if [ -z "$dns_newer" ]; then
	skip "dns: dns-account-01, dns-persist-01:" \
	    "a newer Pebble is not to be had"
	exit $failed
fi
stop $pebble_pid
more='"externalAccountBindingRequired": false,
  "caaIdentities": ["pebble.letsencrypt.org"]'
pebble=$dns_newer pebble_more=$more pebble_dns_start ||
    { fail "dns: no newer Pebble: $(tail -n 2 "$work/pebble.log")"; exit 1; }
# A program that hangs is ended, and so is the record that it has put; one that
# hangs before it has removed its record is asked again by the next run.
# hangs WHEN FIRST LAST: a run where the program for www.example.test does
# FIRST, sleeps, and would do LAST
hangs() {
	cat >"$work/wrap" <<END
#!/bin/sh
[ "\$1 \$3" = "$1 www.example.test" ] || exec $hook "\$@"
$2
trap '' TERM
sleep 271828.$$
$3
END
	chmod 755 "$work/wrap"
	by_dns "example.test www.example.test" "challenge dns-01
challenge hook $work/wrap"
	forgotten
	began=$(date +%s)
	acme w; hung=$?
	check "dns: hangs at $1: bounded in time" \
	    test $(($(date +%s) - began)) -lt 150
	says "dns: hangs at $1: is said" "$err" "$work/wrap.* seconds"
	same "dns: hangs at $1: is ended" "" "$(pgrep -f "sleep 271828.$$")"
}
honest=$client
variant -DHOOK_SECONDS=12 || { fail "dns: does not build"; exit 1; }
client=$variant/acme-client
hangs begin "$hook \"\$@\"" ""
expect "hangs at begin" 1
same "dns: hangs at begin: no record is left" "" "$(left)"
hangs end "" "$hook \"\$@\""
expect "hangs at end: the certificate is there" 0
check "dns: hangs at end: the record is remembered" \
    test -e "$work/state/domain-w.records"
sed -i "s|^challenge hook .*|challenge hook $hook|" "$conf"
acme w; expect "hangs at end: the next run" 2
same "dns: hangs at end: no record is left by the next run" "" "$(left)"
client=$honest

by_dns "example.test *.example.test www.example.test" "challenge dns-account-01
challenge hook $hook"
acme w; expect "dns-account-01" 0
same "dns: dns-account-01: names" \
    "*.example.test example.test www.example.test " \
    "$(sans "$work/ssl/w.fullchain.pem")"
url=$(sed -n 's/.*netproc: account \(https:.*\)$/\1/p' "$err" | head -n 1)
label=$(printf %s "$url" | python3 -c '
import base64, hashlib, sys
digest = hashlib.sha256(sys.stdin.buffer.read()).digest()
print(base64.b32encode(digest[:10]).decode().lower())')
says "dns: dns-account-01: the account's label" "$err" \
    "begin _$label._acme-challenge.www.example.test"
same "dns: dns-account-01: no record is left" "" \
    "$(texts _$label._acme-challenge.example.test
    texts _$label._acme-challenge.www.example.test)"

# published [SERVER]: the records that stand
published() {
	for _name in example www.example; do
		texts _validation-persist.$_name.test "$@"
	done
}
# publish: the records that the last run has printed, with both servers
publish() {
	_record='\(_validation-persist[^ ]*\) IN \(TXT "[^(]*"\) (.*'
	_record="publish this one, once: $_record"
	{
		echo "server 127.0.0.2"
		sed -n "s/.*$_record/update add \1 60 \2/p" "$err" | sort -u
		echo send
	} | nsupdate -k "$work/tsig.key"
	for _i in $(seq 600); do
		[ "$(published 127.0.0.3)" = "$(published)" ] && break
		sleep 0.2
	done
	forgotten
}
by_dns "example.test *.example.test www.example.test" "challenge dns-persist-01"
acme w; expect "dns-persist-01 without a record" 1
says "dns: dns-persist-01: the record to publish" "$err" \
    'publish this one, once: _validation-persist.www.example.test. IN' \
    'TXT "pebble.letsencrypt.org; accounturi=https://localhost'
says "dns: dns-persist-01: for a wildcard" "$err" \
    '_validation-persist.example.test. IN TXT "pebble.letsencrypt.org;' \
    'accounturi=[^ ]*; policy=wildcard"'
publish
acme w; expect "dns-persist-01" 0
same "dns: dns-persist-01: names" \
    "*.example.test example.test www.example.test " \
    "$(sans "$work/ssl/w.fullchain.pem")"
acme -F w; expect "dns-persist-01: renewed without touching the DNS" 0
rm -rf "$work/etc" "$work/state" && conf_write "$work/none.conf"
acme -F w; expect "dns-persist-01 of another account" 1
says "dns: dns-persist-01 of another account: is said" "$err" \
    "there is one for another account.*publish this one, once"
publish
rm -f "$work"/state/domain-*.json
acme -F w; expect "dns-persist-01: a second record" 0
exit $failed
