/*
 * Infobip's webhooks in our words: lists of texts, lists of reports. One entry that cannot be read
 * must not cost the others: it is counted as ignored, and refused only when no entry can be read.
 * (Infobip repeats what was refused, the same list again.)
 */
#include "providers/inbound_field.h"
#include "providers/infobip.h"

#include <string.h>
#include <warmline/fail.h>

/* --- texts ------------------------------------------------------------------------------------ */

/* An MMS: its words stand in parts of type text, from the last up to the first. */
static bool take_parts(const json_t *parts, struct inbound_text *text, struct fail *fail)
{
	char type[64];

	for (size_t i = json_array_size(parts); i-- > 0;) {
		const json_t *part = json_array_get(parts, i);

		json_take(part, "contentType", false, type, sizeof(type), NULL);
		if (strncmp(type, "text/", 5) == 0 && !json_take_subject(part, "value", text, fail))
			return false;
	}
	json_take_media(parts, "url", "contentType", text);
	return true;
}

static bool take_all_words(const json_t *result, struct inbound_text *text, struct fail *fail)
{
	const json_t *parts = json_object_get(result, "message");

	if (!json_is_array(parts))
		return json_take_words(result, "text", text, fail);
	return json_take_words_if_any(result, "text", text, fail) && take_parts(parts, text, fail);
}

/* `keyword` and `cleanText` are the same words once more. */
static bool take_text(const struct account *account, const json_t *result,
	struct inbound_text *text, struct fail *fail)
{
	if (!json_take(result, "messageId", true, text->provider_id, sizeof(text->provider_id),
		    fail) ||
		!json_take(result, "from", true, text->from, sizeof(text->from), fail) ||
		!json_take(result, "to", true, text->to, sizeof(text->to), fail) ||
		!take_all_words(result, text, fail))
		return false;
	if (!is_id(text->provider_id))
		return fail_set(fail, "messageId is malformed");
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

static bool add_text(const struct account *account, const json_t *result, struct inbound *inbound,
	struct fail *fail)
{
	struct inbound_text text = {.body = NULL};

	if (take_text(account, result, &text, fail)) {
		*inbound_add_text(inbound) = text;
		return true;
	}
	free(text.body);
	json_decref(text.media);
	return false;
}

/* --- reports ---------------------------------------------------------------------------------- */

/* Delivered is only what reached the handset: the same group has what the operator took. */
static const char *status_of(const json_t *status)
{
	int id = json_take_number(status, "id");

	switch (infobip_group(status)) {
	case INFOBIP_DELIVERED: return id == INFOBIP_TO_HANDSET ? "delivered" : "sent";
	/* Nobody reported: it may have arrived. */
	case INFOBIP_EXPIRED: return id == INFOBIP_NO_REPORT ? "sent" : "undelivered";
	case INFOBIP_UNDELIVERABLE: return "undelivered";
	case INFOBIP_REJECTED: return id == INFOBIP_DUPLICATE ? "queued" : "failed";
	default: return "queued";
	}
}

/* Its id, or its group when it has none. */
static bool take_told(const json_t *status, char *told, size_t size, struct fail *fail)
{
	if (!json_is_object(status))
		return fail_set(fail, "status is missing");
	if (json_take_number(status, "id"))
		return text_set(told, size, "%d", json_take_number(status, "id"));
	if (!json_take(status, "groupName", true, told, size, fail))
		return false;
	return is_id(told) ? true : fail_set(fail, "groupName is malformed");
}

/* Reports of many texts may come together: the URL's ids are of one. */
static void take_ours(const json_t *result, const char *id, const struct form *query,
	struct inbound_receipt *receipt)
{
	char tag[80];

	json_take(result, "callbackData", false, tag, sizeof(tag), NULL);
	if (!ours_of_tag(tag, receipt) && !ours_of_tag(id, receipt))
		ours_take(query, receipt);
}

static bool take_report(const struct account *account, const json_t *result,
	const struct form *query, struct inbound_receipt *receipt, struct fail *fail)
{
	const json_t *status = json_object_get(result, "status");
	char told[24];
	enum answer_kind why;
	int code;

	if (!json_take(result, "messageId", true, receipt->provider_id,
		    sizeof(receipt->provider_id), fail) ||
		!take_told(status, told, sizeof(told), fail))
		return false;
	if (!is_id(receipt->provider_id))
		return fail_set(fail, "messageId is malformed");
	json_take(result, "to", false, receipt->to, sizeof(receipt->to), NULL);
	number_plus(receipt->to, sizeof(receipt->to));
	take_ours(result, receipt->provider_id, query, receipt);
	why = infobip_why(status, json_object_get(result, "error"), &code);
	receipt_set(receipt, status_of(status), 0, why);
	if (receipt->why != ANSWER_ACCEPTED)
		receipt->error = code;
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool add_report(const struct account *account, const json_t *result,
	const struct form *query, struct inbound *inbound, struct fail *fail)
{
	struct inbound_receipt receipt = {.attempt = 0};

	if (!take_report(account, result, query, &receipt, fail))
		return false;
	*inbound_add_receipt(inbound) = receipt;
	return true;
}

/* --- both ------------------------------------------------------------------------------------- */

static bool take_results(const struct account *account, const struct webhook *webhook,
	const json_t *results, struct inbound *inbound, struct fail *fail)
{
	const struct form *query = json_array_size(results) == 1 ? webhook->query : NULL;
	const json_t *result;
	size_t i, bad = 0;

	json_array_foreach(results, i, result)
	{
		struct fail *first = bad ? NULL : fail;

		if (webhook->about == ABOUT_TEXT)
			bad += !add_text(account, result, inbound, first);
		else
			bad += !add_report(account, result, query, inbound, first);
	}
	if (bad > 0 && bad == json_array_size(results))
		return false;
	inbound->ignored += bad;
	return true;
}

bool infobip_read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *json = webhook_json(webhook, fail);
	const json_t *results = json_object_get(json, "results");
	const json_t *count = json_object_get(json, "messageCount");
	bool done = false;

	if (json_is_array(results))
		done = take_results(account, webhook, results, inbound, fail);
	else if (json && json_is_integer(count) && json_integer_value(count) == 0)
		done = true;
	else if (json)
		fail_set(fail, "results is missing");
	json_decref(json);
	return done;
}
