#!/bin/sh
# fuzz-afl.sh TARGET [SECONDS]: a parser's target (fuzz-TARGET.c) under AFL++,
# which must be installed (Debian: afl++), for so long (60), from the inputs
# that are kept for libFuzzer.  Ends with the number of executions; the status
# is 1 if an input has failed.  What is found stays in FUZZ_DIR/afl/TARGET
# (generated/fuzz).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
client= run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
. "$here/fuzz-lib.sh"
target=$1
case " $fuzz_parsers " in
*" $target "*) ;;
*) echo "targets: $fuzz_parsers" >&2; exit 1 ;;
esac
[ "$target" != dns ] || { echo "dns is for libFuzzer alone" >&2; exit 1; }
out=${FUZZ_DIR:-$top/generated/fuzz}/afl/$target
mkdir -p "$out"
copy_tree "$top" "$run/objects"
(
	cd "$run/objects" && export AFL_QUIET=1 AFL_USE_ASAN=1 &&
	    ./configure CC=afl-clang-fast &&
	    make -j "$(getconf _NPROCESSORS_ONLN)" HARDEN= \
	    CFLAGS="$fuzz_flags" LINK=@: all &&
	    ar rcs libtree.a $(ls ./*.o |
	        grep -Ev '/(acme-client|[a-z]+proc)\.o$') &&
	    build_of . &&
	    afl-clang-fast -std=gnu11 $fuzz_flags $flags -I. -o "$run/fuzz" \
	    "regress/fuzz-$target.c" regress/fuzz-main.c libtree.a \
	    $(fuzz_wraps "$target") $libs
) >"$run/log" 2>&1 || { tail -n 5 "$run/log" >&2; exit 1; }
cd "$run" && AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
    AFL_NO_UI=1 AFL_NO_AFFINITY=1 ASAN_OPTIONS="abort_on_error=1:symbolize=0:$(
    fuzz_leaks "$target")" afl-fuzz -V "${2:-60}" -m none -t 5000 \
    -i "$here/corpus/$target" -o "$out" -- "$run/fuzz" >"$run/log" 2>&1 ||
    { tail -n 5 "$run/log" >&2; exit 1; }
sed -n 's/ *: /: /; /^execs_done\|^saved_crashes\|^saved_hangs/p' \
    "$out/default/fuzzer_stats"
grep -q '^saved_crashes *: 0$' "$out/default/fuzzer_stats"
