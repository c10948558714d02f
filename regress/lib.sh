# Shell functions for demo.sh and the whole-run tests: a local CA (Pebble), a
# DNS stub and a web server, all on free loopback ports.
# Callers set client (path of acme-client), and work (a fresh directory) or call
# work_start.

here=${here:-$(cd "$(dirname "$0")" && pwd)}
pids=
# What others may write is refused.
umask 022

# One line a test; run.sh counts them.
ok() { printf '%s\n' "ok $*"; }
fail() { printf '%s\n' "FAIL $*"; failed=1; }
skip() { printf '%s\n' "skip $*"; }
failed=0

# end_of FILE [LINES]: its last lines, three or so many, as one
end_of() { tail -n "${2:-3}" "$1" | tr '\n' ' '; }

# check NAME CONDITION...: runs the condition
check() {
	_name=$1; shift
	if "$@" >"$work/check.out" 2>&1; then ok "$_name"
	else
		fail "$_name: $* ($(end_of "$work/check.out"))"
	fi
}
# same NAME EXPECTED GOT
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1: expected '$2', got '$3'"
	fi
}
# says NAME FILE WORDS...: the file has these words, one blank apart, in a line
says() {
	_says=$1 _said=$2; shift 2
	if grep -q -- "$*" "$_said"; then
		ok "$_says"
	else
		fail "$_says: no '$*' in: $(end_of "$_said" 4)"
	fi
}

# statements DIR: the configuration's statements, which are rows of tables
statements() { sed -n 's/^	{ "\([a-z ]*\)", parse_.*/\1/p' "$1"/conf-*.c; }

# work_start: makes a directory for this script; when the script ends, the
# directory and the processes that it has started go
work_start() {
	work=$(mktemp -d) && chmod 755 "$work"
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
	conf=$work/c.conf
	err=$work/err
}

# work_build: the sources below $top, with what setup.sh has, built in $work;
# client is the program
work_build() {
	copy_tree "$top" "$work/build"
	(cd "$work/build" && ./configure && make) >"$work/build.log" 2>&1 ||
	    { tail -n 20 "$work/build.log"; return 1; }
	client=$work/build/acme-client
}

