# Roles driven by peers that lie, and whole runs with a net that someone else
# owns.
. "$here/lib.sh"
work_start
mkdir "$work/roles" && chmod 755 "$work/roles"
setsid sh -c "$recorded" "$work/sessions" python3 "$here/hostile.py" "$client" \
    "$work/roles" "$top" ||
    failed=1
mkdir "$work/later" && chmod 755 "$work/later"
setsid sh -c "$recorded" "$work/sessions" python3 "$here/hostile_later.py" \
    "$client" "$work/later" "$top" ||
    failed=1

# The same program with another netproc; and another one which soon gives up
# what hangs.
build=$(dirname "$client")
cp -a "$build" "$work/build" && cp "$here/evil-net.c" "$work/build/netproc.c"
evil_build() {
	(cd "$1" && touch parent-apart.c parent-broker.c parent-child.c &&
	    make CFLAGS="-O1 -g -DSTOP_SECONDS=2 -DSAID_BYTES_MAX=4194304 $2"
	) >"$work/build.log" 2>&1 || {
		fail "hostile: the program with an evil net does not build:" \
		    "$(tail -n 2 "$work/build.log")"
		exit 1
	}
}
evil_build "$work/build" ""
cp -a "$work/build" "$work/hasty"
evil_build "$work/hasty" "-DPROGRESS_SECONDS=4 -DSTUCK_SECONDS=3"
evil_client=$work/build/acme-client
ca_port=9 http_port=9
cp "$work/roles/ca.pem" "$work/tls.pem"
cp "$work/roles/ca.pem" "$work/root.pem"
mkdir "$work/www"

# evil WHAT WORDS: the run is refused with these words, in time, and nothing is
# installed
evil() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	domain_write "$work/c.conf" "$1" a.example ""
	start=$(date +%s)
	timeout 150 setsid sh -c "$recorded" "$work/sessions" \
	    "$evil_client" -f "$work/c.conf" "$1" 2>"$work/err"
	status=$?
	took=$(($(date +%s) - start))
	same "hostile: evil net, $1: run refused" 1 $status
	says "hostile: evil net, $1: says why" "$work/err" "$2"
	check "hostile: evil net, $1: in time ($took s)" test $took -lt 100
	check "hostile: evil net, $1: nothing installed" \
	    test ! -e "$work/ssl/$1.pem"
	same "hostile: evil net, $1: no response left" "" "$(ls "$work/www")"
}
for forgery in thumbprint:CHNG_THUMBPRINT csr:KEY_CSR filekey:CERT_KEY \
    account:CERT_ACCOUNT keyaccount:KEY_ACCOUNT begin:KEY_BEGIN \
    outcome:PARENT_OUTCOME due:PARENT_DUE stop:ROLE_STOP conf:ROLE_CONF \
    job:NET_JOB; do
	evil "${forgery%:*}" \
	    "netproc sent ${forgery#*:}, not for this process to send"
done
# Keys change, and certificates are revoked, when certproc says so and the run
# is for that.
for forgery in revoke:KEY_REVOKE csrrevoke:CSR_REVOKE newkey:CSR_NEW_KEY \
    adopt:CSR_ADOPT combine:CSR_COMBINE discard:CSR_DISCARD \
    csrdone:CERT_CSR_DONE names:CSR_NAMES ofcsr:PARENT_NAMES \
    urls:DNS_STATUS_URLS moreurls:NET_STATUS_URLS publish:HOOK_PUT \
    unpublish:HOOK_DROP published:CHNG_PUBLISHED await:ZONE_AWAIT \
    seen:CHNG_SEEN changed:HOOK_CHANGED forget:FILE_FORGET_CHANGE \
    forgotten:HOOK_FORGOTTEN; do
	evil "${forgery%:*}" \
	    "netproc sent ${forgery#*:}, not for this process to send"
done
for request in signrevoke:KEY_SIGN_REVOKE rollover:KEY_SIGN_ROLLOVER \
    contact:KEY_SIGN_CONTACT deactivate:KEY_SIGN_DEACTIVATE \
    ownrevoke:CSR_SIGN_REVOKE done:CERT_DONE presented:CERT_PRESENTED; do
	evil "${request%:*}" \
	    "netproc sent ${request#*:}, not in this kind of run"
done
for request in window:CERT_WINDOW status:CERT_STATUS \
    lastchain:CERT_LAST_CHAIN; do
	evil "${request%:*}" \
	    "${request#*:}: \(out of order\|nothing to choose from\)"
done
evil notmine "netproc sent CSR_MAKE, about a job that it does not have"
evil another "netproc: worker 0 gets NET_ACCOUNT"
evil unknown "of no known type"
evil toolong "netproc sent CERT_CHAIN, longer than its type allows"
evil lying "longer than its type allows"
evil half "shorter than a header"
evil flood "CSR_MAKE: too often\|CERT_KEY: out of order"
evil_client=$work/hasty/acme-client
evil deaf "too often\|does not take\|has not taken"
evil silent "no job has finished for 4 seconds"
evil_client=$work/build/acme-client
evil ends "netproc has ended before its time"
evil crash "netproc was killed by signal 6, Aborted"
same "hostile: evil net, crash: reported once" 1 \
    "$(grep -c netproc "$work/err")"
evil loud "netproc wrote more than 4 MiB of messages"
same "hostile: evil net, loud: speaks in its own name only" 0 \
    "$(grep -c '^acme-client: certproc: installed' "$work/err")"
same "hostile: evil net, loud: no escape code comes through" 0 \
    "$(grep -c "$(printf '\033')" "$work/err")"
# What the number of an ended session may stand for by now is not looked at.
setsid sleep 300 &
pids="$pids $!"
until [ -n "$(processes_of $!)" ]; do sleep 0.05; done
same "hostile: processes of another session, with the number of an ended one" \
    "" "$(processes_of "$!:0")"
same "hostile: no process left" "" "$(processes_of $(cat "$work/sessions"))"
exit $failed
