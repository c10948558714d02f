# Other compilers and makes, installation.
. "$here/fuzz-lib.sh"
ok "build: gcc, no warning"
# What clang warns of does not depend on -O, nor on sanitizers; the section asan
# runs the programs.  One more is linked here as for a release.
clang_objects() {
	fuzz_objects "$BUILDS/fuzz" "$fuzz_flags $fuzz_sanitizers" ||
	    { tail -n 3 "$run/objects.log"; return 1; }
}
check "build: clang, no warning" clang_objects
copy_tree "$top" "$run/clang"
check "build: clang, as for a release" sh -c "cd $run/clang &&
    CC=clang ./configure && make CFLAGS='-O2 -g -Werror' hookproc"
# gcc -O3 is tried by the section package with EACH=1.
# BSD make goes on from what GNU make has built: it takes for old what is old.
cp -a "$(dirname "$client")" "$run/bmake"
check "build: BSD make" sh -c "cd $run/bmake &&
    touch log.c csr.h && rm -f hookproc generated/filter-make &&
    bmake CFLAGS='-O2 -g -Werror' >bmake.log"
same "build: BSD make: compiles what has changed" \
    "$(cd "$top" && { echo log.c
        grep -l '"csr\.h"\|generated/identity\.h' ./*.c; } |
        sed 's|^\./||' | LC_ALL=C sort | xargs)" \
    "$(sed -n 's/^cc \([^/]*\)$/\1/p' "$run/bmake/bmake.log" |
        LC_ALL=C sort | xargs)"
check "build: installs" \
    make -C "$run/bmake" install "DESTDIR=$run/dest" PREFIX=/usr
roles="${role_names#parent } hookproc"
# installed DIRECTORY: the files below it, as paths from $run/dest
installed() {
	(cd "$run/dest" && find ".$1" -type f | sed 's/^\.//' | LC_ALL=C sort)
}
hooks=$(ls "$top/etc/hooks" | sed 's|^|hooks/|')
# shellcheck disable=SC2086
same "build: installed files" \
    "$(printf '/usr/libexec/acme-client/%s\n' $roles $hooks | LC_ALL=C sort)" \
    "$(installed /usr/libexec)"
same "build: installed files beside" "/etc/acme-client.conf
/usr/sbin/acme-client
$(ls "$top/etc/fleet" | sed 's|^|/usr/share/acme-client/fleet/|')
$(ls "$top/etc/import" | sed 's|^|/usr/share/acme-client/import/|')
/usr/share/bash-completion/completions/acme-client
$(cd "$top" && ls acme-client*.[157] |
    sed 's|.*\.\(.\)$|/usr/share/man/man\1/&|' | LC_ALL=C sort)" \
    "$(installed / | grep -v libexec)"
check "build: the installed configuration parses" \
    "$run/dest/usr/sbin/acme-client" -n -f "$run/dest/etc/acme-client.conf"

# Each program has its libraries only (and those that Debian 13's libcrypto
# brings), and key nothing that parses what a CA sends.
linked() {
	ldd "$build/$1" | sed -n 's/^[[:space:]]*\(lib[a-z0-9_]*\)[-.].*/\1/p' |
	    grep -Ev '^lib(c|bsd|md|unistring|pthread|dl|z|zstd)$' | sort -u
}
build=$(dirname "$client")
while read -r program libraries; do
	same "build: libraries of $program" "$libraries" \
	    "$(linked "$program" | xargs)"
done <<'END'
acme-client libidn2
netproc libcrypto libjansson libssl libtls
dnsproc
keyproc libcrypto libjansson
csrproc libcrypto libjansson
chngproc
certproc libcrypto libjansson
fileproc
zoneproc libcrypto libldns libssl
respproc libcrypto libssl libtls
hookproc
END
symbols() { nm "$build/$1" | grep -Ec " [TtDdBbRr] ($2)"; }
parsers="http_|conf_|lex_|order_parse|directory_parse|authorization_parse"
parsers="$parsers|problem_|json_read|chain_"
same "build: key has no parser of what a CA sends, nor of configurations" 0 \
    "$(symbols keyproc "$parsers")"
check "build: net has such" test "$(symbols netproc "$parsers")" -gt 20
same "build: the parent signs nothing, and parses neither CSRs nor answers" 0 \
    "$(symbols acme-client 'http_|csr_parse|jws_|keyfile_|chain_|json_')"
