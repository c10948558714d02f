# What programs that read sources find: cppcheck in the C files, shellcheck in
# the scripts.
. "$here/setup.sh"
. "$here/lib.sh"

# These of cppcheck's checks are left out, because they are wrong here:
# memleakOnRealloc, memleak: the process ends without memory; what lives until
#   its end is not freed.
# objectIndex: a pointer to a row of an array of arrays.
# uninitvar, ctuuninitvar: an array of which nothing is read, a function that
#   both puts and takes.  Valgrind and the sanitizers see what is read.
# nullPointerRedundantCheck, nullPointerArithmeticRedundantCheck,
# ctunullpointer: a pointer that may be NULL, compared with one that is not.
wrong="memleakOnRealloc memleak objectIndex uninitvar ctuuninitvar"
wrong="$wrong nullPointerRedundantCheck nullPointerArithmeticRedundantCheck"
wrong="$wrong ctunullpointer"
# cppcheck 2.10 is Debian 12's.
known=2.10
if ! command -v cppcheck >/dev/null; then
	skip "static: cppcheck is not installed"
else
	case $(cppcheck --version) in
	"Cppcheck $known"*)
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
		    "looked at for $known only" ;;
	esac
fi

if ! command -v shellcheck >/dev/null; then
	skip "static: shellcheck is not installed"
elif ! shellcheck --version | grep -q '^version: 0\.9\.'; then
	skip "static: shellcheck: what it finds has been looked at for 0.9 only"
else
	(cd "$top" && shellcheck -s sh -f gcc -S error -e SC1090,SC1091 \
	    configure .ci/run regress/*.sh etc/*.sh etc/hooks/*) \
	    >"$run/found" 2>&1
	same "static: shellcheck" "" "$(cat "$run/found")"
	echo 'case x in' >"$run/wrong.sh"
	check "static: shellcheck finds a mistake" \
	    sh -c "! shellcheck -s sh -S error '$run/wrong.sh' >/dev/null"
fi
exit $failed
