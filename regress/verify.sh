# 'verify': servers that present the new certificate, at once, later or not,
# and such as do not behave.
. "$here/lib.sh"
work_start
pebble_start || exit 1
ssl=$work/ssl
set -- $(free_ports 10)
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=Old \
    -addext subjectAltName=DNS:old.example.com,IP:192.0.2.7 \
    -set_serial 0x4711ab \
    -keyout "$work/old.key" -out "$work/old.pem" -days 2 2>/dev/null
old="$work/old.pem $work/old.key" new="$ssl/a.fullchain.pem $ssl/private/a.key"
server() {
	python3 "$here/verify.py" "$@" >/dev/null 2>&1 &
	pids="$pids $!"
	wait_port "$1"
}
domain_more=
conf_write "$conf"
domain_write "$conf" a a.example.com ""
run a
expect "verify: a first certificate" 0
# The key stays: what is installed by the next runs is another certificate.
line() { says "$who: verify: $1" "$err" "a: verify 127.0.0.1 port $2: $3"; }
server "$1" tls $new; server "$2" later $old $new; server "$3" smtp $new
domain_more="verify 127.0.0.1 port $1
	verify 127.0.0.1 port $2
	verify 127.0.0.1 port $3 starttls smtp"
conf_write "$conf"
domain_write "$conf" a a.example.com ""
run -v -F a
expect "verify: presented" 0
for _port in "$1" "$2" "$3"; do
	line "presented" "$_port" \
	    "the server presents the installed certificate"
done
run -v a
expect "verify: nothing has changed" 2
same "$who: verify: nothing has changed: nobody is asked" 0 \
    "$(grep -c 'verify 127' "$err")"

server "$4" tls $old; server "$5" hang; server "$6" flood
server "$7" ahead $new; server "$8" garbage
server "$9" none $new; server "${10}" line
domain_more="verify 127.0.0.1 port $4
	verify 127.0.0.1 port $5 starttls imap
	verify 127.0.0.1 port $6 starttls smtp
	verify 127.0.0.1 port $7 starttls smtp
	verify 127.0.0.1 port $8
	verify 127.0.0.1 port $9 starttls smtp
	verify 127.0.0.1 port ${10} starttls smtp"
conf_write "$conf"
domain_write "$conf" a a.example.com ""
began=$(date +%s)
run -F a
expect "verify: not presented: the status stays" 0
check "$who: verify: bounded in time" test $(($(date +%s) - began)) -lt 100
line "another certificate" "$4" "the server presents another certificate:\
 old.example.com, 192.0.2.7; issuer Old, valid until .* UTC,\
 serial number 4711ab"
line "hangs" "$5" "no certificate within 10 seconds"
line "floods" "$6" "more than 100 lines before STARTTLS"
line "bytes behind the reply to STARTTLS" "$7" \
    "the server says more than it was asked for"
line "no TLS" "$8" "TLS: "
line "no STARTTLS" "$9" "the server does not offer STARTTLS"
line "a line without its end" "${10}" "a line of more than 1024 bytes"
exit $failed
