# The hooks of etc/hooks for challenges in the DNS: nsupdate and lexicon against
# a real BIND, the others run what was written for dehydrated, lego and acme.sh,
# by programs that have these interfaces.
section=dns-hooks
. "$here/lib.sh"
. "$here/dns-lib.sh"
dns_namespaces
dns_begin || { fail "dns-hooks: no BIND: $(tail -n 2 "$work"/*/log)"; exit 1; }
hooks=$top/etc/hooks
V=LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo
W=-_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
W=$(printf '%.43s' "$W")

# hook NAME STATUS ARGUMENT...: as hookproc starts one
hook() {
	_hook=$1 _status=$2; shift 2
	env -i \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    "$hooks/$_hook" "$@" >"$work/out" 2>&1 </dev/null
	same "dns-hooks: $_hook $1 $2 $3: status" "$_status" $?
}

R=_acme-challenge.example.test
for hook in nsupdate lexicon; do
	if [ $hook = lexicon ]; then
		if ! command -v lexicon >/dev/null ||
		    lexicon ddns --help 2>&1 | grep -q 'not installed'; then
			skip "dns-hooks: lexicon: needs lexicon and" \
			    "python3-dnspython"
			continue
		fi
		secret=$(sed -n 's/.*secret "\(.*\)".*/\1/p' "$work/tsig.key")
		cat >/etc/acme-client/hooks/lexicon.conf <<END
provider=ddns
export LEXICON_DDNS_AUTH_TOKEN=hmac-sha256:acme:$secret
export LEXICON_DDNS_DDNS_SERVER=127.0.0.2
zone=example.test
END
		(cat /etc/acme-client/hooks/lexicon.conf &&
		    echo "options=\"--config-dir $work\""
		) >/etc/acme-client/hooks/lexicon-2.conf
	fi
	hook $hook 0 begin dns-01 example.test $R $V
	same "dns-hooks: $hook: the record is there" "$V " "$(texts $R)"
	hook $hook 0 begin dns-01 '*.example.test' $R $W
	same "dns-hooks: $hook: a second value is added" \
	    "$(printf '%s\n' $V $W | sort | tr '\n' ' ')" "$(texts $R)"
	hook $hook 0 end dns-01 example.test $R $V
	same "dns-hooks: $hook: one value is removed" "$W " "$(texts $R)"
	hook $hook 0 end dns-01 '*.example.test' $R $W
	same "dns-hooks: $hook: none is left" "" "$(texts $R)"
	hook $hook 0 end dns-01 example.test $R $V
	hook $hook 0 begin dns-account-01 example.test _abcdefghijklmnop.$R $V
	same "dns-hooks: $hook: the record of an account" "$V " \
	    "$(texts _abcdefghijklmnop.$R)"
	hook $hook 0 end dns-account-01 example.test _abcdefghijklmnop.$R $V
	same "dns-hooks: $hook: the record of an account is gone" "" \
	    "$(texts _abcdefghijklmnop.$R)"
	hook $hook 1 middle dns-01 example.test $R $V
	hook $hook 1 begin http-01 example.test $R $V
	hook $hook 1 begin dns-01 example.test $R
done

# nsupdate: where the record is an alias, or its zone another's; whom it asks;
# what it refuses.
hook nsupdate 0 begin dns-01 alias.example.test \
    _acme-challenge.alias.example.test $V
same "dns-hooks: nsupdate: at the end of a CNAME" "$V " \
    "$(texts alias.elsewhere.test)"
hook nsupdate 0 end dns-01 alias.example.test \
    _acme-challenge.alias.example.test $V
same "dns-hooks: nsupdate: at the end of a CNAME: gone" "" \
    "$(texts alias.elsewhere.test)"
hook nsupdate 0 begin dns-01 delegated.test _acme-challenge.delegated.test $V
same "dns-hooks: nsupdate: a delegated zone" "$V " \
    "$(texts _acme-challenge.delegated.test)"
hook nsupdate 0 end dns-01 delegated.test _acme-challenge.delegated.test $V
same "dns-hooks: nsupdate: a delegated zone: gone" "" \
    "$(texts _acme-challenge.delegated.test)"
nsupdate -k "$work/tsig.key" <<'END'
server 127.0.0.2
update add a.example.test. 60 CNAME b.example.test.
update add b.example.test. 60 CNAME a.example.test.
send
END
# The resolver may ask the secondary, too.
until dig +short @127.0.0.3 a.example.test CNAME | grep -q b; do
	sleep 0.1
