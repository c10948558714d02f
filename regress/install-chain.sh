# -i: a chain that another machine has obtained is judged and installed as if
# the CA had sent it.
. "$here/ca-lib.sh"
key=$work/ssl/private/example.com.key both=$work/ssl/private/example.com.both
ssl=$work/ssl state=$work/state
pub="-algorithm EC -pkeyopt ec_paramgen_curve:P-256"

# Certificates as the CA makes them, for any key, names and dates.
: >"$work/any.db"
cat >"$work/any.cnf" <<END
[ca]
default_ca=c
[c]
policy=p
rand_serial=yes
unique_subject=no
database=$work/any.db
[p]
END
# day N: that many days from now, as openssl ca wants it
day() { date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y%m%d%H%M%SZ; }
# chain NAME FIRST LAST [KEY [NAMES [CA]]]: $work/NAME.pem, valid from the one
# day to the other, behind it the certificate of the CA that signs
chain() {
	_ca=${6:-inter}
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' \
	    "${5:-DNS:example.com}" >"$work/any.ext"
	openssl req -new -key "${4:-$key}" -subj / -out "$work/any.csr" \
	    2>/dev/null
	openssl ca -batch -config "$work/any.cnf" -in "$work/any.csr" \
	    -out "$work/leaf.pem" -notext -md sha256 \
	    -cert "$work/ca/$_ca.pem" -keyfile "$work/ca/$_ca.key" \
	    -extfile "$work/any.ext" -startdate "$(day "$2")" \
	    -enddate "$(day "$3")" -outdir "$work" 2>"$work/any.log" ||
	    fail "$who: -i: chain $1: $(end_of "$work/any.log")"
	cat "$work/leaf.pem" "$work/ca/$_ca.pem" >"$work/$1.pem"
}
# make_key FILE
make_key() {
	# shellcheck disable=SC2086
	openssl genpkey $pub -out "$1" 2>/dev/null && chmod 600 "$1"
}
# issuer NAME DAYS: another intermediate CA, that ends in so many days
issuer() {
	cp "$work/ca/inter.key" "$work/ca/$1.key"
	printf 'basicConstraints=critical,CA:TRUE\n' >"$work/issuer.ext"
	openssl req -new -key "$work/ca/$1.key" -subj "/CN=$1" \
	    -out "$work/issuer.csr" 2>/dev/null &&
	    openssl x509 -req -in "$work/issuer.csr" -CA "$work/root.pem" \
	    -CAkey "$work/ca/root.key" -set_serial 77 -days "$2" \
	    -extfile "$work/issuer.ext" -out "$work/ca/$1.pem" 2>/dev/null ||
	    fail "$who: -i: no issuer $1"
}
# saved CHAIN: an earlier run was killed before it installed this
saved() {
	cp "$work/$1.pem" "$state/domain-example.com.new.pem"
	chmod 600 "$state/domain-example.com.new.pem"
	[ "$(id -u)" != 0 ] ||
	    chown --reference="$state" "$state/domain-example.com.new.pem"
}
# place [KEY OPTIONS]: a machine that has the key, and no certificate
place() {
	rm -rf "$work/etc" "$ssl" "$state" "$work/ran"
	conf_write "$work/c.conf"
	sed -i 's|/dir"|/directory"|' "$work/c.conf"
	domain_write "$work/c.conf" example.com example.com "" "$*"
	cp -p "$work/fleet.key" "$key"
}
# offer FILE [OPTION ...]
offer() {
	_offered=$1; shift
	again plain -i "$_offered" "$@" example.com
}
# began NAME STATUS [WORDS]: the last run, which has asked nobody for anything
began() {
	without_ca -i "$@"
	[ $status = 1 ] || check "$who: -i: $1: the processes are named" \
	    grep -q 'sandboxes: .*fileproc' "$work/err"
	check "$who: -i: $1: no process for it" \
	    sh -c "! grep -Eq 'sandboxes: .*(net|dns|key|chng)proc' '$work/err'"
}
# is WHAT CHAIN [KEY]: the files are those of this chain and key
is() {
	check "$who: -i: $1: the full chain is $2" \
	    cmp "$ssl/example.com.fullchain.pem" "$work/$2.pem"
	check "$who: -i: $1: the files belong together" set_of example.com
	same "$who: -i: $1: the key" "$(spki_key "${3:-$work/fleet.key}")" \
	    "$(spki_key "$key")"
	case $domain_more in *combined*)
		check "$who: -i: $1: key and chain in one file" joined \
		    "$both" "$key" "$work/$2.pem" ;;
	esac
	check "$who: -i: $1: nothing waits" \
	    test ! -e "$key.new" -a ! -e "$state/domain-example.com.new.pem"
}
# stays WHAT CHAIN [KEY]: renewals that are not due change nothing
stays() {
	again plain example.com
	began "$1: the next renewal" 2 "nothing to do before"
	again plain example.com
	began "$1: the one after it" 2 "nothing to do before"
	is "$1: then" "$2" "${3:-}"
}
# all_files: whatever a refusal must leave as it is
all_files() {
	(cd "$work" && find ssl state -type f ! -name '*.lock' -exec ls -il \
	    --time-style=full-iso {} + | sort -k 10 && cat "$work/ran" 2>&1)
}
# refused NAME FILE WORDS [OPTION ...]: nothing changes
refused() {
	_refused=$1 _of=$2 _words=$3; shift 3
	all_files >"$work/before"
	offer "$_of" "$@"
	began "$_refused" 1 "$_words"
	all_files >"$work/after"
	check "$who: -i: $_refused: nothing has changed" \
	    cmp "$work/before" "$work/after"
}

