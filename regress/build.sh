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
