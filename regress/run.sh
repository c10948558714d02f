#!/bin/sh
# All tests: sh regress/run.sh [--no-install] [section ...]
# --check: those that need neither root nor network, in seconds (make check).
# --threats: those that the table of threats needs (threats.txt), which is
# printed then; ROWS="3 7": of these rows only (make regress-threats).
# EACH=1 adds what takes too long for each run; without it, this is skipped, and
# the skip says so.
# Sections run side by side: for each of JOBS=N processors, or of all there are,
# three that wait most of the time, or one such and one that computes.
# package-fresh takes minutes and the package mirror: only by its name.
# Ends with "N passed, N failed, N skipped" and a status to match.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$here/setup.sh"
check= threats=
[ "${1:-}" = --threats ] && threats=yes && shift
# shellcheck disable=SC2086
case ${1:-} in
--no-install) shift ;;
--check) check=yes; set -- manual unit conf ;;
*)
	open_root_directory && install_packages $test_packages || {
		echo "FAIL setup: packages"
		echo "0 passed, 1 failed, 0 skipped"; exit 1
	}
	install_servers ;;
esac
all="account around asan build ca ca-account ca-changes ca-fleet ca-later
    ca-mutations ca-orders ca-proxy ca-revoke ca-webroot ca-words certificate
    conf dns dns-hooks faults faults-keys faults-more faults-power faults-space
    fleet fleet-etcd fleet-trouble fuzz fuzz-roles guide handles hooks hostile
    evil import install-chain layout leftover manual nginx openbsd package
    renewal resolver responder restore revoke sandbox seeing servers soak
    stateless static threats threats-memory try unit user valgrind verify whole
    zone"
