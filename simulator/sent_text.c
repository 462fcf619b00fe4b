#include "simulator/sent_text.h"

#include <string.h>
#include <uthash.h>
#include <warmline/json.h>

struct kept {
	struct sent_text text;
	UT_hash_handle hh; /* uthash keeps the order of adding: the first is the oldest */
};
struct sent_texts {
	struct kept *by_sid;
};

struct sent_texts *sent_texts_new(void)
{
	return xcalloc(1, sizeof(struct sent_texts));
}

static void forget(struct sent_texts *texts, struct kept *kept)
{
	HASH_DEL(texts->by_sid, kept);
	free(kept->text.body);
	free(kept->text.callback);
	free(kept);
}

void sent_texts_free(struct sent_texts **texts)
{
	if (!*texts)
		return;
	while ((*texts)->by_sid)
		forget(*texts, (*texts)->by_sid);
	free(*texts);
	*texts = NULL;
}

struct sent_text *sent_texts_add(struct sent_texts *texts, const struct sent_text *text)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));

	kept->text = *text;
	HASH_ADD_STR(texts->by_sid, text.sid, kept);
	if (HASH_COUNT(texts->by_sid) > SENT_TEXTS_KEEP)
		forget(texts, texts->by_sid);
	return &kept->text;
}

struct sent_text *sent_texts_find(struct sent_texts *texts, const char *sid)
{
	struct kept *kept = NULL;

	HASH_FIND_STR(texts->by_sid, sid, kept);
	return kept ? &kept->text : NULL;
}

/* RFC 2822, as Twilio writes dates; null while the moment has not come. */
static json_t *date_json(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[48];

	if (ms == 0 || !gmtime_r(&seconds, &tm))
		return json_null();
	if (!strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm))
		return json_null();
	return json_string(text);
}

static json_t *error_json(int error)
{
	return error ? json_integer(error) : json_null();
}

static const char *error_message(int error)
{
	switch (error) {
	case 21610: return "Attempt to send to unsubscribed recipient";
	case 30003: return "Unreachable destination handset";
	default: return NULL;
	}
}

static void put_times(json_t *object, const struct sent_text *t)
{
	json_object_set_new(object, "date_created", date_json(t->created_ms));
	json_object_set_new(object, "date_updated", date_json(t->updated_ms));
	json_object_set_new(object, "date_sent", date_json(t->sent_ms));
}

json_t *sent_text_json(const struct sent_text *t, const char *account)
{
	const char *message = error_message(t->error);
	char segments[24], uri[160];
	json_t *object;

	(void)text_set(segments, sizeof(segments), "%zu", t->segments);
	(void)text_set(
		uri, sizeof(uri), "/2010-04-01/Accounts/%s/Messages/%s.json", account, t->sid);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:o, s:s?, s:s, s:s, s:n,"
			   " s:s, s:s, s:s}",
		"account_sid", account, "api_version", "2010-04-01", "sid", t->sid, "from", t->from,
		"to", t->to.text, "body", t->body, "direction", "outbound-api",
		"messaging_service_sid", "error_code", error_json(t->error), "error_message",
		message, "num_media", "0", "num_segments", segments, "price", "price_unit", "USD",
		"status", t->status, "uri", uri);
	if (!object)
		fail_abort("a text could not be written as JSON");
	put_times(object, t);
	return object;
}

static const char *wanted(const struct form *query, const char *name)
{
	const struct form_field *field = query ? form_get(query, name) : NULL;

	return field && field->value_len ? field->value : NULL;
}

/* DateSent is a UTC day. A text still waiting counts from its creation, so a look-up finds it. */
static bool on_day(const struct sent_text *t, const char *day)
{
	time_t seconds = (time_t)((t->sent_ms ? t->sent_ms : t->created_ms) / 1000);
	struct tm tm;
	char text[16];

	if (!day || !gmtime_r(&seconds, &tm))
		return true;
	return strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0 && strncmp(text, day, 10) == 0;
}

static bool matches(const struct sent_text *t, const struct form *query)
{
	const char *to = wanted(query, "To"), *from = wanted(query, "From");

	return (!to || strcmp(to, t->to.text) == 0) && (!from || strcmp(from, t->from) == 0) &&
	       on_day(t, wanted(query, "DateSent"));
}

static size_t page_size(const struct form *query)
{
	const char *text = wanted(query, "PageSize");
	long n = text ? strtol(text, NULL, 10) : 50;

	return n < 1 ? 1 : n > 1000 ? 1000 : (size_t)n;
}

json_t *sent_texts_json(
	const struct sent_texts *texts, const char *account, const struct form *query)
{
	const struct kept *kept = texts->by_sid;
	size_t size = page_size(query);
	json_t *list = json_array();

	kept = kept ? ELMT_FROM_HH(kept->hh.tbl, kept->hh.tbl->tail) : NULL;
	for (; kept && json_array_size(list) < size; kept = kept->hh.prev)
		if (matches(&kept->text, query))
			json_array_append_new(list, sent_text_json(&kept->text, account));
	return json_pack("{s:o, s:i, s:I, s:n, s:n}", "messages", list, "page", 0, "page_size",
		(json_int_t)size, "next_page_uri", "previous_page_uri");
}
