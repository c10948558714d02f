# A fleet of five machines, each in a network namespace of its own, that share
# their certificates by etc/fleet/acme-fleet and a real etcd of three nodes,
# behind a real HAProxy; and what happens when parts of it fail.
. "$here/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
for program in etcd etcdctl haproxy ip pebble; do
	command -v $program >/dev/null && continue
	skip "fleet-etcd: $program is not installed"
	exit 0
done
if [ "$(id -u)" != 0 ] ||
    ! unshare -mnpf --mount-proc --propagation $propagation \
    ip link add name b type bridge 2>/dev/null; then
	skip "fleet-etcd: needs root, and namespaces of its own"
	exit 0
fi
if [ -z "${fleet_inside:-}" ]; then
	fleet_inside=1 exec unshare -mnpf --mount-proc \
	    --propagation $propagation sh "$0"
fi
unset PORTS
work_start

# A signal to acme-fleet ends the command that holds the lock, too.  Here a
# script is in place of etcdctl.
mkdir "$work/stub" && cat >"$work/stub/etcdctl" <<-END
	#!/bin/sh
	case \$1 in
	get) echo '"ModRevision" : 0' ;;
	lock) : >"$work/stub/locked"; exec sleep 300 ;;
	esac
END
chmod 755 "$work/stub/etcdctl"
echo "prefix=/x handles=a.example PATH=$work/stub:\$PATH" >"$work/stub/conf"
sh "$top/etc/fleet/acme-fleet" "$work/stub/conf" &
fleet=$!
# until_true COMMAND...: waits for that, some seconds
until_true() {
	for _i in $(seq 600); do "$@" && return; sleep 0.1; done
	return 1
}
nothing_left() { ! pgrep -f "$work/stub/|sleep 300" >/dev/null; }
until_true test -e "$work/stub/locked"
kill -TERM $fleet
wait $fleet
same "fleet-etcd: acme-fleet gets a signal: status" 1 $?
check "fleet-etcd: acme-fleet gets a signal: no process is left" \
    until_true nothing_left

ip link set lo up
cp /etc/hosts "$work/hosts" &&
    echo "10.17.0.1 ca.test" >>"$work/hosts" &&
    mount --bind "$work/hosts" /etc/hosts ||
    { fail "fleet-etcd: no /etc/hosts of its own"; exit 1; }
pebble_start || exit 1
stop $web_pid
python3 "$here/fleet_etcd.py" "$client" "$work" "$top" "$ca_port" \
    "$http_port" || failed=1
exit $failed
