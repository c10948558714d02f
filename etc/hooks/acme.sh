#!/bin/sh
# A hook of acme-client for the challenges dns-01 and dns-account-01: runs one
# of the dnsapi scripts of acme.sh.
#
# /etc/acme-client/hooks/acme.sh.conf, for the shell; a copy or link of this
# file by another name has a .conf of that name:
#	home=/root/.acme.sh	# where acme.sh is installed; the script may
#				# remember things in account.conf there
#	api=dns_cf	# dnsapi/dns_cf.sh there
#	export CF_Token=...	# what that script wants in its environment
#	shell=sh	# bash, for scripts that want that
set -u
hooks=/etc/acme-client/hooks
self=${0##*/}
fail() { echo "$self: $*" >&2; exit 1; }

[ $# = 5 ] || fail "expected: begin|end dns-01 NAME RECORD VALUE"
record=${4%.} value=$5
case $2 in
dns-01|dns-account-01) ;;
*) fail "$2: not a challenge that this hook is for" ;;
esac
case $1 in
begin) action="add" ;;
end) action="rm" ;;
*) fail "$1: expected begin or end" ;;
esac

home='' api='' shell=sh
conf=$hooks/$self.conf
[ -r "$conf" ] || fail "$conf: cannot be read; it says which script"
# shellcheck disable=SC1090
. "$conf"
if [ -z "$home" ] || [ -z "$api" ]; then
	fail "$conf: home=... or api=... is missing"
fi
case $api in
*[!A-Za-z0-9_]*)
	fail "$conf: $api: expected the name of a script, such as dns_cf" ;;
esac
[ -f "$home/acme.sh" ] || fail "$home/acme.sh: there is none"
script=$home/dnsapi/$api.sh
[ -f "$script" ] || script=$home/$api.sh
[ -f "$script" ] || fail "$home/dnsapi/$api.sh: there is none"

# acme.sh runs the function that its arguments name: nothing, so that only its
# functions are there afterwards.
export HOME="${HOME:-$home}" LE_WORKING_DIR="$home"
cd "$home" || exit 1
# shellcheck disable=SC2016
exec "$shell" -c 'acme=$0 script=$1 function=$2 record=$3 value=$4
set -- true
. "$acme"
_initpath
. "$script"
"$function" "$record" "$value"' \
    "$home/acme.sh" "$script" "${api}_$action" "$record" "$value"
