# acme-client.  For GNU make and BSD make; run ./configure first.
# Without it: what needs no compiler (clean, distclean, uninstall) works.
CONFIGURED = unconfigured
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
-include config.mk

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(SYSTEM_CFLAGS) \
	-DCONF_FILE=\"$(SYSCONFDIR)/acme-client.conf\" -DSTATE_DIR=\"$(STATEDIR)\" $(CPPFLAGS) $(CFLAGS)

# A process each, with what only it has; what they share; one file for each format from outside.
PROCS = acme-client.o broker.o child.o progress.o slice.o fingerprint.o \
	netproc.o net-account.o net-limit.o net-authz.o net-batch.o net-nonce.o net-finalize.o net-order.o net-plain.o net-renewal.o net-request.o net-revoke.o \
	keyproc.o key-account.o key-standing.o key-store.o fileproc.o file-set.o file-lock.o file-report.o certproc.o cert-store.o cert-set.o cert-authority.o cert-course.o cert-due.o cert-job.o cert-list.o cert-metrics.o cert-order.o cert-origin.o cert-outlook.o cert-recover.o cert-revoke.o cert-roots.o \
	dnsproc.o csrproc.o chngproc.o
SHARED = proc.o msg.o msg-routes.o say.o clock.o address.o dir.o keyfile.o renewal.o status.o status-list.o status-ocsp.o status-parts.o state.o trust.o
FORMATS = lex.o lex-visible.o parse.o parse-block.o conf-check.o conf-advise.o conf-names.o conf-print.o der.o http.o http-parse.o http-fields.o \
	json.o json-renewal.o problem.o jose.o x509.o x509-path.o x509-roots.o x509-signature.o csr-file.o chain.o verdict.o valid.o
OBJS = $(PROCS) $(SHARED) $(FORMATS) $(SANDBOX_OBJS)

all: acme-client

acme-client: $(OBJS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(OBJS) $(LIBS)

.SUFFIXES: .c .o
.c.o:
	@echo "cc $<"
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Few headers, short compilations: any of them makes all of it anew.
HEADERS = acme-client.h attrs.h address.h broker.h child.h clock.h conf.h conf-check.h der.h dir.h cert-authority.h cert-course.h cert-due.h cert-job.h cert-list.h cert-metrics.h cert-order.h cert-origin.h cert-outlook.h cert-recover.h cert-roots.h file-report.h fingerprint.h http.h http-parse.h cert-store.h cert-set.h file-part.h file-set.h file-lock.h \
	jose.h json.h json-read.h key-account.h key-store.h keyfile.h lex.h msg.h net-account.h net-authz.h net-batch.h net-finalize.h net-nonce.h net-order.h net-renewal.h \
	net-request.h net-revoke.h parse.h proc.h progress.h renewal.h sandbox.h sandbox-linux.h say.h state.h status.h status-parts.h trust.h valid.h x509.h
$(OBJS): $(HEADERS) $(CONFIGURED)

unconfigured:
	@echo "run ./configure first (./configure --help: what it takes)" >&2; exit 1

install: all
	mkdir -p $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
	    $(DESTDIR)$(SYSCONFDIR)
	install -m 0755 acme-client $(DESTDIR)$(PREFIX)/sbin/acme-client
	sed 's|/usr/local/sbin/|$(PREFIX)/sbin/|' acme-client.1 >$(DESTDIR)$(MANDIR)/man1/acme-client.1
	chmod 0644 $(DESTDIR)$(MANDIR)/man1/acme-client.1
	install -m 0644 acme-client.conf.5 $(DESTDIR)$(MANDIR)/man5/acme-client.conf.5
	install -d -m 0700 $(DESTDIR)$(STATEDIR)
	test -e $(DESTDIR)$(SYSCONFDIR)/acme-client.conf || \
	    install -m 0644 etc/acme-client.conf $(DESTDIR)$(SYSCONFDIR)/acme-client.conf

# The configuration and the state stay.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/acme-client $(DESTDIR)$(MANDIR)/man1/acme-client.1 \
	    $(DESTDIR)$(MANDIR)/man5/acme-client.conf.5

regress: all
	sh regress/run.sh --no-install

bench:
	sh bench/bench.sh

clean:
	rm -f acme-client *.o

distclean: clean
	rm -f config.mk

.PHONY: unconfigured all install uninstall regress bench clean distclean
