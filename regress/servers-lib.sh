# What the tests with a real Postfix and Dovecot have in common.

# The services of a Postfix that takes no mail, besides smtpd: for master.cf.
postfix_services() {
	printf '%s\n' "postlog unix-dgram n - n - 1 postlogd" \
	    "cleanup unix n - n - 0 cleanup" "qmgr unix n - n 300 1 qmgr" \
	    "rewrite unix - - n - - trivial-rewrite" \
	    "tlsmgr unix - - n 1000? 1 tlsmgr" "anvil unix - - n - 1 anvil" \
	    "proxymap unix - - n - - proxymap"
}

# dovecot_words: of a Dovecot for IMAP that lets nobody in, in the words of the
# installed release: sets dovecot_release (2.3 or 2.4), dovecot_version, which
# comes first in its configuration, and dovecot_users.
dovecot_words() {
	case $(dovecot --version) in
	2.[0-3].*)
		dovecot_release=2.3 dovecot_version=
		dovecot_users='passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}' ;;
	*)
		dovecot_release=2.4
		dovecot_version='dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0'
		dovecot_users='mail_driver = maildir
mail_path = /nonexistent
passdb static {
  password = none
}
userdb static {
  fields {
    uid = nobody
    gid = nogroup
    home = /nonexistent
  }
}' ;;
	esac
}
