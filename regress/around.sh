# What is around acme-client: filters of containers and services, kernels with
# an older Landlock, other allocators of memory.
. "$here/lib.sh"
work_start
pebble_start || exit 1

# starts COMMAND...: a first certificate by this command; status, $err
starts() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$conf"
	domain_write "$conf" example.com example.com ""
	"$@" -vv -f "$conf" example.com 2>"$err" >/dev/null
	status=$?
}
# layers: how many processes have which layers
layers() {
	sed -n 's/.*proc: sandbox: \(.*\)$/\1/p' "$err" |
	    sed 's/chroot, //; s/setuid, //' | sort | uniq -c
}
# right NAME: there is a certificate, and each process has all layers
right() {
	same "around: $1: status" 0 $status
	[ $status = 0 ] || tail -n 3 "$err" >&2
	check "around: $1: a certificate" test -s "$work/ssl/example.com.pem"
	same "around: $1: as many layers" "$all_layers" "$(layers)"
}
starts "$client"
all_layers=$(layers)
processes=$(grep -c 'proc: sandbox: ' "$err")
right "nothing around it"
check "around: the layers are counted" test -n "$all_layers"

# in_container COMMAND...: with the capabilities of a container's root
has=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap
has=$has,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap
in_container() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-all,$has --inh-caps=-all \
		    --no-new-privs "$@"
	else
		setpriv --no-new-privs "$@"
	fi
}
# filters NAME FILTER...: what must be so under this one
filters() {
	_kind=$1; shift
	starts in_container python3 "$here/outer.py" "$@" "$client"
	right "$_kind"
	what="$_kind without Landlock"
	starts in_container python3 "$here/outer.py" -landlock_create_ruleset \
	    "$@" "$client"
	same "around: $what: status" 0 $status
	same "around: $what: each process says so" "$processes" \
	    "$(grep -c 'proc: sandbox: .*NO Landlock' "$err")"
	for without in "seccomp:must allow seccomp(2)" \
	    "pidfd_open:pidfd_open" \
	    "prctl:PR_SET_[A-Z]*: \(Function not impl\|Operation not perm\)"; do
		what="$_kind without ${without%%:*}"
		starts in_container python3 "$here/outer.py" \
		    "-${without%%:*}" "$@" "$client"
		same "around: $what: refused" 1 $status
		says "around: $what: says why" "$err" "${without#*:}"
		check "around: $what: nothing is installed" \
		    test ! -e "$work/ssl/example.com.pem"
	done
}
if [ -e /usr/share/containers/seccomp.json ]; then
	profile=/usr/share/containers/seccomp.json
elif (cd "$work" && apt-get download -qq golang-github-containers-common &&
    dpkg-deb -x ./*.deb containers) >"$work/apt.log" 2>&1; then
	profile=$work/containers/usr/share/containers/seccomp.json
else
	profile=
	skip "around: a container's filter: no package with one"
fi
[ -z "$profile" ] || filters "a container's filter" docker "$profile"
# As the unit is shipped; it has an ordinary user, who needs no chroot(2).
if [ "$(id -u)" = 0 ]; then
	skip "around: a service's filter: only as an ordinary user"
elif command -v systemd-analyze >/dev/null; then
	filters "the service's filter" systemd \
	    "$top/etc/systemd/acme-client.service"
else
	skip "around: a service's filter: no systemd-analyze"
fi

# Kernels with an older Landlock: the first question of each process is for its
# version.
if strace -f -o /dev/null true 2>/dev/null; then
	abi=1
	while [ $abi -le 6 ]; do
		starts strace -f -o "$work/trace" \
		    -e trace=landlock_create_ruleset \
		    -e inject=landlock_create_ruleset:retval=$abi:when=1 \
		    "$client"
		what="Landlock's version $abi"
		same "around: $what: status" 0 $status
		check "around: $what: a certificate" \
		    test -s "$work/ssl/example.com.pem"
		same "around: $what: no process without" 0 \
		    "$(grep -c 'NO Landlock' "$err")"
		# TCP ports came with 4, abstract sockets and signals with 6.
		case $abi in
		[123]) has=files ;;
		[45]) has="files, TCP ports" ;;
		*) has="files, TCP ports, scope" ;;
		esac
		says "around: $what: says what there is" "$err" \
		    "^acme-client: sandboxes: .* Landlock $abi ($has)$"
		abi=$((abi + 1))
	done
else
	skip "around: older Landlock: strace cannot trace here"
fi

# Other allocators, which map, cut and give back memory in their own ways.
for library in jemalloc mimalloc; do
	if ! printf 'int main(void) { return 0; }\n' |
	    ${CC:-gcc} -x c -o "$work/tried" - -l$library 2>/dev/null; then
		skip "around: lib$library: not installed"
		continue
	fi
	cp -a "$(dirname "$client")" "$work/$library" &&
	    (cd "$work/$library" && rm -f acme-client ./*proc &&
	    make LDFLAGS="-Wl,--no-as-needed -l$library -Wl,--as-needed") \
		>"$work/$library.log" 2>&1 || {
		fail "around: $library: $(tail -n 2 "$work/$library.log")"
		continue
	}
	same "around: $library: each program has it" 11 \
	    "$(cd "$work/$library" && for p in acme-client ./*proc; do
		ldd $p | grep -c "lib$library" ; done | grep -c 1)"
	starts "$work/$library/acme-client"
	right "$library"
	starts "$work/$library/acme-client" -F
	"$work/$library/acme-client" -f "$conf" -F example.com 2>"$err"
	same "around: $library: another certificate" 0 $?
done
exit $failed