mkdir -p "$work/other"
make_key "$work/fleet.key"; make_key "$work/other/other.key"
for _k in new next; do make_key "$work/$_k.key"; done
fleet=$work/fleet.key
chain good -1 20 "$fleet"
chain later 0 25 "$fleet"

# A machine with the key and nothing else gets what the first one has.
for domain_more in "" "domain combined $both"; do
	what=${domain_more:+combined}
	place; offer "$work/good.pem"
	began "first ${what:-one}" 0 "installing the certificate that ends on"
	is "first ${what:-one}" good
	stays "first ${what:-one}" good
	all_files >"$work/before"
	offer "$work/good.pem"
	began "the same" 2 "is installed already"
	all_files >"$work/after"
	check "$who: -i: the same: nothing has changed" \
	    cmp "$work/before" "$work/after"
	offer "$work/later.pem"; began "a later one" 0; is "a later one" later
	stays "a later one" later
done

# Where it comes from.
domain_more="on change \"$work/ran.sh\""
printf '#!/bin/sh\necho ran >>"%s"\n' "$work/ran" >"$work/ran.sh"
chmod 755 "$work/ran.sh"
from() {
	place
	began_as=$1; shift
	: >"$work/ca/log"
	"$@" 2>"$work/err"
	status=$?
	began "from $began_as" 0
	check "$who: -i: from $began_as: it is there" \
	    cmp "$ssl/example.com.fullchain.pem" "$work/good.pem"
	same "$who: -i: from $began_as: on change" ran "$(cat "$work/ran")"
}
take="$client -v -f $work/c.conf -i"
from "standard input" sh -c "cat $work/good.pem | $take - example.com"
from "standard input, a file" sh -c "$take - example.com <$work/good.pem"
from "standard input, in pieces" sh -c "{ head -c 100 $work/good.pem
	sleep 0.5; tail -c +101 $work/good.pem; } | $take - example.com"
from "a socket" python3 -c 'import socket, subprocess, sys
a, b = socket.socketpair()
a.sendall(open(sys.argv[1], "rb").read()); a.shutdown(socket.SHUT_WR)
sys.exit(subprocess.run(sys.argv[2:], stdin=b).returncode)' \
    "$work/good.pem" $take - example.com
mkfifo "$work/fifo"
from "a named pipe" sh -c "(exec cat $work/good.pem >$work/fifo) &
	$take $work/fifo example.com"

# A refusal changes nothing, and runs nothing.
place; offer "$work/later.pem"; rm -f "$work/ran"
chain "other key" 0 26 "$work/other/other.key"
chain "other names" 0 26 "$fleet" DNS:www.example.com
chain "more names" 0 26 "$fleet" DNS:example.com,DNS:www.example.com
chain expired -9 -1 "$fleet"
chain "not yet" 2 26 "$fleet"
chain ends -0 24 "$fleet"
chain begins -2 27 "$fleet"
openssl req -x509 -key "$fleet" -subj / -days 26 -out "$work/self-signed.pem" \
    -addext subjectAltName=DNS:example.com \
    -addext basicConstraints=CA:FALSE -addext extendedKeyUsage=serverAuth \
    2>/dev/null
