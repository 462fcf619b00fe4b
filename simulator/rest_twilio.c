/*
 * The part of Twilio's REST API that warmline uses (providers/twilio.md): create a text, look
 * texts up, take a text's words away. Answers and errors have Twilio's shapes and codes.
 */
#include <string.h>
#include <warmline/form.h>
#include <warmline/json.h>

#include "providers/digest.h"
#include "simulator/api.h"
#include "simulator/shape.h"

#define ACCOUNTS "/2010-04-01/Accounts/"

/* --- how things look ---------------------------------------------------------------------- */

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

static void put_fate(json_t *object, const struct sent_text *t)
{
	int code = shape_twilio.troubles[t->fate.trouble].code;
	const char *title = shape_twilio.troubles[t->fate.trouble].title;

	json_object_set_new(object, "status", json_string(text_state_name(t->fate.state)));
	json_object_set_new(object, "error_code", code ? json_integer(code) : json_null());
	json_object_set_new(object, "error_message", title ? json_string(title) : json_null());
	json_object_set_new(object, "date_created", date_json(t->created_ms));
	json_object_set_new(object, "date_updated", date_json(t->updated_ms));
	json_object_set_new(object, "date_sent", date_json(t->sent_ms));
}

static json_t *show_text(const struct sent_text *t)
{
	const char *account = t->account->id;
	char segments[24], uri[160];
	json_t *object;

	(void)text_set(segments, sizeof(segments), "%zu", t->segments);
	(void)text_set(uri, sizeof(uri), ACCOUNTS "%s/Messages/%s.json", account, t->id);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:n, s:s, s:s}",
		"account_sid", account, "api_version", "2010-04-01", "sid", t->id, "from", t->from,
		"to", t->to.text, "body", t->body, "direction", "outbound-api",
		"messaging_service_sid", "num_media", "0", "num_segments", segments, "price",
		"price_unit", "USD", "uri", uri);
	if (!object)
		fail_abort("a text could not be written as JSON");
	put_fate(object, t);
	return object;
}

static json_t *show_refusal(const struct refusal_words *words)
{
	char more[64];

	(void)text_set(more, sizeof(more), "https://www.twilio.com/docs/errors/%d", words->code);
	return json_pack("{s:i, s:s, s:s, s:i}", "code", words->code, "message", words->title,
		"more_info", more, "status", words->status);
}

/* --- who calls, and for what -------------------------------------------------------------- */

static bool lets_in(const struct account *account, const struct http_request *r)
{
	const char *given = http_request_header(r, "Authorization");
	char *plain = xasprintf("%s:%s", account->id, account->api_secret);
	char *encoded = base64_write(plain, strlen(plain));
	char *wanted = xasprintf("Basic %s", encoded);
	bool holds = given && secret_equals(wanted, given);

	free(plain);
	free(encoded);
	free(wanted);
	return holds;
}

static const struct api api = {
	.kind = "twilio",
	.refusals =
		{
			[REFUSED_STRANGER] = {401, 20003, "Authenticate", NULL},
			[REFUSED_NOT_FOUND] = {404, 20404, "The requested resource was not found",
				NULL},
			[REFUSED_UNREADABLE] = {400, 20001, "The form could not be read", NULL},
			[REFUSED_NO_TO] = {400, 21604, "A 'To' phone number is required.", NULL},
			[REFUSED_BAD_TO] = {400, 21211, "Invalid 'To' Phone Number", NULL},
			[REFUSED_NO_FROM] = {400, 21603, "A 'From' phone number is required.",
				NULL},
			[REFUSED_BAD_FROM] = {400, 21212,
				"The 'From' number is not a valid phone number or short code.",
				NULL},
			[REFUSED_FOREIGN_FROM] = {400, 21606,
				"The 'From' phone number is not one of this account's.", NULL},
			[REFUSED_NO_BODY] = {400, 21602, "Message body is required.", NULL},
			[REFUSED_TOO_LONG] = {400, 21617,
				"The concatenated message body exceeds the 1600 character limit.",
				NULL},
			[REFUSED_OPTED_OUT] = {400, 21610,
				"Attempt to send to unsubscribed recipient", NULL},
			[REFUSED_BROKEN] = {500, 20500, "An internal server error has occurred",
				NULL},
			[REFUSED_TOO_FAST] = {429, 20429, "Too Many Requests", NULL},
		},
	.too_fast = {{"Retry-After", "1"}},
	.accepted = 201,
	.lets_in = lets_in,
	.show_text = show_text,
	.show_refusal = show_refusal,
};

