# Kills and I/O faults at each system call that changes the disk: [faults |
# faults_keys].
. "$here/lib.sh"
work_start
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip "faults: strace cannot trace here"
	exit 0
fi
pebble_start || exit 1
conf_write "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
python3 "$here/${1:-faults}.py" "$client" "$work/c.conf" "$work"
