# What -l, -lJ, the metrics and the next run say of a failure, and how the list
# looks.
. "$here/ca-lib.sh"

# handles NAME...: sections anew, of NAME.example.com each
handles() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	echo "metrics file \"$work/metrics/acme.prom\"" >>"$work/c.conf"
	for name in "$@"; do
		domain_write "$work/c.conf" "$name" "$name.example.com" "$names"
	done
}
mkdir "$work/metrics"
state_set() { state_write "$work/state/domain-$1.json" "$2" "$3"; }
ended() { same "ca: words: $1: status" "$2" "$status"; }
# shown NAME HANDLE STATE WORDS: by -lJ, and by -l; WORDS "": no error
shown() {
	"$client" -lJ -f "$work/c.conf" "$2" >"$work/list" 2>&1
	_got=$(python3 -c '
import json, sys
c = json.load(open(sys.argv[1]))["certificates"][0]
print(c["state"], c["last_error"] or "")' "$work/list")
	_re="^$3 $4"; [ -n "$4" ] || _re="^$3 \$"
	check "ca: words: $1: -lJ: '$_got' is $3: $4" expr "$_got" : "$_re"
	"$client" -l -f "$work/c.conf" "$2" >"$work/list" 2>&1
	says "ca: words: $1: -l: $3" "$work/list" "^$3 "
	[ -z "$4" ] || says "ca: words: $1: -l: has it" "$work/list" "$4"
}
metric() {
	sed -n "s/^acme_client_$1{handle=\"$2\"\\([^}]*\\)} /\\1 /p" \
	    "$work/metrics/acme.prom"
}
kept() {
	_seconds=$(sed -n 's/.*"not before": \([0-9]*\).*/\1/p' \
	    "$work/state/domain-$1.json")
	date -u -d "@$_seconds" "+%Y-%m-%d %H:%M:%S UTC"
}

# A clock that differs from the CA's is named beside an error.
handles a
for ahead in -7200 7200; do
	again "date $ahead" -F a
	ended "clock" 0
	same "ca: words: clock: a run that succeeds is silent about it" 0 \
	    "$(grep -c "the clock here" "$work/err")"
done
sed -i 's/^	challengedir/	profile short\n&/' "$work/c.conf"
again "date -7200" -F a
ended "clock: ahead" 1
says "ca: words: clock: ahead" "$work/err" \
    "a: the clock here is 7[12][0-9]* seconds ahead of that of https://local"
again "date 7200" -F a
says "ca: words: clock: behind" "$work/err" \
    "a: the clock here is 7[12][0-9]* seconds behind that of https://local"
again "date 50" -F a
ended "clock: a little behind" 1
same "ca: words: clock: a little behind: silent" 0 \
    "$(grep -c "the clock here" "$work/err")"
# New terms of service, once.
handles a
says_new="test: the CA has new terms of service; read them:"
says_new="$says_new https://ca.example/.xe2.x98.x83new\$"
new_terms='member directory meta.termsOfService'
new_terms="$new_terms \"https://ca.example/\\u2603new\""
for run in first "the same" new "new ones again"; do
	scenario=plain
	[ "${run#new}" = "$run" ] || scenario=$new_terms
	again "$scenario" -F a
	ended "terms: $run" 0
	expected=0
	[ "$run" != new ] || expected=1
	same "ca: words: terms: $run" $expected \
	    "$(grep -c "$says_new" "$work/err")"
done
again 'member directory meta.termsOfService "https://x/'"$(printf \
    '%02000d' 0)"'"' -F a
ended "terms: a long URL" 0
again 'member directory meta.termsOfService' -F a
ended "terms: none" 0

# -F on a good certificate.
handles a
again plain a
ended "forced: first" 0
again "invalid challenge" -F a
ended "forced" 1
shown "forced" a ok ".*a.example.com: dns no"
says "ca: words: forced: -l: as such" "$work/list" \
    "a run with -F failed, when nothing was due: a.example.com: dns no"
same "ca: words: forced: metrics" ',class="none" 0' "$(metric last_error a)"
same "ca: words: forced: metrics: failures" " 0" "$(metric failures a)"
again plain a
ended "forced: a fresh look" 2
shown "forced: a fresh look" a ok ""
again "invalid challenge" -F a
again plain -F a
ended "forced: success" 0
shown "forced: success" a ok ""
again "invalid challenge" -F a
rm "$work/ssl"/a.*pem
shown "forced, and missing since" a missing ".*a.example.com: dns no"
state_set a "not before" 1
again "invalid challenge" a
shown "due, and failed" a failing "a.example.com: dns no"
same "ca: words: due, and failed: metrics" ',class="ca" 1' \
    "$(metric last_error a)"
again "500 at new-order" -F a
shown "due, and failed with -F" a failing ".*500 serverInternal"

# The wait that is said is the one that is kept, and said of the next run.
for how in "429 later at new-order" "429 at new-order" "503 at new-order" \
    "directory 503" "500 at new-order"; do
	for before in 0 3 9; do
		handles a
		again "invalid challenge" a
		state_set a failures $before; state_set a "not before" 1
		again "$how" a
		ended "wait: $how after $before" 1
		until="before \(20[-0-9: ]* UTC\)"
		said=$(sed -n "s/.* \(not tried again\|not\) $until.*/\2/p" \
		    "$work/err" |
		    sort -u)
		same "ca: words: wait: $how after $before: once, and kept" \
		    "$(kept a)" "$said"
		again "plain" a
		ended "wait: $how after $before: held back" 1
		what="$how after $before: the next run says the same"
		same "ca: words: wait: $what" "$said" \
		    "$(sed -n "s/.* not tried again $until.*/\1/p" \
		        "$work/err" |
		        sort -u)"
	done
