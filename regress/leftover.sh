# What a run leaves to the next one: a chain that was saved, changes that were
# not reported, a revocation that was cut off; files that do not belong
# together, or were added later.
. "$here/lib.sh"
work_start
key=$work/ssl/private/example.com.key
both=$work/ssl/private/example.com.both.pem
saved=$work/state/domain-example.com.new.pem
revoking=$work/state/domain-example.com.revoking.pem
compromised=$work/state/domain-example.com.compromised.pem

own=$work/ssl/example.com full=$work/ssl/example.com.fullchain.pem

# section FILES [KEY OPTIONS]: a section with these of cert, chain, full, both
section() {
	conf_write "$conf"
	{
		echo "domain example.com {"
		echo "	domain key \"$key\" ${2:-}"
		echo "	challengedir \"$work/www\""
		for f in $1; do
			case $f in
			cert) echo "domain certificate $own.pem" ;;
			chain) echo "domain chain certificate $own.chain.pem" ;;
			full) echo "domain full chain certificate $full" ;;
			both) echo "domain combined $both" ;;
			esac
		done
		echo "}"
	} >>"$conf"
}
# paired NAME: key and chain in one file are the live key and the installed
# certificate
paired() {
	check "$who: $1: combined has the live key" \
	    test "$(spki_key "$key")" = "$(spki_key "$both")"
	check "$who: $1: combined has the installed certificate" \
	    sh -c "openssl x509 -in $both | cmp - $2"
	same "$who: $1: combined has a whole chain" 2 \
	    "$(grep -c BEGIN.CERTIFICATE "$both")"
}
requests() { grep -cE ': (GET|HEAD|POST) ' "$err"; }

