# acme-client.  For GNU make and BSD make; run ./configure first.
# Without it: what needs no compiler (clean, distclean, uninstall) works.
# The number is configure's, too: a config.mk of another one does not count.
CONFIGURED_2 = unconfigured
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
CHALLENGEDIR = /var/www/acme
IMPORT = $(PREFIX)/share/acme-client/import
FLEET = $(PREFIX)/share/acme-client/fleet
-include config.mk
CONFIGURED = $(CONFIGURED_2)

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(SYSTEM_CFLAGS) \
	-DCONF_FILE=\"$(SYSCONFDIR)/acme-client.conf\" \
	-DCONF_DIR=\"$(SYSCONFDIR)/acme-client\" -DSTATE_DIR=\"$(STATEDIR)\" \
	-DCHALLENGE_DIR=\"$(CHALLENGEDIR)\" -DIMPORT_DIR=\"$(IMPORT)\" \
	$(CPPFLAGS) $(CFLAGS)

# What several programs have.
BASE = challenge.o msg.o msg-bodies.o msg-routes.o log.o clock.o valid.o \
	$(PREPARE_OBJS)
ROLE = role.o $(SANDBOX_OBJS)
DISK = disk-place.o $(ATTRS_OBJS)
DISK_STATE = disk-state.o
DISK_CSR = disk-csr.o
CRYPTO = begin-crypto.o
JSON = begin-json.o
ACME = acme-json.o acme-problem.o
TRUST = trust.o
ROOTS = x509-roots.o
DER = der.o
ADDRESS = address.o
PERSIST = persist.o
BASE64 = base64url.o
X509 = x509.o
SIGN = sign-jws.o sign-limits.o disk-key.o

# What one program has.
PARENT = acme-client.o parent-options.o parent-account.o parent-apart.o \
	parent-limits.o parent-names.o parent-offer.o parent-programs.o \
	parent-user.o parent-needs.o parent-broker.o parent-child.o \
	parent-progress.o parent-slice.o parent-fingerprint.o \
	parent-try.o parent-try-report.o conf-lex.o conf-visible.o \
	conf-statement.o conf-authority.o conf-domain.o conf-parse.o \
	conf-check.o conf-challenge.o conf-paths.o conf-advise.o conf-layout.o \
	conf-names.o
NET = netproc.o net-account.o net-limit.o net-authz.o net-batch.o net-nonce.o \
	net-finalize.o net-order.o net-plain.o net-renewal.o net-verify.o \
	net-webroot.o net-request.o net-revoke.o http.o http-socket.o \
	http-anchors.o http-proxy.o http-parse.o http-fields.o acme-renewal.o
DNS = dnsproc.o
KEY = keyproc.o key-account.o key-status.o key-store.o
CSR = csrproc.o csr-file.o csr-job.o csr-revoke.o
CHNG = chngproc.o chng-record.o chng-webroot.o challenge-authorization.o
CERT = certproc.o cert-authority.o cert-course.o cert-queue.o cert-due.o \
	cert-job.o cert-list.o cert-metrics.o cert-offer.o cert-order.o \
	cert-origin.o cert-report.o cert-recover.o cert-restore.o \
	cert-revoke.o cert-roots.o cert-set.o cert-store.o cert-renewal.o \
	cert-revoked.o cert-revoked-crl.o cert-revoked-ocsp.o \
	cert-revoked-parts.o cert-state.o cert-verify.o cert-chain.o \
	cert-describe.o cert-verdict.o x509-path.o x509-signature.o
ZONE = zoneproc.o zone-ask.o zone-caa.o zone-check.o zone-find.o \
	zone-resolvers.o zone-watch.o
FILE = fileproc.o file-change.o file-lock.o file-report.o file-set.o
HOOK = hookproc.o hook-challenge.o hook-journal.o hook-change.o hook-run.o
RESP = respproc.o resp-cert.o resp-client.o resp-hello.o resp-http.o \
	resp-listen.o resp-response.o resp-tls.o $(PORT_OBJS)

# A program for each process: these objects are all that it can do, and these
# libraries all that it is linked with besides libc and LIBS_BASE.
PARENT_OBJS = $(PARENT) $(TRUST) $(DISK_CSR) $(DISK_STATE) $(DISK) \
	$(SANDBOX_OBJS) $(BASE)
PARENT_LIBS = $(LIBS_IDN)
NET_OBJS = $(NET) $(ADDRESS) $(ACME) $(TRUST) $(ROOTS) $(DER) $(CRYPTO) \
	$(JSON) $(ROLE) $(BASE)
