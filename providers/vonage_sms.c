/*
 * Vonage, the classic SMS API: forms, and webhooks by GET, posted form or posted JSON, as the
 * account was set up. The newer adapter of Vonage's is vonage.c.
 *
 * Webhooks prove themselves by `sig` (vonage_sms_signature.c); the account must have signing on, an
 * unsigned one is refused. Long texts come in parts that Vonage does not join: concat-ref,
 * concat-part (from 1), concat-total; some carriers give none of them, then each part is a text.
 *
 * Requests are signed too when there is a signature secret: the API secret stays at home. The
 * answer is HTTP 200 for errors as well; each part of a text has its own `status` in it, and a text
 * is accepted when all of them are "0". A number that opted out is told by the receipt only
 * (err-code 9). Meanings of codes: developer.vonage.com/api-errors/sms and Vonage's support article
 * 204014733.
 *
 * Not documented: what a text is when one part was taken and another refused (unknown: sent again,
 * the person would get the one part twice); whether receipt status "unknown" is the last word
 * (taken as sent); a status that is not in the list (refused when it has an error-text and no id,
 * else unknown).
 */
#include "providers/vonage_sms.h"

#include "providers/inbound_field.h"
#include "providers/request.h"
#include "providers/vonage.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/sms_text.h>

#define PARTS_MOST 255 /* 3GPP TS 23.040: one octet */

/* --- webhooks -------------------------------------------------------------------------------- */

/* What texts and receipts have: the account, when it is told, and the message. */
static bool take_message(const struct account *account, const struct form *form, char *id,
	size_t size, struct fail *fail)
{
	char key[96];

	if (!form_take(form, "api-key", false, key, sizeof(key), fail) ||
		!form_take_id(form, "messageId", id, size, fail))
		return false;
	if (*key && *account->id && strcmp(key, account->id) != 0)
		return fail_set(fail, "api-key is of another account");
	return true;
}

/* A part that makes no sense is a text of its own: its words count. */
static void take_part(const struct form *form, struct text_part *part)
{
	int number = form_take_number(form, "concat-part");
	int of = form_take_number(form, "concat-total");

	if (number < 1 || of < 2 || number > of || of > PARTS_MOST ||
		!form_take(form, "concat-ref", true, part->ref, sizeof(part->ref), NULL)) {
		part->ref[0] = '\0';
		return;
	}
	part->number = number;
	part->of = of;
}

