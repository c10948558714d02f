# Threats that no other section tries: memory, clock, environment, limits,
# faults of files about to be installed, servers that keep silent.  threats.txt
# says which section has the tests of which row.  [FUNCTION ...], or
# THREATS="FUNCTION ...": these alone.
functions=$*
. "$here/ca-lib.sh"
section=threats
ssl=$work/ssl state=$work/state www=$work/www
pem=$ssl/example.com.pem key=$ssl/private/example.com.key
is_root() { [ "$(id -u)" = 0 ]; }
can_mount() {
	is_root && unshare -m --propagation $propagation true 2>/dev/null
}
can_trace() { strace -f -o /dev/null true 2>/dev/null; }

# Each run has a session of its own, by which what it leaves running is found.
# through COMMAND...: client is this command, with the program as its operand
program=$client
through() {
	{
		printf "#!/bin/sh\nexec setsid sh -c '%s'" "$recorded"
		printf " '%s'" "$work/sessions" "$@" "$program"
		printf ' "$@"\n'
	} >"$work/alone"
	chmod 755 "$work/alone"
	client=$work/alone
}
: >"$work/sessions"
through env

# installed: a first certificate by the plain CA, and a copy of it; rewind: all
# is as it was then
installed() {
	through env
	scenario plain
	[ $status = 0 ] || fail "threats: no certificate: $(end_of "$work/err")"
	copy_installed
	rm -rf "$work/whole" && mkdir "$work/whole" &&
	    cp -a "$ssl" "$work/etc" "$state" "$work/whole"
}
copy_installed() { rm -rf "$work/before" && cp -a "$ssl" "$work/before"; }
rewind() {
	rm -rf "$ssl" "$work/etc" "$state" && cp -a "$work/whole"/* "$work"
	copy_installed
}
# unharmed NAME: what was installed is as it was, and nothing is left over
unharmed() {
	check "threats: $1: what was installed stays" \
	    diff -r "$work/before" "$ssl"
	same "threats: $1: no response, no process is left" "" \
	    "$(ls "$www")$(processes_of $(cat "$work/sessions"))"
}
# refuses NAME SCENARIO WORDS...: so ends a renewal
refuses() {
	_refuses=$1 _scenario=$2
	shift 2
	again "$_scenario" -F example.com
	ended "$_refuses" 1 "$@"
	unharmed "$_refuses"
}
# ordered NAME N: the last run has asked for so many orders
ordered() {
	same "threats: $1: orders" "$2" \
	    "$(grep -c "POST /new-order" "$work/ca/log")"
}
# recovers NAME: and the next run obtains a certificate
recovers() {
	through env
	again plain -F example.com
	ended "$1: the next run" 0
	same "threats: $1: the next run: the pair" "$(spki_key "$key")" \
	    "$(spki_cert "$pem")"
}

# The table of threats: what it says of tests that failed, are missing, have
# another name, or were skipped.
the_table() {
	unset ROWS	# All rows of this table are looked at.
	mkdir "$work/printed"
	cat >"$work/table" <<END
rows 7
1 all there
one: a {x|y}: *
2 one has failed
one: a {x: 1|failed}
3 one is missing
one: a {x: 1|z}
4 too few
one: x3 a {x|y}: *
5 a section that has not run
two: a x
6 skipped
one: b *
skip one: no b here
7 no test at all
tried nothing
END
	printf '%s\n' "ok a x: 1" "ok a y: 2" "FAIL a failed: why" \
	    "skip one: no b here: why" >"$work/printed/section.one"
	python3 "$here/threats.py" "$work/table" "$work/printed" one \
	    >"$work/rows"
	same "threats: the table: which rows are right" "ok 1,FAIL 2,FAIL 3,\
FAIL 4,FAIL 5,skip 6,FAIL 7" \
	    "$(sed -n 's/^\([a-zA-Z]*\) threats: row \([0-9]\).*/\1 \2/p' \
	        "$work/rows" | paste -sd , -)"
	says "threats: the table: a failure is repeated" "$work/rows" \
	    "row 2: a failed: why"
	says "threats: the table: what is missing is named" "$work/rows" \
	    "row 3: no test: one: a z"
	says "threats: the table: why it was skipped" "$work/rows" \
	    "skip threats: row 6: one: no b here: why"
	sed -i '/^2 /,/^3 /d' "$work/table"
	python3 "$here/threats.py" "$work/table" "$work/printed" one \
	    >"$work/rows" 2>&1
	same "threats: the table: a row is missing" 1 $?
}

