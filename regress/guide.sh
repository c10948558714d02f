# acme-client-guide(7): each of its snippets, word for word, with the installed
# program, Pebble, BIND and the servers that it names, in namespaces where ports
# and paths are those of the page.  Its messages are those of the sources.
section=guide
. "$here/lib.sh"
. "$here/setup.sh"
. "$here/dns-lib.sh"
. "$here/servers-lib.sh"
PATH=/usr/local/sbin:/usr/local/bin:$PATH:/usr/sbin:/sbin
page=$top/acme-client-guide.7
guide() { python3 "$here/guide.py" "$1" "$page" ${2:+"$2"}; }

if [ "${dns_inside:-}" = "" ]; then
	same "guide: messages are literals of the sources" "" \
	    "$(guide messages "$top" 2>&1)"
	sed 's/rate limit of the CA/rate limit of our CA/' "$page" \
	    >"$run/wrong.7"
	same "guide: a message that no source has is found" \
	    "in no source: a rate limit of our CA is reached" \
	    "$(page=$run/wrong.7 guide messages "$top")"
	grep -v 'snippet webroot' "$page" >"$run/wrong.7"
	check "guide: a snippet without a mark is found" \
	    sh -c "! python3 '$here/guide.py' names '$run/wrong.7'"
	check "guide: the page's snippets are found" \
	    test "$(guide names | wc -l)" -gt 30
	if [ "$(id -u)" != 0 ] || ! unshare -mnpf --mount-proc \
	    --propagation $propagation true 2>/dev/null; then
		skip "guide: snippets: needs root and namespaces of its own"
		exit $failed
	fi
	command -v named >/dev/null && command -v nsupdate >/dev/null &&
	    command -v dig >/dev/null || {
		skip "guide: snippets: needs bind9 and bind9-dnsutils"
		exit $failed
	}
	dns_newer=$(newer_pebble "${newer_pebble:-$run/newer-pebble}") ||
	    dns_newer=
	export dns_newer
	dns_inside=1 unshare -mnpf --mount-proc --kill-child \
	    --propagation $propagation sh "$0" || failed=1
	exit $failed
fi

# snippet NAME: the page's, which counts as run from now on
snippet() {
	echo "$1" >>"$work/used"
	guide snippet "$1"
}
# not_here WHY NAME...: snippets that cannot be run on this machine
not_here() {
	_why=$1; shift
	skip "guide: $*: $_why"
	printf '%s\n' "$@" >>"$work/used"
}

# The zones are the page's; their primary is its server for updates, too.
dns_zones="test example.test example.com"
primary_conf() {
	python3 - <<'END'
import fcntl, socket, struct
s = socket.socket()
for n, last in (8, 53), (9, 10):
    address = struct.pack("HH4s8x", 2, 0, bytes([192, 0, 2, last]))
    fcntl.ioctl(s, 0x8916, struct.pack("16s16s", b"lo:%d" % n, address))
END
	rm -rf /etc/acme-client/hooks
	snippet tsig >"$work/tsig.sh" && sh -e "$work/tsig.sh" || return 1
	zone_file test "ns1 IN A 127.0.0.2" "ns2 IN A 127.0.0.3"
	zone_file example.test
	set --
	for _name in @ www mail shop www.shop other; do
		set -- "$@" "$_name IN A 127.0.0.1"
	done
	zone_file example.com "$@"
	{
		options primary 127.0.0.2 "recursion no;
	notify explicit; notify-delay 0; also-notify { 127.0.0.3; };
	allow-transfer { 127.0.0.3; };" |
		    sed 's/on port 53 { 127.0.0.2;/& 192.0.2.53;/'
		cat "$work/tsig.key" /etc/acme-client/hooks/tsig.key
		for _zone in test example.test; do
			echo "zone \"$_zone\" { type primary;"
			echo "file \"$_zone\"; };"
		done
		echo 'zone "example.com" { type primary; file "example.com";'
		snippet update-policy
		echo '};'
	} >"$work/primary/named.conf"
}
dns_begin || { fail "guide: no BIND: $(tail -n 2 "$work"/*/log)"; exit 1; }

# /var, /run and /usr/local are the section's own; /etc is, by dns_begin.
for dir in var run usr-local; do mkdir "$work/own-$dir"; done
for dir in nginx haproxy postfix caddy lighttpd; do
	mkdir -p "$work/own-var/lib/$dir"
done
for dir in log/nginx log/apache2 log/lighttpd log/caddy cache spool/postfix \
    www/html tmp lib/dovecot; do
	mkdir -p "$work/own-var/$dir"
