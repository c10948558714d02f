# OpenBSD: every file that is built there compiles against headers that declare what
# OpenBSD's do.
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
path_of() { echo "#include <$1>" | $cc $flags -E - | sed -n "s|^# 1 \"\([^\"]*/$1\)\".*|\1|p" | head -n 1; }
for header in tls.h jansson.h jansson_config.h idn2.h; do cp "$(path_of $header)" "$libs_h/$header"; done
for header in openssl/evp.h openssl/opensslconf.h; do
	cp "$(dirname "$(path_of $header)")"/*.h "$libs_h/openssl/"
done
# compiles FLAG... FILE: by $compiler, which brings <stddef.h>, <stdarg.h> and half of <limits.h>
compiles() {
	$compiler -std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -U__linux__ -U__linux -Ulinux \
	    -U__gnu_linux__ -D__OpenBSD__ -DCONF_FILE='""' -DSTATE_DIR='""' -nostdinc -isystem "$($compiler -print-file-name=include)" \
	    -isystem "$stubs" -isystem "$libs_h" -I"$top" -I"$build" -fsyntax-only "$@" 2>>"$run/openbsd.log"
}
for compiler in gcc clang; do
	command -v $compiler >/dev/null || { skip "openbsd: no $compiler"; continue; }
	for file in $(cd "$top" && ls ./*.c | grep -Ev 'linux|filter-make'); do
		compiles "$top/$file" || echo "$file"
	done >"$run/openbsd.wrong"
	same "openbsd: all files compile for it, $compiler" "" "$(tr '\n' ' ' <"$run/openbsd.wrong")"
	# refuses HEADERS USE, takes HEADERS USE: what is in other headers, or Linux's alone, is not found
	tries() {
		{ printf '#include <%s>\n' $1; echo "int f(void);"; echo "int f(void) { $2; return 0; }"; } >"$run/try.c"
		compiles "$run/try.c"
	}
	while read -r missing headers; do
		read -r use
		tries "$headers" "$use"; status=$?
		tries "$headers $missing" "$use"
		same "openbsd: $compiler: $use" "$([ "$missing" = nowhere ] && echo "1 1" || echo "1 0")" "$((status != 0)) $(($? != 0))"
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
exit $failed
