# An error in one handle costs this handle only, whatever the error is and
# whatever the run is for.
. "$here/lib.sh"
work_start
pebble_start PEBBLE_VA_ALWAYS_VALID=1 || exit 1

# three: handles a, b and c; b has directories of its own, and $more in its
# section
three() {
	chmod -R u+rwX "$work/b" 2>/dev/null
	umount "$work/b/ssl" 2>/dev/null
	rm -rf "$work/b" && fresh &&
	    mkdir -p "$work/b/ssl" "$work/b/keys" "$work/b/www" &&
	    chmod 700 "$work/b/keys"
	domain_write "$conf" a a.example.com ""
	cat >>"$conf" <<END
domain b {
	domain name b.example.com
	domain key "$work/b/keys/b.key" $more
	domain certificate "$work/b/ssl/b.pem"
	domain full chain certificate "b.fullchain.pem"
	challengedir "$work/b/www"
}
END
	domain_write "$conf" c c.example.com ""
}
more=
there() {
	(cd "$work/ssl" &&
	    ls ./*.fullchain.pem 2>/dev/null | sed 's|^./||;s|\..*||' | xargs)
}
# costs_b NAME COMMAND WORDS: after this command b fails, saying so, and nothing
# else does
costs_b() {
	three
	eval "$2"
	acme -a
	same "$who: $1: -a: status, the others" "1: a c" "$status: $(there)"
	says "$who: $1: -a: says so" "$err" "$3"
	same "$who: $1: -a: no process gives up" 0 \
	    "$(grep -c 'before its time\|ended with status' "$err")"
	acme -F c b a
	_installed=$(sed -n 's/.*certproc: \(.\): installed .*/\1/p' "$err" |
	    sort | xargs)
	same "$who: $1: -F c b a: status, installed" "1: a c" \
	    "$status: $_installed"
	run -l
	same "$who: $1: -l: all are there" "a b c" \
	    "$(sed 's/\x1b[^m]*m//g' "$work/out" | grep -oE '(^| )[abc] ' |
	        sort -u | xargs)"
	run -n
	[ $status -le 1 ] && ok "$who: $1: -n" ||
	    fail "$who: $1: -n: status $status"
	acme -r a b c
	same "$who: $1: -r a b c: the others are gone" "" "$(there)"
}

more="group nosuchgroup"
costs_b "a group that is gone" : \
    "b.key: group nosuchgroup: there is no such group"
more=
own() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$work/csr.key" -subj / \
	    -addext "subjectAltName=DNS:${1:-b.example.com}" \
	    -out "$work/b/b.csr" 2>/dev/null
}
brings_own() {
	_key="domain key \"$work/b/keys/b.key\""
	sed -i -e '/domain name b.example.com/d' \
	    -e "s|$_key.*|csr file \"$work/b/b.csr\"|" "$conf"
}
costs_b "no CSR file" "brings_own" "csr file $work/b/b.csr: No such file"
# A handle that is given twice counts once, whatever is wrong with it.
# twice WORDS OPTION...: the handles are given twice; b is said to be wrong once
twice() {
	_words=$1; shift
	run "$@" b a b a b
	says "$who: given twice: $*" "$err" "$_words"
	same "$who: given twice: $*: said once" 1 \
	    "$(grep -c "b.csr: No such file" "$err")"
}
three
brings_own
twice "1 changed, 0 unchanged, 1 failed" -v
twice "1 changed, 0 unchanged, 1 failed" -v -F
twice "except for 1 of the handles" -n
twice "No such file" -l
same "$who: given twice: -l: listed once" "b a" \
    "$(sed 's/\x1b[^m]*m//g' "$work/out" | grep -oE '(^| )[ab] ' | xargs)"
run -T b b b
same "$who: given twice: -T: said once" 1 "$(wc -l <"$err")"
twice "1 changed, 0 unchanged, 1 failed" -v -B
twice "1 changed, 0 unchanged, 1 failed" -v -r
costs_b "an empty CSR file" "brings_own; : >$work/b/b.csr" \
    "b.csr: is not a certificate signing request"
costs_b "a CSR that everyone may write" \
    "brings_own; own; chmod 666 $work/b/b.csr" "others may write"
weak() {
	openssl req -new -newkey "$1" -nodes -keyout "$work/csr.key" -subj / \
	    -addext subjectAltName=DNS:b.example.com -out "$work/b/b.csr" \
	    2>/dev/null
}
# Before a certificate is ordered that could not be installed.
costs_b "a CSR for a weak key" "brings_own; weak rsa:1024" \
    "b.csr: CSR for a key of 1024 bits, too weak"
costs_b "a CSR for a key of another type" "brings_own; weak ed25519" \
    "b.csr: CSR for a key of 2.. bits, too weak or of another type"
spoil_signature() {
	openssl req -in "$work/b/b.csr" -outform DER -out "$work/csr.der"
	(head -c -4 "$work/csr.der"; printf abcd) >"$work/b/b.csr"
}
costs_b "a CSR that is not signed" "brings_own; own; spoil_signature" \
    "b.csr: is not signed by its own key"
