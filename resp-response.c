/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps the responses that respproc serves. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "base64url.h"
#include "challenge.h"
#include "resp.h"
#include "valid.h"

static struct response *responses;

static void
response_free(struct response *r)
{
	free(r->token);
	free(r->text);
	free(r->cert);
	free(r);
}

/* Removes a job's response to this identifier, or all its responses. */
static void
remove_responses(uint32_t job, int all, uint32_t number)
{
	struct response **rp = &responses, *r;

	while ((r = *rp) != NULL) {
		if (r->job != job || !(all || r->number == number)) {
			rp = &r->next;
			continue;
		}
		*rp = r->next;
		response_free(r);
	}
}

static struct response *
response_new(uint32_t job, uint32_t number)
{
	struct response *r;

	remove_responses(job, 0, number);
	if ((r = calloc(1, sizeof(*r))) == NULL)
		err(1, NULL);
	r->job = job;
	r->number = number;
	r->next = responses;
	return responses = r;
}

void
response_put_http(uint32_t job, uint32_t number, const char *text)
{
	struct response *r = response_new(job, number);
	size_t ntoken = strcspn(text, ".");

	if ((r->token = strndup(text, ntoken)) == NULL ||
	    (r->text = strdup(text)) == NULL)
		err(1, NULL);
	/* A key authorization is TOKEN.THUMBPRINT (RFC 8555 8.1). */
	if (!valid_token(r->token) || text[ntoken] != '.' ||
	    !valid_base64url(text + ntoken + 1, THUMBPRINT_LEN, THUMBPRINT_LEN))
		errx(1, "RESP_PUT: not a key authorization");
}

int
response_put_tls(uint32_t job, uint32_t number, const char *identifier,
    const char *digest, struct error *e)
{
	const struct response *other;
	struct response *r;
	char server[SERVER_NAME_SIZE];
	uint8_t *bytes;
	size_t len;

	if (!valid_base64url(digest, DIGEST_LEN, DIGEST_LEN) ||
	    (bytes = b64url_decode(digest, &len)) == NULL ||
	    len != SELFSIGNED_DIGEST_LEN)
		errx(1, "RESP_PUT: not a digest");
	selfsigned_server_name(identifier, server);
	/*
	 * A CA that validates either handle asks for the same server name, so
	 * that respproc cannot tell which certificate to present.
	 */
	if ((other = response_of_server(server)) != NULL && other->job != job) {
		free(bytes);
		return error_set(e,
		    "%s: is just being validated for another handle, too; the "
		    "next run does it, or -j 1, one handle after the other",
		    identifier);
	}
	r = response_new(job, number);
	strlcpy(r->server, server, sizeof(r->server));
	if ((r->cert = selfsigned_cert(identifier, bytes, &r->certlen)) == NULL)
		errx(1, "%s: cannot make a certificate", identifier);
	free(bytes);
	return 0;
}

struct response *
response_of_token(const char *token)
{
	struct response *r;

	for (r = responses; r != NULL; r = r->next)
		if (r->token != NULL && strcmp(r->token, token) == 0)
			break;
	return r;
}

struct response *
response_of_server(const char *name)
{
	struct response *r;

	for (r = responses; r != NULL; r = r->next)
		if (r->cert != NULL && strcmp(r->server, name) == 0)
			break;
	return r;
}

size_t
response_count(uint32_t job, size_t *served)
{
	const struct response *r;
	size_t n = 0;

	for (*served = 0, r = responses; r != NULL; r = r->next) {
		n += r->job == job;
		*served += r->job == job && r->served;
	}
	return n;
}

void
response_drop(uint32_t job)
{
	remove_responses(job, 1, 0);
}