signs="http_|jws_|keyfile_"
same "build: dns and chng have no keys, no HTTP" "0 0" \
    "$(symbols dnsproc "$signs|place_") $(symbols chngproc "$signs")"
certificates="path_verify|roots_|spki_|signature_|asn1_|der_"
states="state_parse|state_encode"
same "build: file parses no certificate, no state, no configuration" 0 \
    "$(symbols fileproc \
        "$parsers|$states|$certificates|account_|status_|cert_")"
same "build: resp opens no file of ours, and has no client of HTTP" 0 \
    "$(symbols respproc "place_|dir_|http_|jws_|keyfile_|$parsers")"
same "build: cert opens no file" 0 "$(symbols certproc 'place_|dir_')"
sandbox="sandbox_enter|seccomp_|landlock_"
_what="hook has no sandbox and no filter, opens no file but its journal"
same "build: $_what, and parses nothing from outside" 0 \
    "$(symbols hookproc \
        "$parsers|$sandbox|place_|dir_|$states|$certificates|jws_")"
for _names in $(echo "$certificates|$states|status_" | tr '|' ' '); do
	check "build: cert has $_names" \
	    test "$(symbols certproc "$_names")" -gt 0
done
check "build: cert judges, file replaces" test \
    "$(symbols certproc 'chain_')" -gt 2 -a \
    "$(symbols fileproc 'place_')" -gt 5

# A program of a role runs for acme-client of its own build only.
# by_hand PROGRAM WORDS ARGUMENT...: refused in one line
by_hand() {
	_program=$1 _words=$2; shift 2
	timeout 10 "$_program" "$@" 2>"$run/by-hand" </dev/null; _status=$?
	same "build: $_what: refused" "1 1" "$_status $(wc -l <"$run/by-hand")"
	says "build: $_what: says why" "$run/by-hand" "$_words"
}
identity=$(cut -d'"' -f2 "$build/generated/identity.h")
for role in $roles; do
	_what="$role by hand"
	by_hand "$build/$role" "^$role: is started by acme-client" 3>&-
	_what="$role for another build"
	by_hand "$build/$role" "^$role: is of another build" \
	    "$(echo "$identity" | tr 0-9a-f 1-9a-f0)"
	_what="$role without descriptor"
	by_hand "$build/$role" "descriptor 3 is not acme-client's socket" \
	    "$identity" 3>&-
	_what="$role with a file as descriptor"
	by_hand "$build/$role" "descriptor 3 is not acme-client's socket" \
	    "$identity" 3</dev/null
done
if [ "$(id -u)" = 0 ]; then
	cp "$build/acme-client" "$build/fileproc" "$run" &&
	    chmod 4755 "$run/acme-client" && chmod 2755 "$run/fileproc"
	for program in acme-client fileproc; do
		_what="$program set-user-ID or set-group-ID"
		by_hand setpriv "^$program: .* set-user-ID.*set-group-ID" \
		    --reuid=54321 --regid=54321 --clear-groups \
		    "$run/$program" -n
	done
	rm -f "$run/acme-client" "$run/fileproc"
fi
# csrproc tells the names in a CSR file: found as installed, from anywhere, by a
# link too, and by no other way.
csr_conf "$run" names.example
mkdir -p "$run/trap" && cp /bin/false "$run/trap/csrproc" &&
    cp /bin/false "$run/trap/fileproc" &&
    ln -s "$run/dest/usr/sbin/acme-client" "$run/trap/link"
check "build: installed: finds its programs" sh -c \
    "cd '$run/trap' &&
    PATH='$run/trap' '$run/dest/usr/sbin/acme-client' -n -f '$run/x.conf'"
check "build: installed: finds them by a link" \
    sh -c "cd '$run/trap' && PATH=. ./link -n -f '$run/x.conf'"
check "build: built: finds them" \
    sh -c "cd '$run/trap' && '$build/acme-client' -n -f '$run/x.conf'"
_what="a program is missing"
rm -r "$run/dest/usr/libexec"
by_hand "$run/dest/usr/sbin/acme-client" "fileproc is missing" -n \
    -f "$run/x.conf"
make -C "$run/bmake" install "DESTDIR=$run/dest" PREFIX=/usr >/dev/null 2>&1