costs_b "a CSR for no host" "brings_own; own .b.example.com" \
    "name .b.example.com: expected a host name"
costs_b "a CSR that is too large" \
    "brings_own; head -c 70000 /dev/zero >$work/b/b.csr" "not a file of at most"
costs_b "a CSR that is a directory" "brings_own; mkdir $work/b/b.csr" \
    "not a file of at most"
for dir in ssl keys www; do
	costs_b "$dir: missing" "rm -r $work/b/$dir" \
	    "$work/b/$dir.*: No such file or directory"
	costs_b "$dir: a file" "rm -r $work/b/$dir; : >$work/b/$dir" \
	    "$work/b/$dir.*: Not a directory"
	costs_b "$dir: a symbolic link" \
	    "mv $work/b/$dir $work/b/real; ln -s real $work/b/$dir" \
	    "'$dir' is a symbolic link"
done
for file in ssl/b.pem ssl/b.fullchain.pem keys/b.key; do
	costs_b "$file: a directory" "mkdir $work/b/$file" \
	    "$work/b/$file: not a regular file"
	costs_b "$file: a symbolic link" \
	    ": >$work/b/real; ln -s ../real $work/b/$file" \
	    "$work/b/$file: is a symbolic link"
	costs_b "$file: a fifo" "mkfifo $work/b/$file" \
	    "$work/b/$file: not a regular file"
done
costs_b "key: too large" \
    "(umask 077; head -c 20000 /dev/zero >$work/b/keys/b.key)" \
    "b.key: larger than"
costs_b "key: empty" ": >$work/b/keys/b.key; chmod 600 $work/b/keys/b.key" \
    "b.key: is empty"
open_key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$work/b/keys/b.key"
	chmod 644 "$work/b/keys/b.key"
}
costs_b "key: for others to read" open_key "make it 0600"
costs_b "state: a directory" "mkdir $work/state/domain-b.json" \
    "domain-b.json: is a directory; remove it"
costs_b "lock: a directory" "mkdir $work/state/domain-b.lock" \
    "domain-b.lock: Is a directory"
costs_b "saved chain: a directory" "mkdir $work/state/domain-b.new.pem" \
    "domain-b.new.pem: not a regular file"
costs_b "in the way" "mkdir $work/b/ssl/.b.pem.acme-new" \
    "'.b.pem.acme-new' is in the way"
if [ "$who" = root ]; then
	if mount -t tmpfs -o size=4k none "$work/b/ssl" 2>/dev/null; then
		umount "$work/b/ssl"
		no_room() {
			mount -t tmpfs -o size=4k none "$work/b/ssl"
			head -c 4096 /dev/zero >"$work/b/ssl/full"
		}
		costs_b "no room" no_room "No space left"
		umount "$work/b/ssl" 2>/dev/null
	else
		skip "handles: no room: no file system can be mounted here"
	fi
else
	for dir in ssl keys www; do
		costs_b "$dir: closed" "chmod 0 $work/b/$dir" \
		    "$work/b/$dir.*: Permission denied"
		costs_b "$dir: not writable" "chmod 500 $work/b/$dir" \
		    "Permission denied"
	done
fi

# Files that an earlier run as root has left are named to the user who runs it
# now, with the way out.
roots() { # roots NAME FILE [NAME IN THE MESSAGE]
	three
	chown -R 54321:54321 "$work/etc" "$work/ssl" "$work/state" "$work/b" \
	    "$work/www"
	[ -e "$work/$2" ] || : >"$work/$2"
	chown 0:0 "$work/$2" && chmod u=rwX,go= "$work/$2"
	setpriv --reuid=54321 --regid=54321 --clear-groups --inh-caps=-all \
	    "$client" -f "$conf" b 2>"$err" </dev/null
	says "$who: of root: $1" "$err" "Permission denied;" \
	    "${3:-${2##*/}} belongs to user 0, and this is user 54321: chown it"
}
if [ "$who" = root ]; then
	roots "lock" state/domain-b.lock
	roots "state" state/domain-b.json
	roots "account's state" state/authority-test.json
	roots "account key" etc/private/account.pem
	roots "domain key" b/keys/b.key
	roots "certificate" b/ssl/b.pem
	roots "state directory" state
	roots "directory of keys" b/keys
	roots "directory of certificates" b/ssl
	chown -R 0:0 "$work/etc" "$work/ssl" "$work/state" "$work/b" "$work/www"
fi

# What is damaged and can be made anew is.
anew() { # anew NAME FILE WORDS
	three
	eval "$2"
	acme -a
	same "$who: $1: status, installed" "0: a c" "$status: $(there)"
	says "$who: $1: says so" "$err" "$3"
}
spaces() { head -c 70000 /dev/zero | tr '\0' ' ' >"$1"; }
anew "state too large" "spaces $work/state/domain-b.json" \
    "domain-b.json: larger than 65536 bytes: damaged, started anew"
