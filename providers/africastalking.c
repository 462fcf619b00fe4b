/*
 * Africa's Talking. Facts: docs.africastalking.com (sms: sending, delivery reports, notifications).
 *
 * Nothing is signed. What keeps strangers out is the path token in the addresses that are set in
 * the dashboard (incoming messages and opt-outs .../sms, delivery reports .../status), and networks
 * where the provider has told its addresses. The sandbox is api_url:
 * https://api.sandbox.africastalking.com.
 *
 * A text carries no address for its receipts: those have the number and messageId, and nothing of
 * ours. How long a text may wait cannot be said, nor that its words are not kept; there is no
 * looking up.
 *
 * An answer is 201 even when nothing was taken: what counts is the one recipient in it, and an id
 * that is not "None".
 *
 * Not documented, and so taken:
 *  - the opt-out notice (senderId, phoneNumber, no id): as a text without words whose STOP was
 *    answered. Each is an event of its own, by the second: a STOP twice does no harm, and one after
 *    a START must not be lost;
 *  - numbers of codes other than 100-102 and 406: by the name beside them; a name we do not know
 *    with a 4xx is the account, with anything else unknown;
 *  - whether a number that is inactive, suspended or out of credit comes back: it may;
 *  - a DeliveryFailure, and a rejection without reason: unknown.
 */
#include "providers/basic_auth.h"
#include "providers/digest.h"
#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

/* --- reasons ---------------------------------------------------------------------------------- */

struct reason {
	const char *name;
	enum answer_kind kind;
};

/* Of receipts (failureReason) and of answers (status of the recipient), which spell differently. */
static const struct reason reasons[] = {
	{"UserInBlackList", ANSWER_OPTED_OUT},
	{"DoNotDisturbRejection", ANSWER_BLOCKED},
	{"InvalidPhoneNumber", ANSWER_BAD_NUMBER},
	{"UnsupportedNumberType", ANSWER_BAD_NUMBER},
	{"UserDoesNotExist", ANSWER_BAD_NUMBER},
	{"AbsentSubscriber", ANSWER_NETWORK},
	{"UserIsInactive", ANSWER_NETWORK},
	{"UserAccountSuspended", ANSWER_NETWORK},
	{"InsufficientCredit", ANSWER_NETWORK}, /* of the person */
	{"Expired", ANSWER_NETWORK},
	{"InsufficientBalance", ANSWER_ACCOUNT}, /* ours */
	{"InvalidSenderId", ANSWER_ACCOUNT},
	{"InvalidLinkId", ANSWER_ACCOUNT},
	{"UserNotSubscribedToProduct", ANSWER_ACCOUNT},
	{"NotNetworkSubscriber", ANSWER_ACCOUNT}, /* sent to the wrong carrier: others may try */
	{"NotNetworkSubcriber", ANSWER_ACCOUNT},  /* as the documentation once had it */
	{"CouldNotRoute", ANSWER_ACCOUNT},
	{"RiskHold", ANSWER_ACCOUNT},
};

