# The files that acmetool and lacme are configured by, for bench.py and
# features.py.

# acmetool: the CA; how it responds to challenges, and where.
ACMETOOL_TARGET = """\
request:
  provider: %s
  challenge:
    http-self-test: false
    %s:
    - %s
  key:
    type: ecdsa
    ecdsa-curve: nistp256
"""
ACMETOOL_RESPONSES = """\
"acme-enter-email": ""
"acme-agreement:data:text/plain,Do%20what%20thou%20wilt": true
"""

# lacme: the CA, how it responds; and one certificate.
LACME_CONF = """\
config-certs = {d}/certs.conf
[client]
user =
group =
server = {url}
[webserver]
user =
group =
{responds}
[accountd]
config = {d}/accountd.conf
"""
LACME_CERTS = """\
[x]
certificate-key = {d}/key
certificate = {d}/crt
CAfile =
subject = /CN={names[0]}
subjectAltName = {sans}
{notify}
"""
