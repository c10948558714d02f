/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Decides for which URLs, and of which certificates, key and csr sign.  If this
 * is wrong, an attacker in net can have a request to another server signed, or
 * one in certproc chooses, in a run with -r, which certificate of the account
 * is revoked.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "sign.h"
#include "valid.h"

#define BEGIN_CERT "-----BEGIN CERTIFICATE-----"
#define END_CERT "-----END CERTIFICATE-----"
/*
 * The tags of the kinds of GeneralName that are used here (RFC 5280 4.2.1.6).
 */
#define TAG_DNS 0x82
#define TAG_IP 0x87

static struct url *origins;
static size_t norigins;

void
origins_take(const struct strings *urls)
{
	size_t i;

	norigins = urls->n;
	if ((origins = calloc(norigins + 1, sizeof(*origins))) == NULL)
		err(1, NULL);
	for (i = 0; i < norigins; i++)
		if (!url_parse(&origins[i], urls->v[i]))
			errx(1, "%s: not an https URL", urls->v[i]);
}

int
origin_known(const char *text)
{
	struct url url;
	size_t i;

	if (url_parse(&url, text))
		for (i = 0; i < norigins; i++)
			if (url_same_origin(&url, &origins[i]))
				return 1;
	return 0;
}

void
revocable_add(struct revocable *r, struct msg *m)
{
	const uint8_t *text;

	if (r->n == REVOCABLE_MAX)
		errx(1, "%s: too often", routes[m->head.type].name);
	text = msg_get_buf(m, &r->len[r->n]);
	msg_end(m);
	if ((r->text[r->n] = malloc(r->len[r->n] + 1)) == NULL)
		err(1, NULL);
	memcpy(r->text[r->n], text, r->len[r->n]);
	r->n++;
}

/* Is this text, without its white space, equal to the base64 text? */
static int
is_same(const char *p, const char *end, const char *base64)
{
	for (; p < end; p++)
		if (memchr(" \t\r\n", *p, 4) == NULL &&
		    (*p == '\0' || *p != *base64++))
			return 0;
	return *base64 == '\0';
}

static int
is_first_in(const char *text, size_t len, const char *base64)
{
	const char *begin, *end;

	begin = memmem(text, len, BEGIN_CERT, strlen(BEGIN_CERT));
	if (begin == NULL)
		return 0;
	begin += strlen(BEGIN_CERT);
	end = memmem(
	    begin, len - (size_t)(begin - text), END_CERT, strlen(END_CERT));
	return end != NULL && is_same(begin, end, base64);
}

int
revocable_has(const struct revocable *r, const uint8_t *der, size_t len)
{
	char *base64;
	int found = 0;
	size_t i;

	if (len == 0 || len > MSG_BODY_MAX)
		return 0;
	if ((base64 = malloc((len + 2) / 3 * 4 + 1)) == NULL)
		err(1, NULL);
	EVP_EncodeBlock((unsigned char *)base64, der, (int)len);
	for (i = 0; i < r->n && !found; i++)
		found = is_first_in(r->text[i], r->len[i], base64);
	free(base64);
	return found;
}

/*
 * Searches DER for a name.  Letter case does not count in a dNSName (RFC 4343),
 * and no name has more than 253 bytes.
 */
static int
has_general_name(
    const uint8_t *der, size_t len, uint8_t tag, const void *name, size_t n)
{
	const uint8_t head[] = { tag, 0x81, (uint8_t)n }, *p, *end = der + len;
	const uint8_t short_head[] = { tag, (uint8_t)n };
	size_t headlen = n < 128 ? sizeof(short_head) : sizeof(head);

	for (p = der; (size_t)(end - p) >= headlen + n; p++)
		if (memcmp(p, n < 128 ? short_head : head, headlen) == 0 &&
		    (tag == TAG_DNS ? strncasecmp((const char *)p + headlen,
					  name, n) == 0 :
				      memcmp(p + headlen, name, n) == 0))
			return 1;
	return 0;
}

int
revocable_names(const struct strings *names, const uint8_t *der, size_t len)
{
	unsigned char addr[16];
	size_t i, n;

	for (i = 0; i < names->n; i++) {
		n = address_bytes(names->v[i], addr);
		if (n > 0 ? has_general_name(der, len, TAG_IP, addr, n) :
			    has_general_name(der, len, TAG_DNS, names->v[i],
				strlen(names->v[i])))
			return 1;
	}
	return 0;
}
