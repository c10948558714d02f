# Packages: the tarball of make dist, Debian's package from it (lintian;
# installed, used, upgraded and purged, in a system that systemd runs), and the
# files of the other packages.  EACH=1: Debian's is built once more, to the same
# bytes, and the RPM.
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export PATH="$PATH:/usr/sbin:/sbin"
version=$(sed -n 's/^#define VERSION "\(.*\)"/\1/p' "$top/acme-client.h")
name=acme-client-$version

# The tarball: of a copy, and of another one under another name, with another
# umask, other times and another language.
dist() {
	copy_tree "$top" "$1" && cp -r "$top/.git" "$1/.git" &&
	    make -s -C "$1" dist
}
if ! command -v git >/dev/null || [ ! -d "$top/.git" ]; then
	skip "package: make dist: git, or its directory, is missing"
	mkdir -p "$run/a" && copy_tree "$top" "$run/a/$name"
else
	check "package: make dist" dist "$run/a"
	(umask 077 && export TZ=Asia/Tokyo LC_ALL=C.UTF-8 &&
	    dist "$run/other/b") >"$run/b.log" 2>&1
	find "$run/other/b" -type f -exec touch '{}' +
	(umask 077 && cd "$run/other/b" && make -s dist) >>"$run/b.log" 2>&1
	check "package: make dist makes the same bytes elsewhere" \
	    cmp "$run/a/$name.tar.gz" "$run/other/b/$name.tar.gz"
	check "package: the tarball unpacks" \
	    tar -C "$run/a" -xf "$run/a/$name.tar.gz"
	same "package: the tarball has what git has" \
	    "$(git -C "$top" ls-files | LC_ALL=C sort)" \
	    "$(cd "$run/a/$name" && find . ! -type d | sed 's|^\./||' |
	        LC_ALL=C sort)"
	rm -rf "$run/other"
fi
source=$run/a/$name

# What the other packages say that is installed.
installed=$run/installed
make -s -C "$(dirname "$client")" install "DESTDIR=$installed" \
    PREFIX=/usr/local MANDIR=/usr/local/man >/dev/null 2>&1
same "package: OpenBSD: PLIST has what is installed" \
    "$(cd "$installed/usr/local" && find . -mindepth 2 \( -type d -printf \
        '%P/\n' -o -printf '%P\n' \) |
        grep -Ev '^(man|share)/.*/$' | LC_ALL=C sort)" \
    "$(sed -n 's/^@bin //;s/^@man //;/^[a-z]/p' \
        "$top/packaging/openbsd/pkg/PLIST" |
        grep -Ev '^share/(examples/|.*/$)' | LC_ALL=C sort)"
# apk: its functions are run by sh, without abuild.
apk() (
	# shellcheck disable=SC2034
	pkgdir=$run/apk
	chown() { :; }
	. "$top/packaging/alpine/APKBUILD" &&
	    [ "$pkgname-$pkgver" = "$name" ] &&
	    cd "$(dirname "$client")" &&
	    make() { command make -s PREFIX=/usr "$@"; } && package
)
check "package: Alpine: the commands of package()" apk
same "package: Alpine: a daily run, and the program that it starts" \
    "/usr/sbin/acme-client" \
    "$(sed -n 's/^exec \([^ ]*\) .*/\1/p' \
        "$run/apk/etc/periodic/daily/acme-client")"
check "package: Alpine: the program is there" \
    test -x "$run/apk/usr/sbin/acme-client"
for file in "$top"/debian/acme-client.p* "$top"/debian/tests/[ds]* \
    "$top/packaging/alpine/APKBUILD" "$top"/packaging/alpine/*.pre-install; do
	check "package: $(basename "$file") is shell" sh -n "$file"
done

# bash completion: with the options of the usage message, and the
# configuration's names.
complete_words() {
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
	    _acme_client; echo "${COMPREPLY[@]}"' \
	    "$top/etc/completion/acme-client.bash" "$client" "$@"
}
cat >"$run/c.conf" <<END
authority one { api url "https://one.example/"
	account key "/a/one.pem" }
domain first.example { domain key "/k/first"
	domain full chain certificate "/c/first" }
include "$run/other.conf"
END
cat >"$run/other.conf" <<END
domain "second.example" { domain key "/k/second"
	domain full chain certificate "/c/second" }
END
if command -v bash >/dev/null; then
	same "package: completion: handles, of included files, too" \
	    "first.example second.example" \
	    "$(complete_words -f "$run/c.conf" "")"
	same "package: completion: the handles that begin so" \
	    "second.example" "$(complete_words -f "$run/c.conf" -v s)"
	same "package: completion: authorities" "one" \
	    "$(complete_words -f "$run/c.conf" -K "")"
	same "package: completion: reasons" "keyCompromise" \
	    "$(complete_words -r -R k)"
	same "package: completion: options" \
	    "$(sed -n 's/^\.It Fl \([A-Za-z]\).*/-\1/p' "$top/acme-client.1" |
	        LC_ALL=C sort -u | xargs)" \
	    "$(complete_words - | tr ' ' '\n' | LC_ALL=C sort | xargs)"
