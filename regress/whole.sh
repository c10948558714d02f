# The whole program against Pebble: as whoever runs this.
. "$here/lib.sh"
work_start

first() {
	fresh
	domain_write "$conf" example.com example.com "www.example.com"
	acme example.com
	expect "first issuance" 0
	good example.com "example.com www.example.com " "first issuance"
	same "$who: modes" "600 644 644 644" \
	    "$(stat -c %a "$work/ssl/private/example.com.key" \
	        "$work/ssl/example.com.pem" \
	        "$work/ssl/example.com.chain.pem" \
	        "$work/ssl/example.com.fullchain.pem" |
	        tr '\n' ' ' | sed 's/ $//')"
	same "$who: one connection" 1 "$(grep -c 'connected to' "$err")"
	# How often the order must be asked for is up to the machine; after
	# three seconds of that, its authorizations are fetched again; if its
	# round trips take long, nonces are requested ahead.
	same "$who: requests of a first issuance of two names" 10 \
	    "$(grep -E ': (GET|HEAD|POST) [^ ]*$' "$err" | grep -v /my-order/ |
	        awk '!/HEAD|\/authZ\// || !seen[$NF]++' | wc -l)"
	account=$(cat "$work/state/authority-test.json")
	requests=$(wc -l <"$work/pebble.log")
	if command -v strace >/dev/null &&
	    strace -f -o "$work/strace" true 2>/dev/null; then
		strace -f -e trace=socket,connect -o "$work/strace" "$client" \
		    -f "$conf" example.com 2>"$err"
		status=$?
		same "$who: nothing due: no socket" 0 \
		    "$(grep -Ec 'AF_INET|AF_NETLINK' "$work/strace")"
	else
		skip "$who: nothing due: no socket: strace cannot trace here"
		acme example.com
	fi
	expect "nothing due" 2
	same "$who: nothing due: silent" "" "$(cat "$err")"
	same "$who: nothing due: the CA heard nothing" "$requests" \
	    "$(wc -l <"$work/pebble.log")"
	conf_write "$conf"
	domain_write "$conf" example.com example.com \
	    "www.example.com mail.example.com"
	acme example.com
	expect "names changed" 0
	good example.com "example.com mail.example.com www.example.com " \
	    "names changed"
	same "$who: the account is remembered" "$account" \
	    "$(cat "$work/state/authority-test.json")"
	same "$who: no second registration" 0 "$(grep -c sign-me-up "$err")"
	before=$(leaf example.com)
	run -F example.com
	expect "-F" 0
	[ "$before" != "$(leaf example.com)" ] && ok "$who: -F renews" ||
	    fail "$who: -F renews"
	same "$who: silent without -v" "" "$(cat "$err")"
	chmod 640 "$work/ssl/example.com.pem"
	[ $who = root ] && chown 12345:23456 "$work/ssl/example.com.pem"
	owner=$(stat -c %u:%g:%a "$work/ssl/example.com.pem")
	run -F example.com
	expect "renewal of files of another owner" 0
	same "$who: mode and owner are kept" "$owner" \
	    "$(stat -c %u:%g:%a "$work/ssl/example.com.pem")"
	mv "$work/state/authority-test.json" "$work/saved.json"
	acme -F example.com
	expect "account URL forgotten" 0
	same "$who: account found by its key" "$(cat "$work/saved.json")" \
	    "$(cat "$work/state/authority-test.json")"
	says "$who: found by onlyReturnExisting, not registered" "$err" \
	    "sign-me-up: 200"
}

