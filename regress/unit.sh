# Builds each unit test with the real files, and runs it.  $1: a build of them.
# For another machine: RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu".
. "$here/lib.sh"
work=$run
mkdir -p "$run/units"
build_of "$1"
for source in "$here"/unit-*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2086
	if $cc -std=gnu11 -g -Wall -Wextra -Wno-override-init -Wshadow \
	    -Wstrict-prototypes -Wmissing-prototypes -Werror $flags \
	    ${UNIT_CFLAGS:-} -I "$top" -I "$here" -o "$run/units/$name" \
	    "$source" $objs "$1/generated/filter-parent.o" ${UNIT_CFLAGS:-} \
	    $libs 2>"$run/units/$name.log"; then
		# A configuration lives until exit, and that test reads many.
		[ $name = unit-conf ] && leaks=0 || leaks=1
		(cd "$run/units" &&
		    ASAN_OPTIONS=detect_leaks=$leaks ${RUNNER:-} \
		    "./$name") 2>"$run/units/$name.err"
		_status=$?
		[ $_status -gt 1 ] &&
		    fail \
		    "$name: ended with status $_status: $(tail -n 2 "$run/units/$name.err" | tr '\n' ' ')"
		[ -s "$run/units/$name.err" ] &&
		    grep -E 'Sanitizer|runtime error' "$run/units/$name.err" |
		    sed "s/^/FAIL $name: /"
	else
		fail "$name: $(head -n 3 "$run/units/$name.log" | tr '\n' ' ')"
	fi
done
exit $failed
