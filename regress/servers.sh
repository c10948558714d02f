# 'on change' with the commands of acme-client.conf(5) and the real nginx,
# Postfix and Dovecot: they present the new certificate when the run has ended.
. "$here/lib.sh"
. "$here/servers-lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin
if [ "$(id -u)" != 0 ]; then
	skip "servers: Postfix and Dovecot are started by root"
	exit 0
fi
work_start
pebble_start || exit 1
ssl=$work/ssl
full=$ssl/a.fullchain.pem key=$ssl/private/a.key
set -- $(free_ports 3)
https=$1 smtp=$2 imap=$3

# manual SERVER: the manual page's command, with what our copy of the server
# needs
manual() {
	sed -n "s|^on change \"\(.*/$1 .*reload\)\"|\1|p" \
	    "$top/acme-client.conf.5" |
	    head -n 1
}
# presented PORT [STARTTLS]: what a client gets there
presented() {
	echo |
	    timeout 60 openssl s_client -connect "127.0.0.1:$1" \
	    ${2:+-starttls $2} -servername a.example.com 2>/dev/null |
	    openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
installed() { openssl x509 -in "$full" -noout -fingerprint -sha256; }

start_nginx() {
	nginx_conf "user $(id -un 0);" \
	    "	server {
		listen 127.0.0.1:$https ssl;
		ssl_certificate $full; ssl_certificate_key $key;
	}"
	nginx -p "$work/nginx" -c "$work/nginx/nginx.conf"
	stops="$stops nginx"
	reload=$(manual nginx |
	    sed \
	    "s|nginx |nginx -p $work/nginx -c $work/nginx/nginx.conf |")
}
start_postfix() {
	mkdir -p "$work/postfix" "$work/spool" "$work/lib"
	chmod 755 "$work/spool"; chown postfix "$work/lib"
	cat >"$work/postfix/main.cf" <<END
compatibility_level = 3.6
queue_directory = $work/spool
data_directory = $work/lib
maillog_file = /var/log/acme-client-test-$$.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = a.example.com
smtpd_tls_security_level = may
local_recipient_maps =
smtpd_recipient_restrictions = reject
smtpd_tls_chain_files = $key, $full
END
	{ echo "127.0.0.1:$smtp inet n - n - - smtpd"; postfix_services; } \
	    >"$work/postfix/master.cf"
	postfix -c "$work/postfix" start
	stops="$stops postfix"
	reload=$(manual postfix | sed "s|postfix |postfix -c $work/postfix |")
}
start_dovecot() {
	mkdir -p "$work/dovecot"
	dovecot_words
	if [ $dovecot_release = 2.3 ]; then
		_cert="ssl_cert = <$full" _key="ssl_key = <$key"
	else
		_cert="ssl_server_cert_file = $full"
		_key="ssl_server_key_file = $key"
	fi
	cat >"$work/dovecot.conf" <<END
$dovecot_version
base_dir = $work/dovecot
log_path = $work/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
$_cert
$_key
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
$dovecot_users
END
	dovecot -c "$work/dovecot.conf"
	stops="$stops dovecot"
	reload=$(manual doveadm |
	    sed "s|doveadm |doveadm -c $work/dovecot.conf |")
}
stops=
stop_servers() {
	for _server in $stops; do
		case $_server in
		nginx)
			nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -s \
			    stop ;;
		postfix) postfix -c "$work/postfix" stop ;;
		dovecot) doveadm -c "$work/dovecot.conf" stop ;;
		esac
	done >/dev/null 2>&1
	rm -f "/var/log/acme-client-test-$$.log"
}
trap 'stop_servers; cleanup' EXIT
# until_stopped PORT: nobody listens, and no process says that it is there
until_stopped() {
	for _i in $(seq 600); do
		[ ! -e "$work/nginx/pid" ] &&
		    [ ! -e "$work/dovecot/master.pid" ] &&
		    ! python3 -c "import socket
socket.create_connection(('127.0.0.1', $1), 5)" 2>/dev/null && return
		sleep 0.1
	done
	fail "servers: does not stop"
}

# The first certificate, for the servers to begin with.
domain_more=
conf_write "$conf"
domain_write "$conf" a a.example.com ""
run a
expect "servers: a first certificate" 0

# serves SERVER PROGRAM PORT [STARTTLS]
serves() {
	_server=$1
	command -v "$2" >/dev/null ||
	    { skip "servers: $_server is not installed"; return; }
	"start_$_server" >"$work/server.log" 2>&1
	wait_port "$3" 2>/dev/null || {
		fail "servers: $_server does not start:" \
		    "$(tail -n 2 "$work/server.log")"
		return
	}
	same "servers: $_server presents the first certificate" "$(installed)" \
	    "$(presented "$3" "${4:-}")"
	before=$(installed)
	[ -n "$reload" ] ||
	    fail "servers: $_server: no command in acme-client.conf(5)"
	conf_write "$conf"
	domain_more="on change \"$reload\"
	verify 127.0.0.1 port $3${4:+ starttls $4}"
	domain_write "$conf" a a.example.com ""
	run -v -F a
	expect "servers: $_server: renewed and reloaded" 0
	says "servers: $_server: verify" "$err" \
	    "a: verify 127.0.0.1 port $3: the server presents the installed"
	check "servers: $_server: another certificate" \
	    test "$before" != "$(installed)"
	# A reload is under way when the command has ended.
	for _i in $(seq 200); do
		[ "$(installed)" = "$(presented "$3" "${4:-}")" ] && break
		sleep 0.3
	done
	same "servers: $_server presents the new certificate" "$(installed)" \
	    "$(presented "$3" "${4:-}")"
	# Where it does not run, the command fails, and is run again.
	stop_servers; until_stopped "$3"
	run -F a
	expect "servers: $_server: not running" 1
	says "servers: $_server: not running: the command that failed" "$err" \
	    "on change .*$(basename "${reload%% *}"): ended with status"
	"start_$_server" >"$work/server.log" 2>&1
	wait_port "$3" 2>/dev/null
	before=$(installed)
	run a
	expect "servers: $_server: runs again" 0
	same "servers: $_server: runs again: no other certificate" "$before" \
	    "$(installed)"
	stop_servers; stops=
}
serves nginx nginx "$https"
serves postfix postfix "$smtp" smtp
serves dovecot dovecot "$imap" imap
exit $failed
