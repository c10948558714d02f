# Kinds of certificates and keys against Pebble: rotated keys, groups, combined
# files, CSRs brought along, alternate chains, addresses.
. "$here/lib.sh"
work_start
key=$work/ssl/private/example.com.key
both=$work/ssl/private/example.com.both

rotate() {
	fresh
	domain_write "$conf" example.com example.com "" "ecdsa rotate"
	acme example.com
	expect "rotate: first" 0
	good example.com "example.com " "rotate: first"
	before=$(spki_key "$key")
	acme -F example.com
	expect "rotate: renewal" 0
	good example.com "example.com " "rotate: renewal"
	check "$who: rotate: another key" test "$before" != "$(spki_key "$key")"
	same "$who: rotate: mode, and what else is there" \
	    "600 example.com.key example.com.key.old " \
	    "$(stat -c %a "$key") $(ls "$work/ssl/private" | tr '\n' ' ')"
	same "$who: rotate: the replaced key is kept" "600 $before" \
	    "$(stat -c %a "$key.old") $(spki_key "$key.old")"
	# The CA fails after the next key was made: nothing has changed.
	before=$(spki_key "$key")
	stop $web_pid
	acme -F example.com
	expect "rotate: the CA refuses" 1
	good example.com "example.com " "rotate: the CA refuses"
	same "$who: rotate: the CA refuses: the key stays" "$before" \
	    "$(spki_key "$key")"
	next=$(spki_key "$key.new")
	web_start
	acme -F example.com
	expect "rotate: the run after it" 0
	good example.com "example.com " "rotate: the run after it"
	same "$who: rotate: with the key that was made already" "$next" \
	    "$(spki_key "$key")"
}

groups() {
	[ $who = root ] ||
	    { skip "$who: group: takes root, or a group of one's own"; return; }
	fresh
	domain_more="domain combined $both"
	domain_write "$conf" example.com example.com "" \
	    "ecdsa rotate group 23456"
	chmod 711 "$work/ssl/private"
	for n in first second; do
		acme -F example.com
		expect "group: $n" 0
		same "$who: group: $n: mode and group" \
		    "0:23456:640 0:23456:640 " \
		    "$(stat -c %u:%g:%a "$key" "$both" | tr '\n' ' ')"
	done
	sed -i "s/group 23456/group nosuchgroup/" "$conf"
	run -F example.com
	expect "group that there is not" 1
	says "$who: group that there is not: named" "$err" \
	    "group nosuchgroup: there is no such group"
	domain_more=
}

combined() {
	domain_more="domain combined $both"
	for more in "" "ecdsa rotate"; do
		fresh
		domain_write "$conf" example.com example.com "" "$more"
		for n in first second; do
			acme -F example.com
			expect "combined, $more: $n" 0
			good example.com "example.com " "combined, $more: $n"
			check \
			    "$who: combined, $more: $n: is key and full chain" \
			    joined "$both" "$key" \
			    "$work/ssl/example.com.fullchain.pem"
			same "$who: combined, $more: $n: mode" 600 \
			    "$(stat -c %a "$both")"
		done
		acme example.com
		expect "combined, $more: nothing due" 2
		for how in gone cut other; do
			case $how in
			gone) rm "$both" ;;
			cut) truncate -s 800 "$both" ;;
			other) sed -i '$d' "$both" ;;
			esac
			acme example.com
			expect "combined, $more: $how: repaired" 0
			check "$who: combined, $more: $how: is whole again" \
			    joined "$both" "$key" \
			    "$work/ssl/example.com.fullchain.pem"
			same "$who: combined, $more: $how: without the CA" 0 \
			    "$(grep -c POST "$err")"
		done
	done
	domain_more=
}

