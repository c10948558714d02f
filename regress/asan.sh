# Unit tests (with leak checking), whole runs and hostile runs under ASan and
# UBSan.
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
copy_tree "$top" "$run/asan"
flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
cp "$here/asan-options.c" "$run/asan"
# In config.mk, so that those who build again from this build have them, too.
(cd "$run/asan" && CC=gcc CFLAGS=-g ./configure &&
    sed -i \
    "s/^HARDEN = .*/HARDEN = -fPIE $flags/; s/^SANDBOX_OBJS = .*/& asan-options.o/" \
    config.mk &&
    make) >"$run/asan.log" 2>&1 ||
    { fail "asan: does not build: $(tail -n 2 "$run/asan.log")"; exit 1; }
mkdir "$run/asan-objs"
cp -r "$run/asan/generated" "$run/asan-objs"
cp -r "$run/asan/"*.o "$run/asan/config.mk" "$run/asan-objs" &&
    rm "$run/asan-objs/asan-options.o"
mkdir -p "$run/asan-units"
UNIT_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined" \
    run="$run/asan-units" sh "$here/unit.sh" "$run/asan-objs" \
    >"$run/asan-units.out" 2>&1
same "asan: unit tests: failures" 0 \
    "$(grep -Evc '^(ok|skip) ' "$run/asan-units.out")"
check "asan: unit tests: ran" \
    test "$(grep -c '^ok ' "$run/asan-units.out")" -gt 200
for script in whole account revoke certificate renewal hostile responder; do
	client=$run/asan/acme-client sh "$here/$script.sh" \
	    >"$run/asan-$script.out" 2>&1
	same "asan: $script: failures" "" \
	    "$(grep '^FAIL' "$run/asan-$script.out" | head -n 3 | cut -c1-300)"
	same "asan: $script: reports" 0 \
	    "$(grep -Ec 'AddressSanitizer|runtime error' \
	        "$run/asan-$script.out")"
	grep '^skip ' "$run/asan-$script.out" || :
	[ "$script" = renewal ] &&
	    grep -q '^skip renewal' "$run/asan-$script.out" && continue
	check "asan: $script: ran" \
	    test "$(grep -c '^ok ' "$run/asan-$script.out")" -gt 40
done
exit $failed