cp "$work/ca/inter.key" "$work/ca/self.key"
openssl req -x509 -key "$work/ca/self.key" -subj /CN=intermediate -days 26 \
    -out "$work/ca/self.pem" 2>/dev/null
chain "other root" 0 26 "$fleet" DNS:example.com self
chain newest 0 26 "$fleet"
openssl x509 -in "$work/newest.pem" -out "$work/cut.pem"
head -c 900 "$work/newest.pem" >"$work/half.pem"
openssl x509 -in "$work/newest.pem" -outform DER -out "$work/der.pem"
openssl x509 -text -in "$work/newest.pem" -out "$work/text.pem"
cat "$work/newest.pem" "$fleet" >"$work/with-key.pem"
(cat "$work/newest.pem" && printf '\033]0;owned\007') >"$work/more.pem"
(cat "$work/newest.pem"
for _i in 1 2 3 4 5 6 7 8 9; do cat "$work/ca/inter.pem"; done) \
    >"$work/many.pem"
yes -- "$(cat "$work/newest.pem")" | head -c 10485760 >"$work/large.pem"
head -c 65536 "$work/large.pem" >"$work/64k.pem"
echo '<html>no such key</html>' >"$work/html.pem"
: >"$work/empty.pem"
printf '%s\n' \
    "other key:the certificate is for another key than ours" \
    "other names:the certificate is for other names than ours" \
    "more names:the certificate is for other names than ours" \
    "expired:the chain is refused: .*2026-" \
    "not yet:the chain is refused: .*202" \
    "ends:before the installed one; -F would install it all the same" \
    "begins:it is older than the installed one: it begins on" \
    "self-signed:self-signed: no path to a root" \
    "other root:does not lead to a trusted root" \
    "cut:does not lead to a trusted root" \
    "half:the chain is refused: " "with-key:the chain is refused: " \
    "der:this is DER, not PEM; convert each certificate, the leaf first: op" \
    "text:something else where certificate 1 should begin" \
    "more:the chain is refused: " "many:the chain is refused: " \
    "64k:the chain is refused: " "html:the chain is refused: " \
    "large:large.pem: has more than 65536 bytes" "empty:is empty" \
    >"$work/table"
while IFS=: read -r what words; do
	refused "$what" "$work/$what.pem" "$words"
done <"$work/table"
check "$who: -i: no key is printed" \
    sh -c "! grep -q 'PRIVATE KEY' '$work/said.all'"
check "$who: -i: no control characters are printed" \
    sh -c "! grep -q '$(printf '\033')' '$work/said.all'"
refused "no such file" "$work/nothing.pem" "nothing.pem: No such file"
refused "a directory" "$work/ca" "/ca: is a directory; name the chain's file"
refused "a device" /dev/zero "is neither a regular file nor a pipe"
refused "standard input, a device" - \
    "standard input: is neither a regular file nor a pipe"
short OFFER_SECONDS=2
refused "a named pipe that nobody writes to" "$work/fifo" \
    "fifo: nothing has come within 2 seconds"
all_files >"$work/before"
: >"$work/ca/log"
sleep 60 | {
	"$client" -v -f "$work/c.conf" -i - example.com 2>"$work/err"
	echo $? >"$work/status"
} &
_pipe=$!
for _i in $(seq 600); do
	[ -s "$work/status" ] && break
	sleep 0.1
done
status=$(cat "$work/status")
began "no end" 1 "its end has not come within 2 seconds"
kill $_pipe 2>/dev/null
patient
all_files >"$work/after"
check "$who: -i: no end: nothing has changed" cmp "$work/before" "$work/after"
is "after the refusals" later
same "$who: -i: no command was run" "" "$(cat "$work/ran" 2>/dev/null)"

