/*
 * Twilio (and the simulator, which speaks it): the adapter, and what goes out.
 *
 * Signature: X-Twilio-Signature over URL and form (twilio_signature.c). It has neither clock nor
 * nonce: a replay is the same event id. Redaction is the Messages resource with an empty Body,
 * read back. Not documented: the upper bound of ValidityPeriod (14,400 s is taken).
 */
#include "providers/twilio.h"

#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define VALIDITY_MAX 14400
#define BASE         "/2010-04-01"

void twilio_put_text(const struct account *account, const struct outbound_text *text,
	const char *base, struct provider_request *request)
{
	int64_t seconds = text->validity_s;

	*request = request_basic(account, "POST");
	request->url =
		xasprintf("%s%s/Accounts/%s/Messages.json", account->api_url, base, account->id);
	request_put(request, "To", text->to);
	request_put(request, "From", text->from);
	request_put(request, "Body", text->body);
	request_put(request, "StatusCallback", text->callback_url);
	if (seconds > 0)
		request_put_number(
			request, "ValidityPeriod", seconds > VALIDITY_MAX ? VALIDITY_MAX : seconds);
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	twilio_put_text(account, text, BASE, request);
}

/* Error codes of the REST API and of receipts (providers/twilio.md, table of codes). */
static const struct answer_code codes[] = {
	{14107, ANSWER_RATE},
	{20429, ANSWER_RATE},
	{21611, ANSWER_RATE},
	{30001, ANSWER_RATE},
	{30017, ANSWER_RATE},
	{30022, ANSWER_RATE},
	{30023, ANSWER_BUSY}, /* daily cap of the brand */
	{30027, ANSWER_BUSY},
	{30003, ANSWER_NETWORK}, /* handset off, roaming */
	{30008, ANSWER_NETWORK}, /* unknown error on the way */
	{21610, ANSWER_OPTED_OUT},
	{21211, ANSWER_BAD_NUMBER},
	{21217, ANSWER_BAD_NUMBER},
	{21604, ANSWER_BAD_NUMBER},
	{21614, ANSWER_BAD_NUMBER},
	{21612, ANSWER_BAD_NUMBER}, /* not reachable by text */
	{30005, ANSWER_BAD_NUMBER}, /* unknown handset */
	{30006, ANSWER_BAD_NUMBER}, /* landline */
	{30004, ANSWER_BLOCKED},
	{21617, ANSWER_CONTENT},
	{30007, ANSWER_CONTENT},
};

enum answer_kind twilio_code(int code)
{
	/* Authentication, country, registration, sender ... : a person has to look. */
	return ANSWER_CODE(codes, code, ANSWER_ACCOUNT);
}

/* Twilio says itself that a POST that got 500 may have sent (errors/20500). */
void twilio_answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	int code = json_take_number(object, "code");
	bool own = code > 0 || json_object_get(object, "message");

	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (!reply_is_success(reply)) {
		answer->error = code;
		answer->kind = answer_of_refusal(
			reply->status, own, code > 0 ? twilio_code(code) : ANSWER_ACCOUNT);
	} else if (json_take(object, "sid", true, answer->provider_id, sizeof(answer->provider_id),
			   NULL)) {
		answer->kind = ANSWER_ACCEPTED;
	}
	json_decref(object);
}

/* --- errands --------------------------------------------------------------------------------- */

bool twilio_put_errand(const struct account *account, const struct errand *errand, int step,
	const char *base, struct provider_request *request)
{
	bool redacts = errand->kind == ERRAND_REDACT && step == 0;

	if (!is_id(errand->provider_id))
		return false;
	*request = request_basic(account, redacts ? "POST" : "GET");
	request->url = xasprintf("%s%s/Accounts/%s/Messages/%s.json", account->api_url, base,
		account->id, errand->provider_id);
	if (redacts) {
		request->type = "application/x-www-form-urlencoded";
		request->body = xstrdup("Body=");
	}
	return true;
}

static bool errand(const struct account *account, const struct errand *errand, int step,
	struct provider_request *request)
{
	return twilio_put_errand(account, errand, step, BASE, request);
}

/* 404: it never was, or is deleted with its words. 409 and 400: not final yet. */
static enum errand_state refused(const struct errand *errand, int status)
{
	if (status == 404)
		return errand->kind == ERRAND_REDACT ? ERRAND_DONE : ERRAND_NEVER;
	if (status == 401 || status == 403 || status == 405)
		return ERRAND_NEVER;
	return ERRAND_LATER;
}

static enum errand_state looked_up(
	const struct account *account, const json_t *object, struct inbound_receipt *receipt)
{
	char told[24];

	if (!json_take(object, "status", true, told, sizeof(told), NULL) || !is_id(told) ||
		!json_take(object, "sid", true, receipt->provider_id, sizeof(receipt->provider_id),
			NULL))
		return ERRAND_LATER;
	twilio_set_state(receipt, told, json_take_number(object, "error_code"));
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return ERRAND_DONE;
}

enum errand_state twilio_errand_answer(const struct account *account, const struct errand *errand,
	int step, const struct provider_reply *reply, struct inbound_receipt *receipt)
{
	json_t *object = reply_json(reply);
	const json_t *body = json_object_get(object, "body");
	enum errand_state state = ERRAND_LATER;

	if (!reply_is_success(reply))
		state = refused(errand, reply->status);
	else if (errand->kind == ERRAND_LOOK_UP)
		state = looked_up(account, object, receipt);
	else if (step == 0)
		state = ERRAND_NEXT;
	else if (json_is_null(body) || (json_is_string(body) && json_string_length(body) == 0))
		state = ERRAND_DONE;
	json_decref(object);
	return state;
}

const struct provider provider_twilio = {
	.kind = "twilio",
	.title = "Twilio",
	.api_url = "https://api.twilio.com",
	.needs = NEED_ID | NEED_API_SECRET | NEED_WEBHOOK,
	.id_is = "the Account SID, AC and 32 hex digits",
	.api_is = "the auth token, or the secret of the API key in user:",
	.webhook_is = "the auth token",
	.types = "application/x-www-form-urlencoded",
	.ok_type = TWILIO_OK_TYPE,
	.ok_body = TWILIO_OK_BODY,
	.one_secret = true,
	.per_second = 1,
	.verify = twilio_verify,
	.read = twilio_read,
	.build = build,
	.answer = twilio_answer,
	.errand = errand,
	.errand_answer = twilio_errand_answer,
};