# Memory, and the clock: the programs with mishap.c in them, and with short
# deadlines for roles that do nothing: OpenSSL 3.5 waits for itself for ever if
# its first allocations fail.
# with_mishaps: program is the one with mishap.c in it
with_mishaps() {
	_hasty="-DPROGRESS_SECONDS=20 -DSTUCK_SECONDS=10 -DBEGIN_SECONDS=5"
	if with_mishap "$(dirname "$program")" "$work/with" "$_hasty" \
	    "parent-broker.c parent-child.c begin-crypto.c" \
	    >"$work/with.log" 2>&1; then
		mishap none - 0
		program=$work/with/acme-client
		installed
	else
		fail "threats: mishap.c: $(end_of "$work/with.log")"
		exit 1
	fi
}

wrong_clock() {
	mishap time acme-client -$(date +%s) 0
	refuses "the clock says 1970" plain "the clock says 1970.*set it"
	same "threats: the clock says 1970: nothing is asked" "" \
	    "$(cat "$work/ca/log")"
	mishap time - 315360000 0
	refuses "the clock is ten years ahead" plain \
	    "verif.*the clock here says 20[34]"
	mishap none - 0
	again plain example.com
	ended "the clock was ten years ahead: the next run" 2
	# netproc and certproc look at dates: what is valid now is not so on the
	# day before.
	for way in "netproc 86400" "certproc 86400" "acme-client -86400" \
	    "fileproc -86400" "keyproc -86400" "csrproc -86400" \
	    "chngproc -86400" "dnsproc -86400"; do
		what="the clock of ${way% *} steps by ${way#* } seconds"
		mishap time $way 3
		again plain -F example.com
		ended "$what" 0
		mishap none - 0
		again plain example.com
		ended "$what: the next run" 2
	done
	# Its deadlines are by another clock.
	mishap leap netproc 2000
	again plain -F example.com
	ended "the clock of netproc leaps by 2000 seconds at each look" 0
	mishap none - 0
}

