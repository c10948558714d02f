# The scripted CA and orders that are not done when a run ends: the next one
# looks at them first.  And orders that never get done.
. "$here/ca-lib.sh"
short VALIDATION_SECONDS=2
hasty_client=$client
patient
# hasty COMMAND...: with a client that waits two seconds for an order
hasty() {
	client=$hasty_client
	"$@"
	patient
}
key=$work/ssl/private/example.com.key
state=$work/state/domain-example.com.json
full=$work/ssl/example.com.fullchain.pem

ordered() {
	same "ca-orders: $1: new orders" "$2" \
	    "$(grep -c "POST /new-order" "$work/ca/log")"
}
remembered() { sed -n 's/.*"url": "\(.*\)".*/\1/p' "$state"; }
# left SCENARIO WORDS [OPTION ...]: a first run that leaves its order behind
left() {
	rm -f "$work/ca/done"
	_how=$1 _words=$2; shift 2
	hasty scenario "$_how"
	[ $status = 1 ] && grep -q "$_words" "$work/err" &&
	    [ "$(remembered)" = "https://localhost:$ca_port/order/1" ] &&
	    ok "ca-orders: $_how: left" ||
	    fail "ca-orders: $_how: not left: status $status," \
	    "order '$(remembered)': $(end_of "$work/err" 2)"
}
# next_run SCENARIO WHAT STATUS ORDERS [OPTION ...]: the next run, with so many
# new orders; one that fails may wait for an order in vain
next_run() {
	_how=$1 _what=$2 _status=$3 _orders=$4; shift 4
	if [ "$_status" = 0 ]; then again "$_how" "$@" example.com
	else hasty again "$_how" "$@" example.com
	fi
	[ $status = "$_status" ] && ok "ca-orders: $_what: status $status" ||
	    fail "ca-orders: $_what: status $status instead of $_status:" \
	    "$(end_of "$work/err")"
	ordered "$_what" "$_orders"
	[ $status != 0 ] ||
	    same "ca-orders: $_what: key and certificate" "$(spki_key "$key")" \
	    "$(spki_cert "$full")"
	[ $status != 0 ] ||
	    same "ca-orders: $_what: nothing remembered" "" "$(remembered)"
	same "ca-orders: $_what: no response left" "" "$(ls "$work/www")"
}

# Still processing, still pending; with -F and, once it is time, without.
left "processing until done" "still processing after 2 seconds"
next_run "processing until done" "still processing" 1 0 -F
same "ca-orders: still processing: remembered" \
    "https://localhost:$ca_port/order/1" "$(remembered)"
touch "$work/ca/done"
next_run "processing until done" "valid meanwhile" 0 0 -F
same "ca-orders: valid meanwhile: not finalized again" 0 \
    "$(grep -c "POST /finalize" "$work/ca/log")"
next_run "plain" "the next renewal" 0 1 -F
left "processing until done" "still processing after 2 seconds"
touch "$work/ca/done"
state_write "$state" "not before" 0
next_run "processing until done" "valid meanwhile, by itself" 0 0
left "pending until done" "still pending after 2 seconds"
touch "$work/ca/done"
next_run "pending until done" "ready meanwhile" 0 0 -F

# Whatever ended the run.
for signal in TERM KILL; do
	rm -rf "$work/etc" "$work/ssl" "$work/state" "$work/ca/done"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com ""
	echo "processing until done" >"$work/ca/scenario"
	: >"$work/ca/log"
	"$client" -f "$work/c.conf" example.com 2>"$work/err" </dev/null &
	victim=$!
	for _ in $(seq 1000); do
		grep -q finalize "$work/ca/log" && break
		sleep 0.05
	done
	sleep 0.3
	kill -$signal $victim
	wait $victim 2>/dev/null
	touch "$work/ca/done"
	next_run "processing until done" "ended by $signal" 0 0
done
for ending in "429 at order" "503 at order" "500 at order" "500 at cert" \
    "cut at order"; do
	left "$(echo "$ending" | sed 's/^cut/HTTP\/1.0 ended by close, cut/')" \
	    "localhost:$ca_port/"
	next_run "plain" "after $ending" 0 0 -F
done

# What was installed by it is no new certificate: another one in the same run.
left "processing until done" "still processing after 2 seconds"
cp "$state" "$work/with-order.json"
touch "$work/ca/done"
next_run "processing until done" "valid meanwhile, once more" 0 0 -F
# As if that run had been killed before it forgot the order.
python3 -c 'import json, sys
now, then = [json.load(open(p)) for p in sys.argv[1:]]
json.dump(dict(now, order=then["order"]), open(sys.argv[1], "w"))' \
    "$state" "$work/with-order.json"