done
hook nsupdate 1 begin dns-01 example.test a.example.test $V
says "dns-hooks: nsupdate: CNAMEs that go round" "$work/out" \
    "too many CNAME records"
for value in '' 'a"b' 'a b' "$(printf 'a\nb')" '$(id)'; do
	hook nsupdate 1 begin dns-01 example.test $R "$value"
done
for record in '' 'a b' "$(printf 'a\nserver 127.0.0.9')" 'a;b' '*.a.test'; do
	hook nsupdate 1 begin dns-01 example.test "$record" $V
done
hook nsupdate 1 begin dns-01 example.invalid _acme-challenge.example.invalid $V
# Who has an error to tell, and no CNAME: the record could be an alias.
says "dns-hooks: nsupdate: a zone that the resolver does not find" \
    "$work/out" "the resolver answers SERVFAIL when asked for a CNAME record"
printf 'resolver=127.0.0.1\nserver=127.0.0.2\n' \
    >/etc/acme-client/hooks/nsupdate-2.conf
ln -s "$hooks/nsupdate" "$work/nsupdate-2" &&
    hooks=$work hook nsupdate-2 1 begin dns-01 example.test $R $V
what="a link has a configuration of its own; without the key"
says "dns-hooks: nsupdate: $what" "$work/out" "REFUSED"
says "dns-hooks: nsupdate: without the key: says so" "$work/out" \
    "example.test: the update was refused"
printf 'key=%s/tsig.key\nzone=example.test\nttl=7\n' "$work" \
    >/etc/acme-client/hooks/nsupdate-2.conf
hooks=$work hook nsupdate-2 0 begin dns-01 example.test $R $V
same "dns-hooks: nsupdate: the server of the SOA record; ttl" 7 \
    "$(dig +noall +answer @127.0.0.2 $R TXT | awk '{ print $2 }')"
hooks=$work hook nsupdate-2 0 end dns-01 example.test $R $V

# lexicon: a name below its zone.
if [ -e /etc/acme-client/hooks/lexicon-2.conf ]; then
	ln -s "$hooks/lexicon" "$work/lexicon-2"
	hooks=$work hook lexicon-2 0 begin dns-01 www.example.test \
	    _acme-challenge.www.example.test $V
	same "dns-hooks: lexicon: options" "$V " \
	    "$(texts _acme-challenge.www.example.test)"
	hooks=$work hook lexicon-2 0 end dns-01 www.example.test \
	    _acme-challenge.www.example.test $V
fi
# What each is started with, by stand-ins that have the original's interface and
# put the record by nsupdate.
mkdir "$work/lego" "$work/dehydrated" "$work/acme"
cat >"$work/update" <<END
#!/bin/sh
# add|delete RECORD VALUE
case \$1 in delete) ttl= ;; *) ttl=60 ;; esac
nsupdate -k "$work/tsig.key" <<EOT
server 127.0.0.2
update \$1 \${2%.}. \$ttl TXT "\$3"
send
EOT
END
cat >"$work/dehydrated/hook.sh" <<END
#!/usr/bin/env bash
# As in dehydrated's documentation.
deploy_challenge() {
	local DOMAIN="\${1}" TOKEN_FILENAME="\${2}" TOKEN_VALUE="\${3}"
	[ -n "\$TOKEN_FILENAME" ] && [ "\$PROVIDER_TOKEN" = secret ] &&
	    "$work/update" add "_acme-challenge.\$DOMAIN" "\$TOKEN_VALUE"
}
clean_challenge() {
	local DOMAIN="\${1}" TOKEN_FILENAME="\${2}" TOKEN_VALUE="\${3}"
	"$work/update" delete "_acme-challenge.\$DOMAIN" "\$TOKEN_VALUE"
}
HANDLER="\$1"; shift
if [[ "\${HANDLER}" =~ ^(deploy_challenge|clean_challenge)\$ ]]; then
	"\$HANDLER" "\$@"
