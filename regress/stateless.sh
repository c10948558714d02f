# stateless: the lines of acme-client.conf.5 for nginx, Apache and HAProxy, word
# for word, with the real servers in front of Pebble's validation; what a run
# does without chng; the way from one thumbprint to another.
. "$here/lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin
work_start
pebble_start || exit 1
stop $web_pid
key=$work/etc/private/account.pem

# snippet FIRST LAST: the manual page's lines from the one with this text on to
# the one with that, with our thumbprint
snippet() {
	awk -v first="$1" -v last="$2" '
	    index($0, first) { on = 1 }
	    on { print }
	    on && index($0, last) { exit }' "$top/acme-client.conf.5" |
	    sed "s/THUMBPRINT/$print/; s/\\\\e/\\\\/g"
}
thumbprint() { run -t test; sed -n 's/^thumbprint //p' "$work/out"; }

serve_nginx() {
	nginx_conf "$(nginx_alone)" "	server { listen 127.0.0.1:$http_port;
		location / { return 301 https://\$host\$request_uri; }
$(snippet 'location ~ "' '}')
	}"
	nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" \
	    >"$work/server.log" 2>&1 &
}
serve_apache() {
	_modules=$(for d in /usr/lib/apache2/modules /usr/lib64/httpd/modules \
	    /usr/libexec/apache2; do
		[ -d $d ] && echo $d && break
	done)
	mkdir -p "$work/apache/root"; echo site >"$work/apache/root/index.html"
	{
		for m in mpm_event authz_core rewrite alias; do
			echo "LoadModule ${m}_module $_modules/mod_$m.so"
		done
		[ "$(id -u)" != 0 ] ||
		    printf 'User nobody\nGroup %s\n' "$(id -gn nobody)"
		cat <<END
ServerRoot $work/apache
ServerName localhost
Listen 127.0.0.1:$http_port
PidFile $work/apache/pid
ErrorLog $work/apache/error.log
DefaultRuntimeDir $work/apache
DocumentRoot $work/apache/root
$(snippet '<LocationMatch' '</LocationMatch>')
END
	} >"$work/apache/a.conf"
	apache2 -f "$work/apache/a.conf" -DFOREGROUND >"$work/server.log" 2>&1 &
}
serve_haproxy() {
	cat >"$work/haproxy.cfg" <<END
defaults
	mode http
	timeout client 60s
	timeout server 60s
	timeout connect 5s
frontend web
	bind 127.0.0.1:$http_port
$(snippet 'acl acme ' 'http-request return')
	http-request redirect scheme https
END
	haproxy -db -f "$work/haproxy.cfg" >"$work/server.log" 2>&1 &
}
serve() {
	"serve_$1"
	web_pid=$!
	pids="$pids $web_pid"
	wait_port "$http_port" 2>/dev/null ||
	    fail "$who: stateless: $1 does not start:" \
	    "$(tail -n 3 "$work/server.log")"
}
# get PATH: status and body
get() {
	python3 -c "
import http.client
c = http.client.HTTPConnection('127.0.0.1', $http_port)
c.request('GET', '$1', headers={'Host': 'example.com'})
r = c.getresponse()
print(r.status, r.read().decode().strip() if r.status == 200 else '')"
}
stateless_conf() {
	domain_write "$conf" example.com example.com \
	    "www.example.com a.b.example.com"
	sed -i 's|challengedir .*|stateless|' "$conf"
}

well=/.well-known/acme-challenge
for server in nginx:nginx apache:apache2 haproxy:haproxy; do
	program=${server#*:} server=${server%:*}
	command -v "$program" >/dev/null ||
	    { skip "stateless: $program is not installed"; continue; }
	fresh
	stateless_conf
	run -F -t test
	print=$(sed -n 's/^thumbprint //p' "$work/out")
	case $server in
	nginx) snippet 'location ~ "' '}' ;;
	apache) snippet '<LocationMatch' '</LocationMatch>' ;;
	haproxy) snippet 'acl acme ' 'http-request return' ;;
	esac >"$work/snippet"
	what="the page has lines for $server, with the thumbprint"
	check "$who: stateless: $what" grep -q -- "$print" "$work/snippet"
	serve $server
	acme example.com
	expect "stateless by $server" 0
	check "$who: stateless by $server: full chain leads to the root" \
	    verified "$work/ssl/example.com.fullchain.pem"
	same "$who: stateless by $server: all names" \
	    "a.b.example.com example.com www.example.com " \
	    "$(sans "$work/ssl/example.com.fullchain.pem")"
	same "$who: stateless by $server: no chngproc, no file" "0 " \
	    "$(grep -c chngproc "$err") $(ls -A "$work/www")"
	acme -F -j 1 example.com
	expect "stateless by $server: renewal" 0
	same "$who: stateless by $server: a response" \
	    "200 evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.$print" \
	    "$(get $well/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA)"
	for path in "$well/a.b" "$well/a/b" "$well/" "/x$well/a" "$well/a%22b" \
	    "/index.htm$well/abc"; do
		check "$who: stateless by $server: none for $path" sh \
		    -c "! echo '$(get "$path" | tr -d "'")' | grep -q '$print'"
	done
	stop $web_pid
