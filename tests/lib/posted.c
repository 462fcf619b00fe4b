#include "tests/lib/posted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <warmline/fail.h>

static const char *header(const void *headers, const char *name)
{
	const struct posted *posted = headers;

	for (size_t i = 0; i < posted->nheaders; i++)
		if (strcasecmp(posted->headers[i].name, name) == 0)
			return posted->headers[i].value;
	return NULL;
}

static struct posted *post(
	enum webhook_about about, const char *method, const char *url, const char *body)
{
	struct posted *posted = xcalloc(1, sizeof(*posted));
	const char *query = url + strcspn(url, "?");

	if (*query)
		query++;
	assert_int_equal(form_parse(&posted->query, query, strlen(query)), FORM_OK);
	posted->webhook = (struct webhook){.about = about,
		.method = method,
		.url = url,
		.header = header,
		.headers = posted,
		.body = body,
		.body_len = strlen(body),
		.query = &posted->query,
		.now_s = 1760000000};
	return posted;
}

struct posted *posted_form(enum webhook_about about, const char *url, const char *body)
{
	struct posted *posted = post(about, "POST", url, body);

	assert_int_equal(form_parse(&posted->form, body, strlen(body)), FORM_OK);
	posted->webhook.form = &posted->form;
	return posted;
}

struct posted *posted_json(enum webhook_about about, const char *url, const char *body)
{
	return post(about, "POST", url, body);
}

struct posted *posted_get(enum webhook_about about, const char *url)
{
	return post(about, "GET", url, "");
}

void posted_header(struct posted *posted, const char *name, const char *value)
{
	assert_true(posted->nheaders < POSTED_HEADERS);
	posted->headers[posted->nheaders].name = name;
	posted->headers[posted->nheaders++].value = value;
}

void posted_free(struct posted *posted)
{
	form_free(&posted->form);
	form_free(&posted->query);
	free(posted);
}

bool posted_holds(struct posted *posted, const struct provider *provider,
	const struct account *account, const char *name, const char *value)
{
	struct proof proof;
	bool holds;

	posted_header(posted, name, value);
	holds = provider->verify(account, &posted->webhook, &proof);
	posted_free(posted);
	return holds;
}

bool posted_read(struct posted *posted, const struct provider *provider,
	const struct account *account, struct inbound *inbound, struct fail *fail)
{
	bool done;

	*inbound = (struct inbound){.texts = NULL};
	done = provider->read(account, &posted->webhook, inbound, fail);
	posted_free(posted);
	return done;
}

void posted_refused(struct posted *posted, const struct provider *provider,
	const struct account *account, const char *sentence)
{
	struct inbound inbound;
	struct fail fail = {.text = ""};
	bool done = posted_read(posted, provider, account, &inbound, &fail);

	inbound_clear(&inbound);
	if (done || !strstr(fail.text, sentence))
		fail_msg("%s, but \"%s\" was expected", done ? "was taken" : fail.text, sentence);
}