static enum answer_kind kind_of(const char *reason, enum answer_kind otherwise)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcasecmp(reasons[i].name, reason) == 0)
			return reasons[i].kind;
	return otherwise;
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool take_text(const struct account *account, const struct form *form,
	struct inbound_text *text, struct fail *fail)
{
	if (!form_take(form, "id", true, text->provider_id, sizeof(text->provider_id), fail) ||
		!form_take(form, "from", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, "to", true, text->to, sizeof(text->to), fail) ||
		!form_take_words(form, "text", text, fail))
		return false;
	if (!is_id(text->provider_id))
		return fail_set(fail, "id is malformed");
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

static bool is_opt_out(const struct form *form)
{
	return form_count(form, "senderId") && form_count(form, "phoneNumber") &&
	       !form_count(form, "id") && !form_count(form, "text");
}

static bool take_opt_out(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail)
{
	const struct form *form = webhook->form;
	char came[24];

	if (!form_take(form, "phoneNumber", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, "senderId", true, text->to, sizeof(text->to), fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	text->body = xstrdup("");
	opt_out_set(text, "STOP");
	text_set(came, sizeof(came), "%lld", (long long)webhook->now_s);
	hash_id(text->provider_id, (const char *[]){text->from, text->to, came}, 3);
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* --- receipts --------------------------------------------------------------------------------- */

static const struct status_word statuses[] = {{"Sent", "sent"}, {"Submitted", "sent"},
	{"Buffered", "sent"}, {"Success", "delivered"}, {"Rejected", "failed"},
	{"Failed", "undelivered"}, {"Expired", "undelivered"}, {"AbsentSubscriber", "undelivered"}};

static bool take_receipt(const struct account *account, const struct form *form,
	struct inbound_receipt *receipt, struct fail *fail)
{
	char told[32], reason[64];

	if (!form_take(
		    form, "id", true, receipt->provider_id, sizeof(receipt->provider_id), fail) ||
		!form_take(form, "phoneNumber", true, receipt->to, sizeof(receipt->to), fail) ||
		!form_take(form, "status", true, told, sizeof(told), fail))
		return false;
	if (!is_id(receipt->provider_id) || !is_id(told))
		return fail_set(fail, "id or status is malformed");
	number_plus(receipt->to, sizeof(receipt->to));
	form_take(form, "failureReason", false, reason, sizeof(reason), NULL);
	receipt_set(receipt, STATUS_WORD(statuses, told), 0,
		kind_of(*reason ? reason : told, ANSWER_UNKNOWN));
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool take_webhook(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	if (!webhook->form)
		return fail_set(fail, "the body is no form");
	if (webhook->about == ABOUT_RECEIPT)
		return take_receipt(account, webhook->form, inbound_add_receipt(inbound), fail);
	if (is_opt_out(webhook->form))
		return take_opt_out(account, webhook, inbound_add_text(inbound), fail);
	/* Somebody (un)subscribed to a premium product, which we have not. */
	if (form_count(webhook->form, "updateType") && !form_count(webhook->form, "text")) {
		inbound->ignored++;
		return true;
	}
	return take_text(account, webhook->form, inbound_add_text(inbound), fail);
}

/* --- what goes out ---------------------------------------------------------------------------- */

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	*request = (struct provider_request){
		.method = "POST", .url = xasprintf("%s/version1/messaging", account->api_url)};
	request_header(request, "apikey", "%s", account->api_secret);
	request_header(request, "Accept", "application/json");
	request_put(request, "username", account->id);
	request_put(request, "to", text->to);
	request_put(request, "from", text->from);
	request_put(request, "message", text->body);
	request_put(request, "bulkSMSMode", "1");
}

static enum answer_kind kind_of_recipient(
	const json_t *recipient, struct provider_answer *answer, int code)
{
	char status[64];

	json_take(recipient, "status", false, status, sizeof(status), NULL);
	if ((code >= 100 && code <= 102) || (code == 0 && strcmp(status, "Success") == 0)) {
		if (json_take(recipient, "messageId", true, answer->provider_id,
			    sizeof(answer->provider_id), NULL) &&
			strcasecmp(answer->provider_id, "None") != 0)
			return ANSWER_ACCEPTED;
		answer->provider_id[0] = '\0';
		return ANSWER_UNKNOWN;
	}
	answer->error = code;
	if (code == 406)
		return ANSWER_OPTED_OUT;
	return kind_of(status, code >= 400 && code <= 499 ? ANSWER_ACCOUNT : ANSWER_UNKNOWN);
}

/* No recipient at all: the reason stands in Message. */
static enum answer_kind kind_of_nobody(const json_t *data)
{
	char message[64];

	json_take(data, "Message", false, message, sizeof(message), NULL);
	return kind_of(message, ANSWER_UNKNOWN);
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	const json_t *data = json_object_get(object, "SMSMessageData");
	const json_t *recipients = json_object_get(data, "Recipients");
	const json_t *one = json_array_get(recipients, 0);

	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (!reply_is_success(reply))
		answer->kind = answer_of_status(reply->status, ANSWER_UNKNOWN);
	else if (json_array_size(recipients) == 1)
		answer->kind = kind_of_recipient(one, answer, json_take_number(one, "statusCode"));
	else if (json_is_array(recipients) && !one)
		answer->kind = kind_of_nobody(data);
	json_decref(object);
}

const struct provider provider_africastalking = {
	.kind = "africastalking",
	.title = "Africa's Talking",
	.api_url = "https://api.africastalking.com",
	.needs = NEED_ID | NEED_API_SECRET | NEED_PATH_TOKEN,
	.id_is = "the username of the application",
	.api_is = "the API key of the application",
	.webhook_is = "the password of Basic, where a proxy before us asks for it",
	.types = "application/x-www-form-urlencoded",
	.per_second = 10,
	.verify = basic_auth_verify,
	.read = take_webhook,
	.build = build,
	.answer = answer,
};
