# -B: the certificate that the installed one has replaced is live again, with
# its key.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key both=$work/ssl/private/example.com.both
ssl=$work/ssl state=$work/state
options=

# began NAME STATUS [WORDS]: the last run, which has asked nobody for anything
began() {
	without_ca -B "$@"
	check "$who: -B: $1: no process for it" \
	    sh -c "grep -q 'sandboxes: .*fileproc' '$work/err' &&
	    ! grep -Eq 'sandboxes: .*(net|dns|key|chng)proc' '$work/err'"
}
# section [KEY OPTIONS]: a section with all kinds of files
section() {
	rm -rf "$work/etc" "$ssl" "$state"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com "" "$*"
}
# issue N: another certificate, its files in $work/N
issue() {
	again plain -F example.com
	[ $status = 0 ] ||
	    fail \
	    "$who: -B: certificate $1: $(end_of "$work/err" 2)"
	copy "$1"
}
copy() {
	rm -rf "$work/$1" && mkdir "$work/$1" && cp "$ssl"/*.pem "$work/$1" &&
	    cp "$key" "$work/$1/key" &&
	    { [ ! -e "$both" ] || cp "$both" "$work/$1/both"; }
}
# is WHAT N: certificate, chain, full chain, combined and key are those of
# certificate N
is() {
	for _f in .pem .chain.pem .fullchain.pem; do
		check "$who: -B: $1: $_f is that of certificate $2" \
		    cmp "$ssl/example.com$_f" "$work/$2/example.com$_f"
	done
	same "$who: -B: $1: the key is that of certificate $2" \
	    "$(spki_key "$work/$2/key")" "$(spki_key "$key")"
	[ ! -e "$both" ] ||
	    check "$who: -B: $1: the combined file is that of certificate $2" \
	    cmp "$both" "$work/$2/both"
	check "$who: -B: $1: nothing waits" test ! -e "$key.new"
}
back() { again plain -B example.com; }
# stays WHAT N: a renewal that is not due changes nothing, and neither does a
# second one
stays() {
	again plain example.com
	began "$1: the next renewal" 2 "nothing to do before"
	again plain example.com
	began "$1: the one after it" 2 "nothing to do before"
	is "$1: then" "$2"
}

group=$(id -g); [ "$who" = user ] || group=23456
for options in "" "rotate" "rotate group $group"; do
	for domain_more in "" "domain combined $both"; do
		what="${options:-no rotation}${domain_more:+, combined}"
		section $options
		issue 1
		back
		began "$what: nothing is kept" 2 "no other certificate is kept"
		is "$what: nothing is kept" 1
		issue 2
		back
		began "$what" 0 "putting back the certificate that ends on"
		is "$what" 1
		check "$who: -B: $what: the saved chain is gone" \
		    test ! -e "$state/domain-example.com.new.pem"
		stays "$what" 1
		[ "${options#*group}" = "$options" ] ||
		    same "$who: -B: $what: group" "640 $group" \
		    "$(stat -c '%a %g' "$key")"
		# Twice is where it began, and a renewal begins anew.
		back
		began "$what: twice" 0
		is "$what: twice" 2
		stays "$what: twice" 2
		issue 3
		back
		began "$what: of another renewal" 0
		is "$what: of another renewal" 2
	done
done
domain_more="domain combined $both"

# What may not be installed stays where it is.
# refused NAME WORDS: nothing changes
refused_back() {
	copy now
	ls -iA "$ssl" "$ssl/private" >"$work/before"
	back
	began "$1" 1 "$2"
	is "$1" now
	ls -iA "$ssl" "$ssl/private" | cmp -s - "$work/before" &&
	    ok "$who: -B: $1: what is kept stays" ||
	    fail "$who: -B: $1: what is kept has changed"
}
two() { section "$@"; issue 1; issue 2; }
two rotate; rm "$key.old"
refused_back "its key is gone" \
    "is for another key than the live one and the one before it"
two rotate
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.old" \
    2>/dev/null
chmod 600 "$key.old"
refused_back "another key before it" \
    "is for another key than the live one and the one before it"
two rotate
sed -i '/^	domain name /a alternative names { www.example.com }' \
    "$work/c.conf"
refused_back "other names" "is for other names than ours"
two rotate; sed -i 's/\.key" rotate/.key" rsa rotate/' "$work/c.conf"
refused_back "another type of key" "of another type or size than configured"
two rotate; sed -i "s|root file .*|root file \"$work/tls.pem\"|" "$work/c.conf"
refused_back "another root" "does not lead to a trusted root"
two rotate
cp "$work/1/example.com.fullchain.pem" \
    "$state/domain-example.com.compromised.pem"
refused_back "a compromised key" "is compromised, as -R keyCompromise said"
for copy in revoking revoked; do
	two
	cp "$work/1/example.com.fullchain.pem" \
	    "$state/domain-example.com.$copy.pem"
	chmod 600 "$state/domain-example.com.$copy.pem"
	refused_back "$copy" "is revoked, or was to be, by an earlier -r"
done
# A revocation that was cut off ends when another certificate is installed.
for options in "" rotate; do
	two $options
	cp "$work/1/example.com.fullchain.pem" \
	    "$state/domain-example.com.revoking.pem"
	chmod 600 "$state/domain-example.com.revoking.pem"
	again plain -r example.com
	same "$who: -B: ${options:-no rotation}, cut off: -r" 0 $status
	refused_back "${options:-no rotation}, revoked, and replaced before" \
	    "is revoked, or was to be, by an earlier -r"
done
two
echo garbage >"$ssl/.example.com.pem.acme-old"
rm "$ssl/.example.com.fullchain.pem.acme-old"
copy now; back
began "only the chain is kept" 2 "no other certificate is kept"
two rotate
cp "$work/1/example.com.fullchain.pem" "$state/domain-example.com.new.pem"
chmod 600 "$state/domain-example.com.new.pem"
refused_back "an earlier run is not done" \
    "from an earlier run, is not in place yet"
two
: >"$work/past.db"
cat >"$work/past.cnf" <<END
[ca]
default_ca=c
[c]
policy=p
rand_serial=yes
database=$work/past.db
[p]
END
printf 'subjectAltName=DNS:example.com\nextendedKeyUsage=serverAuth\n' \
    >"$work/past.ext"
openssl req -new -key "$key" -subj / -out "$work/past.csr" 2>/dev/null
openssl ca -batch -config "$work/past.cnf" -in "$work/past.csr" \
    -out "$work/past.pem" -notext -md sha256 -cert "$work/ca/inter.pem" \
    -keyfile "$work/ca/inter.key" -extfile "$work/past.ext" \
    -startdate 20260101000000Z -enddate 20261001000000Z -outdir "$work" \
    2>/dev/null
cat "$work/past.pem" "$work/ca/inter.pem" \
    >"$ssl/.example.com.fullchain.pem.acme-old"
refused_back "it has expired" "2026-10-01"
again plain -B; same "$who: -B: no handle: status" 1 $status
for more in -F -a -l "-R 1"; do
	again plain -B $more example.com
	same "$who: -B $more: status" 1 $status
done
# After a revocation there is nothing to put back.
two rotate
again plain -r example.com
back
began "revoked" 2 "no other certificate is kept"

# Only the certificate is configured, without a chain.
two
sed -i '/chain certificate/d; /combined/d' "$work/c.conf"
rm "$ssl"/.*.acme-old "$ssl"/*chain.pem "$both"
again plain -F example.com; again plain -F example.com
cp "$ssl/.example.com.pem.acme-old" "$work/kept.pem"
back
began "a leaf alone" 0
check "$who: -B: a leaf alone: it is live" \
    cmp "$ssl/example.com.pem" "$work/kept.pem"

# A process is killed at each rename and link: the next run completes the
# change, or nothing had begun.  Then -B once more.
if strace -o /dev/null true 2>/dev/null; then
	for options in "" rotate; do
		for n in 1 2 3 4 5 6 7 8; do
			two $options
			echo plain >"$work/ca/scenario"
			: >"$work/ca/log"
			kill="inject=renameat,renameat2,linkat:signal=KILL"
			strace -f -qq -o /dev/null -e "$kill:when=$n" \
			    "$client" -v -f "$work/c.conf" -B example.com \
			    2>"$work/err" </dev/null
			status=$?
			what="${options:-no rotation}, killed at rename $n"
			[ $status != 0 ] ||
			    { is "$what: not killed" 1; continue; }
			again plain example.com
			same "$who: -B: $what: no order" "" \
			    "$(grep new-order "$work/ca/log")"
			case $status in
			0) is "$what: completed" 1 ;;
			2) is "$what: had not begun" 2 ;;
			*)
				fail "$who: -B: $what: status $status:" \
				    "$(end_of "$work/err")" ;;
			esac
			now=$([ $status = 0 ] && echo 1 || echo 2)
			stays "$what" $now
			back
			began "$what: again" 0
			is "$what: again" $((3 - now))
		done
	done
else
	skip "$who: -B: killed: strace cannot trace here"
fi
exit $failed
