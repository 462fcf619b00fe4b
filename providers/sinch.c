/*
 * Sinch, SMS REST "XMS" (providers/sinch.md): the adapter. How its webhooks are proven stands in
 * sinch_signature.c.
 *
 * Numbers have no plus there. A batch of ours has one receiver, so the batch's id is the text's.
 * A binary text (mo_binary) has no words that we could read; it becomes a text of one U+FFFD: who
 * wrote it is answered and shown, and nothing is lost silently. The subject of an MMS stands above
 * its words.
 *
 * Not documented: other states than those below (kept as "queued", which changes nothing); which
 * of Deleted's reasons it was, a number that is none or an opt-out (it counts as blocked). Look-up
 * is left out: its answer is not in our facts.
 */
#include "providers/sinch.h"

#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define STATUS_SIZE    32
#define RECEIVERS_MOST 1000 /* of a batch */
#define NO_WORDS       "\xef\xbf\xbd"

/* --- texts ----------------------------------------------------------------------------------- */

static bool take_binary(const json_t *json, struct inbound_text *text, struct fail *fail)
{
	(void)json;
	(void)fail;
	text->body = xstrdup(NO_WORDS);
	text->repaired = true;
	return true;
}

static bool take_plain(const json_t *json, struct inbound_text *text, struct fail *fail)
{
	return json_take_words(json, "body", text, fail);
}

/* Pictures that Sinch could not store have no link: their words still count. */
static bool take_pictures(const json_t *json, struct inbound_text *text, struct fail *fail)
{
	const json_t *body = json_object_get(json, "body");

	if (!json_take_words_if_any(body, "message", text, fail) ||
		!json_take_subject(body, "subject", text, fail))
		return false;
	json_take_media(json_object_get(body, "media"), "url", "content_type", text);
	return true;
}