# Each program runs out of memory: at some of its first allocations, and at some
# of all, which SEED=N chooses.  Each run has the same, as libcrypto itself may
# crash at rare ones.
seed=${SEED:-1}
points() { # points NUMBER OF ALLOCATIONS
	python3 -c 'import random, sys
chance, n = random.Random(sys.argv[1]), int(sys.argv[2])
some = [1, 2, chance.randint(3, 40)] + [chance.randint(1, n) for _ in range(4)]
print(*sorted({p for p in some if p <= n}))' "$seed/$1" "$1"
}
# short_of_memory PROGRAM KIND N: a renewal in which its Nth allocation fails
short_of_memory() {
	rewind
	mishap $2 $1 $3
	again plain -F example.com
	mishap none - 0
	grep -q 'mishap: no memory' "$work/err" || return 1
	# Not what each run with -v says.
	_usual='sandbox|failed (in|after) .* second'
	_said=$(grep -Evc "mishap: no memory|$_usual" "$work/err")
	_wrong=
	case $status in
	0) ;;
	1)
		[ "$_said" != 0 ] || _wrong="nothing said"
		[ "$(spki_cert "$pem")" = "$(spki_key "$key")" ] ||
		    _wrong="another pair" ;;
	*) _wrong="status $status" ;;
	esac
	# An assertion of the C library ends a process by signal 6.
	_of=$(sed -n 's/.*: \([a-z_]*\.c\):[0-9]*: .*: Assertion .*/\1/p' \
	    "$work/err" | head -n 1)
	if grep -q "killed by signal\|was ended by signal" "$work/err" &&
	    { [ -z "$_of" ] || [ -e "$top/$_of" ]; }; then
		_wrong=$(grep -m 1 "by signal" "$work/err")
	fi
	cat "$pem" "$ssl/example.com.chain.pem" 2>/dev/null |
	    cmp -s - "$ssl/example.com.fullchain.pem" || _wrong="mixed set"
	[ -z "$(processes_of $(cat "$work/sessions"))" ] ||
	    _wrong="a process is left"
	[ $took -lt 150 ] || _wrong="$took seconds"
	[ -z "$_wrong" ] || {
		_wrong="$1 $2 $3: $_wrong: $(end_of "$work/err")"
		wrong="$wrong$_wrong; "
	}
}
no_memory() {
	# shellcheck disable=SC2086
	python3 "$here/no_memory.py" "$work/with" "$mishaps" \
	    ${role_names#parent } || failed=1
	installed
	mishap count - 0
	again plain -F example.com
	cp "$work/err" "$work/counts"
	for role in acme-client certproc fileproc csrproc keyproc chngproc \
	    dnsproc netproc; do
		wrong= tried=0 kind=
		all=$(sed -n "s/.*$role: mishap: \([0-9]*\) alloc.*/\1/p
		    s/^mishap: \([0-9]*\) alloc.*/acme-client \1/p" \
		    "$work/counts" | sed "s/^$role //" | grep -v ' ' |
		    sort -n | tail -n 1)
		for n in $(points "${all:-0}"); do
			# By turns.
			[ "$kind" = malloc ] && kind=after || kind=malloc
			short_of_memory $role $kind $n && tried=$((tried + 1))
		done
		same "threats: no memory: $role: wrong (seed $seed)" "" "$wrong"
		check "threats: no memory: $role: tried $tried of ${all:-0}" \
		    test $tried -ge 4
	done
	mishap none - 0
	recovers "no memory"
}

# OpenSSL can wait for ever where it has no memory for its start: here it does
# so in one role after the other.
start_hangs() {
	printf '%s\n' '#include <unistd.h>' \
	    'int OPENSSL_init_crypto(void) { for (;;) pause(); }' |
	    cc -shared -fPIC -x c -o "$work/hang.so" -
	for role in certproc csrproc keyproc netproc; do
		installed
		mv "$work/with/$role" "$work/hang-$role"
		printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' \
		    "$work/hang.so" "$work/hang-$role" >"$work/with/$role"
		chmod 755 "$work/with/$role"
		refuses "$role hangs in its start" plain \
		    "libcrypto does not get through its start"
		mv "$work/hang-$role" "$work/with/$role"
	done
	recovers "a role that hangs in its start"
}

# What is loaded: into no process but the parent, which the loader gives to
# whoever starts it.
foreign_code() {
	cat >"$work/evil.c" <<END
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void begin(void)
{
	char path[256];
	snprintf(path, sizeof(path), "$work/owned/%s",
	    program_invocation_short_name);
	close(open(path, O_WRONLY | O_CREAT, 0666));
}
END
	cat >"$work/evil.cnf" <<END
openssl_conf = o
[o]
providers = p
[p]
evil = e
default = d
[d]
activate = 1
[e]
module = $work/evil.so
activate = 1
END
	mkdir -m 1777 "$work/owned"
	cc -D_GNU_SOURCE -shared -fPIC -o "$work/evil.so" "$work/evil.c" ||
	    fail "threats: evil.so does not build"
	OPENSSL_CONF=$work/evil.cnf openssl list -providers >/dev/null 2>&1
	same "threats: foreign code: openssl(1) loads it" openssl \
	    "$(ls "$work/owned")"
	domain_more="on change /bin/true"
	installed
	for variables in "OPENSSL_CONF=$work/evil.cnf OPENSSL_MODULES=$work" \
	    "LD_PRELOAD=$work/evil.so LD_AUDIT=$work/none LD_BIND_NOW=1"; do
		rm -f "$work/owned/"*
		# shellcheck disable=SC2086
		through env $variables SSL_CERT_FILE=/nonexistent \
		    SSL_CERT_DIR=/nonexistent GCONV_PATH="$work" \
		    LOCPATH="$work" RES_OPTIONS=use-vc LOCALDOMAIN=evil.example
		again plain -F example.com
		what="foreign code: ${variables%%=*}"
		ended "$what" 0
		case $variables in
		LD_*) same "threats: $what: only in the parent" acme-client \
		    "$(ls "$work/owned")" ;;
		*) same "threats: $what: nowhere" "" "$(ls "$work/owned")" ;;
		esac
	done
	domain_more=
}