done
# A page that is asked for through a server.
echo site >"$work/own-var/www/html/index.html"
mkdir -p "$work/own-run/lock" "$work/own-run/haproxy"
ln -s /run "$work/own-var/run" && ln -s /run/lock "$work/own-var/lock"
mount --bind "$work/own-var" /var && mount --bind "$work/own-run" /run &&
    mount --bind "$work/own-usr-local" /usr/local ||
    { fail "guide: no /var, /run and /usr/local of its own"; exit 1; }
chown postfix "/var/lib/postfix" 2>/dev/null
chown -R caddy: /var/lib/caddy 2>/dev/null
id _acme-client >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin _acme-client
rm -f /etc/acme-client.conf
make -s -C "$(dirname "$client")" install >"$work/made" 2>&1 ||
    { fail "guide: make install: $(end_of "$work/made")"; exit 1; }
client=/usr/local/sbin/acme-client

pebble_http=80 pebble_tls=443
pebble_more='"externalAccountBindingRequired": false'
[ -z "$dns_newer" ] || {
	pebble=$dns_newer
	pebble_more=$pebble_more', "caaIdentities": ["letsencrypt.org"],
  "profiles": {
    "default": { "description": "d", "validityPeriod": 7776000 },
    "shortlived": { "description": "s", "validityPeriod": 518400 } }'
}
pebble_dns_start ||
    { fail "guide: no Pebble: $(end_of "$work/pebble.log")"; exit 1; }

# A second one, which is the first one's staging.
# shellcheck disable=SC2046
set -- $(free_ports 2)
sed -e "s/127.0.0.1:$ca_port/127.0.0.1:$1/" \
    -e "s/127.0.0.1:$management_port/127.0.0.1:$2/" "$work/pebble.json" \
    >"$work/staging.json"
staging=https://localhost:$1/dir
PEBBLE_VA_NOSLEEP=1 "$pebble" -config "$work/staging.json" \
    -dnsserver 127.0.0.4:53 >"$work/staging.log" 2>&1 &
pids="$pids $!"
wait_port "$1"

# base: nothing obtained yet; the configuration that is installed, whose first
# authority is Pebble
sed -e "s|https://acme-v02[^\"]*|https://localhost:$ca_port/dir|" \
    -e "/letsencrypt-privkey/a ca file \"$work/tls.pem\"" \
    -e "/letsencrypt-privkey/a staging \"$staging\"" \
    -e "/letsencrypt-privkey/a root file \"$work/root.pem\"" \
    /etc/acme-client.conf >"$work/installed.conf"
