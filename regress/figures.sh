#!/bin/sh
# Figures, not a test: source lines, the programs, and what an issuance and a
# run with nothing to do cost, beside uacme in the same run if that is
# installed.  As root.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$here/setup.sh"
# shellcheck disable=SC2086
install_packages $demo_packages uacme util-linux || exit 1
. "$here/lib.sh"
work_start
work_build || exit 1
pebble_start || exit 1
conf_write "$work/c.conf"
domain_write "$work/c.conf" example.com example.com ""
cat >"$work/hook" <<END
#!/bin/sh
case \$1 in
begin) [ "\$2" = http-01 ] && printf %s "\$5" >"$work/www/\$4" ;;
done|failed) rm -f "$work/www/\$4" ;;
esac
END
chmod +x "$work/hook"
echo "source lines by file:"
(cd "$top" && wc -l ./*.c ./*.h | sort -n)
sh "$top/bench/programs.sh" "$work/build"
# uacme knows no option for the API's trust anchor: in a mount namespace of its
# own it finds ours.
unshare -m --propagation private sh -c "
	mount --bind $work/tls.pem /etc/ssl/certs/ca-certificates.crt
	exec python3 $here/figures.py $client $work/c.conf $work \
	    https://localhost:$ca_port/dir $work/pebble.log"
