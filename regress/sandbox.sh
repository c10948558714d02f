# The sandboxes: what each role cannot do, as root and as an ordinary user, and
# what happens where the kernel lacks a mechanism.
. "$here/lib.sh"
work_start
build=$(dirname "$client")
build_of "$build"
# The filters' texts, of all architectures, and what the filters do.
python3 "$here/filters.py" "$build/generated/filter-make" "$here/filters" \
    x86_64 aarch64 arm i386 riscv64 ppc64le s390x ||
    failed=1
# This program becomes each role in turn: it has all filters.
# shellcheck disable=SC2086
"$build/generated/filter-make" "$arch" $role_names >"$work/filters.c"
# shellcheck disable=SC2086
gcc -std=gnu11 -g -Wall -Wextra -Wno-override-init $flags -I "$top" -I "$here" \
    -o "$work/sandbox" "$here/sandbox.c" "$here/sandbox-try.c" \
    "$here/sandbox-work.c" "$work/filters.c" $objs $libs ||
    { fail "sandbox: does not build"; exit 1; }
mkdir "$work/root" "$work/user" && chmod 755 "$work/sandbox"
"$work/sandbox" "$work/root" >"$work/root.out" || failed=1
cat "$work/root.out"
if [ "$(id -u)" = 0 ]; then
	chown 54321:54321 "$work/user"
	setpriv --reuid=54321 --regid=54321 --clear-groups "$work/sandbox" \
	    "$work/user" ||
	    failed=1
	mkdir "$work/caps"
	# What a container's default has, without CAP_SYS_ADMIN and most others.
	has=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap
	has=$has,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write
	setpriv --bounding-set=-all,$has,+setfcap --inh-caps=-all \
	    "$work/sandbox" "$work/caps" >"$work/caps.out" 2>&1
	same "sandbox: as root with a container's capabilities: failures" 0 \
	    "$(grep -c '^FAIL' "$work/caps.out")"
	same "sandbox: as root with a container's capabilities: as many tests" \
	    "$(grep -Ec '^(ok|skip)' "$work/root.out")" \
	    "$(grep -Ec '^(ok|skip)' "$work/caps.out")"
fi

# A program with more rights than its caller refuses to run before all else: it
# has opened nothing but libraries by then.
elevated() { # elevated NAME COMMAND...
	_name=$1; shift
	"$@" -v -f "$work/none.conf" -n 2>"$work/err" >/dev/null
	same "sandbox: $_name: refused" "1 1" \
	    "$? $(grep -c 'must not be set-user-ID' "$work/err")"
	same "sandbox: $_name: nothing else is said" 1 "$(wc -l <"$work/err")"
}
as_user="setpriv --reuid=54321 --regid=54321 --clear-groups --inh-caps=-all"
if [ "$(id -u)" != 0 ]; then
	skip "sandbox: set-user-ID: needs root"
elif findmnt -no OPTIONS -T "$work" | grep -q nosuid; then
	skip "sandbox: set-user-ID: $work is mounted nosuid"
else
	cp "$client" "$work/elevated" && chown 0:54322 "$work/elevated" &&
	    chmod 4755 "$work/elevated"
	elevated "set-user-ID" $as_user "$work/elevated"
	if strace -f -o /dev/null true 2>/dev/null; then
		elevated "set-user-ID, traced" strace -f -o "$work/trace" \
		    $as_user "$work/elevated"
		libraries='\.so[.0-9]*"|ld\.so\.cache|ENOENT'
		same "sandbox: set-user-ID: opens nothing but libraries" "" \
		    "$(sed -n '/execve("[^"]*\/elevated"/,$p' "$work/trace" |
		        grep -E 'open|socket' | grep -vE "$libraries")"
	fi
	chmod 2755 "$work/elevated"
	elevated "set-group-ID" $as_user "$work/elevated"
	elevated "set-group-ID, as root" "$work/elevated"
	chown 54322 "$work/elevated" && chmod 4755 "$work/elevated"
	elevated "set-user-ID of an ordinary user, as root" "$work/elevated"
	chown 0:0 "$work/elevated" && chmod 755 "$work/elevated"
	# CAP_KILL, permitted only; effective, too.
	for flag in 0 1; do
		python3 - "$work/elevated" $flag <<'END'
