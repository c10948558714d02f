/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Parses HTTP/1.1 and HTTP/1.0 responses (RFC 9112).  Their framing says where
 * a response ends.  Only where a server sends none does the end of the
 * connection end it (RFC 9112 6.3); such a response is marked, since it may
 * have been cut.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

void
http_parse_start(struct http_parser *p, int bodiless, size_t body_max)
{
	memset(p, 0, offsetof(struct http_parser, line));
	p->bodiless = bodiless;
	p->body_max = body_max;
}

void
http_parse_free(struct http_parser *p)
{
	http_response_free(&p->response);
}

void
http_response_free(struct http_response *a)
{
	free(a->head);
	free(a->body);
	a->head = a->body = NULL;
	a->bodylen = 0;
}

/*
 * Parses the status line "HTTP/1.1 200 OK" (RFC 9112 4); its reason phrase is
 * ignored.
 */
static int
status_line(struct http_parser *p, struct error *e)
{
	const char *s = p->line;

	if (strncmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') ||
	    s[8] != ' ' || strspn(s + 9, "0123456789") != 3 ||
	    (s[12] != ' ' && s[12] != '\0'))
		return error_set(e, "the response is not HTTP/1.1");
	p->version = s[7] - '0';
	p->response.status = (s[9] - '0') * 100 + (s[10] - '0') * 10 +
	    (s[11] - '0');
	if (p->response.status < 100 || p->response.status == 101)
		return error_set(
		    e, "status %d, which nobody asked for", p->response.status);
	p->state = HTTP_FIELDS;
	return 0;
}

/* RFC 9110 5.6.2: the characters of a field name. */
#define TCHAR \
	"!#$%&'*+-.^_`|~0123456789" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/*
 * Parses one field line (RFC 9112 5), and keeps it as "Name:value\n".
 * Different programs read folded lines, and blanks before the colon,
 * differently: both are refused.
 */
static int
field_line(struct http_parser *p, struct error *e)
{
	size_t i, name = strspn(p->line, TCHAR);

	if (name == 0 || p->line[name] != ':')
		return error_set(e, "a header field without a name, or folded");
	for (i = 0; i < p->linelen; i++)
		if (((unsigned char)p->line[i] < 0x20 && p->line[i] != '\t') ||
		    p->line[i] == 0x7f)
			return error_set(
			    e, "a header field with control characters");
	if (++p->nfields > HTTP_HEADERS_MAX ||
	    p->headlen + p->linelen + 2 > HTTP_HEAD_BYTES_MAX)
		return error_set(e, "header larger than %d fields or %d bytes",
		    HTTP_HEADERS_MAX, HTTP_HEAD_BYTES_MAX);
	p->response.head = realloc(
	    p->response.head, p->headlen + p->linelen + 2);
	if (p->response.head == NULL)
		err(1, NULL);
	memcpy(p->response.head + p->headlen, p->line, p->linelen);
	p->headlen += p->linelen;
	p->response.head[p->headlen++] = '\n';
	p->response.head[p->headlen] = '\0';
	return 0;
}

static int
has_token(const struct http_response *a, const char *name, const char *token)
{
	char *value, *rest, *t;
	size_t n;
	int found = 0;

	for (n = 0; (value = http_header(a, name, n)) != NULL; n++) {
		for (rest = value; (t = strsep(&rest, ",")) != NULL;) {
			t += strspn(t, " \t");
			t[strcspn(t, " \t")] = '\0';
			found |= strcasecmp(t, token) == 0;
		}
		free(value);
	}
	return found;
}

/*
 * Reads Content-Length; several fields must agree (RFC 9112 6.3).  *length is
 * -1 if there is none.  Lengths of ten digits are refused.
 */
static int
content_length(struct http_parser *p, long *length, struct error *e)
{
	char *value;
	size_t n, len;
	long this;

	*length = -1;
	for (n = 0;
	     (value = http_header(&p->response, "Content-Length", n)) != NULL;
	     n++) {
		len = strlen(value);
		this = len > 0 && len < 10 &&
			strspn(value, "0123456789") == len ?
		    strtol(value, NULL, 10) :
		    -1;
		free(value);
		if (this == -1 || (*length != -1 && this != *length))
			return error_set(
			    e, "a Content-Length that makes no sense");
		*length = this;
	}
	return 0;
}

static int
check_coding(struct http_parser *p, int *chunked, struct error *e)
{
	char *value, *second;
	size_t n;
	int coded = 0;

	for (n = 0;
	     (value = http_header(&p->response, "Content-Encoding", n)) != NULL;
	     n++) {
		coded |= strcasecmp(value, "identity") != 0;
		free(value);
	}
	if (coded)
		return error_set(e, "a Content-Encoding that nobody asked for");
	*chunked = 0;
	if ((value = http_header(&p->response, "Transfer-Encoding", 0)) == NULL)
		return 0;
	second = http_header(&p->response, "Transfer-Encoding", 1);
	*chunked = second == NULL && strcasecmp(value, "chunked") == 0;
	free(value);
	free(second);
	return *chunked ?
	    0 :
	    error_set(e, "a Transfer-Encoding other than chunked");
}

static int
grow_body(struct http_parser *p, const char *buf, size_t len)
{
	struct http_response *a = &p->response;

	if ((a->body = realloc(a->body, a->bodylen + len + 1)) == NULL)
		err(1, NULL);
	if (len > 0)
		memcpy(a->body + a->bodylen, buf, len);
	a->bodylen += len;
	a->body[a->bodylen] = '\0';
	return 0;
}

