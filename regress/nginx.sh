# What README and acme-client-guide(7) say of nginx, word for word: with its
# location block, with a server block that otherwise only redirects, and with a
# document root that is served as it stands.
. "$here/lib.sh"
nginx=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "${NGINX:-nginx}") ||
    { skip "nginx: nginx is not installed"; exit 0; }
work_start
pebble_start || exit 1

# words TEXT: README's line with this text, with our paths
words() {
	grep -F -- "        $1" "$top/README.md" | head -n 1 |
	    sed "s|/var/www|$work/www|g"
}
# serve LINES: nginx in place of the test's own server; redirects go to a port
# where nobody is
serve() {
	stop $web_pid
	rm -rf "$work/nginx"
	nginx_conf "$(nginx_alone)" "	server {
		listen 127.0.0.1:$http_port; server_name _;
$1
	}"
	"$nginx" -p "$work/nginx" -c "$work/nginx/nginx.conf" \
	    >"$work/nginx/out" 2>&1 &
	web_pid=$!
	pids="$pids $web_pid"
	wait_port "$http_port" 2>/dev/null ||
	    fail "nginx: does not start: $(tail -n 2 "$work/nginx/out" \
	    "$work/nginx/logs/error.log")"
}
# answers NAME DIRECTORY: a certificate comes of it
answers() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	conf_write "$conf"
	domain_write "$conf" example.com example.com "www.example.com"
	sed -i "s|challengedir .*|challengedir \"$2\"|" "$conf"
	acme example.com
	same "nginx: $1" 0 "$status"
	[ $status = 0 ] || tail -n 3 "$err"
}
mkdir -p "$work/www/acme"
location=$(words 'location /.well-known/acme-challenge/ {')
redirect=$(words 'location / {')
check "nginx: README has both blocks" test -n "$location" -a -n "$redirect"
serve "$location"
answers "location" "$work/www/acme"
serve "$location
$redirect"
answers "only redirects, but for the location" "$work/www/acme"
code() { python3 -c "
import http.client
c = http.client.HTTPConnection('127.0.0.1', $http_port)
c.request('GET', '$1', headers={'Host': 'example.com'})
print(c.getresponse().status)"; }
same "nginx: only redirects, but for the location: other pages" 301 "$(code /)"
root=$(sed -n 's/^challengedir "\(.*\)"/\1/p' "$top/acme-client-guide.7" |
    sed "s|/var/www|$work/www|")
mkdir -p "$root"
serve "root ${root%/.well-known/acme-challenge};"
answers "document root as it stands" "$root"
# What the guide warns of, so that the test can fail.
serve "$location
return 301 https://\$host\$request_uri;"
rm -rf "$work/etc" "$work/ssl" "$work/state"
conf_write "$conf"
domain_write "$conf" example.com example.com ""
sed -i "s|challengedir .*|challengedir \"$work/www/acme\"|" "$conf"
acme example.com
same "nginx: a return beside the location comes first" 1 "$status"
exit $failed
