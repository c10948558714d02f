# Hostile stand-ins (evil.c, evil.py) for each role but key and csr, in every
# mode of a run.
# EVIL=: options of evil.py, such as "seed=1 only=NET/-F/cunning".
. "$here/lib.sh"
work_start

# programs_with_evil DIRECTORY: all programs, those of the roles with evil.c in
# them, and with short deadlines.  The one place that knows how they are linked.
programs_with_evil() {
	_roles=${role_names#parent }
	_flags="-O1 -g -DPROGRESS_SECONDS=8 -DSTUCK_SECONDS=6 -DSTOP_SECONDS=2"
	_wrap=-Wl,--wrap=msg_receive,--wrap=msg_send,--wrap=sandbox_enter
	cp -a "$(dirname "$client")" "$work/build" &&
	    cp "$here/evil.c" "$here/evil-calls.c" "$here/evil.h" \
		"$work/build/" &&
	    mkdir "$1" || return 1
	# All of one build: its identity is made once, by the first make.
	# shellcheck disable=SC2086
	(cd "$work/build" &&
	    _link=$(sed -n 's/^LDFLAGS = *//p' config.mk) &&
	    _sandbox=$(sed -n 's/^SANDBOX_OBJS = *//p' config.mk) &&
	    touch parent-broker.c parent-apart.c &&
	    make CFLAGS="$_flags" &&
	    rm -f $_roles &&
	    make CFLAGS="$_flags" ROLE="role.o evil.o evil-calls.o $_sandbox" \
		LDFLAGS="$_link $_wrap" $_roles &&
	    cp acme-client $_roles hookproc "$1"
	) >"$work/build.log" 2>&1
}

programs_with_evil "$work/programs" || {
	fail "evil: the programs with evil roles do not build:" \
	    "$(tail -n 2 "$work/build.log")"
	exit 1
}
mkdir "$work/worlds" && chmod 755 "$work/worlds"
# shellcheck disable=SC2086
python3 "$here/evil.py" "$work/worlds" "$work/programs" "$client" "$top" \
    ${EVIL:-${EACH:+all}} ||
    failed=1
exit $failed
