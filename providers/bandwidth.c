/*
 * Bandwidth, Messaging API v2 (providers/bandwidth.md and its OpenAPI file).
 *
 * Nothing is signed: webhooks carry the Basic user and password of the application's callback, and
 * the path token may stand besides. The body is always a list of one event. One that cannot be
 * read does not cost the others, were there more, and is refused only when all are such.
 *
 * There is no callback URL for each text; our ids are its `tag`, "<job>.<attempt>", which every
 * event gives back. `owner` is the number of ours that an event is about: a text to a group comes
 * once for each of them, with an id of its own (dev.bandwidth.com/docs/messaging/webhooks).
 *
 * Codes of failures have their rule in their digits (why_of()). 9xxx tell of no outcome: the text
 * may have arrived, so it is "sent". 4482 and 4772 say that a number is blocked, not that its owner
 * said STOP: they count as blocked, so that nobody is opted out who did not opt out.
 *
 * Look-up is the list of messages with one id. Nothing takes a text's words away. Not documented:
 * other types of events (ignored) and states (kept as "queued", which changes nothing); how soon a
 * text is in the list (an empty one means: later); opt-outs by keyword (ours are read as ever).
 */
#include "providers/basic_auth.h"
#include "providers/inbound_field.h"
#include "providers/request.h"

#include <ctype.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define STATUS_SIZE 32
#define TAG_SIZE    80

/* --- what a failure means -------------------------------------------------------------------- */

static const struct answer_code codes[] = {
	{4775, ANSWER_OPTED_OUT},
	{4482, ANSWER_BLOCKED},
	{4772, ANSWER_BLOCKED},
	{4303, ANSWER_BAD_NUMBER},
	{4350, ANSWER_BAD_NUMBER},
	{4404, ANSWER_BAD_NUMBER},
	{4406, ANSWER_BAD_NUMBER},
	{4408, ANSWER_BAD_NUMBER},
	{4434, ANSWER_BAD_NUMBER},
	{4720, ANSWER_BAD_NUMBER},
	{4721, ANSWER_BAD_NUMBER}, /* deactivated */
	{4701, ANSWER_NETWORK},
	{4702, ANSWER_NETWORK},
	{4750, ANSWER_NETWORK},
	{4780, ANSWER_RATE}, /* T-Mobile's day is full */
	{4781, ANSWER_RATE},
	{4785, ANSWER_RATE},
	{4470, ANSWER_CONTENT},
	{4770, ANSWER_CONTENT},
	{4771, ANSWER_CONTENT},
	{4740, ANSWER_ACCOUNT}, /* our number */
	{4773, ANSWER_ACCOUNT},
	{4774, ANSWER_ACCOUNT},
	{4795, ANSWER_ACCOUNT},
};

/* The second digit: 0-4 Bandwidth says it, 5-7 a carrier. */
static bool is_carriers(int code)
{
	return code / 100 % 10 >= 5 && code / 100 % 10 <= 7;
}

/* The first digit: 4 refused, 5 failed for the time being, 9 nobody knows. */
static enum answer_kind why_of(int code)
{
	enum answer_kind otherwise = ANSWER_UNKNOWN;

	if (code / 1000 == 5)
		otherwise = ANSWER_NETWORK;
	else if (code / 1000 == 4 && is_carriers(code))
		otherwise = ANSWER_BLOCKED;
	else if (code / 1000 == 4 && code / 100 % 10 <= 4)
		otherwise = ANSWER_ACCOUNT;
	return ANSWER_CODE(codes, code, otherwise);
}

/* `told` as events have it behind "message-", and look-ups in capitals. */
static const char *status_of(const char *told, int code)
{
	static const struct status_word states[] = {{"sent", "sent"}, {"delivered", "delivered"},
		{"undelivered", "undelivered"}, {"failed", "failed"}};
	const char *status = STATUS_WORD(states, told);
	bool failed = strcmp(status, "failed") == 0 || strcmp(status, "undelivered") == 0;

	if (failed && code / 1000 == 9)
		return "sent";
	return strcmp(status, "failed") == 0 && is_carriers(code) ? "undelivered" : status;
}

static void set_state(
	const struct account *account, const char *told, int code, struct inbound_receipt *receipt)
{
	receipt_set(receipt, status_of(told, code), code, why_of(code));
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
}

/* --- what comes in --------------------------------------------------------------------------- */

static bool verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	*proof = (struct proof){.signed_s = 0};
	return basic_auth_holds(account, webhook);
}

static bool take_text(const struct account *account, const json_t *event, struct inbound_text *text,
	struct fail *fail)
{
	const json_t *message = json_object_get(event, "message");
	bool owned = json_is_string(json_object_get(message, "owner"));

	if (!json_take_id(message, "id", text->provider_id, sizeof(text->provider_id), fail) ||
		!json_take(message, "from", true, text->from, sizeof(text->from), fail) ||
		!json_take(owned ? message : event, owned ? "owner" : "to", true, text->to,
			sizeof(text->to), fail) ||
		!json_take_words_if_any(message, "text", text, fail))
		return false;
	json_take_media(json_object_get(message, "media"), NULL, NULL, text);
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

static bool add_text(const struct account *account, const json_t *event, struct inbound *inbound,
	struct fail *fail)
{
	struct inbound_text text = {.body = NULL};

	if (take_text(account, event, &text, fail)) {
		*inbound_add_text(inbound) = text;
		return true;
	}
	free(text.body);
	json_decref(text.media);
	return false;
}

static bool add_receipt(const struct account *account, const json_t *event, const char *told,
	struct inbound *inbound, struct fail *fail)
{
	const json_t *message = json_object_get(event, "message");
	struct inbound_receipt receipt = {.attempt = 0};
	char tag[TAG_SIZE];

