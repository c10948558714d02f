#!/bin/sh
# A simulated year of a machine with certificates of 6, 47 and 90 days at a CA
# that fails: sh bench/soak.sh [HANDLES [DAYS]], by default 1000 and 365.  See
# regress/soak.py for what is assumed and must hold.  Prints a table and a
# picture.  1,000 handles took two hours and three quarters of a busy machine.
set -u
bench=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$bench")
here=$top/regress
. "$here/setup.sh"
# shellcheck disable=SC2086
install_packages $build_packages python3 openssl || exit 1
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && trap 'exit 1' INT TERM HUP
. "$here/lib.sh"
work_build || exit 1
export client here
sh "$here/soak.sh" "${1:-1000}" "${2:-365}"
