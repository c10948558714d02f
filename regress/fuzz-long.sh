#!/bin/sh
# Fuzzing for a set time, and what it reaches (make fuzz):
#   sh regress/fuzz-long.sh [TARGET ...]     all targets, or these
#   sh regress/fuzz-long.sh --try TARGET FILE ...   these inputs, with what the
#                                            target writes
# FUZZ_SECONDS: how long each target runs, in seconds of a processor (60); 0: it
# does not, and the table is of the inputs that are kept, and the first ones.
# FUZZ_JOBS: how many run at a time (as many as there are processors).
# FUZZ_DIR: where the inputs that reach something new are kept from run to run
# (corpus/TARGET), and those that fail (found/TARGET-...); generated/fuzz.
# A target that fails stops; the status is then 1.
# Prints a table: CPU seconds, executions, inputs kept, and what they reach of
# the sources (of a role: of the files that no other program has).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
client= run=$(mktemp -d)
. "$here/fuzz-lib.sh"
work_start
trap 'cleanup; rm -rf "$run"' EXIT
dir=${FUZZ_DIR:-$top/generated/fuzz}
mkdir -p "$dir/corpus" "$dir/found"
try=
[ "${1:-}" = --try ] && { try=yes; target=$2; shift 2; }
targets=${*:-$fuzz_parsers $fuzz_roles}
[ -z "$try" ] || targets=$target

seconds=${FUZZ_SECONDS:-60}
[ -z "$try" ] && [ "$seconds" = 0 ] ||
    fuzz_objects "$run/objects" "$fuzz_flags $fuzz_sanitizers" ||
    { tail -n 5 "$run/objects.log" >&2; exit 1; }
covered="-fprofile-instr-generate -fcoverage-mapping"
command -v llvm-profdata >/dev/null && command -v llvm-cov >/dev/null || {
	echo "llvm-cov, of the package llvm, is missing" >&2
	exit 1
}
[ -n "$try" ] || fuzz_objects "$run/covered" "$fuzz_flags $covered" ||
    { tail -n 5 "$run/objects.log" >&2; exit 1; }
seeds=$run/seeds
case $targets in
*proc*)
	work_build || exit 1
	fuzz_record "$run/roles" || exit 1 ;;
esac
case $targets in
*proc) ;;
*) (cd "$run" && . "$here/fuzz-seeds.sh") ;;
esac

# one TARGET OPTION...: runs it where its files are
one() (
	_target=$1; shift
	cd "$run" && ASAN_OPTIONS=$(fuzz_leaks "$_target") \
	    FUZZ_CONF=$run/roles/$_target/conf "$@"
)
built() { fuzz_build "$run/objects" "$fuzz_flags $fuzz_sanitizers" "$1" \
    "$run/fuzz-$1" || { cat "$run/fuzz-$1.log" >&2; return 1; }; }

if [ -n "$try" ]; then
	built "$target" || exit 1
	FUZZ_SAYS=1 one "$target" "./fuzz-$target" "$@"
	exit
fi

# set_spent TARGET: what this shell's processes have taken of a processor, in
# seconds, into $spent.  Each target has a shell of its own.
set_spent() {
	times >"$run/$1.times"
	spent=$(tr ms '  ' <"$run/$1.times" |
	    awk 'NR == 2 { printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }')
}

# run_for TARGET: fuzzes it, with the directories that long() has set.  What a
# role allocates it frees by its end, which does not come here: once that has
# taken all memory that a target may have, it is started again.
run_for() {
	set_spent "$1"
	_end=$((spent + seconds))
	while set_spent "$1"; _left=$((_end - spent)); [ "$_left" -gt 0 ]; do
		# shellcheck disable=SC2086
		(
			ulimit -S -t "$_left"
			one "$1" "./fuzz-$1" $fuzz_options $(fuzz_dict "$1") \
			    -close_fd_mask=1 -print_final_stats=1 \
			    -rss_limit_mb=4096 \
			    -artifact_prefix="$dir/found/$1-" \
			    "$_corpus" "$_first" "$_kept" 2>&1
		) |
		    grep -aE -e '^(#|stat::|==|SUMMARY|artifact)' \
		        -e 'ERROR|runtime error|    #' >"$run/$1.part"
		case $1:$(grep -a ERROR "$run/$1.part") in
		*proc:*"libFuzzer: out-of-memory (used"*)
			_unit=$(sed -n 's/.*Test unit written to //p' \
			    "$run/$1.part" | grep -e -oom-)
			rm -f "$_unit"
			grep -a '^stat::' "$run/$1.part" >>"$run/$1.out" ;;
		*)
			cat "$run/$1.part" >>"$run/$1.out"
			break ;;
		esac
	done
}

# long TARGET: fuzzes it, then runs the inputs that it has kept once more, with
# their coverage counted, and prints its line of the table
long() {
	_corpus=$dir/corpus/$1 _first=$run/seeds/$1
	case $1 in *proc) _first=$run/roles/$1/seeds ;; esac
	_kept=$here/corpus/$1
	mkdir -p "$_corpus" "$_first"
	[ -d "$_kept" ] || _kept=$_first
	: >"$run/$1.out"
	[ "$seconds" = 0 ] || built "$1" || return 1
	set_spent "$1"
	_built=$spent
	[ "$seconds" = 0 ] || run_for "$1"
	set_spent "$1"
	grep -aE 'ERROR|runtime error|^artifact.*Test unit' "$run/$1.out" \
	    >"$run/$1.errors"
	fuzz_build "$run/covered" "$fuzz_flags $covered" "$1" \
	    "$run/covered-$1" || { cat "$run/covered-$1.log" >&2; return 1; }
	LLVM_PROFILE_FILE=$run/$1.raw one "$1" "./covered-$1" -runs=0 \
	    "$_corpus" "$_first" "$_kept" >/dev/null 2>&1
	llvm-profdata merge -o "$run/$1.profile" "$run/$1.raw" 2>/dev/null &&
	    llvm-cov export -instr-profile "$run/$1.profile" \
	    "$run/covered-$1" >"$run/$1.json" 2>/dev/null
	python3 "$here/fuzz_table.py" "$1" "$run/$1.out" $((spent - _built)) \
	    "$_corpus" "$run/$1.json" "$top" && [ ! -s "$run/$1.errors" ] &&
	    return
	cat "$run/$1.errors"
	return 1
}

# Each of them takes one of these tokens, and puts it back.
mkfifo "$run/tokens"
exec 9<>"$run/tokens"
for _i in $(seq "${FUZZ_JOBS:-$(getconf _NPROCESSORS_ONLN)}"); do
	echo >&9
done
printf '%-10s %6s %10s %7s %7s %9s %7s\n' target CPU executed inputs lines \
    branches memory
for target in $targets; do
	read -r _token <&9
	{ long "$target" 9>&- || : >"$run/failed"; echo >&9; } &
	longs="${longs:-} $!"
done
# shellcheck disable=SC2086
wait $longs
[ ! -e "$run/failed" ]