import os, struct, sys
flags = 0x02000000 | int(sys.argv[2])
os.setxattr(sys.argv[1], "security.capability",
    struct.pack("<5I", flags, 1 << 5, 0, 0, 0))
END
		elevated "file capability, effective $flag" $as_user \
		    "$work/elevated"
	done
	# Roles: an attacker knows their identity, and can hand them a socket.
	for role in ${role_names#parent } hookproc; do
		cp "$build/$role" "$work/$role" && chown 0:54322 "$work/$role"
		for mode in 4755 2755; do
			chmod $mode "$work/$role"
			$as_user "$work/$role" x 2>"$work/err"
			same "sandbox: $role, mode $mode: refused" "1 1" "$? $(
			    grep -c "is set-user-ID, set-group-ID or has file" \
			    "$work/err")"
		done
	done
	# Those that a service manager hands on are meant so.
	setpriv --reuid=54321 --regid=54321 --clear-groups \
	    --inh-caps=-all,+chown --ambient-caps=-all,+chown "$client" -n \
	    -f "$work/none.conf" 2>"$work/err"
	says "sandbox: ambient capabilities: not refused" "$work/err" \
	    "none.conf: No such file"
fi

if ! strace -f -o /dev/null true 2>/dev/null; then
	skip "sandbox: absent mechanisms: strace cannot trace here"
	exit $failed
fi
# injected NAME INJECTION: runs the client under strace with it
pebble_start || exit 1
injected() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com ""
	calls=landlock_create_ruleset,seccomp,prctl,setresuid,setgroups,chroot
	calls=$calls,setrlimit,prlimit64,capset,pidfd_open
	strace -f -o "$work/trace" -e trace=$calls -e "inject=$1" \
	    "$client" -v -f "$work/c.conf" example.com \
	    2>"$work/err" >/dev/null
	status=$?
}
for error in ENOSYS EOPNOTSUPP; do
	injected "landlock_create_ruleset:error=$error"
	same "sandbox: Landlock $error: the run goes on" 0 $status
	same "sandbox: Landlock $error: each role says so" 8 \
	    "$(grep -c 'sandbox: .*NO Landlock' "$work/err")"
done
injected "seccomp:error=EINVAL"
same "sandbox: no seccomp: refused" 1 $status
says "sandbox: no seccomp: says so" "$work/err" "seccomp: the filter is refused"
check "sandbox: no seccomp: nothing was done" test ! \
    -e "$work/etc/private/account.pem" -a ! -e "$work/ssl/example.com.pem"
injected "pidfd_open:error=ENOSYS"
same "sandbox: no pidfd_open: run refused" 1 $status
says "sandbox: no pidfd_open: says so" "$work/err" \
    "pidfd_open, which Linux has since 5.3"
if [ "$(id -u)" = 0 ]; then
	for call in setresuid setgroups chroot capset; do
		injected "$call:error=EPERM"
		same "sandbox: $call refused: run refused" 1 $status
		check "sandbox: $call refused: nothing installed" \
		    test ! -e "$work/ssl/example.com.pem"
	done
fi
# How a role ended is reported once; a reason that it has given itself is
# enough.
ends() {
	_ways="before its time|ended with|takes no messages|is not there"
	grep -cE "killed by|$_ways" "$work/err"
}
outer="a system call filter around this program .*landlock_create_ruleset"
for end in "SIGSYS:31, Bad system call: $outer" \
    "SIGKILL:9, Killed: .*the kernel's log" "SIGSEGV:11, "; do
	injected "landlock_create_ruleset:signal=${end%%:*}"
	same "sandbox: killed by an outer filter, ${end%%:*}: run refused" 1 \
	    $status
	says "sandbox: ${end%%:*}: role, signal and what to do" "$work/err" \
	    "^acme-client: \(fileproc\|certproc\) was killed by signal" \
	    "${end#*:}"
	same "sandbox: ${end%%:*}: reported once" 1 "$(ends)"
