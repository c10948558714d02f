/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Writes the file of 'metrics file', which has the information of -l for
 * monitoring, in the text format of Prometheus.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cert.h"

static const char *const error_classes[] = {
	[0] = "none",
	[FAILURE_CA] = "ca",
	[FAILURE_LOCAL] = "local",
	[FAILURE_AUTHORITY] = "authority",
};

static void
family(FILE *f, const char *name, const char *help)
{
	fprintf(f, "# HELP acme_client_%s %s\n# TYPE acme_client_%s gauge\n",
	    name, help, name);
}

/*
 * Writes a sample's name and its handle, escaped; the caller writes its value.
 */
static void
sample(FILE *f, const char *name, const struct report *o)
{
	const char *p;

	fprintf(f, "acme_client_%s{handle=\"", name);
	for (p = o->job->handle; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	putc('"', f);
}

static void
value(FILE *f, const char *name, const struct report *o, time_t t)
{
	sample(f, name, o);
	fprintf(f, "} %lld\n", (long long)t);
}

static void
put_errors(FILE *f, const struct report *o, size_t n)
{
	const struct state *s;
	size_t i;
	int error;

	family(f, "last_error",
	    "1 if there is one since then; class: ca, authority, local or "
	    "none.");
	for (i = 0; i < n; i++) {
		s = o[i].job->state;
		error = report_error(&o[i])[0] != '\0' && !report_forced(&o[i]);
		sample(f, "last_error", &o[i]);
		fprintf(f, ",class=\"%s\"} %d\n",
		    !error ? "none" :
			o[i].error.text[0] != '\0' || s->began != 0 ||
			    s->error_class == 0 ?
			     "local" :
			     error_classes[s->error_class],
		    error);
	}
}

static void
put_all(FILE *f, const struct report *o, size_t n, time_t now)
{
	size_t i;

	family(f, "last_run_timestamp_seconds", "End of the last run.");
	fprintf(
	    f, "acme_client_last_run_timestamp_seconds %lld\n", (long long)now);
	family(f, "expiry_timestamp_seconds",
	    "End of the installed certificate; 0: there is none.");
	for (i = 0; i < n; i++)
		value(f, "expiry_timestamp_seconds", &o[i],
		    o[i].job->state->life.not_after);
	family(f, "renewal_timestamp_seconds",
	    "When it is renewed, or tried again.");
	for (i = 0; i < n; i++)
		value(f, "renewal_timestamp_seconds", &o[i], o[i].when);
	family(f, "last_success_timestamp_seconds",
	    "When it was last obtained; 0: never.");
	for (i = 0; i < n; i++)
		value(f, "last_success_timestamp_seconds", &o[i],
		    o[i].job->state->last_success);
	family(f, "failures",
	    "Attempts that the CA has answered with an error since then.");
	for (i = 0; i < n; i++)
		value(f, "failures", &o[i],
		    report_forced(&o[i]) ? 0 :
					   (time_t)o[i].job->state->failures);
	put_errors(f, o, n);
	family(f, "change_pending",
	    "1 if 'on change' has not run well since its files changed.");
	for (i = 0; i < n; i++)
		value(f, "change_pending", &o[i], o[i].job->pending);
	family(f, "run_seconds", "How long its last attempt took.");
	for (i = 0; i < n; i++) {
		sample(f, "run_seconds", &o[i]);
		fprintf(f, "} %.3f\n", (double)o[i].job->state->took_ms / 1000);
	}
}

int
cert_metrics(const struct report *reports, size_t n, struct error *e)
{
	char *text;
	size_t len;
	FILE *f;
	int rc;

	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	put_all(f, reports, n, time(NULL));
	if (fclose(f) != 0)
		err(1, NULL);
	rc = store_write(0, PART_METRICS, text, len, e);
	free(text);
	return rc;
}