# Limits, and a system of which parts are missing.
few_resources() {
	installed
	_user=
	if is_root; then
		_user="setpriv --reuid=54321 --regid=54321 --clear-groups"
		_user="$_user --inh-caps=-all"
		chown -R 54321:54321 "$work/etc" "$ssl" "$state" "$www"
	fi
	# shellcheck disable=SC2086
	through $_user prlimit --nproc=0
	refuses "no further process" plain "Resource temporarily unavailable"
	! is_root || chown -R 0:0 "$work/etc" "$ssl" "$state" "$www"
	recovers "no further process"
	for megabytes in 8 12 16 24 32 64; do
		installed
		through prlimit --as=$((megabytes << 20))
		again plain -F example.com
		what="an address space of $megabytes MiB"
		[ $status = 0 ] || {
			ended "$what" 1
			unharmed "$what"
		}
		recovers "$what"
	done
	if can_mount; then
		for lacks in proc dev; do
			installed
			case $lacks in
			proc) hide="umount -l /proc" ;;
			dev) hide="mount -t tmpfs none /dev" ;;
			esac
			through unshare -m --propagation $propagation sh -c \
			    "$hide && exec \"\$0\" \"\$@\""
			again plain -F example.com
			what="no /$lacks"
			[ $status = 0 ] || ended "$what" 1 /$lacks
			[ $status = 0 ] || unharmed "$what"
			recovers "$what"
		done
	else
		skip "threats: no /proc, no /dev: needs root and a mount" \
		    "namespace"
	fi
}

