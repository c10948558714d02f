#!/bin/sh
# Which clients that the release has can do what: each is run for it against
# Pebble on this machine.  As root; packages that are missing are installed.
# Prints the table in README.md ("How it compares"), and why what failed did
# (on stderr).
set -u
bench=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$bench")
here=$top/regress
. "$here/setup.sh"
# shellcheck disable=SC2086
install_packages $demo_packages util-linux curl || exit 1
for peer in uacme lego acme-tiny dehydrated certbot acmetool lacme \
    lacme-accountd libcrypt-openssl-rsa-perl libcrypt-openssl-bignum-perl; do
	install_packages $peer >&2 ||
	    echo "without $peer: the release does not have it" >&2
done
. "$here/lib.sh"
work_start
work_build || exit 1
pebble_start || exit 1
kill $web_pid
# Some know no option for the API's trust anchor: each finds ours.
unshare -m --propagation private sh -c "
	mount --bind $work/tls.pem /etc/ssl/certs/ca-certificates.crt
	exec python3 $bench/features.py $client $work $ca_port $http_port \
	    $tls_port $dns_management $dns_port"
