# -T: rehearsals at a second Pebble, which is the staging of the first one.
. "$here/lib.sh"
work_start

# staging_start NAME [VARIABLE=VALUE...]: another Pebble, which looks for
# responses where the first one does; sets staging_port, staging_pid.  From
# outside: $staging_more, further members of its configuration.
staging_more='"externalAccountBindingRequired": false'
staging_start() {
	_name=$1; shift
	_ports=$(free_ports 2)
	staging_port=${_ports% *}
	pebble_conf "$work/$_name.json" "$staging_port" "${_ports#* }" \
	    "$http_port" "$tls_port" "$staging_more"
	env PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 PEBBLE_VA_NOSLEEP=1 \
	    "$@" "$pebble" -config "$work/$_name.json" \
	    -dnsserver "127.0.0.1:$dns_port" >"$work/$_name.log" 2>&1 &
	staging_pid=$!
	pids="$pids $staging_pid"
	wait_port "$staging_port"
}
staged() { authority_more="staging https://localhost:$staging_port/dir"; }
# orders LOG: how many the Pebble of this log has had
orders() { grep -c 'POST /order-plz' "$1"; }

# everything: what there is outside of rehearsals' directory, with all that a
# run could change.  The state directory gets "try" by the first rehearsal, and
# responses come and go in the challenge directory: their own times change.
everything() {
	(cd "$work" && find etc ssl state www -path state/try -prune -o -print |
	    LC_ALL=C sort | while read -r _file; do
		case $_file in
		state|www) stat -c '%n %i %a %u:%g' "$_file" ;;
		*) stat -c '%n %i %h %s %a %u:%g %y %z' "$_file" ;;
		esac
		[ ! -f "$_file" ] || sha256sum "$_file"
	done)
}
# rehearses WHAT STATUS [OPTION...] HANDLE: -T ends with this status, touches
# nothing, runs nothing, and asks the CA for nothing
rehearses() {
	_what=$1 _status=$2; shift 2
	everything >"$work/before"
	_asked=$(wc -l <"$work/pebble.log") _orders=$(orders "$staging_log")
	run -T "$@"
	expect "$_what" "$_status"
	everything >"$work/after"
	same "$who: $_what: nothing is touched" "" \
	    "$(diff "$work/before" "$work/after" | head -n 5)"
	same "$who: $_what: the CA hears nothing" "$_asked" \
	    "$(wc -l <"$work/pebble.log")"
	ordered=$(($(orders "$staging_log") - _orders))
	check "$who: $_what: 'on change' does not run" \
	    test ! -e "$work/changed"
	clean_www "$_what"
}
# owner_of FILE, group_of FILE: the name, or the number if there is none
owner_of() {
	_name=$(stat -c %U "$1")
	[ "$_name" != UNKNOWN ] && echo "$_name" || stat -c %u "$1"
}
group_of() {
	_name=$(stat -c %G "$1")
	[ "$_name" != UNKNOWN ] && echo "$_name" || stat -c %g "$1"
}
# printed WHAT FILE: the report of the last rehearsal has a line for the file,
# with owner, group and mode as the file has them now
printed() {
	says "$who: $1: $(basename "$2"): as the report says" "$work/report" \
	    "^  $2: [a-z, ]*, owner $(owner_of "$2"), group $(group_of "$2")," \
	    "mode 0$(stat -c %a "$2")\$"
}