conf=/etc/acme-client.conf
base() {
	rm -rf /etc/acme-client/account/* /etc/acme-client/keys/* \
	    /etc/acme-client/certs/* /etc/acme-client/certs/.[!.]* \
	    /var/lib/acme-client/* /var/lib/acme-client/.[!.]*
	cat "$work/installed.conf" >"$conf"
}
# domain NAME [MORE...]: base, the snippet NAME, and in its domain section the
# snippets MORE
domain() {
	base
	snippet "$1" | sed '$d' >>"$conf"
	shift
	for _more in "$@"; do snippet "$_more" >>"$conf"; done
	echo '}' >>"$conf"
}
full=/etc/acme-client/certs/example.com.fullchain.pem
# acme ARGUMENT...: the installed program
acme() {
	(cd / && exec "$client" "$@") >"$work/out" 2>"$err" </dev/null
	status=$?
	cat "$err" >>"$work/said"
}
# typed NAME: a snippet of commands, at a shell
typed() {
	snippet "$1" >"$work/typed"
	(cd / && exec sh -e "$work/typed") >"$work/out" 2>"$err" </dev/null
	status=$?
	cat "$err" >>"$work/said"
}
# has WHAT FILE "SORTED NAMES ": the certificate there is Pebble's for these
has() {
	check "guide: $1: the chain leads to the root" verified "$2"
	same "guide: $1: names" "$3" "$(sans "$2")"
}
both="example.com www.example.com "
# presents WHAT HOST PORT FILE [STARTTLS]: what a client gets there is the
# certificate in the file
presented() {
	echo | timeout 60 openssl s_client -connect "127.0.0.1:$2" \
	    -servername "$1" ${3:+-starttls "$3"} 2>/dev/null |
	    openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
presents() {
	_want=$(openssl x509 -in "$4" -noout -fingerprint -sha256)
	for _i in $(seq 200); do
		_got=$(presented "$2" "$3" "${5:-}")
		[ "$_got" = "$_want" ] && break
		sleep 0.3
	done
	same "guide: $1: the certificate is presented" "$_want" "$_got"
}
# code PATH: status and Location by http
code() {
	python3 -c "
import http.client
c = http.client.HTTPConnection('127.0.0.1', 80)
c.request('GET', '$1', headers={'Host': 'www.example.com'})
r = c.getresponse()
print(r.status, r.getheader('Location', ''))"
}
# until_served PATH WORD: a reload is under way when its command has ended
until_served() {
	for _i in $(seq 600); do
		python3 -c "import sys, urllib.request
u = urllib.request.urlopen('http://127.0.0.1$1', timeout=60)
sys.exit(b'$2' not in u.read())" 2>/dev/null && return
		sleep 0.1
	done
	fail "guide: nginx does not serve $1"
}
# up NAME PORT: the server has it
up() {
	wait_port "$2" 2>/dev/null ||
	    fail "guide: $1 does not start: $(end_of "$work/server.log")"
}
# down PORT: nothing has it any more
down() {
	for _i in $(seq 600); do
		python3 -c "import socket
socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null || return 0
		sleep 0.1
	done
	fail "guide: something still listens on port $1"
}
# systemctl: `systemctl reload NAME` runs ExecReload= of the package's unit, as
# systemd does not run here; the process is that in /run/main.NAME
cat >"$work/systemctl" <<'END'
#!/bin/sh
unit=/lib/systemd/system/$2.service
CONFIG=/etc/haproxy/haproxy.cfg EXTRAOPTS= MAINPID=$(cat "/run/main.$2")
export CONFIG EXTRAOPTS MAINPID
sed -n 's/^ExecReload=//p' "$unit" | sh -e
END
chmod 755 "$work/systemctl"
by_systemctl() { sed -i "s|/usr/bin/systemctl|$work/systemctl|" "$conf"; }

# The first certificate, by nginx.
guide_nginx() {
	rm -rf /etc/nginx/sites-enabled && mkdir -p /etc/nginx/sites-enabled
	snippet nginx-80 >/etc/nginx/sites-enabled/example.com
	nginx >"$work/server.log" 2>&1
	up nginx 80
	domain webroot nginx-change
	typed rehearse
	same "guide: rehearse: status" 0 $status
	says "guide: rehearse: which files" "$work/out" "$full"
	check "guide: rehearse: nothing is installed" test ! -e $full
	typed first
	same "guide: first: status" 0 $status
	says "guide: first: -n" "$err" "configuration OK"
	says "guide: first: -l" "$work/out" "ok  *example.com"
	has first $full "$both"
	same "guide: nginx: redirects all else" \
	    "301 https://www.example.com/x" "$(code /x)"
	snippet nginx-443 >>/etc/nginx/sites-enabled/example.com
	nginx -s reload
	up nginx 443
	presents nginx www.example.com 443 $full
	domain webroot nginx-change nginx-verify
	acme -v example.com
	same "guide: nginx, renewed: status" 0 $status
	says "guide: nginx, renewed: verify" "$err" \
	    "the server presents the installed certificate"
	presents "nginx, renewed" www.example.com 443 $full
	# One that is not reloaded.
	domain webroot nginx-verify
	acme example.com
	same "guide: nginx is not reloaded: status" 0 $status
	says "guide: nginx is not reloaded: verify" "$err" \
	    "the server presents another certificate"
	snippet cron >"$work/crontab"
	rm -f $full
	(cd / && env -i HOME=/root SHELL=/bin/sh PATH=/usr/bin:/bin sh -c \
	    "$(cut -f 2 "$work/crontab")"
	) >"$work/out" 2>"$err"
	check "guide: cron: the certificate is there" test -s $full
	same "guide: cron: the line is one of crontab(5)" \
	    "23 4 * * * /usr/local/sbin/acme-client -a" \
	    "$(tr '\t' ' ' <"$work/crontab")"
	mkdir -p /run/acme-client
	domain webroot touch
	acme example.com
	same "guide: touch: status" 0 $status
	check "guide: touch: the file is there" test -e /run/acme-client/changed
	# A document root that is served as it stands.
	typed docroot
	same "guide: docroot: the directory" 0 $status
	echo 'server { listen 80; root /var/www/html; }' \
	    >/etc/nginx/sites-enabled/example.com
	domain webroot docroot-conf
	echo docroot >/var/www/html/looked-at
	nginx -s reload; until_served /looked-at docroot
	acme example.com
	same "guide: docroot: status" 0 $status
	has docroot $full "$both"
	# What the page says of a directory that is not served.
	domain webroot
	acme example.com
	same "guide: not served: status" 1 $status
	says "guide: not served: what to look at" "$err" \
	    "does the web server of these names serve that directory"
	acme example.com
	says "guide: not served: the next run" "$err" "not tried again before"
	nginx -s stop; down 80
}
guide_apache() {
	rm -f /etc/apache2/sites-enabled/* /etc/apache2/conf-enabled/*
	printf 'ServerName www.example.com\n' \
	    >/etc/apache2/conf-enabled/name.conf
	{ snippet apache-80; snippet apache-redirect; } \
	    >/etc/apache2/conf-enabled/acme.conf
	for _module in alias rewrite ssl socache_shmcb; do
		ln -sf ../mods-available/$_module.load \
		    /etc/apache2/mods-enabled/$_module.load
	done
	apachectl start >"$work/server.log" 2>&1
	up Apache 80
	domain webroot apache-change
	acme example.com
	same "guide: Apache: status" 0 $status
	has Apache $full "$both"
	same "guide: Apache: redirects all else" \
	    "301 https://www.example.com/x" "$(code /x)"
	snippet apache-443 >/etc/apache2/sites-enabled/site.conf
	apachectl graceful >"$work/server.log" 2>&1
	up Apache 443
	presents Apache www.example.com 443 $full
	acme -F example.com
	same "guide: Apache, renewed: status" 0 $status
	presents "Apache, renewed" www.example.com 443 $full
	apachectl stop >/dev/null 2>&1; down 80
}
guide_haproxy() {
	{
		printf 'global\n\tuser haproxy\n\tgroup haproxy\ndefaults\n'
		printf '\ttimeout %s 5s\n' client server connect
		snippet haproxy
	} >/etc/haproxy/haproxy.cfg
	haproxy -Ws -f /etc/haproxy/haproxy.cfg >"$work/server.log" 2>&1 &
	haproxy_pid=$!
	echo $haproxy_pid >/run/main.haproxy
	up HAProxy 80
	domain haproxy-domain; by_systemctl
	acme example.com
	same "guide: HAProxy: status" 0 $status
	has HAProxy $full "$both"
	same "guide: HAProxy: redirects all else" \
	    "302 https://www.example.com/x" "$(code /x)"
	snippet haproxy-443 >>/etc/haproxy/haproxy.cfg
	"$work/systemctl" reload haproxy >"$work/server.log" 2>&1
	up HAProxy 443
	presents HAProxy www.example.com 443 $full
	acme -F example.com
	same "guide: HAProxy, renewed: status" 0 $status
	presents "HAProxy, renewed" www.example.com 443 $full
	stop $haproxy_pid; down 80
}
guide_lighttpd() {
	{
		echo 'server.document-root = "/var/www/html"'
		echo 'server.port = 80'
		snippet lighttpd
	} >/etc/lighttpd/guide.conf
	lighttpd -D -f /etc/lighttpd/guide.conf >"$work/server.log" 2>&1 &
	_pid=$!
	up lighttpd 80
	domain webroot
	acme example.com
	same "guide: lighttpd: status" 0 $status
	has lighttpd $full "$both"
	stop $_pid; down 80
}
guide_caddy() {
	snippet caddy >/etc/caddy/Caddyfile
	sed -i '1i { \n auto_https off \n }' /etc/caddy/Caddyfile
	chown caddy /etc/caddy/Caddyfile
	(cd / && exec setpriv --reuid=caddy --regid=caddy --init-groups \
	    --inh-caps=+net_bind_service --ambient-caps=+net_bind_service \
	    env HOME=/var/lib/caddy caddy run --config /etc/caddy/Caddyfile
	) >"$work/server.log" 2>&1 &
	_pid=$!
	up Caddy 80
	domain webroot
	sed -i "s|^	domain key .*|$(snippet caddy-key)|" "$conf"
	typed caddy-group
	same "guide: caddy-group: status" 0 $status
	acme example.com
	same "guide: Caddy: status" 0 $status
	has Caddy $full "$both"
	snippet caddy-443 >>/etc/caddy/Caddyfile
	echo $_pid >/run/main.caddy
	"$work/systemctl" reload caddy >"$work/server.log" 2>&1
	up Caddy 443
	presents Caddy www.example.com 443 $full
	stop $_pid; down 80
	chmod 700 /etc/acme-client/keys; chgrp root /etc/acme-client/keys
}

# The mail server, whose first run is before the servers are there.
guide_mail() {
	domain mail
	acme mail.example.com
	same "guide: mail: before the servers run: status" 1 $status
	says "guide: mail: before the servers run: said" "$err" \
	    "on change /usr/.*what has changed (mail.example.com) stays so," \
	    "and the next run runs it again"
	mail=/etc/acme-client/certs/mail.example.com.fullchain.pem
	has mail $mail "mail.example.com "
	mkdir -p /etc/postfix /etc/dovecot
	cat >/etc/postfix/main.cf <<END
compatibility_level = 3.6
maillog_file = /var/log/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.com
local_recipient_maps =
smtpd_recipient_restrictions = reject
END
	{ echo "25 inet n - n - - smtpd"; postfix_services; } \
	    >/etc/postfix/master.cf
	typed postfix
	same "guide: postfix: status" 0 $status
	postfix start >"$work/server.log" 2>&1
	up Postfix 25
	dovecot_words
	{
		echo "$dovecot_version"
		printf '%s\n' "log_path = /var/log/dovecot.log" \
		    "protocols = imap" "listen = 127.0.0.1" "$dovecot_users"
		snippet "dovecot-$dovecot_release"
	} >/etc/dovecot/dovecot.conf
	[ $dovecot_release = 2.3 ] && _other=2.4 || _other=2.3
	not_here "another release of Dovecot is installed" dovecot-$_other
	dovecot >"$work/server.log" 2>&1
	up Dovecot 143
	presents "mail, Postfix" mail.example.com 25 $mail smtp
	presents "mail, Dovecot" mail.example.com 143 $mail imap
	acme -v mail.example.com
	same "guide: mail: when the servers run: status" 0 $status
	same "guide: mail: when the servers run: verify" 2 \
	    "$(grep -c 'the server presents the installed certificate' "$err")"
	acme -F mail.example.com
	same "guide: mail, renewed: status" 0 $status
	presents "mail, renewed, Postfix" mail.example.com 25 $mail smtp
	presents "mail, renewed, Dovecot" mail.example.com 143 $mail imap
	postfix stop >/dev/null 2>&1; doveadm stop >/dev/null 2>&1
}

# Challenges in the DNS.  The resolver forgets what it knows in two seconds.
in_dns() {
	base
	snippet wildcard | sed "$1" >>"$conf"
	sleep 2
	acme -vv example.com
}
guide_dns() {
	snippet nsupdate >/etc/acme-client/hooks/nsupdate.conf
	wild="*.example.com example.com "
	in_dns ""
	same "guide: wildcard: status" 0 $status
	has wildcard $full "$wild"
	check "guide: wildcard: by updates" grep -q 'nsupdate begin' "$err"
	same "guide: wildcard: no record is left" "" \
	    "$(texts _acme-challenge.example.com)"
	if [ -z "$dns_newer" ]; then
		not_here "a newer Pebble is not to be had" dns-account issuer \
		    dns-persist dns-persist-print
		return
	fi
	in_dns "s/^	challenge dns-01/	$(snippet dns-account)/"
	same "guide: dns-account: status" 0 $status
	has dns-account $full "$wild"
	check "guide: dns-account: the account's label" \
	    grep -q 'begin _[a-z0-9]\{16\}[.]_acme-challenge[.]example[.]com' \
	    "$err"
	base
	sed -i "/letsencrypt-privkey/a $(snippet issuer)" "$conf"
	_way=$(snippet dns-persist)
	snippet wildcard | sed -e '/challenge hook/d' \
	    -e "s/^	challenge dns-01/	$_way/" >>"$conf"
	acme example.com
	same "guide: dns-persist, no record yet: status" 1 $status
	says "guide: dns-persist, no record yet: said" "$err" \
	    "publish this one, once: _validation-persist"
	typed dns-persist-print
	same "guide: dns-persist-print: status" 0 $status
	# By hand, as the page says: the zone's key is not for this record.
	sed -n 's/^record \(_[^ ]*\) IN \(TXT .*\)/\1 60 \2/p' "$work/out" \
	    >"$work/primary/records"
	check "guide: dns-persist-print: records" \
	    test -s "$work/primary/records"
	stop $primary_pid
	rm -f "$work/primary/example.com.jnl"
	cat "$work/primary/records" >>"$work/primary/example.com"
	sed -i '/SOA/s/x.test. [0-9]*/x.test. 99/' "$work/primary/example.com"
	primary_start
	for _i in $(seq 300); do
		texts _validation-persist.example.com 127.0.0.3 | grep -q . &&
		    break
		sleep 0.2
	done
	sleep 2
	acme -F example.com
	same "guide: dns-persist: status" 0 $status
	[ $status = 0 ] || tail -n 3 "$err" >&2
	has dns-persist $full "$wild"
}

