# Kills and I/O faults at each system call that changes the disk, and what else
# may happen to a disk: [faults | faults_keys | faults_more | faults_power |
# faults_space].
. "$here/lib.sh"
# In namespaces of its own it is run again, without its arguments.
set -- "${1:-${alone:-faults}}"
if [ "$1" = faults_space ] && ! alone faults_space; then
	skip "faults: full file systems: needs root, and namespaces of its own"
	exit 0
fi
work_start
if [ "$1" = faults_more ]; then
	with_mishap "$(dirname "$client")" "$work/with" >"$work/log" 2>&1 ||
	    { fail "faults: does not build: $(end_of "$work/log")"; exit 1; }
	client=$work/with/acme-client
	set -- "$1" "$mishaps"
elif [ "$1" != faults_space ] &&
    ! strace -f -o /dev/null true 2>/dev/null; then
	skip "faults: strace cannot trace here"
	exit 0
fi
# Of processes that are not dumpable, an ordinary user sees no descriptors.
if [ "$1" = faults_power ] && [ "$(id -u)" != 0 ]; then
	skip "faults: strace shows paths to root alone"
	exit 0
fi
pebble_start || exit 1
conf_write "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
python3 "$here/$1.py" "$client" "$work/c.conf" "$work" ${2:+"$2"}