/*
 * Chooses how the body is framed, once the blank line behind the fields has
 * come.
 */
static int
head_done(struct http_parser *p, struct error *e)
{
	int chunked = 0;
	long length;

	if (p->response.status < 200) {
		if (++p->ninterim > HTTP_INTERIM_MAX)
			return error_set(e, "more than %d interim responses",
			    HTTP_INTERIM_MAX);
		free(p->response.head);
		p->response.head = NULL;
		p->headlen = 0;
		p->nfields = 0;
		p->state = HTTP_STATUS_LINE;
		return 0;
	}
	p->keep_alive = p->version == 1 &&
	    !has_token(&p->response, "Connection", "close");
	grow_body(p, NULL, 0);
	if (check_coding(p, &chunked, e) == -1 ||
	    content_length(p, &length, e) == -1)
		return -1;
	if (p->bodiless || p->response.status == 204 ||
	    p->response.status == 304)
		p->state = HTTP_DONE;
	else if (chunked && length != -1)
		return error_set(
		    e, "both Content-Length and Transfer-Encoding");
	else if (chunked)
		p->state = HTTP_CHUNK_SIZE;
	else if (length == -1) {
		p->keep_alive = 0;
		p->response.unframed = 1;
		p->state = HTTP_TO_END;
	} else if ((size_t)length > p->body_max)
		return error_set(e, "a body of %ld bytes, more than %zu",
		    length, p->body_max);
	else {
		p->left = (size_t)length;
		p->state = length == 0 ? HTTP_DONE : HTTP_BODY;
	}
	return 0;
}

/* Parses a chunk's size (RFC 9112 7.1); extensions are skipped. */
static int
chunk_size(struct http_parser *p, struct error *e)
{
	size_t digits = strspn(p->line, "0123456789abcdefABCDEF");
	char *end = p->line + digits;

	end += strspn(end, " \t");
	if (digits == 0 || digits > 7 || (*end != '\0' && *end != ';'))
		return error_set(e, "a chunk whose size makes no sense");
	p->left = (size_t)strtoul(p->line, NULL, 16);
	if (p->left > p->body_max - p->response.bodylen)
		return error_set(
		    e, "a body of more than %zu bytes", p->body_max);
	p->state = p->left == 0 ? HTTP_TRAILERS : HTTP_CHUNK_DATA;
	return 0;
}

static int
trailer_line(struct http_parser *p, struct error *e)
{
	if (p->linelen == 0)
		p->state = HTTP_DONE;
	else if (++p->nfields > HTTP_HEADERS_MAX)
		return error_set(
		    e, "more than %d header fields", HTTP_HEADERS_MAX);
	return 0;
}

/*
 * A line may end without CR (RFC 9112 2.2), since that cannot be read in
 * another way.  Behind the bytes of a chunk, whose last may be a CR, it could:
 * it has to end as the chunk's size did.
 */
static int
whole_line(struct http_parser *p, struct error *e)
{
	int has_cr = p->linelen > 0 && p->line[p->linelen - 1] == '\r';

	if (has_cr)
		p->linelen--;
	p->line[p->linelen] = '\0';
	if (memchr(p->line, '\0', p->linelen) != NULL)
		return error_set(e, "NUL in the header");
	switch (p->state) {
	case HTTP_STATUS_LINE:
		return status_line(p, e);
	case HTTP_FIELDS:
		return p->linelen == 0 ? head_done(p, e) : field_line(p, e);
	case HTTP_CHUNK_SIZE:
		p->chunk_has_cr = has_cr;
		return chunk_size(p, e);
	case HTTP_CHUNK_END:
		p->state = HTTP_CHUNK_SIZE;
		return has_cr == p->chunk_has_cr && p->linelen == 0 ?
		    0 :
		    error_set(e, "a chunk that does not have its size");
	default:
		return trailer_line(p, e);
	}
}

static int
line_byte(struct http_parser *p, char c, struct error *e)
{
	int rc;

	if (c != '\n') {
		if (p->linelen + 1 == sizeof(p->line))
			return error_set(
			    e, "a line of more than %d bytes", HTTP_LINE_MAX);
		p->line[p->linelen++] = c;
		return 0;
	}
	rc = whole_line(p, e);
	p->linelen = 0;
	return rc;
}

static int
unframed_bytes(
    struct http_parser *p, const char *buf, size_t len, struct error *e)
{
	if (len > p->body_max - p->response.bodylen)
		return error_set(
		    e, "a body of more than %zu bytes", p->body_max);
	return grow_body(p, buf, len);
}

int
http_parse_end(struct http_parser *p)
{
	if (p->state != HTTP_TO_END)
		return -1;
	p->state = HTTP_DONE;
	return 0;
}

ssize_t
http_parse(struct http_parser *p, const char *buf, size_t len, struct error *e)
{
	size_t i = 0, n;

	while (i < len && p->state != HTTP_DONE) {
		if (p->state == HTTP_BODY || p->state == HTTP_CHUNK_DATA) {
			n = len - i < p->left ? len - i : p->left;
			grow_body(p, buf + i, n);
			i += n;
			if ((p->left -= n) == 0)
				p->state = p->state == HTTP_BODY ?
				    HTTP_DONE :
				    HTTP_CHUNK_END;
		} else if (p->state == HTTP_TO_END) {
			if (unframed_bytes(p, buf + i, len - i, e) == -1)
				return -1;
			i = len;
		} else if (line_byte(p, buf[i++], e) == -1)
			return -1;
	}
	return (ssize_t)i;
}