first() {
	fresh
	printf 'metrics file "%s"\nstatus file "%s"\n' "$work/ssl/metrics" \
	    "$work/ssl/status" >>"$conf"
	domain_more="on change /usr/bin/touch $work/changed"
	domain_write "$conf" example.com example.com www.example.com
	rehearses "before anything" 0 example.com
	cp "$work/out" "$work/report"
	same "$who: before anything: one order at staging" 1 "$ordered"
	says "$who: the report names the CA" "$work/report" \
	    "^example.com: a certificate was issued by .*:$staging_port/dir:\$"
	says "$who: the report has the names" "$work/report" \
	    "^  names: example.com www.example.com\$"
	says "$who: the report has the issuer" "$work/report" \
	    "^  issuer: Pebble Intermediate CA"
	says "$who: the report has the validity" "$work/report" \
	    "^  valid from 20.*Z to 20.*Z\$"
	says "$who: the report has the commands" "$work/report" \
	    "^  on change: /usr/bin/touch $work/changed\$"
	says "$who: the report: new files" "$work/report" \
	    "$work/ssl/example.com.pem: new"
	same "$who: its files are for their owner only" "700 700 700 700 700" \
	    "$(stat -c %a "$work/state/try" "$work"/state/try/* | xargs)"
	same "$who: they belong to whom the state belongs" \
	    "$(stat -c %u "$work/state")" \
	    "$(find "$work/state/try" -printf '%U\n' | sort -u | xargs)"
	key=$work/state/try/account/authority-test-staging.key
	account=$(sha256sum <"$key")
	serial=$(openssl x509 -noout -serial \
	    -in "$work/state/try/certs/domain-example.com.pem")
	rehearses "again" 0 example.com
	same "$who: again: one more order" 1 "$ordered"
	same "$who: again: the same account" "$account" "$(sha256sum <"$key")"
	check "$who: again: another certificate" test "$serial" != \
	    "$(openssl x509 -noout -serial \
	    -in "$work/state/try/certs/domain-example.com.pem")"
	rehearses "-F" 0 -F example.com
	check "$who: -F: another account" \
	    test "$account" != "$(sha256sum <"$key")"
	"$client" -f "$conf" -T example.com >/dev/full 2>"$err"
	status=$?
	expect "standard output is full" 1
	same "$who: standard output is full: what is said" "acme-client: \
certproc: standard output: cannot write the list: No space left on device
acme-client: -T example.com: a certificate was issued, but cannot be \
reported" "$(grep -v zoneproc: "$err")"
	run example.com
	expect "the real run" 0
	good example.com "example.com www.example.com " "the real run"
	check "$who: the real run: 'on change' runs" test -e "$work/changed"
	rm -f "$work/changed"
	for file in private/example.com.key example.com.pem \
	    example.com.chain.pem example.com.fullchain.pem; do
		printed "the real run" "$work/ssl/$file"
	done
	chmod 640 "$work/ssl/example.com.pem"
	[ $who = user ] || chown 12345:23456 "$work/ssl/example.com.pem"
	rehearses "with installed files" 0 example.com
	cp "$work/out" "$work/report"
	says "$who: the report: replaced files" "$work/report" \
	    "$work/ssl/example.com.pem: replaced"
	says "$who: the report: a key that is kept" "$work/report" \
	    "$work/ssl/private/example.com.key: kept"
	run -F example.com
	expect "the real run replaces" 0
	printed "the real run replaces" "$work/ssl/example.com.pem"
	rm -f "$work/changed"
	rehearses "after that" 0 example.com
	run example.com
	expect "the real run has nothing to do" 2
	same "$who: the real run says nothing" "" "$(cat "$err")"
	domain_more=
}

