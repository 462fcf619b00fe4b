/*
 * Twilio's adapter on any request and answer (provider_fuzz.h); and what twilio_sign() signs is
 * good for that request only.
 */
#include "tests/fuzz/provider_fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct account account = {.id = "AC00000000000000000000000000000001",
	.api_secret = "secret",
	.secrets = {"secret"},
	.nsecrets = 1};

static const char *header(const void *headers, const char *name)
{
	return strcmp(name, "X-Twilio-Signature") == 0 ? headers : NULL;
}

static void check_signature(const char *body, size_t len)
{
	static const char url[] = "https://a.example/x";
	struct form form;
	struct proof proof;
	char signature[29];
	struct webhook webhook = {.method = "POST",
		.url = url,
		.header = header,
		.headers = signature,
		.body = body,
		.body_len = len,
		.form = &form};

	if (form_parse(&form, body, len) != FORM_OK)
		return;
	twilio_sign("secret", url, &form, signature);
	if (!provider_twilio.verify(&account, &webhook, &proof))
		abort();
	signature[5] = signature[5] == 'A' ? 'B' : 'A';
	if (provider_twilio.verify(&account, &webhook, &proof))
		abort();
	form_free(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmemdup(data, size);

	check_signature(text, size);
	free(text);
	return provider_fuzz(&provider_twilio, &account, data, size);
}