NET_LIBS = $(LIBS_TLS) $(LIBS_CRYPTO) $(LIBS_JSON)
DNS_OBJS = $(DNS) $(ADDRESS) $(ROLE) $(BASE)
DNS_LIBS =
KEY_OBJS = $(KEY) $(SIGN) $(X509) $(BASE64) $(DER) $(CRYPTO) $(JSON) $(DISK) \
	$(ROLE) $(BASE)
KEY_LIBS = $(LIBS_CRYPTO) $(LIBS_JSON)
CSR_OBJS = $(CSR) $(DISK_CSR) $(SIGN) $(X509) $(BASE64) $(DER) $(CRYPTO) \
	$(JSON) $(DISK) $(ROLE) $(BASE)
CSR_LIBS = $(LIBS_CRYPTO) $(LIBS_JSON)
CHNG_OBJS = $(CHNG) $(PORT_OBJS) $(BASE64) $(DISK) $(ROLE) $(BASE)
CHNG_LIBS =
CERT_OBJS = $(CERT) $(PERSIST) $(ACME) $(TRUST) $(ROOTS) $(X509) $(BASE64) \
	$(DER) $(CRYPTO) $(JSON) $(ROLE) $(BASE)
CERT_LIBS = $(LIBS_CRYPTO) $(LIBS_JSON)
FILE_OBJS = $(FILE) $(DISK_STATE) $(DISK) $(ROLE) $(BASE)
FILE_LIBS =
ZONE_OBJS = $(ZONE) $(PERSIST) $(ADDRESS) $(ROLE) $(BASE)
ZONE_LIBS = $(LIBS_LDNS)
RESP_OBJS = $(RESP) $(ADDRESS) $(BASE64) $(CRYPTO) $(ROLE) $(BASE)
RESP_LIBS = $(LIBS_TLS) $(LIBS_CRYPTO)

HOOK_OBJS = $(HOOK) $(DISK_STATE) role.o $(BASE)
HOOK_LIBS =

ROLES = netproc dnsproc keyproc csrproc chngproc certproc fileproc zoneproc \
	respproc hookproc
OBJS = $(PARENT) $(NET) $(DNS) $(KEY) $(CSR) $(CHNG) $(CERT) $(FILE) $(ZONE) \
	$(RESP) $(HOOK) $(SIGN) $(X509) $(BASE64) $(TRUST) $(ROOTS) $(ADDRESS) \
	$(PERSIST) $(ACME) $(JSON) $(DER) $(CRYPTO) $(DISK_CSR) $(DISK_STATE) \
	$(DISK) $(ROLE) $(BASE)
FILTERS = $(FILTER_PARENT) $(FILTER_NET) $(FILTER_DNS) $(FILTER_KEY) \
	$(FILTER_CSR) $(FILTER_CHNG) $(FILTER_CERT) $(FILTER_FILE) \
	$(FILTER_ZONE) $(FILTER_RESP)

all: acme-client $(ROLES)

unconfigured:
	@test ! -e config.mk || \
	    echo "config.mk is by another version of configure" >&2; \
	    echo "run ./configure first" \
	    "(./configure --help: what it takes)" >&2; exit 1

LINK = @echo "ld $@"; $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@
acme-client: $(PARENT_OBJS) $(FILTER_PARENT)
	$(LINK) $(PARENT_OBJS) $(FILTER_PARENT) $(PARENT_LIBS) $(LIBS_BASE)
netproc: $(NET_OBJS) $(FILTER_NET)
	$(LINK) $(NET_OBJS) $(FILTER_NET) $(NET_LIBS) $(LIBS_BASE)
dnsproc: $(DNS_OBJS) $(FILTER_DNS)
	$(LINK) $(DNS_OBJS) $(FILTER_DNS) $(DNS_LIBS) $(LIBS_BASE)
keyproc: $(KEY_OBJS) $(FILTER_KEY)
	$(LINK) $(KEY_OBJS) $(FILTER_KEY) $(KEY_LIBS) $(LIBS_BASE)
csrproc: $(CSR_OBJS) $(FILTER_CSR)
	$(LINK) $(CSR_OBJS) $(FILTER_CSR) $(CSR_LIBS) $(LIBS_BASE)
chngproc: $(CHNG_OBJS) $(FILTER_CHNG)
	$(LINK) $(CHNG_OBJS) $(FILTER_CHNG) $(CHNG_LIBS) $(LIBS_BASE)
