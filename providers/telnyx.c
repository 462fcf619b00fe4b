/*
 * Telnyx, API v2 (providers/telnyx.md).
 *
 * Signature: Ed25519 over "timestamp|body" with the public key of the portal; URL and other headers
 * are not covered. A timestamp may be 300 seconds off, either way: the rule of Telnyx' own library,
 * kept here. Only digits are taken as timestamp: then the first bar is the joint, and no other body
 * has the same signature.
 *
 * Texts and receipts come to one address and are told apart by event_type and direction. Look-up
 * is GET /v2/messages/{id}, for ten days (developers.telnyx.com, "Retrieve a message"). There is
 * nothing that takes a text's words away, and no validity: what is over a limit waits there for
 * four hours at most, then comes error 40318.
 *
 * Not documented: other states than those below (kept as "queued", which changes nothing); the
 * HTTP status of each error code (the code decides, where one comes with a 4xx); whether `text`
 * may be missing when pictures come alone (then there are no words).
 */
#include "providers/digest.h"
#include "providers/inbound_field.h"
#include "providers/request.h"

#include <sodium.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define AGE_MOST_S  300
#define STATUS_SIZE 32

/* --- the signature --------------------------------------------------------------------------- */

/* "timestamp|body", owned by the caller. */
static unsigned char *signed_bytes(
	const char *timestamp, const void *body, size_t body_len, size_t *len)
{
	size_t before = strlen(timestamp) + 1;
	unsigned char *bytes = xcalloc(1, before + body_len + 1);

	memcpy(bytes, timestamp, before - 1);
	bytes[before - 1] = '|';
	if (body_len > 0)
		memcpy(bytes + before, body, body_len);
	*len = before + body_len;
	return bytes;
}

void telnyx_sign(const unsigned char secret_key[64], const char *timestamp, const void *body,
	size_t len, char signature[89])
{
	unsigned char plain[crypto_sign_BYTES];
	size_t all;
	unsigned char *bytes = signed_bytes(timestamp, body, len, &all);

	crypto_sign_detached(plain, NULL, bytes, all, secret_key);
	sodium_bin2base64(signature, 89, plain, sizeof(plain), sodium_base64_VARIANT_ORIGINAL);
	free(bytes);
}

static bool key_fits(const char *key, const unsigned char signature[crypto_sign_BYTES],
	const unsigned char *bytes, size_t len)
{
	unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
	size_t read = 0;

	return base64_read(key, strlen(key), public_key, sizeof(public_key), &read) &&
	       read == sizeof(public_key) &&
	       crypto_sign_verify_detached(signature, bytes, len, public_key) == 0;
}

static bool one_key_fits(const struct account *account, const struct webhook *webhook,
	const unsigned char signature[crypto_sign_BYTES], const char *timestamp)
{
	size_t len;
	unsigned char *bytes = signed_bytes(timestamp, webhook->body, webhook->body_len, &len);
	unsigned found = 0;

	for (size_t i = 0; i < account->nsecrets; i++)
		found |= key_fits(account->secrets[i], signature, bytes, len);
	free(bytes);
	return found != 0;
}

/* A signature is good for one timestamp and body, so it is its own nonce. */
static bool verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *given = webhook->header(webhook->headers, "telnyx-signature-ed25519");
	const char *timestamp = webhook->header(webhook->headers, "telnyx-timestamp");
	unsigned char signature[crypto_sign_BYTES];
	size_t len = 0;
	int64_t at;

	*proof = (struct proof){.signed_s = 0};
	if (!given || !timestamp || !seconds_read(timestamp, &at) ||
		!base64_read(given, strlen(given), signature, sizeof(signature), &len) ||
		len != sizeof(signature))
		return false;
	if (at < webhook->now_s - AGE_MOST_S || at > webhook->now_s + AGE_MOST_S)
		return false;
	if (!one_key_fits(account, webhook, signature, timestamp))
		return false;
	proof->signed_s = at;
	return text_set(proof->nonce, sizeof(proof->nonce), "%s", given);
}