# What is configured for the domain is rehearsed, too.
ways() {
	fresh
	group=$(group_of "$work/state")
	domain_more="domain combined $work/ssl/private/w.both"
	domain_write "$conf" w example.com "" \
	    "rsa 2048 rotate group \"$group\""
	rehearses "all of a domain" 0 w
	cp "$work/out" "$work/report"
	says "$who: all of a domain: as configured" "$work/report" \
	    "$work/ssl/private/w.key: new, owner $(owner_of "$work/state")," \
	    "group $group, mode 0640"
	same "$who: all of a domain: the rehearsal's key" "640 $group" \
	    "$(stat -c %a "$work/state/try/keys/domain-w.key") \
$(group_of "$work/state/try/keys/domain-w.key")"
	run w; expect "all of a domain: the real run" 0
	printed "all of a domain" "$work/ssl/private/w.key"
	printed "all of a domain" "$work/ssl/private/w.both"
	rehearses "all of a domain, again" 0 w
	says "$who: all of a domain, again: rotate" "$work/out" \
	    "$work/ssl/private/w.key: replaced"

	fresh
	domain_more="challenge tls-alpn-01
	listen on 127.0.0.1 port $tls_port"
	domain_write "$conf" example.com example.com ""
	sed -i /challengedir/d "$conf"
	rehearses "listen on" 0 example.com

	fresh
	domain_more=
	csr_conf "$work/etc" example.com
	{
		cat <<END
domain x {
	csr file "$work/etc/x.csr"
	domain full chain certificate "$work/ssl/x.pem"
	challengedir "$work/www"
}
END
	} >>"$conf"
	rehearses "csr file" 0 x
	same "$who: csr file: its key is certified" \
	    "$(spki_key "$work/etc/x.key")" \
	    "$(spki_cert "$work/state/try/certs/domain-x.full.pem")"

	fresh
	cat >"$work/hook" <<END
#!/bin/sh
echo "\$@" >>"$work/hook.log"
case \$1 in begin) what=set-txt ;; *) what=clear-txt ;; esac
exec python3 - "\$what" "\$4" "\$5" <<'PY'
import json, sys, urllib.request
urllib.request.urlopen("http://127.0.0.1:$dns_management/" + sys.argv[1],
    json.dumps({"host": sys.argv[2] + ".", "value": sys.argv[3]}).encode())
PY
END
	chmod 755 "$work/hook"
	: >"$work/hook.log"
	printf 'dns wait 0\n' >>"$conf"
	domain_more="challenge dns-01
	challenge hook $work/hook"
	domain_write "$conf" example.com example.com "*.example.com"
	sed -i /challengedir/d "$conf"
	rehearses "challenge hook" 0 example.com
	same "$who: challenge hook: runs for each name, at begin and end" \
	    "2 2" "$(grep -c ^begin "$work/hook.log") \
$(grep -c ^end "$work/hook.log")"
	domain_more=
}

# What is wrong in the DNS is said beside what the CA says.
checks() {
	fresh
	printf 'dns server 127.0.0.1 port %s\n' "$dns_port" >>"$conf"
	sed -i "s|^	staging|	issuer ca.example\n&|" "$conf"
	domain_write "$conf" example.com example.com www.example.com
	rehearses "nothing wrong in the DNS" 0 example.com
	same "$who: nothing wrong in the DNS: silent" "" "$(cat "$err")"
	python3 - "$dns_management" <<'END'
import json, sys, urllib.request
urllib.request.urlopen("http://127.0.0.1:%s/add-caa" % sys.argv[1],
    json.dumps({"host": "example.com.", "policies":
        [{"tag": "issue", "value": "other.example"}]}).encode())
END
	# Pebble does not look at these records.
	rehearses "CAA records of another CA" 0 example.com
	for name in example.com www.example.com; do
		says "$who: CAA records of another CA: $name" "$err" \
		    "zoneproc: example.com: check: $name: CAA records at" \
		    "example.com permit other.example, but not ca.example"
	done
	run example.com
	expect "CAA records, in a renewal" 0
	same "$who: CAA records: a renewal that succeeds says nothing" "" \
	    "$(cat "$err")"
	# This account, and another one: those of the real CA.
	account=$(sed -n 's/.*"account": "\(.*\)".*/\1/p' \
	    "$work"/state/authority-*.json)
	caa "ca.example; accounturi=$account"
	rehearses "CAA records for this account" 0 example.com
	same "$who: CAA records for this account: silent" "" "$(cat "$err")"
	caa "ca.example; accounturi=$account-"
	rehearses "CAA records for another account" 0 example.com
	says "$who: CAA records for another account" "$err" \
	    "example.com: CAA records at example.com permit only the account" \
	    "$account-, but that of renewals is $account\$"
	rm "$work"/state/authority-*.json
	rehearses "CAA records for an account, before there is one" 0 \
	    example.com
	says "$who: CAA records for an account, before there is one" "$err" \
	    "permit only the account $account-, and the authority has none yet"
	# Without 'issuer': Pebble's directory names none.
	sed -i '/^	issuer/d' "$conf"
	caa "other.example"
	rehearses "CAA records, and no name of the CA" 0 example.com
	says "$who: CAA records, and no name of the CA" "$err" \
	    "permit only other.example; 'issuer NAME' in the authority says"
	caa ""
}
# caa VALUE: the records of example.com permit that; "": there are none
caa() {
	python3 - "$dns_management" "$1" <<'END'
import json, sys, urllib.request
def post(what, body):
    urllib.request.urlopen("http://127.0.0.1:%s/%s" % (sys.argv[1], what),
        json.dumps(body).encode())
post("clear-caa", {"host": "example.com."})
if sys.argv[2]: post("add-caa", {"host": "example.com.",
    "policies": [{"tag": "issue", "value": sys.argv[2]}]})
END
}