static bool take_text(const struct account *account, const json_t *json,
	bool (*take)(const json_t *json, struct inbound_text *text, struct fail *fail),
	struct inbound_text *text, struct fail *fail)
{
	if (!json_take_id(json, "id", text->provider_id, sizeof(text->provider_id), fail) ||
		!json_take(json, "from", true, text->from, sizeof(text->from), fail) ||
		!json_take(json, "to", true, text->to, sizeof(text->to), fail) ||
		!take(json, text, fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* --- receipts -------------------------------------------------------------------------------- */

/* Sinch's own codes and those of American networks (providers/sinch.md, "Delivery status"). */
static const struct answer_code codes[] = {
	{402, ANSWER_BAD_NUMBER}, /* unroutable: never there */
	{300, ANSWER_BAD_NUMBER},
	{408, ANSWER_BLOCKED}, /* the network refuses and would again */
	{15, ANSWER_CONTENT},
	{62, ANSWER_CONTENT},
	{403, ANSWER_BUSY}, /* an error of theirs */
	{404, ANSWER_NETWORK},
	{406, ANSWER_NETWORK}, /* expired on the way */
	{64, ANSWER_RATE},
	{60, ANSWER_ACCOUNT},
	{310, ANSWER_ACCOUNT},
	{405, ANSWER_ACCOUNT},
	{407, ANSWER_ACCOUNT}, /* canceled, by somebody who has the account */
	{410, ANSWER_ACCOUNT},
	{411, ANSWER_ACCOUNT},
	{412, ANSWER_ACCOUNT},
	{413, ANSWER_ACCOUNT},
	{414, ANSWER_ACCOUNT},
	{415, ANSWER_ACCOUNT},
	{416, ANSWER_ACCOUNT},
	{417, ANSWER_ACCOUNT},
	{418, ANSWER_ACCOUNT},
};

static const struct status_word states[] = {
	{"Queued", "queued"},
	{"Dispatched", "sent"},
	{"Unknown", "sent"}, /* nobody told what became of it */
	{"Delivered", "delivered"},
	{"Rejected", "undelivered"},
	{"Deleted", "undelivered"},
	{"Failed", "undelivered"},
	{"Expired", "undelivered"},
	{"Aborted", "failed"},
	{"Cancelled", "failed"},
};

/* Most codes are the networks' own: then the state has to say it. */
static enum answer_kind why_of(const char *told, int code)
{
	enum answer_kind otherwise = strcmp(told, "Deleted") == 0   ? ANSWER_BLOCKED
				     : strcmp(told, "Expired") == 0 ? ANSWER_NETWORK
								    : ANSWER_UNKNOWN;

	return ANSWER_CODE(codes, code, otherwise);
}

/* `state` has status and code; `to` is the receiver, NULL when it is not said. */
static bool take_receipt(const struct account *account, const struct webhook *webhook,
	const char *batch, const json_t *state, const char *to, struct inbound *inbound,
	struct fail *fail)
{
	int code = json_take_number(state, "code");
	struct inbound_receipt *receipt;
	char told[STATUS_SIZE];

	if (!json_take_id(state, "status", told, sizeof(told), fail))
		return false;
	if (inbound->nreceipts == RECEIVERS_MOST)
		return fail_set(fail, "there are more receivers than a batch can have");
	receipt = inbound_add_receipt(inbound);
	text_set(receipt->provider_id, sizeof(receipt->provider_id), "%s", batch);
	if (!to || !text_set(receipt->to, sizeof(receipt->to), "%s", to))
		receipt->to[0] = '\0';
	number_plus(receipt->to, sizeof(receipt->to));
	/* "Queued" and "dispatched" are codes too, but no errors. */
	receipt_set(receipt, STATUS_WORD(states, told), code == 400 || code == 401 ? 0 : code,
		why_of(told, code));
	ours_take(webhook->query, receipt);
	event_id_set(receipt->event_id, account->kind, account, batch, told);
	return true;
}

/* One of `statuses`: a receipt for each receiver, or one when they are only counted. */
static bool take_group(const struct account *account, const struct webhook *webhook,
	const char *batch, const json_t *state, struct inbound *inbound, struct fail *fail)
{
	const json_t *receivers = json_object_get(state, "recipients"), *to;
	size_t i;

	if (json_array_size(receivers) == 0)
		return take_receipt(account, webhook, batch, state, NULL, inbound, fail);
	json_array_foreach(receivers, i, to)
	{
		if (!take_receipt(
			    account, webhook, batch, state, json_string_value(to), inbound, fail))
			return false;
	}
	return true;
}

/* The whole batch at once, or one receiver of it. */
static bool take_report(const struct account *account, const struct webhook *webhook,
	const json_t *json, struct inbound *inbound, struct fail *fail)
{
	const json_t *statuses = json_object_get(json, "statuses"), *state;
	char batch[80];
	size_t i;

	if (!json_take_id(json, "batch_id", batch, sizeof(batch), fail))
		return false;
	if (!json_is_array(statuses))
		return take_receipt(account, webhook, batch, json,
			json_get_text(json, "recipient", NULL), inbound, fail);
	json_array_foreach(statuses, i, state)
	{
		if (!take_group(account, webhook, batch, state, inbound, fail))
			return false;
	}
	return true;
}

static bool is_report(const char *type)
{
	return strcmp(type, "recipient_delivery_report_sms") == 0 ||
	       strcmp(type, "delivery_report_sms") == 0;
}

static bool read_object(const struct account *account, const struct webhook *webhook,
	const json_t *json, struct inbound *inbound, struct fail *fail)
{
	static const struct {
		const char *type;
		bool (*take)(const json_t *json, struct inbound_text *text, struct fail *fail);
	} kinds[] = {
		{"mo_text", take_plain}, {"mo_binary", take_binary}, {"mo_media", take_pictures}};
	const char *type = json_get_text(json, "type", "");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return take_text(
				account, json, kinds[i].take, inbound_add_text(inbound), fail);
	if (is_report(type))
		return take_report(account, webhook, json, inbound, fail);
	/* Callbacks of calls have an event instead. */
	if (!*type && !json_object_get(json, "event"))
		return fail_set(fail, "type is missing");
	inbound->ignored++;
	return true;
}

static bool read_webhook(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *json = webhook_json(webhook, fail);
	bool done = json && read_object(account, webhook, json, inbound, fail);

	json_decref(json);
	return done;
}

/* --- what goes out --------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_object();
	char expires[24];

	*request = request_bearer(account, "POST");
	request->url = xasprintf("%s/xms/v1/%s/batches", account->api_url, account->id);
	json_put_text(body, "type", "mt_text");
	json_put_text(body, "from", number_bare(text->from));
	json_object_set_new(body, "to", json_pack("[s]", number_bare(text->to)));
	json_put_text(body, "body", text->body);
	json_put_text(body, "delivery_report", "per_recipient");
	json_put_text(body, "callback_url", text->callback_url);
	json_put_text(body, "client_reference", text->job);
	if (text->validity_s > 0) {
		request_time(expires, text->now_s + text->validity_s);
		json_put_text(body, "expire_at", expires);
	}
	request_json(request, body);
}

/* Errors have a word as code; all of them ask for a person: other routes may try. */
static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	struct refusal refusal = {
		.own = json_object_get(object, "code") || json_object_get(object, "error"),
		.said = ANSWER_ACCOUNT};

	(void)account;
	*answer = answer_of_reply(reply, object, "id", refusal);
	json_decref(object);
}

const struct provider provider_sinch = {
	.kind = "sinch",
	.title = "Sinch",
	.needs = NEED_ID | NEED_API_SECRET | NEED_WEBHOOK | NEED_API_URL,
	.id_is = "the service plan id",
	.api_is = "the API token of the service plan",
	.webhook_is = "the secret that signs callbacks",
	.application_is = "the application's key, where callbacks are signed by an application",
	.types = "application/json",
	.same_path = true,
	.per_second = 1,
	.verify = sinch_verify,
	.read = read_webhook,
	.build = build,
	.answer = answer,
};