# What an administrator does not want back stays away, also with -F.
for copy in revoking revoked compromised; do
	place; offer "$work/later.pem"
	cp "$work/newest.pem" "$state/domain-example.com.$copy.pem"
	chmod 600 "$state/domain-example.com.$copy.pem"
	[ "$(id -u)" != 0 ] ||
	    chown --reference="$state" "$state/domain-example.com.$copy.pem"
	words="by an earlier -r"
	[ $copy != compromised ] || words="compromised, as -R keyCompromise"
	refused "$copy" "$work/newest.pem" "$words"
	refused "$copy, with -F" "$work/newest.pem" "$words" -F
done
# An older one is installed if the administrator insists, and then stays.
for what in ends begins good; do
	place; offer "$work/later.pem"
	refused "$what" "$work/$what.pem" "-F would install it all the same"
	offer "$work/$what.pem" -F; began "$what: -F" 0; is "$what: -F" $what
	stays "$what: -F" $what
done
place; offer "$work/later.pem"
refused "expired, with -F" "$work/expired.pem" "the chain is refused" -F
# Where the installed one is of no use, an older one is better than none.
chain gone -5 -1 "$fleet"; chain theirs 0 26 "$work/other/other.key"
for what in gone theirs; do
	place; offer "$work/later.pem"
	cp "$work/$what.pem" "$ssl/example.com.fullchain.pem"
	openssl x509 -in "$work/$what.pem" -out "$ssl/example.com.pem"
	offer "$work/good.pem"
	began "instead of what is no use ($what)" 0
	is "instead of what is no use ($what)" good
done
# A leaf that ends after its issuer does not hold up what ends after both.
issuer brief 10
chain outlives -1 30 "$fleet" "" brief
for what in installed waits; do
	place
	if [ $what = installed ]; then offer "$work/outlives.pem"
	else offer "$work/good.pem"; saved outlives
	fi
	chain "before its issuer" 0 9 "$fleet"
	refused "$what: outlives its issuer: one that ends before both" \
	    "$work/before its issuer.pem" "before the"
	offer "$work/later.pem"
	began "$what: outlives its issuer: a later one" 0
	is "$what: outlives its issuer: a later one" later
done
# The configured profile has changed: its certificates may end earlier.
place; offer "$work/later.pem"
sed -i 's/^	challengedir/	profile short\n&/' "$work/c.conf"
chain short 0 3 "$fleet"
offer "$work/short.pem"; began "another profile" 0; is "another profile" short
refused "another profile: an older one" "$work/begins.pem" "is older"

# The next renewals are as after any installation: the CA is asked some six
# hours later when to renew, and then a renewal is one.
place; offer "$work/later.pem"
again "ARI later" example.com
began "the window is not asked for at once" 2
between "$who: -i: the window is asked for after seconds" 20000 26000 \
    "$(state_renewal "$state/domain-example.com.json" "ask again")"
again plain -F example.com
[ $status = 0 ] && ok "$who: -i: then a renewal with -F" ||
    fail "$who: -i: then a renewal with -F: $status: $(end_of "$work/err")"
refused "what that has replaced" "$work/good.pem" "all the same"
# An earlier failure does not hold it up, and is forgotten.
place
again "unknown status" example.com
check "$who: -i: a renewal has failed" test $status = 1
offer "$work/good.pem"; began "after a failure" 0
stays "after a failure" good

# A new key comes with the chain: it waits beside the live one.
for domain_more in "" "domain combined $both"; do
	place rotate; offer "$work/good.pem"
	chain rotated 0 26 "$work/new.key"
	refused "rotate: without its key" "$work/rotated.pem" "another key"
	cp -p "$work/new.key" "$key.new"
	offer "$work/later.pem"; began "rotate: for the live key" 0
	check "$who: -i: rotate: for the live key: the other one waits" \
	    cmp "$key.new" "$work/new.key"
	offer "$work/rotated.pem"; began "rotate" 0
	is "rotate" rotated "$work/new.key"
	same "$who: -i: rotate: the replaced key is kept" \
	    "$(spki_key "$fleet")" "$(spki_key "$key.old")"
	stays "rotate" rotated "$work/new.key"
	again plain -B example.com
	same "$who: -i: rotate: -B" 0 $status
	is "rotate: -B" later
	# Rolled back with its old key: refused, whatever waits.
	offer "$work/rotated.pem"
	cp -p "$work/next.key" "$key.new"
	chain old -3 28 "$work/next.key"
	refused "rotate: an older one" "$work/old.pem" "is older than"
