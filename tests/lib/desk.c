#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <warmline/fail.h>

void desk_open(struct desk *desk, const struct provider *provider, const char *target)
{
	struct account *account = &desk->account;

	*desk = (struct desk){.provider = provider};
	text_set(account->kind, sizeof(account->kind), "%s", provider->kind);
	text_set(account->id, sizeof(account->id), "acct-1");
	text_set(account->api_url, sizeof(account->api_url), "https://api.example.org");
	text_set(account->api_secret, sizeof(account->api_secret), "key-1");
	text_set(account->secrets[0], sizeof(account->secrets[0]), "secret");
	account->nsecrets = 1;
	hook_open(&desk->hook, "POST", target, NULL, "", 0);
}

void desk_close(struct desk *desk)
{
	hook_close(&desk->hook);
	inbound_clear(&desk->inbound);
	account_clear(&desk->account);
	free(desk->body);
}

void desk_header(struct desk *desk, const char *name, const char *value)
{
	struct hook *hook = &desk->hook;
	size_t n = 0, i = 0;

	while (n < HOOK_HEADERS && hook->headers[n].name)
		n++;
	while (i < n && strcasecmp(hook->headers[i].name, name) != 0)
		i++;
	if (i < n) {
		hook->headers[i] = hook->headers[n - 1];
		hook->headers[n - 1].name = NULL;
	}
	if (value)
		hook_header(hook, name, value);
}

void desk_bytes(struct desk *desk, const void *body, size_t len)
{
	free(desk->body);
	desk->body = xmemdup(body, len);
	desk->hook.webhook.body = desk->body;
	desk->hook.webhook.body_len = len;
}

char *desk_quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = strchr(copy, '\''); at; at = strchr(at, '\''))
		*at = '"';
	return copy;
}

void desk_body(struct desk *desk, const char *body)
{
	char *copy = desk_quoted(body);

	desk_bytes(desk, copy, strlen(copy));
	free(copy);
}

bool desk_verified(struct desk *desk, struct proof *proof)
{
	struct proof here;

	return desk->provider->verify(&desk->account, &desk->hook.webhook, proof ? proof : &here);
}

bool desk_read(struct desk *desk)
{
	inbound_clear(&desk->inbound);
	desk->fail.text[0] = '\0';
	return desk->provider->read(
		&desk->account, &desk->hook.webhook, &desk->inbound, &desk->fail);
}

static const struct inbound *taken(struct desk *desk, const char *body)
{
	desk_body(desk, body);
	if (!desk_read(desk))
		fail_msg("%s: %s", body, desk->fail.text);
	return &desk->inbound;
}

const struct inbound_text *desk_text(struct desk *desk, const char *body)
{
	const struct inbound *in = taken(desk, body);

	assert_int_equal(in->ntexts, 1);
	assert_int_equal(in->nreceipts + in->ignored, 0);
	return &in->texts[0];
}

const struct inbound_receipt *desk_receipt(struct desk *desk, const char *body)
{
	const struct inbound *in = taken(desk, body);

	assert_int_equal(in->nreceipts, 1);
	assert_int_equal(in->ntexts + in->ignored, 0);
	return &in->receipts[0];
}

void desk_is_ignored(struct desk *desk, const char *body)
{
	const struct inbound *in = taken(desk, body);

	assert_int_equal(in->ignored, 1);
	assert_int_equal(in->ntexts + in->nreceipts, 0);
}

void desk_is_refused(struct desk *desk, const char *body, const char *words)
{
	desk_body(desk, body);
	if (desk_read(desk))
		fail_msg("%s: is taken", body);
	if (!strstr(desk->fail.text, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", body, desk->fail.text, words);
}

struct provider_answer desk_answer(const struct desk *desk, int status, const char *body)
{
	struct provider_answer answer;
	char *copy = desk_quoted(body);
	const struct provider_reply reply = {status, copy, strlen(copy)};

	memset(&answer, 'x', sizeof(answer));
	desk->provider->answer(&desk->account, &reply, &answer);
	free(copy);
	return answer;
}
