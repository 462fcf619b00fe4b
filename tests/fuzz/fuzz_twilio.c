/*
 * Twilio's adapter on any body, query and answer: nothing crashes, a text that is taken can be
 * written as JSON, and a signature is good for its own request only.
 */
#include <warmline/fail.h>
#include <warmline/provider.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *header(const void *headers, const char *name)
{
	return strcmp(name, "X-Twilio-Signature") == 0 ? headers : NULL;
}

static struct account account_made(void)
{
	return (struct account){
		.kind = "twilio", .id = "AC1", .secrets = {"secret"}, .nsecrets = 1};
}

static void check_signature(const struct account *account, struct webhook *webhook)
{
	char signature[29];

	twilio_sign("secret", webhook->url, webhook->form, signature);
	webhook->headers = signature;
	if (!provider_twilio.verify(account, webhook))
		abort();
	signature[5] = signature[5] == 'A' ? 'B' : 'A';
	if (provider_twilio.verify(account, webhook))
		abort();
	webhook->headers = NULL;
}

static void check_text(const struct account *account, const struct webhook *webhook)
{
	struct inbound_text text;
	struct fail fail;

	if (provider_twilio.inbound(account, webhook, &text, &fail)) {
		json_t *body = json_string(text.body);

		if (!body || !text.event_id[0] || !text.from[0])
			abort();
		json_decref(body);
		if (json_array_size(text.media) > 10)
			abort();
		inbound_text_clear(&text);
	}
}

static void check_receipt(const struct account *account, const struct webhook *webhook)
{
	struct inbound_receipt receipt;
	struct fail fail;

	if (provider_twilio.receipt(account, webhook, &receipt, &fail) && !receipt.status[0])
		abort();
}

static void check_answer(const struct account *account, const char *body, size_t len, int status)
{
	struct provider_answer answer;

	provider_twilio.answer(account, status, body, len, &answer);
	if (answer.kind == ANSWER_ACCEPTED && (!answer.provider_id[0] || status / 100 != 2))
		abort();
}

/* The first byte chooses a status; the rest is body, query and URL at once. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account account = account_made();
	char *text, *url;
	struct form form;
	struct webhook webhook;

	if (size < 1)
		return 0;
	text = xmemdup(data + 1, size - 1);
	check_answer(&account, text, size - 1, 200 + data[0] * 2);
	if (form_parse(&form, text, size - 1) == FORM_OK) {
		url = xasprintf("%s%s", data[0] & 1 ? "https://a.example/x?" : "", text);
		webhook = (struct webhook){"POST", url, header, NULL, text, size - 1, &form, &form};
		check_signature(&account, &webhook);
		check_text(&account, &webhook);
		check_receipt(&account, &webhook);
		free(url);
		form_free(&form);
	}
	free(text);
	return 0;
}
