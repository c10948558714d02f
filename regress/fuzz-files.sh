#!/bin/sh
# fuzz-files.sh: makes the directory corpus/files anew: keys, certificates, a
# revocation list and an OCSP response, in whose place the fuzzer's inputs are,
# and the time at which they are valid (now).  The inputs in corpus/chain and
# corpus/status fit only the files with which they were made: after this, fuzz
# these two targets again.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/files
cd corpus/files
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
date +%s >now
ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256; }
ec >key.pem
ec >responder.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 >p384.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 >rsa.pem
openssl req -x509 -key key.pem -days 3650 -subj '/CN=fuzz CA' \
    -addext keyUsage=critical,keyCertSign,cRLSign >ca.pem
cat >"$work/ca.cnf" <<END
[ca]
default_ca=c
[c]
database=$work/index
default_md=sha256
crlnumber=$work/number
crl_extensions=x
[x]
authorityKeyIdentifier=keyid
issuingDistributionPoint=critical,@d
[d]
fullname=URI:http://x.example/l
END
echo 01 >"$work/number"
for kind in list ocsp; do
	[ $kind = list ] && ext=crlDistributionPoints=URI:http://x.example/l ||
	    ext=authorityInfoAccess=OCSP\;URI:http://x.example/
	printf '%s\n' subjectAltName=DNS:a.example,DNS:www.a.example \
	    extendedKeyUsage=serverAuth "$ext" >"$work/ext"
	openssl req -new -key key.pem -subj / |
	    openssl x509 -req -CA ca.pem -CAkey key.pem -days 90 \
	    -extfile "$work/ext" -out "$work/$kind.pem"
	cat "$work/$kind.pem" ca.pem >status-$kind.pem
	serial=$(openssl x509 -in "$work/$kind.pem" -noout -serial |
	    cut -d= -f2)
	printf 'R\t360101000000Z\t%s\t%s\tunknown\t/\n' \
	    261101000000Z,keyCompromise "$serial" >>"$work/index"
done
openssl ca -gencrl -config "$work/ca.cnf" -keyfile key.pem -cert ca.pem \
    -crldays 7 | openssl crl -outform DER >status-list.der
openssl ocsp -index "$work/index" -CA ca.pem -rsigner ca.pem -rkey key.pem \
    -issuer ca.pem -cert "$work/ocsp.pem" -ndays 1 -respout status-ocsp.der
# Others, by responders of this CA.
printf '%s\n' extendedKeyUsage=OCSPSigning keyUsage=digitalSignature \
    >"$work/ext"
# by NAME KEY OPTION...
by() {
	_name=$1 _key=$2; shift 2
	openssl req -new -key "$_key.pem" -subj /CN=responder |
	    openssl x509 -req -CA ca.pem -CAkey key.pem -days 90 \
	    -extfile "$work/ext" -out "$work/responder.pem"
	openssl ocsp -index "$work/index" -CA ca.pem \
	    -rsigner "$work/responder.pem" -rkey "$_key.pem" -issuer ca.pem \
	    -cert "$work/ocsp.pem" -ndays 1 -respout "status-$_name.der" "$@"
}
by responder responder -rmd sha384
by rsa rsa -rmd sha512
by pss rsa -rsigopt rsa_padding_mode:pss -rsigopt rsa_pss_saltlen:32
