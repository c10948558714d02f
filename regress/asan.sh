# Unit tests (with leak checking), whole runs and hostile runs under ASan and
# UBSan.  $1: which script.
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
script=$1
flags="-O1 -g1 -fsanitize=address,undefined -fno-omit-frame-pointer"
flags="$flags -fno-sanitize-recover=undefined"

# The build, which the first of these sections makes for all.  The flags are in
# config.mk, so that those who build again from this build have them, too.
asan_build() (
	copy_tree "$top" "$built" && cp "$here/asan-options.c" "$built" &&
	    cd "$built" && CC=gcc CFLAGS=-g1 ./configure &&
	    sed -i "s/^HARDEN = .*/HARDEN = -fPIE $flags/
		s/^SANDBOX_OBJS = .*/& asan-options.o/" config.mk &&
	    make -j "$(getconf _NPROCESSORS_ONLN)" && : >"$BUILDS/asan/built"
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

if [ "$script" = unit ]; then
	mkdir "$run/objs" "$run/out"
	cp -r "$built/generated" "$built"/*.o "$built/config.mk" "$run/objs" &&
	    rm "$run/objs/asan-options.o"
	sanitize="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
	UNIT_CFLAGS=$sanitize run=$run/out \
	    sh "$here/unit.sh" "$run/objs" >"$run/unit.out" 2>&1
	grep -Ev '^(ok|skip) ' "$run/unit.out" >"$run/unit.wrong" || :
	same "asan: unit tests: failures" "" \
	    "$(head -n 3 "$run/unit.wrong" | cut -c1-300)"
	check "asan: unit tests: ran" \
	    test "$(grep -c '^ok ' "$run/unit.out")" -gt 200
	exit $failed
fi
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
