# The directories that INSTALL recommends: made by make install, used by whole
# runs, read by servers.  As root in namespaces of its own, where there is the
# user _acme-client and no other process.
. "$here/lib.sh"
alone layout || {
	skip "layout: needs root and namespaces of its own"
	exit 0
}
work_start
own_system ||
    { fail "layout: no /etc, /var and /usr/local of its own"; exit 1; }
build=$(dirname "$client")
# tree DIRECTORY...: mode, owner and group of each
tree() { (cd "${root:-/}" && stat -c '%a %U:%G %n' "$@" 2>&1); }
dirs="etc/acme-client etc/acme-client/account etc/acme-client/keys"
dirs="$dirs etc/acme-client/certs var/lib/acme-client var/www/acme"
# laid OWNER: as INSTALL's table has it, with this owner in place of
# _acme-client
laid() {
	printf '%s\n' "755 root:root etc/acme-client" \
	    "700 root:root etc/acme-client/account" \
	    "700 root:root etc/acme-client/keys" \
	    "755 $1 etc/acme-client/certs" "700 $1 var/lib/acme-client" \
	    "755 $1 var/www/acme"
}

# Without the user: root's, and what to do is said, which is tried as it stands.
make_install
same "layout: without the user: made" "$(laid root:root)" "$(tree $dirs)"
says "layout: without the user: said" "$work/made" \
    "^There is no user _acme-client"
same "layout: the user is made as README has it" \
    "$(sed -n 's/^    *\(useradd .*\)/\1/p' "$top/README.md")" \
    "$(sed -n 's/^    *\(useradd .*\)/\1/p' "$work/made")"
sed -n 's/^    \(useradd\|chown\)/\1/p' "$work/made" >"$work/said"
check "layout: what is said works" sh -e "$work/said"
same "layout: what is said gives them to the user" \
    "$(laid _acme-client:_acme-client)" "$(tree $dirs)"
same "layout: the user has no shell and no home" \
    "/nonexistent:/usr/sbin/nologin" \
    "$(grep '^_acme-client:' /etc/passwd | cut -d: -f6,7)"
userdel _acme-client && rm -rf /etc/acme-client /var/lib/acme-client /var/www
make_install
sed -n '/^useradd --system/,/^\.Ed/p' "$top/acme-client.conf.5" |
    grep -v '^\.' | sed 's/\\e$/\\/' >"$work/said"
check "layout: what the manual says works" sh -e "$work/said"
same "layout: what the manual says gives them to the user" \
    "$(laid _acme-client:_acme-client)" "$(tree $dirs)"
mkdir -p /var/www/html &&
    sed -n 's/^\(install -d .*html.*\)/\1/p' "$top/acme-client-guide.7" \
        >"$work/said"
check "layout: the guide: a directory in a document root" sh -e "$work/said"
same "layout: the guide: a directory in a document root is the user's" \
    "755 _acme-client:root /var/www/html/.well-known/acme-challenge" \
    "$(tree /var/www/html/.well-known/acme-challenge)"
# With the user: theirs at once; what is there stays as it is.
rm -rf /etc/acme-client /var/lib/acme-client /var/www
make_install
same "layout: with the user: made" "$(laid _acme-client:_acme-client)" \
    "$(tree $dirs)"
same "layout: with the user: nothing to be said" "" "$(cat "$work/made")"
chmod 710 /etc/acme-client/keys && chgrp web /etc/acme-client/keys &&
    chmod 750 /etc/acme-client/certs /var/lib/acme-client &&
    chown 0:0 /var/lib/acme-client /var/www/acme
echo "# mine" >>/etc/acme-client.conf
before=$(tree $dirs)
make_install
same "layout: what is there keeps mode and owner" "$before" "$(tree $dirs)"
says "layout: the configuration that is there stays" /etc/acme-client.conf \
    "^# mine"
rm -rf /etc/acme-client /etc/acme-client.conf /var/lib/acme-client /var/www
make_install
# For packages, and elsewhere.
make_install DESTDIR="$work/dest"
same "layout: DESTDIR: made, root's" "$(laid root:root)" \
    "$(root=$work/dest tree $dirs)"
says "layout: DESTDIR: said" "$work/made" \
    "^a package makes the user _acme-client, and gives it" \
    "/etc/acme-client/certs /var/lib/acme-client /var/www/acme\$"
make_install DESTDIR="$work/other" PREFIX=/opt/p SYSCONFDIR=/opt/etc \
    STATEDIR=/opt/state CHALLENGEDIR=/srv/acme
