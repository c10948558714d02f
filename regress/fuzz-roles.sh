# Any sequence of messages to each role: fuzz-role.c under libFuzzer, ASan and
# UBSan, from the messages of real runs with Pebble.
# FUZZ_RUNS=N: more inputs.  fuzz-long.sh (make fuzz) runs for a set time.
. "$here/fuzz-lib.sh"
work_start
objects=$BUILDS/fuzz
fuzz_objects "$objects" "$fuzz_flags $fuzz_sanitizers" || {
	fail "fuzz-roles: the tree does not compile:" \
	    "$(grep -m 1 error "$run/objects.log")"
	exit 1
}
fuzz_record "$work/roles" || { fail "fuzz-roles: no messages"; exit 1; }

for role in $fuzz_roles; do
	log=$work/fuzz-$role.log seeds=$work/roles/$role/seeds
	if [ ! -d "$seeds" ]; then
		skip "fuzz-roles: $role: no message to it was recorded"
		continue
	fi
	fuzz_build "$objects" "$fuzz_flags $fuzz_sanitizers" "$role" \
	    "$work/fuzz-$role" || {
		fail "fuzz-roles: $role: does not build:" \
		    "$(grep -m 1 error "$log")"
		continue
	}
	fuzz_replay "$role" fuzz-roles
	before=$(ls "$seeds" | wc -l)
	# shellcheck disable=SC2086
	(cd "$work" && ASAN_OPTIONS=$(fuzz_leaks "$role") \
	    FUZZ_CONF=$work/roles/$role/conf "./fuzz-$role" -seed=1 \
	    -runs="${FUZZ_RUNS:-500}" $fuzz_options \
	    "$seeds") >"$log" 2>&1
	same "fuzz-roles: $role: ${FUZZ_RUNS:-500} sequences" "0 " \
	    "$? $(grep -aE -m 1 'ERROR|runtime error' "$log")"
	fuzz_trace "$log"
	check "fuzz-roles: $role: went somewhere" \
	    test "$(ls "$seeds" | wc -l)" -gt $((before + 5))
done
exit $failed