done

# What fails for all.
handles a b c
again "directory 503" -j 1 -a
ended "for all" 1
for name in a b c; do shown "for all: $name" $name failing ".*503"; done
same "ca: words: for all: metrics" ',class="authority" 1' \
    "$(metric last_error c)"
again "plain" -j 1 -F -a
ended "for all: then" 0
for name in a b c; do shown "for all: then: $name" $name ok ""; done

# What fails here.
handles a
again "plain" a
echo no >"$work/ssl/private/a.key"
again "plain" a
ended "a key" 1
shown "a key" a failing "$work/ssl/private/a.key: .*"
rm "$work/ssl/private/a.key"
again "plain" a
ended "a key: again" 0
shown "a key: again" a ok ""
sed -i "s|challengedir .*|challengedir \"$work/none\"|" "$work/c.conf"
again "plain" -F a
rm "$work/ssl"/a.*pem
again "plain" a
ended "a challenge directory" 1
shown "a challenge directory" a failing "$work/none: No such file or directory"
if [ "$(id -u)" != 0 ]; then
	mkdir "$work/none"; chmod 500 "$work/none"
	again "plain" -F a
	ended "a challenge directory that is not ours" 1
	shown "a challenge directory that is not ours" a failing \
	    "$work/none/.*: cannot create: Permission denied"
	rmdir "$work/none"
fi
handles a
mkdir "$work/ssl/private/a.key.new"
sed -i 's|domain key "[^"]*"|& rotate|' "$work/c.conf"
again "plain" a
ended "a key that cannot be made" 1
shown "a key that cannot be made" a failing "$work/ssl/private/a.key.new.*"
rmdir "$work/ssl/private/a.key.new"

# Killed, or at work.
handles a
echo silence >"$work/ca/scenario"
"$client" -f "$work/c.conf" a 2>"$work/err" </dev/null &
run_pid=$!
for _i in $(seq 1000); do
	grep -q '"attempts": 1' "$work/state/domain-a.json" 2>/dev/null && break
	sleep 0.05