cp "$full" "$work/installed.pem"
next_run "again -1, once" "what was installed by it" 0 1 -F
says "ca-orders: what was installed by it: says why" "$work/err" \
    "of an earlier run is of no use: the CA handed out the certificate" \
    "that is installed already; ordered anew"
check "ca-orders: what was installed by it: another one" \
    sh -c "! cmp -s $full $work/installed.pem"

# A chain that cannot be saved here is no fault of the order, nor of the CA.
for how in "" "preferred chain nothing"; do
	domain_more=$how
	left "cannot be saved" "domain-example.com.new.pem: .*in the way"
	same "ca-orders: cannot be saved: no wait" "0 0" \
	    "$(sed -n 's/.*"\(not before\|failures\)": \([0-9]*\).*/\2/p' \
	        "$state" | xargs)"
	rmdir "$work/state/.domain-example.com.new.pem.acme-new"
	next_run "cannot be saved" "cannot be saved, again" 1 0
	rmdir "$work/state/.domain-example.com.new.pem.acme-new"
	next_run "no Link" "can be saved now" 0 0
done
domain_more=

# An order that the CA never finishes must not cost the certificate that it is
# to replace.
stuck() { # stuck HOURS ORDERS: the order is so old
	state_write "$state" made $(($(date +%s) - $1 * 3600))
	next_run "processing until done" \
	    "stuck for $1 hours, the certificate lasts a day" 1 "$2" -F
}
works "one day"
hasty again "processing until done" -F example.com
stuck 5 0
stuck 9 1
stuck 7 0
works "plain"
hasty again "processing until done" -F example.com
stuck 166 0
stuck 169 1
left "processing until done" "still processing after 2 seconds"
stuck 47 0
stuck 49 1

# Gone, or of no use: another one in the same run.
for how in "order gone 404" "order gone 403" "order gone 400" "order gone 500" \
    "order invalid later" "order HTML later" "order for other names later" \
    "order of an expired authorization"; do
	left "pending until done" "still pending after 2 seconds"
	next_run "$how" "$how" 0 1 -F
done
left "processing until done" "still processing after 2 seconds"
touch "$work/ca/done"
rm "$key"
next_run "processing until done" "its key was replaced" 0 1 -F
says "ca-orders: its key was replaced: says why" "$work/err" \
    "of an earlier run is of no use: the certificate is for another key than" \
    "ours; ordered anew"
left "pending until done" "still pending after 2 seconds"
domain_more="profile short"
rm "$work/c.conf"
conf_write "$work/c.conf"
sed -i 's|/dir"|/directory"|' "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
next_run "profiles" "another profile" 0 1 -F
domain_more=
left "pending until done" "still pending after 2 seconds"
sed -i 's|/directory"|/directory2"|' "$work/c.conf"
next_run "plain" "another authority" 0 1 -F
left "pending until done" "still pending after 2 seconds"
state_write "$state" made 1000000000
next_run "plain" "of long ago" 0 1 -F

# A new key waits for the certificate of an order that an earlier run has
# finalized.
for done_at in processing pending; do
	rm -rf "$work/etc" "$work/ssl" "$work/state" "$work/ca/done"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com "" "ecdsa rotate"
	again plain example.com
	before=$(spki_key "$key")
	hasty again "$done_at until done" -F example.com
	same "ca-orders: rotate, $done_at: left" "1 $before" \
	    "$status $(spki_key "$key")"
	waiting=$(spki_key "$key.new")
	touch "$work/ca/done"
	next_run "$done_at until done" "rotate, $done_at" 0 0 -F
	same "ca-orders: rotate, $done_at: the new key is live" "$waiting" \
	    "$(spki_key "$key")"
done
rm -f "$work/ca/done"

# An order that the CA never gets done: not looked at for ever.
left "500 at finalize" "500 serverInternal"
next_run "500 at finalize" "finalize fails again" 1 0 -F
same "ca-orders: finalize fails again: given up" "" "$(remembered)"
next_run "plain" "after that" 0 1 -F
left "pending for ever" "still pending after 2 seconds"
next_run "pending for ever" "pending for ever, again" 1 0 -F
same "ca-orders: pending for ever, again: given up" "" "$(remembered)"
scenario "403 at finalize"
scenario "invalid challenge"
same "ca-orders: an invalid order is not remembered" "1 " \
    "$status $(remembered)"

