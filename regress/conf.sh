# Configuration files: what is accepted, what -nv prints, what is refused and
# how.
. "$here/lib.sh"
work=$(mktemp -d) && chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
conf=$work/c.conf
err=$work/err

printed() { "$client" -nv -f "$1" 2>"$err" >"$2"; }

# accepted NAME FILE: and what it prints is read back to the same
accepted() {
	if ! printed "$2" "$work/one"; then
		fail "conf: $1: $(head -n 3 "$err" | tr '\n' ' ')"
		return
	fi
	printed "$work/one" "$work/two" && cmp -s "$work/one" "$work/two" &&
	    ok "conf: $1" ||
	    fail "conf: $1: printed form differs:" \
	    "$(diff "$work/one" "$work/two" | head -n 5 | tr '\n' ' ')" \
	    "$(cat "$err")"
}

cp "$here/data/openbsd.conf" "$here/data/openbsd-sub.conf" "$work"
cd "$work"
accepted "as OpenBSD ships and documents it" "$work/openbsd.conf"
printed "$work/openbsd.conf" "$work/out"
for line in 'api url "https://acme-v02.api.letsencrypt.org/directory"' \
    'account key "/etc/acme/letsencrypt-privkey.pem" ecdsa' \
    'contact "mailto:me@example.com"' \
    'account key "/etc/acme/letsencrypt-staging-privkey.pem"' \
    'domain chain certificate "/etc/ssl/chain.example.com.pem"' \
    'domain full chain certificate "/etc/ssl/example.com.fullchain.pem"' \
    'domain name "example.com"' \
    'domain key "/etc/ssl/private/example.com.rsa.key" rsa' \
    'sign with "letsencrypt-staging"' 'profile "classic"' \
    'challengedir "/var/www/acme"'; do
	check "conf: OpenBSD's: $line" grep -qF -- "$line" "$work/out"
done
same "conf: OpenBSD's: macro in a list, default authority" \
    "a.example.org b.example.org letsencrypt " \
    "$(sed -n '/^domain "example.org"/,/^}/p' "$work/out" |
        grep -E 'org$|sign with' | grep -v domain | sed 's/sign with//' |
        tr -d '\t" ' | tr '\n' ' ')"
cd /

good() { printf '%b' "$2" >"$conf"; accepted "$1" "$conf"; }
# What most texts have, with \n for printf(1): a whole authority; the first
# lines of a domain, and of an authority; the last lines of a domain.
A='authority a {\n\tapi url "https://ca.example/dir"\n'
A=$A'\taccount key /etc/acme/a.pem\n}\n'
D='domain example.com {\n\tdomain key /etc/ssl/private/x.key\n'
D=$D'\tdomain certificate /etc/ssl/x.pem\n'
B='authority a {\napi url https://c.example\naccount key /k/a\n'
K='domain key /p/c.key\ndomain certificate /c/c\n}\n'
X='domain key /p/x\ndomain certificate /c/x\n}\n'
good "smallest" "$A$D}\n"
good "no line end at the end" "$A$D}"
good "one authority, no domain" "$A"
good "extensions" "user nobody
state directory /var/db/x
authority a {
 api url https://ca.example
 api origin https://b.example
 api origin https://c.example:8443/x
 account key /k/a.pem rsa 4096
 ca file /etc/ca.pem
 root any
 insecure
}\n"
good "key sizes" "${A}domain k {
domain key /p/k.key ecdsa p384
domain certificate /c/k
}
domain l {
domain key /p/l.key rsa 2048
domain certificate /c/l
}\n"
good "new words as names" 'user = "nobody"
group = "x"
user $user
'"$A"'authority user {
api url https://c.example
account key /k/u
}
domain challenge {
domain name c.example
domain key /p/c.key
domain certificate /c/c
sign with user
}\n'
good "odd handles in quotes" "$A"'domain "my \\"site\\" 8/%%" {
domain name c.example
domain key /p/c.key
domain certificate "/c/a b # c"
}\n'
good "several statements on a line" \
    "${A}domain c.example { domain key /p/c.key domain certificate /c/c }\n"
good "macro in front of a word" 'dir = /etc/ssl\n'"$A"'domain c.example {
domain key $dir/private/c.key
domain certificate $dir/c.pem
}\n'
good "names in capitals" "${A}domain C.Example {\n$K"
good "two authorities with one account key" "${A}authority b {
api url https://b.example
account key /etc/acme/a.pem
}\n"
for words in 'proxy http://127.0.0.1:3128' 'proxy http://[2001:db8::1]:3128/' \
    'proxy http://proxy.example auth file /k/proxy' 'prefer ipv4' \
    'prefer ipv6'; do
	good "$words" "$B$words
}
authority b {
api url https://b.example
account key /k/a
$words
}\n"
done
good "external account" "$B"'eab key id "kid 1" hmac file /k/mac hs512
}
authority b {
api url https://b.example
account key /k/a
eab key id x hmac file /k/mac
}\n'
good "all of a domain" "$A"'domain d.example {
domain key /p/d.key ecdsa p384 rotate group "ssl-cert"
domain certificate /c/d
domain combined /p/d.both
preferred chain "ISRG Root X1"
check revocation
profile shortlived
}\n'
good "additional names" "${A}domain d.example {
domain key /p/d.key
domain certificate /c/d
accept additional names
}\n"
good "check webroot" "$A${D}check webroot\n}\n"
good "verify" "$A${D}verify MAIL.a.b. port 25 starttls smtp
verify 2001:DB8:0::0 port 993
}\n"
same "conf: verify: as it is printed" \
    "verify mail.a.b port 25 starttls smtp verify 2001:db8:: port 993" \
    "$("$client" -nv -f "$conf" 2>/dev/null | grep 'verify' | xargs)"
good "listen on" "$A${D}challenge tls-alpn-01
listen on * port 443
listen on 192.0.2.1 port 1
listen on 2001:DB8:0::0 port 65535
}\n"
same "conf: listen on: as it is printed" "listen on * port 443
listen on 192.0.2.1 port 1
listen on 2001:db8:: port 65535" \
    "$("$client" -nv -f "$conf" 2>/dev/null |
        sed -n 's/^[[:space:]]*\(listen on.*\)/\1/p')"
good "stateless" "$A${D}stateless\n}\n"
good "rotate without a type" "${A}domain d.example {
domain key /p/d.key group 0 rotate
domain certificate /c/d
}\n"
good "addresses" "${A}domain 192.0.2.1 {
alternative names { 2001:DB8:0:0::1 192.0.2.2 }
$K"
names=$(seq -f n%.0f.example 99 | xargs)
good "100 names" "${A}domain n0.example {\nalternative names { $names }\n$K"

good "U-labels" \
    "${A}domain Bücher.example {\nalternative names { 例え.example }\n$K"
same "conf: U-labels: their A-labels" \
    "xn--bcher-kva.example xn--r8jz45g.example " \
    "$("$client" -nv -f "$conf" 2>/dev/null | grep xn-- | tr -d '\t"' |
        sed 's/domain name //' | tr '\n' ' ')"
# once NAME EXPECTED NAMES...: the first of NAMES is the domain name, the others
# alternative ones
once() {
	_name=$1 _expected=$2 _first=$3; shift 3
	printf \
	    "$A"'domain x {\ndomain name "%s"\nalternative names { %s }\n'"$K" \
	    "$_first" "$*" >"$conf"
	same "conf: counts once: $_name" "$_expected" \
	    "$("$client" -nv -f "$conf" 2>&1 | sed -n '/^domain/,$p' |
	        tr -s '\t\n" ' ' ' | sed -e 's/.*domain name //' \
	        -e 's/alternative names { //; s/ }.*//; s/ domain .*//')"
}
once "the domain name" "a.example www.a.example" a.example a.example \
    www.a.example
once "alternative names" "a.example b.example" a.example b.example b.example
once "all of them" "a.example" a.example a.example a.example
once "letter case" "a.example b.example" A.example b.example B.EXAMPLE a.Example
once "a dot at the end" "a.example b.example" a.example a.example. b.example. \
    b.example
once "U-label and A-label" "xn--bcher-kva.example" bücher.example \
    xn--bcher-kva.example XN--BCHER-KVA.example. Bücher.example
once "spellings of an address" "2001:db8::1 192.0.2.1" 2001:db8::1 \
    2001:DB8:0::1 192.0.2.1 2001:0db8::0:0001 192.0.2.1
once "200 of 100" "$(seq -s ' ' -f n%.0f.example 100)" \
    $(seq -f n%.0f.example 100) $(seq -f N%.0f.EXAMPLE 100)
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$work/csr.key" -subj /CN=x -out "$work/x.csr" \
    -addext "subjectAltName=DNS:C.example,IP:192.0.2.7,IP:2001:db8::7" \
    2>/dev/null
good "csr file" \
    "${A}domain x {\ncsr file $work/x.csr\ndomain certificate /c/x\n}\n"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$work/csr.key" -subj /CN=x -out "$work/y.csr" \
    -addext "subjectAltName=DNS:a.example,DNS:A.example,DNS:b.example" \
    2>/dev/null
good "csr file that repeats a name" \
    "${A}domain x {\ncsr file $work/y.csr\ndomain certificate /c/x\n}\n"