static bool take_text(const struct account *account, const struct form *form,
	struct inbound_text *text, struct fail *fail)
{
	if (!take_message(account, form, text->provider_id, sizeof(text->provider_id), fail) ||
		!form_take(form, "msisdn", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, "to", true, text->to, sizeof(text->to), fail) ||
		!form_take_words(form, "text", text, fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	take_part(form, &text->part);
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* Bytes for a handset's programs, without words. */
static bool is_binary(const struct form *form)
{
	const struct form_field *type = form_get(form, "type");

	return type && strcmp(type->value, "binary") == 0 && form_count(form, "text") == 0;
}

/* Of `err-code`; 0 is none. */
static const struct answer_code receipt_codes[] = {
	{2, ANSWER_NETWORK},
	{5, ANSWER_NETWORK}, /* number being ported */
	{7, ANSWER_NETWORK},
	{8, ANSWER_NETWORK},
	{15, ANSWER_NETWORK}, /* prepaid, no credit left to receive */
	{3, ANSWER_BAD_NUMBER},
	{12, ANSWER_BAD_NUMBER},
	{9, ANSWER_OPTED_OUT},
	{4, ANSWER_BLOCKED},
	{13, ANSWER_BLOCKED}, /* age */
	{14, ANSWER_BLOCKED}, /* the plan has no texts */
	{6, ANSWER_CONTENT},
	{10, ANSWER_CONTENT},
	{52, ANSWER_CONTENT},
	{11, ANSWER_ACCOUNT}, /* no route */
	{16, ANSWER_ACCOUNT},
	{50, ANSWER_ACCOUNT}, /* registration of sender, template, consent */
	{51, ANSWER_ACCOUNT},
	{53, ANSWER_ACCOUNT},
	{54, ANSWER_ACCOUNT},
};

static const struct status_word states[] = {
	{"accepted", "sent"},
	{"buffered", "sent"},
	{"delivered", "delivered"},
	{"expired", "undelivered"},
	{"failed", "undelivered"},
	{"rejected", "failed"},
	{"unknown", "sent"},
};

static bool take_receipt(const struct account *account, const struct form *form,
	const struct form *query, struct inbound_receipt *receipt, struct fail *fail)
{
	int error = form_take_number(form, "err-code");
	char told[24], ref[128];

	if (!take_message(
		    account, form, receipt->provider_id, sizeof(receipt->provider_id), fail) ||
		!form_take_id(form, "status", told, sizeof(told), fail) ||
		!form_take(form, "client-ref", false, ref, sizeof(ref), fail))
		return false;
	form_take(form, "msisdn", false, receipt->to, sizeof(receipt->to), NULL);
	number_plus(receipt->to, sizeof(receipt->to));
	/* Nobody took an expired one in all that time: the handset was off. */
	receipt_set(receipt, STATUS_WORD(states, told), error,
		ANSWER_CODE(receipt_codes, error,
			strcmp(told, "expired") == 0 ? ANSWER_NETWORK : ANSWER_UNKNOWN));
	vonage_take_ours(query, ref, receipt);
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	struct sms_params params;
	bool done = true;

	if (!sms_params_open(&params, webhook, fail))
		return false;
	if (webhook->about == ABOUT_RECEIPT)
		done = take_receipt(
			account, params.form, webhook->query, inbound_add_receipt(inbound), fail);
	else if (is_binary(params.form))
		inbound->ignored++;
	else
		done = take_text(account, params.form, inbound_add_text(inbound), fail);
	sms_params_close(&params);
	return done;
}

/* --- what goes out --------------------------------------------------------------------------- */

/* Signs what the body has by now, so that nothing is signed in another shape than it is sent. */
static void put_signature(const struct account *account, struct provider_request *request)
{
	char hex[2 * DIGEST_MAX + 1];
	struct form form;

	if (form_parse(&form, request->body, strlen(request->body)) != FORM_OK)
		fail_abort("a form of ours could not be read");
	if (vonage_sms_sign(account->scheme, account->secrets[0], &form, hex))
		request_put(request, "sig", hex);
	form_free(&form);
}

static void put_proof(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	if (account->nsecrets > 0 && *account->secrets[0]) {
		request_put_number(request, "timestamp", text->now_s);
		put_signature(account, request);
	} else {
		request_put(request, "api_secret", account->api_secret);
	}
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	int64_t ttl = vonage_ttl(text->validity_s);
	char ref[VONAGE_REF_SIZE];
	struct sms_size size;

	*request = (struct provider_request){.method = "POST"};
	request->url = xasprintf("%s/sms/json", account->api_url);
	vonage_ref(ref, text);
	request_put(request, "api_key", account->id);
	request_put(request, "from", number_bare(text->from));
	request_put(request, "to", number_bare(text->to));
	request_put(request, "text", text->body);
	if (!sms_measure(text->body, &size) || size.ucs2)
		request_put(request, "type", "unicode");
	request_put(request, "status-report-req", "true");
	request_put(request, "callback", text->callback_url);
	request_put(request, "client-ref", ref);
	if (ttl > 0)
		request_put_number(request, "ttl", ttl * 1000);
	put_proof(account, text, request);
}

/* Of `status` in an answer, but "0". */
static const struct answer_code answer_codes[] = {
	{1, ANSWER_RATE},
	{5, ANSWER_BUSY},
	{10, ANSWER_BUSY}, /* too many connections */
	{7, ANSWER_BLOCKED},
	{33, ANSWER_BAD_NUMBER},
	{12, ANSWER_CONTENT}, /* too long */
	{2, ANSWER_ACCOUNT},
	{3, ANSWER_ACCOUNT},
	{4, ANSWER_ACCOUNT},
	{6, ANSWER_ACCOUNT}, /* no such prefix ...: another route may know it */
	{8, ANSWER_ACCOUNT},
	{9, ANSWER_ACCOUNT},
	{11, ANSWER_ACCOUNT},
	{14, ANSWER_ACCOUNT},
	{15, ANSWER_ACCOUNT},
	{22, ANSWER_ACCOUNT},
	{23, ANSWER_ACCOUNT},
	{29, ANSWER_ACCOUNT},
	{32, ANSWER_ACCOUNT},
};

/* One part of the text: "0" and an id, or a refusal. */
static struct provider_answer part_answer(const json_t *part)
{
	struct provider_answer answer = {.kind = ANSWER_UNKNOWN};
	bool has_id = json_take_id(
		part, "message-id", answer.provider_id, sizeof(answer.provider_id), NULL);
	char status[12];

	if (!has_id)
		answer.provider_id[0] = '\0';
	if (json_take(part, "status", true, status, sizeof(status), NULL) &&
		strcmp(status, "0") == 0) {
		answer.kind = has_id ? ANSWER_ACCEPTED : ANSWER_UNKNOWN;
		return answer;
	}
	answer.error = json_take_number(part, "status");
	if (answer.error > 0)
		answer.kind = ANSWER_CODE(answer_codes, answer.error,
			has_id || !json_object_get(part, "error-text") ? ANSWER_UNKNOWN
								       : ANSWER_ACCOUNT);
	return answer;
}

/* All parts, or the first that was not taken; the id is that of the first. A text of which some
 * parts left is neither accepted nor refused. */
static struct provider_answer parts_answer(const json_t *parts)
{
	struct provider_answer first = {.kind = ANSWER_UNKNOWN};
	const json_t *part;
	size_t i;

	json_array_foreach(parts, i, part)
	{
		struct provider_answer answer = part_answer(part);

		if (answer.kind != ANSWER_ACCEPTED && i > 0)
			answer.kind = ANSWER_UNKNOWN;
		if (answer.kind != ANSWER_ACCEPTED)
			return answer;
		if (i == 0)
			first = answer;
	}
	return first;
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);

	(void)account;
	if (reply_is_success(reply))
		*answer = parts_answer(json_object_get(object, "messages"));
	else
		*answer = (struct provider_answer){
			.kind = answer_of_status(reply->status, ANSWER_UNKNOWN)};
	json_decref(object);
}

const struct provider provider_vonage_sms = {
	.kind = "vonage-sms",
	.title = "Vonage (SMS API)",
	.api_url = "https://rest.nexmo.com",
	.needs = NEED_ID | NEED_WEBHOOK,
	.id_is = "the API key",
	.api_is = "the API secret; without use when there is a signature secret",
	.webhook_is = "the signature secret",
	.schemes = vonage_sms_schemes,
	.takes_get = true,
	.types = "application/x-www-form-urlencoded application/json",
	.per_second = 1,
	.verify = vonage_sms_verify,
	.read = read,
	.build = build,
	.answer = answer,
};
