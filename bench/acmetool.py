# The files that acmetool is configured by, for bench.py and features.py.

# The CA; how it responds to challenges, and where.
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
