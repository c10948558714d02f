# A CA each of whose responses is wrong in one way (mutations.py): refused with
# every installed file as it was, or a certificate where that is all the same.
# Each fourth of them; EACH=1: all.  WORDS="...": those whose names have these
# words.
. "$here/ca-lib.sh"
# For orders that never get done.
short VALIDATION_SECONDS=4
scenario plain
same "ca-mutations: a certificate to begin with" 0 $status
stop "$ca_pid"
# shellcheck disable=SC2046
python3 "$here/ca_mutations.py" "$client" "$work/c.conf" "$work" \
    "$(free_ports 4)" "${EACH:-4}" ${WORDS:-} || failed=1
exit $failed
