# check webroot: a web server of the test's own that serves the challenge
# directory, or not, or elsewhere; what is refused before the scripted CA hears
# of an order.
. "$here/lib.sh"
set -- $(free_ports 2)
web_port=$1 tls_port=$2
more_flags="-DWEBROOT_PORT=\\\"$web_port\\\""
more_flags="$more_flags -DWEBROOT_TLS_PORT=\\\"$tls_port\\\""
. "$here/ca-lib.sh"
well=/.well-known/acme-challenge
cat >"$work/web.py" <<'END'
import http.server, os, ssl, sys, threading, time
work, web_port, tls_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def note(self):
        words = self.server.scheme, self.headers["Host"], self.path
        with open(work + "/web.log", "a") as f: f.write("%s %s %s\n" % words)
    def do_GET(self):
        self.note()
        how = open(work + "/how").read().strip()
        host, name = self.headers["Host"], self.path.rpartition("/")[2]
        try: body = open(work + "/www/" + name, "rb").read()
        except OSError: body = None
        to = None
        if self.server.scheme == "http":
            if how == "404" or body is None:
                return self.answer(404, b"not here")
            if how == "500": return self.answer(500, b"\x1b[2J" * 100000)
            if how == "hang": return time.sleep(60)
            if how == "close": return
            if how == "page": body = b"<html>a page for all that is not there"
            if how == "empty": body = b""
            if how == "longer": body += b"x"
            if how == "white space": body += b" \r\n\n"
            if how == "NUL": body += b"\0"
            tls = "https://localhost:%d" % tls_port
            if how == "https": to = tls + self.path
            if how == "https elsewhere on it": to = tls + "/x/" + name
            if how == "relative" and not self.path.startswith("/y/"):
                to = "/y/" + name
            if how == "itself": to = self.path
            if how == "elsewhere":
                to = "http://acme.elsewhere.example:%d" % web_port + self.path
            if how == "another port": to = "http://localhost:1" + self.path
            if how == "no URL": to = "\\\\\x7f"
            if how == "file": to = "file:///etc/passwd"
            if how == "one name" and not host.startswith("localhost"):
                body = b"x"
        self.answer(301 if to else 200, body or b"", to)
    def answer(self, status, body, to=None):
        self.send_response(status)
        if to: self.send_header("Location", to)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
def serve(scheme, port, wrap=None):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    s.scheme = scheme
    if wrap: s.socket = wrap.wrap_socket(s.socket, server_side=True)
    threading.Thread(target=s.serve_forever).start()
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain(work + "/self.pem", work + "/self.key")
serve("https", tls_port, c)
serve("http", web_port)
END
# Nobody trusts it, and it is for another name.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj /CN=old.example -keyout "$work/self.key" -out "$work/self.pem" \
    2>/dev/null
python3 "$work/web.py" "$work" "$web_port" "$tls_port" 2>"$work/web.err" &
pids="$pids $!"
wait_port "$web_port" || exit 1
wait_port "$tls_port" || exit 1
domain_more="check webroot"
# localhost, and more if need be: $names
site() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com localhost "$names"
	sed -i "s|challengedir .*|challengedir \"${dir:-$work/www}\"|" \
	    "$work/c.conf"
	echo "$1" >"$work/how"
	: >"$work/web.log"
	again plain example.com
}
orders() { grep -c '^\["/new-order"' "$work/ca/payloads"; }
passes() {
	site "$1"
	same "ca-webroot: $1: status, orders, left" "0 1 " \
	    "$status $(orders) $(ls "$work/www")"
}
fails() {
	site "$1"
	same "ca-webroot: $1: status, orders, left" "1 0 " \
	    "$status $(orders) $(ls "$work/www")"
	says "ca-webroot: $1: says why" "$work/err" "$2"
	says "ca-webroot: $1: names the directory" "$work/err" "the file was" \
	    "in $work/www: does the web server of this name serve that" \
	    "directory as $well/"
	check "ca-webroot: $1: no control characters" \
	    sh -c "! grep -q '$(printf '\033')' '$work/err'"
	"$client" -l -f "$work/c.conf" >"$work/list" 2>&1
	says "ca-webroot: $1: -l remembers it, too" "$work/list" \
	    "check webroot: "
}
passes served
same "ca-webroot: served: what was fetched" \
    "http localhost:$web_port $well/probe-" \
    "$(sed 's/probe-.*/probe-/' "$work/web.log" | sort -u)"