guide_ports() {
	domain port443
	acme -vv example.com
	same "guide: port443: status" 0 $status
	has port443 $full "$both"
	same "guide: port443: by that" 2 \
	    "$(grep -c 'respproc: .*: served' "$err")"
	# A port that is taken.
	python3 -m http.server --bind 127.0.0.1 443 >/dev/null 2>&1 & _pid=$!
	wait_port 443
	acme -F example.com
	says "guide: port443 is taken: said" "$err" "has this port; stop it"
	stop $_pid; down 443
}

# Stateless: by the other page's lines for nginx, with the thumbprint that -t
# has printed.
stateless_nginx() {
	_print=$(sed -n 's/^thumbprint //p' "$work/out")
	{
		echo "server { listen 80;"
		sed -n '/^location ~ "/,/^}/p' "$top/acme-client.conf.5" |
		    sed "s/THUMBPRINT/$_print/"
		echo "}"
	} >/etc/nginx/sites-enabled/example.com
	nginx >"$work/server.log" 2>&1
	up nginx 80
}
guide_stateless() {
	domain stateless
	typed thumbprint
	same "guide: thumbprint: status" 0 $status
	stateless_nginx
	acme example.com
	same "guide: stateless: status" 0 $status
	has stateless $full "$both"
	# Another machine has the key, and gets the chain.
	cp $full /run/example.com.pem
	rm -rf $full /var/lib/acme-client/*
	typed install-chain
	same "guide: install-chain: status" 0 $status
	check "guide: install-chain: it is installed" \
	    cmp -s $full /run/example.com.pem
	sed -i "s/$_print/other/" /etc/nginx/sites-enabled/example.com
	nginx -s reload
	until_served /.well-known/acme-challenge/looked-at other
	acme -F example.com
	says "guide: stateless, another thumbprint: said" "$err" \
	    "stateless: do the web servers of these names respond"
	nginx -s stop; down 80
}

# A fleet of two machines, which this one is in turn, and etcd.
fleet_cert() { # NAME EXTENSION
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" &&
	    echo "$2" >"$work/$1.ext" &&
	    openssl x509 -req -in "$work/$1.csr" -CA "$work/tls.pem" -CAkey \
	    "$work/tls-ca.key" -CAcreateserial -days 9 -extfile \
	    "$work/$1.ext" -out "$work/$1.pem"
}
guide_fleet() {
	echo "127.0.0.1 etcd1 etcd2 $(hostname)" >>/etc/hosts
	{ fleet_cert etcd "subjectAltName=DNS:etcd1,DNS:etcd2" &&
	    fleet_cert machine "extendedKeyUsage=clientAuth"
	} >"$work/openssl.log" 2>&1 || fail "guide: fleet: certificates"
	mkdir -p -m 700 /etc/acme-client/fleet
	cp "$work/machine.pem" "$work/machine.key" /etc/acme-client/fleet
	cp "$work/tls.pem" /etc/acme-client/fleet/ca.pem
	etcd --data-dir "$work/etcd" --listen-client-urls \
	    https://127.0.0.1:2379 --advertise-client-urls https://etcd1:2379 \
	    --client-cert-auth --trusted-ca-file "$work/tls.pem" --cert-file \
	    "$work/etcd.pem" --key-file "$work/etcd.key" \
	    >"$work/server.log" 2>&1 &
	_etcd=$!
	pids="$pids $_etcd"
	up etcd 2379
	domain stateless
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \
	    /etc/acme-client/keys/example.com.key && chmod 600 \
	    /etc/acme-client/keys/example.com.key
	acme -F -t
	stateless_nginx
	snippet fleet-conf >/etc/acme-client/fleet.conf
	{ sed -n '/^export/p' /etc/acme-client/fleet.conf
	    snippet fleet-etcd; } >"$work/typed"
	(cd / && exec sh -e "$work/typed") >"$work/out" 2>"$err"
	same "guide: fleet-etcd: status" 0 $?
	fleet
	same "guide: fleet: the first machine: status" 0 $status
	has fleet $full "$both"
	_first=$(spki_cert $full) _leaf=$(sha256sum <$full)
	rm -rf $full /var/lib/acme-client/*
	fleet
	same "guide: fleet: the second machine: status, the certificate" \
	    "0 $_leaf" "$status $(sha256sum <$full)"
	# With a new key for each certificate.
	typed fleet-key
	same "guide: fleet-key: status" 0 $status
	cp /etc/acme-client/fleet/own.pem /etc/acme-client/fleet/recipients.pem
	snippet fleet-rotate >>/etc/acme-client/fleet.conf
	sed -i '/^	domain key/s/$/ rotate/' "$conf"
	cp /etc/acme-client/keys/example.com.key "$work/before.key"
	acme -F example.com
	fleet
	check "guide: fleet-rotate: another key" \
	    test "$_first" != "$(spki_cert $full)"
	_leaf=$(sha256sum <$full)
	cp "$work/before.key" /etc/acme-client/keys/example.com.key
	rm -rf $full /etc/acme-client/keys/*.old /var/lib/acme-client/*
	fleet
	same "guide: fleet-rotate: the second machine: status, certificate" \
	    "0 $_leaf" "$status $(sha256sum <$full)"
	same "guide: fleet-rotate: the second machine: the key" \
	    "$(spki_cert $full)" \
	    "$(spki_key /etc/acme-client/keys/example.com.key)"
	nginx -s stop; down 80; stop $_etcd
}
fleet() {
	(cd / && exec /usr/local/share/acme-client/fleet/acme-fleet) \
	    >"$work/out" 2>"$err"
	status=$?
	[ $status = 0 ] || tail -n 3 "$err" >&2
}
# listed: a list without its numbers.  Where no profile is asked for, Pebble
# takes any, so that the time that is left is in days or hours.
listed() { tr 0-8 9 | sed -e 's/^/|/' -e 's/  *9* [dh] / 9 d /'; }
guide_hosting() {
	rm -rf /etc/acme-client.d && mkdir /etc/acme-client.d
	snippet nginx-80 | sed '/server_name/d' \
	    >/etc/nginx/sites-enabled/example.com
	nginx >"$work/server.log" 2>&1
	up nginx 80
	base
	snippet hosting >>"$conf"
	typed customer
	same "guide: customer: status" 0 $status
	has customer /etc/acme-client/certs/customer1.fullchain.pem \
	    "shop.example.com www.shop.example.com "
	# The same commands for another one, and for one with a mistake.
	snippet customer |
	    sed -e 's/customer1/customer2/g; /alternative/d' \
	    -e 's/ shop.example.com/ *.example.com/' >"$work/wrong"
	sed 's/ [*].example.com/ other.example.com/' "$work/wrong" \
	    >"$work/right"
	(cd / && exec sh -e "$work/wrong") >"$work/out" 2>"$err"
	says "guide: customer, a mistake: said" "$err" \
	    "customer2.conf.*needs the challenge dns-01"
	check "guide: customer, a mistake: the file is out of the way" test ! \
	    -e /etc/acme-client.d/customer2.conf \
	    -a -e /etc/acme-client.d/customer2.wrong
	typed all
	same "guide: all: status" 2 $status
	(cd / && exec sh -e "$work/right") >"$work/out" 2>"$err"
	has "customer, another one" \
	    /etc/acme-client/certs/customer2.fullchain.pem "other.example.com "
	typed leave
	same "guide: leave: status" 0 $status
	check "guide: leave: the certificate is gone" \
	    test ! -e /etc/acme-client/certs/customer1.fullchain.pem
	acme -l
	same "guide: leave: -l" "customer2" \
	    "$(grep -o 'customer[0-9]' "$work/out" | sort -u | xargs)"
	# One whose name is not in the DNS, as the list shows it.
	sed -e 's/customer2/customer3/g; s/other.example/gone.example/' \
	    "$work/right" >"$work/typed"
	(cd / && exec sh "$work/typed") >"$work/out" 2>"$err"
	COLUMNS=80; export COLUMNS
	acme -l
	unset COLUMNS
	rm /etc/acme-client.d/customer3.conf
	same "guide: list-printed, but for numbers and the CA's words" \
	    "$(snippet list-printed | listed)" \
	    "$(awk '/^        gone/ { print "        gone.example.com: ..."
	        rest = 1 }
	    /^[a-zA-Z]/ { rest = 0 } !rest' "$work/out" | listed)"
	# Monitoring, of what is there.
	typed list
	same "guide: list: status" 0 $status
	check "guide: list: JSON" grep -q '"handle": "customer2"' "$work/out"
	typed status-directory
	same "guide: status-directory: status" 0 $status
	snippet status >>"$conf"
	acme -F customer2
	same "guide: status: who reads the list" "640 monitor" \
	    "$(stat -c '%a %G' /var/lib/acme-status/list.json)"
	check "guide: status: the list" \
	    grep -q '"handle": "customer2"' /var/lib/acme-status/list.json
	check "guide: status: the metrics" grep -q \
	    '^acme_client_failures{.*customer2' \
	    /var/lib/acme-status/acme-client.prom
	nginx -s stop; down 80
}

# From certbot, which has obtained a certificate from the same CA.
guide_import() {
	base
	rm -rf /etc/letsencrypt
	SSL_CERT_FILE=$work/tls.pem REQUESTS_CA_BUNDLE=$work/tls.pem \
	    certbot certonly -n --standalone --agree-tos --email \
	    a@example.com --no-eff-email -d www.example.com --server \
	    "https://localhost:$ca_port/dir" >"$work/certbot.log" 2>&1 ||
	    fail "guide: import: certbot: $(end_of "$work/certbot.log")"
	typed import
	same "guide: import: status" 0 $status
	# It is not one of this system's CAs.
	sed -i -e "/^	account key/a ca file \"$work/tls.pem\"" \
	    -e "/^	account key/a root file \"$work/root.pem\"" \
	    /etc/acme-client.d/certbot.conf
	typed import-run
	same "guide: import-run: status" 2 $status
	[ $status = 2 ] || end_of "$err" >&2
	has import /etc/acme-client/certs/www.example.com.fullchain.pem \
	    "www.example.com "
}
guide_shortlived() {
	base
	snippet shortlived >>"$conf"
	if [ -z "$dns_newer" ]; then
		skip "guide: shortlived, but for -n:" \
		    "a newer Pebble is not to be had"
		acme -n server
		same "guide: shortlived: -n" 0 $status
	else
		acme server
		same "guide: shortlived: status" 0 $status
		_file=/etc/acme-client/certs/server.fullchain.pem
		check "guide: shortlived: the address" sh -c "openssl x509 \
		    -in $_file -noout -ext subjectAltName |
		    grep -q '^ *IP Address:192.0.2.10\$'"
		check "guide: shortlived: six days" sh -c "openssl x509 \
		    -in $_file -noout -checkend 500000 &&
		    ! openssl x509 -in $_file -noout -checkend 600000"
	fi
	same "guide: cron-often: the line is one of crontab(5)" \
	    "23 */4 * * * /usr/local/sbin/acme-client -a" \
	    "$(snippet cron-often | tr '\t' ' ')"
}

