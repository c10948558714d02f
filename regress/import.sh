# etc/import: other clients' directories, taken over.  Those of certbot,
# dehydrated, lego 4 and uacme are made by these clients, where they are
# installed; the others' by import.py, by what their documents say.
. "$here/lib.sh"
alone import && inside=yes || inside=
work_start
build=$(dirname "$client")
scripts=$top/etc/import
fixture() { python3 "$here/import.py" "$@"; }
url=https://localhost/dir

# Keys and a certificate of a test CA, for what needs no CA.
make_keys() {
	mkdir "$work/keys" && cd "$work/keys" || return 1
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
	    -out account-rsa.pem
	for _key in account leaf other; do
		openssl genpkey -algorithm EC \
		    -pkeyopt ec_paramgen_curve:P-256 -out "$_key.pem"
	done
	openssl genpkey -algorithm ED25519 -out ed25519.pem
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 \
	    -out p521.pem
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 \
	    -out rsa1024.pem
	openssl pkey -in leaf.pem -aes128 -passout pass:x -out encrypted.pem
	openssl req -x509 -key other.pem -subj "/CN=test" -days 30 -out ca.pem
	for _key in leaf ed25519 p521 rsa1024; do
		openssl req -new -key "$_key.pem" -subj / -out x.csr
		echo "subjectAltName=DNS:a.example.com,DNS:b.example.com" >x.ext
		openssl x509 -req -in x.csr -CA ca.pem -CAkey other.pem \
		    -CAcreateserial -days 30 -extfile x.ext -out "$_key.crt"
	done
	cd / || return 1
}
make_keys >"$work/keys.log" 2>&1 || { fail "import: keys"; exit 1; }
k=$work/keys

