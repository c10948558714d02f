# Simulated months of renewals at a CA that fails: [HANDLES DAYS], by default so
# few that they take less than a minute; bench/soak.sh has a year.
. "$here/lib.sh"
work_start
# Servers on loopback are asked about revocation, and no stall takes long.
variant -DHTTP_RESPONSE_SECONDS=5 -DSTATUS_LOOPBACK=1 &&
    with_mishap "$variant" "$work/with" >"$work/with.log" 2>&1 ||
    { fail "soak: does not build: $(end_of "$work/with.log")"; exit 1; }
mkdir "$work/ca"
tls_days=1000 make_tls
cp "$work/tls-server.pem" "$work/ca/server.pem"
cp "$work/tls-server.key" "$work/ca/server.key"
# A descriptor or more for each handle.
ulimit -n "$(ulimit -Hn)"
python3 "$here/soak.py" "$work/with/acme-client" "$work" "$mishaps" \
    $(free_ports 2) "${1:-30}" "${2:-60}"