# Each statement is printed: no row has a printer that prints nothing.
cat >"$conf" <<END
user nobody
state directory /s
metrics file /m/x
status file /m/y 0640
dns wait 5
dns server 192.0.2.1
on change /bin/true
authority a {
	api url https://a.example
	api origin https://b.example
	account key /k/a
	eab key id x hmac file /k/mac
	contact mailto:a@b.example
	proxy http://127.0.0.1:3128
	staging https://staging.example/dir
	issuer a.example until 2030-01-31
	prefer ipv4
	ca file /r/ca
	root file /r/root
}
authority b {
	api url https://b.example
	account key /k/b
	root any
	insecure
}
domain a.example {
	domain name b.example
	alternative names { c.example }
	domain key /p/a
	domain certificate /c/a
	domain chain certificate /c/chain
	domain full chain certificate /c/full
	domain combined /p/both
	preferred chain Root
	sign with b
	challengedir /w
	profile short
	check revocation
	check webroot
	accept additional names
	on change /bin/true
	verify a.example port 443
}
domain b.example {
	csr file $work/y.csr
	domain certificate /c/b
	challenge dns-01
	challenge hook /bin/true
}
domain c.example {
	domain key /p/c
	domain certificate /c/c
	listen on * port 80
}
domain d.example {
	domain key /p/d
	domain certificate /c/d
	stateless
}
END
accepted "every statement" "$conf"
statements "$top" | grep -vx include | sort -u |
    while read -r statement; do
	grep -q "^	\{0,1\}$statement\( \|\$\)" "$work/one" ||
	    echo "$statement"
    done >"$work/unprinted"
same "conf: every statement is in that configuration, and printed" \
    "" "$(cat "$work/unprinted")"

# bad NAME TEXT LINE WORDS...: refused at that line with these words
bad() {
	_bad=$1 _line=$3
	printf '%b' "$2" >"$conf"
	shift 3
	timeout 20 "$client" -n -f "$conf" 2>"$err" >/dev/null
	[ $? = 1 ] || { fail "conf: accepted: $_bad"; return; }
	grep -q -- "$conf:$_line: .*$*" "$err" && ok "conf: refused: $_bad" ||
	    fail "conf: refused: $_bad: $(head -n 3 "$err" | tr '\n' ' ')"
}
# told NAME WORDS...: what -n says of the configuration that is there
told() {
	_told=$1; shift
	"$client" -n -f "$conf" 2>"$err"
	says "conf: $_told" "$err" "$@"
}
bad "open quote" "$A"'domain "x {\n' 5 "never closed"
bad "open block" "$A$D" 5 "never closed"
bad "unknown statement" 'authority a {\n\tapi uri "x"\n}\n' 2 "api uri"
bad "unknown word" "${A}foo bar\n" 5 "foo"
bad "macro not defined" "$A"'domain $x {\n}\n' 5 "'x' is not defined"
bad "macro name with a blank" '"a b" = c\n' 1 "without blanks"
bad "authority twice" "$A$A" 5 "also at line 1"
bad "domain twice" "$A$D}\n$D}\n" 9 "also at line 5"
bad "statement twice" "$A${D}domain key /p/y.key\n}\n" 8 "is given twice"
bad "101 names" \
    "${A}domain n0.example {\nalternative names { $names n100.example }\n$K" \
    5 "more than 100"
bad "wildcard" "${A}domain w {\ndomain name *.example.com\n$K" 5 \
    "a wildcard needs the challenge dns-01, dns-account-01 or dns-persist-01"
bad "wildcard inside" "${A}domain w {\ndomain name www.*.example.com\n$K" 5 \
    "host name"
bad "U-label below a wildcard" \
    "${A}domain w {\ndomain name *.bücher.example\n$K" 5 \
    "\*.xn--bcher-kva.example: a wildcard needs"
bad "address too long" "${A}domain w {\ndomain name 192.0.2.1.5\n$K" 5 \
    "host name"
bad "wildcard of an address" "${A}domain w {\ndomain name *.192.0.2.1\n$K" 5 \
    "host name"
bad "no U-label" "${A}domain ☃.example {\n$K" 5 "name ☃.example: "
bad "no host name" \
    "$A"'domain "a b" {\ndomain key /p/c.key\ndomain certificate /c/c\n}\n' 5 \
    "host name"
bad "unknown authority" "$A${D}sign with b\n}\n" 5 "no such authority"
bad "no authority" "$D}\n" 1 "no 'authority'"
bad "http api" \
    "authority a {\napi url http://ca.example\naccount key /k/a\n}\n" 1 "https"
bad "no api url" "authority a {\naccount key /k/a\n}\n" 1 "api url"
bad "no account key" "authority a {\napi url https://c.example\n}\n" 1 \
    "account key"
bad "no domain key" "${A}domain a.b {\ndomain certificate /c/c\n}\n" 5 \
    "domain key"
bad "no certificate" "${A}domain a.b {\ndomain key /p/c.key\n}\n" 5 "is missing"
bad "relative key" \
    "${A}domain a.b {\ndomain key c.key\ndomain certificate /c/c\n}\n" 5 \
    "begins with /"
bad "relative full chain alone" "${A}domain a.b {
domain key /p/c.key
domain full chain certificate c
}\n" 5 "begins with /"
bad "path cut by a comment" \
    "${A}domain a.b {\ndomain key /p/#1\ndomain certificate /c/c\n}\n" 5 \
    "not a directory"
bad "path with .." \
    "${A}domain a.b {\ndomain key /p/../c.key\ndomain certificate /c/c\n}\n" 5 \
    "without"
bad "one path twice" "${A}domain a.b {
domain key /p/c.key
domain certificate /c/c
domain full chain certificate /c//c
}\n" 5 "each needs its own"
bad "one certificate of two domains" "$A$D}
domain y.example {
domain key /p/y.key
domain certificate /etc/ssl/x.pem
}\n" 9 "each needs its own"
bad "key beside the certificate" \
    "${A}domain a.b {\ndomain key /c/c.key\ndomain certificate /c/c\n}\n" 5 \
    "private key must not"
bad "key in the challenge directory" "${A}domain a.b {
domain key /w/c.key
domain certificate /c/c
challengedir /w
}\n" 5 "private key must not"
bad "account key beside a certificate" "authority a {
api url https://c.example
account key /c/a.pem
}
domain a.b {
$K" 1 "private key must not"
bad "contact no mail address" "${B}contact me@example.com\n}\n" 1 "mailto"
bad "unknown key type" \
    "${A}domain a.b {\ndomain key /p/c.key p521\ndomain certificate /c/c\n}\n" \
    6 "p521"
bad "stray brace" "$A}\n" 5 "instead of }"
for word in dns-01 dns-account-01; do
	bad "challenge $word without hook" "$A${D}challenge $word\n}\n" 5 \
	    "$word needs 'challenge hook' with a program that publishes" \
	    "records; acme-client.conf(5) lists"
	bad "challenge $word with challengedir" \
	    "$A${D}challenge $word\nchallenge hook /h\nchallengedir /w\n}\n" 5 \
	    "'challengedir' is for http-01; with 'challenge $word', take it out"
	good "challenge $word" "$A${D}challenge $word
challenge hook /h
alternative names { *.x.example }
}\n"
done
good "challenge dns-persist-01" \
    "$A${D}challenge dns-persist-01\nalternative names { *.x.example }\n}\n"
bad "challenge dns-persist-01 with hook" \
    "$A${D}challenge dns-persist-01\nchallenge hook /h\n}\n" 5 \
    "its record is published once, by hand"
good "issuer" "${B}issuer ca.example until 2030-02-28
}
authority b {
api url https://b.example
account key /k/a
issuer b.example
}\n"
good "staging" "${B}staging b
}
authority b {
api url https://b.example
account key /k/b
staging https://c.example/dir
}\n"
for words in c a http://c.example ""; do
	bad "staging '$words'" "${B}staging \"$words\"\n}\n" 1 \
	    "staging $words: expected an https URL, or the name of another" \
	    "authority"
done
for words in https://C.example:443/ https://c.example; do
	bad "staging that is the authority itself, $words" \
	    "${B}staging $words\n}\n" 1 \
	    "staging $words: is this authority's own 'api url'"
done
bad "staging twice" "${B}staging https://c.example\nstaging b\n}\n" 5 twice
bad "issuer is no name" "${B}issuer https://ca.example\n}\n" 1 \
    "issuer https://ca.example: expected the CA's name"
for date in 2030-02-30 2030-1-1 30-01-01 2030-01-01x tomorrow 1960-01-01; do
	bad "issuer until $date" "${B}issuer ca.example until $date\n}\n" 4 \
	    "until $date: expected a date"
done
good "challenge http-01" "$A${D}challenge http-01\n}\n"
bad "challenge twice" "$A${D}challenge http-01\nchallenge http-01\n}\n" 9 \
    "is given twice"
for word in http-02 dns HTTP-01 '""' ''; do
	bad "challenge '$word'" "$A${D}challenge $word\n}\n" 8 \
	    "expected http-01, tls-alpn-01, dns-01"
done
bad "address by dns-01" "${A}domain 192.0.2.1 {
domain key /p/c.key
domain certificate /c/c
challenge dns-01
}\n" 5 "192.0.2.1: an address needs the challenge http-01 or tls-alpn-01"
for url in https://proxy.example socks5://proxy.example proxy.example:3128 \
    http://proxy.example/x http:// http://a:99999; do
	bad "proxy $url" "${B}proxy $url\n}\n" 1 "expected http://HOST:PORT"
done
bad "proxy with name and password" "${B}proxy http://n:p@proxy.example\n}\n" 1 \
    "name and password belong in a file"
bad "proxy without its file" "authority a {\nproxy http://p auth /k/x\n}\n" 2 \
    "expected 'file'"
bad "proxy twice" "authority a {\nproxy http://p\nproxy http://q\n}\n" 3 \
    "is given twice"
bad "proxy auth file beside a certificate" \
    "${B}proxy http://p auth file /c/p\n}\ndomain a.b {\n$K" 1 \
    "private key must not"
bad "prefer twice" "authority a {\nprefer ipv4\nprefer ipv6\n}\n" 3 \
    "'prefer' is given twice"
bad "prefer neither" "authority a {\nprefer ipv5\n}\n" 2 \
    "expected ipv4 or ipv6 instead of ipv5"
bad "stateless with check webroot" "$A${D}stateless\ncheck webroot\n}\n" 5 \
    "'check webroot' looks for a file in 'challengedir'"
