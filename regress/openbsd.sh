# OpenBSD: every file that is built there compiles against headers that declare
# what OpenBSD's do, and what its sandbox asks for, by calls that only say what
# they were told.
. "$here/lib.sh"
. "$here/setup.sh"
work=$run
build=$(dirname "$client")
build_of "$build"
stubs=$here/openbsd-stubs

# The libraries' own headers are this system's; what they include is not.
libs_h=$run/openbsd-libraries
mkdir -p "$libs_h/openssl"
# shellcheck disable=SC2086
path_of() {
	echo "#include <$1>" | $cc $flags -E - |
	    sed -n "s|^# 1 \"\([^\"]*/$1\)\".*|\1|p" | head -n 1
}
for header in tls.h jansson.h jansson_config.h idn2.h; do
	cp "$(path_of $header)" "$libs_h/$header"
done
mkdir -p "$libs_h/ldns" &&
    cp "$(dirname "$(path_of ldns/ldns.h)")"/*.h "$libs_h/ldns/"
for header in openssl/evp.h openssl/opensslconf.h; do
	cp "$(dirname "$(path_of $header)")"/*.h "$libs_h/openssl/"
done
# compiles FLAG... FILE: by $compiler, which brings <stddef.h>, <stdarg.h> and
# half of <limits.h>
compiles() {
	$compiler -std=gnu11 -Wall -Wextra -Wshadow -Wconversion \
	    -Wstrict-prototypes -Wmissing-prototypes -Werror -U__linux__ \
	    -U__linux -Ulinux -U__gnu_linux__ -D__OpenBSD__ \
	    -DLIBRESSL_VERSION_NUMBER -DCONF_FILE='""' -DSTATE_DIR='""' \
	    -nostdinc -isystem "$own_h" \
	    -isystem "$stubs" -isystem "$libs_h" -I"$top" -I"$build" \
	    -fsyntax-only "$@" 2>>"$run/openbsd.log"
}
for compiler in gcc clang; do
	command -v $compiler >/dev/null ||
	    { skip "openbsd: no $compiler"; continue; }
	own_h=$($compiler -print-file-name=include)
	for file in $(cd "$top" &&
	    ls ./*.c | grep -Ev 'linux|landlock|seccomp|filter-make'); do
		compiles "$top/$file" || echo "$file"
	done >"$run/openbsd.wrong"
	same "openbsd: all files compile for it, $compiler" "" \
	    "$(tr '\n' ' ' <"$run/openbsd.wrong")"
	# refuses HEADERS USE, takes HEADERS USE: what is in other headers, or
	# Linux's alone, is not found
	tries() {
		{
			printf '#include <%s>\n' $1
			echo "int f(void);"
			echo "int f(void) { $2; return 0; }"
		} >"$run/try.c"
		compiles "$run/try.c"
	}
	while read -r missing headers; do
		read -r use
		tries "$headers" "$use"; status=$?
		tries "$headers $missing" "$use"
		same "openbsd: $compiler: $use" \
		    "$([ "$missing" = nowhere ] && echo "1 1" || echo "1 0")" \
		    "$((status != 0)) $(($? != 0))"
	done <<-'END'
	sys/socket.h netinet/in.h arpa/inet.h netdb.h
	(void)AF_INET;
	netinet/in.h sys/socket.h arpa/inet.h
	char text[INET6_ADDRSTRLEN]; (void)text;
	unistd.h grp.h pwd.h
	setgroups(0, NULL);
	sys/types.h string.h
	u_int64_t n; (void)n;
	stdio.h unistd.h fcntl.h
	renameat(0, "", 0, "");
	nowhere fcntl.h unistd.h stdlib.h
	posix_fallocate(0, 0, 1);
	nowhere fcntl.h
	(void)O_PATH;
	nowhere sys/resource.h
	(void)RLIMIT_AS;
	nowhere stdlib.h unistd.h
	secure_getenv("");
	nowhere time.h stdio.h
	printf("%ld", time(NULL));
	END
done
# Its libcrypto is LibreSSL's: what is used of OpenSSL's is there, too
# (openbsd-stubs/libressl.txt).
# shellcheck disable=SC2086
$cc -std=gnu11 $flags -DLIBRESSL_VERSION_NUMBER -c -o "$run/begin-crypto.o" \
    "$top/begin-crypto.c" ||
    fail "openbsd: begin-crypto.c as for LibreSSL"
prefixes="ASN1|AUTHORITY|BASIC|BIO|BN|CRL|CRYPTO|DIST|EC|ECDSA|ERR|EVP|GENERAL"
prefixes="$prefixes|ISSUING|OBJ|OCSP|OPENSSL|PEM|RAND|RSA|X509|X509V3|d2i|i2d"
nm $(ls "$build"/*.o | grep -v /begin-crypto.o) "$run/begin-crypto.o" |
    awk 'NF == 2 && $1 == "U" { wanted[$2] }
    NF == 3 { made[$3] }
    END { for (name in wanted) if (!(name in made)) print name }' |
    grep -E "^($prefixes|tls)_|^HMAC" |
    LC_ALL=C sort >"$run/libcrypto"
same "openbsd: used of libcrypto and libtls, and not looked up in LibreSSL" "" \
    "$(grep -v '^#' "$stubs/libressl.txt" |
        LC_ALL=C comm -23 "$run/libcrypto" - | tr '\n' ' ')"
check "openbsd: used of libcrypto and libtls: more than 100" \
    test "$(wc -l <"$run/libcrypto")" -gt 100

# What its sandbox asks for.
# shellcheck disable=SC2086
$cc -std=gnu11 -g -Wall -Wextra $flags -I "$top" -I "$here" \
    -include "$here/openbsd-sandbox.h" -o "$run/openbsd-sandbox" \
    "$here/openbsd-sandbox.c" "$top/sandbox-openbsd.c" "$build/log.o" \
    "$build/msg-routes.o" $libs 2>"$run/openbsd.log" ||
    { fail "openbsd: sandbox: $(head -n 3 "$run/openbsd.log")"; exit 1; }
# asks NAME EXPECTED ARGUMENT...
asks() {
	_name=$1 _expected=$2; shift 2
	same "openbsd: $_name" "$_expected" \
	    "$("$run/openbsd-sandbox" "$@" | tr '\n' ';')"
}
become="setgroups 1 1002;setresgid 1002 1002 1002;setresuid 1001 1001 1001;"
stay="setgroups 1 1002;setresgid 1002 1002 1002;setresuid 0 0 0;"
empty="chroot /var/empty;chdir /;"
asks "net as root: nobody, nowhere" "$empty${become}pledge stdio inet;" \
    netproc 0 one
asks "net as a user" "pledge stdio inet;" netproc 1001 one
asks "dns reads the resolver's files" "${become}pledge stdio dns;" dnsproc 0 one
asks "zone asks name servers" "$empty${become}pledge stdio inet;" zoneproc 0 one
asks "key keeps nothing" "$empty${become}pledge stdio;" keyproc 0 one
asks "resp serves on the sockets that it has" \
    "$empty${become}pledge stdio inet;" respproc 0 one
asks "cert keeps nothing" "$empty${become}pledge stdio;" certproc 0 one
# kill(2) is for processes of the same user, or root's: csr and file may have
# other users.
asks "the parent as root can end all of its children" \
    "$empty${stay}pledge stdio proc;" parent 0 one
asks "the parent as a user" "pledge stdio proc;" parent 1001 one
# fstatat(2) and renameat(2) need "r", also after the narrowing; group needs
# "chown".
asks "csr: its directory, and group" \
    "unveil rwc /k;${become}pledge stdio rpath wpath cpath fattr chown;" \
    csrproc 0 one /k
asks "chng: its directory, and its list's lock" \
    "unveil rwc /w;${become}pledge stdio rpath wpath cpath fattr flock;" \
    chngproc 0 one /w
writes="pledge stdio rpath wpath cpath fattr chown flock unveil;unveil is over;"
asks "file: its directories, which it can read later, too" \
    "unveil rwc /a;unveil rwc /b;$become$writes" fileproc 0 one /b /a /b
asks "file, where nothing is to be written" \
    "unveil r /a;$become$writes" fileproc 0 reads /a
asks "file: of several owners" \
    "unveil rwc /a;unveil rwc /b;$stay$writes" fileproc 0 several /a /b

# The kernel takes 128 directories of a process.  Where there are more, the
# deepest are left to those above them, and each is still below one.
dirs="$(for i in $(seq 300); do echo "/d/$((i % 3))/$i"; done)
$(for i in $(seq 90); do echo "/e$i"; done)"
# shellcheck disable=SC2086
"$run/openbsd-sandbox" fileproc 1001 one $dirs |
    sed -n 's/^unveil rwc //p' >"$run/unveiled"
check "openbsd: 390 directories: not more than 100 are unveiled" \
    test "$(wc -l <"$run/unveiled")" -le 100
wrong=$(echo "$dirs" | awk '
    NR == FNR { open[$0]; next }
    {
	path = $0
	while (path != "" && !(path in open)) sub("/[^/]*$", "", path)
	if (path == "") print
	else used[path]
    }
    END { for (path in open) if (!(path in used)) print path }' \
    "$run/unveiled" -)
same "openbsd: 390 directories: all lie below what is, and nothing else does" \
    "" "$wrong"

# What a role may call on Linux its promises allow, too (pledge(2)).
for role in $role_names; do
	"$run/openbsd-sandbox" "$role" 1001 one /d |
	    sed -n "s/^pledge /$role /p"
done >"$run/promises"
awk 'BEGIN {
	need["flock"] = "flock"; need["fchown"] = "chown"
	need["fchmod"] = "fattr"
	need["unlinkat"] = need["renameat"] = need["linkat"] = "cpath"
	need["openat"] = "rpath"; need["pwrite64"] = "wpath"
	need["connect"] = need["socket"] = need["setsockopt"] = "inet dns"
	need["bind"] = "dns"; need["pidfd_send_signal"] = "proc"
	need["landlock_restrict_self"] = "unveil"
	nroles = split("'"$role_names"'", roles) }
    NR == FNR { has[$1] = " " substr($0, length($1) + 2) " "; next }
    $1 ~ /^[0-9]+$/ && ($NF in need) {
	seen[$NF]
	for (i = 1; i <= nroles; i++) {
		if ($(i + 1) !~ /[+?]/) continue
		n = split(need[$NF], words); found = 0
		if (roles[i] == "dnsproc" && $NF == "openat") words[1] = "dns"
		for (j = 1; j <= n; j++)
			if (index(has[roles[i]], " " words[j] " ")) found = 1
		if (!found) print roles[i] ": " $NF } }
    END { for (name in need) if (!(name in seen)) print name }' \
    "$run/promises" "$here/filters/x86_64.txt" >"$run/not-promised"
same "openbsd: what each role may call on Linux it has promised" "" \
    "$(tr '\n' ' ' <"$run/not-promised")"
exit $failed
