/*
 * SignalWire: Twilio's forms and REST calls with UUIDs for ids, other signatures, and an address of
 * each customer's own (https://SPACE.signalwire.com).
 *
 * Signatures, with the project's signing key; which one is told by the request:
 *  - forms and GET (cXML): as Twilio's, but a repeated name keeps its values as they came. A JSON
 *    body there is covered by `bodySHA256` in the URL.
 *  - JSON (SWML): lower case hex of HMAC over URL and raw body, SHA-256 when that header is there,
 *    else SHA-1. A wrong SHA-256 is not saved by a right SHA-1.
 * A form is never taken with a signature over the bare URL: SignalWire's own library tries that,
 * and with it one signed empty request would prove any other.
 *
 * Neither clock nor nonce: a replay is the same event id. STOP is not managed by SignalWire, so
 * `opt_out` stays empty and our own list is all there is.
 *
 * Not documented:
 *  - the error codes beyond "as Twilio's": Twilio's table is used, what is not in it is `account`.
 *  - SWML's message object but for id, from, to, body and media[].url. Such texts are taken; the
 *    answer is cXML, which SignalWire may report as an error of the script, after we have the text.
 *  - whether an empty Body redacts: it is read back, and only an empty one counts.
 */
#include "providers/digest.h"
#include "providers/inbound_field.h"
#include "providers/signed_url.h"
#include "providers/twilio.h"

#include <string.h>
#include <warmline/fail.h>

#define BASE           "/api/laml/2010-04-01"
#define SHA1_HEX       40
#define OLD_HEADER     "X-Twilio-Signature"
#define CURRENT_HEADER "X-SignalWire-Signature"
#define SHA256_HEADER  "X-SignalWire-SHA256-Signature"

/* --- signatures ------------------------------------------------------------------------------ */

static bool signs(const struct account *account, const char *url, const struct webhook *webhook,
	enum digest_kind kind, const char *given)
{
	const struct piece pieces[] = {
		{url, strcspn(url, "#")}, {webhook->body, webhook->body_len}};
	unsigned found = 0;

	for (size_t i = 0; i < account->nsecrets; i++) {
		const char *key = account->secrets[i];
		struct digest mac;

		if (*key == '\0')
			continue;
		mac = digest_hmac(kind, key, strlen(key), pieces, 2);
		found |= digest_is_hex(&mac, given, strlen(given));
	}
	return found != 0;
}

static bool swml_holds(const struct account *account, const struct webhook *webhook,
	enum digest_kind kind, const char *given)
{
	bool found = signs(account, webhook->url, webhook, kind, given);
	char *other;

	if (!found && (other = signed_url_other_port(webhook->url)) != NULL) {
		found = signs(account, other, webhook, kind, given);
		free(other);
	}
	return found;
}

static bool verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *sha256 = webhook->header(webhook->headers, SHA256_HEADER);
	const char *given = webhook->header(webhook->headers, CURRENT_HEADER);

	*proof = (struct proof){.signed_s = 0};
	if (!given)
		given = webhook->header(webhook->headers, OLD_HEADER);
	if (!webhook->form && sha256)
		return swml_holds(account, webhook, DIGEST_SHA256, sha256);
	if (!webhook->form && given && strlen(given) == SHA1_HEX)
		return swml_holds(account, webhook, DIGEST_SHA1, given);
	return twilio_signature_holds(account, webhook, given, PARAMS_CAME);
}

/* --- SWML's texts ---------------------------------------------------------------------------- */

static void take_media(const json_t *message, struct inbound_text *text)
{
	const json_t *one, *url;
	size_t i;

	json_array_foreach(json_object_get(message, "media"), i, one)
	{
		url = json_is_object(one) ? json_object_get(one, "url") : one;
		if (json_is_string(url))
			media_add(text, json_string_value(url), json_string_length(url), NULL, 0);
	}
}

/* A picture may come without words. */
static bool take_body(const json_t *message, struct inbound_text *text, struct fail *fail)
{
	const json_t *body = json_object_get(message, "body");

	if (text->media && (!body || json_is_null(body))) {
		text->body = xstrdup("");
		return true;
	}
	return json_take_words(message, "body", text, fail);
}

static bool take_text(const struct account *account, const json_t *message,
	struct inbound_text *text, struct fail *fail)
{
	take_media(message, text);
	if (!json_take(message, "id", true, text->provider_id, sizeof(text->provider_id), fail) ||
		!json_take(message, "from", true, text->from, sizeof(text->from), fail) ||
		!json_take(message, "to", true, text->to, sizeof(text->to), fail) ||
		!take_body(message, text, fail))
		return false;
	if (!is_id(text->provider_id))
		return fail_set(fail, "id is malformed");
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* Without a message it is about a call. */
static bool read_swml(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *json = webhook_json(webhook, fail);
	const json_t *message = json_object_get(json, "message");
	bool taken = json != NULL;

	if (json_is_object(message))
		taken = take_text(account, message, inbound_add_text(inbound), fail);
	else if (json)
		inbound->ignored++;
	json_decref(json);
	return taken;
}

static bool read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	if (webhook->about == ABOUT_TEXT && !webhook->form && webhook->body_len > 0)
		return read_swml(account, webhook, inbound, fail);
	return twilio_read(account, webhook, inbound, fail);
}

/* --- what goes out --------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	twilio_put_text(account, text, BASE, request);
}

static bool errand(const struct account *account, const struct errand *errand, int step,
	struct provider_request *request)
{
	return twilio_put_errand(account, errand, step, BASE, request);
}

const struct provider provider_signalwire = {
	.kind = "signalwire",
	.title = "SignalWire",
	.needs = NEED_ID | NEED_API_SECRET | NEED_WEBHOOK | NEED_API_URL,
	.id_is = "the Project ID, a UUID",
	.api_is = "an API token that may send messages",
	.webhook_is = "the signing key of the project",
	.takes_get = true,
	.types = "application/x-www-form-urlencoded application/json",
	.ok_type = TWILIO_OK_TYPE,
	.ok_body = TWILIO_OK_BODY,
	.per_second = 1,
	.verify = verify,
	.read = read,
	.build = build,
	.answer = twilio_answer,
	.errand = errand,
	.errand_answer = twilio_errand_answer,
};