bad "challenge hook misspelled" "$A${D}challenge hok /x\n}\n" 8 \
    "dns-persist-01 or 'hook' instead of hok"
bad "challenge hook with http-01" "$A${D}challenge hook /x\n}\n" 5 \
    "'challenge hook' is for dns-01"
bad "challenge hook without a path" "$A${D}challenge hook x\n}\n" 5 \
    "challenge hook x: expected a path that begins with /"
bad "stateless with dns-01" "$A${D}stateless\nchallenge dns-01\n}\n" 5 \
    "'stateless' is a way to respond to http-01"
bad "stateless with challenge hook" "$A${D}stateless\nchallenge hook /x\n}\n" \
    5 "either 'stateless' or 'challenge hook'"
bad "stateless with challengedir" "$A${D}stateless\nchallengedir /w\n}\n" 5 \
    "either 'challengedir' or 'stateless'"
bad "verify without port" "$A${D}verify a.b 25\n}\n" 8 "expected 'port'"
bad "verify with another protocol" \
    "$A${D}verify a.b port 25 starttls pop3\n}\n" 8 "expected smtp or imap"
bad "verify with no port" "$A${D}verify a.b port 65536\n}\n" 5 \
    "verify a.b port 65536: expected a number from 1 to 65535"
bad "verify with a wildcard" "$A${D}verify *.a.b port 25\n}\n" 5 \
    "expected the name of one host"
bad "verify with no name" "$A${D}verify a_,b port 25\n}\n" 8 "expected 'port'"
bad "verify, too many" \
    "$A$D$(printf 'verify a port %d\\n' 1 2 3 4 5 6 7 8 9)"'}\n' 5 \
    "more than 8 times 'verify'"
bad "on change without a program" "$A${D}on change\n}\n" 8 "expected a program"
bad "on change without an absolute path" \
    "$A$D"'on change "systemctl reload nginx"\n}\n' 8 \
    "on change systemctl: expected the absolute path of a program"
bad "on change at the top without an absolute path" \
    "$A$D"'}\non change "x y"\n' 9 \
    "on change x: expected the absolute path of a program"
bad "on change with what needs quotes" "$A${D}on change /x a=b\n}\n" 8 \
    "on change /x: put what is not a plain word in quotes"
bad "on change with too many words" \
    "$A$D"'on change /x'"$(printf ' w%.0s' $(seq 64))"'\n}\n' 8 \
    "on change /x: this is too long; put it into a script"
bad "on change with too many bytes" \
    "$A$D"'on change "/x '"$(printf 'w%.0s' $(seq 2046))"'"\n}\n' 8 \
    "on change /x: this is too long; put it into a script"
bad "on change, too many" \
    "$A$D$(printf 'on change /x%d\\n' 1 2 3 4 5 6 7 8 9)"'}\n' 16 \
    "on change: more than 8 commands in one place"
L='domain a.b {\ndomain key /p/c.key\ndomain certificate /c/c\n'
bad "tls-alpn-01 without listen on" "$A${L}challenge tls-alpn-01\n}\n" 5 \
    "challenge tls-alpn-01 needs 'listen on'"
bad "listen on with dns-01" "$A${L}listen on * port 80\nchallenge dns-01\n}\n" \
    5 \
    "'listen on' is for the challenges http-01 and tls-alpn-01, not for dns-01"
bad "listen on with challengedir" \
    "$A${L}listen on * port 80\nchallengedir /w\n}\n" 5 \
    "either 'listen on' or 'challengedir'"
bad "listen on and stateless" "$A${L}listen on * port 80\nstateless\n}\n" 5 \
    "either 'listen on' or 'stateless'"
bad "listen on and challenge hook" \
    "$A${L}listen on * port 80\nchallenge hook /x\n}\n" 5 \
    "either 'listen on' or 'challenge hook'"
same "conf: listen on and challenge hook: said once" 1 \
    "$(grep -c "either 'listen on'" "$err")"
bad "listen on without port" "$A${L}listen on 127.0.0.1\n}\n" 8 \
    "expected 'port'"
bad "listen on without number" "$A${L}listen on 127.0.0.1 port\n}\n" 8 \
    "expected a port's number"
bad "listen on without address" "$A${L}listen on\n}\n" 8 \
    "expected an address, or \*"
for word in localhost 127.1 eth0 fe80::1%eth0 "[::1]"; do
	bad "listen on $word" "$A$L""listen on $word port 80\n}\n" 5 \
	    "expected an address of this machine, or \*"
done
for word in 224.0.0.1 239.255.255.255 255.255.255.255 ff02::1 FF0E::5; do
	bad "listen on $word" "$A$L""listen on $word port 80\n}\n" 5 \
	    "listen on $word: expected .* alone, not a multicast or broadcast"
	bad "a name server at $word" "dns server $word\n$A" 1 \
	    "$word: expected .* one name server, not a multicast or broadcast"
done
bad "a name server at a mapped multicast address" \
    "dns server ::ffff:224.0.0.1\n$A" 1 "not a multicast or broadcast"
for word in 223.255.255.255 240.0.0.1 255.255.255.254 fe80::1; do
	good "a name server at $word" "dns server $word\n$A"
done
bad "listen on an IPv4 address in IPv6's form" \
    "$A${L}listen on ::ffff:192.0.2.1 port 80\n}\n" 5 \
    "this is an IPv4 address, which is written as 192.0.2.1"
for word in 0 65536 080 http -1 +80 "' 80'"; do
	bad "listen on port $word" "$A$L""listen on ::1 port $word\n}\n" 5 \
	    "expected a number from 1 to 65535"
done
bad "listen on 17 times" \
    "$A$L$(for i in $(seq 17); do printf 'listen on * port %d\n' $i; done)}\n" \
    5 "more than 16 times"
bad "listen on for a wildcard" "${A}domain w {
domain name *.example.com
domain key /p/c.key
domain certificate /c/c
listen on * port 80
}\n" 5 "a wildcard needs"
bad "eab without its file" "authority b {\neab key id x\n}\n" 2 \
    "expected 'hmac'"
bad "eab without the word file" "authority b {\neab key id x hmac /k/mac\n}\n" \
    2 "expected 'file'"
bad "eab with another algorithm" \
    "authority b {\neab key id x hmac file /k/mac hs1\n}\n" 2 "hs1"
bad "eab file beside a certificate" "authority b {
api url https://c.example
account key /k/a
eab key id x hmac file /c/mac
}
domain a.b {
$K" 1 "private key must not"
bad "rotate of an account key" "authority b {\naccount key /k/a rotate\n}\n" 2 \
    "rotate is not a statement"
bad "group without a name" "${A}domain a.b {
domain key /p/c.key group
domain certificate /c/c
}\n" 6 "expected a value"
bad "combined beside the certificate" \
    "$A${D}domain combined /etc/ssl/x.both\n}\n" 5 "private key must not"
for suffix in new old refused; do
	bad "a file at the place of a key's .$suffix" "$A$D}
domain y.example {
domain key /etc/ssl/private/x.key.$suffix
domain certificate /c/y.pem
}\n" 9 "is for changes of the domain key of line 5"
done
bad "key in the state directory" "state directory /s\n$A$D}
domain y.example {
domain key /s/y.key
domain certificate /c/y.pem
}\n" 10 "private key must not"
bad "csr file and domain key" "$A${D}csr file /p/x.csr\n}\n" 5 \
    "either 'csr file' or 'domain key'"
bad "csr file and names" "${A}domain x {
csr file /p/x.csr
alternative names { a.b }
domain certificate /c/x
}\n" 5 "either 'csr file' or 'alternative names'"
bad "csr file that is not there" "${A}domain x {
csr file /nonexistent/x.csr
domain certificate /c/x
}\n" 5 "/nonexistent/x.csr: No such file"
# A section that cannot be used, beside one that can.
printf "$A$D}\ndomain x {\ncsr file /nonexistent/x.csr\n%s" \
    "domain certificate /c/x
}" >"$conf"
for handles in "" x "x example.com"; do
	# shellcheck disable=SC2086
	"$client" -n -f "$conf" $handles 2>"$err"
	same "conf: -n $handles: one handle cannot be used: said once" \
	    "1 1 acme-client: configuration OK, except for 1 of the handles" \
	    "$? $(grep -c 'domain x: csr file' "$err") $(tail -n 1 "$err")"
done
"$client" -n -f "$conf" example.com 2>"$err"
same "conf: -n: the handle that can be used: status" 0 $?
echo none >"$work/none.csr"
bad "csr file that is none" \
    "${A}domain x {\ncsr file $work/none.csr\ndomain certificate /c/x\n}\n" 5 \
    "not a certificate signing request"
good "metrics" "metrics file /var/lib/metrics/x.prom\n$A"
bad "metrics file, relative" "metrics file x\n$A" 1 "metrics file"
good "status file" "status file /var/lib/status/x.json\n$A"
good "status file, its mode" "status file /var/lib/status/x.json 440\n$A"
bad "status file, relative" "status file x\n$A" 1 "status file"
bad "status file, twice" "status file /m/x\nstatus file /m/y\n$A" 2 \
    "'status file' is given twice"
for words in "metrics file" "status file"; do
	bad "$words in place of a state" \
	    "$words /s/domain-x.json\nstate directory /s\n$A" 1 \
	    "$words /s/domain-x.json: is a name that acme-client uses"
	good "$words beside the states" \
	    "$words /s/monitor.x\nstate directory /s\n$A"
	bad "$words in place of the roots" \
	    "$words /r/x\n${B}root file /r/x\n}\n" 1 \
	    "$words /r/x: is a file of trust anchors"
	bad "$words in place of the CA's" \
	    "$words /r/x\n${B}ca file /r/x\n}\n" 1 \
	    "$words /r/x: is a file of trust anchors"
