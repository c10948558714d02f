# The manual pages are clean, and say what the program has.  No source or
# script has long lines.
. "$here/lib.sh"
work=$run
for page in acme-client.1 acme-client.conf.5 acme-client-guide.7; do
	mandoc -Tlint -W warning "$top/$page" >"$run/lint" 2>&1
	same "manual: $page is clean" "" "$(cat "$run/lint")"
done
# The statements are the rows of the tables, and the manual page has a paragraph
# for each, and none besides.
statements "$top" | sort -u >"$run/rows"
sed -n -e 's/^\.It Ic \([a-z ]*[a-z]\)\( [A-Z].*\)\{0,1\}$/\1/p' \
    -e 's/^\.Ic \([a-z ]*[a-z]\) Ar .*/\1/p' "$top/acme-client.conf.5" |
    sort -u >"$run/paragraphs"
check "manual: the statements of the configuration are found" \
    test "$(wc -l <"$run/rows")" -ge 40
same "manual: acme-client.conf.5 has a paragraph for each statement" "" \
    "$(comm -23 "$run/rows" "$run/paragraphs")"
same "manual: acme-client.conf.5 has no paragraph for another statement" "" \
    "$(comm -13 "$run/rows" "$run/paragraphs")"
options=$(sed -n "s/^	*case '\([A-Za-z]\)':.*/\1/p" \
    "$top/parent-options.c")
check "manual: the options are found" test "$(echo "$options" | wc -l)" -gt 10
for option in $options; do
	check "manual: acme-client.1 knows -$option" \
	    grep -q "^\.It Fl $option" "$top/acme-client.1"
done
# words: one synopsis in a line, as both the page and the program print it
words() { tr -s ' \n' ' ' | sed 's/ | /|/g; s/ acme-client/\n&/g'; }
same "manual: the usage message is acme-client.1's synopsis" \
    "$(mandoc -T ascii "$top/acme-client.1" | col -bx |
        sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d; $d' | words)" \
    "$("$client" '-?' 2>&1 | sed '1d; s/^usage://' | words)"
for file in README.md acme-client.1 acme-client-guide.7 \
    regress/demo.sh; do
	same "manual: cron lines in $file have the whole path" "" \
	    "$(grep -E '[0-9*] \*\s*\S*acme-client' "$top/$file" |
	        grep -Ev '(/usr/local|\$prefix)/sbin/acme-client')"
	check "manual: $file has a cron line" \
	    grep -Eq '[0-9*] \*\s+\S*/sbin/acme-client' "$top/$file"
done
same "manual: ARCHITECTURE.md's table of messages is the routing table's" "" \
    "$(python3 "$here/routes.py" --check "$top" 2>&1)"
same "manual: ARCHITECTURE.md's files, paths and drawings are the sources'" "" \
    "$(python3 "$here/architecture.py" "$top" 2>&1)"
# The same with one error of each kind.
mkdir -p "$run/wrong/regress" && cp "$top"/*.c "$top"/*.h "$run/wrong" &&
    sed 's/ responder / resounder /' "$here/run.sh" >"$run/wrong/regress/run.sh"
: >"$run/wrong/net-else.c" && rm "$run/wrong/clock.h"
sed -e 's/^| net-limit\.c |/| resp-http.c |/' -e 's/ chng_put()/ chng_puts()/' \
    -e '/^| keyproc\.c | sign_finalize/d' -e 's/SET_REMOVED/SET_DELETED/' \
    "$top/ARCHITECTURE.md" >"$run/wrong/ARCHITECTURE.md"
same "manual: errors in ARCHITECTURE.md are found" \
    "files: clock.h
files: net-else.c
files: net-limit.c
files: resp-http.c
path from acme-client.c:
path from net-order.c:
path: chngproc.c
tests: resounder
tests: responder
the drawing from SET_UNLOCKED on is not that in file.h" \
    "$(python3 "$here/architecture.py" "$run/wrong" 2>&1 |
        sed -E 's/^((files:|path:|path from|tests:) [^ ]*) .*/\1/' |
        LC_ALL=C sort -u | grep -v ' has no SET_')"
sed -n '/^\.Sh EXAMPLES/,$p' "$top/acme-client.conf.5" |
    sed -n '/^\.Bd -literal/,/^\.Ed/p' | grep -v '^\.' >"$run/examples.conf"
chmod 644 "$run/examples.conf"
check "manual: the examples of acme-client.conf.5 parse" \
    "$client" -n -f "$run/examples.conf" example.com server
# Lines end at 80 columns, where a tab counts to the next multiple of 8, but in
# files that programs write.
written='bench/results\.|regress/filters/|regress/data/|regress/corpus/'
(cd "$top" && find Makefile configure .ci ./*.[ch] etc regress bench -type f |
    sed 's|^\./||' | grep -Ev "^($written)|/__pycache__/" | LC_ALL=C sort
) >"$run/texts"
# wide FILE...: the longer lines, as file:line: columns
wide() {
	(cd "$top" && for _file in "$@"; do
		expand "$_file" | LC_ALL=C awk -v file="$_file" \
		    'length > 80 { print file ":" NR ": " length }'
	done)
}
printf '%81s\n\t%74s\n' x x >"$run/wide"
same "manual: lines over 80 columns are found" \
    "$run/wide:1: 81 $run/wide:2: 82 " \
    "$(wide "$run/wide" | tr '\n' ' ')"
check "manual: lines are looked at in many files" \
    test "$(wc -l <"$run/texts")" -gt 300
# shellcheck disable=SC2046
same "manual: no line is over 80 columns" "" \
    "$(wide $(cat "$run/texts"))"
# In pages only text: a row of a table cannot be broken, nor some examples.
for page in ARCHITECTURE CONTRIBUTING SECURITY CHANGES MEASUREMENTS; do
	grep -v '^|' "$top/$page.md" >"$run/$page.md"
done
same "manual: no text of a page is over 80 columns" "" \
    "$(wide "$run"/*.md
        for page in acme-client.1 acme-client.conf.5 acme-client-guide.7; do
        	mandoc -Tlint "$top/$page" 2>&1 | grep 'line longer than'
        done)"
exit $failed
