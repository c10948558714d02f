# 'on change': what is run when certificates have changed, when and how; what
# hangs, with a build in which a program may take two seconds.
. "$here/lib.sh"
work_start
variant -DHOOK_SECONDS=2 || { fail "hooks: does not build"; exit 1; }
patient=$client hasty=$variant/acme-client
pebble_start || exit 1
ssl=$work/ssl
ran=$work/ran

# program NAME LINES: a script, that first notes that it ran, and its arguments
program() {
	printf '#!/bin/sh\necho "%s $*" >>%s\n%s\n' "$1" "$ran" "$2" >"$work/$1"
	chmod 755 "$work/$1"
}
# sections HANDLE...: each with the lines of $domain_more, after those of
# $global
sections() {
	rm -rf "$work/etc" "$ssl" "$work/state"
	conf_write "$conf"
	[ -z "$global" ] || printf '%s\n' "$global" >>"$conf"
	for _handle in "$@"; do
		domain_write "$conf" "$_handle" "$_handle.example.com" ""
	done
	: >"$ran"
}
global=
ran() { tr '\n' ';' <"$ran" | sed 's/ *;/;/g'; }
marks() { ls "$work/state" | grep '\.changed$' | tr '\n' ' '; }

program first
program second
program fails "echo one; echo two >&2; exit 3"

# Once for equal commands; the handles' own first, those for all last; arguments
# as they are given.
global="on change \"$work/second for all\""
domain_more="on change $work/first \"a  b\" \"\$HOME *\"
	on change \"$work/first   c d\"
	on change \"$work/second for all\""
sections a b c
run -a
expect "on change: three handles" 0
same "$who: on change: each distinct command once, in order" \
    "first a  b \$HOME *;first c d;second for all;" "$(ran)"
same "$who: on change: no mark is left" "" "$(marks)"
: >"$ran"
run -a
expect "on change: nothing to do" 2
same "$who: on change: nothing to do: nothing is run" "" "$(ran)"
run -F b
expect "on change: one of them" 0
same "$who: on change: one of them: the same commands" \
    "first a  b \$HOME *;first c d;second for all;" "$(ran)"
cp "$conf" "$work/again.conf"
"$client" -nv -f "$conf" >"$work/printed" 2>/dev/null &&
    "$client" -nv -f "$work/printed" 2>/dev/null | cmp -s - "$work/printed" &&
    ok "$who: on change: -nv prints what reads back to the same" ||
    fail \
    "$who: on change: -nv: $(grep -n 'on change' "$work/printed" | head -n 2)"
same "$who: on change: -nv: as many commands" 10 \
    "$(grep -c 'on change' "$work/printed")"

# What a program gets: environment, group, signals, descriptors.
program shows "env | sort >$work/env
ps -o pgid= -p \$\$ | tr -d ' ' >$work/pgid
echo \$\$ >$work/pid
ls -l /proc/self/fd | sed -n 's/.* \([0-9]* -> .*\)/\1/p' >$work/fds
grep -E '^Sig(Blk|Ign)|^NoNewPrivs|^Seccomp:' /proc/self/status >$work/status
umask >$work/umask
pwd >$work/pwd
ulimit -n >$work/nfiles
cat >$work/stdin"
domain_more="on change $work/shows"
sections a b
sed -i "/domain key .*\/b.key/a domain combined \"$work/ssl/private/b.both\"" \
    "$conf"
(
	export HOME=/x LD_PRELOAD='' FOO=bar
	ulimit -Sn 700
	echo data | "$client" -a -f "$conf" 2>"$err"
)
status=$?
expect "on change: environment" 0
same "$who: on change: environment: nothing but this" \
    "ACME_CERT_1=$ssl/a.pem
ACME_CERT_2=$ssl/b.pem
ACME_CHAIN_1=$ssl/a.chain.pem
ACME_CHAIN_2=$ssl/b.chain.pem
ACME_CHANGED=a b
ACME_COMBINED_2=$ssl/private/b.both
ACME_COUNT=2
ACME_FULLCHAIN_1=$ssl/a.fullchain.pem
ACME_FULLCHAIN_2=$ssl/b.fullchain.pem
ACME_HANDLE_1=a
ACME_HANDLE_2=b
ACME_KEY_1=$ssl/private/a.key
ACME_KEY_2=$ssl/private/b.key
ACME_NAMED=2
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    "$(grep -Ev '^(PWD|_|SHLVL|OLDPWD)=' "$work/env" | LC_ALL=C sort)"
same "$who: on change: its own process group" "$(cat "$work/pid")" \
    "$(cat "$work/pgid")"
