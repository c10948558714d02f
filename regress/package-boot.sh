#!/bin/sh
# usage: package-boot.sh ROOT SHARED
# Boots systemd on the system in the directory ROOT, which stays unchanged: what
# is written goes to memory, but for SHARED, which is at /srv/test.  There the
# script command is run, then all ends.  The system has processes and a network
# of its own.  As root; the status is the script's, its output in SHARED/out.
set -u
root=$1 shared=$2
mkdir -p "$shared/boot"
echo "no end" >"$shared/status"
cat >"$shared/boot.sh" <<'END'
set -e
root=$1 shared=$2
mount -t tmpfs -o mode=755 boot "$shared/boot"
cd "$shared/boot"
mkdir upper work system
mount -t overlay -o "lowerdir=$root,upperdir=upper,workdir=work" overlay system
cd system
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
for name in null zero full random urandom; do
	: >dev/$name
	mount --bind "/dev/$name" dev/$name
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s null dev/console
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 run run
mkdir -p srv/test
mount --bind "$shared" srv/test
# Not the machine's own services, disks and name, nor what it says of starts.
rm -f usr/sbin/policy-rc.d
# Nor an index of all manual pages, anew for each package.
rm -f var/lib/man-db/auto-update
: >etc/fstab
rm -f etc/machine-id && : >etc/machine-id
echo test >etc/hostname
cat >etc/systemd/system/test.target <<'UNIT'
[Unit]
Requires=basic.target test.service
After=basic.target
UNIT
cat >etc/systemd/system/test.service <<'UNIT'
[Unit]
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
StandardOutput=file:/srv/test/out
StandardError=inherit
ExecStart=sh -c 'cd / && sh /srv/test/command; echo $? >/srv/test/status'
UNIT
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . \
    /lib/systemd/systemd --unit=test.target --log-target=journal
END
: >"$shared/out"
timeout "${BOOT_SECONDS:-300}" unshare --mount --pid --fork --kill-child \
    --ipc --uts --net --cgroup --propagation private \
    sh "$shared/boot.sh" "$root" "$shared" </dev/null >"$shared/boot.log" 2>&1
read -r status <"$shared/status"
[ "$status" = 0 ]
