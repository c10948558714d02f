#!/bin/sh
# Other processors and another libc, on request: builds for them, and runs what
# can be run here.
#   sh regress/elsewhere.sh [--install] [TARGET ...]
# TARGET: arm64 armhf riscv64 ppc64el (Debian's names), musl, refused (what
# configure does not build for).
# --install brings compilers, libraries and qemu-user by apt-get, with further
# architectures for dpkg: in a chroot of its own, rather than on a machine that
# is used for other things.  musl needs MUSL_PREFIX: a directory with libtls,
# libcrypto, jansson, libidn2, libbsd and libmd, built by musl-gcc as archives
# with position independent code, and links to the kernel's headers (linux, asm,
# asm-generic) in include.  What is not there is skipped.
#
# Units: the unit tests under qemu-user.  Issuance: a certificate from a local
# CA, each program under qemu-user, which has neither seccomp(2) nor Landlock:
# seccomp-marked.c is in place of the filters, and emulated.py compares what
# each process asks the kernel for with the filter's text.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$here/setup.sh"
. "$here/lib.sh"
install=
[ "${1:-}" = --install ] && { install=1; shift; }
targets=${*:-arm64 armhf riscv64 ppc64el musl refused}
work_start

# triplet_of TARGET: what its compiler's name begins with
triplet_of() {
	case $1 in
	arm64) echo aarch64-linux-gnu ;;
	armhf) echo arm-linux-gnueabihf ;;
	ppc64el) echo powerpc64le-linux-gnu ;;
	*) echo "$1-linux-gnu" ;;
	esac
}

# get TARGET: its compiler and libraries, from the machine's package mirror; 2
# where the release does not have the architecture.  libldns-dev of two
# architectures have a file in common that differs.
get() {
	dpkg --add-architecture "$1"
	as_root apt-get update -q >/dev/null 2>&1
	apt-cache show "libtls-dev:$1" >/dev/null 2>&1 || return 2
	echo 'Dpkg::Options { "--force-overwrite"; };' >"$work/apt.conf"
	export APT_CONFIG="$work/apt.conf"
	_packages=
	for _p in libc6-dev libtls-dev libssl-dev libbsd-dev libmd-dev \
	    libjansson-dev libidn2-dev libldns-dev; do
		_packages="$_packages $_p:$1"
	done
	# shellcheck disable=SC2086
	install_packages "gcc-$(triplet_of "$1" | tr _ -)" $_packages qemu-user
}

# built NAME CONFIGURE-ARGUMENT...: the sources below $work/NAME, without a
# warning
built() {
	_name=$1; shift
	copy_tree "$top" "$work/$_name"
	if (cd "$work/$_name" && ./configure "$@" &&
	    make CFLAGS="-O2 -g -Werror") >"$work/$_name.log" 2>&1; then
		ok "elsewhere: $_name: builds, no warning"
	else
		fail "elsewhere: $_name:" \
		    "$(grep -E 'configure:|error' "$work/$_name.log" |
		        head -n 3 | tr '\n' ' ')"
		return 1
	fi
}

# units BUILD RUNNER: the unit tests
units() {
	mkdir -p "$work/units"
	client=$1/acme-client run=$work/units RUNNER=$2 here=$here top=$top sh \
	    "$here/unit.sh" "$1" >"$work/units.log" 2>&1
	grep -E '^(FAIL|skip) ' "$work/units.log"
	_target=$(basename "$1") _passed=$(grep -c '^ok ' "$work/units.log")
	same "elsewhere: $_target: unit tests, $_passed passed: failed" \
	    0 "$(grep -c '^FAIL' "$work/units.log")"
	check "elsewhere: $_target: at least 1000 passed" \
	    test "$_passed" -ge 1000
}

# issuance NAME: one certificate from Pebble, by $client; then nothing is due
issuance() {
	[ -n "${ca_port:-}" ] || pebble_start ||
	    { fail "elsewhere: Pebble does not start"; return 1; }
	who="elsewhere: $1"
	fresh
	domain_write "$conf" example.com example.com "www.example.com"
	acme example.com
	expect "a certificate" 0
	good example.com "example.com www.example.com " "a certificate"
	cp "$err" "$work/first"
	acme example.com
	expect "nothing due" 2
}