done
bad "status file, also the metrics" "metrics file /m/x\nstatus file /m/x\n$A" \
    2 "status file /m/x: this path is also the metrics file of line 1"
for m in 0660 0646 0755 0044 9 0x6 4644 " 0640 x" -1 ""; do
	bad "status file, mode '$m'" "status file /m/x \"$m\"\n$A" 1 \
	    "expected the mode of the status file, in octal digits"
done
bad "status file, its line" "$A\nstatus file s 0640\n" 6 "status file s: "
printf 'include "%s"\n' "$conf" >"$conf"
told "refused: include of itself" "$conf:1: .*includes itself"
printf 'include "/nonexistent/x"\n' >"$conf"
told "refused: include of nothing" "$conf:1: /nonexistent/x: No such file"
mkdir "$work/conf.d"
part() {
	printf \
	    'domain %s {\ndomain key /p/%s.key\ndomain certificate /c/%s\n}\n' \
	    $1 $1 $1 >"$2"
}
part b.example "$work/conf.d/20.conf"
part a.example "$work/conf.d/10.conf"
part c.example "$work/conf.d/9 c.conf"
part x.example "$work/conf.d/.hidden.conf"
part y.example "$work/conf.d/10.conf~"
for pattern in '*.conf' '[0-9]*.conf' '??*.conf'; do
	good "include of a pattern: $pattern" \
	    "$A"'include "'"$work/conf.d/$pattern"'"\nuser nobody\n'
	same "conf: include of a pattern: $pattern: by name" \
	    "a.example b.example c.example " \
	    "$("$client" -nv -f "$conf" 2>/dev/null |
	        sed -n 's/^domain "\(.*\)" {/\1/p' | tr '\n' ' ')"
	same "conf: include of a pattern: $pattern: what comes after" \
	    'user "nobody"' \
	    "$("$client" -nv -f "$conf" 2>/dev/null | head -n 1)"
done
good "include of a pattern: no file" "$A"'include "'"$work/conf.d/*.none"'"\n'
good "include of a pattern: no directory" "$A"'include "/nonexistent/*.conf"\n'
"$client" -nv -f "$conf" 2>"$err" >/dev/null
says "conf: include of a pattern: that no file matches is said" "$err" \
    "$conf:5: include /nonexistent/\*.conf: no file matches"
part z.example "$work/conf.d/a[1].conf"
good "include of a file whose name is like a pattern" \
    "$A"'include "'"$work/conf.d/a[1].conf"'"\n'
rm "$work/conf.d/a[1].conf"
printf 'metrics file /m/x\nfoo\n' >"$work/conf.d/30.conf"
printf "$A"'include "%s/conf.d/*.conf"\n' "$work" >"$conf"
told "include of a pattern: an error in one file" "$work/conf.d/30.conf:2: foo"
rm "$work/conf.d/30.conf"; chmod 666 "$work/conf.d/20.conf"
"$client" -n -f "$conf" 2>"$err"
same "conf: refused: a file of a pattern that everyone may write: status" 1 $?
says "conf: refused: a file of a pattern that everyone may write" "$err" \
    "$conf:5: $work/conf.d/20.conf: can be written by everyone"
chmod 644 "$work/conf.d/20.conf"
mkdir "$work/conf.d/d.conf"
told "refused: a directory that a pattern matches" \
    "$conf:5: $work/conf.d/d.conf: not a regular file"
rmdir "$work/conf.d/d.conf"
ln -s 10.conf "$work/conf.d/99.conf"
told "refused: one file by two names of a pattern" \
    "$work/conf.d/99.conf:1: domain a.example: is also at line 1 of" \
    "$work/conf.d/10.conf; give"
rm "$work/conf.d/99.conf"
mkdir "$work/odd.d" && part a.example "$work/odd.d/\"a.conf"
printf 'include "%s/odd.d/*.conf"\n' "$work" >"$conf"
told "refused: a name that cannot be quoted, of a pattern" \
    "$conf:1: include: $work/odd.d/\"a.conf: rename this file"
ln -s loop "$work/loop"
printf "$A"'include "%s/loop/*.conf"\n' "$work" >"$conf"
told "refused: a pattern in a directory that cannot be opened" \
    "$conf:5: include: $work/loop.*: Too many levels of symbolic links"
printf 'metrics file /m/x \\' >"$work/odd.d/end"
good "a backslash that ends an included file" \
    'include "'"$work/odd.d/end"'"\n'"user nobody\n$A"
printf "$A"'include "%s/conf.d/*.conf"\n' "$work" >"$conf"
# elsewhere NAME TEXT WORDS: what is wrong with TEXT, in a file of its own, is
# to do with a line of another file
elsewhere() {
	printf "$2" >"$work/conf.d/98.conf"
	told "refused: $1, in another file" "conf.d/98.conf:1: .*$3 of" \
	    "\($conf\|$work/conf.d/10.conf\)\(;\|\$\)"
	rm "$work/conf.d/98.conf"
}
elsewhere "an authority twice" \
    "authority a {\napi url https://b.example\naccount key /k/b\n}\n" \
    "authority a: is also at line 1"
elsewhere "a path twice" "domain z.example {
domain key /k/z.key
domain certificate /c/a.example
}\n" "is also the domain certificate of line 1"
elsewhere "a key at the place of another's next one" "domain z.example {
domain key /k/z.key
domain certificate /etc/acme/a.pem.new
}\n" "is for changes of the account key of line 1"
printf 'include "%s/conf.d/*.conf"\n' "$work" >"$work/conf.d/50.conf"
timeout 20 "$client" -n -f "$conf" 2>"$err"
same "conf: refused: a pattern that matches its own file: status" 1 $?
says "conf: refused: a pattern that matches its own file" "$err" \
    "$work/conf.d/50.conf:1: $work/conf.d/50.conf: includes itself"
rm "$work/conf.d/50.conf"
if [ "$(id -u)" = 0 ]; then
	chown 12345 "$work/conf.d/20.conf"
	told "refused: another user's file of a pattern" \
	    "$conf:5: $work/conf.d/20.conf: belongs neither"
	chown 0 "$work/conf.d/20.conf"
else
	chmod 0 "$work/conf.d"
	told "refused: a pattern in a directory that cannot be read" \
	    "$conf:5: include: $work/conf.d.*: Permission denied"
	chmod 755 "$work/conf.d"
fi

# one NAME TEXT LINE WORDS...: refused for that, and for nothing that only
# follows from it
one() {
	bad "$@"
	same "conf: refused: $1: one error" 1 \
	    "$(grep -c "^acme-client: $conf:[0-9]*: " "$err")"
}
one "a misspelt block" \
    'athority a {\n\tapi url "https://c.example"\n\taccount key /k/a\n}\n' 1 \
    "athority: is it meant to be 'authority'"
one "a misspelt list" \
    "$A${D}aternative names { a.example, b.example }\nsign with a\n}\n" 8 \
    "is it meant to be 'alternative names'"
one "a misspelt list of several lines" \
    "$A${D}aternative names {\na.example\nb.example\n}\nsign with a\n}\n" 8 \
    "aternative is not"
one "no { of a block" "${A}domain x.example\n$X" 5 \
    "expected { instead of the end of the line"
one "{ in the next line" "${A}domain x.example\n{\n$X" 5 \
    "expected { instead of the end of the line"
one "a word before {" "${A}domain x.example www {\n$X" 5 \
    "expected { instead of www"
one "no { of a list" \
    "$A${D}alternative names a.example, b.example }\nsign with a\n}\n" 8 \
    "expected { instead of a.example"
one "no list" "$A${D}alternative names a.example\nsign with a\n}\n" 8 \
    "expected { instead of a.example"
one "no } of a list" \
    "${A}domain x.example {\nalternative names { a.example\n$X" 7 \
    "expected a name or } instead of /p/x"
bad "no } of a block" "${A}domain x.example {
domain key /p/x
domain certificate /c/x
domain y.example {
domain key /p/y
domain certificate /c/y
}\n" 5 "the block that begins here is never closed"
same "conf: refused: no } of a block: and where the next one begins" \
    "$conf:8: domain y.example is not a statement here" \
    "$(sed -n '1s/^acme-client: //;1s/;.*//p' "$err")"
# meant NAME TEXT LINE STATEMENT
meant() { bad "$1" "$2" "$3" "is it meant to be '$4'"; }
meant "a letter too few" "uer nobody\n$A" 1 "user"
meant "two letters too few" "sta directory /s\n$A" 1 "state directory"
meant "metrics" "metric file /m\n$A" 1 "metrics file"
meant "of two, the other one" "authority a {\nai origin x\n}\n" 2 "api origin"
meant "two words as one" "$A${D}domain fullchain certificate x\n}\n" 8 \
    "domain full chain certificate"
meant "a line between words" "$A${D}domain_name x.example\n}\n" 8 "domain name"
bad "like nothing there is" "$A${D}port 80\n}\n" 8 \
    "port is not a statement here; see"
good "waiting for records" "dns wait 0
dns server 192.0.2.1
dns server 2001:db8::1 port 5353
dns = x
$A"
same "conf: waiting for records: printed" "dns wait 0
dns server 192.0.2.1 port 53
dns server 2001:db8::1 port 5353" \
    "$("$client" -nv -f "$conf" 2>/dev/null | grep '^dns ')"
bad "waiting for more than ten minutes" "dns wait 601\n$A" 1 \
    "601: expected seconds, a number from 0 to 600"
bad "waiting for no number" "dns wait 5m\n$A" 1 "5m: expected seconds, a number"
bad "waiting twice" "dns wait 5\ndns wait 5\n$A" 2 "'dns wait' is given twice"
bad "a name server by name" "dns server ns.example.com\n$A" 1 \
    "ns.example.com: expected the address of a name server"
bad "a name server at port 0" "dns server 192.0.2.1 port 0\n$A" 1 \
    "0: expected a port, a number from 1 to 65535"
