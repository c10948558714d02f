/* SPDX-License-Identifier: ISC */
/*
 * The configuration as text that parses again to the same (-nv).
 */
#include <stdio.h>
#include <time.h>

#include "conf.h"

/*
 * In quotes a backslash means something before a quote, a blank and the end
 * of a line only.  So one at the very end needs a continued line after it.
 */
static void
put_quoted(const char *s)
{
	char before = '\0';

	putchar('"');
	for (; *s != '\0'; before = *s++) {
		if (*s == '"' || ((*s == ' ' || *s == '\t') && before == '\\'))
			putchar('\\');
		putchar(*s);
	}
	printf("%s\"", before == '\\' ? "\\\n" : "");
}

static void
put(const char *words, const char *value)
{
	if (value == NULL)
		return;
	printf("\t%s ", words);
	put_quoted(value);
	putchar('\n');
}

static void
put_key(const char *words, const char *path, const struct keyspec *spec)
{
	printf("\t%s ", words);
	put_quoted(path);
	if (spec->type == KEYTYPE_RSA)
		printf(" rsa");
	else if (spec->type == KEYTYPE_ECDSA)
		printf(" ecdsa");
	if (spec->bits != 0)
		printf(spec->type == KEYTYPE_RSA ? " %d" : " p%d", spec->bits);
}

static void
put_domain_key(const struct domain *d)
{
	put_key("domain key", d->key, &d->key_spec);
	if (d->rotate)
		printf(" rotate");
	if (d->group != NULL) {
		printf(" group ");
		put_quoted(d->group);
	}
	putchar('\n');
}

static void
put_issuer(const struct authority *a)
{
	time_t until = (time_t)a->until;
	struct tm tm;
	char date[20];

	printf("\tissuer ");
	put_quoted(a->issuer);
	if (until != 0 && gmtime_r(&until, &tm) != NULL &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0)
		printf(" until %s", date);
	putchar('\n');
}

static void
put_eab(const struct authority *a)
{
	printf("\teab key id ");
	put_quoted(a->eab_kid);
	printf(" hmac file ");
	put_quoted(a->eab_file);
	printf(" hs%s\n", a->eab_alg + 2);
}

/* As many names as there are, or the file that says which. */
static void
put_names(const struct domain *d)
{
	size_t i;

	if (d->csr_file != NULL) {
		put("csr file", d->csr_file);
		return;
	}
	put("domain name", d->names.v[0]);
	if (d->names.n > 1) {
		printf("\talternative names {\n");
		for (i = 1; i < d->names.n; i++)
			printf("\t\t%s\n", d->names.v[i]);
		printf("\t}\n");
	}
	put_domain_key(d);
}

/* Several words stand for themselves; so does one that has no blank. */
static void
put_commands(const char *indent, const struct commands *c)
{
	size_t i, j;

	for (i = 0; i < c->n; i++) {
		printf("%son change", indent);
		for (j = 0; j < c->v[i].n; j++) {
			putchar(' ');
			put_quoted(c->v[i].v[j]);
		}
		putchar('\n');
	}
}

static void
put_verify(const struct strings *verify)
{
	char *const *v;
	size_t i;

	for (i = 0; i + VERIFY_WORDS <= verify->n; i += VERIFY_WORDS) {
		v = verify->v + i;
		printf("\tverify %s port %s%s%s\n", v[0], v[1],
		    *v[2] != '\0' ? " starttls " : "", v[2]);
	}
}

static void
print_authority(const struct authority *a)
{
	size_t i;

	printf("\nauthority ");
	put_quoted(a->name);
	printf(" {\n");
	put("api url", a->api_url);
	for (i = 0; i < a->origins.n; i++)
		put("api origin", a->origins.v[i]);
	put_key("account key", a->account_key, &a->account_spec);
	putchar('\n');
	if (a->eab_kid != NULL)
		put_eab(a);
	put("contact", a->contact);
	if (a->proxy_auth != NULL) {
		printf("\tproxy ");
		put_quoted(a->proxy);
		printf(" auth file ");
		put_quoted(a->proxy_auth);
		putchar('\n');
	} else
		put("proxy", a->proxy);
	if (a->issuer != NULL)
		put_issuer(a);
	if (a->prefer != PREFER_NONE)
		printf("\tprefer %s\n",
		    a->prefer == PREFER_IPV4 ? "ipv4" : "ipv6");
	put("ca file", a->ca_file);
	put("root file", a->root_file);
	if (a->root_any)
		printf("\troot any\n");
	if (a->insecure)
		printf("\tinsecure\n");
	printf("}\n");
}

static void
print_domain(const struct domain *d)
{
	size_t i;

	printf("\ndomain ");
	put_quoted(d->handle);
	printf(" {\n");
	put_names(d);
	put("domain certificate", d->cert);
	put("domain chain certificate", d->chain);
	put("domain full chain certificate", d->fullchain);
	put("domain combined", d->combined);
	put("preferred chain", d->preferred_chain);
	put("sign with", d->authority->name);
	if (d->challenge != CHALLENGE_HTTP01)
		printf("\tchallenge %s\n", challenge_names[d->challenge]);
	put("challengedir", d->challengedir);
	if (d->stateless)
		printf("\tstateless\n");
	for (i = 0; i + 1 < d->listen.n; i += 2)
		printf("\tlisten on %s port %s\n", d->listen.v[i],
		    d->listen.v[i + 1]);
	put("profile", d->profile);
	if (d->check_revocation)
		printf("\tcheck revocation\n");
	if (d->check_webroot)
		printf("\tcheck webroot\n");
	if (d->accept_more)
		printf("\taccept additional names\n");
	put("challenge hook", d->challenge_hook);
	put_commands("\t", &d->on_change);
	put_verify(&d->verify);
	printf("}\n");
}

void
conf_print(const struct conf *c)
{
	size_t i;

	if (c->user != NULL) {
		printf("user ");
		put_quoted(c->user);
		putchar('\n');
	}
	printf("state directory ");
	put_quoted(c->state_dir);
	putchar('\n');
	if (c->metrics != NULL) {
		printf("metrics file ");
		put_quoted(c->metrics);
		putchar('\n');
	}
	if (c->dns_wait_named)
		printf("dns wait %d\n", c->dns_wait);
	for (i = 0; i + 1 < c->dns_servers.n; i += 2)
		printf("dns server %s port %s\n", c->dns_servers.v[i],
		    c->dns_servers.v[i + 1]);
	put_commands("", &c->on_change);
	for (i = 0; i < c->nauthorities; i++)
		print_authority(&c->authorities[i]);
	for (i = 0; i < c->ndomains; i++)
		print_domain(&c->domains[i]);
}