# A signal ends a rehearsal while name servers keep silent.
interrupted() {
	_silent=$(free_ports 1)
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
print("is there", flush=True)
while s.recv(2000): print("was asked", flush=True)' $_silent >"$work/silent" &
	silent_pid=$!
	pids="$pids $silent_pid"
	fresh
	printf 'dns server 127.0.0.1 port %s\n' $_silent >>"$conf"
	domain_write "$conf" example.com example.com ""
	until grep -q there "$work/silent"; do sleep 0.05; done
	for when in before after; do
		echo >"$work/silent"
		[ $when = after ] || kill -STOP $staging_pid
		set_off -T example.com
		# The staging is done, and the run waits for zoneproc alone.
		_sign="certproc: example.com: installed"
		[ $when = after ] || _sign="was asked"
		for _i in $(seq 1000); do
			grep -q "$_sign" "$err" "$work/silent" && break
			sleep 0.05
		done
		kill -INT $run_pid
		wait $run_pid; status=$?
		kill -CONT $staging_pid
		expect "interrupted $when its certificate, silent DNS" 1
		same "$who: interrupted $when its certificate: said once" 1 \
		    "$(grep -c "interrupted by signal 2, Interrupt" "$err")"
		same "$who: interrupted $when its certificate: no wait" "" \
		    "$(grep "zoneproc:.*check:" "$err")"
	done
	stop $silent_pid
}

# Several handles, which may fail.
failing() {
	fresh
	domain_write "$conf" bad bad.example ""
	sed -i "s|challengedir .*|challengedir \"$work/elsewhere\"|" "$conf"
	domain_write "$conf" good good.example ""
	mkdir -p "$work/elsewhere"
	rehearses "a response that is not served" 1 bad good
	says "$who: the cause is told" "$err" \
	    "netproc: bad: bad.example: unauthorized .* returned 404"
	python3 -c "import socket
socket.create_connection(('127.0.0.1', 80))" \
	    2>/dev/null && _listens=0 || _listens=1
	same "$who: a web server that is not there is told" $_listens \
	    "$(grep -c "port 80?  Nothing on this machine listens on" "$err")"
	same "$who: -T is not named by itself" 0 \
	    "$(grep -c "'acme-client -T" "$err")"
	says "$who: that is no change, is told" "$err" \
	    "-T bad: the rehearsal has failed; nothing that is installed was"
	says "$who: the other one is rehearsed" "$work/out" \
	    "^good: a certificate was issued"
	check "$who: no report of the one that failed" \
	    test "$(grep -c '^bad' "$work/out")" = 0
	run bad
	expect "a response that is not served, in a renewal" 1
	says "$who: a renewal that fails names -T" "$err" \
	    "bad: 'acme-client -T bad' tries this at the CA's staging, and"
	sed -i "s|$work/elsewhere|$work/www|" "$conf"
	rehearses "mended, at once" 0 bad

	# Challenges that the CA remembers are not looked at.
	stop $staging_pid
	staging_start reused PEBBLE_AUTHZREUSE=100
	staging_log=$work/reused.log
	staged
	fresh
	domain_write "$conf" a.example a.example ""
	rehearses "a first time" 0 a.example
	same "$who: a first time: all responses count" 0 \
	    "$(grep -c 'the CA looked at' "$work/out")"
	rehearses "with authorizations left" 0 a.example
	says "$who: with authorizations left: is told" "$work/out" \
	    "the CA looked at 0 of 1 responses: it remembers"
	rehearses "-F, for a new account" 0 -F a.example
	same "$who: -F, for a new account: all responses count" 0 \
	    "$(grep -c 'the CA looked at' "$work/out")"
}

