# The scripted CA behind an HTTP proxy, which alone can find it: with and
# without a name and password; one that refuses, hangs, lies.
# No name server knows these.
export CA_HOST=ca.test LIST_HOST=lists.test
. "$here/ca-lib.sh"
set -- $(free_ports 3)
proxy_port=$1 nobody_port=$2 other_port=$3
mkdir "$work/proxy"
proxy_log=$work/proxy/log
as() { echo "$1" >"$work/proxy/mode"; : >"$proxy_log"; }
as plain
python3 "$here/proxy.py" "$proxy_port" "$work/proxy" 2>"$work/proxy.err" &
pids="$pids $!"
wait_port "$proxy_port" || exit 1
by="proxy \"http://127.0.0.1:$proxy_port\""
auth=$work/proxy-auth
secret=Nobody:sees,this:one
(umask 077; echo "$secret" >"$auth")

authority_more=
refused plain "ca.test: "
authority_more=$by
works plain
host=ca.test:$ca_port
agent='User-Agent: acme-client/0.2'
same "ca-proxy: what it is asked for, and no more" \
    '"CONNECT '$host' HTTP/1.1\r\nHost: '$host'\r\n'"$agent"'\r\n\r\n"' \
    "$(sort -u "$proxy_log")"
verbosity=-vv
as plain
again plain -F example.com
same "ca-proxy: again: status" 0 "$status"
says "ca-proxy: -vv says which way" "$work/err" "connected to ca.test port" \
    "$ca_port, by the proxy 127.0.0.1 port $proxy_port, TLS"
verbosity=
for how in 1.0 fields 201; do
	as "$how"
	works plain
done
env https_proxy=http://127.0.0.1:$nobody_port \
    HTTPS_PROXY=http://127.0.0.1:$nobody_port \
    all_proxy=http://127.0.0.1:$nobody_port "$client" -F -f "$work/c.conf" \
    example.com 2>"$work/err"
same "ca-proxy: no environment variable counts" 0 "$?"
authority_more="proxy http://localhost:$proxy_port prefer ipv4"
works plain

# Several at a time, and both requests of a connection that the CA closes.
authority_more=$by
as plain
works "close after each answer"

# A name and a password.
as "auth $secret"
refused plain "by the proxy 127.0.0.1 port $proxy_port: the proxy's status is" \
    "407; it wants a name and a password: 'proxy URL auth file FILE'"
authority_more="$by auth file $auth"
works plain
check "ca-proxy: they were sent" grep -q \
    "Proxy-Authorization: Basic $(printf %s "$secret" | base64)" "$proxy_log"
verbosity=-vv
as "auth $secret"
again plain -F example.com
verbosity=
encoded=$(printf %s "$secret" | base64)
now=$(grep -c "$secret\|Nobody\|$encoded" "$work/err")
before=$(grep -c "Nobody" "$work/said.all")
same "ca-proxy: no message has them" "0 0" "$now $before"
as "auth another:one"
refused plain "the proxy's status is 407; it does not take the name and the" \
    "password in $auth"
as plain
chmod 604 "$auth"
refused plain "$auth: mode 0604 lets others at it; chmod o-rwx"
chmod 600 "$auth"
for text in "" ":" ":x" "no colon" "$(printf 'a:b\nc:d')" "$(printf 'a:\tb')" \
    "$(head -c 2000 /dev/zero | tr '\0' a):b"; do
	printf %s "$text" >"$auth"
	refused plain "$auth: \(expected one line, NAME:PASSWORD\|not a" \
	    "regular file of at most 1024 bytes\)"
done
for text in 'a:' 'ä b:ö:c\r\n' "a:$(head -c 1000 /dev/zero | tr '\0' b)"; do
	printf "$text" >"$auth"
	as "auth $(printf "$text" | tr -d '\r\n')"
	works plain
done
as plain
mv "$auth" "$auth.there" && ln -s "$auth.there" "$auth"
refused plain "$auth: "
rm "$auth"
refused plain "$auth: No such file"