bad "nine name servers" \
    "$(printf 'dns server 192.0.2.%s\n' 1 2 3 4 5 6 7 8 9)\n$A" \
    9 "more than 8 times 'dns server'"
bad "all that may stand outside blocks" "port 80\n$A" 1 \
    "'on change', 'authority', 'domain', 'include' or NAME"
for type in ed25519 ec256 RSA4096 prime256v1 secp384r1 rsa-2048; do
	bad "key type $type" "${A}domain x.example {
domain key /p/x $type
domain certificate /c/x
}\n" 6 "$type: expected rsa"
done
bad "closing quote missing" \
    'authority a {\napi url "https://c.example\naccount key "/k/a"\n}\n' 2 \
    "the word in quotes that begins here goes over the end of the line"
good "a quoted word of two lines" \
    "$A"'domain x.example {\ndomain key "/p/\nx"\ndomain certificate /c/x\n}\n'
bad "a quoted word of two lines, and something else" \
    "$A"'domain x.example {\ndomain key "/p/\nx"\ndomain certificate c\n}\n' 5 \
    "begins with /"
check \
    "conf: refused: a quoted word of two lines, and something else: only that" \
    test "$(grep -c quotes "$err")" = 0
good "opening quote missing" \
    "$A"'domain x.example {\ndomain key /p/x\ndomain certificate /c/x"\n}\n'
told "opening quote missing: is said" \
    "$conf:7: /c/x\": has a quote in it; is another one missing"
says "conf: opening quote missing: is a warning" "$err" \
    "configuration OK, [0-9]* warning"
printf 'metrics file m\n' >"$work/conf.d/30.conf"
bad "metrics file, its line" "$A\nmetrics file m\n" 6 "metrics file m: "
bad "state directory, its line" "$A\nstate directory s\n" 6 \
    "state directory s: "
printf "$A"'include "%s/conf.d/30.conf"\n' "$work" >"$conf"
told "refused: metrics file, its file" \
    "$work/conf.d/30.conf:1: metrics file m: "
rm "$work/conf.d/30.conf"
bad "handle in Latin-1" "${A}domain b\0374cher.example {\n$X" 5 \
    'domain handle b<.xfc>cher.example: .* save the file as UTF-8'
bad "name in Latin-1" "${A}domain x {\ndomain name b\0374cher.example\n$X" 5 \
    'name b<.xfc>cher.example: .*save the file as UTF-8'

# What nobody sees, or takes for something else.
D7='domain x {\ndomain key /p/x.key\ndomain certificate '
bad "byte order mark" "\0357\0273\0277$A" 1 \
    "byte order mark (U+FEFF) begins the file; save it as UTF-8"
bad "UTF-16" "\0377\0376a\0000" 1 "UTF-16 text; save the file as UTF-8"
bad "no-break space between words" \
    "${A}domain x {\ndomain\0302\0240key /p/x\n" 6 \
    "a no-break space (U+00A0) in a word; type an ordinary space instead:" \
    "domain<U+00A0>key"
bad "no-break space at the beginning of a line" \
    "${A}domain x {\n\0302\0240domain key /p/x\n" 6 \
    "no-break space (U+00A0).*: <U+00A0>domain"
bad "no-break space in Latin-1" "${A}domain x {\ndomain\0240key /p/x\n" 6 \
    "no-break space (U+00A0).*: domain<U+00A0>key"
bad "no-break space in quotes" "$A$D7"'"/c/a\0302\0240b"\n}\n' 7 \
    "no-break space (U+00A0).*: /c/a<U+00A0>b"
bad "zero-width space in a name" \
    "${A}domain x {\nalternative names { www\0342\0200\0213.example }\n}\n" 6 \
    "invisible zero-width space (U+200B).*delete it: www<U+200B>.example"
bad "zero-width space at the end of a quoted name" \
    "$A"'domain "x.example\0342\0200\0213" {\n}\n' 5 \
    "zero-width space (U+200B).*x.example<U+200B>"
bad "byte order mark within" "$A\0357\0273\0277domain x {\n}\n" 5 \
    "byte order mark (U+FEFF)"
bad "direction mark" "${A}domain x\0342\0200\0256 {\n}\n" 5 \
    "direction mark (U+202E)"
bad "direction mark, isolated" "${A}domain x\0342\0201\0246 {\n}\n" 5 \
    "direction mark (U+2066)"
bad "tag" "${A}domain x\0363\0240\0201\0201 {\n}\n" 5 \
    "invisible character (U+E0041)"
bad "macro in its own value" "a = \"\$a\"\nmetrics file \$a\n$A" 2 \
    "begins with /"
bad "soft hyphen" "${A}domain x\0302\0255y.example {\n}\n" 5 \
    "soft hyphen (U+00AD)"
bad "typographic quotes" "authority a {
api url \0342\0200\0234https://c.example\0342\0200\0235
}\n" 2 "a quotation mark (U+201C) in a word; type \" or ' instead"
bad "typographic quotes around blanks" \
    "${A}domain \0342\0200\0230a b\0342\0200\0231 {\n}\n" 5 \
    "a quotation mark (U+2018)"
bad "typographic quotes of Windows" \
    "authority a {\napi url \0223https://c.example\0224\n}\n" 2 \
    "a quotation mark (U+201C)"
bad "joiner where none may be" \
    "${A}domain x {\ndomain name a\0342\0200\0215b.example\n}\n" 5 \
    "name a<U+200D>b.example: "
bad "control character" "${A}domain \0007x {\n}\n" 5 \
    "unexpected character '<U+0007>'"
bad "escape sequence in quotes" "$A"'domain "\0033[2Jx" {\n}\n' 5 \
    "control character (U+001B).*<U+001B>.2Jx"
bad "carriage return behind a backslash" \
    "$A"'domain x {\ndomain key \\\r\n/p/x\n' 6 \
    "carriage return (U+000D) behind the backslash; end the lines as Unix does"
bad "carriage return in quotes" "$A"'domain "x\r\ny" {\n}\n' 6 \
    "carriage return (U+000D) in a word; end the lines as Unix does"
good "lines that end as on Windows" \
    "$(printf '%s' "$A$D" | sed 's/\\n/\\r\\n/g')}\r\n"
good "an apostrophe in a word" \
    "$A"'domain Bob\0342\0200\0231s {
domain name x.example
domain key /p/x.key
domain certificate "/c/\0342\0200\0234x\0342\0200\0235"
}\n'
printf 'authority a\0b {\n' >"$conf"
told "refused: NUL" "NUL"
head -c 8000000 /dev/zero | tr '\0' 'a' >"$conf"
timeout 20 "$client" -n -f "$conf" 2>"$err"
same "conf: a line of 8 MB: status" 1 $?
says "conf: refused: a line of 8 MB" "$err" "$conf:1: "
head -c 2000000 /dev/zero | tr '\0' '!' >"$conf"
timeout 20 "$client" -n -f "$conf" 2>"$err"
same "conf: 2 MB of junk: status" 1 $?
check "conf: 2 MB of junk: few lines" test "$(wc -l <"$err")" -lt 30
truncate -s 17M "$conf"
told "refused: a file of 17 MB" "$conf: too large"
printf "$A" >"$conf"; chmod 666 "$conf"
told "refused: writable by everyone" "written by everyone"
chmod 644 "$conf"
if [ "$(id -u)" = 0 ]; then
	chown 12345 "$conf"
	told "refused: another user's" "belongs neither"
	chown 0 "$conf"
fi
"$client" -n -f "$work" 2>"$err"
says "conf: refused: a directory" "$err" "not a regular file"
"$client" -n -f "$work/none" 2>"$err"
says "conf: refused: no file" "$err" "$work/none: No such file"

# A CSR that others could change.
mkdir "$work/d" "$work/d/e" && cp "$work/x.csr" "$work/d/e/x.csr" &&
    ln -s e "$work/d/l" && ln -s x.csr "$work/d/e/l.csr"
# csr_of FILE: -n of a section with it; csr_bad NAME FILE WORDS...: refused
csr_of() {
	printf "${A}domain x {\ncsr file $work/d/$1\n" >"$conf"
	printf 'domain certificate /c/x\n}\n' >>"$conf"
	"$client" -n -f "$conf" 2>"$err"; status=$?
}
csr_bad() {
	_csr=$1
	csr_of "$2"
	same "conf: csr file: $1: refused" 1 $status
	shift 2
	says "conf: csr file: $_csr: says so" "$err" "$@"
}
csr_of e/x.csr
same "conf: csr file that only we may write" 0 $status
for mode in 664 646; do
	chmod $mode "$work/d/e/x.csr"
	csr_bad "mode $mode" e/x.csr \
	    "others may write $work/d/e/x.csr (mode 0$mode); chmod go-w"
done
chmod 644 "$work/d/e/x.csr"
for dir in d d/e; do
	for mode in 775 757 777; do
		chmod $mode "$work/$dir"
		csr_bad "directory $dir, mode $mode" e/x.csr \
		    "others may write $work/$dir (mode 0$mode)"
	done
	chmod 1777 "$work/$dir"
	csr_of e/x.csr
	same "conf: csr file below a sticky $dir" 0 $status
	chmod 755 "$work/$dir"
done
csr_bad "a symbolic link" e/l.csr "'l.csr' is a symbolic link"
csr_bad "behind a symbolic link" l/x.csr "'l' is a symbolic link"
csr_bad "a directory" e "not a file"
mkfifo "$work/d/e/fifo"
csr_bad "a fifo" e/fifo "not a file"
if [ "$(id -u)" = 0 ]; then
	for object in d/e/x.csr d/e d; do
		chown 12345 "$work/$object"
		csr_bad "$object of another user" e/x.csr \
		    "$work/$object belongs to user 12345"
		chown 0 "$work/$object"
	done
fi

