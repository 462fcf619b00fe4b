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

void posted_open(struct posted *posted, const struct provider *provider, const char *target)
{
	const char *query = target + strcspn(target, "?");
	struct account *account = &posted->account;

	*posted = (struct posted){
		.provider = provider, .url = xasprintf("https://sms.example.org%s", target)};
	text_set(account->kind, sizeof(account->kind), "%s", provider->kind);
	text_set(account->id, sizeof(account->id), "acct-1");
	text_set(account->api_url, sizeof(account->api_url), "https://api.example.org");
	text_set(account->api_secret, sizeof(account->api_secret), "key-1");
	text_set(account->secrets[0], sizeof(account->secrets[0]), "secret");
	account->nsecrets = 1;
	query += *query == '?';
	assert_int_equal(form_parse(&posted->query, query, strlen(query)), FORM_OK);
	posted->webhook = (struct webhook){.method = "POST",
		.url = posted->url,
		.header = header,
		.headers = posted,
		.query = &posted->query,
		.now_s = 1760000000};
}

void posted_close(struct posted *posted)
{
	free(posted->url);
	free(posted->body);
	form_free(&posted->query);
	inbound_clear(&posted->inbound);
	account_clear(&posted->account);
}

void posted_header(struct posted *posted, const char *name, const char *value)
{
	size_t i = 0;

	while (i < posted->nheaders && strcasecmp(posted->headers[i].name, name) != 0)
		i++;
	assert_true(i < POSTED_HEADERS);
	if (!value && i < posted->nheaders)
		posted->headers[i] = posted->headers[--posted->nheaders];
	if (!value)
		return;
	posted->headers[i].name = name;
	posted->headers[i].value = value;
	if (i == posted->nheaders)
		posted->nheaders++;
}

void posted_bytes(struct posted *posted, const void *body, size_t len)
{
	free(posted->body);
	posted->body = xmemdup(body, len);
	posted->webhook.body = posted->body;
	posted->webhook.body_len = len;
}

static char *quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = strchr(copy, '\''); at; at = strchr(at, '\''))
		*at = '"';
	return copy;
}

void posted_body(struct posted *posted, const char *body)
{
	char *copy = quoted(body);

	posted_bytes(posted, copy, strlen(copy));
	free(copy);
}

bool posted_verified(struct posted *posted, struct proof *proof)
{
	struct proof here;

	return posted->provider->verify(&posted->account, &posted->webhook, proof ? proof : &here);
}

bool posted_read(struct posted *posted)
{
	inbound_clear(&posted->inbound);
	posted->fail.text[0] = '\0';
	return posted->provider->read(
		&posted->account, &posted->webhook, &posted->inbound, &posted->fail);
}

static const struct inbound *taken(struct posted *posted, const char *body)
{
	posted_body(posted, body);
	if (!posted_read(posted))
		fail_msg("%s: %s", body, posted->fail.text);
	return &posted->inbound;
}

const struct inbound_text *posted_text(struct posted *posted, const char *body)
{
	const struct inbound *in = taken(posted, body);

	assert_int_equal(in->ntexts, 1);
	assert_int_equal(in->nreceipts + in->ignored, 0);
	return &in->texts[0];
}

const struct inbound_receipt *posted_receipt(struct posted *posted, const char *body)
{
	const struct inbound *in = taken(posted, body);

	assert_int_equal(in->nreceipts, 1);
	assert_int_equal(in->ntexts + in->ignored, 0);
	return &in->receipts[0];
}

void posted_is_ignored(struct posted *posted, const char *body)
{
	const struct inbound *in = taken(posted, body);

	assert_int_equal(in->ignored, 1);
	assert_int_equal(in->ntexts + in->nreceipts, 0);
}

void posted_is_refused(struct posted *posted, const char *body, const char *words)
{
	posted_body(posted, body);
	if (posted_read(posted))
		fail_msg("%s: is taken", body);
	if (!strstr(posted->fail.text, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", body, posted->fail.text, words);
}

struct provider_answer posted_answer(const struct posted *posted, int status, const char *body)
{
	struct provider_answer answer;
	char *copy = quoted(body);
	const struct provider_reply reply = {status, copy, strlen(copy)};

	memset(&answer, 'x', sizeof(answer));
	posted->provider->answer(&posted->account, &reply, &answer);
	free(copy);
	return answer;
}