[ $# != 0 ] || [ -n "$threats" ] || { threats=yes; set -- $all; }
table=$here/threats.txt
[ -z "$threats" ] ||
    of_table=$(python3 "$here/threats.py" "$table" sections) || exit 1
sections="$* ${of_table:-}"

run=$(mktemp -d) && chmod 755 "$run"
trap 'rm -rf "$run"' EXIT
trap 'exit 1' INT TERM HUP
: >"$run/results"
export PORTS=$run/ports BUILDS=$run/builds
mkdir -m 1777 "$BUILDS"
: >"$PORTS" && chmod 666 "$PORTS"
# The system's python3 comes first: a version manager's may be a script, which
# takes longer to find the interpreter than that takes to start.
_python=/usr/bin/python3
[ -x $_python ] || _python=$(python3 -c 'import sys; print(sys.executable)')
mkdir "$run/bin" && ln -s "$_python" "$run/bin/python3"
export PATH="$run/bin:$PATH"
export newer_pebble=$run/newer-pebble
mkdir -m 1777 "$newer_pebble"
export run here top

processors=$(getconf _NPROCESSORS_ONLN)
jobs=${JOBS:-$processors}
# What is tested is a build in $build, from which nothing goes back to the tree.
# --check has one that stays, in which only what has changed is compiled.
build=$run/gcc
flags="-O2 -g -Werror"
if [ -n "$check" ]; then
	build=$top/generated/check
	flags="-O1 -Werror"
	sources() { (cd "$1" && ls ./*.[ch]); }
	[ "$(sources "$top")" = "$(sources "$build" 2>/dev/null)" ] ||
	    rm -rf "$build"
fi
copy_tree "$top" "$build"
(cd "$build" && { [ config.mk -nt configure ] || CC=${CC:-gcc} ./configure; } &&
    make -j "$processors" CFLAGS="$flags") >"$run/build.log" 2>&1 ||
    {
    	tail -n 20 "$run/build.log"; echo "FAIL build"
    	echo "0 passed, 1 failed, 0 skipped"; exit 1
    }
client=$build/acme-client
export client

# Sections run side by side: each takes one of these tokens, or two if it
# computes all the time, and puts them back.
computing="asan:unit asan:whole asan:responder build ca-mutations evil faults
    faults-keys faults-more fleet-etcd fuzz fuzz-roles openbsd package
    package-fresh soak static threats-memory unit valgrind"
mkfifo "$run/tokens"
exec 9<>"$run/tokens"
for _i in $(seq $((3 * jobs))); do echo >&9; done
most_seconds=3600
started=
running=
stop_sections() {
	# shellcheck disable=SC2086
	[ -z "$running" ] || kill $running 2>/dev/null
	wait
	rm -rf "$run"
}
trap stop_sections EXIT

# report NAME STATUS OUTPUT WALL CPU: what a section printed, whole: its
# failures and skips, how many are right; and its seconds.
report() {
	_end=$(tail -n 3 "$3.err" | tr '\n' ' ')
	if ! grep -Eq '^(ok|FAIL|skip) ' "$3"; then
		echo "FAIL $1: no result, status $2: $_end" >>"$3"
	elif [ "$2" != 0 ] && [ "$2" != 124 ] && ! grep -q '^FAIL ' "$3"; then
		echo "FAIL $1: status $2: $_end" >>"$3"
	fi
	{
		flock 8
		echo "== $1 ($4 seconds, $5 of CPU)"
		printf '%s %s %s\n' "$1" "$4" "$5" >>"$run/times"
		grep -Ev '^ok ' "$3" || :
		echo "$(grep -c '^ok ' "$3") ok"
		sed -n "s|^FAIL |$1: |p" "$3" >>"$run/failed"
		cat "$3" >>"$run/results"
	} 8>"$run/lock"
}

# section NAME COMMAND...: runs it, with a time limit, when it is its turn.
# GROUP:NAME is in the section GROUP.
section() {
	_name=$1; shift
	case " $sections " in
	*" $_name "*|*" ${_name%:*} "*) ;;
	*) return 0 ;;
	esac
	started="$started $_name ${_name%:*} "
	_takes=1
	for _other in $computing; do
		[ "$_name" != "$_other" ] || _takes=2
	done
	for _i in $(seq $_takes); do read -r _token <&9; done
	(
		trap '[ -z "$pid" ] || kill $pid; exit 1' INT TERM HUP
		pid= began=$(date +%s) out=$run/section.$_name
		own=$run/in-$(echo "$_name" | tr : -)
		mkdir "$own"
		run=$own timeout -k 10 "$most_seconds" "$@" >"$out" \
		    2>"$out.err" </dev/null 9>&- &
		pid=$!
		wait $pid
		status=$?
		[ $status = 124 ] &&
		    echo "FAIL $_name: not done within $most_seconds seconds" \
		    >>"$out"
		# The second line is of the ended children, with theirs.
		times >"$own.times"
		report "$_name" $status "$out" $(($(date +%s) - began)) \
		    "$(tr ms '  ' <"$own.times" | awk 'NR == 2 {
			printf "%.1f", $1 * 60 + $2 + $3 * 60 + $4 }')"
		for _i in $(seq $_takes); do echo >&9; done
	) &
	running="$running $!"
}

# as_user SECTION...: as an ordinary user whose files, locks or limits differ
# from root's
as_user() {
	[ "$(id -u)" = 0 ] || return 0
	for name in "$@"; do
		section user:$name setpriv --reuid=54321 --regid=54321 \
		    --clear-groups --inh-caps=-all env HOME=/nonexistent \
		    CONNECTIONS=100 sh "$here/$name.sh"
	done
}

# The longest first, so that none runs alone in the end; before them asan:unit,
# which compiles what others use, too.
section asan:unit sh "$here/asan.sh" unit
for name in package-fresh package threats ca-orders static ca-later evil dns \
    fleet-etcd whole fuzz import responder ca; do
	section $name sh "$here/$name.sh"
done
for name in responder whole; do
	section asan:$name sh "$here/asan.sh" $name
done
as_user whole
section faults-keys sh "$here/faults.sh" faults_keys
section faults sh "$here/faults.sh"
section faults-more sh "$here/faults.sh" faults_more
section threats-memory sh "$here/threats.sh" with_mishaps wrong_clock \
    start_hangs no_memory
for name in guide build soak ca-mutations; do
	section $name sh "$here/$name.sh"
done
as_user responder
section faults-power sh "$here/faults.sh" faults_power
for name in account hooks zone ca-revoke ca-account handles restore valgrind; do
	section $name sh "$here/$name.sh"
done
section faults-space sh "$here/faults.sh" faults_space
section asan:hostile sh "$here/asan.sh" hostile
as_user fleet fleet-trouble seeing around
for name in fuzz-roles hostile resolver servers leftover openbsd try \
    ca-changes install-chain verify fleet fleet-trouble seeing sandbox; do
	section $name sh "$here/$name.sh"
done
[ "$(id -u)" = 0 ] ||
    section user echo "skip user: already run as an ordinary user"
again="account certificate renewal revoke"
if [ -n "${EACH:-}" ]; then
	for name in $again; do
		section asan:$name sh "$here/asan.sh" $name
	done
	# shellcheck disable=SC2086
	as_user $again handles install-chain restore
else
	section asan:again echo "skip asan: $again: only with EACH=1"
	[ "$(id -u)" != 0 ] || section user:again echo "skip user: $again" \
	    "handles install-chain restore: only with EACH=1"
fi
for name in ca-proxy ca-fleet around renewal certificate layout stateless \
    ca-words dns-hooks revoke ca-webroot nginx conf manual; do
	section $name sh "$here/$name.sh"
done
section unit sh "$here/unit.sh" "$build"
for name in $sections; do
	case $started in
	*" $name "*) ;;
	*) section "$name" echo "FAIL $name: no such section is started" ;;
	esac
done
wait

# The table of threats, from what all sections have printed.
if [ -n "$threats" ]; then
	# shellcheck disable=SC2086
	python3 "$here/threats.py" "$table" "$run" $of_table >"$run/threats" ||
	    echo "FAIL threats: the table: status $?" >>"$run/threats"
	grep -v '^ok ' "$run/threats"
	sed -n "s|^FAIL ||p" "$run/threats" >>"$run/failed"
	cat "$run/threats" >>"$run/results"
fi

# How long each section took, those with the most CPU seconds first.
sort -k 3,3nr "$run/times" | awk '
	BEGIN { printf "%-20s %7s %8s\n", "section", "seconds", "CPU" }
	{ printf "%-20s %7d %8.1f\n", $1, $2, $3; cpu += $3 }
	END { printf "%-20s %7s %8.1f\n", "all", "", cpu }'

# All failures once more, where a long log is read first.
[ ! -s "$run/failed" ] || { echo "failed:"; cat "$run/failed"; }
passed=$(grep -c '^ok ' "$run/results")
failed=$(grep -c '^FAIL ' "$run/results")
skipped=$(grep -c '^skip ' "$run/results")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