# refused WHAT STATUS WORDS...: -T does nothing, for this reason
refused() {
	_refused=$1; shift
	rehearses "$_refused" 1 example.com
	same "$who: $_refused: no order" 0 "$ordered"
	says "$who: $_refused: why" "$err" "$*"
}

stagings() {
	fresh
	sed -i /staging/d "$conf"
	domain_write "$conf" example.com example.com ""
	refused "no staging" "-T example.com: there is no 'staging' in" \
	    "authority test: write 'staging URL' there"
	_url=https://acme-v02.api.letsencrypt.org/directory
	sed -i "s|api url.*|api url \"$_url\"|" "$conf"
	run -T example.com
	says "$who: Let's Encrypt's is known" "$err" \
	    "acme-staging-v02.api.letsencrypt.org"

	# Another block, with an external account binding of its own.
	mac=$(openssl rand -base64 32 | tr -d '=\n' | tr '+/' '-_')
	staging_more='"externalAccountBindingRequired": true,
  "externalAccountMACKeys": { "kid-1": "'$mac'" }'
	staging_start bound
	staging_more='"externalAccountBindingRequired": false'
	staging_log=$work/bound.log
	staged
	fresh
	domain_write "$conf" example.com example.com ""
	rehearses "without the account binding" 1 example.com
	fresh
	printf '%s\n' "$mac" >"$work/etc/private/mac"
	chmod 600 "$work/etc/private/mac"
	sed -i 's|staging .*|staging tests|' "$conf"
	cat >>"$conf" <<END
authority tests {
	api url "https://localhost:$staging_port/dir"
	account key "$work/etc/private/tests.pem"
	eab key id kid-1 hmac file "$work/etc/private/mac"
	ca file "$work/tls.pem"
}
END
	domain_write "$conf" example.com example.com ""
	rehearses "staging by another block" 0 example.com
	check "$who: staging by another block: its account key is not made" \
	    test ! -e "$work/etc/private/tests.pem"
	stop $staging_pid
	staging_start plain
	staging_log=$work/plain.log
	staged
}

# The web server has the thumbprint of the account's key.
stateless() {
	fresh
	key=$work/etc/private/account.pem
	domain_more=stateless
	domain_write "$conf" example.com example.com ""
	sed -i /challengedir/d "$conf"
	refused "stateless without a key" "there is no account key yet"
	run -t -F
	thumbprint=$(sed -n 's/^thumbprint //p' "$work/out")
	stop $web_pid
	python3 - "$http_port" "$thumbprint" >"$work/site.log" 2>&1 <<'END' &
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (self.path.rsplit("/")[-1] + "." + sys.argv[2]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])),
    Handler).serve_forever()