done
# No live key, and no certificate: the first key is the one that waits.
domain_more=
place rotate; mv "$key" "$key.new"
offer "$work/good.pem"; began "rotate: first of all" 0
is "rotate: first of all" good
place; rm "$key"
refused "no key" "$work/good.pem" "there is no key for this certificate"

# The key is elsewhere: the configured CSR says which it is.
place
openssl req -new -key "$fleet" -subj / -addext subjectAltName=DNS:example.com \
    -out "$work/own.csr" 2>/dev/null
rm "$key"
sed -i "s|domain key.*|csr file \"$work/own.csr\"|;/domain name/d" \
    "$work/c.conf"
offer "$work/good.pem"; began "csr file" 0
check "$who: -i: csr file: it is installed" \
    cmp "$ssl/example.com.fullchain.pem" "$work/good.pem"
refused "csr file: other key" "$work/other key.pem" "another key than ours"

# Only one file is configured.
place
sed -i '/chain certificate/d' "$work/c.conf"
offer "$work/good.pem"; began "a leaf alone" 0
offer "$work/good.pem"; began "a leaf alone: the same" 2
openssl x509 -in "$work/good.pem" | cmp - "$ssl/example.com.pem" &&
    ok "$who: -i: a leaf alone: it is installed" ||
    fail "$who: -i: a leaf alone: another one is installed"

# What an earlier run has saved is not lost for an earlier one.
place; offer "$work/good.pem"; saved newest
refused "a later one waits" "$work/later.pem" "which is not in place yet"
offer "$work/newest.pem"; began "it is the one that waits" 0
is "it is the one that waits" newest
place; offer "$work/good.pem"; saved later
offer "$work/newest.pem"; began "an earlier one waits" 0
is "an earlier one waits" newest
place; offer "$work/good.pem"; saved good
offer "$work/good.pem"; began "an earlier run was not able to tell" 0
offer "$work/good.pem"; began "and that once" 2

# Options.
for more in -B -r -l -t "-R 1" -a -J; do
	again plain -i "$work/good.pem" $more example.com
	same "$who: -i $more: status" 1 $status
done
again plain -i "$work/good.pem"; same "$who: -i: no handle: status" 1 $status
again plain -i "$work/good.pem" example.com example.com
same "$who: -i: two handles: status" 1 $status
again plain -n -i "$work/nothing.pem" example.com >/dev/null
same "$who: -i -n: status" 0 $status

# A process is killed at each rename and link: the next run completes the
# change, or nothing had begun.  Then -i once more.
if strace -o /dev/null true 2>/dev/null; then
	for options in "" rotate; do
		for n in 1 2 3 4 5 6 7 8 9; do
			place $options; offer "$work/good.pem"
			new=later new_key=$fleet
			[ -z "$options" ] || {
				cp -p "$work/new.key" "$key.new"
				new=rotated new_key=$work/new.key
			}
			: >"$work/ca/log"
			kill="inject=renameat,renameat2,linkat:signal=KILL"
			strace -f -qq -o /dev/null -e "$kill:when=$n" \
			    $take "$work/$new.pem" example.com \
			    2>"$work/err" </dev/null
			status=$?
			what="${options:-no rotation}, killed at rename $n"
			[ $status != 0 ] || {
				is "$what: not killed" $new "$new_key"
				continue
			}
			[ $((n % 2)) = 0 ] || {
				again plain example.com
				case $status in
				0) is "$what: completed" $new "$new_key" ;;
				2) check "$who: -i: $what: had not begun" \
				    cmp "$ssl/example.com.fullchain.pem" \
				    "$work/good.pem" ;;
				*) fail "$who: -i: $what: status $status:" \
				    "$(end_of "$work/err")" ;;
				esac
			}
			offer "$work/$new.pem"
			case $status in
			0|2) is "$what: again" $new "$new_key" ;;
			*) fail "$who: -i: $what: again: status $status:" \
			    "$(end_of "$work/err")" ;;
			esac
			stays "$what" $new "$new_key"
		done
	done
else
	skip "$who: -i: killed: strace cannot trace here"
fi
exit $failed
