#!/bin/sh
# fuzz-link.sh OUTPUT LIBS ARGUMENT...: links a role's objects, out of the
# arguments of its link command in the Makefile, with fuzz-role.o, so that its
# variables can be put back (fuzz-restart.h).  CC and FLAGS are the compiler's.
# Functions of the C library with these NAMES become those with role_ before.
set -eu
output=$1 objects=
shift
libraries=
for argument in "$@"; do
	case $argument in
	sandbox-*.o|generated/filter-*.o) ;;
	begin-crypto.o) libraries="$libraries $argument" ;;
	*.o) objects="$objects $argument" ;;
	*) libraries="$libraries $argument" ;;
	esac
done
ours=
for name in ${NAMES:-main exit _exit err errx warn warnx atexit recv send poll \
    ppoll getaddrinfo connect fork fsync begin_crypto open_memstream fclose}; do
	ours="$ours --redefine-sym $name=role_$name"
done
# shellcheck disable=SC2086
ld -r -o "$output.all.o" $objects
# .data.rel: variables that point somewhere at their start.  clang 19 has a
# section for each variable.
renamed=$(objdump -h "$output.all.o" | awk '
	$2 ~ /^\.bss(\.|$)/ { print "--set-section-flags", $2 \
		"=alloc,load,contents,data --rename-section", $2 "=role_bss" }
	$2 ~ /^\.data(\.|$)/ && $2 !~ /^\.data\.rel\.ro/ {
		print "--rename-section", $2 "=role_data" }' | sort -u)
# shellcheck disable=SC2086
objcopy $renamed $ours "$output.all.o" "$output.o"
# shellcheck disable=SC2086
$CC $FLAGS -o "$output" "$output.fuzz.o" "$output.o" $libraries