# Faults of a file that is about to be installed, and of a key that is made.
# traced FILE OPTION...: client is traced, in its calls about this file while it
# is not yet in place
traced() {
	_temporary=$(dirname "$1")/.$(basename "$1").acme-new
	shift
	through strace -f -qq -o "$work/trace" -P "$_temporary" \
	    -P "${_temporary##*/}" "$@"
}
# fault NAME FILE CALL ERROR NTH WORDS: the NTH such call about this file ends
# with this error
fault() {
	_fault=$1
	traced "$2" -e trace="$3" -e inject="$3:error=$4:when=$5"
	refuses "$1" plain "$6"
	check "threats: $_fault: so it was" grep -q INJECTED "$work/trace"
}
faults_of_files() {
	# strace(1) of an ordinary user cannot tell which files a role has open.
	is_root && can_trace || {
		skip "threats: faults of files: needs root and strace(1)"
		return
	}
	installed
	for file in $pem $ssl/example.com.fullchain.pem \
	    $state/domain-example.com.new.pem; do
		# Room is looked for first: the file is made, filled, removed.
		traced "$file" -e trace=openat,write
		rewind
		again plain -F example.com
		writes=$(awk '/openat/ { files++ }
		    files < 2 && /write\(/ { n++ } END { print n + 1 }' \
		    "$work/trace")
		check "threats: ${file##*/}: room is looked for by $writes" \
		    test "$writes" -gt 2
		for how in "openat EROFS 2 Read-only" "openat EDQUOT 1 quota" \
		    "write EDQUOT 1 quota" "write ENOSPC $writes No.space" \
		    "fsync EIO 1 Input/output" "close EIO 1 Input/output" \
		    "close ENOSPC 2 No.space"; do
			set -- $how
			rewind
			fault "${file##*/}, $1 ends with $2" "$file" "$@"
		done
	done
	rewind
	recovers "faults of files"
	for how in "openat EROFS 1 Read-only" "write ENOSPC 1 No.space" \
	    "fsync EIO 1 Input/output" "close EIO 1 Input/output"; do
		set -- $how
		rewind
		rm "$key" && copy_installed
		fault "a key is made, $1 ends with $2" "$key.new" "$@"
		ordered "a key is made, $1 ends with $2" 0
	done
	recovers "a key is made"
}
# Not all of a file fits: so many bytes are written, then nothing more.  What
# the client says goes to a pipe, which has no such limit.
short_writes() {
	installed
	cat >"$work/limited" <<END
#!/bin/sh
bytes=\$1; shift
{ prlimit --fsize=\$bytes "\$@"; echo \$? >$work/status; } 2>&1 | cat >&2
exit \$(cat $work/status)
END
	chmod 755 "$work/limited"
	rm -f "$key" && copy_installed
	through "$work/limited" 100
	refuses "a key is made, short write" plain "File too large"
	ordered "a key is made, short write" 0
	recovers "a key is made, short write"
	copy_installed
	through "$work/limited" 600
	refuses "a certificate, short write" plain "File too large"
	recovers "a certificate, short write"
}

# What is there already.
things_in_place() {
	installed
	openssl x509 -in "$pem" -noout -ext subjectAltName |
	    sed -n 's/^ */subjectAltName=/p' >"$work/past.ext"
	printf '[ca]\ndefault_ca=c\n[c]\npolicy=p\nrand_serial=yes\n' \
	    >"$work/past.cnf"
	printf 'database=%s\n[p]\n' "$work/past.db" >>"$work/past.cnf"
	: >"$work/past.db"
	openssl req -new -key "$key" -subj / -out "$work/past.csr" 2>/dev/null
	openssl ca -batch -config "$work/past.cnf" -in "$work/past.csr" \
	    -out "$work/past.pem" -notext -md sha256 \
	    -cert "$work/ca/inter.pem" -keyfile "$work/ca/inter.key" \
	    -extfile "$work/past.ext" -startdate 20260101000000Z \
	    -enddate 20261001000000Z -outdir "$work" 2>/dev/null
	cp "$work/past.pem" "$pem"
	cat "$work/past.pem" "$ssl/example.com.chain.pem" \
	    >"$ssl/example.com.fullchain.pem"
	again plain example.com
	ended "an expired certificate is installed" 0 "due: "
	check "threats: an expired certificate is installed: another one now" \
	    openssl x509 -in "$pem" -noout -checkend 86400

	installed
	head -c 100 "$work/before/private/example.com.key" >"$key"
	cp "$key" "$work/before/private/example.com.key"
	refuses "half of a key" plain "$key: "
	ordered "half of a key" 0
	installed
	rm "$key" && ln -s "$work/before/private/example.com.key" "$key"
	rm -rf "$work/link" && cp -a "$ssl" "$work/link"
	again plain -F example.com
	ended "a link to a key" 1 "$key: is a symbolic link"
	check "threats: a link to a key: it stays" test -L "$key"
	is_root || {
		skip "threats: files of another user: needs root"
		return
	}
	installed
	chown 12345 "$key"
	refuses "a key of another user" plain "Permission denied;" \
	    "example.com.key belongs to user 12345, and this is user 0: chown"
	ordered "a key of another user" 0
	installed
	echo x >"$ssl/.example.com.pem.acme-new"
	chown 12345 "$ssl/.example.com.pem.acme-new"
	cp -a "$ssl/.example.com.pem.acme-new" "$work/before/"
	refuses "another user's temporary file" plain \
	    "'.example.com.pem.acme-new' is in the way and not ours; remove it"
	ordered "another user's temporary file" 0
	installed
	rm "$pem"
	if mknod "$pem" c 1 3 2>/dev/null; then
		again plain -F example.com
		ended "a device in place of a certificate" 1 \
		    "$pem: not a regular file"
		check "threats: a device in place of a certificate: it stays" \
		    test -c "$pem"
	else
		skip "threats: a device in place of a certificate: none can" \
		    "be made here"
	fi
}

# The directory of responses is full, or read-only: before an order.
no_responses() {
	is_root && mount -t tmpfs -o size=4k none "$www" 2>/dev/null || {
		skip "threats: full challenge directory: no file system can" \
		    "be mounted here"
		return
	}
	umount "$www"
	for how in full read-only; do
		installed
		mount -t tmpfs -o size=4k none "$www"
		case $how in
		full)
			head -c 4096 /dev/zero >"$www/full" words="No space" ;;
		*) mount -o remount,ro "$www" words="Read-only" ;;
		esac
		again plain -F example.com
		ended "challenge directory: $how" 1 "$www.*$words"
		ordered "challenge directory: $how" 0
		umount "$www"
		unharmed "challenge directory: $how"
		recovers "challenge directory: $how"
	done
}