# part NAME PROGRAM SNIPPET...: where the program is there
part() {
	_part=$1 _program=$2; shift 2
	if command -v "$_program" >/dev/null; then "guide_$_part"
	else not_here "$_program is not installed" "$@"; fi
}
part nginx nginx webroot rehearse first cron touch nginx-80 nginx-443 \
    nginx-change nginx-verify docroot docroot-conf
part apache apachectl apache-80 apache-redirect apache-443 apache-change
part haproxy haproxy haproxy haproxy-domain haproxy-443
part lighttpd lighttpd lighttpd
part caddy caddy caddy caddy-key caddy-group caddy-443
if command -v postfix >/dev/null; then
	part mail dovecot mail postfix dovecot-2.3 dovecot-2.4
else
	not_here "Postfix is not installed" mail postfix dovecot-2.3 dovecot-2.4
fi
part dns nsupdate
part ports sh
part stateless nginx stateless thumbprint install-chain
if command -v nginx >/dev/null && command -v etcd >/dev/null; then
	part fleet etcdctl fleet-conf fleet-etcd fleet-key fleet-rotate
else
	not_here "nginx or etcd is not installed" fleet-conf fleet-etcd \
	    fleet-key fleet-rotate
fi
part hosting nginx hosting customer all leave list status-directory \
    status list-printed