# wrapper FILE TRACE COMMAND: a program that runs the command under the
# emulator, which traces into TRACE.NUMBER.  closefrom() leaves the trace open
# by its number (seccomp-marked.c), and a pipe has no RLIMIT_FSIZE.
wrapper() {
	_file=$1 _trace=$2; shift 2
	cat >"$_file" <<-END
	#!/bin/sh
	PATH=/usr/bin:/bin
	for fd in 3 4 5 6 7 8 9; do
	    [ -e /proc/self/fd/\$fd ] || eval "exec \$fd</dev/null"
	done
	trace=$_trace.\$\$
	mkfifo \$trace.pipe && { cat \$trace.pipe >\$trace 3>&- 2>/dev/null & }
	exec $qemu -strace -D \$trace.pipe $* "\$@"
	END
	chmod 755 "$_file"
}

# emulated TARGET QEMU: an issuance under it
emulated() {
	qemu=$(command -v "$2")
	copy_tree "$top" "$work/marked"
	cp "$here/seccomp-marked.c" "$work/marked/sandbox-seccomp.c"
	sed 's/^LDFLAGS = /&-Wl,--wrap=closefrom /' "$work/$1/config.mk" \
	    >"$work/marked/config.mk"
	# hookproc has no filter, in which the marks are.
	# shellcheck disable=SC2086
	make -C "$work/marked" acme-client ${role_names#parent } \
	    >"$work/marked.log" 2>&1 || {
		fail "elsewhere: $1: for the emulator:" \
		    "$(grep -m 1 -E 'error|undefined' "$work/marked.log")"
		return 1
	}
	rm -rf "$work/run" && mkdir -p "$work/run/traces" &&
	    chmod 755 "$work/run" && chmod 777 "$work/run/traces"
	for role in $role_names; do
		[ "$role" = parent ] ||
		    wrapper "$work/run/$role" "$work/run/traces/$role" \
		    "-0 $role $work/marked/$role"
	done
	cp "$work/marked/acme-client" "$work/run/acme-client"
	wrapper "$work/run/client" "$work/run/traces/parent" \
	    "$work/run/acme-client"
	client=$work/run/client
	issuance "$1, emulated"
	rm -f "$work/run/traces"/*.pipe
	arch=$(sed -n 's/^FILTER_ARCH = //p' "$work/$1/config.mk")
	text=$here/filters/$arch.txt
	# What libc makes of recv(): arm has a system call of that name.
	grep -Ev ' recv(from)?$' "$text" >"$work/text"
	what="a call that the text lacks is found in each process"
	# An issuance by webroot needs neither of the two.
	_ran=$(echo "$role_names" | sed 's/ zoneproc respproc$//')
	# shellcheck disable=SC2086
	same "elsewhere: $1: $what" "$(echo $_ran | wc -w)" \
	    "$(python3 "$here/emulated.py" "$work/text" "$work/run/traces" \
	        $_ran |
	        grep -c '^FAIL.*recvfrom')"
	# shellcheck disable=SC2086
	python3 "$here/emulated.py" "$text" "$work/run/traces" $_ran |
	    sed "s/^\([a-zA-Z]*\) /\1 elsewhere: $1: /" >"$work/emulated.log"
	cat "$work/emulated.log"
	grep -q '^FAIL' "$work/emulated.log" && failed=1
	rm -rf "$work/marked"
}

open_root_directory
if [ -n "$install" ]; then
	# shellcheck disable=SC2086
	install_packages $demo_packages || exit 1
fi
for target in $targets; do
	case $target in
	arm64) qemu=qemu-aarch64 ;;
	armhf) qemu=qemu-arm ;;
	riscv64) qemu=qemu-riscv64 ;;
	ppc64el) qemu=qemu-ppc64le ;;
	musl|refused) qemu= ;;
	*)
		echo "usage: elsewhere.sh [--install]" \
		    "[arm64|armhf|riscv64|ppc64el|musl|refused ...]" >&2
		exit 2 ;;
	esac
	case $target in
	musl)
		if ! command -v musl-gcc >/dev/null ||
		    [ ! -d "${MUSL_PREFIX:-}/lib/pkgconfig" ]; then
			skip "elsewhere: musl: no musl-gcc, or no MUSL_PREFIX"
			continue
		fi
		path=PKG_CONFIG_LIBDIR=$MUSL_PREFIX/lib/pkgconfig
		built musl CC=musl-gcc HOSTCC=gcc HOST_PKG_CONFIG=pkg-config \
		    CPPFLAGS="-I$MUSL_PREFIX/include" \
		    PKG_CONFIG="env $path pkg-config --static" || continue
		UNIT_CFLAGS="-I$MUSL_PREFIX/include -static-pie"
		export UNIT_CFLAGS
		units "$work/musl" ""
		unset UNIT_CFLAGS
		client=$work/musl/acme-client
		issuance musl
		same "elsewhere: musl: filters in each process" \
		    "$(echo $role_names | wc -w)" \
		    "$(grep -c 'sandbox: .*seccomp, no_new_privs' \
		        "$work/first")" ;;
	refused)
		for option in -m32 -mx32; do
			(
				copy_tree "$top" "$work/refused"
				cd "$work/refused" &&
				    ./configure CC="gcc $option"
			) >"$work/refused.log" 2>&1
			status=$?
			said=$(grep -c '^configure: .*system call' \
			    "$work/refused.log")
			same "elsewhere: x86_64 with $option: refused" "1 1" \
			    "$status $said"
		done
		if command -v s390x-linux-gnu-gcc >/dev/null; then
			(cd "$work/refused" &&
			    ./configure CC=s390x-linux-gnu-gcc \
			    HOSTCC=gcc) >"$work/refused.log" 2>&1
			status=$?
			said=$(grep -c '^configure: .*socketcall' \
			    "$work/refused.log")
			same "elsewhere: s390x: refused" "1 1" "$status $said"
		else
			skip "elsewhere: s390x: no s390x-linux-gnu-gcc"
		fi
		# time_t has 32 bits where glibc for 32-bit arm is not told
		# otherwise.
		if command -v arm-linux-gnueabihf-gcc >/dev/null; then
			arm-linux-gnueabihf-gcc -U_TIME_BITS \
			    -U_FILE_OFFSET_BITS -fsyntax-only -D_GNU_SOURCE \
			    -I"$top" "$top/clock.c" 2>"$work/refused.log"
			status=$?
			what="armhf with 32-bit time_t: refused when compiled"
			same "elsewhere: $what" 1 $status
			says "elsewhere: armhf with 32-bit time_t: says why" \
			    "$work/refused.log" "time_t has 32 bits"
		fi ;;
	*)
		status=0
		[ -z "$install" ] || get "$target" || status=$?
		case $status in
		0) ;;
		2)
			dpkg --remove-architecture "$target"
			skip "elsewhere: $target: this release has none"
			continue ;;
		*) fail "elsewhere: $target: packages"; continue ;;
		esac
		triplet=$(triplet_of "$target")
		if ! command -v "$triplet-gcc" >/dev/null ||
		    [ ! -e "/usr/lib/$triplet/pkgconfig/libtls.pc" ]; then
			skip "elsewhere: $target: no $triplet-gcc, or no" \
			    "libtls-dev:$target"
			continue
		fi
		# Debian 12's libraries for armhf have the same one: refused.
		printf '%s\n' '#include <time.h>' \
		    'int fits[sizeof(time_t) == 8 ? 1 : -1];' |
		    "$triplet-gcc" -x c -fsyntax-only - 2>/dev/null || {
			skip "elsewhere: $target: time_t has 32 bits in this" \
			    "release"
			continue
		}
		path=/usr/lib/$triplet/pkgconfig:/usr/share/pkgconfig
		built "$target" CC="$triplet-gcc" HOSTCC=gcc \
		    HOST_PKG_CONFIG=pkg-config \
		    PKG_CONFIG="env PKG_CONFIG_LIBDIR=$path pkg-config" ||
		    continue
		if ! command -v $qemu >/dev/null; then
			skip "elsewhere: $target: no $qemu"
			continue
		fi
		units "$work/$target" $qemu
		emulated "$target" $qemu ;;
	esac
done
exit $failed
