# Other compilers and makes, installation, the other system's sandbox.
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
ok "build: gcc, no warning"
copy_tree "$top" "$run/clang"
check "build: clang, no warning" sh -c "cd $run/clang && CC=clang ./configure && make CFLAGS='-O2 -g -Werror'"
copy_tree "$top" "$run/bmake"
check "build: BSD make" sh -c "cd $run/bmake && CC=gcc ./configure && bmake"
check "build: installs" make -C "$run/bmake" install "DESTDIR=$run/dest" PREFIX=/usr
same "build: installed files" "/etc/acme-client.conf /usr/sbin/acme-client /usr/share/man/man1/acme-client.1 /usr/share/man/man5/acme-client.conf.5 " \
    "$(cd "$run/dest" && find . -type f | sed 's/^\.//' | LC_ALL=C sort | tr '\n' ' ')"
check "build: the installed configuration parses" "$run/dest/usr/sbin/acme-client" -n -f "$run/dest/etc/acme-client.conf"
check "build: uninstalls" make -C "$run/bmake" uninstall "DESTDIR=$run/dest" PREFIX=/usr
same "build: left after uninstall" "/etc/acme-client.conf" "$(cd "$run/dest" && find . -type f | sed 's/^\.//')"
# Without configure: tidying works, building says what to do first.
for make in make bmake; do
	rm -rf "$run/bare" && copy_tree "$top" "$run/bare" && : >"$run/bare/left.o"
	mkdir -p "$run/bare/dest/usr/local/sbin" && : >"$run/bare/dest/usr/local/sbin/acme-client"
	check "build: $make uninstall without configure" $make -C "$run/bare" uninstall "DESTDIR=$run/bare/dest"
	same "build: $make uninstall without configure: gone" "" "$(find "$run/bare/dest" -type f)"
	check "build: $make clean without configure" $make -C "$run/bare" clean
	check "build: $make clean without configure: gone" test ! -e "$run/bare/left.o"
	check "build: $make distclean without configure" $make -C "$run/bare" distclean
	for goal in all acme-client install; do
		$make -C "$run/bare" $goal "DESTDIR=$run/bare/dest" >"$run/bare.log" 2>&1; status=$?
		same "build: $make $goal without configure: refused" 1 "$((status != 0))"
		says "build: $make $goal without configure: says what to do" "$run/bare.log" "run ./configure first"
	done
done

# configure: each value as an option, as an argument, in the environment; what it does not know is named.
# configured NAME EXPECTED COMMAND...: what NAME is in config.mk afterwards
configured() {
	_name=$1 _expected=$2; shift 2
	rm -f "$run/bare/config.mk"
	(cd "$run/bare" && env "$@") >"$run/bare.log" 2>&1
	same "build: $*: $_name" "$_expected" "$(sed -n "s/^$_name = //p" "$run/bare/config.mk")"
}
configured PREFIX /opt/x ./configure --prefix=/opt/x
configured PREFIX /opt/x ./configure --prefix /opt/x
configured MANDIR /opt/man ./configure --mandir=/opt/man
configured SYSCONFDIR /opt/etc ./configure --sysconfdir=/opt/etc
configured STATEDIR /opt/var/lib/acme-client ./configure --localstatedir=/opt/var
for value in CC=gcc "CC=env gcc" CFLAGS=-O1 CPPFLAGS=-DX=1 PREFIX=/opt/x MANDIR=/opt/m SYSCONFDIR=/opt/e STATEDIR=/opt/s; do
	configured "${value%%=*}" "${value#*=}" ./configure "$value"
	configured "${value%%=*}" "${value#*=}" "$value" ./configure
done
configured LDFLAGS "-Wl,-O1 -pie -Wl,-z,relro -Wl,-z,now" ./configure LDFLAGS=-Wl,-O1
configured LDFLAGS "-Wl,-O1 -pie -Wl,-z,relro -Wl,-z,now" LDFLAGS=-Wl,-O1 ./configure
for bad in --enable-x -x x prefix=/x --prefix=x --prefix= --prefix STATEDIR=x CXX=g++; do
	rm -f "$run/bare/config.mk"
	(cd "$run/bare" && ./configure "$bad") >"$run/bare.log" 2>&1; status=$?
	same "build: configure $bad: refused, nothing written" "1 1" "$status $(test -e "$run/bare/config.mk"; echo $?)"
	says "build: configure $bad: named" "$run/bare.log" "^configure: ${bad%%=*}"
done
check "build: configure --help" sh -c "cd $run/bare && ./configure --help | grep -q -- '--localstatedir=DIR'"
(cd "$run/bare" && ./configure CPPFLAGS=-DVERSION_SEEN=7 && make -n acme-client) >"$run/bare.log" 2>&1
same "build: CPPFLAGS are used in each compilation" "0" "$(grep ' -c -o ' "$run/bare.log" | grep -vc -- -DVERSION_SEEN=7)"
says "build: CPPFLAGS are used at all" "$run/bare.log" "-DVERSION_SEEN=7 .*-c -o broker.o broker.c"
if command -v readelf >/dev/null; then
	check "build: position independent" sh -c "readelf -h $client | grep -q 'DYN'"
	check "build: full RELRO" sh -c "readelf -d $client | grep -q BIND_NOW"
	check "build: stack protector" sh -c "readelf -s --wide $client | grep -q __stack_chk_fail"
	check "build: fortified" sh -c "readelf -s --wide $client | grep -q '_chk@'"
fi
check "build: sandbox-openbsd.c compiles against a stub header" gcc -std=gnu11 -Wall -Wextra -Wshadow \
    -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -D_GNU_SOURCE -include "$here/openbsd-stubs/openbsd.h" \
    -isystem /usr/include/bsd -DLIBBSD_OVERLAY -c -o "$run/openbsd.o" "$top/sandbox-openbsd.c"
same "build: no #ifdef in process files" "" "$(cd "$top" && grep -l '^#if' ./*proc.c net-*.c key-*.c file-*.c broker.c slice.c)"
exit $failed
