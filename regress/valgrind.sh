# Valgrind in whole runs, in each process: errors, and memory that is lost.
# Without EACH=1, only an issuance, a run with nothing to do, and a CA that
# lies; with it, other kinds of runs and the unit tests, too, in minutes.
if ! valgrind -q true 2>/dev/null; then
	echo "skip valgrind: it is not installed, or does not run here"
	exit 0
fi
. "$here/ca-lib.sh"
section=valgrind
logs=$work/logs
watch="valgrind --trace-children=yes --vgdb=no --leak-check=full"
watch="$watch --show-leak-kinds=definite --errors-for-leak-kinds=definite"
watch="$watch --suppressions=$here/valgrind.supp"

# The same programs, linked with a sandbox that valgrind can live in, and with
# time for it on a busy machine.
watched_build() (
	cp -a "$(dirname "$released")" "$work/build" && cd "$work/build" &&
	    touch http.c begin-crypto.c &&
	    rm -f acme-client ./*proc &&
	    cc -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I . -c \
	    -o valgrind-sandbox.o "$here/valgrind-sandbox.c" &&
	    _wrap=$(printf -- ' -Wl,--wrap=sandbox_%s' limit hold end) &&
	    make CFLAGS="-O1 -g -DHTTP_HANDSHAKE_SECONDS=300 \
		-DHTTP_RESPONSE_SECONDS=300 -DBEGIN_SECONDS=300" \
		SANDBOX_OBJS="sandbox-linux.o valgrind-sandbox.o" \
	    LDFLAGS="$(sed -n 's/^LDFLAGS = *//p' config.mk)$_wrap"
)
watched_build >"$work/build.log" 2>&1 || {
	fail "valgrind: does not build: $(end_of "$work/build.log")"; exit 1
}
cat >"$work/watched" <<END
#!/bin/sh
exec $watch --log-file='$logs/%p' '$work/build/acme-client' "\$@"
END
chmod 755 "$work/watched"
client=$work/watched

# Valgrind takes its time: no run is cut off that the client itself would end.
again() {
	echo "$1" >"$work/ca/scenario"
	shift
	: >"$work/ca/log"
	: >"$work/ca/payloads"
	rm -rf "$logs" && mkdir "$logs"
	timeout 900 "$client" -v -f "$work/c.conf" "$@" 2>"$work/err" </dev/null
	status=$?
}
# clean NAME STATUS PROCESSES: the last run ended with this status, in each of
# its processes valgrind found nothing, and they were these
clean() {
	same "valgrind: $1: status" "$2" "$status"
	same "valgrind: $1: processes" "$3" "$(sed -n \
	    's|^==[0-9]*== Command: [^ ]*/\([a-z-]*\).*|\1|p' "$logs"/* |
	    sort -u | xargs)"
	same "valgrind: $1: found" "" "$(grep -h -A 8 -E \
	    'definitely lost in|ninitiali[sz]ed|Invalid|ismatched|unhandled' \
	    "$logs"/* | head -n 12 | tr '\n' ' ')"
	same "valgrind: $1: processes with errors" "" \
	    "$(grep -hE 'ERROR SUMMARY: [1-9]' "$logs"/*)"
	# The parent kills the others when the run is over.
	check "valgrind: $1: acme-client was looked at until its end" \
	    grep -q 'ERROR SUMMARY: 0' \
	    "$(grep -lE 'Command: [^ ]*/acme-client ' "$logs"/* | head -n 1)"
}
first="acme-client certproc chngproc csrproc dnsproc fileproc keyproc netproc"

cat >"$work/wrong.c" <<'END'
#include <stdlib.h>
int main(void) { char *p = malloc(9); int i;
p = malloc(1); i = p[1] == 7; free(p); return i; }
END
mkdir "$logs"
cc -O0 -g -o "$work/wrong" "$work/wrong.c" &&
    $watch --log-file="$logs/wrong" "$work/wrong"
same "valgrind: finds mistakes" 2 \
    "$(grep -cE 'Invalid read|definitely lost in' "$logs/wrong")"

scenario plain
clean "issuance" 0 "$first"
cp "$work/ssl/example.com.fullchain.pem" "$work/chain.pem"
again plain example.com
clean "nothing due" 2 "acme-client certproc csrproc fileproc"
again "HTML directory" -F example.com
clean "HTML directory" 1 "$first"
[ -n "${EACH:-}" ] || {
	skip "valgrind: unit tests, other kinds of runs: only with EACH=1"
	exit $failed
}

for scenario in "EAB" "nonce of 10 KB" "badNonce always" "429 at authz"; do
	again "$scenario" -F example.com
	clean "$scenario" 1 "$first"
done
again plain -K test
clean "-K" 0 "acme-client certproc dnsproc fileproc keyproc netproc"
again plain -r example.com
clean "-r" 0 "acme-client certproc csrproc dnsproc fileproc keyproc netproc"
scenario plain
cp "$work/ssl/example.com.fullchain.pem" "$work/chain.pem"
rm "$work"/ssl/*.pem "$work/state"/*
again plain -i "$work/chain.pem" example.com
clean "-i" 0 "acme-client certproc csrproc fileproc"

# Not for memory that unit tests lose: section asan finds that.
mkdir "$work/unit"
RUNNER="valgrind -q --vgdb=no --log-file=$work/unit/log.%p" run=$work/unit \
    sh "$here/unit.sh" "$(dirname "$released")" >"$work/unit/out" 2>&1
same "valgrind: unit tests: failures" "" \
    "$(grep -Ev '^(ok|skip) ' "$work/unit/out" | head -n 3 | cut -c1-300)"
check "valgrind: unit tests: ran" \
    test "$(grep -c '^ok ' "$work/unit/out")" -gt 200
same "valgrind: unit tests: found" "" \
    "$(cat "$work/unit"/log.* | head -n 20 | tr '\n' ' ')"
exit $failed
