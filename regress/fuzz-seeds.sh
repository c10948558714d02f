# First inputs of the parsers' targets: files below $seeds/TARGET.  fuzz.sh and
# fuzz-long.sh source it behind fuzz-lib.sh.
for _target in $fuzz_parsers; do mkdir -p "$seeds/$_target"; done
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
json_seed persist 'a{"status":"pending",' \
    '"identifier":{"type":"dns","value":"a.example"},"wildcard":true,' \
    '"challenges":[{"type":"dns-persist-01","url":"https://ca.example/x",' \
    '"issuer-domain-names":["ca.example","b.example"]}]}'
json_seed account 'c{"status":"deactivated","orders":"https://ca.example/o"}'
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

# What the targets sign anew, and the signed originals.
for _kind in list ocsp; do
	_pem=$FUZZ_FILES/status-$_kind.pem
	openssl x509 -in "$_pem" -outform DER >"$run/fuzz-leaf.der"
	(printf l; cat "$FUZZ_FILES/status-$_kind.der") >"$seeds/status/$_kind"
	(printf u; cat "$run/fuzz-leaf.der") >"$seeds/status/url-$_kind"
	(
		printf s
		cat "$run/fuzz-leaf.der"
		openssl x509 -in "$FUZZ_FILES/ca.pem" -outform DER
	) >"$seeds/chain/$_kind"
done
(printf L; cat "$FUZZ_FILES/status-list.der") >"$seeds/status/to-sign"
python3 - "$FUZZ_FILES" "$seeds/status" <<'END'
import sys
for name in "ocsp", "responder", "rsa", "pss":
    with open(f"{sys.argv[1]}/status-{name}.der", "rb") as f: data = f.read()
    # Behind id-pkix-ocsp-basic comes OCTET STRING with two bytes of length.
    at = data.index(b"\x2b\6\1\5\5\7\x30\1\1\4\x82") + 13
    with open(f"{sys.argv[2]}/to-sign-{name}", "wb") as f:
        f.write((b"O" if name == "ocsp" else b"D") + data[at:])
END
for _key in key rsa; do
	(
		printf C
		openssl req -new -key "$FUZZ_FILES/$_key.pem" -subj / -addext \
		    subjectAltName=DNS:a.example,DNS:www.a.example -outform DER
	) >"$seeds/chain/csr-$_key"
	(
		printf s
		openssl req -x509 -key "$FUZZ_FILES/$_key.pem" -subj /CN=x \
		    -sigopt rsa_padding_mode:pss -outform DER ||
		    openssl req -x509 -key "$FUZZ_FILES/$_key.pem" -subj /CN=x \
		    -outform DER
	) >"$seeds/chain/self-$_key"
done 2>/dev/null
# Certificates with what the verdict looks at, below a CA and a root.
_to_ca="openssl x509 -req -CAkey $FUZZ_FILES/key.pem -outform DER"
printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 \
    keyUsage=critical,keyCertSign >"$run/fuzz.ext"
openssl req -new -key "$FUZZ_FILES/key.pem" -subj /CN=sub |
    openssl x509 -req -CA "$FUZZ_FILES/ca.pem" -CAkey "$FUZZ_FILES/key.pem" \
    -days 300 -extfile "$run/fuzz.ext" -out "$run/fuzz-sub.pem" 2>/dev/null
openssl req -new -key "$FUZZ_FILES/key.pem" -subj /CN=leaf \
    >"$run/fuzz-leaf.csr"
_san=subjectAltName=DNS:a.example,DNS:www.a.example
# variant NAME DAYS DIGEST EXTENSION...
variant() {
	_name=$1 _days=$2 _digest=$3; shift 3
	printf '%s\n' "$@" >"$run/fuzz.ext"
	(
		printf s
		$_to_ca -in "$run/fuzz-leaf.csr" -CA "$run/fuzz-sub.pem" \
		    -days "$_days" "-$_digest" -extfile "$run/fuzz.ext"
		openssl x509 -in "$run/fuzz-sub.pem" -outform DER
		openssl x509 -in "$FUZZ_FILES/ca.pem" -outform DER
	) >"$seeds/chain/$_name" 2>/dev/null
}
variant good 90 sha256 $_san extendedKeyUsage=serverAuth \
    keyUsage=digitalSignature basicConstraints=CA:FALSE
variant addresses 90 sha384 \
    subjectAltName=IP:192.0.2.1,IP:2001:db8::1,email:x@a.example
variant many 90 sha512 \
    subjectAltName=DNS:a.example,DNS:b.a.example,DNS:a.a.example,DNS:c.example