keys() {
	for account_type in "ecdsa p384" rsa; do
		rm -f "$work/account.saved"
		for domain_type in ecdsa "ecdsa p384" "rsa 2048" "rsa"; do
			fresh
			# The first run makes the account key, which takes long.
			[ ! -e "$work/account.saved" ] ||
			    cp -p "$work/account.saved" \
			    "$work/etc/private/account.pem"
			domain_write "$conf" k.example k.example "" \
			    "$domain_type"
			acme k.example
			cp -p "$work/etc/private/account.pem" \
			    "$work/account.saved"
			expect \
			    "account $account_type, domain key $domain_type" 0
			good k.example "k.example " "domain key $domain_type"
		done
	done
	account_type=
	fresh
	domain_write "$conf" k.example k.example "" rsa
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$work/ssl/private/k.example.key" 2>/dev/null
	chmod 600 "$work/ssl/private/k.example.key"
	openssl pkey -in "$work/ssl/private/k.example.key" -outform DER \
	    -out "$work/k.der" 2>/dev/null
	acme k.example
	expect "key of another type than configured" 0
	good k.example "k.example " "key of another type than configured"
	same "$who: key of another type: now" rsaEncryption \
	    "$(openssl x509 -in "$work/ssl/k.example.pem" -noout -text |
	        sed -n 's/.*Public Key Algorithm: //p')"
	same "$who: key of another type: kept" "" \
	    "$(openssl pkey -in "$work/ssl/private/k.example.key.old" \
	        -outform DER 2>&1 |
	        cmp - "$work/k.der" 2>&1)"
}

several() {
	fresh
	domain_write "$conf" a.example a.example ""
	domain_write "$conf" b.example b.example "www.b.example"
	domain_write "$conf" b-rsa b.example "www.b.example" "rsa 2048"
	acme -j 1 a.example b.example b-rsa a.example
	expect "three handles, two for one name" 0
	good a.example "a.example " "several a"
	good b.example "b.example www.b.example " "several b"
	good b-rsa "b.example www.b.example " "several b-rsa"
	same "$who: several: one connection" 1 \
	    "$(grep -c 'connected to' "$err")"
	chmod 755 "$work/www"
	conf_write "$conf"
	domain_write "$conf" a.example a.example "new.a.example"
	domain_write "$conf" b.example b.example "new.b.example"
	missing="challengedir \"$work/missing\""
	sed -i "1,/^domain \"b/s|challengedir .*|$missing|" "$conf"
	acme a.example b.example
	expect "one handle fails, the other is done" 1
	good b.example "b.example new.b.example " "the other handle"
	same "$who: the failed one is as it was" "a.example " \
	    "$(sans "$work/ssl/a.example.pem")"
	says "$who: missing challenge directory is named" "$err" "$work/missing"
	same "$who: missing challenge directory: no order" 1 \
	    "$(grep -c 'POST [^ ]*order-plz$' "$err")"
}

refused() {
	fresh
	domain_write "$conf" example.com example.com ""
	cp "$work/root.pem" "$work/root.saved"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 30 -subj "/CN=other" -keyout /dev/null \
	    -out "$work/other.pem" 2>/dev/null
	sed -i "s|root file .*|root file \"$work/other.pem\"|" "$conf"
	acme example.com
	expect "another root" 1
	says "$who: another root: says so" "$err" \
	    "does not lead to a trusted root"
	check "$who: another root: nothing installed" \
	    test ! -e "$work/ssl/example.com.pem"
	clean_www "another root"
	run example.com
	expect "backoff" 1
	says "$who: backoff: says when, why, and -F" "$err" \
	    "not tried again before .* UTC.*trusted root.*-F"
	sed -i "s|root file .*|root any|" "$conf"
	run -F example.com
	expect "root any, -F past the backoff" 0
	fresh
	domain_write "$conf" example.com example.com ""
	sed -i "s|ca file .*|ca file \"$work/other.pem\"|" "$conf"
	run example.com
	expect "another CA for the API" 1
	says "$who: another CA for the API: names the host" "$err" "localhost"
	says "$who: another CA for the API: says why" "$err" "verif"
	sed -i "s|ca file .*|insecure|" "$conf"
	run -F example.com
	expect "insecure" 0
	fresh
	domain_write "$conf" example.com example.com ""
	stop $web_pid
	acme example.com
	expect "no web server" 1
	says "$who: no web server: the CA's words" "$err" "connection"
	clean_www "no web server"
	web_start
	acme -F example.com
	expect "web server back" 0
	stop $pebble_pid
	run -F example.com
	expect "no CA" 1
	says "$who: no CA: host, port and reason" "$err" \
	    "localhost port $ca_port: Connection refused"
}

