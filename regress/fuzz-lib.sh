# What fuzz.sh, fuzz-roles.sh and fuzz-long.sh have in common: the targets of
# libFuzzer, how they are built, and their first inputs.
#
# A target is NAME of a fuzz-NAME.c, which calls functions of the tree; or the
# name of a role's program, which fuzz-role.c sends messages.  corpus/TARGET has
# inputs that reach most of what is known to be reached, and each one that has
# ever failed; TARGET.dict beside it has the words of its grammar.
. "$here/setup.sh"
. "$here/lib.sh"
work=$run
fuzz_parsers="caa chain conf der dns http json msg responder state status text"
fuzz_roles="${role_names#parent } hookproc"
fuzz_flags="-gline-tables-only -O1"
# The objects of the target dns, and which functions it has in place of libc's.
fuzz_dns="zone-ask.o zone-caa.o zone-check.o zone-find.o zone-resolvers.o"
fuzz_dns="$fuzz_dns zone-watch.o persist.o address.o clock.o log.o valid.o"
fuzz_dns="$fuzz_dns challenge.o"
fuzz_dns_names="socket connect getsockopt send recv close poll clock_gettime"
fuzz_dns_names="$fuzz_dns_names arc4random malloc calloc strdup recallocarray"
fuzz_dns_names="$fuzz_dns_names free warnx vwarnx"
# The functions of libc in whose place other targets have __wrap_NAME().
fuzz_wraps() {
	case $1 in
	conf) set -- read ;;
	msg) set -- exit err errx calloc strdup recv poll send ;;
	state) set -- write ftruncate lseek unlink flock poll ;;
	*) set -- ;;
	esac
	for _name in "$@"; do printf ' -Wl,--wrap=%s' "$_name"; done
}
export FUZZ_FILES="$here/corpus/files"
fuzz_sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=undefined"