# glibc's posix_spawn() leaves its own two, 32 and 33, ignored.
same "$who: on change: no signal is blocked or ignored; no sandbox" \
    "0000000000000000 00000000 0 0" \
    "$(sed -n -e 's/^SigBlk:.//p' \
        -e 's/^SigIgn:.\{9\}8\(.*\)/0\1/p' -e 's/^SigIgn:.\{9\}\(.*\)/\1/p' \
        -e 's/^NoNewPrivs:.//p' -e 's/^Seccomp:.//p' "$work/status" | xargs)"
same "$who: on change: no descriptor but the three" "0 1 2 " \
    "$(sed -n 's/^\([0-9]*\) -> .*/\1/p' "$work/fds" | grep -v '^3$' |
        tr '\n' ' ')"
says "$who: on change: standard input" "$work/fds" "^0 -> /dev/null"
# A shell may unblock all signals at its first command.
_grep="on change $(command -v grep)"
domain_more="$_grep ^SigBlk /proc/self/status"
sections a
run -v a
expect "on change: signals of a program that is no shell" 0
says "$who: on change: no signal is blocked in it" "$err" \
    "$_grep: SigBlk:.*0000000000000000$"
same "$who: on change: umask, directory, open files, nothing to read" \
    "0022 / 700 " \
    "$(cat "$work/umask" "$work/pwd" "$work/nfiles" "$work/stdin" |
        tr '\n' ' ')"

# A failure: the certificate stays, exit 1, its own message; run again by the
# next run, which orders nothing.
global=
domain_more="on change $work/first
	on change $work/fails
	on change $work/second"
sections a
run a
expect "on change: fails" 1
same "$who: on change: fails: the others run all the same" \
    "first;fails;second;" "$(ran)"
says "$who: on change: fails: says which program and how" "$err" \
    "on change $work/fails: ended with status 3; what has changed (a) stays" \
    "so, and the next run runs it again"
says "$who: on change: fails: shows what it printed" "$err" \
    "on change $work/fails: one$"
says "$who: on change: fails: also on stderr" "$err" \
    "on change $work/fails: two$"
same "$who: on change: fails: marked" "domain-a.changed " "$(marks)"
before=$(leaf a)
run -l a
expect "on change: fails: -l" 2
says "$who: on change: fails: -l says so" "$work/out" \
    "on change: not run yet, or failed"
run -lJ a
says "$who: on change: fails: -l -J says so" "$work/out" \
    '"change_pending": true'
: >"$ran"
run a
expect "on change: fails again" 1
same "$who: on change: fails again: all are run again" "first;fails;second;" \
    "$(ran)"
same "$who: on change: fails again: no new certificate" "$before" "$(leaf a)"
program fails
: >"$ran"
run a
expect "on change: mended" 0
same "$who: on change: mended: run once more" "first;fails;second;" "$(ran)"
run a
expect "on change: mended: then nothing" 2
run -l a
expect "on change: mended: -l" 0
rm "$work/fails"
run -F a
expect "on change: not there" 1
says "$who: on change: not there: says so" "$err" \
    "on change $work/fails: cannot be started: No such file or directory"
program fails "kill -9 \$\$"
run a
expect "on change: killed" 1
says "$who: on change: killed: says so" "$err" \
    "on change $work/fails: was ended by signal 9, Killed"
program fails
run a
expect "on change: killed: the next run" 0

# -a with a handle that fails runs it for those that changed.
program shows "echo \"\$ACME_COUNT \$ACME_CHANGED\" >>$ran"
domain_more=
global="on change $work/shows"
sections a b
sed -i -e "s|challengedir .*|challengedir \"$work/none\"|" \
    -e "0,/none/s|challengedir .*|challengedir \"$work/www\"|" "$conf"
run -a
expect "on change: one of two fails" 1
same "$who: on change: one of two fails: for the other" "shows;1 a;" "$(ran)"
: >"$ran"
run -a
expect "on change: one of two fails again" 1
same "$who: on change: one of two fails again: nothing has changed" "" "$(ran)"