# A set as it may be found: cut, garbage, mixed.
found() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "found: first" 0
	cp -p -r "$work/ssl" "$work/old"
	acme -F example.com
	expect "found: second" 0
	cp "$work/old/example.com.pem" "$work/ssl/example.com.pem"
	acme example.com
	expect "certificate old, full chain new: repaired" 0
	good example.com "example.com " "repaired from the full chain"
	same "$who: repaired without the CA" 0 "$(grep -c 'POST' "$err")"
	sleep 1
	acme -F example.com
	cp "$work/old/example.com.fullchain.pem" \
	    "$work/ssl/example.com.fullchain.pem"
	acme example.com
	expect "certificate new, full chain old: renewed" 0
	good example.com "example.com " "renewed after a mixed set"
	for what in empty garbage cut; do
		case $what in
		empty)
			for f in pem fullchain.pem; do
				: >"$work/ssl/example.com.$f"
			done ;;
		garbage)
			for f in pem fullchain.pem; do
				head -c 3000 /dev/urandom \
				    >"$work/ssl/example.com.$f"
			done ;;
		cut)
			for f in pem fullchain.pem; do
				head -c 500 "$work/old/example.com.$f" \
				    >"$work/ssl/example.com.$f"
			done ;;
		esac
		acme example.com
		expect "installed files $what" 0
		good example.com "example.com " "installed files $what"
	done
	rm "$work/ssl/private/example.com.key"
	acme example.com
	expect "key gone" 0
	good example.com "example.com " "key gone"
	for what in empty encrypted encrypted-rfc1421 world other; do
		fresh
		domain_write "$conf" example.com example.com ""
		k=$work/ssl/private/example.com.key
		case $what in
		empty) : >"$k"; says_what="is empty" ;;
		encrypted)
			openssl genpkey -algorithm EC \
			    -pkeyopt ec_paramgen_curve:P-256 -aes256 \
			    -pass pass:x -out "$k" 2>/dev/null
			says_what="is encrypted" ;;
		encrypted-rfc1421)
			openssl genrsa -aes256 -traditional -passout pass:x \
			    -out "$k" 2>/dev/null
			says_what="is encrypted" ;;
		world)
			openssl genpkey -algorithm EC \
			    -pkeyopt ec_paramgen_curve:P-256 -out "$k" \
			    2>/dev/null
			chmod 644 "$k"
			says_what="mode 0644" ;;
		other)
			openssl genpkey -algorithm ED25519 -out "$k"
			says_what="must be P-256" ;;
		esac
		[ $what = world ] || chmod 600 "$k"
		sum=$(sha256sum <"$k")
		run example.com
		expect "domain key $what" 1
		says "$who: domain key $what: named" "$err" "$k.*$says_what"
		same "$who: domain key $what: untouched" "$sum" \
		    "$(sha256sum <"$k")"
	done
	fresh
	domain_write "$conf" example.com example.com ""
	ln -s /etc/passwd "$work/ssl/example.com.pem"
	run example.com
	expect "target is a symbolic link" 1
	check "$who: the link is not followed" \
	    test -L "$work/ssl/example.com.pem"
	rm "$work/ssl/example.com.pem"; mkdir "$work/ssl/example.com.pem"
	run example.com
	expect "target is a directory" 1
	rmdir "$work/ssl/example.com.pem"; mkfifo "$work/ssl/example.com.pem"
	run example.com
	expect "target is a fifo" 1
	rm "$work/ssl/example.com.pem"
	mv "$work/ssl" "$work/elsewhere"; ln -s "$work/elsewhere" "$work/ssl"
	run example.com
	expect "directory swapped for a link" 1
	says "$who: directory swapped for a link: says so" "$err" \
	    "is a symbolic link"
	rm "$work/ssl"; mv "$work/elsewhere" "$work/ssl"
	echo x >"$work/ssl/.example.com.pem.acme-new"
	acme example.com
	expect "left temporary file" 0
	check "$who: left temporary file is gone" \
	    test ! -e "$work/ssl/.example.com.pem.acme-new"
}