# begun SCENARIO WORDS: in the background, until the CA has been asked this
begun() {
	echo "$1" >"$work/ca/scenario"
	: >"$work/ca/log"
	: >"$work/ca/payloads"
	start=$(date +%s)
	"$client" -v -f "$work/c.conf" -F example.com 2>"$work/err" \
	    </dev/null &
	run_pid=$!
	for _i in $(seq 1000); do
		grep -q "$2" "$work/ca/log" && return
		sleep 0.05
	done
	fail "threats: the CA has not been asked for $2"
}
finished() {
	wait $run_pid
	status=$?
	took=$(($(date +%s) - start))
}
at_the_same_time() {
	# Another run has the lock, longer than this one waits.
	installed
	flock "$state/domain-example.com.lock" sleep 300 &
	_holder=$!
	while flock -n "$state/domain-example.com.lock" true; do
		sleep 0.05
	done
	refuses "another run has the lock" plain \
	    "another acme-client.* is at work on it (lock $state/domain-"
	between "threats: another run has the lock: seconds" 25 150 $took
	pkill -P $_holder; wait $_holder 2>/dev/null
	recovers "another run has the lock"
	# SIGPIPE, which a peer may raise, and which anybody may send.
	installed
	begun "slow answers" "POST /new-order"
	for _pid in $(processes_of $run_pid | tr ' ' '\n' | grep '^[0-9]'); do
		kill -PIPE "$_pid"
	done
	finished
	ended "SIGPIPE for all processes" 0
	# The administrator replaces a certificate meanwhile.
	installed
	begun "processing until done" "POST /finalize"
	cat "$work/tls-server.pem" >"$work/by-hand.pem"
	cp "$work/by-hand.pem" "$pem"
	touch "$work/ca/done"
	finished
	rm "$work/ca/done"
	ended "the certificate was replaced meanwhile" 1 \
	    "changed by someone else during this run"
	check "threats: the certificate was replaced meanwhile: it stays" \
	    cmp "$pem" "$work/by-hand.pem"
}

# with_limit NAME=VALUE: program is the one with this limit
with_limit() {
	short "$1"
	program=$client
	through env
}
# Servers that keep silent, or send more than anybody wants.
bad_servers() {
	installed
	set -- $(free_ports 1)
	python3 -c '
import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(0)
# They fill its queue, so that no further one gets a response.
full = [socket.socket() for _ in range(4)]
for c in full:
    c.setblocking(False)
    c.connect_ex(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").close()
time.sleep(300)' "$1" "$work/queue" &
	pids="$pids $!"
	for _i in $(seq 1000); do
		[ -e "$work/queue" ] && break
		sleep 0.05
	done
	sed -i "s/localhost:$ca_port/localhost:$1/" "$work/c.conf"
	patient_program=$program
	with_limit HTTP_CONNECT_SECONDS=2
	refuses "silence at the connection" plain "no response within 2 seconds"
	program=$patient_program
	installed
	with_limit HTTP_RESPONSE_SECONDS=3
	for how in "silence" "silence in the header" "silence in the body" \
	    "drip" "drip in the header"; do
		refuses "$how" "$how" "no whole response within 3 seconds"
	done
	program=$patient_program
	for how in "1 GiB" "1 GiB in chunks" "gzip" "million headers" \
	    "endless header" "1xx flood"; do
		cat >"$work/peaks" <<END
#!/bin/sh
exec python3 "$here/peak.py" "\$@" >"$work/peak"
END
		chmod 755 "$work/peaks"
		through "$work/peaks"
		refuses "$how" "$how" \
		    "body of\|interim\|larger than\|line of\|Encoding\|no sense"
		between "threats: $how: KiB of the largest role" 1000 32768 \
		    "$(awk '$2 > m { m = $2 } END { print m + 0 }' \
		        "$work/peak")"
	done
	recovers "bad servers"
}

# shellcheck disable=SC2086
set -- ${THREATS:-$functions}
[ $# != 0 ] ||
    set -- the_table foreign_code few_resources faults_of_files \
    short_writes things_in_place no_responses at_the_same_time bad_servers
for what in "$@"; do $what; done
exit $failed
