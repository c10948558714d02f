# Unit tests (with leak checking), whole runs and hostile runs under ASan and
# UBSan.  $1: which script.
. "$here/fuzz-lib.sh"
script=$1

# The objects are those that are fuzzed, by clang.
objects=$BUILDS/fuzz
fuzz_objects "$objects" "$fuzz_flags $fuzz_sanitizers" || {
	fail "asan: does not compile: $(grep -m 1 error "$run/objects.log")"
	exit 1
}

if [ "$script" = unit ]; then
	mkdir "$run/out"
	UNIT_CFLAGS=$fuzz_sanitizers run=$run/out \
	    sh "$here/unit.sh" "$objects" >"$run/unit.out" 2>&1
	grep -Ev '^(ok|skip) ' "$run/unit.out" >"$run/unit.wrong" || :
	same "asan: unit tests: failures" "" \
	    "$(head -n 3 "$run/unit.wrong" | cut -c1-300)"
	check "asan: unit tests: ran" \
	    test "$(grep -c '^ok ' "$run/unit.out")" -gt 200
	exit $failed
fi

# The programs, which the first of these sections links for all.  config.mk
# keeps its time, so that nothing else is compiled again.
asan_build() (
	cp -a "$objects" "$built" && cp "$here/asan-options.c" "$built" &&
	    cd "$built" &&
	    sed 's/^LIBS_BASE = /&asan-options.o /' config.mk >changed.mk &&
	    touch -r config.mk changed.mk && mv changed.mk config.mk &&
	    make CFLAGS= asan-options.o &&
	    make -j "$(getconf _NPROCESSORS_ONLN)" CFLAGS= &&
	    : >"$BUILDS/asan/built"
)
built=$BUILDS/asan/build
mkdir -p "$BUILDS/asan"
{
	flock 7
	[ -e "$BUILDS/asan/built" ] || asan_build >"$BUILDS/asan/log" 2>&1
} 7<"$BUILDS/asan"
[ -e "$BUILDS/asan/built" ] || {
	fail "asan: does not build: $(tail -n 2 "$BUILDS/asan/log")"; exit 1
}
export CONNECTIONS=100
client=$built/acme-client sh "$here/$script.sh" >"$run/$script.out" 2>&1
same "asan: $script: failures" "" \
    "$(grep '^FAIL' "$run/$script.out" | head -n 3 | cut -c1-300)"
same "asan: $script: reports" 0 \
    "$(grep -Ec 'AddressSanitizer|runtime error' "$run/$script.out")"
grep '^skip ' "$run/$script.out" || :
[ "$script" = renewal ] && grep -q '^skip renewal' "$run/$script.out" ||
    check "asan: $script: ran" \
    test "$(grep -c '^ok ' "$run/$script.out")" -gt 40
exit $failed