# taken CLIENT ARGUMENT...: the script's status in status, what it says in $err;
# what it writes is below $work/to
taken() {
	_client=$1; shift
	timeout 100 "$scripts/$_client" -f "$work/to/$_client.conf" \
	    -o "$work/to" "$@" >"$err" 2>&1
	status=$?
}
# made CLIENT [NAME=VALUE...]: a directory of this client in $work/from
made() {
	_made=$1; shift
	rm -rf "$work/from" "$work/to"
	fixture "$_made" "$work/from" "$url" "$k/account.pem" "$k/leaf.pem" \
	    "$k/leaf.crt" "$@"
}
# parsed NAME: the configuration that was written is right, and has one
# section, without commands
parsed() {
	"$client" -nv -f "$work/to/$_client.conf" >"$work/out" 2>"$work/n"
	same "import: $1: the configuration is accepted, and has one section" \
	    "0 1 0" "$? $(grep -c '^domain' "$work/out") $(grep -c 'on change' \
	    "$work/out")"
}
modes() { (cd "$work/to" && stat -c '%a %n' account/* keys/* certs/* | xargs); }

for maker in certbot acme.sh getssl lego5 uacme dehydrated openbsd; do
	script=${maker%5} handle=a.example.com arguments=$work/from
	case $maker in
	acme.sh) handle=${handle}_ecc ;;
	openbsd) arguments=$work/from/acme-client.conf ;;
	uacme) arguments="-a $url $work/from" ;;
	esac
	made $maker
	before=$(fixture tree "$work/from")
	# shellcheck disable=SC2086
	taken $script -n $arguments
	same "import: $maker: -n: status, and nothing is written" "0 no" \
	    "$status $(ls -d "$work/to" 2>/dev/null || echo no)"
	# shellcheck disable=SC2086
	taken $script $arguments
	same "import: $maker: status" 0 "$status"
	same "import: $maker: its files stay as they are" "$before" \
	    "$(fixture tree "$work/from")"
	same "import: $maker: no file that others can read, but certificates" \
	    "" "$(modes | tr ' ' '\n' | paste -d ' ' - - |
	        grep -Ev '^600 (account|keys)/|^644 certs/')"
	parsed "$maker"
	same "import: $maker: the key" "$(spki_key "$k/leaf.pem")" \
	    "$(spki_key "$work/to/keys/$handle.key")"
	same "import: $maker: the certificate" "$(spki_cert "$k/leaf.crt")" \
	    "$(spki_cert "$work/to/certs/$handle.fullchain.pem")"
	same "import: $maker: the account" "$(spki_key "$k/account.pem")" \
	    "$(spki_key "$work"/to/account/*.pem)"
	before=$(fixture tree "$work/to")
	# shellcheck disable=SC2086
	taken $script $arguments
	same "import: $maker: once more: status" 2 "$status"
	says "import: $maker: once more: what is there" "$err" \
	    "^there already: $work/to/keys/$handle.key\$"
	same "import: $maker: once more: nothing is written" "$before" \
	    "$(fixture tree "$work/to")"
	cp "$k/other.pem" "$work/to/keys/$handle.key"
	# shellcheck disable=SC2086
	taken $script $arguments
	same "import: $maker: another key is there: status" 1 "$status"
	says "import: $maker: another key is there: said" "$err" \
	    "keys/$handle.key is there already, with other contents; it stays"
	check "import: $maker: another key is there: it stays" \
	    cmp "$k/other.pem" "$work/to/keys/$handle.key"
done

# OpenBSD's own files, with macros, includes and lists.
cp "$here/data/openbsd.conf" "$here/data/openbsd-sub.conf" "$work"
rm -rf "$work/to"
(cd "$work" && "$scripts/openbsd" -f "$work/to/openbsd.conf" -o "$work/to" \
    openbsd.conf) >"$err" 2>&1
same "import: openbsd: what it documents: status" 0 $?
# same_but_paths FILE: as -nv prints it, with all paths to one directory
same_but_paths() {
	(cd "$work" && "$client" -nv -f "$1" 2>/dev/null) |
	    sed -e 's|"/[^"]*/|"/|' \
	    -e '/^	\(account\|domain\)/s|"/[^"]*"|PATH|'
}
same "import: openbsd: what it documents: nothing but paths has changed" \
    "$(same_but_paths openbsd.conf)" \
    "$(same_but_paths "$work/to/openbsd.conf")"

# Where nobody sees what is said.
for _fd in 0 1 2; do
	made certbot
	sh -c "exec $_fd>&-; exec \"\$@\"" sh "$scripts/certbot" \
	    -f "$work/to/certbot.conf" -o "$work/to" "$work/from" \
	    >"$err" 2>&1
	same "import: descriptor $_fd is closed: status" 0 $?
	_client=certbot
	parsed "descriptor $_fd is closed"
	same "import: descriptor $_fd is closed: the key" \
	    "$(spki_key "$k/leaf.pem")" \
	    "$(spki_key "$work/to/keys/a.example.com.key")"
done

# An account's key that certbot has as JWK.
made certbot account_file="$k/account-rsa.pem"
taken certbot "$work/from"
same "import: certbot: an RSA account" "$(spki_key "$k/account-rsa.pem")" \
    "$(spki_key "$work"/to/account/*.pem)"

# hostile NAME WORDS: nothing is taken over, and the reason is said
hostile() {
	taken certbot "$work/from"
	same "import: $1: status" 1 "$status"
	says "import: $1: said" "$err" "$2"
	same "import: $1: no key is written" "" \
	    "$(find "$work/to" -type f 2>/dev/null | grep keys/)"
}
live=$work/from/live/a.example.com archive=$work/from/archive/a.example.com
# relinked FILE TARGET: the link in live leads there
relinked() { ln -sfn "$2" "$live/$1.pem"; }
made certbot; relinked privkey "$k/leaf.pem"
hostile "a link out, absolute" "leads out of $work/from"
made certbot; relinked privkey ../../../keys/leaf.pem
hostile "a link out, relative" "leads out of $work/from"
made certbot; mv "$archive" "$work/elsewhere" && ln -s "$work/elsewhere" \
    "$archive"
hostile "a directory that is a link out" "leads out of $work/from"
rm -rf "$work/elsewhere"
made certbot; relinked privkey privkey.pem
hostile "a link to itself" "too many links"
if [ "$(id -u)" = 0 ]; then
	made certbot
	chmod 640 "$archive/privkey1.pem"; chgrp daemon "$archive/privkey1.pem"
	taken certbot "$work/from"
	says "import: a key that a group may read: said" "$err" \
	    "the group daemon may read its key; .*: domain key ... group daemon"
	same "import: a key that a group may read: it is root's here" \
	    "600 root" "$(stat -c '%a %G' "$work/to/keys/a.example.com.key")"
fi
made certbot; relinked privkey "$archive/privkey1.pem"
taken certbot "$work/from"
same "import: an absolute link inside: status" 0 "$status"
made certbot; rm "$archive/privkey1.pem"; mkfifo "$archive/privkey1.pem"
hostile "a FIFO" "not a regular file"
made certbot; dd if=/dev/zero of="$archive/privkey1.pem" bs=1M count=2 \
    2>/dev/null
hostile "a large file" "larger than 1 MiB"
for key in ed25519 p521 rsa1024; do
	made certbot
	cp "$k/$key.pem" "$archive/privkey1.pem"
	cp "$k/$key.crt" "$archive/fullchain1.pem"
	hostile "a key of $key" "of a type that acme-client does not have"
done
made certbot; cp "$k/encrypted.pem" "$archive/privkey1.pem"
hostile "an encrypted key" "the key is encrypted"
made certbot; cp "$k/other.pem" "$archive/privkey1.pem"
hostile "another key" "for another key than its own"
made certbot; echo x >"$archive/fullchain1.pem"
hostile "no certificate" "no certificate in it"
made certbot; sed -i '3s/^..../AAAA/' "$archive/fullchain1.pem"
sed -i '2s/^......../MIIBAAAA/' "$archive/fullchain1.pem"
hostile "a broken certificate" "cannot be parsed\|another key"
made certbot; chmod 600 "$work"/from/accounts/localhost/dir/*/private_key.json
for text in '{"kty": "RSA", "n": "AQAB"}' '{"kty": "EC", "crv": "P-256"}' \
    '{"kty": "oct", "k": "x"}' '["x"]' 'x' \
    "$(printf '%0.s[' $(seq 5000))"; do
	echo "$text" >"$(echo "$work"/from/accounts/*/*/*/private_key.json)"
	hostile "an account's key $(echo "$text" | cut -c 1-28)" \
	    "a.example.com: "
done
made certbot; sed -i 's|^server.*|server = https://localhost/../../../x|' \
    "$work/from/renewal/a.example.com.conf"
hostile "an authority with .." "leads out of"
for text in "http://localhost/dir" 'https://x" }' \
    'https://acme-staging-v02.api.letsencrypt.org/directory'; do
	made certbot; sed -i "s|^server.*|server = $text|" \
	    "$work/from/renewal/a.example.com.conf"
	hostile "an authority $text" "not an https URL\|is for tests"
done
made certbot; sed -i "s|^account = .*|account = ../../../../keys|" \
    "$work/from/renewal/a.example.com.conf"
hostile "an account with .." "account .*: not a name"
for text in '/x" on change "/bin/sh' 'relative' '/x\' "$(printf '/x\t}')" \
    "$(printf '/x\342\200\213y')"; do
	made certbot; sed -i "s|^x = .*|x = placeholder|" \
	    "$work/from/renewal/a.example.com.conf"
	VALUE=$text awk '{ if (sub(/placeholder/, "")) print $0 ENVIRON["VALUE"]
	    else print }' "$work/from/renewal/a.example.com.conf" >"$work/x" &&
	    cp "$work/x" "$work/from/renewal/a.example.com.conf"
	hostile "a webroot $(echo "$text" | cat -v)" \
	    "cannot be a word\|not an absolute path"
done
# Names and commands of any kind: the configuration has one section, and what is
# written is where it belongs.
newline='
'
for name in 'x" { on change "sh' "x${newline}domain evil {" '...' \
    '-n' 'a b' "it's" '$x' 'x\' '#x' "$(printf 'x\342\200\256y')"; do
	made certbot name="$name"
	taken certbot "$work/from"
	what="the name $(printf %s "$name" | tr '\n' '~')"
	same "import: $what: status" 0 "$status"
	parsed "$what"
	same "import: $what: files" "3 1" \
	    "$(find "$work/to" -mindepth 2 -type f | wc -l) $(find "$work/to" \
	    -maxdepth 1 -type f | wc -l)"
done
for hook in 'systemctl reload nginx' 'x; rm -rf /' 'x \' \
    "$(printf 'a\033[2Jb')" "on change \"/bin/sh\""; do
	made certbot hook="$hook"
	taken certbot "$work/from"
	same "import: the command $hook: status" 0 "$status"
	parsed "the command $hook"
	says "import: the command $hook: said" "$err" \
	    "not taken over: a command after a renewal: "
	same "import: the command $hook: without control characters" "" \
	    "$(tr -d '[:print:]\n\t' <"$work/to/certbot.conf"
	        tr -d '[:print:]\n' <"$err")"
done
made certbot; touch "$work/from/renewal/.conf" "$work/from/renewal/x.conf"
printf '\377\n' >"$work/from/renewal/y.conf"
mkdir "$work/from/renewal/z.conf"
taken certbot "$work/from"
same "import: broken files beside a good one: status" 0 "$status"
parsed "broken files beside a good one"
made certbot; mkdir -p "$work/to/keys"
ln -s "$work/target" "$work/to/keys/a.example.com.key"
taken certbot "$work/from"
same "import: a link where a key is to be written: it is not followed" "1 no" \
    "$status $(ls "$work/target" 2>/dev/null || echo no)"

# Other clients' configurations are no programs here.
made dehydrated hook=/etc/dehydrated/hook.sh
cat >>"$work/from/config" <<END2
touch $work/ran
X=\$(touch $work/ran)
CHALLENGETYPE=\`touch $work/ran; echo dns-01\`
END2
taken dehydrated "$work/from"
same "import: dehydrated: commands in config: status" 1 "$status"
says "import: dehydrated: commands in config: said" "$err" \
    "CHALLENGETYPE is the output of a command"
check "import: dehydrated: commands in config: not run" test ! -e "$work/ran"
made dehydrated hook=/etc/dehydrated/hook.sh
echo 'CHALLENGETYPE="dns-01"' >>"$work/from/config"
taken dehydrated "$work/from"
says "import: dehydrated: dns-01 by its hook" "$work/to/dehydrated.conf" \
    'challenge hook "/usr/local/libexec/acme-client/hooks/dehydrated"'
says "import: dehydrated: dns-01: what its hook needs" "$err" \
    "hooks/dehydrated.conf must have: hook=/etc/dehydrated/hook.sh\$"
made dehydrated; echo "x.example.com > ../../x" >>"$work/from/domains.txt"
taken dehydrated "$work/from"
same "import: dehydrated: an alias with ..: status" 0 "$status"
says "import: dehydrated: an alias with ..: said" "$err" "not a name"
made dehydrated; mkdir "$work/from/certs/old.example.com"
taken dehydrated "$work/from"
says "import: dehydrated: not in domains.txt" "$err" \
    "certs/old.example.com: not in domains.txt"

# Nothing is written if not all of it can be.
made acme.sh
contact="$(printf '\342\230\203')@example.com"
sed -i "s/a@example.com/$contact/" "$work/from/ca/localhost/dir/ca.conf"
taken acme.sh "$work/from"
same "import: a contact that cannot be written: status" 0 "$status"
says "import: a contact that cannot be written: said" "$err" \
    "not taken over: the contact of acme.sh-localhost: "
parsed "a contact that cannot be written"
for maker in certbot openbsd; do
	made $maker; mkdir -p "$work/to"; echo x >"$work/to/$maker.conf"
	[ $maker = certbot ] || mv "$work/from/acme-client.conf" "$work/conf"
	if [ $maker = certbot ]; then taken $maker "$work/from"
	else taken $maker "$work/conf"
	fi
	same "import: $maker: another configuration is there: status" 1 \
	    "$status"
	says "import: $maker: another configuration is there: said" "$err" \
	    "the configuration is not written: .* with other contents; it"
	same "import: $maker: another configuration is there: nothing else" \
	    "$work/to/$maker.conf" "$(find "$work/to" -type f)"
done
made dehydrated
printf 'CERTDIR=/x\0y\n' >>"$work/from/config"
taken dehydrated "$work/from"
same "import: dehydrated: a NUL in CERTDIR" "1 1" \
    "$status $(grep -c '^dehydrated: .*x00y: has a NUL' "$err")"
for maker in dehydrated getssl; do
	made $maker
	conf=$work/from/config
	[ $maker = dehydrated ] || conf=$work/from/getssl.cfg
	{
		echo A=xxxxxxxx
		for _line in $(seq 50); do echo 'A=$A$A'; done
	} >>"$conf"
	taken $maker "$work/from"
	same "import: $maker: values that double" "1 1" \
	    "$status $(grep -c '^[a-z]*: one of its values is above' "$err")"
done
# openbsd_conf NAME SAYS: with standard input at the configuration's end
openbsd_conf() {
	made openbsd
	cat >>"$work/from/acme-client.conf"
	taken openbsd "$work/from/acme-client.conf"
	same "import: openbsd: $1" "1 1 0" "$status $(grep -c "^openbsd: $2" \
	    "$err") $(find "$work/to" -type f 2>/dev/null | wc -l)"
}
echo 'domain x {' | openbsd_conf "a block that is not closed" \
    "a { is never closed"
echo '}' | openbsd_conf "a brace too many" "a } without its {"
printf '%05000d' 0 | tr 0 '{' | openbsd_conf "5000 braces" \
    "more than 16 blocks, each in another"
echo "include \"$work/from/acme-client.conf\"" |
    openbsd_conf "itself" ".*: included too deeply"

# Each file of each client, broken in many ways.
python3 "$here/import_broken.py" "$scripts" "$work" "$url" "$k/account.pem" \
    "$k/leaf.pem" "$k/leaf.crt" || failed=1

# How names are validated.
# way CLIENT NAME STATEMENT [NAME=VALUE...]: what a fixture's webroot becomes
way() {
	_way=$1 _what=$2 _statement=$3; shift 3
	made "$_way" "$@"
	taken "$_way" "$work/from"
	says "import: $_way: $_what" "$work/to/$_way.conf" "$_statement"
	parsed "$_way: $_what"
}
way certbot "a webroot" \
    'challengedir "/var/www/html/.well-known/acme-challenge"'
way acme.sh standalone 'listen on \* port 80' webroot=no
way acme.sh "standalone by TLS" 'listen on \* port 443' webroot=alpn
way acme.sh stateless '	stateless$' webroot=stateless
way acme.sh "a script for DNS" 'hooks/acme.sh"' webroot=dns_cf
says "import: acme.sh: a script for DNS: what the hook needs" "$err" \
    "hooks/acme.sh.conf must have: home=$work/from; api=dns_cf\$"
says "import: acme.sh: a script for DNS: where its credentials are" "$err" \
    "SAVED_CF_Token"
same "import: acme.sh: no secret is printed" "" "$(grep secret "$err")"
way acme.sh "two webroots" 'challengedir "/var/www/acme"' webroot=/a,/b
way getssl "a webroot" 'challengedir "/srv/.well-known/acme-challenge"' \
    webroot=/srv
way getssl "another machine" 'challengedir "/var/www/acme"' \
    webroot=ssh:server:/srv
# certbot_way NAME STATEMENT LINE...: instead of webroot
certbot_way() {
	_name=$1 _statement=$2; shift 2
	made certbot
	sed -i -e '/webroot/d' -e '/^x =/d' -e '/^authenticator/d' \
	    "$work/from/renewal/a.example.com.conf"
	printf '%s\n' "$@" >>"$work/from/renewal/a.example.com.conf"
	sed -i 's/^authenticator = webroot//' \
	    "$work/from/renewal/a.example.com.conf"
	taken certbot "$work/from"
	says "import: certbot: $_name" "$work/to/certbot.conf" "$_statement"
	parsed "certbot: $_name"
}
certbot_way standalone 'listen on \* port 8080' "authenticator = standalone" \
    "http01_port = 8080"
certbot_way "a plugin for DNS" 'hooks/lexicon"' \
    "authenticator = dns-cloudflare" "dns_cloudflare_credentials = /root/x"
says "import: certbot: a plugin for DNS: its credentials" "$err" \
    "certbot's credentials are in /root/x; .*lexicon.conf must have: provider=c"
certbot_way "RFC 2136" 'hooks/nsupdate"' "authenticator = dns-rfc2136"
certbot_way "a plugin that is not known" 'challengedir "/var/www/acme"' \
    "authenticator = nginx" "installer = nginx"

[ "$inside" ] || {
	skip "import: against a CA: needs root and namespaces of its own"
	exit $failed
}

# Against a CA, with the commands of the page as they stand, where the system's
# trust anchors are those of the test.
own_system || { fail "import: no /etc and /var of its own"; exit 1; }
useradd --system --user-group --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin _acme-client
make_install
pebble_start || exit 1
cat "$work/tls.pem" "$work/root.pem" >/etc/ssl/certs/ca-certificates.crt
url=https://localhost:$ca_port/dir
export HOME=$work/home
mkdir -p "$HOME" /var/www/html/.well-known/acme-challenge
chown _acme-client: "$work/www"
mount --bind "$work/www" /var/www/acme
mount --bind "$work/www" /var/www/html/.well-known/acme-challenge
rm -rf /etc/letsencrypt /etc/dehydrated /etc/ssl/uacme
names="a.example.com b.example.com"
as_domains() { for _name in $names; do printf '%s %s ' "$1" "$_name"; done; }

# What the clients are called with; what they say is in $work/CLIENT.log.
peer_certbot() {
	# shellcheck disable=SC2046
	certbot certonly -n --webroot -w /var/www/html --agree-tos \
	    --email a@example.com --no-eff-email --server "$url" \
	    --cert-name example --deploy-hook "env true" \
	    $(as_domains -d)
}
peer_dehydrated() {
	mkdir -p /etc/dehydrated /var/lib/dehydrated
	cat >/etc/dehydrated/config <<END2
CA=$url
BASEDIR=/var/lib/dehydrated
WELLKNOWN=/var/www/acme
DOMAINS_TXT="/etc/dehydrated/domains.txt"
KEY_ALGO=prime256v1
ACCOUNT_KEY_ALGO=prime256v1
ACCOUNT_KEYSIZE=2048
CURL_OPTS='--cacert /etc/ssl/certs/ca-certificates.crt'
END2
	echo "$names" >/etc/dehydrated/domains.txt
	dehydrated --register --accept-terms && dehydrated -c
}
peer_lego() {
	# shellcheck disable=SC2046
	lego --server "$url" --email a@example.com --accept-tos \
	    --path /var/lib/lego --http --http.webroot /var/www/html \
	    $(as_domains --domains) run
}
peer_uacme() {
	cat >"$work/uacme-hook" <<END2
#!/bin/sh
case \$1 in
begin) [ "\$2" = http-01 ] && printf %s "\$5" >"/var/www/acme/\$4" ;;
done|failed) rm -f "/var/www/acme/\$4" ;;
esac
END2
	chmod 755 "$work/uacme-hook"
	uacme -a "$url" -y new a@example.com &&
	    uacme -a "$url" -h "$work/uacme-hook" issue $names
}
# What the fixtures of the others are made from: a certificate and an account
# that the CA knows.
own_certificate() {
	mkdir -p "$work/own/a" "$work/own/k" "$work/own/c" "$work/own/s"
	cat >"$work/own.conf" <<END2
state directory $work/own/s
authority a {
	api url "$url"
	account key $work/own/a/a.pem
}
domain a.example.com {
	alternative names { b.example.com }
	domain key $work/own/k/k.pem
	domain full chain certificate $work/own/c/c.pem
}
END2
	"$client" -f "$work/own.conf" a.example.com
}
for peer in certbot dehydrated lego uacme; do
	command -v $peer >/dev/null || continue
	(peer_$peer && : >"$work/$peer.done") >"$work/$peer.log" 2>&1 &
	eval "${peer}_pid=\$!"
done
check "import: a certificate for acme.sh, getssl and lego 5" own_certificate
client=/usr/local/sbin/acme-client
# Where each client has its files, and what its account's URL is in.
places_of() {
	case $1 in
	certbot) echo /etc/letsencrypt ;;
	dehydrated) echo /etc/dehydrated /var/lib/dehydrated ;;
	lego|lego5) echo /var/lib/lego ;;
	uacme) echo /etc/ssl/uacme ;;
	acme.sh) echo "$HOME/.acme.sh" ;;
	getssl) echo "$HOME/.getssl" ;;
	openbsd) echo "$work/openbsd" ;;
	esac
}
# page_of SCRIPT: the commands that the page has for it
page_of() {
	_title=$1
	[ "$1" != openbsd ] || _title="OpenBSD's acme-client"
	awk -v title="## $_title" '/^## / { here = $0 == title }
	    here && /^    / { print substr($0, 5) }' \
	    /usr/local/share/acme-client/import/README.md |
	    sed "s|https://acme-v02[^ ]*|$url|"
}
# moved_in CLIENT HANDLE: by the page's commands; then nothing is due, and a
# renewal is by the same account
moved_in() {
	_script=${1%5}
	rm -rf /etc/acme-client /etc/acme-client.d /var/lib/acme-client
	[ "$1" = openbsd ] || rm -f /etc/acme-client.conf
	make_install
	# shellcheck disable=SC2046
	_before=$(fixture tree $(places_of "$1"))
	page_of "$_script" >"$work/page"
	check "import: $1: the page has commands" test -s "$work/page"
	_orders=$(grep -c order-plz "$work/pebble.log")
	sh -e "$work/page" >"$err" 2>&1
	same "import: $1: the page's commands end with nothing to do" 2 $?
	cp "$err" "$work/$1.said"
	same "import: $1: nothing is ordered" "$_orders" \
	    "$(grep -c order-plz "$work/pebble.log")"
	"$client" -v "$2" >"$work/out" 2>&1
	same "import: $1: a run: status" 2 $?
	says "import: $1: a run" "$work/out" "$2: nothing to do before"
	same "import: $1: certificates belong to the directory's owner" \
	    "_acme-client" "$(stat -c %U /etc/acme-client/certs/* | sort -u)"
	"$client" -n 2>"$work/n"
	same "import: $1: -n has nothing to say" \
	    "acme-client: configuration OK" "$(cat "$work/n")"
	_accounts=$(accounts)
	"$client" -vF "$2" >"$work/out" 2>&1
	same "import: $1: a renewal" 0 $? || cat "$work/out"
	same "import: $1: a renewal: by no new account" "$_accounts" \
	    "$(accounts)"
	# shellcheck disable=SC2046
	same "import: $1: its files stay as they are" "$_before" \
	    "$(fixture tree $(places_of "$1"))"
}
accounts() { grep -c 'There are now .* accounts' "$work/pebble.log"; }

# Orders and accounts are counted from now on: none of the others' may come.
for peer in certbot dehydrated lego uacme; do
	eval "peer_pid=\${${peer}_pid:-}"
	[ -z "$peer_pid" ] || wait "$peer_pid"
done
for peer in certbot dehydrated lego uacme; do
	command -v $peer >/dev/null || {
		skip "import: $peer is not installed"
		continue
	}
	[ -e "$work/$peer.done" ] || {
		fail "import: $peer gets no certificate:" \
		    "$(end_of "$work/$peer.log")"
		continue
	}
	handle=a.example.com
	[ $peer != certbot ] || handle=example
	moved_in $peer $handle
done
[ -s "$work/certbot.said" ] && says "import: certbot: its command is said" \
    "$work/certbot.said" 'a command after a renewal: env true: on change "/'
for maker in acme.sh getssl lego5 openbsd; do
	handle=a.example.com
	[ $maker != acme.sh ] || handle=a.example.com_ecc
	# shellcheck disable=SC2046
	rm -rf $(places_of $maker)
	fixture $maker "$(places_of $maker)" "$url" "$work/own/a/a.pem" \
	    "$work/own/k/k.pem" "$work/own/c/c.pem" \
	    webroot="$([ $maker = openbsd ] && echo /var/www/acme ||
	        echo /var/www/html)"
	[ $maker != openbsd ] ||
	    cp "$work/openbsd/acme-client.conf" /etc/acme-client.conf
	moved_in $maker $handle
done
exit $failed