variant ca 90 sha256 $_san basicConstraints=CA:TRUE
variant client 90 sha256 $_san extendedKeyUsage=clientAuth
variant usage 90 sha256 $_san keyUsage=keyCertSign
variant staple 90 sha256 $_san tlsfeature=status_request
variant critical 90 sha256 $_san 1.2.3.4=critical,ASN1:NULL
variant long 20000 sha256 $_san
variant short 0 sha256 $_san
(printf c; cat "$run/fuzz.csr"; printf x) >"$seeds/chain/csr-more"
# Ten certificates, far apart.
(printf 'P\12%2800s' ' '; cat "$run/fuzz.pem") >"$seeds/chain/far"
# They are valid at the time of those files, whenever they were made.
python3 - "$FUZZ_FILES/now" "$seeds"/chain/* <<'END'
import calendar, re, sys, time
with open(sys.argv[1]) as f: off = int(f.read()) - time.time()
def moved(match):
    year = b"20" if len(match[2]) == 12 else b""
    when = calendar.timegm(time.strptime((year + match[2]).decode(),
        "%Y%m%d%H%M%S"))
    text = time.strftime("%Y%m%d%H%M%S", time.gmtime(when + off)).encode()
    return match[1] + text[-len(match[2]):] + b"Z"
for name in sys.argv[2:]:
    with open(name, "rb") as f: data = f.read()
    if data[:1] not in b"sx": continue
    data = re.sub(rb"(\x17\r|\x18\x0f)(\d{12}|\d{14})Z", moved, data)
    with open(name, "wb") as f: f.write(data)
END
printf 'ma.example\n*.b.example\n192.0.2.1\n2001:db8::1\n' \
    >"$seeds/chain/names"
(printf n; openssl req -inform DER -in "$run/fuzz.csr") >"$seeds/chain/csr-pem"
(printf k; openssl x509 -in "$run/fuzz.pem") >"$seeds/chain/only"
(printf K; cat "$FUZZ_FILES/key.pem") >"$seeds/chain/key"
cp "$FUZZ_FILES"/*.der "$seeds/der"

# text_seed NAME LETTER TEXT
text_seed() { printf '%s%s' "$2" "$3" >"$seeds/text/$1"; }
text_seed base64url b evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA
text_seed log l "$(printf '0\033[1mHello\n\303\244')"
text_seed date d 'Sunday, 06-Nov-94 08:49:37 GMT'
text_seed date2 d 'Sun Nov  6 08:49:37 1994'
text_seed clock c "$(printf '\021\042\063\104')"
text_seed url u 'https://[2001:db8::1]:14000/x?y=../z'
text_seed reference u '../a/./b/../c?d'
text_seed name n '*.www.a.example'
text_seed persist p 'https://ca.example/acct/1'
text_seed fit f "ca.example; accounturi=https://ca.example/1; \
policy=wildcard; persistUntil=2000000001"
text_seed resolvers r "$(printf 'search x\nnameserver 192.0.2.1\n')"
text_seed address a 0123456789abcdef

# state_seed NAME LETTER TEXT
state_seed() { printf '%s%s' "$2" "$3" >"$seeds/state/$1"; }
state_seed state s '{"names":
"f51ce92a0fa19aeb9ce2d44a2d3a1e9ed5a2b3d1f3d6d0c4e0e3b1c0a5a9b8c7",
"attempts":2,"failures":1,"not before":1795460000,"last error":"x: y",
"error class":2,"renewal":{"certificate":"a.b","start":1795460000,
"end":1795470000,"time":1795465000,"ask again":1795460000},
"order":{"url":"https://ca.example/o","terms":"x","made":1795450000},
"obtained":{"fingerprint":"00","directory":"https://ca.example/d"},
"group":"=ssl-cert"}'
# An attempt that was killed, of a certificate that ends soon; numbers and texts
# beyond what the members hold.
state_seed killed s '{"names":
"2e1d8b3b0ffb32e2d7ae4a8ac9d03a1e9c5ab0bc1ccd1e4f1d28bb8a98b9d1f9",
"attempts":3,"failures":4,"attempt began":1795440000,
"last error":"x","not before":1895440000,
"looked at":{"ends":1795460000},"milliseconds":5}'
state_seed numbers s '{"names":"x","attempts":9223372036854775807,
"failures":3,"forced":9223372036854775807,"milliseconds":9223372036854775807,
"slow":-1,"looked at":{"ends":1995460000},"attempt began":1}'
state_seed long s "{\"names\":\"x\",\"last error\":\"$(
    printf '%1598s\303\244' | tr ' ' x)\"}"
state_seed account a '{"directory":"https://ca.example/dir",
"account":"https://ca.example/1","thumbprint":"x","unknown key":"y"}'
state_seed journal j '_acme-challenge.a.example x
_acme-challenge.b.example y
'

# Each kind of place, with what hookproc does there (fuzz-state.c).
_n=0
for _place in 0 1 2 3 4 5 6; do
	for _steps in '\0\1\3\5' '\0\4\1\5' '\1\1\4\0\5' '\1\6\1\5' \
	    '\17\1\5' '\27\1\5' '\37\1\3' '\47\1\5' '\57\1\5' \
	    '\67\1\5' '\77\1\5' '\2\5' '\0\57\5'; do
		_n=$((_n + 1))
		_of=$(printf %s "$_steps" | tr -cd '\\' | wc -c)
		_steps=$_of${_steps}_acme-challenge.b.example
		printf "J\\$_place\\$_steps z\n" >"$seeds/state/steps-$_n"
	done
done

# The first answers of a search, byte by byte as fuzz-dns.c reads them: an SOA
# record, name servers, their addresses, the record.
printf '\0\3\20\1\0\3\1\2\3\20\1\0\2\1\4\3\20\1\0\4\0\0' \
    >"$seeds/dns/search"
printf '\3\20\1\0\5\0\0\3\20\1\0\0\0\0' >>"$seeds/dns/search"
printf '\4\3\60\1\0\0\0\0\377\0\3\20\1\0\0\0\0' >"$seeds/dns/tcp"
printf '\6\3\20\1\0\6\0\0\3\20\1\0\4\0\0' >"$seeds/dns/check"
printf '\5\3\20\1\0\0\0\2\3\3\20\1\0\1\7\0' >"$seeds/dns/persist"

# A message of each length that matters.
printf '\0\0\0' >"$seeds/msg/short"
head -c 19 /dev/zero >"$seeds/msg/empty"

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