# The same sources, elsewhere, by the other make: the same programs.
for program in acme-client $roles; do
	check "build: $program is the same when built elsewhere" \
	    cmp "$build/$program" "$run/bmake/$program"
done
check "build: uninstalls" \
    make -C "$run/bmake" uninstall "DESTDIR=$run/dest" PREFIX=/usr
same "build: left after uninstall" "/etc/acme-client.conf" \
    "$(cd "$run/dest" && find . -type f | sed 's/^\.//')"
# Without configure: tidying works, building says what to do first.
for make in make bmake; do
	rm -rf "$run/bare" && copy_tree "$top" "$run/bare" &&
	    : >"$run/bare/left.o"
	mkdir -p "$run/bare/dest/usr/local/sbin" &&
	    : >"$run/bare/dest/usr/local/sbin/acme-client"
	check "build: $make uninstall without configure" \
	    $make -C "$run/bare" uninstall "DESTDIR=$run/bare/dest"
	same "build: $make uninstall without configure: gone" "" \
	    "$(find "$run/bare/dest" -type f)"
	check "build: $make clean without configure" $make -C "$run/bare" clean
	check "build: $make clean without configure: gone" \
	    test ! -e "$run/bare/left.o"
	check "build: $make distclean without configure" \
	    $make -C "$run/bare" distclean
	for goal in all acme-client install; do
		$make -C "$run/bare" $goal "DESTDIR=$run/bare/dest" \
		    >"$run/bare.log" 2>&1
		status=$?
		same "build: $make $goal without configure: refused" 1 \
		    "$((status != 0))"
		says "build: $make $goal without configure: says what to do" \
		    "$run/bare.log" "run ./configure first"
	done
done

# A config.mk by an older configure lacks what the Makefile needs by now.
(cd "$run/bare" && ./configure) >"$run/bare.log" 2>&1
# Where this list changes, the number in CONFIGURED_2 has to change, too.
written="ATTRS_OBJS CC CFLAGS CHALLENGEDIR CONFIGURED_2 CPPFLAGS FILTER_ARCH
    FILTER_CERT FILTER_CHNG FILTER_CSR FILTER_DNS FILTER_FILE FILTER_KEY
    FILTER_NET FILTER_PARENT FILTER_RESP FILTER_ZONE HARDEN HOSTCC HOST_SECCOMP
    LDFLAGS LIBS_BASE LIBS_CRYPTO LIBS_IDN LIBS_JSON LIBS_LDNS LIBS_TLS MANDIR
    PORT_OBJS PREFIX PREFIX_MAP PREPARE_OBJS SANDBOX_OBJS SHA256 STATEDIR
    SYSCONFDIR SYSTEM_CFLAGS"
# shellcheck disable=SC2086
same "build: what configure writes" "$(echo $written) " \
    "$(sed -n 's/^\([A-Z_0-9]*\) = .*/\1/p' "$run/bare/config.mk" |
        LC_ALL=C sort | tr '\n' ' ')"
grep -v SHA256 "$run/bare/config.mk" |
    sed 's/^CONFIGURED_2/CONFIGURED_1/' >"$run/old.mk" &&
    mv "$run/old.mk" "$run/bare/config.mk"
for make in make bmake; do
	$make -C "$run/bare" >"$run/bare.log" 2>&1; status=$?
	same "build: $make with an old config.mk: refused, in two lines" "1 2" \
	    "$((status != 0)) $(grep -cE '^(config.mk|run) ' "$run/bare.log")"
	says "build: $make with an old config.mk: says why" "$run/bare.log" \
	    "config.mk is by another version of configure"
	check "build: $make clean with an old config.mk" \
	    $make -C "$run/bare" clean
done
rm -f "$run/bare/config.mk"

# configure: each value as an option, as an argument, in the environment; what
# it does not know is named.
# configured NAME EXPECTED COMMAND...: what NAME is in config.mk afterwards
configured() {
	_name=$1 _expected=$2; shift 2
	rm -f "$run/bare/config.mk"
	(cd "$run/bare" && env "$@") >"$run/bare.log" 2>&1
	same "build: $*: $_name" "$_expected" \
	    "$(sed -n "s/^$_name = //p" "$run/bare/config.mk")"
}
configured PREFIX /opt/x ./configure --prefix=/opt/x
configured PREFIX /opt/x ./configure --prefix /opt/x
configured MANDIR /opt/man ./configure --mandir=/opt/man
configured SYSCONFDIR /opt/etc ./configure --sysconfdir=/opt/etc
configured STATEDIR /opt/var/lib/acme-client ./configure \
    --localstatedir=/opt/var
