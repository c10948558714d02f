#!/bin/sh
# programs.sh [BUILD]: what each program consists of and what its start costs,
# as a table in Markdown.  BUILD: a directory where the sources were built with
# GNU make (this one's parent).  Tests nothing.
set -eu
cd "${1:-$(dirname "$0")/..}"
[ -x netproc ] || {
	echo "programs.sh: nothing is built in $PWD; run make there" >&2
	exit 1
}
programs="acme-client netproc dnsproc keyproc csrproc chngproc certproc"
programs="$programs fileproc zoneproc respproc hookproc"

# start_ms PROGRAM...: CPU (user and system) of a start of each until it sees
# that nobody has asked for it, in turn; medians in milliseconds, one a line.
start_ms() {
	python3 - "$@" <<'END_PYTHON'
import os, statistics, sys

def start(program):
    actions = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0)
        for fd in (0, 1, 2)]
    pid = os.posix_spawn(program, [program, "-V"], os.environ,
        file_actions=actions)
    usage = os.wait4(pid, 0)[2]
    return 1000 * (usage.ru_utime + usage.ru_stime)

rounds = [[start(p) for p in sys.argv[1:]] for _ in range(101)]
for times in zip(*rounds): print("%.1f" % statistics.median(times))
END_PYTHON
}

# objects_of VARIABLE: what the Makefile links it of, but for the filter
# shellcheck disable=SC2016
objects_of() {
	printf 'include Makefile\nobjects:; @echo $(%s_OBJS)\n' "$1" |
	    make -s -f - objects
}

# shellcheck disable=SC2046,SC2086
start_ms $(printf './%s ' $programs) /bin/true |
{
echo "| program | objects | lines | libraries besides libc |" \
    "start, CPU ms | filter, rows |"
echo "|---|---|---|---|---|---|"
for program in $programs; do
	case $program in
	acme-client) variable=PARENT filter=parent ;;
	*)
		variable=$(echo "${program%proc}" | tr '[:lower:]' '[:upper:]')
		filter=$program ;;
	esac
	objects=$(objects_of "$variable")
	# shellcheck disable=SC2002,SC2046
	lines=$(cat $(echo " $objects" | sed 's/\.o/.c/g') | wc -l)
	libraries=$(ldd "./$program" |
	    sed -n 's/.*\(lib[a-z0-9]*\)\.so.* => .*/\1/p' |
	    grep -vx libc | sort | xargs)
	read -r start
	# hookproc has none.
	# shellcheck disable=SC2002
	rows=$(cat "generated/filter-$filter.c" 2>/dev/null |
	    grep -c '^	{ 0x' ||
	    true)
	# shellcheck disable=SC2086
	echo "| $program | $(echo $objects | wc -w) | $lines | $libraries |" \
	    "$start | $rows |"
done
read -r start
echo "| true(1) | | | | $start | |"
}