environment() {
	fresh
	domain_write "$conf" example.com example.com ""
	cat >"$work/evil.cnf" <<END
openssl_conf = x
[x]
engines = y
[y]
z = z
[z]
dynamic_path = $work/evil.so
init = 1
END
	(
		umask 0
		OPENSSL_CONF=$work/evil.cnf TZ=:/nonexistent RES_OPTIONS=debug \
		    LANG=tlh_KX HOSTALIASES=/x "$client" -v -f "$conf" \
		    example.com 2>"$err"
	)
	status=$?
	expect "hostile environment" 0
	same "$who: umask 0: key is 0600 all the same" 600 \
	    "$(stat -c %a "$work/ssl/private/example.com.key")"
	"$client" -F -f "$conf" example.com <&- >&- 2>&-
	status=$?; : >"$err"
	expect "descriptors 0 to 2 closed" 0
	python3 - "$client" "$conf" 2>"$err" <<'END'
import os, resource, signal, sys
limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, most))
for _ in range(500):
    os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
os.execv(sys.argv[1], [sys.argv[1], "-F", "-f", sys.argv[2], "example.com"])
END
	status=$?
	expect "500 descriptors, SIGCHLD ignored, signals blocked" 0
	sh -c "ulimit -n 8; exec $client -F -f $conf example.com" 2>"$err"
	status=$?
	expect "only 8 descriptors: a clean refusal" 1
	check "$who: the certificate stays" \
	    verified "$work/ssl/example.com.fullchain.pem"
}

# In the middle: the web server does not answer, so that Pebble cannot validate.
# No line of a private key is in what a run says, or in the arguments and the
# environment (as far as this user may read it) of its processes.
secrets() {
	one "a run whose processes are looked at" 0
	# It waits for its validation meanwhile, of a name that this account has
	# not proved: with PEBBLE_AUTHZREUSE=0 Pebble reuses one authorization
	# of a hundred.
	kill -STOP $web_pid
	conf_write "$conf"
	domain_write "$conf" example.com example.com www.example.com
	setsid "$client" -vv -f "$conf" example.com 2>"$err" &
	pid=$!
	until_responses 1
	for _p in $(processes_of $pid); do
		cat "/proc/$_p/cmdline" "/proc/$_p/environ"
	done 2>/dev/null | tr '\0' '\n' >"$work/seen"
	kill -CONT $web_pid
	wait $pid; status=$?
	expect "a run whose processes are looked at, again" 0
	for _program in keyproc csrproc netproc; do
		check "$who: $_program was looked at" \
		    grep -q "$_program\$" "$work/seen"
	done
	cat "$work/etc/private/account.pem" \
	    "$work/ssl/private/example.com.key" |
	    grep -v -e ----- >"$work/secrets"
	check "$who: there are keys to look for" \
	    test "$(wc -l <"$work/secrets")" -ge 4
	same "$who: no key in messages, arguments, environments" "" \
	    "$(cat "$err" "$work/seen" | grep -F -f "$work/secrets")"
}
interrupted() {
	kill -STOP $web_pid
	# Ctrl-C sends SIGINT to the roles, too: it is for the parent alone.
	for how in INT TERM HUP KILL "INT to all"; do
		fresh
		domain_write "$conf" example.com example.com ""
		# setsid(1) does not fork here, as a shell without job control
		# has not made it the leader of a group: $! is the client.
		setsid "$client" -v -f "$conf" example.com 2>"$err" &
		pid=$!
		until_responses 1
		# It gives a validation up after some seconds.
		kill -STOP $pebble_pid
		check "$who: SIG$how: is the leader of a session" \
		    test "$(processes_of $pid | wc -w)" -gt 5
		check "$who: SIG$how: was in the middle" \
		    test -n "$(responses_in "$work/www")"
		case $how in *all) to=-$pid ;; *) to=$pid ;; esac
		kill -s ${how% to all} -- $to
		wait $pid; status=$?
		kill -CONT $pebble_pid
		for _ in $(seq 1000); do
			[ -z "$(processes_of $pid)" ] && break
			sleep 0.05
		done
		[ "$how" = KILL ] || expect "SIG$how" 1
		same "$who: SIG$how: no process left" "" "$(processes_of $pid)"
		clean_www "SIG$how"
		run -n example.com
	done
	kill -CONT $web_pid
	acme example.com
	expect "after interruptions" 0
	good example.com "example.com " "after interruptions"
}