for file in authority-test.json authority-test.backoff.json; do
	anew "$file too large" "spaces $work/state/$file" \
	    "$file: larger than 65536 bytes: damaged, started anew"
	anew "$file no JSON" "echo x >$work/state/$file" \
	    "$file: damaged, started anew"
	anew "$file a directory" "mkdir $work/state/$file" \
	    "$file: not a regular file: damaged, started anew"
	anew "$file a symbolic link" "ln -s x $work/state/$file" \
	    "$file: is a symbolic link"
done

# Where the replaced key cannot be kept, the certificate is renewed all the
# same.
more=rotate
three
acme -a
mkdir "$work/b/keys/b.key.old"
before=$(spki_key "$work/b/keys/b.key")
acme -F b
same "$who: a directory as PATH.old: status" 0 $status
says "$who: a directory as PATH.old: says so" "$err" \
    "b.key.old: cannot remove: Is a directory; the replaced key is not kept"
check "$who: a directory as PATH.old: another key" \
    test "$before" != "$(spki_key "$work/b/keys/b.key")"
same "$who: a directory as PATH.old: the pair" \
    "$(spki_key "$work/b/keys/b.key")" "$(spki_cert "$work/b/ssl/b.pem")"
more=

# Few descriptors: as many handles at a time as there is room for.
fresh
for i in $(seq 60); do
	mkdir -p "$work/d/$i/keys" "$work/d/$i/www" &&
	    chmod 700 "$work/d/$i/keys"
	cat >>"$conf" <<END
domain h$i {
	domain name h$i.example.com
	domain key "$work/d/$i/keys/k"
	domain full chain certificate "$work/d/$i/f.pem"
	challengedir "$work/d/$i/www"
}
END
done
for limit in 64 40 32; do
	rm -f "$work/d"/*/f.pem
	(ulimit -n $limit; exec "$client" -f "$conf" -a 2>"$err" </dev/null)
	status=$?
	same "$who: ulimit -n $limit: status, installed of 60, said" "0 60 0" \
	    "$status $(ls "$work/d"/*/f.pem | wc -l) $(wc -l <"$err")"
	(ulimit -n $limit; exec "$client" -f "$conf" -a 2>"$err" </dev/null)
	status=$?
	same "$who: ulimit -n $limit: once more, nothing is ordered" "1 0" \
	    "$((status != 1)) $(wc -l <"$err")"
	[ $limit = 64 ] || continue
	(ulimit -n $limit; exec "$client" -f "$conf" -a 2>"$err" </dev/null)
	status=$?
	same "$who: ulimit -n $limit: a third time" 2 $status
done
# With so few descriptors the client does one handle at a time; the last one has
# its turn, too.
for limit in 31 30 29; do
	fresh
	for i in 1 2 3 4 5 6 7; do
		domain_write "$conf" h$i.example.com h$i.example.com ""
	done
	(ulimit -n $limit; exec "$client" -f "$conf" -a 2>"$err" </dev/null)
	status=$?
	same "$who: ulimit -n $limit: status, installed of 7, said" "0 7 0" \
	    "$status $(ls "$work/ssl" | grep -c fullchain) $(wc -l <"$err")"
	for try in 2 3 4; do
		(
			ulimit -n $limit
			exec "$client" -f "$conf" -a 2>"$err" </dev/null
		)
		status=$?
	done
	same "$who: ulimit -n $limit: reported in the end" "2 0" \
	    "$status $(ls "$work/state" | grep -c new.pem)"
done
# So it is with authorities, each of which has a run of its own.
fresh
echo "state directory \"$work/state\"" >"$conf"
for i in $(seq 20); do
	cat >>"$conf" <<END
authority a$i {
	api url "https://localhost:$ca_port/dir"
	account key "$work/etc/private/a$i.pem"
	ca file "$work/tls.pem"
	root file "$work/root.pem"
}
END
	domain_more="sign with a$i"
	domain_write "$conf" h$i.example.com h$i.example.com ""
done
domain_more=
(ulimit -n 32; exec "$client" -f "$conf" -a 2>"$err" </dev/null); status=$?
same "$who: ulimit -n 32: authorities: status, installed of 20, said" "0 20 0" \
    "$status $(ls "$work/ssl" | grep -c fullchain) $(wc -l <"$err")"
for try in 2 3 4 5; do
	(ulimit -n 32; exec "$client" -f "$conf" -a 2>"$err" </dev/null)
	status=$?
done
same "$who: ulimit -n 32: authorities: reported in the end" "2 0" \
    "$status $(ls "$work/state" | grep -c new.pem)"
fresh
for i in $(seq 31); do
	domain_write "$conf" h$i.example.com h$i.example.com ""
done
(ulimit -n 64; exec "$client" -v -f "$conf" -F -m 30 -a 2>"$err" </dev/null)
same "$who: ulimit -n 64: -m counts in all" 30 \
    "$(grep -c 'installed a cert' "$err")"
exit $failed
