# The package in a fresh Debian 12 and 13: built there from the tarball with
# what debian/control names; lintian of that release; installed by apt in a
# system that has nothing, purged; and its life under that release's systemd.
# Takes minutes, the package mirror that the machine has configured, and root:
# run only when it is asked for by name.  FRESH_CACHE: where base systems are
# kept, as fresh-SUITE.tar (/var/tmp).
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
export PATH="$PATH:/usr/sbin:/sbin"
if [ "$(id -u)" != 0 ] || ! unshare -mpf --cgroup true 2>/dev/null; then
	skip "package-fresh: needs root and namespaces of its own"
	exit 0
fi
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
    grep '/debian/$' | head -n 1)
if [ -z "$mirror" ] || ! install_packages debootstrap >/dev/null; then
	skip "package-fresh: no package mirror, or no debootstrap"
	exit 0
fi
cache=${FRESH_CACHE:-/var/tmp}
version=$(sed -n 's/^#define VERSION "\(.*\)"/\1/p' "$top/acme-client.h")
name=acme-client-$version

# base SUITE: its base system is in $cache
base() {
	[ ! -e "$cache/fresh-$1.tar" ] || return 0
	debootstrap --variant=minbase --include=git,ca-certificates "$1" \
	    "$run/base" "$mirror" >"$run/debootstrap.log" 2>&1 || return 1
	cp /etc/apt/apt.conf.d/*proxy* "$run/base/etc/apt/apt.conf.d/" \
	    2>/dev/null
	tar -C "$run/base" -cf "$cache/fresh-$1.part" . &&
	    mv "$cache/fresh-$1.part" "$cache/fresh-$1.tar"
	rm -rf "$run/base"
}
# unpacked SUITE DIRECTORY: a system of its own
unpacked() {
	mkdir -p "$2" && chmod 755 "$2" &&
	    tar -C "$2" -xf "$cache/fresh-$1.tar" &&
	    cp /etc/resolv.conf /etc/hosts "$2/etc/" && mkdir -p "$2/src"
}
# inside DIRECTORY COMMAND: by that system's sh, in /src
inside() {
	unshare --mount --pid --fork --kill-child --propagation private \
	    sh -c 'mount -t proc proc "$1/proc" &&
		mount --rbind /dev "$1/dev" && mount -t tmpfs tmp "$1/tmp" &&
		exec chroot "$1" /usr/bin/env -i HOME=/root TERM=dumb \
		    DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		    PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		    sh -c "cd /src && $2"' sh "$1" "$2"
}
# step WHAT DIRECTORY COMMAND: its output is in $run/step
step() {
	if inside "$2" "$3" >"$run/step" 2>&1 </dev/null; then
		ok "package-fresh: $1"
	else
		fail "package-fresh: $1: $(end_of "$run/step")"
		return 1
	fi
}
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
copy_tree "$top" "$run/tree" && cp -r "$top/.git" "$run/tree/.git" &&
    make -s -C "$run/tree" dist >"$run/dist.log" 2>&1 || {
	fail "package-fresh: make dist: $(end_of "$run/dist.log")"
	exit 1
}
quiet="apt-get -q -y --no-install-recommends"
life() {
	unpacked "$1" "$2" && cp "$run/$1.deb" "$2/src/acme-client.deb" ||
	    return 1
	step "$1: apt installs it in a system that has nothing" "$2" \
	    "apt-get -q update && $quiet install ./acme-client.deb &&
	    acme-client -V && acme-client -n" || return 1
	step "$1: purged: nothing is left" "$2" \
	    "apt-get -q -y purge acme-client &&
	    test -z \"\$(find / -xdev -path /src -prune -o \
	        -name '*acme-client*' -print | tee /dev/stderr)\"" || return 1
	step "$1: what the test needs" "$2" "$quiet install \
	    systemd dbus pebble python3 openssl procps" || return 1
	_shared=$run/shared.$1
	mkdir -p "$_shared" && chmod 755 "$_shared" &&
	    cp -r "$here" "$top/debian" "$_shared/" &&
	    cp "$run/$1.deb" "$_shared/old.deb"
	dpkg-deb -R "$run/$1.deb" "$run/new" &&
	    sed -i "s/^Version: .*/&+test/" "$run/new/DEBIAN/control" &&
	    echo "# of another version" >>"$run/new/etc/acme-client.conf" &&
	    dpkg-deb -b "$run/new" "$_shared/new.deb" >/dev/null 2>&1
	rm -rf "$run/new"
	echo "version=$version; . /srv/test/regress/package-life.sh" \
	    >"$_shared/command"
	BOOT_SECONDS=900 sh "$here/package-boot.sh" "$2" "$_shared"
	_status=$?
	sed "s/^\\([a-zA-Z]*\\) /\\1 package-fresh: $1: /" "$_shared/out"
	[ $_status = 0 ] ||
	    fail "package-fresh: $1: status $_status:" \
	    "$(end_of "$_shared/boot.log")"
}
for suite in ${SUITES:-bookworm trixie}; do
	if ! base "$suite"; then
		skip "package-fresh: $suite: debootstrap does not get it:" \
		    "$(end_of "$run/debootstrap.log")"
		continue
	fi
	root=$run/build.$suite
	unpacked "$suite" "$root" && cp "$run/tree/$name.tar.gz" "$root/src/" &&
	    step "$suite: what debian/control names is installed" "$root" \
	    "apt-get -q update && tar -xf $name.tar.gz &&
	    $quiet install dpkg-dev lintian && cd $name &&
	    $quiet build-dep ./" &&
	    step "$suite: dpkg-buildpackage" "$root" "cd $name &&
	    DEB_BUILD_OPTIONS=parallel=2 dpkg-buildpackage -us -uc" &&
	    step "$suite: lintian" "$root" "lintian --allow-root \
	    --suppress-tags newer-standards-version \
	    --fail-on error,warning,info -I *.changes" &&
	    cp "$root"/src/acme-client_*.deb "$run/$suite.deb" || continue
	sed "s/^/# $suite: lintian: /" "$run/step"
	rm -rf "$root"
	life "$suite" "$run/life.$suite"
	rm -rf "$run/life.$suite"
done
exit $failed