# A run that is killed between installation and command: the next one runs it.
sections a
cp -r "$(dirname "$client")" "$work/killed"
mkdir "$work/real" && mv "$work/killed/hookproc" "$work/real/hookproc"
# The process above first: it would report the end of the other one.
printf '#!/bin/sh\nkill -KILL $(ps -o ppid= -p $PPID) $PPID\n' \
    >"$work/killed/hookproc" &&
    chmod 755 "$work/killed/hookproc"
"$work/killed/acme-client" -f "$conf" a >"$work/out" 2>"$err"; status=$?
same "$who: on change: killed before the command: status, run" "137 " \
    "$status $(ran)"
before=$(leaf a)
run a
expect "on change: killed before the command: the next run" 0
same "$who: on change: killed before the command: the next run runs it" \
    "shows;1 a;" "$(ran)"
same "$who: on change: killed before the command: no other certificate" \
    "$before" "$(leaf a)"
run a
expect "on change: killed before the command: once" 2
# Killed within fileproc, when the first file is in place.
if strace -f -o /dev/null true 2>/dev/null; then
	: >"$ran"
	strace -f -qq -o "$work/trace" -P "$ssl" -e trace=renameat,renameat2 \
	    -e inject=renameat,renameat2:signal=SIGKILL:when=1 "$client" -F \
	    -f "$conf" a >"$work/out" 2>"$err"
	run a
	expect "on change: killed while files are replaced: the next run" 0
	same "$who: on change: killed while files are replaced: run" \
	    "shows;1 a;" \
	    "$(sort -u "$ran" | sort -r | tr '\n' ';' | sed 's/ *;/;/g')"
else
	skip "$who: on change: strace cannot trace here"
fi

# -r, -B and a repair are changes, too.
: >"$ran"
run -F a
run -B a
expect "on change: -B" 0
same "$who: on change: -F, then -B" "shows;1 a;shows;1 a;" "$(ran)"
: >"$ran"
: >"$ssl/a.chain.pem"
run a
expect "on change: repair" 0
same "$who: on change: repair" "shows;1 a;" "$(ran)"
: >"$ran"
run -r a
expect "on change: -r" 0
same "$who: on change: -r" "shows;1 a;" "$(ran)"

# Time, output, what is left running.
left() { pgrep -f "$work/sleeper" | wc -l; }
cp /bin/sleep "$work/sleeper"
program hangs "trap '' TERM; echo begun; $work/sleeper 300 & $work/sleeper 300"
global="on change $work/hangs"
sections a
client=$hasty
t0=$(date +%s)
run a
expect "on change: hangs" 1
says "$who: on change: hangs: says so" "$err" \
    "on change $work/hangs: was ended, as it took more than 2 seconds"
says "$who: on change: hangs: what it had printed" "$err" \
    "on change $work/hangs: begun"
check "$who: on change: hangs: in bounded time" \
    test $(($(date +%s) - t0)) -le 100
same "$who: on change: hangs: all of its group is gone" 0 "$(left)"
# A program that has left its process group, and one that the client may not
# kill, as it runs as another user.
cat >"$work/hangs" <<END
#!/usr/bin/env python3
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.setpgid(0, os.getpgid(os.getppid()))
os.execv("$work/sleeper", ["$work/sleeper", "300"])
END
t0=$(date +%s)
timeout 150 "$client" -f "$conf" a >"$work/out" 2>"$err"; status=$?
expect "on change: leaves its group and hangs" 1
says "$who: on change: leaves its group and hangs: says so" "$err" \
    "on change $work/hangs: was ended, as it took more than 2 seconds"
check "$who: on change: leaves its group and hangs: in bounded time" \
    test $(($(date +%s) - t0)) -le 100
same "$who: on change: leaves its group and hangs: it is gone" 0 "$(left)"
if strace -f -o /dev/null true 2>/dev/null; then
	program hangs "exec $work/sleeper 300"
	t0=$(date +%s)
	timeout 150 strace -f -qq -o "$work/trace" -e trace=kill \
	    -e inject=kill:error=EPERM "$client" -f "$conf" a >"$work/out" \
	    2>"$err" &
	run_pid=$!
	for _i in $(seq 600); do
		grep -q 'does not end' "$err" && break
		sleep 0.1
	done
	says "$who: on change: cannot be killed: says so" "$err" \
	    "on change $work/hangs: does not end, and cannot be killed from" \
	    "here, .*; it runs on as process [0-9]*"
	check "$who: on change: cannot be killed: in bounded time" \
	    test $(($(date +%s) - t0)) -le 100
	pkill -KILL -f "$work/sleeper"
	wait $run_pid; status=$?
	expect "on change: cannot be killed" 1
	same "$who: on change: cannot be killed: it is remembered" \
	    "domain-a.changed " "$(marks)"