brought() {
	fresh
	openssl req -new -newkey rsa:2048 -nodes -keyout "$work/csr.key" \
	    -subj "/O=Example/CN=other.example" -out "$work/x.csr" \
	    -addext "subjectAltName=DNS:c.example,DNS:www.c.example" 2>/dev/null
	cat >>"$conf" <<END
domain own {
	csr file "$work/x.csr"
	domain full chain certificate "$work/ssl/own.pem"
	challengedir "$work/www"
}
END
	acme own
	expect "csr file" 0
	same "$who: csr file: names" "c.example www.c.example " \
	    "$(sans "$work/ssl/own.pem")"
	same "$who: csr file: its key" "$(spki_key "$work/csr.key")" \
	    "$(spki_cert "$work/ssl/own.pem")"
	acme own
	expect "csr file: nothing due" 2
	openssl req -in "$work/x.csr" -outform DER -out "$work/x.der" &&
	    mv "$work/x.der" "$work/x.csr"
	acme -F own
	expect "csr file in DER" 0
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$work/csr.key" -subj "/" -out "$work/x.csr" \
	    -addext "subjectAltName=DNS:c.example,DNS:C.example" 2>/dev/null
	acme own
	expect "csr file changed: renewed" 0
	same "$who: csr file changed: names, one repeated" "c.example " \
	    "$(sans "$work/ssl/own.pem" | tr "C " "c\n" | sort -u |
	        tr "\n" " ")"
	same "$who: csr file changed: its key" "$(spki_key "$work/csr.key")" \
	    "$(spki_cert "$work/ssl/own.pem")"
	openssl req -new -key "$work/etc/private/account.pem" -subj "/" \
	    -out "$work/x.csr" -addext "subjectAltName=DNS:c.example" \
	    2>/dev/null
	run -F own
	expect "csr file with the account's key" 1
	says "$who: csr file with the account's key: says so" "$err" "account"
	acme -r own
	expect "csr file: revoked" 0
}

addresses() {
	fresh
	domain_write "$conf" address 127.0.0.1 "::1 example.com"
	acme address
	expect "addresses" 0
	check "$who: addresses: full chain leads to the root" \
	    verified "$work/ssl/address.fullchain.pem"
	same "$who: addresses: all in it" \
	    "IPAddress:0:0:0:0:0:0:0:1 IPAddress:127.0.0.1 example.com " \
	    "$(sans "$work/ssl/address.fullchain.pem")"
	clean_www addresses
	acme address
	expect "addresses: nothing due" 2
	fresh
	domain_write "$conf" four ::1 "127.0.0.1"
	acme four
	expect "addresses without a name" 0
	fresh
	domain_write "$conf" w "*.example.com" "example.com"
	run w
	expect "wildcard by http-01" 1
	says "$who: wildcard by http-01: says what it takes" "$err" \
	    "c.conf:[0-9]*: .*\*.example.com: a wildcard needs the challenge" \
	    "dns-01"
}

alternates() {
	fresh
	for i in 0 1 2; do
		fetch "https://localhost:$management_port/roots/$i" \
		    >"$work/root$i.pem"
	done
	cat "$work"/root[012].pem >"$work/root.pem"
	for i in 2 1 0; do
		issuer=$(openssl x509 -in "$work/root$i.pem" -noout -subject |
		    sed 's/.*CN *= *//')
		domain_more="preferred chain \"$issuer\""
		conf_write "$conf"
		domain_write "$conf" example.com example.com ""
		acme -F example.com
		expect "preferred chain $i" 0
		good example.com "example.com " "preferred chain $i"
		check "$who: preferred chain $i: leads to that root" openssl \
		    verify -CAfile "$work/root$i.pem" \
		    -untrusted "$work/ssl/example.com.fullchain.pem" \
		    "$work/ssl/example.com.fullchain.pem"
		what="no more chains fetched than it takes"
		same "$who: preferred chain $i: $what" \
		    $((i + 1)) "$(grep -Ec 'POST [^ ]*certZ[^ ]*$' "$err")"
	done
	domain_more='preferred chain "No Such Root"'
	conf_write "$conf"
	domain_write "$conf" example.com example.com ""
	acme -F example.com
	expect "preferred chain that is not offered: the first" 0
	good example.com "example.com " "preferred chain that is not offered"
	says "$who: preferred chain that is not offered: said with -v" "$err" \
	    "not to 'No Such Root'"
	domain_more=
}

many() {
	fresh
	domain_write "$conf" many example.com \
	    "$(for i in $(seq 99); do printf 'n%d.example.com ' "$i"; done)"
	acme many
	expect "100 names" 0
	cp "$conf" "$conf.before"
	conf_write "$conf"
	domain_write "$conf" many n99.example.com \
	    "example.com $(seq -f n%.0f.example.com 98 -1 1 | xargs)"
	acme many
	expect "the same 100 names in another order: nothing due" 2
}

pebble_start PEBBLE_ALTERNATE_ROOTS=2 || exit 1
rotate; groups; combined; brought; addresses; alternates; many
exit $failed