for value in CC=gcc "CC=env gcc" HOSTCC=gcc CFLAGS=-O1 CPPFLAGS=-DX=1 \
    PREFIX=/opt/x MANDIR=/opt/m SYSCONFDIR=/opt/e STATEDIR=/opt/s \
    CHALLENGEDIR=/opt/c; do
	configured "${value%%=*}" "${value#*=}" ./configure "$value"
	configured "${value%%=*}" "${value#*=}" "$value" ./configure
done
configured LDFLAGS "-Wl,-O1 -pie -Wl,-z,relro -Wl,-z,now" ./configure \
    LDFLAGS=-Wl,-O1
configured LDFLAGS "-Wl,-O1 -pie -Wl,-z,relro -Wl,-z,now" LDFLAGS=-Wl,-O1 \
    ./configure
if [ "$(uname)" = Linux ]; then
	configured LIBS_BASE "-Wl,-Bstatic -lbsd -lmd -Wl,-Bdynamic" ./configure
	configured LIBS_BASE "-lbsd -lmd" ./configure LIBBSD=shared
	configured LIBS_BASE "-lbsd -lmd" LIBBSD=shared ./configure
fi
for bad in --enable-x -x x prefix=/x --prefix=x --prefix= --prefix STATEDIR=x \
    CHALLENGEDIR=x LIBBSD=x CXX=g++; do
	rm -f "$run/bare/config.mk"
	(cd "$run/bare" && ./configure "$bad") >"$run/bare.log" 2>&1; status=$?
	same "build: configure $bad: refused, nothing written" "1 1" \
	    "$status $(test -e "$run/bare/config.mk"; echo $?)"
	says "build: configure $bad: named" "$run/bare.log" \
	    "^configure: ${bad%%=*}"
done
check "build: configure --help" sh -c \
    "cd $run/bare && ./configure --help | grep -q -- '--localstatedir=DIR'"
(cd "$run/bare" && ./configure CPPFLAGS=-DVERSION_SEEN=7 &&
    make -n acme-client) >"$run/bare.log" 2>&1
same "build: CPPFLAGS are used in each compilation" "0" \
    "$(grep ' -c -o ' "$run/bare.log" | grep -vc -- -DVERSION_SEEN=7)"
says "build: CPPFLAGS are used at all" "$run/bare.log" \
    "-DVERSION_SEEN=7 .*-c -o parent-broker.o parent-broker.c"
if command -v readelf >/dev/null; then
	for program in acme-client $roles; do
		_file=$build/$program
		check "build: $program: position independent" \
		    sh -c "readelf -h $_file | grep -q 'DYN'"
		check "build: $program: full RELRO" \
		    sh -c "readelf -d $_file | grep -q BIND_NOW"
		check "build: $program: stack protector" \
		    sh -c "readelf -s --wide $_file | grep -q __stack_chk_fail"
		check "build: $program: fortified" \
		    sh -c "readelf -s --wide $_file | grep -q '_chk@'"
	done
fi
same "build: no #ifdef in process files" "" \
    "$(cd "$top" &&
        grep -l '^#if' ./*proc.c net-*.c key-*.c cert-*.c file-*.c \
            parent-broker.c parent-slice.c)"
# The releases of clang-format differ; .clang-format is for this one.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	same "build: 'make format' has nothing to do" "" "$(cd "$top" &&
	    clang-format -n -- *.c *.h regress/*.c regress/*.h 2>&1 |
	    head -n 3)"
else
	skip "build: 'make format' has nothing to do: clang-format 14 is not" \
	    "here"
fi
# Where there is a clone: nothing that a build makes is in it.
(cd "$top" && git ls-files 2>/dev/null) >"$run/tracked"
same "build: no built program is in the repository" "" \
    "$(cd "$top" &&
        for program in acme-client $roles *.o; do
        	grep -x "$program" "$run/tracked"
        done |
        tr '\n' ' ')"
exit $failed