/* --- what comes in --------------------------------------------------------------------------- */

/* Error codes of the API and of receipts (providers/telnyx.md, "Delivery report"). */
static const struct answer_code codes[] = {
	{40300, ANSWER_OPTED_OUT},
	{40001, ANSWER_BAD_NUMBER}, /* landline */
	{40012, ANSWER_BAD_NUMBER},
	{40310, ANSWER_BAD_NUMBER},
	{40004, ANSWER_BLOCKED}, /* the receiving carrier does not say why */
	{40002, ANSWER_CONTENT},
	{40003, ANSWER_CONTENT},
	{40015, ANSWER_CONTENT},
	{40017, ANSWER_CONTENT},
	{40322, ANSWER_CONTENT},
	{40005, ANSWER_NETWORK},
	{40006, ANSWER_NETWORK},
	{40008, ANSWER_NETWORK},
	{40014, ANSWER_NETWORK},
	{10011, ANSWER_RATE},
	{40011, ANSWER_RATE},
	{40016, ANSWER_RATE},
	{40018, ANSWER_RATE},
	{40318, ANSWER_RATE},
	{40020, ANSWER_BUSY}, /* a pause of a day for texts that look like login codes */
	{40010, ANSWER_ACCOUNT},
	{40305, ANSWER_ACCOUNT},
	{40312, ANSWER_ACCOUNT},
	{40329, ANSWER_ACCOUNT},
	{40330, ANSWER_ACCOUNT},
	{40331, ANSWER_ACCOUNT},
	{40333, ANSWER_ACCOUNT},
};

static const struct status_word states[] = {
	{"queued", "queued"},
	{"sending", "queued"},
	{"sent", "sent"},
	{"delivered", "delivered"},
	{"delivery_unconfirmed", "sent"}, /* the carrier has it and tells no more */
	{"delivery_failed", "undelivered"},
	{"expired", "undelivered"},
	{"sending_failed", "failed"},
};

/* The codes are texts. The first error is the one that stopped it. */
static int first_error(const json_t *object)
{
	const json_t *errors = json_object_get(object, "errors");

	return json_take_number(json_array_get(errors, 0), "code");
}

static bool take_phone(
	const json_t *party, const char *whose, char *to, size_t size, struct fail *fail)
{
	if (!json_take(party, "phone_number", true, to, size, NULL))
		return fail_set(fail, "%s has no phone_number", whose);
	return true;
}

/* Of a text to a group, the number that is ours; else the first. */
static const json_t *receiver(const struct account *account, const json_t *to)
{
	const json_t *one;
	size_t i;

	json_array_foreach(to, i, one)
	{
		if (account_has_number(account, json_get_text(one, "phone_number", "")))
			return one;
	}
	return json_array_get(to, 0);
}

static bool take_text(const struct account *account, const json_t *message,
	struct inbound_text *text, struct fail *fail)
{
	const json_t *to = receiver(account, json_object_get(message, "to"));

	if (!json_take_id(message, "id", text->provider_id, sizeof(text->provider_id), fail) ||
		!take_phone(json_object_get(message, "from"), "from", text->from,
			sizeof(text->from), fail) ||
		!take_phone(to, "to", text->to, sizeof(text->to), fail) ||
		!json_take_words_if_any(message, "text", text, fail) ||
		!json_take_subject(message, "subject", text, fail))
		return false;
	json_take_media(json_object_get(message, "media"), "url", "content_type", text);
	opt_out_set(text, json_get_text(message, "autoresponse_type", ""));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* A message as webhooks and look-ups have it. */
static bool take_state(const struct account *account, const json_t *message,
	struct inbound_receipt *receipt, struct fail *fail)
{
	const json_t *to = json_array_get(json_object_get(message, "to"), 0);
	int error = first_error(message);
	char told[STATUS_SIZE];

