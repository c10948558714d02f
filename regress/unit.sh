# Builds each unit test with the real files, and runs it.  $1: a build of them.
# For another machine: RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu".
. "$here/lib.sh"
work=$run
mkdir -p "$run/units"
build_of "$1"
# unit NAME: builds and runs it
unit() {
	# shellcheck disable=SC2086
	if ! $cc -std=gnu11 -g -Wall -Wextra -Wno-override-init -Wshadow \
	    -Wstrict-prototypes -Wmissing-prototypes -Werror $flags \
	    ${UNIT_CFLAGS:-} -I "$top" -I "$here" -o "$run/units/$1" \
	    "$here/$1.c" $objs "$build/generated/filter-parent.o" \
	    ${UNIT_CFLAGS:-} $libs 2>"$run/units/$1.log"; then
		fail "$1: $(head -n 3 "$run/units/$1.log" | tr '\n' ' ')"
		return
	fi
	# A configuration lives until exit, and that test reads many.
	[ "$1" = unit-conf ] && leaks=0 || leaks=1
	(cd "$run/units" &&
	    ASAN_OPTIONS=detect_leaks=$leaks ${RUNNER:-} \
	    "./$1") 2>"$run/units/$1.err"
	_status=$?
	[ $_status -gt 1 ] &&
	    fail "$1: ended with status $_status:" \
	    "$(end_of "$run/units/$1.err" 2)"
	[ -s "$run/units/$1.err" ] &&
	    grep -E 'Sanitizer|runtime error' "$run/units/$1.err" |
	    sed "s/^/FAIL $1: /"
}
# All at once: most of the time is the compiler's.
build=$1
units=$(cd "$here" && ls unit-*.c | sed 's/\.c$//')
for name in $units; do unit "$name" >"$run/units/$name.out" & done
wait
for name in $units; do cat "$run/units/$name.out"; done >"$run/units/all"
cat "$run/units/all"
! grep -q '^FAIL' "$run/units/all"
