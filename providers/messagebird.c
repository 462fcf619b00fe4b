/*
 * MessageBird (Bird), the classic REST API. The newer "channels" API is another provider.
 *
 * Webhooks carry a JSON Web Token in MessageBird-Signature-JWT (HS256, HS384 or HS512 with the
 * signing key) that lives for a minute: `nbf` and `exp` hold with 5 seconds of leeway, url_hash
 * covers the URL as it was called (port and query untouched), payload_hash the raw body; a body
 * without the claim is refused, and so is the claim without a body. The deprecated signature
 * (MessageBird-Signature and -Request-Timestamp) is not supported: it proves nothing here.
 *
 * Texts come posted or by GET, with other names of the same fields on short codes; receipts by GET.
 * Webhooks are answered with "OK". Codes of receipts below 100 are those of GSM MAP (3GPP TS
 * 29.002), as far as they are documented; 103 is a STOP.
 *
 * Not documented: a reason that is not in the table (unknown); whether an error that names the
 * recipients is about the number (taken as such); bounds of `validity`, which is in seconds; a
 * look-up and the removal of words (no errands).
 */
#include "providers/inbound_field.h"
#include "providers/jwt.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define LEEWAY_S 5

/* --- webhooks: are they MessageBird's? ------------------------------------------------------- */

static bool body_is_covered(const json_t *claims, const struct webhook *webhook)
{
	if (webhook->body_len == 0)
		return !json_object_get(claims, "payload_hash");
	return jwt_hash_fits(claims, "payload_hash", webhook->body, webhook->body_len);
}

static bool claims_hold(const json_t *claims, const struct webhook *webhook)
{
	return strcmp(jwt_text(claims, "iss"), "MessageBird") == 0 && *jwt_text(claims, "jti") &&
	       json_object_get(claims, "nbf") && json_object_get(claims, "exp") &&
	       jwt_is_current(claims, webhook->now_s, LEEWAY_S) &&
	       jwt_hash_fits(claims, "url_hash", webhook->url, strlen(webhook->url)) &&
	       body_is_covered(claims, webhook);
}

static bool verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *token = webhook->header(webhook->headers, "MessageBird-Signature-JWT");
	json_t *claims = jwt_verify(token, account, JWT_HS256 | JWT_HS384 | JWT_HS512);
	bool holds = claims && claims_hold(claims, webhook);

	*proof = (struct proof){.signed_s = 0};
	if (holds) {
		proof->signed_s = jwt_seconds(claims, "nbf");
		holds = text_set(proof->nonce, sizeof(proof->nonce), "%s", jwt_text(claims, "jti"));
	}
	json_decref(claims);
	return holds;
}

/* --- webhooks: what do they say? ------------------------------------------------------------- */

static void take_media(const struct form *form, struct inbound_text *text)
{
	for (size_t i = 0; i < form->n; i++)
		if (strcmp(form->fields[i].name, "mediaUrls") == 0)
			media_add(text, form->fields[i].value, form->fields[i].value_len, NULL, 0);
}

static bool take_text(const struct account *account, const struct form *form,
	struct inbound_text *text, struct fail *fail)
{
	bool is_short = form_count(form, "shortcode") > 0;
	const char *words = is_short ? "message" : "body";