# -n: what this machine lacks.
there=$work/there
cat >"$conf" <<END
state directory $there/state
authority a {
	api url https://ca.example/dir
	account key $there/account/a.pem
	root file $there/root.pem
}
domain x.example {
	domain key $there/keys/x.key
	domain full chain certificate $there/certs/x.pem
	challengedir $there/www
}
END
# checked NAME WORDS...: a warning, no error
checked() {
	_checked=$1; shift
	"$client" -nv -f "$conf" >"$work/out" 2>"$err"
	same "conf: -n: $_checked: status" 0 $?
	says "conf: -n: $_checked" "$err" "$@"
	says "conf: -n: $_checked: the last line" "$err" \
	    "^acme-client: configuration OK, [0-9]* warnings*\$"
	check "conf: -n: $_checked: what is printed parses" \
	    "$client" -n -f "$work/out"
}
mkdir -p "$there/account" "$there/keys" "$there/certs" "$there/www"
: >"$there/root.pem"
# Ports that a run could not have.
set -- $(free_ports 2)
python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$1" &
taken=$!
wait_port "$1"
cp "$conf" "$work/ports"
two="listen on 127.0.0.1 port $1 listen on 192.0.2.77 port $2"
sed "s|challengedir .*|$two|" "$work/ports" >"$conf"
checked "listen on, taken" \
    "listen on 127.0.0.1 port $1: another process has this port\$"
says "conf: -n: listen on, another machine's" "$err" \
    "listen on 192.0.2.77 port $2: this machine has no such address\$"
kill $taken; wait $taken 2>/dev/null
sed "s|challengedir .*|listen on 127.0.0.1 port $1|" "$work/ports" >"$conf"
"$client" -n -f "$conf" 2>"$err"
same "conf: -n: listen on, free: no warning" 0 "$(grep -c "listen on" "$err")"
if [ "$(id -u)" != 0 ] &&
    [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 1 ]; then
	sed "s|challengedir .*|listen on 127.0.0.1 port 1|" "$work/ports" \
	    >"$conf"
	checked "listen on, below 1024" \
	    "listen on 127.0.0.1 port 1: ports below 1024 need root"
fi
# With 80 or 443, depending on the challenge, where the CA does not come.
for way in "tls-alpn-01 80 443" "http-01 443 80"; do
	set -- $way
	sed "s|challengedir .*|challenge $1\n\tlisten on 127.0.0.1 port $2|" \
	    "$work/ports" >"$conf"
	checked "listen on port $2 with $1" "listen on 127.0.0.1 port $2: for\
 $1 the CA connects to port $3: listen there, or at another port"
	sed -i "s|port $2|port $3|" "$conf"
	"$client" -n -f "$conf" 2>"$err"
	same "conf: -n: listen on port $3 with $1: no such warning" 0 \
	    "$(grep -c 'the CA connects' "$err")"
done
# A program for records: arguments are not for it.
sed "s|challengedir .*|challenge dns-01\n\tchallenge hook \"$there/x --y\"|" \
    "$work/ports" >"$conf"
checked "challenge hook with an argument" "challenge hook $there/x --y: No\
 such file or directory; all of it is taken for the path"
printf '#!/bin/sh\n' >"$there/x --y"; chmod 755 "$there/x --y"
"$client" -n -f "$conf" 2>"$err"
same "conf: -n: challenge hook, a path with a space that is there" 0 \
    "$(grep -c 'challenge hook' "$err")"
sed -i "s|x --y|x|" "$conf"
checked "challenge hook, not there" "challenge hook $there/x: No such\
 file or directory\$"
rm "$there/x --y"
cp "$work/ports" "$conf"
chmod 700 "$there/account" "$there/keys"
[ "$(id -u)" = 0 ] && chown 54321:54321 "$there/certs" "$there/www"
"$client" -n -f "$conf" >"$work/out" 2>"$err"
same "conf: -n: nothing missing: status" 0 $?
same "conf: -n: nothing missing" "acme-client: configuration OK" \
    "$(cat "$err" "$work/out")"