# The new key is live, its only certificate is the saved one.
cut_off() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	section "full" rotate
	acme example.com
	cp "$work/ssl/example.com.fullchain.pem" "$work/old.pem"
	acme -F example.com
	expect "saved chain, $1: rotated" 0
	mv "$work/ssl/example.com.fullchain.pem" "$saved"
	cp "$work/old.pem" "$work/ssl/example.com.fullchain.pem"
	cp "$saved" "$work/new.pem"
}
kept() {
	check "$who: saved chain, $1: it is kept" cmp "$saved" "$work/new.pem"
	says "$who: saved chain, $1: that is said" "$err" "it is kept in $saved"
}
# recovered WHAT: all is well again, but that the CA cannot be reached
recovered() {
	sed -i "s/localhost:$ca_port/localhost:9/" "$conf"
	acme example.com
	expect "saved chain, $1: installed without the CA" 0
	same "$who: saved chain, $1: leaf matches key" "$(spki_key "$key")" \
	    "$(spki_cert "$work/ssl/example.com.fullchain.pem")"
	check "$who: saved chain, $1: gone when that was reported" \
	    test ! -e "$saved"
	# The other authority would be a reason to renew.
	sed -i "s/localhost:9/localhost:$ca_port/" "$conf"
	acme example.com
	expect "saved chain, $1: reported once" 2
}
saved_chain() {
	cut_off "root file away"
	mv "$work/root.pem" "$work/away.pem"
	run example.com
	expect "saved chain, root file away" 1
	kept "root file away"
	mv "$work/away.pem" "$work/root.pem"
	recovered "root file away"

	cut_off "another root"
	cp "$work/root.pem" "$work/away.pem"
	cp "$work/tls.pem" "$work/root.pem"
	run example.com
	expect "saved chain, another root" 1
	kept "another root"
	mv "$work/away.pem" "$work/root.pem"
	rm -f "$work/state/domain-example.com.json"
	recovered "another root"

	# Where names have changed it may still be the one certificate of the
	# live key.
	cut_off "other names"
	cp "$conf" "$work/c2"
	sed -i -e "s/localhost:$ca_port/localhost:9/" \
	    -e '/^domain example/a alternative names { www.example.com }' \
	    "$conf"
	run example.com
	expect "saved chain, other names, no CA" 1
	kept "other names"
	cp "$work/c2" "$conf"
	rm -f "$work/state"/*.json
	recovered "other names"

	cut_off "of no use"
	echo garbage >"$saved"
	acme example.com
	expect "saved chain, of no use: a new one" 0
	says "$who: saved chain, of no use: said" "$err" \
	    "domain-example.com.new.pem: .*; removed"
}

# A wrong clock: by it, the saved certificate is not valid yet, or has expired.
wrong_clock() {
	mkdir "$work/myca"; : >"$work/myca/index"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 900 -subj "/CN=my root" -keyout "$work/myca/key" \
	    -out "$work/myca/root.pem" 2>/dev/null
	cat >"$work/myca/conf" <<END
[ca]
default_ca=c
[c]
database=$work/myca/index
new_certs_dir=$work/myca
rand_serial=yes
policy=p
private_key=$work/myca/key
certificate=$work/myca/root.pem
default_md=sha256
unique_subject=no
[p]
[e]
subjectAltName=DNS:example.com
extendedKeyUsage=serverAuth
END
	for clock in "behind +21 +111" "ahead -90 -1"; do
		set -- $clock
		cut_off "clock $1"
		openssl req -new -key "$key" -subj /CN=x -out "$work/myca/csr" \
		    2>/dev/null
		openssl ca -batch -notext -config "$work/myca/conf" \
		    -extensions e \
		    -startdate "$(date -u -d "$2 days" +%y%m%d%H%M%SZ)" \
		    -enddate "$(date -u -d "$3 days" +%y%m%d%H%M%SZ)" \
		    -in "$work/myca/csr" -out "$saved" 2>"$work/myca/err" ||
		    fail "clock: openssl ca: $(tail -n 2 "$work/myca/err")"
		chmod 600 "$saved"
		cp "$saved" "$work/new.pem"
		sed -i -e "s/localhost:$ca_port/localhost:9/" \
		    -e "s|root file .*|root file \"$work/myca/root.pem\"|" \
		    "$conf"
		run example.com
		expect "saved chain, clock $1" 1
		kept "clock $1"
	done
}

# Killed between the chain and the combined file; combined or another file added
# later.
without_full_chain() {
	for rotate in "" rotate; do
		rm -rf "$work/etc" "$work/ssl" "$work/state"
		section "full cert both" "$rotate"
		acme example.com
		cp "$both" "$work/both.old"
		acme -F example.com
		cp "$work/ssl/example.com.fullchain.pem" "$saved"
		chmod 600 "$saved"
		cp "$work/both.old" "$both"
		rm "$work/ssl/example.com.fullchain.pem"
		section "cert both" "$rotate"
		acme example.com
		expect "cut off before combined, $rotate" 0
		same "$who: cut off before combined, $rotate: without the CA" \
		    0 "$(requests)"
		paired "cut off before combined, $rotate" \
		    "$work/ssl/example.com.pem"
		acme example.com
		expect "cut off before combined, $rotate: reported once" 2
	done
	for files in cert full "cert chain" "cert chain full"; do
		rm -rf "$work/etc" "$work/ssl" "$work/state"
		section "$files"
		acme example.com; acme example.com
		expect "$files: nothing due" 2
		section "$files both"
		acme example.com
		expect "combined added to $files" 0
		case $files in
		*full*)
			f=$work/ssl/example.com.fullchain.pem
			openssl x509 -in "$f" -out "$work/leaf" ;;
		*) cp "$work/ssl/example.com.pem" "$work/leaf" ;;
		esac
		paired "combined added to $files" "$work/leaf"
		# Only a lone certificate has no intermediates to go with it.
		[ "$files" = cert ] ||
		    same "$who: combined added to $files: without the CA" 0 \
		    "$(requests)"
		acme example.com
		expect "combined added to $files: then nothing" 2
		rm "$both"
		acme example.com
		expect "combined lost, $files" 0
		check "$who: combined lost, $files: there again" \
		    test "$(spki_key "$key")" = "$(spki_key "$both")"
	done
	for files in "cert:cert chain" "cert:cert full" "full:full cert" \
	    "full:full chain cert" "cert chain:cert chain full"; do
		rm -rf "$work/etc" "$work/ssl" "$work/state"
		section "${files%:*}"
		acme example.com; acme example.com
		section "${files#*:}"
		acme example.com
		expect "$files: added" 0
		acme example.com
		expect "$files: added: then nothing" 2
		for f in ${files#*:}; do
			case $f in
			cert) f=.pem ;;
			chain) f=.chain.pem ;;
			full) f=.fullchain.pem ;;
			esac
			check "$who: $files: added: $f" test -s "$own$f"
		done
	done
}

# What is larger than anything that is written counts as absent.
too_large() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	section "cert chain full"
	acme example.com
	for f in pem chain.pem fullchain.pem; do
		head -c 70000 /dev/zero |
		    tr '\0' '\n' >>"$work/ssl/example.com.$f"
		acme example.com
		expect "$f of 70 kB: made anew" 0
		check "$who: $f of 70 kB: set belongs together" \
		    set_of example.com
	done
	head -c 70000 /dev/zero |
	    tr '\0' ' ' >>"$work/state/domain-example.com.json"
	acme example.com
	expect "state of 70 kB" 2
	says "$who: state of 70 kB: said" "$err" \
	    "domain-example.com.json: larger than .*started anew"
	acme -F example.com
	expect "state of 70 kB: written again" 0
}

# second NAME SCRIPT: the configuration gets another authority, the first one's
# but for what sed's SCRIPT changes, and a domain that it signs
second() {
	sed -e "s/^authority test/authority $1/" -e '/state directory/d' \
	    -e '/^domain/,$d' -e "$2" "$conf" >"$work/$1"
	cat >>"$work/$1" <<END
domain $1.example {
	domain key "$work/ssl/private/$1.key"
	domain full chain certificate "$work/ssl/$1.pem"
	challengedir "$work/www"
	sign with $1
}
END
	cat "$work/$1" >>"$conf"
}
# A change is reported by the next run that ends with status 0, and once.
unreported() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	section "full"
	second gone "s/localhost:$ca_port/localhost:9/"
	acme -a
	expect "one of two authorities fails" 1
	what="the other's change is remembered"
	check "$who: one of two authorities fails: $what" test -e "$saved"
	acme -a
	expect "one of two still fails" 1
	acme example.com
	expect "the change is reported" 0
	check "$who: the change is reported: and forgotten" test ! -e "$saved"
	acme example.com
	expect "the change is reported once" 2

	# As after a kill in the run of the second authority, or before the end.
	section "full"
	cp "$work/ssl/example.com.fullchain.pem" "$saved"
	acme example.com
	expect "killed before its end" 0
	acme example.com
	expect "killed before its end: once" 2
	cp "$work/ssl/example.com.fullchain.pem" "$saved"
	acme -F example.com
	expect "killed before its end, then -F" 0
	check "$who: killed before its end, then -F: a new one" \
	    test ! -e "$saved"
	acme example.com
	expect "killed before its end, then -F: once" 2

	# With metrics, too, all that was changed is forgotten in the end.
	for last in "" "metrics file $work/state/metrics"; do
		rm -rf "$work/etc" "$work/ssl" "$work/state"
		section "full"
		second other s/account.pem/other.pem/
		echo "$last" >>"$conf"
		acme -a
		what="two authorities, ${last%% /*}"
		expect "$what" 0
		same "$who: $what: nothing saved is left" \
		    "" "$(ls "$work/state" | grep new.pem)"
		acme -a
		expect "$what: once" 2
		for a in example.com other.example; do
			f=$work/ssl/example.com.fullchain.pem
			[ $a = other.example ] && f=$work/ssl/other.pem
			cp "$f" "$work/state/domain-$a.new.pem"
			acme -a
			expect "$what: change of $a not reported" 0
			acme -a
			expect "$what: change of $a: once" 2
		done
	done
}

# -r -R keyCompromise that was interrupted: the files are as each of its steps
# leaves them.
revocation() {
	for step in begun revoked removed; do
		rm -rf "$work/etc" "$work/ssl" "$work/state"
		section "full both" rotate
		acme example.com
		old=$(spki_key "$key")
		cp "$key" "$work/old.key"
		cp "$both" "$work/old.both"
		cp "$work/ssl/example.com.fullchain.pem" "$work/old.pem"
		# A key that waits beside it may be known to the thief, too.
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		    -out "$key.new" 2>/dev/null
		chmod 600 "$key.new"
		waits=$(spki_key "$key.new")
		cp "$key.new" "$work/old.new"
		[ $step = begun ] || {
			acme -r -R keyCompromise example.com
			expect "revocation, $step: done" 0
			cp "$work/old.key" "$key"
			cp "$work/old.new" "$key.new"
			cp "$work/old.both" "$both"
		}
		cp "$work/old.pem" "$revoking"
		cp "$work/old.pem" "$compromised"
		rm -f "$work/state/domain-example.com.json"
		[ $step = removed ] ||
		    cp "$work/old.pem" "$work/ssl/example.com.fullchain.pem"
		cp -a "$work/ssl" "$work/ssl.cut"
		cp -a "$work/state" "$work/state.cut"
		# A plain renewal comes between.
		what="revocation, $step, then a renewal"
		acme example.com
		expect "$what" 0
		new=$(spki_cert "$full")
		check "$who: $what: the key is another" \
		    test "$new" != "$old" -a "$new" != "$waits" \
		    -a "$new" = "$(spki_key "$key")"
		cp "$full" "$work/new.pem"
		acme -r -R keyCompromise example.com
		what="$what, then -r"
		expect "$what" 0
		check "$who: $what: the new certificate stays" \
		    cmp "$work/new.pem" "$full"
		check "$who: $what: so does its key" \
		    test "$new" = "$(spki_key "$key")" \
		    -a "$new" = "$(spki_key "$both")"
		check "$who: $what: nothing is left to do" \
		    test ! -e "$revoking" -a ! -e "$compromised"
		check "$who: $what: the compromised key is gone" \
		    test ! -e "$key.old"
		run -B example.com
		check "$who: $what, then -B: nothing is put back" \
		    test $status != 0
		check "$who: $what, then -B: the new certificate stays" \
		    cmp "$work/new.pem" "$full"
		# The next -r comes at once.
		rm -rf "$work/ssl" "$work/state"
		mv "$work/ssl.cut" "$work/ssl"
		mv "$work/state.cut" "$work/state"
		acme -r -R keyCompromise example.com
		expect "revocation, $step, then -r" 0
		same "$who: revocation, $step, then -r: all is gone" "private" \
		    "$(ls "$work/ssl" "$work/ssl/private" | grep -v : | xargs)"
		check \
		    "$who: revocation, $step, then -r: nothing is left to do" \
		    test ! -e "$revoking" -a ! -e "$compromised"
		run -r example.com
		expect "revocation, $step, then -r: confirmed" 0
		run -r example.com
		expect "revocation, $step, then -r: once" 1
	done
}

# attributes FILE: its ACL and another attribute, set where a value is given
attributes() {
	python3 - "$@" <<'END'
import os, struct, sys
# The owner, user 33, the group, the mask, others.
entries = ((1, 6, 0xffffffff), (2, 4, 33), (4, 4, 0xffffffff),
    (0x10, 4, 0xffffffff), (0x20, 0, 0xffffffff))
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
names = {"system.posix_acl_access": acl, "user.note": b"by hand"}
path = sys.argv[1]
if len(sys.argv) > 2:
    for n, v in names.items(): os.setxattr(path, n, v)
else:
    sys.exit([n for n in names if n not in os.listxattr(path) or
        os.getxattr(path, n) != names[n]] or 0)
END
}
extended_attributes() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	section "cert chain full both" rotate
	acme example.com
	files="$key $both $own.pem $own.chain.pem $full"
	for f in $files; do
		attributes "$f" set 2>/dev/null || {
			skip \
			    "$who: extended attributes: not on this file system"
			return
		}
	done
	for n in 1 2; do
		acme -F example.com
		expect "extended attributes, renewal $n" 0
		for f in $files; do
			check \
			    "$who: extended attributes, renewal $n: ${f##*/}" \
			    attributes "$f"
		done
	done
	strace -f -o /dev/null true 2>/dev/null || {
		skip "$who: extended attributes that are lost: strace cannot" \
		    "trace here"
		return
	}
	# What cannot be read or set is named, and costs nothing else.
	for call in fgetxattr fsetxattr; do
		for f in $files; do attributes "$f" set; done
		: >"$err"
		JOURNAL_STREAM=$(stat -c %d:%i "$err") strace -f -qq \
		    -o /dev/null -e trace=$call -e inject=$call:error=EPERM \
		    "$client" -v -f "$conf" -F example.com 2>"$err" </dev/null
		status=$?
		expect "extended attributes, no $call" 0
		for f in $files; do
			for name in system.posix_acl_access user.note; do
				new="the new file has not got the old one's"
				old="its $name cannot be read, and will not be"
				case $call:$name in
				fgetxattr:*) text="$old kept" ;;
				*_access) text="$new ACL ($name)" ;;
				*) text="$new $name" ;;
				esac
				[ $call = fgetxattr ] ||
				    text="$text; set it again"
				what="extended attributes, no $call"
				text="$f: $text: Operation not permitted"
				says "$who: $what: ${f##*/}, $name" "$err" \
				    "^<4>acme-client: [a-z]*proc: $text"
			done
		done
	done
}