done
for call in prctl prlimit64; do
	injected "$call:error=EPERM"
	same "sandbox: $call answered EPERM by an outer filter: run refused" 1 \
	    $status
	what="$call answered EPERM: the role's own reason, and no other"
	same "sandbox: $what" "0 1" \
	    "$(ends) $(grep -c 'Operation not permitted' "$work/err")"
done
injected "seccomp:error=EINVAL"
same "sandbox: no seccomp: the role's own reason, and no other" 0 "$(ends)"
says "sandbox: no seccomp: what to do" "$work/err" "must allow seccomp(2)"
strace -f -o /dev/null -P /dev/null -e trace=open,openat \
    -e inject=open,openat:error=ENOENT "$client" -f "$work/c.conf" example.com \
    2>"$work/err"
status=$?
same "sandbox: no /dev/null: run refused" 1 $status
says "sandbox: no /dev/null: says so, and what to do" "$work/err" \
    "^acme-client: /dev/null, .*mknod .*: No such file or directory$"
if [ "$(id -u)" = 0 ]; then
	for lacks in setuid:CAP_SETUID setgid:CAP_SETGID \
	    sys_chroot:CAP_SYS_CHROOT setgid,-kill:"CAP_SETGID, CAP_KILL"; do
		setpriv --bounding-set="-${lacks%:*}" --inh-caps=-all \
		    "$client" -v -f "$work/c.conf" example.com 2>"$work/err"
		status=$?
		what="root without ${lacks#*:}: run refused, in one line"
		same "sandbox: $what" "1 1" "$status $(wc -l <"$work/err")"
		says "sandbox: root without ${lacks#*:}: named" "$work/err" \
		    "give up root's rights: ${lacks#*:}; add .* ordinary user"
	done
	setpriv --bounding-set=-kill --inh-caps=-all "$client" \
	    -f "$work/c.conf" -F example.com 2>"$work/err"
	status=$?
	same "sandbox: root without CAP_KILL: the run goes on" 0 $status
	sed -i 's|\(domain key .*\)|\1 group 54321|' "$work/c.conf"
	setpriv --bounding-set=-chown --inh-caps=-all "$client" \
	    -f "$work/c.conf" -F example.com 2>"$work/err"
	says "sandbox: a group, root without CAP_CHOWN: named" "$work/err" \
	    "CAP_CHOWN"
	setpriv --bounding-set=-setuid,-chown --inh-caps=-all "$client" \
	    -f "$work/c.conf" -F example.com 2>"$work/err"
	says "sandbox: a group, root without CAP_SETUID, CAP_CHOWN: named" \
	    "$work/err" "CAP_SETUID, CAP_CHOWN (for 'group');"
	# csrproc reads the names in a CSR, also with -n: it needs them, too.
	csr_conf "$work" x.example
	setpriv --bounding-set=-setuid --inh-caps=-all "$client" -n \
	    -f "$work/x.conf" 2>"$work/err"
	status=$?
	what="-n with a CSR, root without CAP_SETUID"
	same "sandbox: $what: refused, in one line" "1 1" \
	    "$status $(wc -l <"$work/err")"
	says "sandbox: $what: named" "$work/err" \
	    "give up root's rights: CAP_SETUID; add .* ordinary user"
fi
for call in prlimit64 prctl; do
	injected "$call:error=EINVAL"
	same "sandbox: $call refused: run refused" 1 $status
	check "sandbox: $call refused: nothing installed" \
	    test ! -e "$work/ssl/example.com.pem"
done