certproc: $(CERT_OBJS) $(FILTER_CERT)
	$(LINK) $(CERT_OBJS) $(FILTER_CERT) $(CERT_LIBS) $(LIBS_BASE)
fileproc: $(FILE_OBJS) $(FILTER_FILE)
	$(LINK) $(FILE_OBJS) $(FILTER_FILE) $(FILE_LIBS) $(LIBS_BASE)
zoneproc: $(ZONE_OBJS) $(FILTER_ZONE)
	$(LINK) $(ZONE_OBJS) $(FILTER_ZONE) $(ZONE_LIBS) $(LIBS_BASE)
respproc: $(RESP_OBJS) $(FILTER_RESP)
	$(LINK) $(RESP_OBJS) $(FILTER_RESP) $(RESP_LIBS) $(LIBS_BASE)
hookproc: $(HOOK_OBJS)
	$(LINK) $(HOOK_OBJS) $(HOOK_LIBS) $(LIBS_BASE)

# PREFIX_MAP: the same sources give the same programs wherever they are built.
.SUFFIXES: .c .o
.c.o:
	@echo "cc $<"
	@$(CC) $(ALL_CFLAGS) $(PREFIX_MAP) -I. -MMD -MP -c -o $@ $<
$(OBJS) $(FILTERS): $(CONFIGURED)
-include $(OBJS:.o=.d)

# A hash over the sources and the way they are compiled: the parent runs only
# roles that have the same one.  The two makes join lines by other blanks.
parent-child.o role.o: generated/identity.h
generated/identity.h: $(CONFIGURED) *.c *.h
	@mkdir -p generated
	@{ printf '#define IDENTITY "'; \
	    { LC_ALL=C; export LC_ALL; cat *.c *.h; \
	        echo '$(CC) $(ALL_CFLAGS) $(LDFLAGS)' | tr -s ' '; } | \
	        $(SHA256) | cut -c 1-64 | tr -d '\n'; \
	    echo '"'; } >$@

# The system call filters, by a program that runs here and now (Linux).
generated/filter-make: filter-make.c filter-rules.h acme-client.h $(CONFIGURED)
	@mkdir -p generated
	@echo "hostcc filter-make.c"
	@$(HOSTCC) -std=gnu11 -O1 $(WARN) -D_GNU_SOURCE -o $@ filter-make.c \
	    $(HOST_SECCOMP)