	if (!json_take_id(
		    message, "id", receipt->provider_id, sizeof(receipt->provider_id), fail) ||
		!json_take_id(to, "status", told, sizeof(told), fail))
		return false;
	json_take(to, "phone_number", false, receipt->to, sizeof(receipt->to), NULL);
	receipt_set(receipt, STATUS_WORD(states, told), error,
		ANSWER_CODE(codes, error, ANSWER_UNKNOWN));
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool take_receipt(const struct account *account, const struct webhook *webhook,
	const json_t *message, struct inbound_receipt *receipt, struct fail *fail)
{
	ours_take(webhook->query, receipt);
	return take_state(account, message, receipt, fail);
}

static bool is_receipt(const char *event)
{
	return strcmp(event, "message.sent") == 0 || strcmp(event, "message.finalized") == 0;
}

/* A direction that is not there does not speak against the event's name. */
static bool read_webhook(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *json = webhook_json(webhook, fail);
	const json_t *data = json_object_get(json, "data");
	const json_t *message = json_object_get(data, "payload");
	const char *event = json_get_text(data, "event_type", "");
	const char *direction = json_get_text(message, "direction", "");
	bool done = true;

	if (!json)
		return false;
	if (strcmp(event, "message.received") == 0 && strcmp(direction, "outbound") != 0)
		done = take_text(account, message, inbound_add_text(inbound), fail);
	else if (is_receipt(event) && strcmp(direction, "inbound") != 0)
		done = take_receipt(account, webhook, message, inbound_add_receipt(inbound), fail);
	else if (*event)
		inbound->ignored++;
	else
		done = fail_set(fail, "event_type is missing");
	json_decref(json);
	return done;
}

/* --- what goes out --------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_object();

	*request = request_bearer(account, "POST");
	request->url = xasprintf("%s/v2/messages", account->api_url);
	json_put_text(body, "from", text->from);
	json_put_text(body, "to", text->to);
	json_put_text(body, "text", text->body);
	json_put_text(body, "webhook_url", text->callback_url);
	json_put_text(body, "messaging_profile_id", account->application);
	request_json(request, body);
}

/* A code that is not in the table was not accepted either: a person has to look. */
static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	int code = first_error(object);
	struct refusal refusal = {.own = json_array_size(json_object_get(object, "errors")) > 0,
		.said = ANSWER_CODE(codes, code, ANSWER_ACCOUNT),
		.code = code};

	(void)account;
	*answer = answer_of_reply(reply, json_object_get(object, "data"), "id", refusal);
	json_decref(object);
}

/* --- errands --------------------------------------------------------------------------------- */

static bool errand(const struct account *account, const struct errand *errand, int step,
	struct provider_request *request)
{
	if (errand->kind != ERRAND_LOOK_UP || step > 0 || !is_id(errand->provider_id))
		return false;
	*request = request_bearer(account, "GET");
	request->url = xasprintf("%s/v2/messages/%s", account->api_url, errand->provider_id);
	return true;
}

static enum errand_state errand_answer(const struct account *account, const struct errand *errand,
	int step, const struct provider_reply *reply, struct inbound_receipt *receipt)
{
	json_t *object = reply_json(reply);
	const json_t *message = json_object_get(object, "data");
	enum errand_state state = ERRAND_LATER;

	(void)errand;
	(void)step;
	if (reply->status == 404)
		state = ERRAND_NEVER;
	else if (reply_is_success(reply) && take_state(account, message, receipt, NULL))
		state = ERRAND_DONE;
	json_decref(object);
	return state;
}

const struct provider provider_telnyx = {
	.kind = "telnyx",
	.title = "Telnyx",
	.api_url = "https://api.telnyx.com",
	.needs = NEED_API_SECRET | NEED_WEBHOOK,
	.api_is = "the API key of version 2, KEY...",
	.webhook_is = "the public key of the portal, 44 characters of base64",
	.application_is = "the messaging profile's id, where texts leave from a pool of numbers",
	.types = "application/json",
	.same_path = true,
	.per_second = 1,
	.verify = verify,
	.read = read_webhook,
	.build = build,
	.answer = answer,
	.errand = errand,
	.errand_answer = errand_answer,
};