# A pending order with an invalid authorization, which the CA hands out again
# until that is given up; the other one is left alone.
names=www.example.com
works "broken order"
names=
ordered "broken order" 2
deactivations=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    path, h, p = json.loads(line)
    if p and "status" in p and "kid" in h: print(path, p)' "$work/ca/payloads")
same "ca-orders: broken order: given up" \
    "/authz/example.com {'status': 'deactivated'}" "$deactivations"
refused "order broken for ever" \
    "authorization is invalid: dns no .x1b.2J such name"
ordered "broken for ever" 2
same "ca-orders: broken for ever: no challenge" 0 \
    "$(grep -c "POST /challenge" "$work/ca/log")"
refused "invalid authorization of a pending order" \
    "dns no .x1b.2J such name (dns:example.com: authorization is invalid)"
ordered "invalid authorization of a pending order" 1
same "ca-orders: invalid authorization of a pending order: not remembered" "" \
    "$(remembered)"

# Keys of two types for the same names, at once: a CA that returns an order that
# is still to be finalized has one certificate for both.  So they are ordered
# one after the other.
rm -rf "$work/etc" "$work/ssl" "$work/state"
conf_write "$work/c.conf"
sed -i 's|/dir"|/directory"|' "$work/c.conf"
domain_write "$work/c.conf" one a.example "b.example" ecdsa
domain_write "$work/c.conf" two b.example "a.example" rsa
domain_write "$work/c.conf" three b.example "" ecdsa
again "same order" -j 4 -a
same "ca-orders: names in common: status" 0 "$status"
ordered "names in common" 3
for handle in one two three; do
	same "ca-orders: names in common: $handle: key and certificate" \
	    "$(spki_key "$work/ssl/private/$handle.key")" \
	    "$(spki_cert "$work/ssl/$handle.fullchain.pem")"
done
same "ca-orders: names in common: no response left" "" "$(ls "$work/www")"

# The process that orders the first of them ends, and the others have ended
# their work: nobody waits for the rest.
rm -rf "$work/etc" "$work/ssl" "$work/state"
conf_write "$work/c.conf"
sed -i 's|/dir"|/directory"|' "$work/c.conf"
for handle in one two three; do
	domain_write "$work/c.conf" $handle a.example "" ecdsa
done
echo silence >"$work/ca/scenario"
: >"$work/ca/log"
"$released" -j 3 -f "$work/c.conf" -a 2>"$work/err" </dev/null &
run_pid=$!
for _ in $(seq 600); do
	grep -q "POST /cert" "$work/ca/log" && break
	sleep 0.1
done
sleep 0.5
# It has a connection.
kill -KILL "$(for pid in $(pgrep -P $run_pid netproc); do
	echo "$(ls "/proc/$pid/fd" | wc -l) $pid"
done | sort -n | sed -n 's/.* //;$p')"
start=$(date +%s)
wait $run_pid; status=$?
took=$(($(date +%s) - start))
most=55	# A process that is stuck is ended after a minute.
ended "names in common, a worker is killed" 1 \
    "two: netproc has ended before this certificate's turn"
most=

# Runs at the same time do not know of each other: the one whose key is not that
# of the certificate orders anew, once.
works "other key once"
ordered "another run's certificate" 2
says "ca-orders: another run's certificate: says why" "$work/err" \
    "another key than ours, as if another run had the same order"
refused "other key" "another key"
ordered "another key again" 2

# Polls.
works "follows its authorizations"
works "Retry-After a day, once"
short VALIDATION_SECONDS=8
refused "pending for ever, retry now" "still pending after 8 seconds"
polls=$(grep -c "POST /order" "$work/ca/log")
check "ca-orders: polls in 8 seconds, with Retry-After 0: $polls" \
    test "$polls" -ge 4 -a "$polls" -le 25
often="AUTHORIZATIONS_MS=60000 RETRY_AFTER_SECONDS=1"
short
works "Retry-After a day, once"
check "ca-orders: Retry-After is followed within bounds: $took s" \
    test "$took" -lt 60
short VALIDATION_SECONDS=14
rm -f "$work/ca/polls"
refused "pending for ever" "still pending after 14 seconds"
polls=$(wc -l <"$work/ca/polls")
check "ca-orders: polls in 14 seconds: $polls" \
    test "$polls" -ge 5 -a "$polls" -le 32
# Each second, as long as they are frequent; a busy machine may miss one.
same "ca-orders: polls in 14 seconds: seldom pauses of more than 3" yes \
    "$(awk 'NR > 1 && $1 - last > 3 { n++ } { last = $1 }
        END { print (n > 1 ? n : "yes") }' "$work/ca/polls")"
exit $failed