else
	skip "$who: on change: strace cannot trace here"
fi
client=$patient
program hangs "$work/sleeper 300 & exit 0"
t0=$(date +%s)
run a
expect "on change: leaves one running that keeps the pipe" 0
check "$who: on change: leaves one running: not waited for" \
    test $(($(date +%s) - t0)) -le 100
same "$who: on change: leaves one running: that one runs on" 1 "$(left)"
pkill -KILL -f "$work/sleeper"
program hangs "yes | head -c 300000000; echo
printf 'long'; head -c 100000 /dev/zero | tr '\\0' y; echo
exit 4"
run -F a
expect "on change: floods" 1
says "$who: on change: floods: status" "$err" \
    "on change $work/hangs: \(ended with status 4\|was ended, as it took\)"
check "$who: on change: floods: not much of it is passed on" \
    test "$(wc -c <"$err")" -lt 60000
says "$who: on change: floods: the rest is counted" "$err" "[0-9]* more lines"
program hangs "printf 'a\\033[31mb\\0c\\303\\244\\n\\ntail'; exit 1"
run a
says "$who: on change: output is made visible" "$err" \
    "on change $work/hangs: a\\\\x1b\[31mb\\\\x00c\\\\xc3\\\\xa4$"
says "$who: on change: a line without its end" "$err" \
    "on change $work/hangs: tail$"
program hangs "echo fine"
run a
same "$who: on change: what runs well says nothing" "0 " "$status $(cat "$err")"
run -v -F a
says "$who: on change: but with -v" "$err" \
    "hookproc: on change $work/hangs: fine"

# An end from outside: the command ends, too, and is run again.
program hangs "exec $work/sleeper 300"
for signal in INT KILL; do
	for _i in $(seq 1000); do [ "$(left)" = 0 ] && break; sleep 0.05; done
	"$client" -F -f "$conf" a >"$work/out" 2>"$err" </dev/null &
	run_pid=$!
	for _i in $(seq 1000); do [ "$(left)" -gt 0 ] && break; sleep 0.05; done
	kill -$signal $run_pid
	wait $run_pid; status=$?
	for _i in $(seq 1000); do [ "$(left)" = 0 ] && break; sleep 0.05; done
	same "$who: on change: SIG$signal: the command has ended" 0 "$(left)"
	same "$who: on change: SIG$signal: it is remembered" \
	    "domain-a.changed " "$(marks)"
done
program hangs
: >"$ran"
run a
same "$who: on change: after signals: the next run" "0 hangs;" "$status $(ran)"

# What a run without 'on change' costs, and a configuration that has lost it.
global=
sections a
run a
same "$who: on change: none: no process for it, no mark" "0 " \
    "$(run -v -F a; grep -c hookproc "$err") $(marks)"

# -n looks at the programs.
advised() {
	_advised=$1
	printf 'on change %s\n' "$2" >"$work/n.conf"
	cat "$conf" >>"$work/n.conf"
	"$client" -n -f "$work/n.conf" a >"$work/out" 2>"$err"
	shift 2
	says "$who: on change: -n: $_advised" "$err" "$*"
}
advised "not there" "$work/none" \
    "on change $work/none: No such file or directory"
chmod 644 "$work/first"
advised "not executable" "$work/first" \
    "on change $work/first: this is not a program that .* can run"
chmod 775 "$work/first"
advised "others may write" "$work/first" \
    "on change $work/first: others can change what is run: chmod go-w"
chmod 755 "$work/first"
for words in "| $work/second" "&& $work/second" "> $work/log" "2>&1"; do
	advised "$words" "\"$work/first $words\"" \
	    "on change $work/first: gets '.*' as an argument, as no shell" \
	    "reads it"
done
advised "good" "$work/first" "configuration OK"
same "$who: on change: -n: good: nothing about it" 0 \
    "$(grep -c "on change" "$err")"
exit $failed