done

# The rest with a server of the test's own, whose thumbprint is in a file.
cat >"$work/server.py" <<'END'
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.body(self.path.rpartition("/")[2])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    # With a directory: what is in it, else the stateless response.
    def body(self, name):
        path = os.path.join(*sys.argv[3:], name)
        if sys.argv[3:] and os.path.exists(path):
            with open(path, "rb") as f: return f.read()
        with open(sys.argv[2]) as f: thumbprint = f.read().strip()
        return (name + "." + thumbprint).encode()
address = "127.0.0.1", int(sys.argv[1])
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
END
echo none >"$work/print"
python3 "$work/server.py" "$http_port" "$work/print" >"$work/server.log" 2>&1 &
web_pid=$!
pids="$pids $web_pid"
wait_port "$http_port"
fresh
stateless_conf
run example.com
expect "stateless, the server knows no thumbprint" 1
what="what it must say, and who prints it"
says "$who: stateless, the server knows no thumbprint: $what" "$err" \
    "example.com: stateless: do the web servers of these names respond to" \
    "/.well-known/acme-challenge/TOKEN.*'acme-client -t test' prints"
thumbprint >"$work/print"
acme -F example.com
expect "stateless, the server has the printed one" 0
same "$who: stateless: which roles there were" \
    "certproc csrproc dnsproc fileproc keyproc netproc" \
    "$(sed -n 's/^acme-client: \([a-z]*proc\).*: sandbox: .*/\1/p' "$err" |
        sort -u | xargs)"
# A challenge directory that is not there: nobody looks.
run -n example.com
check "$who: stateless: -n asks for no challenge directory" \
    sh -c "! grep -q challengedir $err"

# One run with both kinds: chng is there for the other one alone.
domain_write "$conf" other.example other.example ""
stop $web_pid
python3 "$work/server.py" "$http_port" "$work/print" "$work/www" \
    >"$work/server.log" 2>&1 &
web_pid=$!
pids="$pids $web_pid"
wait_port "$http_port"
acme -F -j 2 example.com other.example
expect "stateless and challengedir in one run" 0
same "$who: stateless and challengedir in one run: responses put, of one name" \
    1 "$(grep 'chngproc: .*: put$' "$err" | grep -vc probe-for-room)"
clean_www "stateless and challengedir in one run"

# A rollover: said before the CA is asked, printed afterwards.
acme -K test
expect "stateless, -K" 0
says "$who: stateless, -K: which handles, before" "$err" \
    "-K test: the web servers of example.com respond with the account's" \
    "thumbprint (stateless)"
same "$who: stateless, -K: it is said before the CA hears of it" "before" \
    "$(awk '/-K test: the web servers/ { print "before"; exit }
    /netproc: POST/ { print "after"; exit }' "$err")"
says "$who: stateless, -K: which handles, after" "$err" \
    "has a new key; where its thumbprint is configured, that must be changed," \
    "now for example.com"
new=$(sed -n 's/^thumbprint //p' "$work/out")
check "$who: stateless, -K: prints the new thumbprint" \
    test -n "$new" -a "$new" != "$(cat "$work/print")"
same "$who: stateless, -K: the one of -t" "$new" "$(thumbprint)"
run -F example.com
expect "stateless, the server has the one before the rollover" 1
what="the server has the one before the rollover"
says "$who: stateless, $what: says what must be" "$err" \
    "'acme-client -t test' prints"
echo "$new" >"$work/print"
acme -F example.com
expect "stateless, the server has the one after the rollover" 0

# From one account to another without such a time: a second section.
sed "s|^authority test|authority second|; s|account.pem|second.pem|" "$conf" |
    sed -n '/^authority/,/^}/p' >"$work/second"
cat "$work/second" >>"$conf"
run -F -t second
sed -n 's/^thumbprint //p' "$work/out" >"$work/print"
sed -i '/^domain "example.com"/,/^}/s|stateless|&\n\tsign with second|' "$conf"
acme -F example.com
expect "stateless, by a second account" 0
exit $failed
