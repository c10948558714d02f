# Any bytes to every parser of what comes from outside: their targets under
# libFuzzer, ASan and UBSan, for a fixed number of inputs from fixed seeds.
# FUZZ_RUNS=N: more of them.  fuzz-long.sh (make fuzz) runs for a set time.
. "$here/fuzz-lib.sh"
objects=$BUILDS/fuzz seeds=$run/fuzz
. "$here/fuzz-seeds.sh"
fuzz_objects "$objects" "$fuzz_flags $fuzz_sanitizers" || {
	fail "fuzz: the tree does not compile:" \
	    "$(grep -m 1 error "$run/objects.log")"
	exit 1
}

# fuzz TARGET RUNS
fuzz() {
	_runs=${FUZZ_RUNS:-$2} _log=$run/fuzz-$1.log
	fuzz_build "$objects" "$fuzz_flags $fuzz_sanitizers" "$1" \
	    "$run/fuzz-$1" || {
		fail "fuzz: $1: does not build: $(grep -m 1 error "$_log")"
		return
	}
	fuzz_replay "$1" fuzz
	_seeds=$(ls "$seeds/$1" | wc -l)
	# shellcheck disable=SC2086
	(cd "$run" && ASAN_OPTIONS=$(fuzz_leaks "$1") "./fuzz-$1" -seed=1 \
	    -runs="$_runs" $fuzz_options $(fuzz_dict "$1") -close_fd_mask=2 \
	    "$seeds/$1") >"$_log" 2>&1
	_status=$?
	_error=$(grep -aE -m 1 'ERROR|runtime error' "$_log")
	same "fuzz: $1: $_runs inputs" "0 " "$_status $_error"
	fuzz_trace "$_log"
	check "fuzz: $1: went somewhere" \
	    test "$(ls "$seeds/$1" | wc -l)" -gt $((_seeds + 5))
}
fuzz conf 3000
fuzz http 25000
fuzz responder 50000
fuzz json 25000
fuzz status 5000
fuzz caa 25000
fuzz der 25000
fuzz chain 1000
fuzz dns 2000
fuzz msg 25000
fuzz state 3000
fuzz text 25000
exit $failed