same "ca-webroot: served: asked once" 1 "$(wc -l <"$work/web.log")"
for how in "white space" https "https elsewhere on it" relative; do
	passes "$how"
done
site https
says "ca-webroot: https: by the TLS server, whose certificate does not count" \
    "$work/web.log" "^https localhost:$tls_port $well/probe-"
probe="$web_port$well/probe-[-_A-Za-z0-9]*"
fails 404 "check webroot: http://localhost:$probe: HTTP status 404"
fails 500 "HTTP status 500"
fails page "something else than the file is served"
fails empty "something else than the file is served"
fails longer "something else than the file is served"
fails NUL "something else than the file is served"
fails close "the connection ended before the response"
fails hang "no whole response within"
fails itself "more than 10 redirects"
# Where it may not look, it does not refuse.
for how in elsewhere "another port" file; do
	passes "$how"
	says "ca-webroot: $how: said with -v" "$work/err" \
	    "check webroot: localhost redirects to .*, which is not looked at"
done
site "no URL"
check "ca-webroot: a Location that is no URL: ends" \
    test "$status" = 0 -o "$status" = 1
# All names; and an address.
names=127.0.0.1
site served
same "ca-webroot: two names: each asked" \
    "127.0.0.1:$web_port localhost:$web_port " \
    "$(cut -d' ' -f2 "$work/web.log" | sort | tr '\n' ' ')"
fails "one name" "check webroot: http://127.0.0.1:$probe: something else"
fails 404 \
    "example.com: check webroot: http://127.0.0.1:$probe: HTTP status 404"
names=nosuch.invalid
fails served "check webroot: nosuch.invalid: "
names=
# Two jobs by two workers, with one probe each.
site served
domain_write "$work/c.conf" second.example localhost ""
again plain -F -j 2 example.com second.example
same "ca-webroot: two at once: orders, probes, left" "2 3 " \
    "$(orders) $(sort -u "$work/web.log" | wc -l) $(ls "$work/www")"
# Off by default; and -F does not leave it out.
domain_more=
site 404
same "ca-webroot: off by default" "0 0" "$status $(wc -l <"$work/web.log")"
domain_more="check webroot"
site served
echo 404 >"$work/how"
again plain -F example.com
same "ca-webroot: with -F: status, orders" "1 0" "$status $(orders)"
# No room: said by chng, as without.
dir=$work/none
site served
says "ca-webroot: no directory: said so" "$work/err" "$work/none"
same "ca-webroot: no directory: status, orders, fetched" "1 0 0" \
    "$status $(orders) $(wc -l <"$work/web.log")"
dir=
# chng is killed while net looks: the next run removes the probe.
site served
echo hang >"$work/how"
: >"$work/web.log"
"$client" -F -f "$work/c.conf" example.com 2>"$work/err" &
run_pid=$!
for _i in $(seq 1000); do [ -s "$work/web.log" ] && break; sleep 0.05; done
kill -KILL "$(pgrep -P $run_pid chngproc)"
wait $run_pid
same "ca-webroot: killed: status" 1 $?
check "ca-webroot: killed: the probe is left" \
    sh -c "ls '$work/www' | grep -q '^probe-'"
echo served >"$work/how"
again plain -F example.com
same "ca-webroot: killed: the next run: status, left" "0 " \
    "$status $(ls -A "$work/www")"
exit $failed