for dir in "account key:account:-m 700 " "domain key:keys:-m 700 " \
    "challengedir:www:" "domain full chain certificate:certs:"; do
	what=${dir%%:*} mode=${dir##*:} dir=${dir%:*} dir=$there/${dir#*:}
	mv "$dir" "$dir.away"
	checked "no directory, $what" \
	    "^acme-client: $what.* $dir: there is no such directory; make it:" \
	    "mkdir $mode-p $dir"
	: >"$dir"
	checked "a file in place of a directory, $what" \
	    "^acme-client: $what.* $dir: this is not a directory"
	rm "$dir"; ln -s "$dir.away" "$dir"
	checked "a symbolic link, $what" \
	    "^acme-client: $what.* $dir: a symbolic link is on the way; name" \
	    "the directory itself: $dir.away"
	rm "$dir"; mv "$dir.away" "$dir"; chmod u-w "$dir"
	checked "not writable, $what" \
	    "^acme-client: $what.* $dir: .*\(chmod u+rwx $dir\|cannot write" \
	    "there; .* chown .* $dir\)"
	chmod u+w "$dir"
done
if [ "$(id -u)" = 0 ] &&
    unshare -m mount --bind "$there" "$there" 2>/dev/null; then
	unshare -m sh -c "mount --bind $there/certs $there/certs &&
	    mount -o remount,ro,bind $there/certs &&
	    $client -n -f $conf" 2>"$err"
	same "conf: -n: read-only file system: status" 0 $?
	says "conf: -n: read-only file system" "$err" \
	    "domain full chain certificate.* $there/certs: is on a read-only" \
	    "file system"
else
	skip "conf: -n: read-only file system: nothing can be mounted here"
fi
chmod o+rx "$there/keys"
checked "keys that everyone sees" \
    "$there/keys: everyone can read there: chmod o-rwx $there/keys"
chmod o-rx "$there/keys"
cp "$conf" "$work/alone"
mkdir -m 755 "$there/see"
for what in status metrics; do
	sed "1i $what file $there/see/x" "$work/alone" >"$conf"
	mkdir "$there/see/x"
	checked "a directory in place of the $what file" \
	    "$what file $there/see/x: is a directory; remove it, or name a file"
	rmdir "$there/see/x"
	chmod 777 "$there/see"
	checked "$what file where everyone can write" \
	    "$what file: directory $there/see: everyone can replace files" \
	    "there: chmod o-w $there/see"
	chmod 1777 "$there/see"
	"$client" -n -f "$conf" 2>"$err"
	same "conf: -n: $what file in a sticky directory" 0 \
	    "$(grep -c 'everyone can' "$err")"
	chmod 755 "$there/see"
done
cp "$work/alone" "$conf"
for dir in certs www; do
	chmod o+w "$there/$dir"
	checked "everyone can write $dir" \
	    "$there/$dir: everyone can replace files there: chmod o-w"
	chmod o-w "$there/$dir"
done
sed 's/^domain x.example {/domain -x {\n\tdomain name x.example/' \
    "$work/alone" >"$conf"
checked "a handle with - at its beginning" \
    "domain -x: the handle begins with '-', so that on the command line it"
"$client" -n -f "$conf" -- -x >"$work/out" 2>"$err"
same "conf: -n: a handle with - at its beginning, behind --" 0 $?
"$client" -n -f "$conf" -x >"$work/out" 2>"$err"
same "conf: -n: a handle with - at its beginning, without --" 1 $?
cp "$work/alone" "$conf"
rm "$there/root.pem"
checked "no root file" "^acme-client: root file $there/root.pem: No such file"
: >"$there/root.pem"
sed -i 's/x.key/x.key group no-such-group/;1i user no-such-user' "$conf"
checked "no group" "group no-such-group: there is no such group; make it"
checked "no user" "user no-such-user: there is no such user; make it"
sed -i 's/ group.*//;1d' "$conf"
for line in "ca file $there/certs" insecure; do
	sed "s|root file.*|$line|" "$conf" >"$work/d.conf"
	"$client" -n -f "$work/d.conf" 2>"$err"
	says "conf: -n: $line and no root" "$err" \
	    "authority a: .*'root file', or say 'root any'"
done
sed "s|root file.*||;s|ca.example|acme-staging-v02.api.letsencrypt.org|" \
    "$conf" >"$work/d.conf"
"$client" -n -f "$work/d.conf" 2>"$err"
says "conf: -n: staging and no root" "$err" \
    "authority a: .*'root file', or say 'root any'"

# -n: directories that lie below one another, and what that costs; they go on
# working.
l=$work/l
mkdir -p "$l/account/below" "$l/keys/below" "$l/certs/below" "$l/certs-keys" \
    "$l/state/below" "$l/www/below" "$l/metrics/below"
chmod -R go= "$l/account" "$l/keys" "$l/certs-keys" "$l/state" &&
    chmod go= "$l"/*/below && : >"$l/root.pem"
owned() { [ "$(id -u)" != 0 ] || chown -R 54321:54321 "$@"; }
owned "$l/certs" "$l/state" "$l/www" "$l/metrics" "$l/keys/below"
root_file=$l/root.pem
# laid STATE ACCOUNT KEYS CERTIFICATES CHALLENGES [WORD...]: -n with these
# directories in $l, and a last line of these words
laid() {
	cat >"$conf" <<END
state directory $l/$1
authority a {
	api url https://ca.example/dir
	account key $l/$2/a.pem
	root file $root_file
}
domain x.example {
	domain key $l/$3/x.key
	domain full chain certificate $l/$4/x.pem
	challengedir $l/$5
}
END
	shift 5
	echo "$*" >>"$conf"
	"$client" -n -f "$conf" >"$work/out" 2>"$err"; status=$?
}
# costless NAME DIRECTORY...: no warning
costless() {
	_name=$1; shift
	laid "$@"
	same "conf: layout: $_name" "0 acme-client: configuration OK" \
	    "$status $(cat "$err")"
}
# costs NAME "DIRECTORY..." WORDS...: one warning, with these words, and the
# configuration is accepted
costs() {
	_costs=$1 _laid=$2; shift 2
	# shellcheck disable=SC2086
	laid $_laid
	same "conf: layout: $_costs: status, last line" \
	    "0 acme-client: configuration OK, 1 warning" \
	    "$status $(tail -n 1 "$err")"
	says "conf: layout: $_costs" "$err" "^acme-client: $*"
}
costless "beside each other" state account keys certs www
costless "metrics beside them" state account keys certs www \
    "metrics file $l/metrics/x.prom"
costless "status beside them" state account keys certs www \
    "status file $l/metrics/x.json"
costless "names that begin alike" state account certs-keys certs www
costless "state below certificates, which are one process's" certs/below \
    account keys certs www
costless "domain keys below the account key, which is read before" state \
    account account/below certs www
reads="an attacker in that process could read and replace them, too"
costs "keys below certificates" "state account certs/below certs www" \
    "domain key: directory $l/certs/below: lies below $l/certs, where" \
    "fileproc writes certificates: $reads; move the domain keys to .*, such" \
    "as /etc/acme-client/keys\$"
costs "account key below certificates" "state certs/below keys certs www" \
    "account key: directory $l/certs/below: lies below $l/certs, where" \
    "fileproc writes certificates: $reads; .* such as" \
    "/etc/acme-client/account\$"
costs "keys below the state" "state account state/below certs www" \
    "domain key: directory $l/state/below: lies below $l/state, where" \
    "fileproc writes the state: $reads"
costs "account key below the state" "state state/below keys certs www" \
    "account key: directory $l/state/below: lies below $l/state, where" \
    "fileproc writes the state: $reads"
costs "keys below challenges" "state account www/below certs www" \
    "domain key: directory $l/www/below: lies below $l/www, where chngproc" \
    "writes challenge responses: .* the web server may hand them out"
costs "account key below challenges" "state www/below keys certs www" \
    "account key: directory $l/www/below: lies below $l/www, where chngproc" \
    ".* the web server may hand them out"
costs "keys below metrics" \
    "state account metrics/below certs www metrics file $l/metrics/x.prom" \
    "domain key: directory $l/metrics/below: lies below $l/metrics, where" \
    "fileproc writes metrics: $reads"
costs "keys below the status" \
    "state account metrics/below certs www status file $l/metrics/x.json" \
    "domain key: directory $l/metrics/below: lies below $l/metrics, where" \
    "fileproc writes the status: $reads"
costs "account key beside domain keys" "state keys keys certs www" \
    "account key: directory $l/keys: is also where csrproc reads and writes" \
    "domain keys: $reads; move the account keys"
costs "account key below domain keys" "state keys/below keys certs www" \
    "account key: directory $l/keys/below: lies below $l/keys, where csrproc" \
    ".*$reads"
costs "challenges below certificates" "state account keys certs certs/below" \
    "challengedir $l/certs/below: lies below $l/certs, where fileproc writes" \
    "certificates: .* respond to any CA's challenge there.* such as" \
    "/var/www/acme\$"
costs "challenges below the state" "state account keys certs state/below" \
    "challengedir $l/state/below: lies below $l/state, where fileproc .*" \
    "respond to any CA's challenge"
costs "certificates below challenges" "state account keys www/below www" \
    "domain full chain certificate: directory $l/www/below: lies below" \
    "$l/www, where chngproc .* could replace them"
costs "certificates below keys" "state account keys keys/below www" \
    "domain full chain certificate: directory $l/keys/below: lies below" \
    "$l/keys, where csrproc .* could replace them"
costs "state below challenges" "www/below account keys certs www" \
    "state directory $l/www/below: lies below $l/www, where chngproc .*" \
    "change it, and the web server may hand it out"
costs "slashes too many" "state account certs//below/ certs/// www/" \
    "domain key: directory $l/certs/below: lies below $l/certs, where fileproc"
for path in certs/./below certs/../certs/below; do
	laid state account $path certs www
	same "conf: layout: $path: refused" 1 $status
	says "conf: layout: $path: says so" "$err" "without \. and \.\."
done
# Not there yet, or by a symbolic link, which is another warning.
laid state account certs/none/below certs www
says "conf: layout: keys below certificates, not there yet" "$err" \
    "domain key: directory $l/certs/none/below: lies below $l/certs, where" \
    "fileproc"
laid none account none/below certs www
says "conf: layout: keys below a state directory that is not there yet" "$err" \
    "domain key: directory $l/none/below: lies below $l/none, where fileproc"
ln -s certs "$l/link"
laid state account link/below certs www
says "conf: layout: keys below certificates by a link" "$err" \
    "domain key: directory $l/link/below: lies below $l/certs, where fileproc"
laid state account certs/below link www
says "conf: layout: keys below a link to certificates" "$err" \
    "domain key: directory $l/certs/below: lies below $l/link, where fileproc"
# What decides what is trusted, certified or done.
: >"$l/certs/root.pem" && owned "$l/certs"
root_file=$l/certs/root.pem
costs "root file among certificates" "state account keys certs www" \
    "root file $l/certs/root.pem: lies in $l/certs, where fileproc .* could" \
    "replace it, too; move the certificates to .* such as" \
    "/etc/acme-client/certs\$"
root_file=$l/link.pem && ln -s certs/root.pem "$l/link.pem"
costs "root file that leads to one among certificates" \
    "state account keys certs www" \
    "root file $l/link.pem: lies in $l/certs, where fileproc .* could replace" \
    "it"
root_file=$l/root.pem
cat >"$l/certs/more.conf" <<END
domain y.example {
	domain key $l/keys/y.key
	domain certificate $l/certs/y.pem
	challengedir $l/www
}
END
costs "configuration among certificates" \
    "state account keys certs www include $l/certs/more.conf" \
    "configuration $l/certs/more.conf: lies in $l/certs, where fileproc .*" \
    "could replace it"
rm "$l/certs/more.conf"
cat >"$work/more.conf" <<END
domain y.example {
	csr file $l/keys/x.csr
	domain certificate $l/certs/y.pem
	challengedir $l/www
}
END
cp "$work/x.csr" "$l/keys"
costs "csr file among keys" \
    "state account keys certs www include $work/more.conf" \
    "csr file $l/keys/x.csr: lies in $l/keys, where csrproc .* could replace it"
(cd "$work" && exec "$client" -n -f "$work/openbsd.conf" 2>"$err")
same "conf: layout: OpenBSD's: status" 0 $?
says "conf: layout: OpenBSD's: keys" "$err" \
    "domain key: directory /etc/ssl/private: lies below /etc/ssl, where" \
    "fileproc writes certificates: $reads"
says "conf: layout: OpenBSD's: the system's files" "$err" \
    "the system's.* /etc/ssl/.*: lies \(in\|below\) /etc/ssl, where fileproc" \
    ".* replace it"
says "conf: layout: OpenBSD's: the last line" "$err" \
    "^acme-client: configuration OK, [0-9]* warnings\$"
# More of them than anybody reads.
for i in $(seq 30); do
	cat <<END
domain h$i.example {
	domain key $l/certs/$i/h.key
	domain certificate $l/certs/$i.pem
	challengedir $l/www
}
END
done >"$work/more.conf"
laid state account keys certs www "include $work/more.conf"
same "conf: layout: 30 of a kind" \
    "20 acme-client: 10 more warnings about directories" \
    "$(grep -c 'lies below' "$err") $(grep -o '.*more warnings.*' "$err")"

# As root: whose the directories are is who writes there.
if [ "$(id -u)" = 0 ]; then
	for dir in certs state www; do
		chown -R 0:0 "$l/$dir"
		case $dir in www) role=chngproc ;; *) role=fileproc ;; esac
		case $dir in
		www) more= to=_acme-client ;;
		*) more=" with all rights on files" to=54321 ;;
		esac
		laid state account keys certs www
		says "conf: layout: $dir of root" "$err" \
		    "$role runs as root$more, as not all its directories" \
		    "belong to one other user: $l/$dir; chown -R $to:" \
		    "$l/$dir\$"
		same "conf: layout: $dir of root: nothing else of the kind" 1 \
		    "$(grep -c 'runs as root' "$err")"
		owned "$l/$dir"
	done
	chown -R 0:0 "$l/certs" "$l/state"
	laid state account keys certs www
	says "conf: layout: all of root" "$err" \
	    "fileproc runs as root, as not all .*: \($l/certs" \
	    "$l/state\|$l/state $l/certs\); chown -R _acme-client: \($l/certs" \
	    "$l/state\|$l/state $l/certs\)\$"
	laid state account certs/below certs www
	says "conf: layout: all of root, and others' things in it" "$err" \
	    "fileproc runs as root, .*; move what it writes to directories of" \
	    "its own, that belong to _acme-client\$"
	sed -i '1iuser daemon' "$conf" && "$client" -n -f "$conf" 2>"$err"
	says "conf: layout: all of root, with a user" "$err" \
	    "directories of its own, that belong to daemon\$"
	owned "$l/certs" "$l/state"
	chown 54322:54322 "$l/state"
	laid state account keys certs www
	says "conf: layout: of two users" "$err" \
	    "fileproc runs as root with all rights on files, .*:" \
	    "$l/\(state\|certs\); chown -R 5432[12]: $l/"
	owned "$l/state"
	: >"$l/certs/x.pem"
	costs "certificate of root in another user's directory" \
	    "state account keys certs www" \
	    "$l/certs/x.pem: belongs to another user or group than its" \
	    "directory, so that fileproc keeps the capability CAP_CHOWN;" \
	    "chown it"
	owned "$l/certs" &&
	    costless "certificate of the directory's owner" state account keys \
	    certs www
	# One directory by two names.
	if unshare -m --propagation $propagation true 2>/dev/null; then
		mkdir "$l/bound"
		# bound NAME WORDS...: with the certificates' directory mounted
		bound() {
			_name=$1; shift
			unshare -m --propagation $propagation sh -c "
			    mount --bind $l/certs $l/bound &&
			    exec '$client' -n -f '$conf'" 2>"$err"
			says "conf: layout: $_name" "$err" "$@"
		}
		laid state account bound certs www
		bound "keys in a directory mounted from the certificates'" \
		    "domain key: directory $l/bound: is the same" \
		    "directory as $l/certs, where fileproc"
		laid state account certs/below bound www
		bound "keys below what is mounted as the certificates'" \
		    "domain key: directory $l/certs/below: lies below" \
		    "$l/bound, where fileproc"
	else
		skip "conf: layout: one directory by two names: needs a mount" \
		    "namespace"
	fi
fi
# In a directory of another client's.
# of_other CLIENT KEYS CERTIFICATES: the warning names the script
of_other() {
	mkdir -p "$l/$2" "$l/$3"
	laid state account "$2" "$3" www
	says "conf: -n: files of $1" "$err" \
	    "domain key $l/$2/x.key: is in a directory of $1, and both" \
	    "clients would replace it; .*/acme-client/import/$1\$"
	same "conf: -n: files of $1: said once" 1 "$(grep -c import/ "$err")"
	check "conf: -n: files of $1: there is that script" \
	    test -x "$top/etc/import/$1"
}
of_other certbot etc/letsencrypt/live/x etc/letsencrypt/archive/x
of_other acme.sh .acme.sh/x_ecc .acme.sh/y
of_other dehydrated var/lib/dehydrated/certs/x etc/dehydrated2/certs
of_other dehydrated etc/dehydrated/certs/x etc/dehydrated/certs/y
of_other uacme etc/ssl/uacme/private/x etc/ssl/uacme/x
of_other lego .lego/certificates .lego/x
of_other getssl .getssl/x .getssl/y
laid state account keys certs www
ln -s ../etc/letsencrypt/live/x/x.key "$l/keys/x.key"
: >"$l/etc/letsencrypt/live/x/x.key"
"$client" -n -f "$conf" 2>"$err"
says "conf: -n: a link to a file of certbot" "$err" \
    "domain key $l/keys/x.key: is in a directory of certbot"