same "layout: other paths: made" \
    "$(cd "$work/other" && find opt/etc/acme-client opt/state srv | sort)" \
    "$(printf '%s\n' opt/etc/acme-client opt/etc/acme-client/account \
        opt/etc/acme-client/certs opt/etc/acme-client/keys opt/state srv \
        srv/acme)"
same "layout: other paths: nothing at the usual ones" "" \
    "$(cd "$work/other" && ls -d etc var usr 2>/dev/null)"
other_conf=$work/other/opt/etc/acme-client.conf
pages=$work/other/opt/p/share/man
usual='(^|[^t])/etc/acme-client|/var/lib/acme-client|/var/www/acme|/usr/local'
usual=$(cat "$other_conf" "$pages"/man?/* | grep -Ec "$usual")
in_conf=$(grep -c /opt/etc/acme-client/ "$other_conf")
cron=$(grep -c '^23 4 .*[[:space:]]/opt/p/sbin' "$pages/man1/acme-client.1")
same "layout: other paths: configuration and manuals name them" "0 4 1" \
    "$usual $in_conf $cron"
mkdir "$work/home" && chown 54321:54321 "$work/home"
setpriv --reuid=54321 --regid=54321 --clear-groups --inh-caps=-all make -s \
    -C "$build" install PREFIX="$work/home/p" SYSCONFDIR="$work/home/etc" \
    STATEDIR="$work/home/state" CHALLENGEDIR=/proc/acme >"$work/made" 2>&1
same "layout: an ordinary user's: status, said" \
    "0 /proc/acme cannot be made; name another directory with challengedir" \
    "$? $(cat "$work/made")"
same "layout: an ordinary user's: made" "700 54321 keys 755 54321 certs" \
    "$(cd "$work/home/etc/acme-client" &&
        stat -c '%a %u %n' keys certs | xargs)"
: >"$work/dest/etc/acme-client/keys/x.key"
make -s -C "$build" uninstall DESTDIR="$work/dest" >/dev/null
same "layout: uninstall leaves what has something in it" \
    "etc/acme-client
etc/acme-client.conf
etc/acme-client/keys
etc/acme-client/keys/x.key" \
    "$(cd "$work/dest" && find etc -mindepth 1 | sort)"

# A whole run as installed, with the configuration that is installed: the domain
# section with its comment signs taken off.
client=/usr/local/sbin/acme-client
pebble_start PEBBLE_VA_NOSLEEP=1 || exit 1
# The web server of the test serves the directory of the layout.
mount --bind /var/www/acme "$work/www"
installed_conf() {
	sed -e 's/^#\( *\(domain\|	\|}\)\)/\1/' \
	    -e "s|https://acme-v02.*|https://localhost:$ca_port/dir\"|" \
	    -e "/letsencrypt-privkey/a ca file \"$work/tls.pem\"" \
	    -e "/letsencrypt-privkey/a root file \"$work/root.pem\"" \
	    "$top/etc/acme-client.conf"
}
installed_conf >/etc/acme-client.conf
conf=/etc/acme-client.conf
"$client" -n >"$work/out" 2>"$err"
same "layout: -n has nothing to say" "acme-client: configuration OK" \
    "$(cat "$err")"
rmdir /etc/acme-client/certs /etc/acme-client/keys
"$client" -n 2>"$err"
says "layout: -n, no directory: whose it is to be" "$err" \
    "make it: mkdir -p /etc/acme-client/certs && chown _acme-client" \
    "/etc/acme-client/certs\$"
says "layout: -n, no directory of keys" "$err" \
    "make it: mkdir -m 700 -p /etc/acme-client/keys\$"
make_install
full=/etc/acme-client/certs/example.com.fullchain.pem
key=/etc/acme-client/keys/example.com.key

# who_are PROCESS...: NAME:REAL,EFFECTIVE,SAVED USER:CAPABILITIES of each
who_are() {
	for _pid in "$@"; do
		awk '/^Name:/ { name = $2 }
		    /^Uid:/ { users = $2 "," $3 "," $4 }
		    /^CapPrm:/ { capabilities = $2 }
		    END { print name ":" users ":" capabilities }' \
		    "/proc/$_pid/status" 2>/dev/null
	done | sort | tr '\n' ' '
}
uid=$(id -u _acme-client)
none=0000000000000000 kill_only=0000000000000020
# usual [CAPABILITIES]: who they are with the recommended directories, where
# csrproc alone is root's, and has these capabilities
usual() {
	for _name in acme-client certproc chngproc csrproc dnsproc fileproc \
	    keyproc netproc; do
		case $_name in
		acme-client) _is=$uid,$uid,$uid:$kill_only ;;
		csrproc) _is=0,0,0:${1:-$none} ;;
		*) _is=$uid,$uid,$uid:$none ;;
		esac
		printf '%s ' "$_name:$_is"
	done
}
# held ARGUMENT...: who they are while the CA waits for the web server; sets who
# and status
held() {
	rm -f /var/www/acme/*
	kill -STOP $web_pid
	"$client" -v "$@" 2>"$err" & pid=$!
	until_responses 1 /var/www/acme
	who=$(who_are $pid $(pgrep -P $pid))
	kill -CONT $web_pid
	wait $pid; status=$?
}
held example.com
same "layout: a first run: status" 0 $status
# The parent may end its children.
same "layout: a first run: csrproc alone is root's, and has no capability" \
    "$(usual)" "$who"
account=/etc/acme-client/account/letsencrypt-privkey.pem
same "layout: what it has made" "600 root:root $account
644 _acme-client:_acme-client $full
600 root:root $key" "$(tree $account $full $key)"
held -F example.com
same "layout: a renewal: status" 0 $status
same "layout: a renewal: csrproc alone is root's" "$(usual)" "$who"
"$client" example.com 2>"$err"
same "layout: nothing due" "2:" "$?:$(cat "$err")"
"$client" -l >/dev/null 2>"$err"; same "layout: -l" "0:" "$?:$(cat "$err")"

# No role reads a byte from outside as root: before it has given up root's
# rights, it opens no certificate, no state file and no connection.
if strace -f -o /dev/null true 2>/dev/null; then
	# Where the resolver asks a name server at once.
	sed -i 's/^hosts:.*/hosts: dns files/' /etc/nsswitch.conf
	strace -f -e trace=execve,setresuid,openat,connect,sendmmsg \
	    -o "$work/trace" "$client" -F example.com 2>"$err"
	same "layout: traced: status" 0 $?
	opened=$(awk '
	    $2 ~ /^execve\(/ && $0 ~ /libexec/ {
		n = split($2, part, "/")
		sub(/".*/, "", part[n])
		role[$1] = part[n]
	    }
	    $2 ~ /^setresuid\(/ { changed[$1] = 1 }
	    role[$1] ~ /^$|keyproc|csrproc/ || changed[$1] { next }
	    $2 ~ /^(connect|sendto|sendmmsg)\(/ ||
	    $0 ~ /openat\([0-9]+, "[^"\/]*(json|pem)"/ { print role[$1], $2 }' \
	    "$work/trace")
	what="what roles of root's open, besides keys and the system's files"
	same "layout: traced: $what" "" "$opened"
	changed=$(awk -v user="$uid, $uid, $uid" '
	    $2 ~ /^execve\(/ && $0 ~ /libexec/ { state[$1] = 1 }
	    $2 ~ /^setresuid\(/ && state[$1] == 1 &&
	    $0 ~ "setresuid\\(" user "(\\) += 0| <unfinished)" { state[$1] = 2 }
	    END { for (i in state) n += state[i] == 2; print n }' "$work/trace")
	same "layout: traced: all but csrproc have become somebody else" 6 \
	    "$changed"
	sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
else
	skip "layout: traced: strace cannot trace here"
fi

# Servers: one that starts as root, in the words of README; one in a group, in
# those of the manual.
as_user() {
	setpriv --reuid=54322 --regid="$1" --clear-groups --inh-caps=-all cat \
	    "$key"
}
if nginx=$(command -v "${NGINX:-nginx}"); then
	tls_port=$(free_ports 1)
	nginx_conf "daemon off; user _acme-client;" "	server {
		listen 127.0.0.1:$tls_port ssl; server_name _;
$(grep '^        ssl_certificate' "$top/README.md")
	}"
	"$nginx" -p "$work/nginx" -c "$work/nginx/nginx.conf" \
	    >"$work/nginx/out" 2>&1 &
	pids="$pids $!"
	wait_port "$tls_port" 2>/dev/null ||
	    fail "layout: nginx does not start: $(tail -n 2 "$work/nginx/out" \
	    "$work/nginx/logs/error.log")"
	same "layout: nginx, with README's lines, has the certificate" \
	    "$(openssl x509 -in $full -noout -fingerprint)" \
	    "$(openssl s_client -connect "127.0.0.1:$tls_port" \
	        -servername example.com </dev/null 2>/dev/null |
	        openssl x509 -noout -fingerprint)"
else
	skip "layout: nginx reads certificate and key: nginx is not installed"
fi
sed -i 's|example.com.key"|example.com.key" group web|' /etc/acme-client.conf
"$client" -n 2>"$err"
says "layout: a group that does not get to the key: -n" "$err" \
    "group web cannot reach it: chgrp web /etc/acme-client/keys &&" \
    "chmod g+x /etc/acme-client/keys\$"
sed -n '/^chgrp ssl-cert/,/^\.Ed/p' "$top/acme-client.conf.5" | grep -v '^\.' |
    sed 's/ssl-cert/web/' >"$work/said"
check "layout: a group: what the manual says works" sh -e "$work/said"
"$client" -n 2>"$err"
same "layout: a group that gets to the key: -n" \
    "acme-client: configuration OK" "$(cat "$err")"
"$client" example.com 2>"$err"
same "layout: a group: the next run" "2:" "$?:$(cat "$err")"
check "layout: a group: a server in it reads the key" as_user 54323
as_other() { ! as_user 54322; }
check "layout: a group: others do not" as_other
held -F example.com
what="csrproc alone is root's, and may give the key to the group"
same "layout: a group: $what" "$(usual 0000000000000001)" "$who"

# All directories are the user's, as where a service runs as this user: runs of
# root and of the user take turns.
installed_conf >/etc/acme-client.conf
chmod 700 /etc/acme-client/keys && chown -R _acme-client: /etc/acme-client/*
rm -rf /etc/acme-client/*/* /var/lib/acme-client/*
held example.com
same "layout: all are the user's: root's run: status" 0 $status
same "layout: all are the user's: root's run has made" \
    "600 _acme-client:_acme-client $account
644 _acme-client:_acme-client $full
600 _acme-client:_acme-client $key" "$(tree $account $full $key)"
setpriv --reuid=_acme-client --regid=_acme-client --clear-groups \
    --inh-caps=-all "$client" -F example.com 2>"$err"
same "layout: all are the user's: the user's run" "0:" "$?:$(cat "$err")"
chown -R 0:0 /etc/acme-client/account
"$client" -n 2>"$err"
same "layout: all are the user's: -n" "acme-client: configuration OK" \
    "$(cat "$err")"

# A state directory that a run makes is the user's, too.
rm -rf /var/lib/acme-client
"$client" example.com 2>"$err"
same "layout: a new state directory" \
    "700 _acme-client:_acme-client /var/lib/acme-client" \
    "$(tree /var/lib/acme-client)"

# OpenBSD's layout, where all files belong to root: it works, -n tells what it
# costs, and a move to the recommended layout orders nothing.
rm -rf /etc/acme-client /var/lib/acme-client /var/www/acme/.[!.]*
chown 0:0 /var/www/acme
mkdir -p /etc/ssl/private /etc/acme && chmod 700 /etc/acme && chmod 755 /etc/ssl
installed_conf |
    sed -e 's|/etc/acme-client/account|/etc/acme|' \
    -e 's|/etc/acme-client/keys|/etc/ssl/private|' \
    -e 's|/etc/acme-client/certs|/etc/ssl|' >/etc/acme-client.conf
held example.com
same "layout: OpenBSD's: status" 0 $status
echo "$who" >"$work/who"
says "layout: OpenBSD's: file and chng are root's" "$work/who" \
    "chngproc:0,0,0:$none .*fileproc:0,0,0:$none"
"$client" -n 2>"$err"; same "layout: OpenBSD's: -n: status" 0 $?
says "layout: OpenBSD's: -n: keys" "$err" \
    "domain key: directory /etc/ssl/private: lies below /etc/ssl," \
    "where fileproc"
says "layout: OpenBSD's: -n: fileproc" "$err" "fileproc runs as root"
says "layout: OpenBSD's: -n: chngproc" "$err" \
    "chngproc runs as root, .* chown -R _acme-client: /var/www/acme\$"
make_install
mv /etc/acme/letsencrypt-privkey.pem /etc/acme-client/account/
mv /etc/ssl/private/example.com.key /etc/acme-client/keys/
mv /etc/ssl/example.com.fullchain.pem /etc/acme-client/certs/
chown -R _acme-client: /etc/acme-client/certs /var/lib/acme-client /var/www/acme
installed_conf >/etc/acme-client.conf
requests=$(wc -l <"$work/pebble.log")
"$client" -n 2>"$err"
same "layout: moved: -n" "acme-client: configuration OK" "$(cat "$err")"
"$client" example.com 2>"$err"
same "layout: moved: nothing is ordered" "2: $requests" \
    "$?:$(cat "$err") $(wc -l <"$work/pebble.log")"
held -F example.com
same "layout: moved: a renewal: csrproc alone is root's" "$(usual)" "$who"
exit $failed