together() {
	fresh
	domain_write "$conf" a.example a.example ""
	domain_write "$conf" b.example b.example ""
	"$client" -vv -f "$conf" a.example 2>"$work/err.a" & a=$!
	"$client" -vv -f "$conf" b.example 2>"$work/err.b" & b=$!
	wait $a
	status=$?
	cp "$work/err.a" "$err"
	expect "two first runs, one" 0
	wait $b
	status=$?
	cp "$work/err.b" "$err"
	expect "two first runs, the other" 0
	same "$who: one account of two first runs" 1 \
	    "$(cat "$work/err.a" "$work/err.b" | grep -c 'sign-me-up: 201')"
	"$client" -F -vv -f "$conf" a.example 2>"$work/err.a" & a=$!
	"$client" -F -vv -f "$conf" a.example 2>"$work/err.b" & b=$!
	wait $a
	status=$?
	cp "$work/err.a" "$err"
	expect "two runs of one handle, one" 0
	wait $b
	status=$?
	cp "$work/err.b" "$err"
	expect "two runs of one handle, the other" 0
	good a.example "a.example " "two runs of one handle"
}

many() {
	names=$(for i in $(seq 99); do printf 'n%d.example.com ' "$i"; done)
	fresh
	domain_write "$conf" many example.com "$names"
	acme many
	expect "100 names, $1" "$2"
	[ "$2" = 0 ] || return
	good many "$(printf '%s\n' example.com $names | sort | tr '\n' ' ')" \
	    "100 names, $1"
}

one() {
	fresh
	domain_write "$conf" example.com example.com ""
	acme example.com
	expect "$1" "$2"
}

pebble_start
first; keys; several; found; environment; together
many "no badNonce" 0
one "one name" 0
refused
pebble_stop

pebble_start PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=100 \
    PEBBLE_CHAIN_LENGTH=3
one "badNonce at 50 percent" 0
same "$who: chain of three intermediates" 4 \
    "$(grep -c BEGIN "$work/ssl/example.com.fullchain.pem")"
good example.com "example.com " "badNonce at 50 percent"
acme -F example.com
expect "authorization reused" 0
same "$who: authorization reused: no challenge" 0 "$(grep -c chalZ "$err")"
many "badNonce at 50 percent" 0
pebble_stop

pebble_start PEBBLE_WFE_NONCEREJECT=100
one "badNonce at 100 percent" 1
says "$who: badNonce at 100 percent: says so" "$err" "refused 20 nonces"
pebble_stop

pebble_start PEBBLE_VA_NOSLEEP=0 PEBBLE_VA_SLEEPTIME=3
one "validation takes seconds" 0
secrets
interrupted
pebble_stop
exit $failed