rm "$l/keys/x.key"

# A group that is to read a key must get to it.
laid state account keys certs www; sed -i 's|x.key|x.key group 0|' "$conf"
for mode in 700 710 711; do
	chmod $mode "$l/keys"
	"$client" -n -f "$conf" 2>"$err"
	words="group 0 cannot reach it: chgrp 0 $l/keys && chmod g+x $l/keys"
	same "conf: -n: a group and keys with mode $mode" "$((mode == 700))" \
	    "$(grep -c "domain key $l/keys/x.key: $words\$" "$err")"
done

# The command line.
printf "$A$D}\n" >"$conf"
"$client" -n -f "$conf" nobody.example 2>"$err"
same "conf: unknown handle: status" 1 $?
says "conf: unknown handle is named" "$err" \
    "nobody.example: there is no such domain"
for workers in 0 17 x; do
	"$client" -j $workers -f "$conf" example.com 2>"$err"
	same "conf: -j $workers: status" 1 $?
	says "conf: -j $workers" "$err" "expected a number from 1 to 16"
done
# refused NAME WORDS ARGUMENT...
refused() {
	_name=$1 _words=$2; shift 2
	"$client" "$@" 2>"$err" </dev/null; same "conf: $_name: status" 1 $?
	says "conf: $_name" "$err" "$_words"
}
for flag in -K -U -D; do
	refused "$flag of no authority" "nobody: there is no such authority" \
	    $flag -f "$conf" nobody
	refused "$flag without one" "^usage: " $flag -f "$conf"
	refused "$flag of two" "^usage: " $flag -f "$conf" a a
done
refused "-t of no authority" "nobody: there is no such authority" -t \
    -f "$conf" nobody
refused "-t of two" "^usage: " -t -f "$conf" a a
refused "-t and -K" "only one of" -t -K -f "$conf" a
refused "-r and -K" "only one of" -r -K -f "$conf" example.com
refused "-B and -r" "only one of -B, -D, -i, -K, -l, -r, -T, -t and -U" -B \
    -r -f "$conf" example.com
refused "-i twice" "only one of" -i x -i y -f "$conf" example.com
refused "-B with -F" "-F does not go with -B" -B -F -f "$conf" example.com
refused "-B with -a" "-a does not go with -B" -B -a -f "$conf"
refused "-l with -j" "-j is for renewals only" -l -j 2 -f "$conf"
refused "-r with -m" "-m is for renewals only" -r -m 2 -f "$conf" example.com
refused "-a with a handle" "-a is for all handles: name none beside it" -a \
    -f "$conf" example.com
refused "-l -a with a handle" "-a is for all handles" -l -a -f "$conf" \
    example.com
refused "-B with -R" "-R is for -r only" -B -R 1 -f "$conf" example.com
refused "-B with -J" "-J is for -l only" -B -J -f "$conf" example.com
refused "-B of no handle" "^usage: " -B -f "$conf"
for more in -B -r -l -t; do
	refused "-i and $more" "only one of -B, -D, -i" -i x $more -f "$conf" \
	    example.com
done
refused "-i with -a" "-a does not go with -i" -i x -a -f "$conf"
refused "-i with -R" "-R is for -r only" -i x -R 1 -f "$conf" example.com
refused "-i with -J" "-J is for -l only" -i x -J -f "$conf" example.com
refused "-i of no handle" "-i is for one handle" -i x -f "$conf"
refused "-i of two handles" "-i is for one handle" -i x -f "$conf" a b
refused "-i of no file" "x: No such file or directory" -i x -f "$conf" \
    example.com
refused "-R without -r" "-R is for -r only" -R superseded -f "$conf" example.com
refused "-R with an unknown reason" "expected one of unspecified (0)" -r \
    -R bored -f "$conf" example.com
refused "-R 7" "expected one of" -r -R 7 -f "$conf" example.com
refused "-D without a terminal" "confirm with -F" -D -f "$conf" a
"$client" -f "$conf" 2>"$err"; says "conf: no handle: usage" "$err" "^usage: "
"$client" -x 2>"$err"; says "conf: unknown option: usage" "$err" "^usage: "
"$client" -x 2>"$work/usage" </dev/null
# Each option with each purpose is taken where the usage message has it, and
# else refused in one line.
sed 's/^usage://' "$work/usage" | tr -s ' \n' ' ' |
    sed 's/ acme-client/\n&/g' >"$work/purposes"
# has PURPOSE OPTION: has the purpose's line in the usage message this option?
has() {
	case $1 in
	'') sed -n '/-n/q; p' "$work/purposes" ;;
	*) grep -E -- "[ |]$1" "$work/purposes" ;;
	esac | grep -qE -- " \[?-[A-Za-z]*${2#-}"
}
: >"$work/refused"; : >"$work/missing"
for purpose in "" -B -D -K -T -U -i -l -r -t; do
	for option in -F -J -R -a -j -m; do
		set -- -n -f "$conf" $purpose
		[ "$purpose" = -i ] && set -- "$@" x
		set -- "$@" $option
		case $option in -R|-j|-m) set -- "$@" 1 ;; esac
		case $purpose,$option in
		*,-a) ;;
		-[DKUt],*) set -- "$@" a ;;
		*) set -- "$@" example.com ;;
		esac
		has "$purpose" $option || echo "$purpose $option" \
		    >>"$work/missing"
		"$client" "$@" 2>"$err" >"$work/out" </dev/null && continue
		echo "$purpose $option" >>"$work/refused"
		same "conf: $purpose $option: refused in one line" "1 " \
		    "$(grep -cE "^acme-client: $option (is for|does not go)" \
		        "$err") $(sed 1d "$err")"
	done
done
same "conf: an option is refused where the usage message lacks it" \
    "$(cat "$work/missing")" "$(cat "$work/refused")"
check "conf: options are refused" test "$(wc -l <"$work/refused")" -gt 40
version=$(sed -n 's/^#define VERSION[[:space:]]*"\(.*\)"/\1/p' \
    "$top/acme-client.h")
same "conf: -V: on stdout, and nothing else" "acme-client $version 0" \
    "$("$client" -V 2>&1) $?"
same "conf: -V: whatever else is given" "acme-client $version 0" \
    "$("$client" -V -f /nonexistent -a x 2>/dev/null) $?"
"$client" -V >/dev/full 2>"$err"; same "conf: -V: cannot be written" 1 $?
full="acme-client: standard output: cannot write"
space="No space left on device"
same "conf: -V: cannot be written: said" "$full the version: $space" \
    "$(cat "$err")"
says "conf: -B: is in the usage" "$work/usage" "acme-client -B \[-v\]"
says "conf: -i: is in the usage" "$work/usage" "acme-client -i file \[-Fv\]"
says "conf: -V: is in the usage" "$work/usage" "acme-client -V"
printf "$A" >"$conf"
"$client" -f "$conf" -nv >/dev/full 2>"$err"
same "conf: -n -v: cannot be written" 1 $?
same "conf: -n -v: cannot be written: said" "$full the configuration: $space" \
    "$(cat "$err")"
"$client" -f "$conf" -n >/dev/full 2>"$err"
same "conf: -n writes nothing" 0 $?
refused "-a without a domain" "$conf: there is no 'domain' section in it" -a \
    -f "$conf"
refused "-l without a domain" "$conf: there is no 'domain' section in it" -l \
    -f "$conf"
refused "-f behind the handle" "-f: options come before the handles" \
    example.com -f "$conf"
printf "$A$D}\n" >"$conf"
refused "an option behind the handle" \
    "-v: there is no such domain.*options come before" -f "$conf" example.com -v
exit $failed