done
shown "at work" a missing ""
roles=$(pgrep -P $run_pid)
kill -KILL $run_pid
wait $run_pid 2>/dev/null
# Until none of it has the handle's lock.
for _i in $(seq 1000); do
	_any=
	for _pid in $roles; do [ ! -e "/proc/$_pid" ] || _any=yes; done
	[ -n "$_any" ] || break
	sleep 0.05
done
shown "killed" a failing \
    "the attempt that began at 20.* UTC was killed before it ended"
state_set a attempts 5; state_set a "not before" $(($(date +%s) + 3000))
again plain a
says "ca: words: killed: held back" "$work/err" "not tried again before" \
    ".*the attempt that began at .* was killed before it ended"
again plain -F a
ended "killed: then" 0
shown "killed: then" a ok ""

# The list on terminals of several widths.
names=$(seq 12 | sed 's/.*/n&.example.com/' | tr '\n' ' ')
handles
long=a-handle-that-is-longer-than-there-is-room-for
domain_write "$work/c.conf" $long-on-a-terminal-of-eighty-columns \
    first.$(printf 'a%.0s' $(seq 50)).example.com "$names"
again plain -a
names=
for name in b c d e; do
	domain_write "$work/c.conf" $name \
	    $name-$(printf 'x%.0s' $(seq 50)).example.com
done
again plain -j 1 b c d
rm "$work/ssl"/c.*pem
sed -i "s/\"d-x/\"d2-x/" "$work/c.conf"
again "12 names forbidden" c
cat >"$work/terminal.py" <<'END'
import fcntl, os, pty, struct, sys, termios
width, args = int(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    os.execve(args[0], args, {"NO_COLOR": "1"})
text = b""
try:
    while piece := os.read(fd, 65536): text += piece
except OSError: pass
os.waitpid(pid, 0)
lines = text.decode().replace("\r", "").splitlines()
print("\n".join(lines))
rows = [l for l in lines[1:] if not l.startswith("        ")]
assert all(len(l) <= max(width, 80) for l in lines), "too wide"
states = [r.split()[0] for r in rows]
assert states == ["failing", "missing", "due", "ok", "ok"], "order"
many = [r for r in rows if " and 12 more " in r]
assert any("..." in r or width >= 160 for r in many), "names"
assert ("GONE" in lines[0]) == (width >= 100), "column GONE"
assert ("ISSUER" in lines[0]) == (width >= 120), "column ISSUER"
below = " ".join(l.strip() for l in lines if l.startswith("        "))
assert "forbidden by policy: n0.example, n1.example" in below, "error"
assert "n11.example" in below, "the last name of an error"
whole = below + " ".join(rows)
assert "the names have changed" in whole, "a reason"
assert "there is no certificate" in whole, "another reason"
END
for width in 40 80 81 99 100 120 159 160 250; do
	check "ca: words: -l: $width columns" \
	    python3 "$work/terminal.py" $width "$client" -l -f "$work/c.conf"
done
"$client" -l -f "$work/c.conf" >"$work/list" 2>&1
says "ca: words: -l: no terminal: the handle as it is" "$work/list" \
    "^ok .*of-eighty-columns "
says "ca: words: -l: no terminal: the reason behind its row" "$work/list" \
    "^due .*now, the names have changed"
for columns in 80 90; do
	COLUMNS=$columns "$client" -l -f "$work/c.conf" >"$work/list" 2>&1
	same "ca: words: -l: no terminal, COLUMNS=$columns" 0 \
	    "$(awk -v n=$columns 'length > n' "$work/list" | wc -l)"
done
for columns in "" 0 1 -5 x 99999999999; do
	COLUMNS=$columns "$client" -l -f "$work/c.conf" >"$work/list" 2>&1
	says "ca: words: -l: no terminal, COLUMNS='$columns' makes no sense" \
	    "$work/list" "^due .*now, the names have changed"
done

# Certificates of a day: hours.
handles a
again "one day" a
"$client" -l -f "$work/c.conf" >"$work/list"
says "ca: words: -l: hours of a short life" "$work/list" "^ok .* [0-9][0-9]* h "
said_once
exit $failed
