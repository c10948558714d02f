# The scripted CA and several certificates in one run: what one answer breaks is
# one job.
. "$here/ca-lib.sh"

# handles NAME...: sections anew, of NAME.example.com each
handles() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	for name in "$@"; do
		domain_write "$work/c.conf" "$name" "$name.example.com" ""
	done
}
installed() {
	sed -n 's/.*certproc: \([a-z0-9]*\): installed .*/\1/p' "$work/err" |
	    xargs
}
# ended NAME STATUS INSTALLED
ended() {
	same "ca: fleet: $1: status" "$2" "$status"
	same "ca: fleet: $1: installed" "$3" "$(installed)"
}
state_set() { state_write "$work/state/domain-$1.json" "$2" "$3"; }
no_end() {
	same "ca: fleet: $1: no process gives up" "" \
	    "$(grep -E 'too often|out of order|before its time' "$work/err")"
}

# An answer that gets lost is one job's; the CA is not left alone for that.
handles a b c d e
again "cut the order for c" -j 1 -a
ended "a lost answer" 1 "a b d e"
again "plain" -j 1 -F c
ended "a lost answer: then" 0 "c"

# So is a CA that refuses all nonces at one step.
handles a b c
again "badNonce at finalize" -j 1 -a
ended "badNonce at finalize" 1 "a c"
no_end "badNonce at finalize"

# A server that closes is looked up for each connection.
handles a
domain_write "$work/c.conf" many m0.example.com \
    "$(seq -f 'm%.0f.example.com' 60 | xargs)"
again "close after each answer" -j 1 -a
ended "close after each answer, 61 names" 0 "a many"

# No more nonces than are of use.  To a machine that is busy the CA looks slower
# than it is, so that more are of use: this is tried three times.
for _try in 1 2 3; do
	handles
	domain_write "$work/c.conf" many m0.example.com \
	    "$(seq -f 'm%.0f.example.com' 60 | xargs)"
	again "slow" -j 1 -a
	ended "61 names, slow" 0 "many"
	nonces=$(grep -c "HEAD /nonce" "$work/ca/log")
	[ "$nonces" -gt 20 ] || break
done
check "ca: fleet: 61 names, slow: $nonces nonces" test "$nonces" -le 20

# A certificate that was revoked stays so until it is renewed, whatever comes
# between.
domain_more="check revocation"
handles a b
again "CRL" -j 1 -a
ended "revocation: first" 0 "a b"
printf '[c]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\n' "$work/index" \
    "$work/crlnumber" >"$work/crl.conf"
printf 'R\t361125000000Z\t261120000000Z\t%s\tunknown\t/CN=x\n' \
    "$(openssl x509 -in "$work/ssl/a.pem" -noout -serial | cut -d= -f2)" \
    >"$work/index"
echo 01 >"$work/crlnumber"
openssl ca -config "$work/crl.conf" -name c -gencrl -crldays 7 \
    -keyfile "$work/ca/inter.key" -cert "$work/ca/inter.pem" 2>/dev/null |
    openssl crl -outform DER -out "$work/ca/plain/list.crl"
state_set a "ask about revocation" 1
rm "$work/ssl/b.pem" "$work/ssl/b.fullchain.pem"
again "CRL" -j 1 -m 1 -a
ended "revoked, but -m" 0 "b"
again "500 at new-order" -a
ended "revoked, and the CA is at fault" 1 ""
state_set a "not before" 1
state_set a "ask about revocation" 1
mv "$work/ca/plain/list.crl" "$work/ca/list.crl"
again "CRL" -a
mv "$work/ca/list.crl" "$work/ca/plain/list.crl"
ended "revoked: then, though the list is not to be had" 0 "a"
again "CRL" -a
ended "revoked: and that was that" 2 ""

# A server of revocation lists that sends nothing, or next to nothing, is asked
# once in a run: the other handles do not wait for it again.
handles a b c d
again "CRL" -j 1 -a
short HTTP_RESPONSE_SECONDS=8
for how in "CRL silent" "CRL drip"; do
	for name in a b c d; do state_set $name "ask about revocation" 1; done
	: >"$work/ca/plain.log"
	again "$how" -j 4 -a
	ended "$how" 2 ""
	same "ca: fleet: $how: asked" 1 "$(wc -l <"$work/ca/plain.log")"
	late=$(grep -c "no whole response within" "$work/err")
	left_out=$(grep -c "not asked again in this run" "$work/err")
	same "ca: fleet: $how: what is said of it" "1 3" "$late $left_out"
	check "ca: fleet: $how: one wait: $took s" test "$took" -lt 30
done
patient

# As many as there may be, of a server with long names.
handles $(seq -f 'h%.0f' 70)
again "CRL long" -j 1 -a
same "ca: fleet: 70 lists: status" 0 "$status"
for n in $(seq 70); do state_set "h$n" "ask about revocation" 1; done
again "CRL long" -j 1 -a
same "ca: fleet: 70 lists: asked" 2 "$status"
domain_more=

# A worker that ends while it only asks when to renew has done no harm.
handles a b
again "ARI" -j 1 -a
for name in a b; do state_set $name "ask again" 1; done
ca_pid=$(echo $pids | awk '{ print $NF }')
kill -STOP "$ca_pid"
"$client" -j 2 -a -f "$work/c.conf" 2>"$work/err" &
run_pid=$!
until_workers 2
kill -KILL "$(pgrep -P $run_pid netproc | head -n 1)"
sleep 0.3
kill -CONT "$ca_pid"
wait $run_pid
same "ca: fleet: a worker ends while it asks" 1 $?
"$client" -l -f "$work/c.conf" >"$work/out"
same "ca: fleet: a worker ends while it asks: all is well" 0 $?
exit $failed