fi
END
cat >"$work/lego/update-dns.sh" <<END
#!/bin/sh
# As in lego's documentation of its provider exec.
case \$2 in *.) ;; *) exit 3 ;; esac
case \$1 in
present) exec "$work/update" add "\$2" "\$3" ;;
cleanup) exec "$work/update" delete "\$2" "\$3" ;;
timeout) echo '{"timeout": 30, "interval": 5}' ;;
esac
END
mkdir "$work/acme/dnsapi"
cat >"$work/acme/acme.sh" <<'END'
#!/usr/bin/env sh
# What dnsapi scripts find in acme.sh, and its main().
_info() { echo "$@"; }
_err() { echo "$@" >&2; }
_initpath() {
  LE_CONFIG_HOME=$LE_WORKING_DIR
  ACCOUNT_CONF_PATH=$LE_CONFIG_HOME/account.conf
}
_readaccountconf_mutable() {
  sed -n "s/^SAVED_$1='\(.*\)'$/\1/p" "$ACCOUNT_CONF_PATH" 2>/dev/null
}
_saveaccountconf_mutable() { echo "SAVED_$1='$2'" >"$ACCOUNT_CONF_PATH"; }
_startswith() { case $1 in "$2"*) return 0 ;; *) return 1 ;; esac; }
showhelp() { echo "Usage: acme.sh <command>"; }
_process() { _err "commands are not for a hook"; return 1; }
main() {
  [ -z "$1" ] && showhelp && return
  if _startswith "$1" '-'; then _process "$@"; else "$@"; fi
}
main "$@"
END
cat >"$work/acme/dnsapi/dns_test.sh" <<END
#!/usr/bin/env sh
dns_test_add() {
	fulldomain=\$1 txtvalue=\$2
	TEST_Token="\${TEST_Token:-\$(_readaccountconf_mutable TEST_Token)}"
	[ "\$TEST_Token" ] || { _err "no token"; return 1; }
	_saveaccountconf_mutable TEST_Token "\$TEST_Token"
	"$work/update" add "\$fulldomain" "\$txtvalue"
}
dns_test_rm() { "$work/update" delete "\$1" "\$2"; }
END
chmod +x "$work/update" "$work"/*/*.sh
printf 'hook=%s/dehydrated/hook.sh\nexport PROVIDER_TOKEN=secret\n' "$work" \
    >/etc/acme-client/hooks/dehydrated.conf
printf 'program=%s/lego/update-dns.sh\n' "$work" \
    >/etc/acme-client/hooks/lego-exec.conf
printf 'home=%s/acme\napi=dns_test\nexport TEST_Token=x\n' "$work" \
    >/etc/acme-client/hooks/acme.sh.conf
for hook in dehydrated lego-exec acme.sh; do
	hook $hook 0 begin dns-01 example.test $R $V
	hook $hook 0 begin dns-01 '*.example.test' $R $W
	same "dns-hooks: $hook: two values" \
	    "$(printf '%s\n' $V $W | sort | tr '\n' ' ')" "$(texts $R)"
	# acme.sh's scripts remember what they were given.
	[ $hook != acme.sh ] ||
	    sed -i /Token/d /etc/acme-client/hooks/acme.sh.conf
	hook $hook 0 end dns-01 example.test $R $V
	same "dns-hooks: $hook: one is removed" "$W " "$(texts $R)"
	hook $hook 0 end dns-01 '*.example.test' $R $W
	same "dns-hooks: $hook: none is left" "" "$(texts $R)"
	hook $hook 1 begin http-01 example.test $R $V
	case $hook in
	dehydrated) status=1 expected="" ;;
	*) status=0 expected="$V " ;;
	esac
	hook $hook $status begin dns-account-01 example.test \
	    _abcdefghijklmnop.$R $V
	same "dns-hooks: $hook: the record of an account" "$expected" \
	    "$(texts _abcdefghijklmnop.$R)"
	hook $hook $status end dns-account-01 example.test \
	    _abcdefghijklmnop.$R $V
	mv /etc/acme-client/hooks/$hook.conf "$work/aside"
	hook $hook 1 begin dns-01 example.test $R $V
	mv "$work/aside" /etc/acme-client/hooks/$hook.conf
done
grep -q bash "$work/dehydrated/hook.sh" &&
    same "dns-hooks: acme.sh: what a script remembers" "SAVED_TEST_Token='x'" \
    "$(cat "$work/acme/account.conf")"
sed -i 's/add/nothing/' "$work/update"
for hook in dehydrated lego-exec acme.sh; do
	printf 'exit 7\n' >"$work/update"
	hook $hook 7 begin dns-01 example.test $R $V
done
printf 'home=%s/acme\napi=dns_test/../x\n' "$work" \
    >/etc/acme-client/hooks/acme.sh.conf
hook acme.sh 1 begin dns-01 example.test $R $V
printf 'program=%s/lego/update-dns.sh\nmode=RAW\n' "$work" \
    >/etc/acme-client/hooks/lego-exec.conf
hook lego-exec 1 begin dns-01 example.test $R $V
exit $failed
