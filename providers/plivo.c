/*
 * Plivo: forms in, JSON out, numbers without their plus.
 *
 * `scheme` of the account (plivo_signature.c): "any", the usual one, takes texts and receipts that
 * are signed by V2 alone. That proves where they come from and not what they say, but it is what
 * Plivo documents for texts; a number whose webhooks do come with V3 is better off with "v3".
 *
 * A webhook does not name the account: the token that signed it does. A receipt of a long text's
 * part has an id of its own and the text's as ParentMessageUUID. What fails a part fails the text;
 * delivered is the text with its first part, whose ids are equal, and no sooner.
 *
 * Not documented:
 *  - names of media fields (Media0 ... taken), whether long texts come joined (taken as they come)
 *  - the limits and the unit of message_expiry: it is not sent, a text waits as long as Plivo's own
 *    queue holds it. Our sender lets none leave late.
 *  - codes from 60 up (taken as commonly known; what is not in the table is "unknown")
 *  - why a request got a 400: with Plivo's own {error} it was not accepted, and that is a matter of
 *    the account. No code tells a bad number from a bad sender there; receipts do.
 *  - keys against repeats, looking a text up, redaction: no errands. log=false asks not to keep the
 *    words at all.
 */
#include "providers/plivo.h"

#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>

#define STATUS_SIZE 24
#define ID_SIZE     80

/* --- what comes in --------------------------------------------------------------------------- */

static bool take_id(const struct form *form, const char *name, bool needed, char *id, size_t size,
	struct fail *fail)
{
	if (!form_take(form, name, needed, id, size, fail))
		return false;
	return is_id(id) ? true : fail_set(fail, "%s is malformed", name);
}

static void take_media(const struct form *form, struct inbound_text *text)
{
	char name[16];

	for (int i = 0; i < MEDIA_MOST; i++) {
		const struct form_field *link;

		text_set(name, sizeof(name), "Media%d", i);
		link = form_get(form, name);
		if (link)
			media_add(text, link->value, link->value_len, NULL, 0);
	}
}

/* A picture may come without words. */
static bool take_body(const struct form *form, struct inbound_text *text, struct fail *fail)
{
	if (text->media && form_count(form, "Text") == 0) {
		text->body = xstrdup("");
		return true;
	}
	return form_take_words(form, "Text", text, fail);
}