# Responses of a run that was killed go with the next one, also if nothing is
# due.
responses() {
	rm -rf "$work/etc" "$work/ssl" "$work/state"
	section "full"
	acme example.com; acme example.com
	expect "responses: nothing due" 2
	same "$who: responses: nothing is left by a run that ends well" "" \
	    "$(ls -A "$work/www")"
	thumb=$(printf 'x%.0s' $(seq 43))
	printf 'token1-of-at-least-22-bytes.%s' "$thumb" \
	    >"$work/www/token1-of-at-least-22-bytes"
	echo "of somebody else" >"$work/www/token2-of-at-least-22-bytes"
	echo "token3-of-at-least-22-bytes.$thumb" \
	    >"$work/www/token3-of-at-least-22-bytes"
	printf token4-of-at- >"$work/www/token4-of-at-least-22-bytes"
	: >"$work/www/token5-of-at-least-22-bytes"
	printf "token%s-of-at-least-22-bytes.$thumb\n" 1 2 4 5 6 \
	    >"$work/www/.acme-client.list"
	# Of another client, which serves the same directory by another account.
	printf 'token6-of-at-least-22-bytes.%s' "$(printf 'y%.0s' $(seq 43))" \
	    >"$work/www/token6-of-at-least-22-bytes"
	printf '../ssl/example.com.fullchain.pem\n' \
	    >>"$work/www/.acme-client.list"
	acme example.com
	expect "responses: left by a run that was killed: nothing due" 2
	others=$(printf 'token%d-of-at-least-22-bytes\n' 2 3 6)
	same "$who: responses: what it has put goes, and nothing else" \
	    "$others" "$(ls -A "$work/www")"
	check "$who: responses: not what a list names elsewhere" \
	    test -s "$work/ssl/example.com.fullchain.pem"
	same "$who: responses: then no process more than before" 0 \
	    "$(acme example.com; grep -c chngproc "$err")"
	# As long as the other run is there, they are its own.
	printf 'token1-of-at-least-22-bytes.%s' "$thumb" \
	    >"$work/www/token1-of-at-least-22-bytes"
	echo "token1-of-at-least-22-bytes.$thumb" >"$work/www/.acme-client.list"
	flock -s "$work/www/.acme-client.list" sleep 300 &
	_other=$!
	while flock -n "$work/www/.acme-client.list" true; do
		sleep 0.05
	done
	acme -F example.com
	expect "responses: beside another run" 0
	check "$who: responses: beside another run: those of that one stay" \
	    test -s "$work/www/token1-of-at-least-22-bytes"
	pkill -P $_other; kill $_other 2>/dev/null; wait $_other 2>/dev/null
	acme example.com
	same "$who: responses: when it has gone, too, they go" \
	    "$others" "$(ls -A "$work/www")"
	rm -f "$work/www"/*
	# Two runs look for room at the same time, each with its own file.
	if strace -f -o /dev/null true 2>/dev/null; then
		section "full"
		sed 's/example\.com/www.example.com/g' "$conf" \
		    >"$work/second.conf"
		strace -f -qq -o "$work/trace" -P "$work/www" -e trace=openat \
		    "$client" -F -f "$conf" example.com 2>"$err"
		_nth=$(grep -n 'probe' "$work/trace" | head -n 1 | cut -d: -f1)
		strace -f -qq -o "$work/trace" -P "$work/www" -e trace=openat \
		    -e inject=openat:delay_enter=2500000:when="$_nth" \
		    "$client" -F -f "$conf" example.com 2>"$err" &
		_other=$!
		sleep 1
		strace -f -qq -o "$work/trace.second" -P "$work/www" \
		    -e trace=unlinkat \
		    -e inject=unlinkat:delay_enter=3000000:when=1 "$client" -F \
		    -f "$work/second.conf" www.example.com 2>"$work/second.err"
		status=$?
		what="responses: two runs look for room at once"
		same "$who: $what: the second" 0 $status
		wait $_other
		same "$who: $what: the first" 0 $?
		grep -h "cannot\|in the way" "$err" "$work/second.err"
		same "$who: $what: nothing is left" "" "$(ls -A "$work/www")"
	fi
	if strace -f -o /dev/null true 2>/dev/null; then
		strace -f -qq -o "$work/trace" -P "$work/www" \
		    -e trace=unlinkat -e inject=unlinkat:signal=SIGKILL:when=2 \
		    "$client" -F -f "$conf" example.com 2>"$err"
		check "$who: responses: chng was killed" \
		    test -n "$(ls -A "$work/www")"
		acme example.com
		same "$who: responses: what it has left has gone" "" \
		    "$(ls -A "$work/www")"
	else
		skip "$who: responses: strace cannot trace here"
	fi
}

# wrapped ROLE LINE: a script in the role's place in the copy in $work/signals,
# in which real is its program
wrapped() {
	mkdir -p "$work/real"
	cp "$(dirname "$client")/$1" "$work/real/$1"
	rm "$work/signals/$1"
	printf '#!/bin/sh\nreal=%s\n%s\n' "$work/real/$1" "$2" \
	    >"$work/signals/$1"
	chmod 755 "$work/signals/$1"
}

# A role could write to the standard output what would not be made harmless.
standard_output() {
	for role in netproc dnsproc keyproc csrproc chngproc certproc \
	    fileproc; do
		wrapped $role "echo heard; exec \$real \"\$@\""
	done
	"$work/signals/acme-client" -f "$conf" -F example.com \
	    >"$work/out" 2>"$err"
	same "$who: no role of a renewal has the standard output" "0 " \
	    "$? $(cat "$work/out")"
}

# Signals at moments that are hard to hit: a role that has just been executed
# gets one, and the parent gets one when the work is done.
signals() {
	conf_write "$conf"
	domain_write "$conf" example.com example.com ""
	cp -r "$(dirname "$client")" "$work/signals"
	for signal in INT TERM HUP; do
		wrapped certproc "kill -$signal \$\$; exec \$real \"\$@\""
		"$work/signals/acme-client" -f "$conf" -F example.com \
		    >"$err" 2>&1
		status=$?
		what="SIG$signal for a role that begins is the parent's affair"
		same "$who: signals: $what" "0 " "$status $(cat "$err")"
	done
	cp "$work/real/certproc" "$work/signals/certproc"
	wrapped chngproc "\$real \"\$@\"; kill -TERM \$PPID; sleep 1"
	"$work/signals/acme-client" -f "$conf" -F example.com >"$err" 2>&1
	same "$who: signals: when all is done: status" 1 $?
	says "$who: signals: when all is done: is said" "$err" \
	    "interrupted by signal 15, Terminated: what has changed is" \
	    "reported by the next run"
	acme example.com
	expect "signals: when all is done: the next run reports it" 0
	acme example.com
	expect "signals: when all is done: once" 2
}

pebble_start || exit 1
extended_attributes
signals
standard_output
responses
saved_chain
wrong_clock
without_full_chain
too_large
unreported
revocation
exit $failed
