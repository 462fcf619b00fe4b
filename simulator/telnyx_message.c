#include "simulator/telnyx_message.h"

#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/sms_text.h>

#include "simulator/shape.h"

static const char *const states[] = {
	[TEXT_QUEUED] = "queued",
	[TEXT_SENT] = "sent",
	[TEXT_DELIVERED] = "delivered",
	[TEXT_UNDELIVERED] = "delivery_failed",
};

json_t *telnyx_error(int code, const char *title, const char *detail)
{
	char text[16];

	(void)text_set(text, sizeof(text), "%d", code);
	return json_pack("{s:s, s:s, s:s}", "code", text, "title", title, "detail", detail);
}

static json_t *time_json(int64_t ms)
{
	char text[40];

	if (ms == 0)
		return json_null();
	clock_print(ms, text, sizeof(text));
	return json_string(text);
}

/* The handset is mobile, we are not. */
static json_t *party(const char *number, const char *line_type, const char *status)
{
	json_t *party = json_pack(
		"{s:s, s:s, s:s}", "phone_number", number, "carrier", "", "line_type", line_type);

	json_put_text(party, "status", status);
	return party;
}

/* What both directions have. */
static json_t *message(
	const struct account *account, const char *id, const char *direction, const char *words)
{
	struct sms_size size = {.segments = 1};
	json_t *message;

	(void)sms_measure(words, &size);
	message = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:[], s:[], s:n, s:n}",
		"record_type", "message", "id", id, "direction", direction, "type", "SMS",
		"messaging_profile_id", account->application, "text", words, "encoding",
		size.ucs2 ? "UCS-2" : "GSM-7", "parts", (json_int_t)size.segments, "cc", "tags",
		"cost", "valid_until");
	if (!message)
		fail_abort("a message could not be written as JSON");
	return message;
}

json_t *telnyx_sent(const struct sent_text *t, const struct receipt *receipt)
{
	json_t *m = message(t->account, t->id, "outbound", t->body), *errors = json_array();
	const char *title = shape_telnyx.troubles[receipt->trouble].title;
	bool over = receipt->state == TEXT_DELIVERED || receipt->state == TEXT_UNDELIVERED;

	if (title)
		json_array_append_new(errors,
			telnyx_error(shape_telnyx.troubles[receipt->trouble].code, title, title));
	json_object_set_new(m, "from", party(t->from, "VoIP", NULL));
	json_object_set_new(
		m, "to", json_pack("[o]", party(t->to.text, "Wireless", states[receipt->state])));
	json_object_set_new(m, "media", json_array());
	json_object_set_new(m, "webhook_url", json_string(t->callback));
	json_object_set_new(m, "errors", errors);
	json_object_set_new(m, "received_at", time_json(t->created_ms));
	json_object_set_new(m, "sent_at", time_json(t->sent_ms));
	json_object_set_new(m, "completed_at", time_json(over ? t->updated_ms : 0));
	return m;
}

json_t *telnyx_typed(const struct typed_text *t)
{
	json_t *m = message(t->account, t->id, "inbound", t->body);

	if (json_array_size(t->media) > 0)
		json_object_set_new(m, "type", json_string("MMS"));
	json_object_set_new(m, "from", party(t->from, "Wireless", NULL));
	json_object_set_new(m, "to", json_pack("[o]", party(t->to, "VoIP", "webhook_delivered")));
	json_object_set_new(m, "media", json_deep_copy(t->media));
	json_object_set_new(m, "errors", json_array());
	json_object_set_new(m, "received_at", time_json(t->time_ms));
	json_put_text(m, "autoresponse_type", t->opt_out);
	return m;
}
