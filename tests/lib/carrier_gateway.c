/* The gateway that is played for the carrier: keeps what it is told and checks who told it. */
#include "tests/lib/carrier_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <strings.h>
#include <warmline/form.h>
#include <warmline/http_server.h>

static bool is_twilios(struct http_request *r, const char *signature)
{
	char *url = xasprintf("%s%s", stage.site.public_url, http_request_target(r));
	char expected[29];

	assert_non_null(http_request_form(r));
	twilio_sign(TOKEN, url, http_request_form(r), expected);
	free(url);
	return strcmp(signature, expected) == 0;
}

/* Ed25519 over "time|body", checked without a line of ours. */
static bool is_telnyx(const struct seen *s)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	char *text = xasprintf("%s|%s", s->timestamp, s->body);
	size_t len = 0, key_len = 0;
	bool holds;

	sodium_base642bin(public, sizeof(public), stage.accounts[TELNYX].secrets[0], 44, NULL,
		&key_len, NULL, sodium_base64_VARIANT_ORIGINAL);
	sodium_base642bin(signature, sizeof(signature), s->signature, strlen(s->signature), NULL,
		&len, NULL, sodium_base64_VARIANT_ORIGINAL);
	holds = key_len == sizeof(public) && len == sizeof(signature) &&
		crypto_sign_verify_detached(
			signature, (const unsigned char *)text, strlen(text), public) == 0;
	free(text);
	return holds;
}

static void keep_header(struct http_request *r, const char *name, char *to, size_t size)
{
	const char *value = http_request_header(r, name);

	snprintf(to, size, "%s", value ? value : "");
}

static void on_webhook(struct http_request *r, void *arg)
{
	struct seen *s = &stage.seen[stage.nseen++ % 64];
	bool telnyx = http_request_header(r, "telnyx-timestamp") != NULL;
	size_t len;
	const void *body = http_request_body(r, &len);

	(void)arg;
	free(s->body);
	*s = (struct seen){.speech = telnyx ? TELNYX : TWILIO, .body = xmemdup(body, len)};
	snprintf(s->path, sizeof(s->path), "%s", http_request_target(r));
	keep_header(r, "I-Twilio-Idempotency-Token", s->token, sizeof(s->token));
	keep_header(r, "telnyx-timestamp", s->timestamp, sizeof(s->timestamp));
	keep_header(r, telnyx ? "telnyx-signature-ed25519" : "X-Twilio-Signature", s->signature,
		sizeof(s->signature));
	s->signature_ok = telnyx ? is_telnyx(s) : is_twilios(r, s->signature);
	http_request_reply(r, stage.gateway_status, "text/xml", "<Response/>", 11);
}

const struct http_route stage_gateway_routes[] = {
	{"POST", "/twilio/", on_webhook, NULL, 65536, "application/x-www-form-urlencoded"},
	{"POST", "/telnyx/", on_webhook, NULL, 65536, "application/json"},
	{"POST", "/twin/", on_webhook, NULL, 65536, "application/x-www-form-urlencoded"},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

/* --- what webhooks said -------------------------------------------------------------------- */

static void form_field(const char *body, const char *name, char *value, size_t size)
{
	struct form form = {0};
	const struct form_field *f;

	assert_int_equal(form_parse(&form, body, strlen(body)), FORM_OK);
	f = form_get(&form, name);
	snprintf(value, size, "%s", f ? f->value : "(missing)");
	form_free(&form);
}

static void json_field(const char *body, const char *path, char *value, size_t size)
{
	json_t *whole = json_loads(body, 0, NULL);
	const json_t *at = whole;
	char name[32];

	assert_non_null(whole);
	for (; at && *path; path += strcspn(path, "."), path += *path == '.') {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "."), path);
		at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10))
				       : json_object_get(at, name);
	}
	if (json_is_integer(at))
		snprintf(value, size, "%lld", (long long)json_integer_value(at));
	else
		snprintf(value, size, "%s", at ? json_string_value(at) : "(missing)");
	json_decref(whole);
}

const char *stage_field(const struct seen *s, const char *name)
{
	static char value[4096];

	if (s->speech == TELNYX)
		json_field(s->body, name, value, sizeof(value));
	else
		form_field(s->body, name, value, sizeof(value));
	return value;
}

const char *stage_status_told(const struct seen *s)
{
	return stage_field(s, s->speech == TELNYX ? "data.payload.to.0.status" : "MessageStatus");
}

static const char *header_of(const void *headers, const char *name)
{
	const struct seen *s = headers;

	return strcasecmp(name, "telnyx-timestamp") == 0 ? s->timestamp : s->signature;
}

void stage_read(const struct seen *s, struct inbound *inbound)
{
	const struct account *account = &stage.accounts[s->speech];
	const struct provider *provider = provider_find(account->kind);
	char *url = xasprintf("%s%s", stage.site.public_url, s->path);
	const char *question = strchr(s->path, '?');
	struct form form = {0}, query = {0};
	struct webhook webhook = {.about = strstr(s->path, "/status") ? ABOUT_RECEIPT : ABOUT_TEXT,
		.method = "POST",
		.url = url,
		.header = header_of,
		.headers = s,
		.body = s->body,
		.body_len = strlen(s->body),
		.now_s = clock_wall_ms() / 1000};
	struct proof proof;
	struct fail fail;

	if (s->speech == TWILIO && form_parse(&form, s->body, webhook.body_len) == FORM_OK)
		webhook.form = &form;
	if (question && form_parse(&query, question + 1, strlen(question + 1)) == FORM_OK)
		webhook.query = &query;
	*inbound = (struct inbound){0};
	assert_true(provider->verify(account, &webhook, &proof));
	assert_true(provider->read(account, &webhook, inbound, &fail));
	form_free(&form);
	form_free(&query);
	free(url);
}