else
	skip "package: completion: bash is not installed"
fi

# RPM, by Debian's rpmbuild.
if [ -z "${EACH:-}" ]; then
	skip "package: RPM: only with EACH=1"
elif command -v rpmbuild >/dev/null && [ -e "$run/a/$name.tar.gz" ]; then
	mkdir -p "$run/rpm/SOURCES" &&
	    cp "$run/a/$name.tar.gz" "$run/rpm/SOURCES"
	# What is built is not tested here.
	rpm_build() {
		rpmbuild --define "_topdir $run/rpm" \
		    --define "optflags -O3 -Werror" \
		    --define "debug_package %{nil}" --nodeps -bb \
		    "$top/packaging/rpm/acme-client.spec"
	}
	check "package: RPM: rpmbuild builds it; gcc -O3, no warning" rpm_build
	same "package: RPM: configuration is kept, units are there" \
	    "/etc/acme-client.conf
/usr/lib/systemd/system/acme-client.timer" \
	    "$(rpm -qp --qf '[%{FILEFLAGS:fflags} %{FILENAMES}\n]' \
	        "$run"/rpm/RPMS/*/*.rpm 2>/dev/null |
	        sed -n 's/^cn *//p; s/^ *\(.*client\.timer\)$/\1/p' |
	        LC_ALL=C sort)"
else
	skip "package: RPM: rpmbuild is not installed"
fi

# Debian's.
if ! command -v dpkg-buildpackage >/dev/null || ! command -v dh >/dev/null; then
	skip "package: Debian's: debhelper is not installed"
	exit $failed
fi
processors=$(getconf _NPROCESSORS_ONLN)
# deb DIRECTORY [OPTION]: builds the source that is in it
deb() {
	_in=$1; shift
	(cd "$_in/$name" && CCACHE_DISABLE=1 \
	    DEB_BUILD_OPTIONS="parallel=$processors" \
	    dpkg-buildpackage -us -uc "$@") >"$_in/log" 2>&1 || {
		tail -n 5 "$_in/log"
		return 1
	}
}
check "package: dpkg-buildpackage" deb "$run/a"
debs=$(cd "$run/a" && ls ./*.deb)
check "package: packages are made, with debugging symbols beside" \
    test "$(echo "$debs" | wc -l)" = 2
if [ -z "${EACH:-}" ]; then
	skip "package: the same bytes when built elsewhere: only with EACH=1"
else
	mkdir -p "$run/second/place" &&
	    (cd "$run/a/$name" && make -s distclean) &&
	    cp -r "$run/a/$name" "$run/second/place/$name"
	(umask 077 && export TZ=Asia/Tokyo LC_ALL=C.UTF-8 &&
	    deb "$run/second/place" -b) ||
	    fail "package: dpkg-buildpackage elsewhere"
	for file in $debs; do
		check "package: the same bytes when built elsewhere: $file" \
		    cmp "$run/a/$file" "$run/second/place/$file"
	done
	rm -rf "$run/second"
fi
if command -v lintian >/dev/null; then
	# Debian 12's is older than the policy of Debian 13.
	lintian --allow-root --fail-on error,warning,info -I \
	    --suppress-tags newer-standards-version \
	    "$run"/a/*.changes >"$run/lintian" 2>&1
	same "package: lintian" "0:" "$?:$(grep -v '^N:' "$run/lintian")"
else
	skip "package: lintian is not installed"
fi
deb=$(ls "$run"/a/acme-client_*.deb)
if [ -n "${KEEP_DEB:-}" ]; then cp "$deb" "$KEEP_DEB"; fi

# Its life.
if [ "$(id -u)" != 0 ] || [ ! -x /lib/systemd/systemd ] ||
    ! unshare -mpf --cgroup true 2>/dev/null; then
	skip "package: installed, used, upgraded, purged: needs root," \
	    "namespaces of its own and systemd"
	exit $failed
fi
shared=$run/shared
mkdir -p "$shared" && chmod 755 "$shared"
cp "$deb" "$shared/old.deb" && cp -r "$here" "$top/debian" "$shared/"
# A newer version, with another configuration.
dpkg-deb -R "$deb" "$run/new" &&
    sed -i "s/^Version: .*/&+test/" "$run/new/DEBIAN/control" &&
    echo "# of another version" >>"$run/new/etc/acme-client.conf" &&
    dpkg-deb -b "$run/new" "$shared/new.deb" >/dev/null 2>&1
echo "version=$version; . /srv/test/regress/package-life.sh" >"$shared/command"
BOOT_SECONDS=900 sh "$here/package-boot.sh" / "$shared"
status=$?
if grep -Eq '^(ok|FAIL) ' "$shared/out"; then
	cat "$shared/out"
else
	fail "package: systemd does not run: $(end_of "$shared/boot.log")"
fi
[ $status = 0 ] && [ $failed = 0 ]