# Which of the allowed system calls are used, by role, in runs of each kind.
# traced NAME OPTION...: such a run, with its trace in $work/trace.NAME
traces=
traced() {
	_name=$1; shift
	strace -f -o "$work/trace.$_name" "$client" -v -f "$work/c.conf" "$@" \
	    2>"$work/err" >/dev/null </dev/null
	same "sandbox: traced run: $_name: status" 0 $?
	traces="$traces $work/trace.$_name"
}
rm -rf "$work/etc" "$work/ssl" "$work/state"
conf_write "$work/c.conf"
domain_write "$work/c.conf" example.com example.com "www.example.com"
domain_write "$work/c.conf" listens listens.example.com ""
listens="challenge tls-alpn-01 listen on 127.0.0.1 port $tls_port"
sed -i "/^domain \"listens\"/,\$s|challengedir .*|$listens|" "$work/c.conf"
# By records, too, in the name server that Pebble asks.
cat >"$work/publish" <<END
#!/usr/bin/env python3
import json, sys, urllib.request
path = {"begin": "set-txt", "end": "clear-txt"}[sys.argv[1]]
what = {"host": sys.argv[4] + ".", "value": sys.argv[5]}
urllib.request.urlopen("http://127.0.0.1:$dns_management/" + path,
    json.dumps(what).encode())
END
chmod 755 "$work/publish"
domain_write "$work/c.conf" records records.example.com "*.records.example.com"
records="challenge dns-01 challenge hook $work/publish"
sed -i -e "1i dns server 127.0.0.1 port $dns_port" \
    -e "/^domain \"records\"/,\$s|challengedir .*|$records|" "$work/c.conf"
traced renewal example.com listens records
# A server that presents what is installed; a command, which hook runs; files
# for monitors.
look_port=$(free_ports 1)
python3 "$here/verify.py" "$look_port" tls \
    "$work/ssl/example.com.fullchain.pem" \
    "$work/ssl/private/example.com.key" >/dev/null 2>&1 &
pids="$pids $!"
wait_port "$look_port"
cp "$work/c.conf" "$work/plain.conf"
printf '%s\n' "metrics file \"$work/ssl/all.prom\"" \
    "status file \"$work/ssl/all.json\"" >>"$work/c.conf"
# The CA has another name as its own staging.
sed -i -e "/^domain \"example.com\"/a\\
	verify 127.0.0.1 port $look_port\\
	on change /bin/true" -e "/^authority test/a\\
	contact mailto:someone@example.com\\
	staging https://127.0.0.1:$ca_port/dir" "$work/c.conf"
traced again -F example.com
says "sandbox: traced run: again: the server was looked at" "$work/err" \
    "verify 127.0.0.1 port $look_port: the server presents the installed"
says "sandbox: traced run: again: the command was run" "$work/err" \
    "on change /bin/true: done"
check "sandbox: traced run: again: the files for monitors" \
    test -s "$work/ssl/all.prom" -a -s "$work/ssl/all.json"
cp "$work/ssl/example.com.fullchain.pem" "$work/offer.pem"
traced -B -B example.com
traced -i -i "$work/offer.pem" example.com
traced -T -T example.com
traced -l -l
traced -t -t test
traced -U -U test
traced -K -K test
traced -r -r records
traced -D -F -D test
# shellcheck disable=SC2086
python3 "$here/syscalls.py" "$top/filter-rules.h" $traces || failed=1
cp "$work/plain.conf" "$work/c.conf"

# -i: no process but those that judge, store and hold the key, each in its
# sandbox.
rm -rf "$work/ssl"/*.pem "$work/state"/domain-example*
strace -f -o /dev/null -e inject=seccomp:error=EINVAL "$client" \
    -f "$work/c.conf" -i "$work/offer.pem" example.com 2>"$work/err"
status=$?
same "sandbox: -i without seccomp: refused" 1 $status
check "sandbox: -i without seccomp: nothing is installed" \
    test ! -e "$work/ssl/example.com.fullchain.pem"
"$client" -vv -f "$work/c.conf" -i "$work/offer.pem" example.com 2>"$work/err"
same "sandbox: -i: status" 0 $?
same "sandbox: -i: the roles" "certproc csrproc fileproc" \
    "$(sed -n 's/.*: \([a-z]*proc\): sandbox: .*seccomp.*/\1/p' "$work/err" |
        sort | xargs)"
exit $failed