	if (!json_take_id(message, "id", receipt.provider_id, sizeof(receipt.provider_id), fail))
		return false;
	json_take(event, "to", false, receipt.to, sizeof(receipt.to), NULL);
	json_take(message, "tag", false, tag, sizeof(tag), NULL);
	ours_of_tag(tag, &receipt);
	set_state(account, told, json_take_number(event, "errorCode"), &receipt);
	*inbound_add_receipt(inbound) = receipt;
	return true;
}

/* "message-delivered" → "delivered"; NULL when it is no receipt. */
static const char *told_by(const char *type)
{
	static const char *const types[] = {
		"message-sending", "message-delivered", "message-failed"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return types[i] + strlen("message-");
	return NULL;
}

/* Answering what we sent ourselves would be a loop: type and direction must fit. */
static bool read_event(const struct account *account, const json_t *event, struct inbound *inbound,
	struct fail *fail)
{
	const char *type = json_get_text(event, "type", ""), *told = told_by(type);
	const char *direction = json_get_text(json_object_get(event, "message"), "direction", "");

	if (strcmp(type, "message-received") == 0 && strcmp(direction, "out") != 0)
		return add_text(account, event, inbound, fail);
	if (told && strcmp(direction, "in") != 0)
		return add_receipt(account, event, told, inbound, fail);
	if (!*type)
		return fail_set(fail, "type is missing");
	inbound->ignored++;
	return true;
}

static bool read_events(const struct account *account, const json_t *events,
	struct inbound *inbound, struct fail *fail)
{
	const json_t *event;
	size_t i, bad = 0;

	if (json_array_size(events) == 0)
		return fail_set(fail, "the body is no list of events");
	json_array_foreach(events, i, event) bad +=
		!read_event(account, event, inbound, bad ? NULL : fail);
	if (bad == json_array_size(events))
		return false;
	inbound->ignored += bad;
	return true;
}

static bool read_webhook(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *events = webhook_json(webhook, fail);
	bool done = events && read_events(account, events, inbound, fail);

	json_decref(events);
	return done;
}

/* --- what goes out --------------------------------------------------------------------------- */

static char *messages_url(const struct account *account)
{
	return xasprintf("%s/api/v2/users/%s/messages", account->api_url, account->id);
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_object();
	char tag[TAG_SIZE], expires[24];

	tag_set(tag, sizeof(tag), text);
	*request = request_basic(account, "POST");
	request->url = messages_url(account);
	json_put_text(body, "applicationId", account->application);
	json_object_set_new(body, "to", json_pack("[s]", text->to));
	json_put_text(body, "from", text->from);
	json_put_text(body, "text", text->body);
	json_put_text(body, "tag", tag);
	if (text->validity_s > 0) {
		request_time(expires, text->now_s + text->validity_s);
		json_put_text(body, "expiration", expires);
	}
	request_json(request, body);
}

/* Errors have a word as type and no code; all of them ask for a person: other routes may try. */
static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	struct refusal refusal = {
		.own = json_object_get(object, "type") && json_object_get(object, "description"),
		.said = ANSWER_ACCOUNT};

	(void)account;
	*answer = answer_of_reply(reply, object, "id", refusal);
	json_decref(object);
}

/* --- errands --------------------------------------------------------------------------------- */

static bool errand(const struct account *account, const struct errand *errand, int step,
	struct provider_request *request)
{
	if (errand->kind != ERRAND_LOOK_UP || step > 0 || !is_id(errand->provider_id))
		return false;
	*request = request_basic(account, "GET");
	request->url = messages_url(account);
	request_query(request, "messageId", errand->provider_id);
	return true;
}

/* One message of the list; false when it is another one. */
static bool take_listed(const struct account *account, const json_t *message, const char *id,
	struct inbound_receipt *receipt)
{
	char told[STATUS_SIZE];

	if (strcmp(json_get_text(message, "messageId", ""), id) != 0 ||
		strcmp(json_get_text(message, "messageDirection", ""), "INBOUND") == 0 ||
		!json_take_id(message, "messageStatus", told, sizeof(told), NULL))
		return false;
	for (char *at = told; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	text_set(receipt->provider_id, sizeof(receipt->provider_id), "%s", id);
	json_take(message, "destinationTn", false, receipt->to, sizeof(receipt->to), NULL);
	set_state(account, told, json_take_number(message, "errorCode"), receipt);
	return true;
}

static enum errand_state errand_answer(const struct account *account, const struct errand *errand,
	int step, const struct provider_reply *reply, struct inbound_receipt *receipt)
{
	json_t *object = reply_json(reply);
	const json_t *list = reply_is_success(reply) ? json_object_get(object, "messages") : NULL;
	enum errand_state state = reply->status == 404 ? ERRAND_NEVER : ERRAND_LATER;

	(void)step;
	for (size_t i = 0; i < json_array_size(list) && state != ERRAND_DONE; i++)
		if (take_listed(account, json_array_get(list, i), errand->provider_id, receipt))
			state = ERRAND_DONE;
	json_decref(object);
	return state;
}

const struct provider provider_bandwidth = {
	.kind = "bandwidth",
	.title = "Bandwidth",
	.api_url = "https://messaging.bandwidth.com",
	.needs = NEED_ID | NEED_USER | NEED_API_SECRET | NEED_WEBHOOK | NEED_WEBHOOK_USER |
		 NEED_APPLICATION,
	.id_is = "the account's number",
	.api_is = "the password of the API user in user:",
	.webhook_is = "the password of the application's callbacks",
	.application_is = "the application's id",
	.types = "application/json",
	.same_path = true,
	.basic = true,
	.per_second = 1,
	.verify = verify,
	.read = read_webhook,
	.build = build,
	.answer = answer,
	.errand = errand,
	.errand_answer = errand_answer,
};
