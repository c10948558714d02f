# Many certificates in one run, against Pebble, and what goes wrong with some of
# them or with the run: it costs what it must, and nothing else.
. "$here/lib.sh"
work_start

# fleet NAME...: a domain section each
fleet() {
	fresh
	for name in "$@"; do
		domain_write "$conf" "$name" "$name.example.com" "" "$key_type"
	done
}
key_type=
installed() {
	sed -n 's/.*certproc: \([a-z0-9]*\): installed .*/\1/p' "$err" | sort |
	    xargs
}
away() { sed -i "s/localhost:$ca_port/localhost:$closed_port/" "$conf"; }
# ends NAME SECONDS: the run does, soon, and nothing of it is left
ends() {
	for _i in $(seq $(($2 * 10))); do
		kill -0 $run_pid 2>/dev/null || break
		sleep 0.1
	done
	if kill -0 $run_pid 2>/dev/null; then
		fail "$who: $1: ends soon"
		kill -CONT $pebble_pid
	fi
	for _i in $(seq 300); do [ -z "$(ours)" ] && break; sleep 0.1; done
	same "$who: $1: no process left" "" "$(ours)"
	wait $run_pid 2>/dev/null; status=$?
}
# The processes of any run with this configuration.
ours() {
	for _p in $(pgrep -f -- "-f $conf"); do
		echo "$_p"
		pgrep -P "$_p"
	done |
	    sort -u | xargs
}

