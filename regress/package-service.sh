# The installed service, in a system that systemd runs: gets and renews a
# certificate from Pebble.  Changes the system's configuration: for a system
# that is thrown away, see package-boot.sh and debian/tests/control.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
client=${CLIENT:-/usr/sbin/acme-client}
version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
[ -d /run/systemd/system ] || {
	skip "service: systemd does not run here"
	exit 0
}
work_start
# The web server of the test serves the directory of the layout.
ln -s /var/www/acme "$work/www"
pebble_start || exit 1
# The service has a /tmp of its own.
mkdir -p /etc/acme-test && cp "$work/tls.pem" "$work/root.pem" /etc/acme-test/

# started: starts the service, and waits for its end; prints what systemd says
# of it: its result and the exit status
started() {
	# systemd starts no unit more than five times in ten seconds.
	systemctl reset-failed acme-client.service 2>/dev/null
	systemctl start acme-client.service 2>"$err"
	property Result ExecMainStatus
}
property() {
	for _property in "$@"; do
		systemctl show --value -p "$_property" acme-client.service
	done | xargs
}
# journal: what acme-client has said since the last call; in $work/priorities,
# each line begins with its priority
journal() {
	journalctl --sync 2>/dev/null
	journalctl -q -u acme-client.service -o json \
	    --cursor-file="$work/cursor" >"$work/json"
	python3 - "$work/json" >"$work/priorities" <<'END'
import json, sys
for entry in map(json.loads, open(sys.argv[1])):
    if str(entry["MESSAGE"]).startswith("acme-client: "):
        print(entry["PRIORITY"], entry["MESSAGE"])
END
	cut -d ' ' -f 2- "$work/priorities" >"$work/journal"
}
# priorities: those of its lines
priorities() { cut -d ' ' -f 1 "$work/priorities" | sort -u | xargs; }
# drop_in UNIT LINE...: for this test
drop_in() {
	mkdir -p "/run/systemd/system/$1.d"
	_file=/run/systemd/system/$1.d/test.conf
	shift
	printf '%s\n' "$@" >"$_file"
	systemctl daemon-reload
}
certs=/etc/acme-client/certs
full=$certs/example.com.fullchain.pem
account=/etc/acme-client/account/test.pem
key=/etc/acme-client/keys/example.com.key
# configuration NAMES LINE...
configuration() {
	_names=$1; shift
	printf '%s\n' "$@" >/etc/acme-client.conf
	cat >>/etc/acme-client.conf <<END
authority test {
	api url "https://localhost:$ca_port/dir"
	account key "$account"
	ca file "/etc/acme-test/tls.pem"
	root file "/etc/acme-test/root.pem"
}
domain example.com {
	alternative names { $_names }
	domain key "$key"
	domain full chain certificate "$full"
}
END
}
serial() { openssl x509 -in $full -noout -serial; }

# As installed.
same "service: the timer is enabled, and active" "enabled active" \
    "$(systemctl is-enabled acme-client.timer) $(systemctl is-active \
        acme-client.timer)"
next=$(systemctl show --value -p NextElapseUSecRealtime acme-client.timer)
hours=$((($(date -d "$next" +%s) - $(date +%s)) / 3600))
check "service: the timer elapses within 8 hours" test "$hours" -lt 8
same "service: without a domain section: skipped, no failure" "exec-condition" \
    "$(started | cut -d ' ' -f 1)"
same "service: without a domain section: its state" "inactive" \
    "$(systemctl is-active acme-client.service)"
same "service: directories" "755 root:root /etc/acme-client
700 _acme-client:_acme-client /etc/acme-client/account
700 _acme-client:_acme-client /etc/acme-client/keys
755 _acme-client:_acme-client /etc/acme-client/certs
700 _acme-client:_acme-client /var/lib/acme-client
755 _acme-client:_acme-client /var/www/acme" \
    "$(stat -c '%a %U:%G %n' /etc/acme-client /etc/acme-client/account \
        /etc/acme-client/keys $certs /var/lib/acme-client /var/www/acme)"
exposure=$(systemd-analyze --no-pager security acme-client.service 2>&1 |
    sed -n 's/.*Overall exposure level for acme-client.service: //p')
check "service: systemd $version: systemd-analyze security: $exposure" \
    expr "$exposure" : '1\.[0-9] OK'

# The first certificate.
configuration www.example.com
same "service: the first run" "success 0" "$(started)"
journal
says "service: the first run: in the journal" "$work/priorities" \
    "^6 acme-client: .*example.com: installed a certificate"
same "service: the first run: priorities in the journal" 6 "$(priorities)"
check "service: the first run: leads to the CA's root" verified $full
same "service: the first run: whose the files are" \
    "600 _acme-client:_acme-client $account
644 _acme-client:_acme-client $full
600 _acme-client:_acme-client $key" "$(stat -c '%a %U:%G %n' $account $full \
        $key)"
# layers FILE: the processes, and which layers of a sandbox each has
layers() { sed -n 's/^acme-client: \(.*sandbox:.*\)/\1/p' "$1" | sort -u; }
as_user() {
	setpriv --reuid=_acme-client --regid=_acme-client --clear-groups \
	    --inh-caps=-all "$client" "$@" 2>"$err"
}
drop_in acme-client.service "[Service]" "ExecStart=" "ExecStart=$client -avvF"
same "service: a run that says all" "success 0" "$(started)"
rm -r /run/systemd/system/acme-client.service.d
systemctl daemon-reload
journal
layers "$work/journal" >"$work/layers"
says "service: a run that says all: a request, in the journal" \
    "$work/priorities" "^7 acme-client: netproc: "
