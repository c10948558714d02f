# The manual pages are clean, and say what the program has.
. "$here/lib.sh"
work=$run
for page in acme-client.1 acme-client.conf.5; do
	mandoc -Tlint -W warning "$top/$page" >"$run/lint" 2>&1
	same "manual: $page is clean" "" "$(cat "$run/lint")"
done
for word in $(sed -n 's/^	{ "\([a-z ]*\)", parse_.*/\1/p' "$top"/parse*.c | grep -v unsupported | tr ' ' '\n' | sort -u); do
	check "manual: acme-client.conf.5 knows '$word'" grep -qw -- "$word" "$top/acme-client.conf.5"
done
exit $failed