# fuzz_objects DIRECTORY FLAGS: the tree's objects, compiled with these flags,
# in this directory; those without main() in libtree.a, too.  No file has a
# warning.  Several sections may call it for one directory: asan, build, fuzz
# and fuzz-roles have the same objects.  The flags are in config.mk, so that
# those who build again from this build have them, too.
fuzz_objects() {
	mkdir -p "$1" || return 1
	(
		flock 7
		cd "$1" || exit 1
		[ -e libtree.a ] && exit 0
		_harden="-fPIE $2 -fsanitize=fuzzer-no-link"
		copy_tree "$top" . && ./configure CC=clang &&
		    sed -i "s/^HARDEN = .*/HARDEN = $_harden/" config.mk &&
		    make -j "$(getconf _NPROCESSORS_ONLN)" CFLAGS=-Werror \
		    LINK=@: all &&
		    ar rcs libtree.a $(ls ./*.o |
			grep -Ev '/(acme-client|[a-z]+proc)\.o$')
	) 7<"$1" >"$run/objects.log" 2>&1
}

# fuzz_build OBJECTS FLAGS TARGET OUTPUT: links a target of these objects, which
# fuzz_objects() has compiled with these flags
fuzz_build() (
	cd "$1" && build_of . || exit 1
	_link="$2 -fsanitize=fuzzer"
	case $3 in
	*proc)
		_role=ROLE_$(echo "${3%proc}" | tr a-z A-Z)
		# shellcheck disable=SC2086
		clang -std=gnu11 -O2 $flags -DFUZZ_ROLE="$_role" -I. \
		    -c -o "$4.fuzz.o" regress/fuzz-role.c &&
		    CC=clang FLAGS="$_link" make CFLAGS= \
		    LINK="@sh regress/fuzz-link.sh $4" "$3" ;;
	dns)
		# shellcheck disable=SC2086
		clang -std=gnu11 -O2 $flags -I. -c -o "$4.fuzz.o" \
		    regress/fuzz-dns.c &&
		    CC=clang FLAGS="$_link" NAMES="$fuzz_dns_names" \
		    sh regress/fuzz-link.sh "$4" $fuzz_dns $libs ;;
	*)
		# shellcheck disable=SC2086
		clang -std=gnu11 $_link $flags -I. -o "$4" \
		    "regress/fuzz-$3.c" libtree.a $(fuzz_wraps "$3") $libs ;;
	esac
) >"$4.log" 2>&1

# What libFuzzer is told.  A configuration lives until exit, and so does what a
# role allocates.
# No input takes a second; on a busy machine it may wait for a processor.
fuzz_options="-max_len=16384 -timeout=120"
# fuzz_dict TARGET: the option for its words, if it has any
fuzz_dict() {
	[ ! -e "$here/corpus/$1.dict" ] || echo "-dict=$here/corpus/$1.dict"
}
fuzz_leaks() {
	case $1 in
	conf|*proc) echo detect_leaks=0 ;;
	*) echo detect_leaks=1 ;;
	esac
}

# fuzz_replay TARGET SECTION: the inputs that are kept for this target, in the
# directory where its program and files are
fuzz_replay() {
	_kept=$here/corpus/$1
	_n=$(ls "$_kept" | wc -l)
	# shellcheck disable=SC2086
	(cd "$work" && ASAN_OPTIONS=$(fuzz_leaks "$1") \
	    FUZZ_CONF=$work/roles/$1/conf "./fuzz-$1" -runs=0 $fuzz_options \
	    -close_fd_mask=2 "$_kept") >"$work/fuzz-$1.kept" 2>&1
	same "$2: $1: the $_n inputs that are kept" "0 " \
	    "$? $(grep -aE -m 1 'ERROR|runtime error' "$work/fuzz-$1.kept")"
	fuzz_trace "$work/fuzz-$1.kept"
}
# fuzz_trace LOG: where a target has failed, if it has
fuzz_trace() {
	grep -aE '^ *#[0-9]+ 0x|ERROR|SUMMARY|runtime error' "$1" | head -n 40 |
	    sed 's/^/# /'
}

# fuzz_record DIRECTORY: real runs with Pebble, whose messages record.c writes.
# Below DIRECTORY/ROLE are then the configurations (conf) and first inputs
# (seeds) of fuzz-role.c, and the files of the first run are there again.
fuzz_record() {
	_recorded=$1/recorded _raw=$1/raw _programs=$1/programs
	_build=$(dirname "$client")
	mkdir -p "$_recorded" "$_programs" "$1/raw" && chmod 777 "$1/raw"
	build_of "$_build"
	# shellcheck disable=SC2086
	$cc -std=gnu11 $flags -DRECORD_DIR="\"$1/raw\"" -I"$top" \
	    -o "$1/record" "$here/record.c" || return 1
	cp "$client" "$_programs"
	for _role in $fuzz_roles; do
		cp "$_build/$_role" "$_programs/$_role.real"
		cp "$1/record" "$_programs/$_role"
	done
	client=$_programs/acme-client
	pebble_start || return 1
	fresh
	echo 'dns wait 1' >>"$conf"
	echo 'dns server 127.0.0.1 port 9' >>"$conf"
	echo 'on change /bin/true' >>"$conf"
	domain_write "$conf" example.com example.com www.example.com
	for _way in "challenge dns-01
	challenge hook /bin/true" "listen on 127.0.0.1 port $(free_ports 1)"; do
		cat >>"$conf" <<-END
		domain "${_way%% *}.example" {
			domain key "$work/ssl/private/${_way%% *}.key"
			domain certificate "$work/ssl/${_way%% *}.pem"
			$_way
		}
		END
	done
	recorded first 1 -a
	mkdir "$1/files" && cp -a "$work/etc" "$work/ssl" "$work/state" \
	    "$work/www" "$1/files" || return 1
	recorded nothing 0 example.com
	recorded forced 0 -F example.com
	recorded list 1 -l
	recorded show 0 -t test
	recorded contact 0 -U test
	recorded rollover 0 -K test
	recorded restore 0 -B example.com
	recorded revoke 0 -r example.com
	recorded deactivate 0 -F -D test
	for _dir in etc ssl state www; do
		rm -rf "${work:?}/$_dir"
		cp -a "$1/files/$_dir" "$work/$_dir" || return 1
	done
	_start=$(printf '%s\n' '#include "acme-client.h"' \
	    'int start = ROLE_START;' |
	    $cc -std=gnu11 $flags -I"$top" -x c -S -o - - |
	    sed -n 's/^[[:space:]]*\.long[[:space:]]//p')
	python3 "$here/fuzz_split.py" "$_recorded" "$1" "$_start"
}
# recorded KIND STATUS ARGUMENT...: a run, whose messages are of this kind
recorded() {
	_kind=$1 _right=$2; shift 2
	run "$@"
	[ $status = "$_right" ] ||
	    fail "fuzz: recording acme-client $*: status $status: $(cat "$err")"
	for _file in "$_raw"/*; do
		[ ! -e "$_file" ] || mv "$_file" \
		    "$_recorded/$_kind.$(basename "$_file")"
	done
}