$(FILTERS:.o=.c): generated/filter-make
	@role=$@; role=$${role#generated/filter-}; \
	    generated/filter-make $(FILTER_ARCH) $${role%.c} >$@.new
	@mv $@.new $@

LIBEXEC = $(PREFIX)/libexec/acme-client
HOOKS = nsupdate lexicon dehydrated lego-exec acme.sh
IMPORTS = certbot acme.sh dehydrated getssl lego openbsd uacme
# The paths in manuals and configuration.
PATHS = sed -e 's|/usr/local/|$(PREFIX)/|' \
	-e 's|/etc/acme-client|$(SYSCONFDIR)/acme-client|g' \
	-e 's|/var/lib/acme-client|$(STATEDIR)|g' \
	-e 's|/var/www/acme|$(CHALLENGEDIR)|g'
COMPLETIONS = $(PREFIX)/share/bash-completion/completions
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d
CONF = $(DESTDIR)$(SYSCONFDIR)/acme-client.conf
install: all
	mkdir -p $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(LIBEXEC)/hooks \
	    $(DESTDIR)$(COMPLETIONS) $(DESTDIR)$(IMPORT) $(DESTDIR)$(FLEET) \
	    $(DESTDIR)$(SYSCONFDIR)
	install -m 0755 $(ROLES) $(DESTDIR)$(LIBEXEC)
	@for hook in $(HOOKS); do \
	    installed=$(DESTDIR)$(LIBEXEC)/hooks/$$hook; \
	    $(PATHS) etc/hooks/$$hook >$$installed && \
	    chmod 0755 $$installed || exit 1; done
	@for script in $(IMPORTS); do \
	    install -m 0755 etc/import/$$script $(DESTDIR)$(IMPORT) || exit 1; \
	    done
	@for file in common.py README.md; do \
	    $(PATHS) etc/import/$$file >$(DESTDIR)$(IMPORT)/$$file && \
	    chmod 0644 $(DESTDIR)$(IMPORT)/$$file || exit 1; done
	@for file in acme-fleet README.md; do \
	    $(PATHS) etc/fleet/$$file >$(DESTDIR)$(FLEET)/$$file && \
	    chmod 0644 $(DESTDIR)$(FLEET)/$$file || exit 1; done
	@chmod 0755 $(DESTDIR)$(FLEET)/acme-fleet
	install -m 0755 acme-client $(DESTDIR)$(PREFIX)/sbin/acme-client
	@for page in acme-client*.[157]; do \
	    dir=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
	    mkdir -p $$dir && $(PATHS) $$page >$$dir/$$page && \
	    chmod 0644 $$dir/$$page || exit 1; done
	install -m 0644 etc/completion/acme-client.bash \
	    $(DESTDIR)$(COMPLETIONS)/acme-client
	test -e $(CONF) || test -h $(CONF) || \
	    { $(PATHS) etc/acme-client.conf >$(CONF) && chmod 0644 $(CONF); }
	@sh etc/directories.sh "$(DESTDIR)" $(SYSCONFDIR)/acme-client \
	    $(STATEDIR) $(CHALLENGEDIR)

# For systemd: the service and its timer, the user and the directories.
install-systemd:
	mkdir -p $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSUSERSDIR) \
	    $(DESTDIR)$(TMPFILESDIR)
	@for unit in etc/systemd/acme-client*; do \
	    installed=$(DESTDIR)$(UNITDIR)/$${unit##*/}; \
	    $(PATHS) "$$unit" >"$$installed" && \
	    chmod 0644 "$$installed" || exit 1; done
	install -m 0644 etc/systemd/sysusers.conf \
	    $(DESTDIR)$(SYSUSERSDIR)/acme-client.conf
	$(PATHS) etc/systemd/tmpfiles.conf \
	    >$(DESTDIR)$(TMPFILESDIR)/acme-client.conf
	chmod 0644 $(DESTDIR)$(TMPFILESDIR)/acme-client.conf

# The configuration, and what has something in it, stay.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/acme-client \
	    $(DESTDIR)$(MANDIR)/man[157]/acme-client*.[157] \
	    $(DESTDIR)$(COMPLETIONS)/acme-client \
	    $(DESTDIR)$(UNITDIR)/acme-client.service \
	    $(DESTDIR)$(UNITDIR)/acme-client.timer \
	    $(DESTDIR)$(UNITDIR)/acme-client-reload@.path \
	    $(DESTDIR)$(UNITDIR)/acme-client-reload@.service \
	    $(DESTDIR)$(SYSUSERSDIR)/acme-client.conf \
	    $(DESTDIR)$(TMPFILESDIR)/acme-client.conf
	rm -rf $(DESTDIR)$(LIBEXEC) $(DESTDIR)$(PREFIX)/share/acme-client
	@for dir in $(SYSCONFDIR:=/acme-client/account) \
	    $(SYSCONFDIR:=/acme-client/keys) \
	    $(SYSCONFDIR:=/acme-client/certs) \
	    $(SYSCONFDIR:=/acme-client) $(STATEDIR); do \
	    rmdir "$(DESTDIR)$$dir" 2>/dev/null || :; done

# In some seconds, without root: a build with -Werror (in generated/check, where
# the next one goes on), the manuals, the unit tests, configurations.
check:
	sh regress/run.sh --check
# All tests: installs what they need, as root or with sudo.
regress:
	sh regress/run.sh

# The tests of each threat in regress/threats.txt, and the table of them.
regress-threats:
	sh regress/run.sh --threats
# Each parser and each role's loop, FUZZ_SECONDS each (regress/fuzz-long.sh).
fuzz:
	sh regress/fuzz-long.sh

bench:
	sh bench/bench.sh

# Each fault at each call that changes the disk, each state of the disk after a
# power loss.
faults:
	FAULTS=all sh regress/run.sh --no-install faults faults-keys \
	    faults-more faults-power faults-space

# A simulated year of renewals at a CA that fails (bench/soak.sh).
soak:
	sh bench/soak.sh

clean:
	rm -f acme-client $(ROLES) *.o *.d
	rm -rf generated

distclean: clean
	rm -f config.mk

# acme-client-VERSION.tar.gz, of what git knows here.  The same files give the
# same bytes: their time is SOURCE_DATE_EPOCH, or else the last commit's.
dist:
	@sh etc/dist.sh

# By clang-format 14.
format:
	clang-format -i *.c *.h regress/*.c regress/*.h

.PHONY: unconfigured format all install install-systemd uninstall check \
	regress regress-threats fuzz faults bench soak dist clean distclean
