# Roles driven by peers that lie, and whole runs with a net that someone else owns.
. "$here/lib.sh"
work_start
mkdir "$work/roles" && chmod 755 "$work/roles"
python3 "$here/hostile.py" "$client" "$work/roles" "$top" || failed=1
mkdir "$work/later" && chmod 755 "$work/later"
python3 "$here/hostile_later.py" "$client" "$work/later" "$top" || failed=1

# The same program with another netproc, and short deadlines.
build=$(dirname "$client")
cp -r "$build" "$work/build" && cp "$here/evil-net.c" "$work/build/netproc.c"
(cd "$work/build" && touch broker.c && make CFLAGS="-O1 -g -DPROGRESS_SECONDS=4 -DSTUCK_SECONDS=3 -DSTOP_SECONDS=2") >"$work/build.log" 2>&1 ||
    { fail "hostile: the program with an evil net does not build: $(tail -n 2 "$work/build.log")"; exit 1; }
ca_port=9 http_port=9
cp "$work/roles/ca.pem" "$work/tls.pem"; cp "$work/roles/ca.pem" "$work/root.pem"
mkdir "$work/www"

# evil WHAT WORDS: the run is refused with these words, in time, and nothing is installed
evil() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	domain_write "$work/c.conf" "$1" a.example ""
	start=$(date +%s)
	timeout 60 "$work/build/acme-client" -f "$work/c.conf" "$1" 2>"$work/err"
	status=$?
	took=$(($(date +%s) - start))
	same "hostile: evil net, $1: run refused" 1 $status
	says "hostile: evil net, $1: says why" "$work/err" "$2"
	check "hostile: evil net, $1: in time ($took s)" test $took -lt 30
	check "hostile: evil net, $1: nothing installed" test ! -e "$work/ssl/$1.pem"
	same "hostile: evil net, $1: no response left" "" "$(ls "$work/www")"
}
for forgery in thumbprint:CHNG_THUMBPRINT csr:KEY_CSR filekey:FILE_KEY account:FILE_ACCOUNT keyaccount:KEY_ACCOUNT \
    begin:KEY_BEGIN outcome:PARENT_OUTCOME due:PARENT_DUE stop:ROLE_STOP conf:ROLE_CONF job:NET_JOB; do
	evil "${forgery%:*}" "netproc sent ${forgery#*:}, not for this process to send"
done
# Keys change, and certificates are revoked, when file says so and the run is for that.
for forgery in revoke:KEY_REVOKE csrrevoke:CSR_REVOKE newkey:CSR_NEW_KEY adopt:CSR_ADOPT combine:CSR_COMBINE \
    discard:CSR_DISCARD csrdone:FILE_CSR_DONE names:CSR_NAMES ofcsr:PARENT_NAMES urls:DNS_STATUS_URLS moreurls:NET_STATUS_URLS; do
	evil "${forgery%:*}" "netproc sent ${forgery#*:}, not for this process to send"
done
for request in signrevoke:KEY_SIGN_REVOKE rollover:KEY_SIGN_ROLLOVER contact:KEY_SIGN_CONTACT \
    deactivate:KEY_SIGN_DEACTIVATE ownrevoke:CSR_SIGN_REVOKE done:FILE_DONE window:FILE_WINDOW status:FILE_STATUS \
    lastchain:FILE_LAST_CHAIN; do
	evil "${request%:*}" "${request#*:}: \(out of order\|nothing to choose from\)"
done
evil notmine "netproc sent CSR_MAKE, about a job that it does not have"
evil unknown "of no known type"
evil toolong "netproc sent FILE_CHAIN, longer than its type allows"
evil lying "longer than its type allows"
evil half "shorter than a header"
evil flood "CSR_MAKE: too often\|FILE_KEY: out of order"
evil deaf "too often\|does not take\|has not taken"
evil silent "nothing was done for 4 seconds"
evil ends "netproc has ended before its time"
evil crash "netproc has ended before its time"
evil loud "talks without end"
same "hostile: evil net, loud: speaks in its own name only" 0 "$(grep -c '^acme-client: fileproc: installed' "$work/err")"
same "hostile: evil net, loud: no escape code comes through" 0 "$(grep -c "$(printf '\033')" "$work/err")"
check "hostile: no process left" sh -c "! pgrep -f '$role_process'"
exit $failed