# What an earlier run has left is completed, also where the CA is left alone.
held() {
	domain_more="domain combined \"$work/ssl/private/a.both.pem\""
	fleet a
	domain_more=
	acme a
	sed -i "s|private/a.key\" |&rotate |" "$conf"
	cp -a "$work/ssl" "$work/ssl.first"
	acme -F a
	expect "held: rotated" 0
	# As if that run had ended when the chain was saved.
	mv "$work/ssl/private/a.key" "$work/ssl/private/a.key.new"
	mv "$work/ssl/a.fullchain.pem" "$work/state/domain-a.new.pem"
	chmod 600 "$work/state/domain-a.new.pem"
	cp -a "$work/ssl.first/private/a.key" "$work/ssl/private/a.key"
	cp -a "$work/ssl.first"/*.pem "$work/ssl"
	rm -r "$work/ssl.first"
	for name in b c; do
		domain_write "$conf" $name $name.example.com ""
	done
	away
	acme b
	expect "held: the authority is away" 1
	acme -a
	expect "held: the others are left alone" 1
	says "$who: held: why" "$err" \
	    "c: authority test is not tried again before"
	same "$who: held: completed" a "$(installed)"
	good a "a.example.com " "held"
	same "$who: held: key and chain in one file" \
	    "$(spki_key "$work/ssl/private/a.key")" \
	    "$(spki_key "$work/ssl/private/a.both.pem")"
}

# All workers meet the same outage.
once() {
	fleet a b c d e f
	away
	acme -a
	expect "one outage" 1
	same "$who: one outage: counted once" 1 \
	    "$(sed -n 's/.*"failures": \([0-9]*\),/\1/p' \
	        "$work/state/authority-test.backoff.json")"
}

# A request that the CA would not have signed, and one by the account's key.
bad_csr() {
	fleet a b
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/csr.key"
	cat >"$work/req.conf" <<'END'
[req]
prompt=no
distinguished_name=dn
attributes=at
req_extensions=ex
[dn]
CN=z.example.com
[at]
challengePassword=secret12
[ex]
subjectAltName=DNS:z.example.com
END
	openssl req -new -key "$work/csr.key" -config "$work/req.conf" \
	    -out "$work/z.csr"
	cat >>"$conf" <<END
domain "z" {
	csr file "$work/z.csr"
	domain certificate "$work/ssl/z.pem"
	domain full chain certificate "z.fullchain.pem"
	challengedir "$work/www"
}
END
	acme -a
	expect "a bad CSR" 1
	same "$who: a bad CSR: the others" "a b" "$(installed)"
	says "$who: a bad CSR: which, and why" "$err" \
	    "csrproc: $work/z.csr: CSR with other attributes"
	cp -p "$work/etc/private/account.pem" "$work/ssl/private/b.key"
	acme -F -a
	expect "a key that is the account's" 1
	same "$who: a key that is the account's: the others" "a" "$(installed)"
	says "$who: a key that is the account's: why" "$err" \
	    "keyproc: b.example.com: CSR is for the account's own key"
}

# What csr has made for a job that is lost meanwhile is no offence.
slow_key() {
	key_type="rsa 3072"
	fleet a b c d
	key_type=
	kill -STOP $pebble_pid
	set_off -j 4 -a
	until_workers 4
	kill -KILL $(workers_of | cut -d' ' -f4)
	for _i in $(seq 600); do
		[ "$(grep -c "made a new key" "$err")" = 4 ] && break
		sleep 0.1
	done
	kill -CONT $pebble_pid
	wait $run_pid; status=$?
	expect "a worker ends while its key is made" 1
	same "$who: a worker ends while its key is made: the others" 3 \
	    "$(installed | wc -w)"
}

# The CA is asked for an account once by each worker, however many certificates
# there are.
refused() {
	authority_more='contact "tel:+123456"'
	fleet $(seq -f 'h%.0f' 30)
	authority_more=
	acme -a
	expect "no account for 30" 1
	same "$who: no account for 30: said of each" 30 "$(without_account)"
	same "$who: no account for 30: no process gives up" 0 \
	    "$(grep -c "too often" "$err")"
	names=$(seq -f 'h%.0f' 66)
	fleet $names
	acme -a
	expect "66 certificates" 0
	rm "$work/state"/authority-*
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$work/etc/private/account.pem" 2>/dev/null
	chmod 600 "$work/etc/private/account.pem"
	acme -r $names
	expect "66 revoked by their own keys" 0
	same "$who: 66 revoked by their own keys: left" "" \
	    "$(ls "$work/ssl" | grep pem)"
}

number_of() { env kill -l "$1"; }

# The process that was started ends the run, however many there are below it.
interrupted() {
	mkdir -p "$work/metrics"; chmod 755 "$work/metrics"
	for signal in INT TERM HUP KILL; do
		fleet a b c
		# With metrics, a process below the first one has the run.
		[ $signal = TERM ] ||
		    echo "metrics file \"$work/metrics/acme.prom\"" >>"$conf"
		kill -STOP $pebble_pid
		set_off -a
		for _i in $(seq 1000); do
			[ "$(ours | wc -w)" -ge 9 ] && break
			sleep 0.05
		done
		sleep 0.5
		# sh lets what it starts in the background ignore SIGINT; the
		# program does not.
		kill -$signal $run_pid
		ends "SIG$signal" 8
		kill -CONT $pebble_pid
		same "$who: SIG$signal: nothing installed" "" "$(installed)"
		[ $signal = KILL ] ||
		    says "$who: SIG$signal: says so" "$err" \
		    "interrupted by signal $(number_of $signal), "
	done
	rm -rf "$work/metrics"
}

# awaits NAME LOCK SIGN OPTION...: a run is interrupted while it waits for the
# lock; before, a process of this name has started, or these words are said
awaits() {
	_what="awaits $1" _lock=$2 _sign=$3; shift 3
	mkfifo "$work/hold"
	flock $lock_how "$_lock" cat "$work/hold" >/dev/null &
	holder=$!
	exec 5>"$work/hold"
	set_off "$@"
	for _i in $(seq 1000); do
		{
			cat "$err"
			for _p in $(ours); do ps -o comm= -p "$_p"; done
		} | grep -q "$_sign" && break
		sleep 0.05
	done
	sleep 1
	kill -INT $run_pid
	ends "$_what" 8
	same "$who: $_what: status" 1 $status
	says "$who: $_what: says so" "$err" "interrupted by signal 2, "
	exec 5>&-
	wait $holder
	rm "$work/hold"
}
# A signal ends the wait for a lock, which another run may hold for long.
interrupted_in_line() {
	fleet a b
	lock_how=
	acme -a
	expect "awaits: two certificates" 0
	awaits "a handle's lock" "$work/state/domain-b.lock" fileproc -F -a
	awaits "the account's lock" "$work/state/authority-test.lock" \
	    fileproc -F -a
	awaits "the account's lock for -K" "$work/state/authority-test.lock" \
	    fileproc -K test
	same "$who: awaits the account's lock for -K: says so once" 1 \
	    "$(grep -c "interrupted by signal" "$err")"
	awaits "the account key's directory" "$work/etc/private" keyproc -F -a
	leaf_before=$(leaf a)
	acme -a
	expect "awaits: nothing is changed" 2
	rm "$work"/state/authority-*.json
	lock_how=-s
	awaits "the lock without an account" "$work/state/authority-test.lock" \
	    fileproc -F -a
	same "$who: awaits: no new certificate" "$leaf_before" "$(leaf a)"
	mkdir -p "$work/metrics"; chmod 755 "$work/metrics"
	echo "metrics file \"$work/metrics/acme.prom\"" >>"$conf"
	acme -a
	expect "awaits: metrics" 2
	lock_how=
	awaits "the lock of the metrics" "$work/state/metrics-file.lock" \
	    "a: installed" -F a
	check "$who: awaits the lock of the metrics: a new certificate" \
	    test "$leaf_before" != "$(leaf a)"
	rm -rf "$work/metrics"
	sed -i '/^metrics file/d' "$conf"
	acme -a
	expect "awaits: the next run reports it" 0
}

# Runs at the same minute.
together() {
	fleet a b c d e f
	mkdir -p "$work/metrics"; chmod 755 "$work/metrics"
	acme -a
	acme -a
	echo "metrics file \"$work/metrics/acme.prom\"" >>"$conf"
	: >"$work/statuses"
	for round in 1 2 3; do
		background=
		for name in a b c d e f; do
			(
				"$client" -f "$conf" $name 2>>"$err"
				echo $? >>"$work/statuses"
			) &
			background="$background $!"
		done
		wait $background
	done
	same "$who: runs at once, metrics: all have nothing to do" "18 2" \
	    "$(sort "$work/statuses" | uniq -c | xargs)"
	rm -rf "$work/metrics"
	# The first ones: the second need not wait until the first is done.
	fleet a b
	kill -STOP $web_pid
	"$client" -v -f "$conf" a 2>"$work/first" &
	first=$!
	for _i in $(seq 1000); do
		grep -q "order https" "$work/first" && break
		sleep 0.05
	done
	set_off b
	for _i in $(seq 1000); do
		grep -q "order https" "$err" && break
		sleep 0.05
	done
	says "$who: two first runs: the second has ordered, too" "$err" \
	    "order https"
	kill -CONT $web_pid
	wait $first $run_pid
	same "$who: two first runs: one account" 1 \
	    "$(cat "$work/first" "$err" | grep -c "registering a new account")"
}

# Attempts that were interrupted hold it back in the end, and -l knows.
again_and_again() {
	fleet a
	kill -STOP $web_pid
	for round in 1 2 3 4; do
		set_off a
		for _i in $(seq 1000); do
			grep -q "order https" "$err" && break
			sleep 0.05
		done
		kill -TERM $run_pid
		wait $run_pid
	done
	kill -CONT $web_pid
	acme a
	expect "interrupted four times" 1
	says "$who: interrupted four times: held back" "$err" \
	    "not tried again before .*the attempt that began at .* was killed" \
	    "before it ended"
	run -l
	same "$who: interrupted four times: -l" 0 \
	    "$(grep -c " now, " "$work/out")"
}

closed_port=$(free_ports 1)
pebble_start || exit 1
held; once; bad_csr; slow_key; refused; interrupted
interrupted_in_line; together; again_and_again
exit $failed