END
	web_pid=$!
	pids="$pids $web_pid"
	wait_port "$http_port"
	rehearses "stateless" 0 example.com
	rehearses "stateless, again" 0 -F example.com
	run example.com; expect "stateless, the real run" 0
	run -K test; expect "stateless, -K" 0
	stop $web_pid
	web_start
	# The key before is beside the new one: it stays there.
	rehearses "stateless, after -K, with the old thumbprint" 1 example.com
	cp -p "$key" "$key.new"
	refused "stateless, a rollover that has not ended" \
	    "has a new key that is not in use yet"
	domain_more=
}

# Killed, at the same time as others, and where someone has prepared the place.
disturbed() {
	stop $staging_pid
	staging_start slow PEBBLE_VA_NOSLEEP=0 PEBBLE_VA_SLEEPTIME=3
	staging_log=$work/slow.log
	staged
	fresh
	domain_write "$conf" example.com example.com ""
	# The staging cannot validate, and then does nothing at all.
	kill -STOP $web_pid
	setsid "$client" -T -f "$conf" example.com >"$work/out" 2>"$err" &
	killed=$!
	until_responses 1
	kill -STOP $staging_pid
	kill -CONT $web_pid
	check "$who: killed: with a response" \
	    test "$(responses_in "$work/www" | wc -l)" = 1
	run example.com
	expect "the real run, beside a rehearsal" 0
	good_set=$(leaf example.com)
	/bin/kill -KILL -- -$killed
	wait $killed 2>/dev/null
	kill -CONT $staging_pid
	same "$who: killed: the real run's files stay" "$good_set" \
	    "$(leaf example.com)"
	check "$who: killed: the response is left" \
	    test -e "$work/www/.acme-client.list"
	run -T example.com
	expect "after one that was killed" 0
	clean_www "after one that was killed"
	check "$who: killed: no list is left" \
	    test ! -e "$work/www/.acme-client.list"
	stop $staging_pid
	staging_start again
	staging_log=$work/again.log
	staged
	for place in try try/keys try/certs try/state try/account; do
		fresh
		domain_write "$conf" example.com example.com ""
		mkdir -p "$work/state/try" "$work/ssl/bait"
		rm -rf "${work:?}/state/$place"
		ln -s "$work/ssl/bait" "$work/state/$place"
		rehearses "$place is a symbolic link" 1 example.com
	done
	for place in try try/keys try/certs try/state try/account; do
		fresh
		domain_write "$conf" example.com example.com ""
		mkdir -p "$work/state/$place"
		chmod 777 "$work/state/$place"
		rehearses "$place, where everyone can write" 1 example.com
		says "$who: $place, where everyone can write: said" "$err" \
		    "$work/state/$place: others may write there (mode 0777);"
		[ $who = root ] || continue
		chmod 700 "$work/state/$place"
		chown 12345 "$work/state/$place"
		rehearses "$place of another user" 1 example.com
		says "$who: $place of another user: said" "$err" \
		    "$work/state/$place: belongs to user 12345, and the state"
	done
	[ $who = root ] || return
	# The state belongs to another user, who could do that.
	fresh
	domain_write "$conf" example.com example.com ""
	chown -R 12345:23456 "$work/state"
	rehearses "the state of an unprivileged user" 0 example.com
	rehearses "the state of an unprivileged user, again" 0 example.com
	rehearses "the state of an unprivileged user, -F" 0 -F example.com
	same "$who: it is this user's" 12345 "$(find "$work/state/try" \
	    -printf '%U\n' | sort -u | xargs)"
	fresh
	rm -rf "$work/state"
	domain_write "$conf" example.com example.com ""
	chown 12345:23456 "$work/ssl"
	run -T example.com; expect "no state directory yet" 0
	same "$who: no state directory yet: whose it becomes" 12345 \
	    "$(stat -c %u "$work/state")"
	chown 0:0 "$work/ssl"
}

pebble_start || { fail "try: Pebble does not start"; exit 1; }
staging_start staging || { fail "try: staging does not start"; exit 1; }
staging_log=$work/staging.log
staged
first
ways
checks
interrupted
failing
stagings
stateless
disturbed
exit $failed
