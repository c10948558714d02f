# What programs that read sources find: gcc -fanalyzer and cppcheck in the C
# files, shellcheck in the scripts.  EACH=1: clang-tidy in the C files, too,
# which takes minutes (.clang-tidy has its checks).
# What they find is compared for the versions of Debian 12 and 13, which have
# been looked at.
. "$here/setup.sh"
. "$here/lib.sh"

build_of "$(dirname "$client")"
built=$(dirname "$client")
# The C files of this system, and what they are compiled with.
sources=$(cd "$top" && ls ./*.c | grep -v openbsd)
as_built="-std=gnu11 $flags -I$top -I$built"
for name in CONF_FILE CONF_DIR STATE_DIR CHALLENGE_DIR IMPORT_DIR; do
	as_built="$as_built -D$name=\"/x\""
done

# analyzed FILE: what gcc finds in it: the file, its function, the warning.
# malloc-leak is left out: it takes what err(3) leaves to the end of the process
# for lost, and what an array has.  Valgrind finds what is lost.
analyzed() {
	# shellcheck disable=SC2086
	(cd "$top" && LC_ALL=C gcc $as_built -O1 -fanalyzer \
	    -Wno-analyzer-malloc-leak -fdiagnostics-plain-output -S \
	    -o /dev/null "$1") 2>&1 | awk -v file="${1#./}" '
		sub(/.*: In function ./, "") { function_ = $1
			sub(/.:$/, "", function_) }
		/ warning: .*\[-W|error:/ { found = $NF
			gsub(/[][]/, "", found); print file, function_, found }'
}
major=$(gcc -dumpversion | cut -d . -f 1)
case $major in
12|14)
	for file in $sources; do analyzed "$file"; done | sort -u >"$run/found"
	awk -v major="$major" '/^[0-9]/ && "," $1 "," ~ "," major "," {
		print $2, $3, $4 }' "$here/analyzer.txt" | sort >"$run/listed"
	same "static: gcc -fanalyzer: found" "" \
	    "$(comm -23 "$run/found" "$run/listed")"
	same "static: gcc -fanalyzer: in analyzer.txt, but not found" "" \
	    "$(comm -13 "$run/found" "$run/listed")"
	printf '%s\n' '#include <stdlib.h>' 'int f(void); int f(void)' \
	    '{ char *p = malloc(1); free(p); return *p; }' >"$run/wrong.c"
	same "static: gcc -fanalyzer finds a mistake" \
	    "$run/wrong.c f -Wanalyzer-use-after-free" \
	    "$(analyzed "$run/wrong.c" | grep free)" ;;
*)
	skip "static: gcc $major: what -fanalyzer finds has been looked at" \
	    "for 12 and 14 only" ;;
esac

# These of cppcheck's checks are left out, because they are wrong here:
# memleakOnRealloc, memleak: the process ends without memory; what lives until
#   its end is not freed.
# objectIndex: a pointer to a row of an array of arrays.
# uninitvar, ctuuninitvar: an array of which nothing is read, a function that
#   both puts and takes.  Valgrind and the sanitizers see what is read.
# normalCheckLevelMaxBranches: says that some branches are not looked at.
# nullPointerRedundantCheck, nullPointerArithmeticRedundantCheck,
# ctunullpointer: a pointer that may be NULL, compared with one that is not.
wrong="memleakOnRealloc memleak objectIndex uninitvar ctuuninitvar"
wrong="$wrong nullPointerRedundantCheck nullPointerArithmeticRedundantCheck"
wrong="$wrong ctunullpointer normalCheckLevelMaxBranches"
if ! command -v cppcheck >/dev/null; then
	skip "static: cppcheck is not installed"
else
	case $(cppcheck --version) in
	"Cppcheck 2.10"*|"Cppcheck 2.17"*)
		(cd "$top" && cppcheck --std=c11 -q -D_GNU_SOURCE -I. \
		    --enable=warning,portability --template=gcc \
		    $(printf ' --suppress=%s' $wrong) ./*.c) >"$run/found" 2>&1
		same "static: cppcheck" "" "$(grep -v '^ ' "$run/found")"
		printf 'int f(int); int f(int n)\n{\n%s\n}\n' \
		    'int a[2] = { 0, 0 }; return n + a[3];' >"$run/wrong.c"
		check "static: cppcheck finds a mistake" grep -q OutOfBounds \
		    <<-END
			$(cppcheck -q "$run/wrong.c" 2>&1)
		END
		;;
	*)
		skip "static: $(cppcheck --version): what it finds has been" \
		    "looked at for 2.10 and 2.17 only" ;;
	esac
fi

if ! command -v shellcheck >/dev/null; then
	skip "static: shellcheck is not installed"
elif ! shellcheck --version | grep -Eq '^version: 0\.(9|10)\.'; then
	skip "static: shellcheck: what it finds has been looked at for 0.9" \
	    "and 0.10 only"
else
	(cd "$top" && shellcheck -s sh -f gcc -S error -e SC1090,SC1091 \
	    configure .ci/run regress/*.sh bench/*.sh etc/*.sh etc/hooks/* \
	    etc/fleet/acme-fleet debian/*.prerm debian/*.postrm \
	    packaging/alpine/*.pre-install) >"$run/found" 2>&1
	same "static: shellcheck" "" "$(cat "$run/found")"
	echo 'case x in' >"$run/wrong.sh"
	check "static: shellcheck finds a mistake" \
	    sh -c "! shellcheck -s sh -S error '$run/wrong.sh' >/dev/null"
fi

# tidied FILE...: what clang-tidy finds in them, one a line
tidied() {
	# shellcheck disable=SC2086
	(cd "$top" && clang-tidy --quiet --config-file=.clang-tidy "$@" -- \
	    $as_built) 2>/dev/null | grep -E ': (warning|error): '
}
if [ -z "${EACH:-}" ]; then
	skip "static: clang-tidy: only with EACH=1"
elif ! command -v clang-tidy >/dev/null; then
	skip "static: clang-tidy is not installed"
elif ! clang-tidy --version | grep -Eq 'version (14|19)\.'; then
	skip "static: clang-tidy: what it finds has been looked at for 14" \
	    "and 19 only"
else
	# shellcheck disable=SC2086
	same "static: clang-tidy" "" "$(tidied $sources)"
	echo 'int f(int n); int f(int n) { if (n = 1); return n; }' \
	    >"$run/wrong.c"
	check "static: clang-tidy finds a mistake" grep -q semicolon \
	    <<-END
		$(tidied "$run/wrong.c")
	END
fi
exit $failed
