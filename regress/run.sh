#!/bin/sh
# All tests: sh regress/run.sh [--no-install] [section ...]
# Ends with "N passed, N failed, N skipped" and a status to match.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$here/setup.sh"
if [ "${1:-}" = --no-install ]; then shift
# shellcheck disable=SC2086
else open_root_directory && install_packages $test_packages || { echo "FAIL setup: packages"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }; install_servers; fi
sections=${*:-"build openbsd manual unit conf fuzz sandbox resolver hostile evil ca ca-later ca-words ca-orders ca-changes ca-account ca-revoke ca-proxy ca-fleet faults faults-keys whole leftover restore account revoke certificate renewal fleet fleet-trouble handles layout nginx stateless user asan"}

run=$(mktemp -d) && chmod 755 "$run"
trap 'rm -rf "$run"' EXIT
trap 'exit 1' INT TERM HUP
: >"$run/results"
export run here top

# A build of the sources in $run/NAME with these make arguments.
build() {
	_name=$1; shift
	copy_tree "$top" "$run/$_name"
	(cd "$run/$_name" && CC=${CC:-gcc} ./configure && make "$@") >"$run/$_name.log" 2>&1
}

# Runs a section's script with a time limit; its result lines are counted.
section() {
	_name=$1 _seconds=$2; shift 2
	case " $sections " in *" $_name "*) ;; *) return 0 ;; esac
	echo "== $_name"
	timeout -k 10 "$_seconds" "$@" >"$run/section.$_name" 2>"$run/section.$_name.err" </dev/null
	_status=$?
	[ $_status = 124 ] && echo "FAIL $_name: not done within $_seconds seconds" >>"$run/section.$_name"
	if ! grep -Eq '^(ok|FAIL|skip) ' "$run/section.$_name"; then
		echo "FAIL $_name: no result, status $_status: $(tail -n 3 "$run/section.$_name.err" | tr '\n' ' ')" >>"$run/section.$_name"
	elif [ $_status != 0 ] && [ $_status != 124 ] && ! grep -q '^FAIL ' "$run/section.$_name"; then
		echo "FAIL $_name: status $_status: $(tail -n 3 "$run/section.$_name.err" | tr '\n' ' ')" >>"$run/section.$_name"
	fi
	grep -Ev '^ok ' "$run/section.$_name" || :
	echo "$(grep -c '^ok ' "$run/section.$_name") ok"
	cat "$run/section.$_name" >>"$run/results"
}

build gcc CFLAGS="-O2 -g -Werror" || { tail -n 20 "$run/gcc.log"; echo "FAIL build"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
client=$run/gcc/acme-client
export client

section build 600 sh "$here/build.sh"
section openbsd 120 sh "$here/openbsd.sh"
section manual 60 sh "$here/manual.sh"
section unit 300 sh "$here/unit.sh" "$run/gcc"
section conf 120 sh "$here/conf.sh"
section fuzz 300 sh "$here/fuzz.sh"
section sandbox 300 sh "$here/sandbox.sh"
section resolver 300 sh "$here/resolver.sh"
section hostile 300 sh "$here/hostile.sh"
section evil 400 sh "$here/evil.sh"
section ca 300 sh "$here/ca.sh"
section ca-later 600 sh "$here/ca-later.sh"
section ca-words 300 sh "$here/ca-words.sh"
section ca-account 300 sh "$here/ca-account.sh"
section ca-revoke 300 sh "$here/ca-revoke.sh"
section ca-proxy 300 sh "$here/ca-proxy.sh"
section ca-orders 400 sh "$here/ca-orders.sh"
section ca-changes 300 sh "$here/ca-changes.sh"
section ca-fleet 300 sh "$here/ca-fleet.sh"
section faults 600 sh "$here/faults.sh"
section faults-keys 600 sh "$here/faults.sh" faults_keys
section whole 900 sh "$here/whole.sh"
section leftover 300 sh "$here/leftover.sh"
for name in restore account revoke certificate renewal fleet fleet-trouble handles layout nginx stateless; do section $name 300 sh "$here/$name.sh"; done
if [ "$(id -u)" = 0 ]; then
	section user 1200 setpriv --reuid=54321 --regid=54321 --clear-groups --inh-caps=-all \
	    env HOME=/nonexistent sh "$here/user.sh"
else
	section user 1 echo "skip user: already run as an ordinary user"
fi
section asan 1200 sh "$here/asan.sh"

passed=$(grep -c '^ok ' "$run/results")
failed=$(grep -c '^FAIL ' "$run/results")
skipped=$(grep -c '^skip ' "$run/results")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
