#!/bin/sh
# Makes the directories that acme-client.conf(5) recommends, where they are
# missing.  What is there stays as it is, with its mode and owner.
# usage, by make install: directories.sh DESTDIR CONFDIR STATEDIR CHALLENGEDIR
set -eu
umask 022
dest=$1 conf=$2 state=$3 challenges=$4
user=_acme-client
made=

# directory MODE PATH: 0: it is new; 1: it was there
directory() {
	[ ! -d "$dest$2" ] || return 1
	mkdir -p -m "$1" "$dest$2" || exit 1
}

directory 0755 "$conf" || :
directory 0700 "$conf/account" || :
directory 0700 "$conf/keys" || :
if directory 0755 "$conf/certs"; then made="$made $conf/certs"; fi
if directory 0700 "$state"; then made="$made $state"; fi
# Who installs as an ordinary user may well have no right to this one.
if (directory 0755 "$challenges") 2>/dev/null; then
	made="$made $challenges"
elif [ ! -d "$dest$challenges" ]; then
	echo "$challenges cannot be made;" \
	    "name another directory with challengedir"
fi

if [ -n "$dest" ]; then
	[ -z "$made" ] ||
	    echo "a package makes the user $user, and gives it$made"
elif [ "$(id -u)" != 0 ]; then
	:
elif id "$user" >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	[ -z "$made" ] || chown "$user:$(id -gn "$user")" $made
else
	case $(uname) in
	OpenBSD)
		options="-g =uid -d /var/empty -s /sbin/nologin" ;;
	*)
		options="--system --user-group --no-create-home"
		options="$options --home-dir /nonexistent"
		options="$options --shell /usr/sbin/nologin" ;;
	esac
	echo "There is no user $user, as whom what meets other machines" \
	    "would run: make it with"
	echo "    useradd $options $user"
	[ -z "$made" ] || echo "    chown -R $user:$user$made"
fi
