# zoneproc and name servers, in namespaces of its own: port 53 is free there,
# resolv.conf its own.
. "$here/lib.sh"
if [ "$(id -u)" != 0 ] ||
    ! unshare -mn --propagation $propagation true 2>/dev/null; then
	skip "zone: needs root and namespaces of its own"
	exit 0
fi
if [ "${zone_inside:-}" = "" ]; then
	zone_inside=1 unshare -mn --propagation $propagation sh "$0"
	exit
fi
work_start
# The loopback interface of the new namespace is set up.
python3 -c 'import fcntl, socket, struct
up = struct.pack("16sh14x", b"lo", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)'
mkdir "$work/etc" && cp -a /etc/. "$work/etc" &&
    mount --bind "$work/etc" /etc ||
    { fail "zone: no /etc of its own"; exit 1; }
rm -f /etc/resolv.conf
mkdir "$work/zone"
python3 "$here/zone.py" "$client" "$work/zone" "$top" || failed=1
exit $failed