/* What follows the account in the path: "/Messages.json"; "" when it is another account. */
static const char *resource(const struct api_call *call)
{
	const char *id = call->account ? call->account->id : "";
	const char *at = http_request_path(call->request) + strlen(ACCOUNTS);

	return *id && strncmp(at, id, strlen(id)) == 0 ? at + strlen(id) : "";
}

static bool is_list(const char *resource)
{
	return strcmp(resource, "/Messages.json") == 0;
}

/* "/Messages/SM….json" → the text. */
static struct sent_text *named(const struct api_call *call, const char *resource)
{
	const char *name = resource + strlen("/Messages/");
	char id[TEXT_ID_SIZE];
	size_t n = strlen(resource);

	if (strncmp(resource, "/Messages/", 10) != 0 || n < 15 ||
		strcmp(resource + n - 5, ".json") != 0 ||
		!text_set(id, sizeof(id), "%.*s", (int)(n - 15), name))
		return NULL;
	return api_find(call, id);
}

static const char *value(const struct form *form, const char *name)
{
	const struct form_field *field = form ? form_get(form, name) : NULL;

	/* A NUL inside would hide the rest: such a value counts as not there. */
	return field && field->value_len && strlen(field->value) == field->value_len ? field->value
										     : NULL;
}

/* --- creating a text ---------------------------------------------------------------------- */

static void create(const struct api_call *call, const struct asked_text *text)
{
	if (!call->let_in)
		api_refuse_text(call, text, REFUSED_STRANGER);
	else if (!is_list(resource(call)))
		api_refuse_text(call, text, REFUSED_NOT_FOUND);
	else if (!http_request_form(call->request))
		api_refuse_text(call, text, REFUSED_UNREADABLE);
	else
		api_send(call, text);
}

/* --- taking words away -------------------------------------------------------------------- */

/* Nothing but an empty Body, and only of a text that is through (errors/30400, errors/20009). */
static void redact(const struct api_call *call, struct sent_text *text)
{
	static const struct refusal_words wrong = {400, 30400, "Parameters are not valid", NULL};
	static const struct refusal_words early = {
		409, 20009, "The message is not complete yet", NULL};
	const struct form *form = http_request_form(call->request);
	const struct form_field *body = form ? form_get(form, "Body") : NULL;

	if (!body || body->value_len > 0 || form->n != 1) {
		api_refuse_with(call, &wrong);
	} else if (!sent_text_is_final(text)) {
		api_refuse_with(call, &early);
	} else {
		sent_text_redact(text);
		api_show(call, text);
	}
}

void rest_twilio_post(struct http_request *r, void *arg)
{
	const struct form *form = http_request_form(r);
	const struct asked_text asked = {
		.to = value(form, "To"),
		.from = value(form, "From"),
		.body = value(form, "Body"),
		.callback = value(form, "StatusCallback"),
	};
	struct api_call call = api_call_of(arg, &api, r, asked.from);
	struct sent_text *text = call.let_in ? named(&call, resource(&call)) : NULL;

	if (text)
		redact(&call, text);
	else
		create(&call, &asked);
}

/* --- looking texts up --------------------------------------------------------------------- */

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
	const char *to = value(query, "To"), *from = value(query, "From");

	return (!to || strcmp(to, t->to.text) == 0) && (!from || strcmp(from, t->from) == 0) &&
	       on_day(t, value(query, "DateSent"));
}

static size_t page_size(const struct form *query)
{
	const char *text = value(query, "PageSize");
	long n = text ? strtol(text, NULL, 10) : 50;

	return n < 1 ? 1 : n > 1000 ? 1000 : (size_t)n;
}

/* Newest first. */
static json_t *list(const struct api_call *call)
{
	const struct sent_texts *texts = carrier_texts(call->carrier);
	const struct form *query = http_request_query(call->request);
	const struct sent_text *t = sent_texts_before(texts, NULL);
	size_t size = page_size(query);
	json_t *found = json_array();

	for (; t && json_array_size(found) < size; t = sent_texts_before(texts, t))
		if (api_is_callers(call, t) && matches(t, query))
			json_array_append_new(found, show_text(t));
	return json_pack("{s:o, s:i, s:I, s:n, s:n}", "messages", found, "page", 0, "page_size",
		(json_int_t)size, "next_page_uri", "previous_page_uri");
}

void rest_twilio_get(struct http_request *r, void *arg)
{
	struct api_call call = api_call_of(arg, &api, r, NULL);
	const char *rest = resource(&call);
	const struct sent_text *text = call.let_in ? named(&call, rest) : NULL;

	if (!call.let_in)
		api_refuse(&call, REFUSED_STRANGER);
	else if (is_list(rest))
		carrier_reply(r, 200, list(&call));
	else if (text)
		api_show(&call, text);
	else
		api_refuse(&call, REFUSED_NOT_FOUND);
}
