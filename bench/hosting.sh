#!/bin/sh
# A day of a hosting company on one machine: sh bench/hosting.sh [CUSTOMERS [NEW
# A DAY]], by default 10000 and 100.  See hosting.py for what is measured.  As
# root, with the packages that are missing installed.
set -u
bench=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$bench")
here=$top/regress
. "$here/setup.sh"
# shellcheck disable=SC2086
install_packages $demo_packages util-linux python3-cryptography || exit 1
. "$here/lib.sh"
work_start
work_build || exit 1
pebble_start || exit 1
/usr/bin/python3 "$bench/hosting.py" "$client" "$work" "$ca_port" \
    "${1:-10000}" "${2:-100}"