part import certbot import import-run
part shortlived sh

# What -n says: wrong NAME SED WORDS, of a configuration that is so edited
wrong() {
	domain webroot
	sed -i "$2" "$conf"
	acme -n
	says "guide: -n: $1" "$err" "$3"
}
wrong "no such directory" 's|certs/example|certz/example|' \
    "there is no such directory; make it: mkdir"
wrong "no program" '$i on change "/etc/passwd"' \
    "this is not a program that root can run"
wrong "a shell's words" '$i on change "/bin/true && /bin/true"' \
    "as no shell reads it; put the command into a script"
wrong "a wildcard" 's/alternative names { w/alternative names { *.w/' \
    "a wildcard needs the challenge dns-01"
wrong "line ends" 's/$/\r/' "end the lines as Unix does"
mkdir -p /etc/letsencrypt/live/x
wrong "another client's directory" \
    's|/etc/acme-client/certs|/etc/letsencrypt/live/x|' \
    "to take over what that client has: /usr/local/share/acme-client/import"
chmod o+w "$conf"
acme -n
says "guide: -n: everyone may write" "$err" "can be written by everyone"
chmod o-w "$conf"

same "guide: each snippet was run, but the one that says it was not" \
    "httpd not run" "$(guide names | grep -vxFf "$work/used")"
between "guide: messages of the page that these runs have printed" 15 100 \
    "$(guide met "$work/said")"
exit $failed