	if (!form_take_id(form, is_short ? "mid" : "id", text->provider_id,
		    sizeof(text->provider_id), fail) ||
		!form_take(form, "originator", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, is_short ? "shortcode" : "recipient", true, text->to,
			sizeof(text->to), fail))
		return false;
	take_media(form, text);
	if (text->media && form_count(form, words) == 0)
		text->body = xstrdup(""); /* a picture and nothing else */
	else if (!form_take_words(form, words, text, fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* Of statusErrorCode; 0 is none. */
static const struct answer_code receipt_codes[] = {
	{1, ANSWER_BAD_NUMBER}, /* 1-5: no such subscriber */
	{2, ANSWER_BAD_NUMBER},
	{3, ANSWER_BAD_NUMBER},
	{4, ANSWER_BAD_NUMBER},
	{5, ANSWER_BAD_NUMBER},
	{6, ANSWER_NETWORK}, /* absent */
	{27, ANSWER_NETWORK},
	{31, ANSWER_NETWORK}, /* busy */
	{33, ANSWER_NETWORK}, /* too many texts waiting */
	{34, ANSWER_NETWORK}, /* failure of a system */
	{13, ANSWER_BLOCKED}, /* barred */
	{103, ANSWER_OPTED_OUT},
};

static const struct status_word states[] = {
	{"scheduled", "queued"},
	{"sent", "sent"},
	{"buffered", "sent"},
	{"delivered", "delivered"},
	{"expired", "undelivered"},
	{"delivery_failed", "undelivered"},
};

static bool take_receipt(const struct account *account, const struct webhook *webhook,
	const struct form *form, struct inbound_receipt *receipt, struct fail *fail)
{
	int error = form_take_number(form, "statusErrorCode");
	char told[24];

	if (!form_take_id(form, "id", receipt->provider_id, sizeof(receipt->provider_id), fail) ||
		!form_take_id(form, "status", told, sizeof(told), fail))
		return false;
	form_take(form, "recipient", false, receipt->to, sizeof(receipt->to), NULL);
	number_plus(receipt->to, sizeof(receipt->to));
	/* Nobody took an expired one in all that time: the handset was off. */
	receipt_set(receipt, STATUS_WORD(states, told), error,
		ANSWER_CODE(receipt_codes, error,
			strcmp(told, "expired") == 0 ? ANSWER_NETWORK : ANSWER_UNKNOWN));
	ours_take(webhook->query, receipt);
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	const struct form *form = webhook_form(webhook);

	if (!form)
		return fail_set(fail, "there are no parameters");
	if (webhook->about == ABOUT_RECEIPT)
		return take_receipt(account, webhook, form, inbound_add_receipt(inbound), fail);
	return take_text(account, form, inbound_add_text(inbound), fail);
}

/* --- what goes out --------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_object(), *recipients = json_array();

	*request = (struct provider_request){.method = "POST"};
	request->url = xasprintf("%s/messages", account->api_url);
	request_header(request, "Authorization", "AccessKey %s", account->api_secret);
	json_array_append_new(recipients, json_string(number_bare(text->to)));
	json_put_text(body, "type", "sms");
	json_put_text(body, "originator", number_bare(text->from));
	json_object_set_new(body, "recipients", recipients);
	json_put_text(body, "body", text->body);
	json_put_text(body, "datacoding", "auto");
	json_put_text(body, "reference", text->job);
	json_put_text(body, "reportUrl", text->callback_url);
	json_put_int(body, "validity", text->validity_s > 0 ? text->validity_s : 0);
	request_json(request, body);
}

/* 2 not allowed, 9 and 10 a parameter missing or wrong, 25 no balance ...: somebody has to look,
 * unless the parameter is the number or the words. */
static enum answer_kind kind_of_error(const json_t *error)
{
	const char *parameter = json_get_text(error, "parameter", "");

	if (strcmp(parameter, "recipients") == 0 || strcmp(parameter, "recipient") == 0)
		return ANSWER_BAD_NUMBER;
	return strcmp(parameter, "body") == 0 ? ANSWER_CONTENT : ANSWER_ACCOUNT;
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	const json_t *error = json_array_get(json_object_get(object, "errors"), 0);
	struct refusal refusal = {.own = error != NULL,
		.said = kind_of_error(error),
		.code = json_take_number(error, "code")};

	(void)account;
	*answer = answer_of_reply(reply, object, "id", refusal);
	json_decref(object);
}

const struct provider provider_messagebird = {
	.kind = "messagebird",
	.title = "MessageBird",
	.api_url = "https://rest.messagebird.com",
	.needs = NEED_API_SECRET | NEED_WEBHOOK,
	.api_is = "the access key",
	.webhook_is = "the signing key",
	.takes_get = true,
	.types = "application/x-www-form-urlencoded",
	.ok_type = "text/plain",
	.ok_body = "OK",
	.per_second = 1,
	.verify = verify,
	.read = read,
	.build = build,
	.answer = answer,
};