# variant -DNAME=VALUE...: sets variant to a directory with a build of the same
# sources as $client's, but with these.  It is shared with all sections of a
# run, and not to be written to.  Only the files that use one of the names are
# compiled again.
variant() {
	_names=$(for _flag in "$@"; do
		_flag=${_flag#-D}; echo "${_flag%%=*}"
	done | paste -sd '|' -)
	_key=$(printf '%s\n' "$client" "$(id -u)" "$@" | sha256sum |
	    cut -c 1-16)
	_shared=${BUILDS:-$work/builds}/$_key
	mkdir -p "$_shared" || return 1
	{
		flock 7
		[ -e "$_shared/built" ] ||
		    variant_build "$@" >"$_shared/log" 2>&1
	} 7<"$_shared"
	variant=$_shared/build
	[ -e "$_shared/built" ] || {
		echo "variant $*: $(tail -n 2 "$_shared/log")" >&2; return 1
	}
}
variant_build() (
	# With the times of its objects: others are compiled again by none.
	cp -a "$(dirname "$client")" "$_shared/build" &&
	    cd "$_shared/build" || exit 1
	# A name may be used through another one that a header makes of it.
	_of="^#define[[:space:]]+([A-Z_]+)[[:space:]].*\\<($_names)\\>.*"
	_more=$(sed -nE "s/$_of/|\\1/p" ./*.h | tr -d '\n')
	# shellcheck disable=SC2046
	touch $(grep -lwE "$_names$_more" ./*.c) &&
	    make CFLAGS="-O1 -g $*" && : >"$_shared/built"
)

# with_mishap FROM TO [FLAGS SOURCES]: a copy of the build in FROM whose
# programs are linked with mishap.c and mishap-disk.c, these sources compiled
# with these flags.
# mishap says what goes wrong; both set mishaps, the file that has it.
with_mishap() {
	mishaps=$work/mishaps
	_from=$1 _to=$2 _flags=${3:-} _sources=${4:-}
	# With the times of its objects, so that nothing else is compiled again.
	(cp -a "$_from" "$_to" && cd "$_to" &&
	    _libs=$(sed -n 's/^LIBS_BASE = *//p' config.mk) &&
	    for _source in $_sources; do touch "$_source"; done &&
	    rm -f acme-client ./*proc &&
	    for _mishap in mishap mishap-disk; do
		    cc -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra \
			-DMISHAPS="\"$mishaps\"" -c -o $_mishap.o \
			"$here/$_mishap.c" || exit
	    done &&
	    make CFLAGS="-O1 -g $_flags" \
		LIBS_BASE="mishap.o mishap-disk.o $_libs")
}
mishap() {
	mishaps=$work/mishaps
	echo "$*" >"$mishaps" && chmod 644 "$mishaps"
}

# For sh -c, FILE COMMAND...: adds the number of this session, and when its
# leader has started, to a file; becomes the command.
# shellcheck disable=SC2016
recorded='echo $$:$(cut -d " " -f 22 /proc/$$/stat) >>"$0"; exec "$@"'
# processes_of SESSION[:START]...: what still runs in these; others on this
# machine may run the same program.  Once a session has ended, another gets its
# number in time, and has a leader that started later.
processes_of() {
	_sessions=
	for _session in "$@"; do
		_leader=${_session%:*}
		case $_session in
		*:*)
			[ ! -e "/proc/$_leader" ] ||
			    [ "$_session" = "$_leader:$(cut -d " " -f 22 \
			        "/proc/$_leader/stat" 2>/dev/null)" ] ||
			    continue ;;
		esac
		_sessions=$_sessions,$_leader
	done
	[ -z "$_sessions" ] || ps -s "${_sessions#,}" -o pid=,stat=,args= |
	    awk '$2 !~ /^Z/ { print $1, $3 }' | xargs
}
# build_of DIRECTORY: sets the flags, libraries, compiler and processor of the
# build there, and its objects but those with a main()
build_of() {
	flags=$(sed -n 's/^SYSTEM_CFLAGS = //p' "$1/config.mk")
	libs=$(sed -n 's/^LIBS_[A-Z]* = //p' "$1/config.mk" | tr '\n' ' ')
	cc=$(sed -n 's/^CC = //p' "$1/config.mk")
	arch=$(sed -n 's/^FILTER_ARCH = //p' "$1/config.mk")
	objs=$(ls "$1"/*.o | grep -Ev '/(acme-client|[a-z]+proc)\.o$')
}
role_names="parent netproc dnsproc keyproc csrproc chngproc certproc fileproc"
role_names="$role_names zoneproc respproc"

# For unshare(1): mounts are made private only where some are shared.  In a
# chroot the root directory is no mount, and cannot be made private.
propagation=unchanged
if grep -q ' shared:' /proc/self/mountinfo 2>/dev/null; then
	propagation=private
fi

# free_ports N: N free TCP ports, none of them among those that the kernel gives
# to clients.  No port is given to two scripts, where $PORTS names a file.
free_ports() {
	python3 - "$1" "${PORTS:-}" <<'END'
import fcntl, os, random, socket, sys
def is_free(port):
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
        with socket.socket(socket.AF_INET, kind) as s:
            try: s.bind(("127.0.0.1", port))
            except OSError: return False
    return True
first, last = 11000, 32000
lock = -1
if sys.argv[2]: lock = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT, 0o666)
if lock != -1: fcntl.flock(lock, fcntl.LOCK_EX)
text = os.read(lock, 20) if lock != -1 else b""
port, found = int(text or random.randrange(first, last)), []
while len(found) < int(sys.argv[1]):
    port = port + 1 if port < last else first
    if is_free(port): found.append(port)
if lock != -1: os.pwrite(lock, b"%-10d" % port, 0)
print(*found)
END
}

# alone SECTION: goes on in mount and process namespaces of its own, as root;
# 1 where that is not possible
alone() {
	[ "${alone:-}" != "$1" ] || return 0
	[ "$(id -u)" = 0 ] && unshare -mpf --mount-proc \
	    --propagation $propagation true 2>/dev/null || return 1
	alone=$1 exec unshare -mpf --mount-proc --propagation $propagation \
	    sh "$0"
}
# own_system: in such namespaces, an /etc without the user _acme-client, and
# with a group web; /var and /usr/local, empty
own_system() {
	export PATH="$PATH:/usr/sbin:/sbin"
	for _file in passwd group shadow; do
		grep -v '^_acme-client:' "/etc/$_file" >"$work/$_file"
	done
	echo 'web:x:54323:' >>"$work/group"
	cp -a /etc "$work/system" &&
	    cp "$work/passwd" "$work/group" "$work/shadow" "$work/system/" &&
	    chmod 755 "$work/system" && mount --bind "$work/system" /etc &&
	    mkdir "$work/var" "$work/local" && mkdir "$work/var/lib" &&
	    mount --bind "$work/var" /var &&
	    mount --bind "$work/local" /usr/local || return 1
	rm -rf /etc/acme-client /etc/acme-client.conf /etc/acme-client.d
}
# make_install: of $build; what it says is in $work/made
make_install() {
	make -s -C "$build" install "$@" >"$work/made" 2>&1 ||
	    fail "make install: $(tail -n 2 "$work/made")"
}

# nginx_conf STATEMENTS HTTP: writes $work/nginx/nginx.conf, by which all files
# of nginx are in that directory; HTTP is in its http block, STATEMENTS are
# outside of it
nginx_conf() {
	mkdir -p "$work/nginx/logs"
	cat >"$work/nginx/nginx.conf" <<END
pid $work/nginx/pid; error_log $work/nginx/logs/error.log;
$1
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
	fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u;
	scgi_temp_path $work/nginx/s;
$2
}
END
}
# nginx_alone: statements for one process in the foreground, as the user who
# starts it
nginx_alone() {
	echo "daemon off; master_process off;"
	[ "$(id -u)" != 0 ] || echo "user $(id -un 0);"
}

wait_port() {
	python3 - "$1" <<'END'
import socket, sys, time
for _ in range(1200):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit("port %s does not open" % sys.argv[1])
END
}

# An own CA for the servers' certificates: $work/tls.pem is the anchor.
make_tls() {
	[ -f "$work/tls.pem" ] && return 0
	_days=${tls_days:-30}
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days $_days -subj "/CN=test anchor" \
	    -addext "keyUsage=critical,keyCertSign,cRLSign" \
	    -keyout "$work/tls-ca.key" -out "$work/tls.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=localhost" -keyout "$work/tls-server.key" \
	    -out "$work/tls-server.csr" 2>/dev/null
	cat >"$work/tls.ext" <<END
subjectAltName=DNS:localhost,DNS:ca.test,IP:127.0.0.1
extendedKeyUsage=serverAuth
keyUsage=digitalSignature
authorityKeyIdentifier=keyid
subjectKeyIdentifier=hash
END
	openssl x509 -req -in "$work/tls-server.csr" -CA "$work/tls.pem" \
	    -CAkey "$work/tls-ca.key" -CAcreateserial -days $_days \
	    -extfile "$work/tls.ext" -out "$work/tls-server.pem" 2>/dev/null
}

# pebble_start [VARIABLE=VALUE ...]: sets ca_port, management_port, http_port,
# tls_port, dns_management; writes $work/root.pem.  From outside: $pebble (the
# program), $pebble_more (further members of its configuration).
pebble=pebble
# pebble_conf FILE PORT MANAGEMENT HTTP TLS MEMBERS: a configuration of Pebble
# with these ports, and with further members
pebble_conf() {
	cat >"$1" <<END
{ "pebble": { "listenAddress": "127.0.0.1:$2",
  "managementListenAddress": "127.0.0.1:$3",
  "certificate": "$work/tls-server.pem", "privateKey": "$work/tls-server.key",
  "httpPort": $4, "tlsPort": $5, $6 } }
END
}

pebble_more='"externalAccountBindingRequired": false'
pebble_start() {
	make_tls
	set -- "$@"
	_ports=$(free_ports 6)
	ca_port=$(echo $_ports | cut -d' ' -f1)
	management_port=$(echo $_ports | cut -d' ' -f2)
	http_port=$(echo $_ports | cut -d' ' -f3)
	tls_port=$(echo $_ports | cut -d' ' -f4)
	dns_port=$(echo $_ports | cut -d' ' -f5)
	dns_management=$(echo $_ports | cut -d' ' -f6)
	pebble_conf "$work/pebble.json" "$ca_port" "$management_port" \
	    "$http_port" "$tls_port" "$pebble_more"
	# Older ones have no -doh.
	pebble-challtestsrv -help 2>&1 | grep -q "^ *-doh" && _doh=yes || _doh=
	pebble-challtestsrv -management "127.0.0.1:$dns_management" \
	    -dns01 "127.0.0.1:$dns_port" -http01 "" -https01 "" -tlsalpn01 "" \
	    ${_doh:+-doh ""} -defaultIPv6 "" >"$work/dns.log" 2>&1 &
	dns_pid=$!
	wait_port "$dns_management"
	env PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 PEBBLE_VA_NOSLEEP=1 \
	    "$@" "$pebble" -config "$work/pebble.json" \
	    -dnsserver "127.0.0.1:$dns_port" >"$work/pebble.log" 2>&1 &
	pebble_pid=$!
	pids="$pids $dns_pid $pebble_pid"
	wait_port "$ca_port"
	wait_port "$management_port"
	fetch "https://localhost:$management_port/roots/0" >"$work/root.pem" ||
	    return 1
	web_start
}

# The administrator's web server, which serves the challenge directory.
web_start() {
	mkdir -p "$work/www"
	chmod 755 "$work/www"
	python3 "$here/webserver.py" "$http_port" "$work/www" \
	    >"$work/web.log" 2>&1 &
	web_pid=$!
	pids="$pids $web_pid"
	wait_port "$http_port"
}

fetch() {
	python3 - "$1" "$work/tls.pem" <<'END'
import ssl, sys, urllib.request
c = ssl.create_default_context(cafile=sys.argv[2])
sys.stdout.write(urllib.request.urlopen(sys.argv[1], context=c).read().decode())
END
}

stop() {
	for _pid in "$@"; do
		kill "$_pid" 2>/dev/null
		wait "$_pid" 2>/dev/null
	done
	:
}

pebble_stop() { stop $pebble_pid $dns_pid $web_pid; }

cleanup() {
	stop $pids
	rm -rf "$work"
}

# Whole runs: $conf is their configuration, $err has their messages, $status how
# they ended.
case $(id -u) in 0) who=root ;; *) who=user ;; esac
# fresh: all that an earlier test has made is gone
fresh() {
	rm -rf "$work/etc" "$work/ssl" "$work/state" "$work/www"/*
	conf_write "$conf"
}
run() { "$client" -f "$conf" "$@" 2>"$err" >"$work/out" </dev/null; status=$?; }
acme() { run -vv "$@"; }
# How many were told that there is no account
without_account() {
	grep -E 'contact|for the reason given' "$err" |
	    sed -n 's/.*: [a-z]*proc: \([a-z0-9]*\): .*/\1/p' | sort -u | wc -l
}
# set_off OPTION...: in the background; workers_of: the processes of it that
# talk to the CA
set_off() {
	: >"$err"
	"$client" -v -f "$conf" "$@" >"$work/out" 2>"$err" &
	run_pid=$!
}
workers_of() { pgrep -P $run_pid netproc | xargs; }
# until_workers N: so many are started, and are connected to the CA; it may be
# stopped
until_workers() {
	_to=$(printf ':%04X' "$ca_port")
	for _i in $(seq 1000); do
		[ "$(workers_of | wc -w)" = "$1" ] &&
		    [ "$(awk -v to="$_to\$" '$3 ~ to && $4 == "01"' \
		        /proc/net/tcp | wc -l)" -ge "$1" ] && break
		sleep 0.05
	done
}
# expect NAME STATUS: of the last run
expect() {
	[ $status = "$2" ] && ok "$who: $1" ||
	    fail "$who: $1: status $status instead of $2: $(end_of "$err")"
}
# responses_in DIRECTORY: prints the names of the responses there.  A file that
# chng puts for an instant, to see whether there is room, is not one.
responses_in() { ls "$1" | grep -v '^probe-'; }
# until_responses N [DIRECTORY]: waits until N responses are there, or more
until_responses() {
	for _i in $(seq 1000); do
		[ "$(responses_in "${2:-$work/www}" | wc -l)" -ge "$1" ] &&
		    return
		sleep 0.05
	done
	fail "$who: no $1 responses: $(end_of "$err")"
}
clean_www() { same "$who: $1: no response left" "" "$(ls "$work/www")"; }
leaf() { sha256sum <"$work/ssl/$1.pem"; }

# joined WHOLE PART...: one file is the others, one behind the other
joined() {
	_whole=$1; shift
	cat "$@" | cmp - "$_whole"
}
# set_of HANDLE: its certificate and its chain are its full chain
set_of() {
	joined "$work/ssl/$1.fullchain.pem" "$work/ssl/$1.pem" \
	    "$work/ssl/$1.chain.pem"
}
# good HANDLE "SORTED NAMES " WHAT: its files are as they should be
good() {
	check "$who: $3: full chain leads to the root" \
	    verified "$work/ssl/$1.fullchain.pem"
	same "$who: $3: names" "$2" "$(sans "$work/ssl/$1.fullchain.pem")"
	same "$who: $3: leaf matches key" \
	    "$(spki_key "$work/ssl/private/$1.key")" \
	    "$(spki_cert "$work/ssl/$1.pem")"
	check "$who: $3: set belongs together" set_of "$1"
	clean_www "$3"
}

# conf_write FILE: the authority; domain sections are appended by domain_write
conf_write() {
	mkdir -p "$work/etc/private" "$work/ssl/private" "$work/state"
	chmod 700 "$work/etc/private" "$work/ssl/private" "$work/state"
	cat >"$1" <<END
state directory "$work/state"
authority test {
	api url "https://${CA_HOST:-localhost}:$ca_port/dir"
	account key "$work/etc/private/account.pem" $account_type
	$authority_more
	ca file "$work/tls.pem"
	${root_line:-root file "$work/root.pem"}
}
END
}
account_type=
authority_more=
domain_more=

# domain_write FILE HANDLE NAME "ALTERNATIVE NAMES" [KEYTYPE]
domain_write() {
	cat >>"$1" <<END
domain "$2" {
	domain name "$3"
	${4:+alternative names { $4 \}}
	domain key "$work/ssl/private/$2.key" ${5:-}
	domain certificate "$work/ssl/$2.pem"
	domain chain certificate "$2.chain.pem"
	domain full chain certificate "$2.fullchain.pem"
	challengedir "$work/www"
	$domain_more
}
END
}

# The layout that INSTALL recommends: directories beside each other.  As root,
# those that are written to by an ordinary user's processes belong to
# $layout_user.
layout_user=$(id -un _acme-client 2>/dev/null || echo nobody)
recommended_layout() {
	mkdir -p "$work/etc/account" "$work/etc/keys" "$work/etc/certs" \
	    "$work/state" "$work/www" &&
	    chmod 755 "$work/etc" "$work/etc/certs" &&
	    chmod 700 "$work/etc/account" "$work/etc/keys" "$work/state" ||
	    return 1
	[ "$(id -u)" != 0 ] ||
	    chown -R "$layout_user:$(id -gn "$layout_user")" "$work/etc/certs" \
	    "$work/state" "$work/www"
}
recommended_conf() {
	_etc=$work/etc
	cat <<END
state directory "$work/state"
authority test {
	api url "https://localhost:$ca_port/dir"
	account key "$_etc/account/test-privkey.pem"
	ca file "$work/tls.pem"
	root file "$work/root.pem"
}
domain example.com {
	alternative names { www.example.com }
	domain key "$_etc/keys/example.com.key"
	domain full chain certificate "$_etc/certs/example.com.fullchain.pem"
	challengedir "$work/www"
	sign with test
}
END
}

# Of the newest installed certificate
sans() {
	openssl x509 -in "$1" -noout -ext subjectAltName | tr -d ' \n' |
	    sed 's/.*Name://;s/critical//;s/DNS://g' | tr ',' '\n' | sort |
	    tr '\n' ' '
}
# spki_cert FILE, spki_key FILE: a hash of its public key.  Where it has none,
# the file's name: two files without a key are no pair.
spki_of() {
	_spki_of=$1; shift
	if _spki=$("$@" 2>/dev/null); then echo "$_spki" | sha256sum
	else echo "no key in $_spki_of"
	fi
}
spki_cert() { spki_of "$1" openssl x509 -in "$1" -noout -pubkey; }
spki_key() { spki_of "$1" openssl pkey -in "$1" -pubout; }

# verified FILE: leaf and chain in it lead to Pebble's root
verified() { openssl verify -CAfile "$work/root.pem" -untrusted "$1" "$1"; }

# csr_conf DIRECTORY NAME: makes x.csr there, a CSR for this name, and x.conf,
# whose domain has it
csr_conf() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$1/x.key" -subj / -addext "subjectAltName=DNS:$2" \
	    -out "$1/x.csr" 2>/dev/null
	cat >"$1/x.conf" <<END
authority a {
	api url "https://ca.example/"
	account key "/a/k"
}
domain x {
	csr file "$1/x.csr"
	domain certificate "/c/x"
}
END
}

# state_write FILE MEMBER NUMBER: sets the member in a state file, which may
# lack it, as members that are 0 are left out
state_write() {
	python3 - "$@" <<'END'
import json, sys
path, member, value = sys.argv[1], sys.argv[2], int(sys.argv[3])
inner = dict.fromkeys(("start", "end", "time", "ask again"), "renewal")
inner["made"] = "order"
with open(path) as f: state = json.load(f)
place = state.setdefault(inner[member], {}) if member in inner else state
place[member] = value
with open(path, "w") as f: json.dump(state, f, indent=1)
END
}
# state_renewal FILE MEMBER: a time about renewal in a state file, in seconds
# from now
state_renewal() {
	python3 -c 'import json, sys, time
renewal = json.load(open(sys.argv[1]))["renewal"]
print(int(renewal[sys.argv[2]] - time.time()))' "$1" "$2"
}
# between NAME LEAST MOST NUMBER
between() {
	check "$1: $4 is between $2 and $3" test "$4" -ge "$2" -a "$4" -le "$3"
}
