#!/bin/sh
# Obtains a certificate from a local CA: installs what that takes, builds,
# starts the CA, a DNS stub and a web server on loopback, runs acme-client
# twice, and tidies up.  CLIENT: an installed acme-client, by which it is run
# instead; then nothing is installed or built.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$here/setup.sh"
# shellcheck disable=SC2086
[ -n "${CLIENT:-}" ] ||
    { open_root_directory && install_packages $demo_packages; } || exit 1

. "$here/lib.sh"
work_start

if [ -n "${CLIENT:-}" ]; then
	client=$CLIENT
	prefix=$(dirname "$(dirname "$client")")
else
	echo "building in $work/build"
	work_build || exit 1
	prefix=$(sed -n 's/^PREFIX = //p' "$work/build/config.mk")
fi

echo "starting a CA, a DNS stub and a web server on loopback"
pebble_start || exit 1
recommended_layout || exit 1
recommended_conf >"$work/acme-client.conf"
echo; sed "s/^/    /" "$work/acme-client.conf"

echo; echo "# acme-client -v -f acme-client.conf example.com"
"$client" -v -f "$work/acme-client.conf" example.com
status=$?
echo "exit status $status"
[ $status = 0 ] || exit 1

echo; echo "# the certificate, and whether it leads to the CA's root"
openssl x509 -in "$work/etc/certs/example.com.fullchain.pem" -noout -subject \
    -issuer -dates -ext subjectAltName ||
    exit 1
verified "$work/etc/certs/example.com.fullchain.pem" || exit 1

echo; echo "# once more: nothing is due"
"$client" -v -f "$work/acme-client.conf" example.com
status=$?
echo "exit status $status"
[ $status = 2 ] || exit 1
echo
echo "# once installed, a line for crontab(5); cron looks in /usr/bin and" \
    "/bin only, so with the whole path:"
echo "    23 4 * * *  $prefix/sbin/acme-client example.com" \
    "&& systemctl reload nginx"
echo; echo "demo: all as it should be"
