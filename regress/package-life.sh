# A package's life, in a system that package-boot.sh has booted: installed,
# used, upgraded, removed, purged.  In /srv/test: old.deb and new.deb, another
# version with another configuration; regress, debian.
. /srv/test/regress/lib.sh
work_start
export DEBIAN_FRONTEND=noninteractive
# dpkg_does WHAT ARGUMENT...: what it prints is in $work/dpkg
dpkg_does() {
	_what=$1; shift
	check "package: $_what" sh -c 'dpkg "$@" >"$0" 2>&1' "$work/dpkg" "$@"
}
installed() { dpkg-query -W -f '${Version} ${Status}' acme-client 2>&1; }
# files: what may be of the package
files() {
	find /etc /run /usr /var/lib /var/www -path '*acme-client*' \
	    2>/dev/null | LC_ALL=C sort
}
# What the machine has from elsewhere.
rm -rf /etc/acme-client /etc/acme-client.conf /var/lib/acme-client \
    /var/www/acme
files >"$work/others"
# left: those that the package, or its use, has left
left() { files | comm -13 "$work/others" -; }
dpkg_does "it is installed" -i /srv/test/old.deb
# What autopkgtest(1) runs.
cd /srv/test || exit 1
check "package: debian/tests/demo" sh debian/tests/demo
sh debian/tests/service || failed=1
kept="/etc/acme-client.conf /etc/acme-client/account/test.pem
    /etc/acme-client/keys/example.com.key
    /etc/acme-client/certs/example.com.fullchain.pem
    /var/lib/acme-client/domain-example.com.json
    /var/lib/acme-client/authority-test.json"
# sums: of all that must not change
sums() {
	# shellcheck disable=SC2086
	sha256sum $kept
	find /etc/acme-client /var/lib/acme-client -printf '%M %u %g %p\n' |
	    sort -k 4
}
chgrp ssl-cert /etc/acme-client/keys 2>/dev/null ||
    chgrp mail /etc/acme-client/keys
chmod 710 /etc/acme-client/keys
sums >"$work/before"
dpkg_does "it is upgraded" -i --force-confold /srv/test/new.deb
same "package: upgraded: the version" "$version+test install ok installed" \
    "$(installed)"
systemd-tmpfiles --create
sums >"$work/after"
check "package: upgraded: configuration, keys, state, owners, modes: kept" \
    diff "$work/before" "$work/after"
same "package: upgraded: the timer is active" active \
    "$(systemctl is-active acme-client.timer)"
systemctl start acme-client.service
same "package: upgraded: what there is is known: nothing is due" "success 2" \
    "$(systemctl show --value -p Result -p ExecMainStatus \
        acme-client.service | sort -r | xargs)"
dpkg_does "it is removed" -r acme-client
# shellcheck disable=SC2086
check "package: removed: configuration and keys are kept" ls $kept
same "package: removed: no unit is left" "" \
    "$(systemctl list-units --state=active,failed --plain --no-legend \
        'acme-client*')"
dpkg_does "it is purged" -P acme-client
says "package: purged: what stays is said" "$work/dpkg" \
    "keys and certificates stay in /etc/acme-client"
same "package: purged: what stays" "/etc/acme-client
/etc/acme-client/account
/etc/acme-client/account/test.pem
/etc/acme-client/certs
/etc/acme-client/certs/.example.com.fullchain.pem.acme-old
/etc/acme-client/certs/example.com.fullchain.pem
/etc/acme-client/keys
/etc/acme-client/keys/example.com.key" \
    "$(left)"
dpkg_does "it is installed again" -i /srv/test/old.deb
rm -r /etc/acme-client/*/*.* /etc/acme-client/certs/.*.acme-old
dpkg_does "it is purged, with nothing of the administrator's" -P acme-client
same "package: purged, with nothing of the administrator's: what stays" "" \
    "$(left)"
exit $failed