# What it may do instead of its work.
authority_more=$by
no_way="it does not let us connect to ca.test port $ca_port"
for case in \
    "status 403:the proxy's status is 403; $no_way" \
    "status 502:502; it does not reach ca.test port $ca_port" \
    "status 504:504; it does not reach" \
    "status 404:404; is it an HTTP proxy that knows CONNECT" \
    "status 302:302; is it an HTTP proxy" \
    "status 99:not a status\|status line\|is not HTTP" \
    "hang:the proxy has not connected within 2 seconds" \
    "slow:the proxy has not connected within 2 seconds" \
    "close:the proxy hung up before it had responded" \
    "garbage:the proxy's response: the response is not HTTP/1.1" \
    "controls:a header field with control characters" "NUL:NUL in the header" \
    "endless:the proxy's response: " "long line:the proxy's response: " \
    "interim:the proxy's response: " \
    "behind:the proxy's response: 19 bytes behind its end" \
    "cut:the proxy hung up before it had responded"; do
	as "${case%%:*}"
	case $case in hang:*|slow:*) short HTTP_PROXY_SECONDS=2 ;; esac
	refused plain "${case#*:}"
	patient
done
# The CA's certificate is verified as without it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj /CN=ca.test -addext "subjectAltName=DNS:ca.test" \
    -keyout "$work/proxy/k" -out "$work/proxy/c" 2>/dev/null
openssl s_server -quiet -accept "127.0.0.1:$other_port" -key "$work/proxy/k" \
    -cert "$work/proxy/c" >"$work/proxy/s_server" 2>&1 </dev/null &
pids="$pids $!"
wait_port "$other_port"
echo "$other_port" >"$work/proxy/other"
as "by itself"
refused plain "TLS: certificate verification failed"
authority_more="proxy http://127.0.0.1:$nobody_port"
refused plain "ca.test port $ca_port, by the proxy 127.0.0.1 port" \
    "$nobody_port: Connection refused"
authority_more="proxy http://127.0.0.1:$nobody_port auth file $work/proxy/none"
refused plain "proxy auth file $work/proxy/none: No such file"
authority_more="proxy http://proxy.invalid:3128"
refused plain "proxy proxy.invalid: "

# Revocation lists, without a tunnel.
as "auth $secret"
(umask 077; echo "$secret" >"$auth")
authority_more="$by auth file $auth"
domain_more="check revocation"
works CRL
on_list "$(openssl x509 -in "$work/ssl/example.com.pem" -noout -serial |
    cut -d= -f2)"
list "$work/ca/inter.key" "$work/ca/inter.pem" "-crldays 7"
look() {
	state_write "$work/state/domain-example.com.json" \
	    "ask about revocation" 0
	rm -f "$work/state"/*backoff.json
	again CRL example.com
}
as "auth another:one"
look
says "ca-proxy: a list, refused" "$work/err" "cannot tell whether it is" \
    "revoked: the proxy's status is 407; it does not take the name"
as "status 502"
look
lists=lists.test:$plain_port
says "ca-proxy: a list that it does not get" "$work/err" "cannot tell whether" \
    "it is revoked: http://$lists/list.crl: HTTP status 502"
as "auth $secret"
look
same "ca-proxy: a list by the proxy: status" 0 "$status"
says "ca-proxy: a list by the proxy: it counts" "$work/err" \
    "due: the CA has revoked the certificate"
what="in the absolute form, with name and password"
says "ca-proxy: a list by the proxy: $what" "$proxy_log" \
    "^\"GET http://$lists/list.crl HTTP/1.1.r.nHost:" \
    "$lists.r.n.*Proxy-Authorization: Basic"
# Not those of the proxy's own machine or network.
client=$released
for host in intranet lists.localhost 127.0.0.1 169.254.169.254; do
	as "auth $secret"
	works "CRL at $host"
	look
	says "ca-proxy: a list at $host: said" "$work/err" \
	    "http://$host:$plain_port/list.crl: not requested through the" \
	    "proxy: it names no host on the internet"
	same "ca-proxy: a list at $host: not asked for" 0 \
	    "$(grep -c "GET http" "$proxy_log")"
done
exit $failed
