# Installs what demo.sh and run.sh need, where something is missing.
# Works as root or with sudo.

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif command -v sudo >/dev/null; then sudo "$@"
	else echo "setup: '$*' needs root or sudo" >&2; return 1; fi
}

# install_packages PACKAGE...: Debian's
install_packages() {
	_missing=
	for _p in "$@"; do
		dpkg-query -W -f '${Status}' "$_p" 2>/dev/null |
		    grep -q 'ok installed' || _missing="$_missing $_p"
	done
	[ -z "$_missing" ] && return 0
	echo "installing with apt-get, as root (they stay installed):$_missing"
	[ -n "${apt_updated:-}" ] ||
	    as_root apt-get update -q >/dev/null 2>&1 ||
	    { echo "setup: apt-get update failed" >&2; return 1; }
	apt_updated=yes
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive \
	    ${RUNLEVEL:+RUNLEVEL=$RUNLEVEL} apt-get install -y -q \
	    --no-install-recommends $_missing \
	    >"${TMPDIR:-/tmp}/acme-client-apt.$$" 2>&1 ||
	    { tail -n 5 "${TMPDIR:-/tmp}/acme-client-apt.$$" >&2; return 1; }
	rm -f "${TMPDIR:-/tmp}/acme-client-apt.$$"
}

build_packages="gcc make pkg-config libc6-dev libtls-dev libssl-dev libbsd-dev"
build_packages="$build_packages libjansson-dev libidn2-dev libldns-dev"
build_packages="$build_packages libseccomp-dev"
demo_packages="$build_packages pebble python3 openssl ca-certificates"
test_packages="$demo_packages clang libclang-rt-dev bmake mandoc strace"
test_packages="$test_packages util-linux procps cppcheck shellcheck valgrind"
[ -z "${EACH:-}" ] || test_packages="$test_packages clang-tidy"

# The real servers that some sections run; a section skips what is missing.
server_packages="nginx-light libnginx-mod-stream apache2-bin haproxy postfix"
server_packages="$server_packages dovecot-imapd bind9 bind9-dnsutils lexicon"
server_packages="$server_packages python3-dnspython"
server_packages="$server_packages apache2 lighttpd caddy"
server_packages="$server_packages etcd-server etcd-client"
server_packages="$server_packages libjemalloc-dev libmimalloc-dev"
# Other clients, whose directories the section import takes over.
server_packages="$server_packages certbot dehydrated lego uacme"
# What makes packages, and shows one under systemd.
package_packages="git build-essential debhelper lintian bash rpm pkgconf"
package_packages="$package_packages systemd"
# install_servers: without starting any; all that the release has at once, which
# takes minutes less, then one by one what is still missing
install_servers() {
	# shellcheck disable=SC2046,SC2086
	RUNLEVEL=1 install_packages $(apt-cache show --no-all-versions \
	    $server_packages $package_packages 2>/dev/null |
	    sed -n 's/^Package: //p') 2>/dev/null
	for _p in $server_packages $package_packages; do
		RUNLEVEL=1 install_packages "$_p" || echo "not installed: $_p"
	done
	# Debian 13 has this in a package of its own.
	[ -e /usr/share/pkgconfig/systemd.pc ] || install_packages systemd-dev
}

# copy_tree FROM TO: the sources, to be built there, so that the tree stays
# clean
copy_tree() {
	mkdir -p "$2"
	(cd "$1" && tar -cf - --exclude=.git --exclude='*.o' --exclude='*.d' \
	    --exclude=acme-client --no-wildcards-match-slash \
	    --exclude='./[a-z]*proc' --exclude=./generated \
	    --exclude=config.mk .) |
	    (cd "$2" && tar -xf -)
}

# Some ways to unpack a Debian leave / closed to all but root: then no
# unprivileged process can read /etc/resolv.conf, and no ordinary user can run
# anything.
open_root_directory() {
	case $(stat -c %a / 2>/dev/null) in
	*5|*7|*1) ;;
	*)
		echo "the root directory is closed to ordinary users" \
		    "(mode $(stat -c %a /)); opening it, for good: chmod 755 /"
		as_root chmod 755 / ;;
	esac
}

# name_modules DIRECTORY: what systemd, Avahi and sssd have for the hosts line
# of nsswitch.conf, from the machine's package mirror, unpacked there and not
# installed: an installed one edits nsswitch.conf.
name_modules() {
	mkdir -p "$1/archives/partial" "$1/lib"
	(cd "$1/archives" &&
	    apt-get -q -o Dir::Cache="$1" -o APT::Sandbox::User= download \
	        libnss-myhostname libnss-resolve libnss-mymachines \
	        libnss-mdns libnss-sss &&
	    for _deb in *.deb; do dpkg-deb -x "$_deb" .; done &&
	    find . -name 'libnss_*.so.2' -exec cp '{}' ../lib/ ';'
	) >"$1/log" 2>&1 && chmod -R a+rX "$1/lib"
}

# newer_pebble DIRECTORY: a newer Pebble than the release has, where the
# machine's package mirror has one, unpacked there and not installed.  Prints
# the program's path.
newer_pebble() {
	mkdir -p "$1"
	exec 7<"$1"
	flock 7
	_program=$1/unpacked/usr/bin/pebble
	[ -x "$_program" ] && { echo "$_program"; return; }
	_mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
	    grep '/debian/$' | head -n 1)
	[ -n "$_mirror" ] || return 1
	mkdir -p "$1/lists/partial" "$1/archives/partial"
	echo "deb $_mirror sid main" >"$1/sources.list"
	(cd "$1" &&
	    set -- -q -o Dir::Etc::SourceList="$1/sources.list" \
	        -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$1/lists" \
	        -o Dir::State::status=/dev/null -o Dir::Cache="$1" \
	        -o APT::Sandbox::User= -o Acquire::Check-Valid-Until=false &&
	    apt-get "$@" update && apt-get "$@" download pebble &&
	    dpkg-deb -x pebble_*.deb unpacked
	) >"$1/log" 2>&1 && chmod -R a+rX "$1/unpacked" &&
	    "$_program" -version >>"$1/log" 2>&1 && echo "$_program"
}
