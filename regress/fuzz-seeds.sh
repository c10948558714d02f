# First inputs of the parsers' targets: files below $seeds/TARGET.  fuzz.sh and
# fuzz-long.sh source it behind fuzz-lib.sh.
for _target in $fuzz_parsers; do mkdir -p "$seeds/$_target"; done
printf %s 'ca.example; accounturi=https://ca.example/1; policy=wildcard; ' \
    'persistUntil=2000000001' >"$seeds/zone/good"
printf %s 'issue ca.example; accounturi=https://ca.example/1; ' \
    'validationmethods=http-01, dns-01' >"$seeds/caa/good"
printf '%s\n' 'issue ca.example' 'issuewild ;' >"$seeds/caa/two"

cp "$here"/data/*.conf "$top/etc/acme-client.conf" "$seeds/conf"

# crlf LINE...: the lines, with CR LF between them
crlf() {
	printf %s "$1"; shift
	[ $# = 0 ] || printf '\r\n%s' "$@"
}
# http_seed NAME LINE...
http_seed() {
	_name=$1; shift
	(printf A; crlf "$@") >"$seeds/http/$_name"
}
http_seed length 'HTTP/1.1 201 Created' 'Replay-Nonce: oFvnlFP1wIhRlYS2jTaXbA' \
    'Location: /acme/order/1' 'Link: </dir>;rel="index", <x?y=1>; rel="up"' \
    'Retry-After: 3' 'Content-Length: 2' '' '{}'
http_seed chunked 'HTTP/1.1 200 OK' 'Transfer-Encoding: chunked' \
    'Retry-After: Fri, 31 Dec 2027 23:59:59 GMT' '' \
    '4;x=y' Wiki 5 pedia 0 'T: v' '' ''
http_seed early 'HTTP/1.1 100 Continue' '' 'HTTP/1.0 404 Not Found' \
    'Connection: keep-alive' 'Content-Length: 0' '' ''

# json_seed NAME PIECE...: the pieces, one behind the other
json_seed() {
	_name=$1; shift
	printf %s "$@" >"$seeds/json/$_name"
}
json_seed directory 'd{"newNonce":"https://ca.example/n",' \
    '"newAccount":"https://ca.example/a","newOrder":"https://ca.example/o",' \
    '"revokeCert":"https://ca.example/r","keyChange":"https://ca.example/k",' \
    '"renewalInfo":"https://ca.example/i",' \
    '"meta":{"termsOfService":"https://ca.example/tos",' \
    '"externalAccountRequired":false,"profiles":{"classic":"text"}}}'
json_seed order 'o{"status":"valid","expires":"2027-01-01T00:00:00Z",' \
    '"identifiers":[{"type":"dns","value":"a.example"}],' \
    '"authorizations":["https://ca.example/z/1"],' \
    '"finalize":"https://ca.example/f",' \
    '"certificate":"https://ca.example/c",' \
    '"error":{"type":"urn:ietf:params:acme:error:caa","detail":"no"}}'
json_seed authorization 'a{"status":"pending",' \
    '"identifier":{"type":"dns","value":"a.example"},' \
    '"challenges":[{"type":"http-01","url":"https://ca.example/x",' \
    '"token":"DGyRejmCefe7v4NfDGDKfA","status":"pending"},' \
    '{"type":"dns-01","url":"https://ca.example/y","token":"x"}]}'
json_seed info 'i{"suggestedWindow":{"start":"2026-11-24T03:04:05.5Z",' \
    '"end":"2026-11-25T03:04:05+02:00"},' \
    '"explanationURL":"https://ca.example/why"}'
json_seed problem 'p{"type":"urn:ietf:params:acme:error:compound",' \
    '"detail":"two","subproblems":[{"type":"urn:ietf:params:acme:error:dns",' \
    '"detail":"\u001b[1m","identifier":{"type":"dns","value":"a.example"}}]}'

make_tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj / -addext 'subjectAltName=DNS:a.example,DNS:www.a.example' \
    -addext extendedKeyUsage=serverAuth -addext basicConstraints=CA:FALSE \
    -keyout "$run/fuzz.key" -out "$run/fuzz.pem" 2>/dev/null
openssl req -new -key "$run/fuzz.key" -subj / \
    -addext 'subjectAltName=DNS:a.example,DNS:www.a.example' -outform DER \
    -out "$run/fuzz.csr" 2>/dev/null
(printf p; cat "$run/fuzz.pem" "$work/tls.pem") >"$seeds/chain/pem"
(printf r; cat "$work/tls.pem") >"$seeds/chain/roots"
(printf c; cat "$run/fuzz.csr") >"$seeds/chain/csr"
(
	printf x
	openssl x509 -in "$run/fuzz.pem" -outform DER
	openssl x509 -in "$work/tls.pem" -outform DER
) >"$seeds/chain/der"

# Two certificates that are revoked, by a list and by an OCSP answer.
mkdir "$run/status"
(
	cd "$run/status" && echo 01 >number && cat >ca.cnf <<'END'
[ca]
default_ca=c
[c]
database=index
default_md=sha256
crlnumber=number
END
	for kind in list ocsp; do
		[ $kind = list ] &&
		    ext=crlDistributionPoints=URI:http://x.example/l ||
		    ext=authorityInfoAccess=OCSP\;URI:http://x.example/
		printf '%s\n' subjectAltName=DNS:a.example \
		    extendedKeyUsage=serverAuth "$ext" >ext
		openssl x509 -req -in "$work/tls-server.csr" \
		    -CA "$work/tls.pem" -CAkey "$work/tls-ca.key" \
		    -CAcreateserial -days 30 -extfile ext -out $kind.pem
		cat $kind.pem "$work/tls.pem" >"$run/status-$kind.pem"
		serial=$(openssl x509 -in $kind.pem -noout -serial |
		    cut -d= -f2)
		printf 'R\t360101000000Z\t261101000000Z\t%s\tunknown\t/CN=x\n' \
		    "$serial" >>index
	done
	openssl ca -gencrl -config ca.cnf -keyfile "$work/tls-ca.key" \
	    -cert "$work/tls.pem" -crldays 7 -out list.crl &&
	    openssl crl -in list.crl -outform DER -out "$run/status-list.der" &&
	    openssl ocsp -index index -CA "$work/tls.pem" \
	    -rsigner "$work/tls.pem" -rkey "$work/tls-ca.key" \
	    -issuer "$work/tls.pem" -cert ocsp.pem -ndays 1 \
	    -respout "$run/status-ocsp.der"
	(printf l; cat "$run/status-list.der") >"$seeds/status/list"
	(printf o; cat "$run/status-ocsp.der") >"$seeds/status/ocsp"
	cp "$run/status-list.der" "$run/status-ocsp.der" "$seeds/der"
) >"$run/status.log" 2>&1

# responder_seed NAME LINE...
responder_seed() {
	_name=$1; shift
	crlf "$@" >"$seeds/responder/$_name"
}
token=evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA
responder_seed get "hGET /.well-known/acme-challenge/$token HTTP/1.1" \
    'Host: a.example' 'User-Agent: x y' 'Content-Length: 0' '' ''
responder_seed head "hHEAD /.well-known/acme-challenge/$token HTTP/1.0" '' ''
responder_seed post 'hPOST / HTTP/1.1' 'Transfer-Encoding: chunked' '' 0 '' ''
python3 - "$seeds/responder" <<'END'
import ssl, sys
for name, versions in (("both", ()), ("old", (ssl.TLSVersion.TLSv1_2,))):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    if versions: context.maximum_version = versions[0]
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out,
        server_hostname="1.0.0.127.in-addr.arpa")
    try: client.do_handshake()
    except ssl.SSLWantReadError: pass
    hello = out.read()
    with open("%s/%s" % (sys.argv[1], name), "wb") as f: f.write(b"t" + hello)
    # The same in several records.
    body, cut = hello[5:], b""
    for i in range(0, len(body), 100):
        part = body[i:i + 100]
        cut += b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part
    with open("%s/%s-cut" % (sys.argv[1], name), "wb") as f: f.write(b"t" + cut)
END
