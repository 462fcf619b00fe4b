/*
 * Infobip: the adapter, and what goes out. What comes in: infobip_inbound.c; codes:
 * infobip_codes.c. Facts: infobip.com/docs and its OpenAPI models for SMS API v3.
 *
 * Every account has its own address: api_url, "https://<base>.api.infobip.com".
 *
 * Webhooks are signed only where a subscription profile says so, and the string that is signed is
 * not documented. So: the path token, and Basic when the profile has it (webhook_user). Not
 * documented: whether reports to the URL of a text carry the profile's Basic. They are asked for
 * it; where they have none, the account must do without.
 *
 * A text has an id of ours, "<job>.<attempt>", and the same as callbackData: a report finds the
 * text by either, also when it comes to the subscription's address with a hundred others. An id
 * that Infobip has already had is refused (status 23) and tells that an earlier request arrived:
 * unknown, its report will say.
 *
 * `receivedAt` and its like are not read: an event has the time at which it reached us. Not
 * documented: a look-up that does not take reports away from others, or that words are not kept.
 */
#include "providers/infobip.h"
#include "providers/basic_auth.h"
#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define MINUTES_MOST 2880 /* 48 hours */

/* --- what goes out ---------------------------------------------------------------------------- */

static json_t *options(int64_t validity_s)
{
	int64_t minutes = validity_s < 60 ? 1 : validity_s / 60;

	return json_pack("{s:{s:I,s:s}}", "validityPeriod", "amount",
		(json_int_t)(minutes > MINUTES_MOST ? MINUTES_MOST : minutes), "timeUnit",
		"MINUTES");
}

static json_t *webhooks(const char *url, const char *tag)
{
	return json_pack("{s:{s:s,s:b},s:s,s:s}", "delivery", "url", url, "intermediateReport", 0,
		"contentType", "application/json", "callbackData", tag);
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *message = json_object(), *content = json_object();
	char tag[80];

	tag_set(tag, sizeof(tag), text);
	json_put_text(content, "text", text->body);
	json_put_text(message, "sender", number_bare(text->from));
	json_object_set_new(message, "destinations",
		json_pack("[{s:s,s:s}]", "to", number_bare(text->to), "messageId", tag));
	json_object_set_new(message, "content", content);
	if (text->validity_s > 0)
		json_object_set_new(message, "options", options(text->validity_s));
	json_object_set_new(message, "webhooks", webhooks(text->callback_url, tag));
	*request = (struct provider_request){
		.method = "POST", .url = xasprintf("%s/sms/3/messages", account->api_url)};
	request_header(request, "Authorization", "App %s", account->api_secret);
	request_header(request, "Accept", "application/json");
	request_json(request, json_pack("{s:[o]}", "messages", message));
}

/* --- what comes back -------------------------------------------------------------------------- */

/* A 2xx may hold a refusal. What expired or was delivered at once was taken, whatever became of it.
 */
static enum answer_kind kind_of_message(const json_t *message, struct provider_answer *answer)
{
	const json_t *status = json_object_get(message, "status");
	enum infobip_group group = infobip_group(status);

	if (group == INFOBIP_REJECTED || group == INFOBIP_UNDELIVERABLE)
		return infobip_why(status, json_object_get(message, "error"), &answer->error);
	if (json_take(message, "messageId", true, answer->provider_id, sizeof(answer->provider_id),
		    NULL))
		return ANSWER_ACCEPTED;
	return ANSWER_UNKNOWN;
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	const json_t *messages = json_object_get(object, "messages");
	bool own = json_object_get(object, "errorCode") || json_object_get(object, "requestError");

	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (!reply_is_success(reply))
		answer->kind = answer_of_refusal(reply->status, own, ANSWER_ACCOUNT);
	else if (json_array_size(messages) == 1)
		answer->kind = kind_of_message(json_array_get(messages, 0), answer);
	json_decref(object);
}

const struct provider provider_infobip = {
	.kind = "infobip",
	.title = "Infobip",
	.needs = NEED_API_SECRET | NEED_API_URL | NEED_PATH_TOKEN,
	.api_is = "the API key",
	.webhook_is = "the password of Basic in the subscription's profile",
	.types = "application/json",
	.basic = true, /* with a webhook_user */
	.per_second = 10,
	.verify = basic_auth_verify,
	.read = infobip_read,
	.build = build,
	.answer = answer,
};