same "service: a run that says all: priorities in the journal" "6 7" \
    "$(priorities)"
same "service: a run by hand renews what the service obtained" 0 \
    "$(as_user -vvF example.com; echo $?)"
same "service: the processes' own sandboxes: as in a run by hand" \
    "$(layers "$err")" "$(cat "$work/layers")"
check "service: the sandboxes have been found" \
    test "$(grep -c seccomp "$work/layers")" -ge 8
"$client" -F example.com 2>"$err"
same "service: a run by hand as root" "0:" "$?:$(cat "$err")"
same "service: nothing due" "success 2" "$(started)"
same "service: nothing due: no failure" "inactive" \
    "$(systemctl is-active acme-client.service)"

# A failure: what a program prints is a warning, its status is an error.
configuration www.example.com 'on change "/usr/bin/ls /none"'
drop_in acme-client.service "[Service]" "ExecStart=" "ExecStart=$client -avF"
same "service: a command that fails: status" "exit-code 1" "$(started)"
rm -r /run/systemd/system/acme-client.service.d
systemctl daemon-reload
journal
for _line in "6 .*example.com: installed a certificate" \
    "4 .*on change /usr/bin/ls: .*/none.*: No such file" \
    "3 .*on change /usr/bin/ls: ended with status 2"; do
	says "service: a command that fails: in the journal: $_line" \
	    "$work/priorities" "^${_line%% *} acme-client: ${_line#* }"
done
same "service: a command that fails: errors in the journal" 1 \
    "$(grep -c '^3' "$work/priorities")"

# A renewal, after which a server is reloaded, by a unit that runs as root.
cat >/run/systemd/system/web.service <<'END'
[Service]
ExecStart=sleep infinity
ExecReload=touch /run/web-reloaded
END
systemctl daemon-reload
systemctl start web.service
systemctl enable -q --now acme-client-reload@web.path
# What a command of `on change' may do here.
cat >/usr/local/bin/probe <<'END'
#!/bin/sh
exec >/var/lib/acme-client/probe 2>/dev/null
id -un
sed -n 's/^\(CapEff\|CapBnd\|NoNewPrivs\):[[:space:]]*/\1 /p' /proc/self/status
for dir in /etc /usr /var/lib /home /root /run; do
	touch $dir/probe && echo "wrote to $dir"
done
ls /etc/acme-client/keys
END
chmod 755 /usr/local/bin/probe
configuration "www.example.com mail.example.com" \
    'on change "/usr/bin/touch /run/acme-client/changed"' \
    'on change "/usr/local/bin/probe"'
before=$(serial)
same "service: a renewal, for another name" "success 0" "$(started)"
same "service: a renewal, for another name: names" \
    "example.com mail.example.com www.example.com " "$(sans $full)"
for _i in $(seq 600); do
	[ -e /run/web-reloaded ] && break
	sleep 0.1
done
check "service: on change: the server was reloaded" test -e /run/web-reloaded
same "service: on change: what a command may do" "_acme-client
CapEff 0000000000000000
CapBnd 0000000000000000
NoNewPrivs 1
example.com.key" "$(cat /var/lib/acme-client/probe)"
rm -f /run/web-reloaded /var/lib/acme-client/probe
configuration "www.example.com mail.example.com" \
    'on change "/usr/bin/touch /run/acme-client/changed"'
drop_in acme-client.service "[Service]" "ExecStart=" "ExecStart=$client -avF"
same "service: a renewal of the same names" "success 0" "$(started)"
check "service: a renewal of the same names: leads to the CA's root" \
    verified $full
check "service: a renewal of the same names: another certificate" \
    test "$before" != "$(serial)"
for _i in $(seq 600); do
	[ -e /run/web-reloaded ] && break
	sleep 0.1
done
check "service: on change: the server was reloaded again" \
    test -e /run/web-reloaded

# Stopped while the CA waits for the web server: no response is left.
kill -STOP $web_pid
systemctl start --no-block acme-client.service
until_responses 1 /var/www/acme
check "service: stopped: a response is there" \
    test -n "$(responses_in /var/www/acme)"
systemctl stop acme-client.service
kill -CONT $web_pid
same "service: stopped: no response and no process is left" ":" \
    "$(ls /var/www/acme):$(pgrep -u _acme-client | xargs)"
rm -r /run/systemd/system/acme-client.service.d

# By the timer.
before=$(property InvocationID)
drop_in acme-client.timer "[Timer]" "OnCalendar=" "OnActiveSec=1" \
    "RandomizedDelaySec=0" "AccuracySec=100ms"
systemctl restart acme-client.timer
for _i in $(seq 600); do
	[ "$(property InvocationID)" != "$before" ] &&
	    [ "$(property ActiveState)" = inactive ] && break
	sleep 0.1
done
check "service: the timer starts it" \
    test "$before" != "$(property InvocationID)"
rm -r /run/systemd/system/acme-client.timer.d
systemctl daemon-reload
systemctl restart acme-client.timer
same "service: by the timer: it has ended well" "success" "$(property Result)"
same "service: no unit of acme-client has failed" "" \
    "$(systemctl list-units --failed --plain --no-legend 'acme-client*')"
exit $failed