static bool take_text(const struct account *account, const struct form *form,
	struct inbound_text *text, struct fail *fail)
{
	take_media(form, text);
	if (!take_id(form, "MessageUUID", true, text->provider_id, sizeof(text->provider_id),
		    fail) ||
		!form_take(form, "From", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, "To", true, text->to, sizeof(text->to), fail) ||
		!take_body(form, text, fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* As receipts have them. */
static const struct answer_code codes[] = {
	{10, ANSWER_CONTENT},    /* invalid message */
	{20, ANSWER_NETWORK},    /* network error, for a while */
	{30, ANSWER_CONTENT},    /* spam detected */
	{40, ANSWER_ACCOUNT},    /* invalid source number */
	{50, ANSWER_BAD_NUMBER}, /* invalid destination number */
	{70, ANSWER_BAD_NUMBER}, /* destination unavailable for good */
	{80, ANSWER_NETWORK},    /* destination unavailable for a while */
	{90, ANSWER_ACCOUNT},    /* no route: another account may have one */
	{100, ANSWER_BLOCKED},   /* prohibited by the carrier */
	{110, ANSWER_CONTENT},   /* too long */
	{200, ANSWER_OPTED_OUT}, /* blocked by the recipient's STOP */
	{201, ANSWER_ACCOUNT},   /* toll-free number restricted */
	{300, ANSWER_NETWORK},   /* could not be dispatched */
	{420, ANSWER_NETWORK},   /* expired on the way */
	{450, ANSWER_ACCOUNT},   /* country not enabled */
	{900, ANSWER_ACCOUNT},   /* no credit */
	{910, ANSWER_ACCOUNT},   /* disabled */
};

static const struct status_word states[] = {{"sent", "sent"}, {"delivered", "delivered"},
	{"undelivered", "undelivered"}, {"failed", "failed"}, {"rejected", "failed"},
	{"read", "read"}};

/* Plivo may add states: what is not known here changes nothing but is kept. */
static const char *status_of(const char *told, bool of_later_part)
{
	if (of_later_part && (strcmp(told, "delivered") == 0 || strcmp(told, "read") == 0))
		return "sent";
	return STATUS_WORD(states, told);
}

static bool take_receipt(const struct account *account, const struct form *form,
	struct inbound_receipt *receipt, struct fail *fail)
{
	int error = form_take_number(form, "ErrorCode");
	char own[ID_SIZE], told[STATUS_SIZE];

	if (!take_id(form, "MessageUUID", true, own, sizeof(own), fail) ||
		!take_id(form, "ParentMessageUUID", false, receipt->provider_id,
			sizeof(receipt->provider_id), fail) ||
		!take_id(form, "Status", true, told, sizeof(told), fail))
		return false;
	if (receipt->provider_id[0] == '\0')
		text_set(receipt->provider_id, sizeof(receipt->provider_id), "%s", own);
	form_take(form, "To", false, receipt->to, sizeof(receipt->to), NULL);
	number_plus(receipt->to, sizeof(receipt->to));
	receipt_set(receipt, status_of(told, strcmp(own, receipt->provider_id) != 0), error,
		ANSWER_CODE(codes, error, ANSWER_UNKNOWN));
	event_id_set(receipt->event_id, account->kind, account, own, told);
	return true;
}

static bool read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	const struct form *form = webhook_form(webhook);
	struct inbound_receipt *receipt;

	if (!form)
		return fail_set(fail, "there is no form");
	if (webhook->about == ABOUT_TEXT)
		return take_text(account, form, inbound_add_text(inbound), fail);
	receipt = inbound_add_receipt(inbound);
	ours_take(webhook->query, receipt);
	return take_receipt(account, form, receipt, fail);
}

/* --- what goes out --------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "src", number_bare(text->from), "dst",
		number_bare(text->to), "text", text->body, "type", "sms");

	if (text->callback_url) {
		json_object_set_new(body, "url", json_string(text->callback_url));
		json_object_set_new(body, "method", json_string("POST"));
	}
	if (text->keep_no_words)
		json_object_set_new(body, "log", json_false());
	*request = request_basic(account, "POST");
	request->url = xasprintf("%s/v1/Account/%s/Message/", account->api_url, account->id);
	request_json(request, body);
}

/* {message_uuid: [one for each number]}, and there was one number. */
static bool take_uuid(const json_t *object, struct provider_answer *answer)
{
	const json_t *all = json_object_get(object, "message_uuid");
	const char *uuid = json_string_value(json_array_get(all, 0));

	return uuid && *uuid && is_id(uuid) && strlen(uuid) < sizeof(answer->provider_id) &&
	       text_set(answer->provider_id, sizeof(answer->provider_id), "%s", uuid);
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);

	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (!reply_is_success(reply))
		answer->kind = answer_of_refusal(
			reply->status, json_object_get(object, "error") != NULL, ANSWER_ACCOUNT);
	else if (take_uuid(object, answer))
		answer->kind = ANSWER_ACCEPTED;
	json_decref(object);
}

static const char *const schemes[] = {"any", "v3", NULL};

const struct provider provider_plivo = {
	.kind = "plivo",
	.title = "Plivo",
	.api_url = "https://api.plivo.com",
	.needs = NEED_ID | NEED_API_SECRET | NEED_WEBHOOK,
	.id_is = "the Auth ID",
	.api_is = "the Auth Token",
	.webhook_is = "the Auth Token",
	.schemes = schemes,
	.takes_get = true,
	.types = "application/x-www-form-urlencoded",
	.one_secret = true,
	.per_second = 1,
	.verify = plivo_verify,
	.read = read,
	.build = build,
	.answer = answer,
};
