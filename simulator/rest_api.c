/*
 * The part of Twilio's REST API that warmline uses (providers/twilio.md): create a text, look
 * texts up. Answers and errors have Twilio's shapes and codes.
 */
#include <sodium.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/form.h>
#include <warmline/json.h>
#include <warmline/phone.h>
#include <warmline/sms_text.h>

#include "simulator/carrier.h"
#include "simulator/fault.h"
#include "simulator/held.h"
#include "simulator/receipt.h"
#include "simulator/sent_text.h"
#include "simulator/traffic.h"
#include "simulator/typed_text.h"

#define JSON_TYPE "application/json"
#define HANG_MS   60000 /* an unanswered caller is cut off at last */
#define SLOW_MS   3000

struct asked_text { /* what the caller wants sent; borrowed from the form */
	const char *to, *from, *body, *callback;
};

static void reply(struct http_request *r, int status, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	if (!text)
		fail_abort("an answer of the carrier could not be written as JSON");
	json_decref(value);
	http_request_reply(r, status, JSON_TYPE, text, strlen(text));
	free(text);
}

static json_t *error_json(int status, int code, const char *message)
{
	char more[64];

	(void)text_set(more, sizeof(more), "https://www.twilio.com/docs/errors/%d", code);
	return json_pack("{s:i, s:s, s:s, s:i}", "code", code, "message", message, "more_info",
		more, "status", status);
}

static void write_error(struct carrier *c, const struct asked_text *t, int http)
{
	const struct traffic_entry entry = {
		.kind = "api-error",
		.time_ms = clock_wall_ms(),
		.from = t->from,
		.to = t->to,
		.body = t->body,
		.http = http,
	};

	traffic_add(carrier_traffic(c), &entry);
}

static void refuse(struct http_request *r, struct carrier *c, const struct asked_text *t,
	int status, int code, const char *message)
{
	write_error(c, t, status);
	reply(r, status, error_json(status, code, message));
}

/* --- who calls, and for what -------------------------------------------------------------- */

static bool is_password(const struct account *account, size_t i, const char *given)
{
	char plain[256], expected[400];

	if (!text_set(plain, sizeof(plain), "%s:%s", account->id, account->secrets[i]))
		return false;
	sodium_bin2base64(expected, sizeof(expected), (const unsigned char *)plain, strlen(plain),
		sodium_base64_VARIANT_ORIGINAL);
	return strlen(expected) == strlen(given) &&
	       sodium_memcmp(expected, given, strlen(given)) == 0;
}

static bool is_authorized(const struct carrier *c, const struct http_request *r)
{
	const struct account *account = carrier_account(c);
	const char *header = http_request_header(r, "Authorization");

	if (!header || strncmp(header, "Basic ", 6) != 0)
		return false;
	for (size_t i = 0; i < account->nsecrets; i++)
		if (is_password(account, i, header + 6))
			return true;
	return false;
}

/* What follows the account in the path: "/Messages.json"; NULL when it is another account. */
static const char *resource(const struct carrier *c, const struct http_request *r)
{
	const char *id = carrier_account(c)->id;
	const char *at = http_request_path(r) + strlen("/2010-04-01/Accounts/");

	return strncmp(at, id, strlen(id)) == 0 ? at + strlen(id) : NULL;
}

static const char *value(const struct form *form, const char *name)
{
	const struct form_field *field = form ? form_get(form, name) : NULL;

	/* A NUL inside would hide the rest: such a value counts as not there. */
	return field && field->value_len && strlen(field->value) == field->value_len ? field->value
										     : NULL;
}

/* --- creating a text ---------------------------------------------------------------------- */

/* Twilio's code for what is wrong with it, 0 = nothing. */
static int what_is_wrong(struct carrier *c, const struct asked_text *t, const char **message)
{
	struct phone to;
	struct sms_size size;

	*message = "A 'To' phone number is required.";
	if (!t->to)
		return 21604;
	*message = "Invalid 'To' Phone Number";
	if (!phone_parse(t->to, &to))
		return 21211;
	*message = "A 'From' phone number is required.";
	if (!t->from)
		return 21603;
	*message = "The 'From' number is not a valid phone number or short code.";
	if (!phone_is_sender(t->from))
		return 21212;
	*message = "Message body is required.";
	if (!t->body || !sms_measure(t->body, &size))
		return 21602;
	*message = "The concatenated message body exceeds the 1600 character limit.";
	if (utf8_characters(t->body) > BODY_MAX)
		return 21617;
	*message = "Attempt to send to unsubscribed recipient";
	return faults_opted_out(carrier_faults(c), t->to) ? 21610 : 0;
}

static const struct sent_text *accept(struct carrier *c, const struct asked_text *t)
{
	struct sent_text text = {.status = "queued", .created_ms = clock_wall_ms()};
	struct sms_size size = {.segments = 1};
	struct traffic_entry entry = {.kind = "outbound", .state = "queued"};
	const struct sent_text *kept;

	(void)sms_measure(t->body, &size);
	carrier_sid("SM", text.sid);
	(void)text_set(text.from, sizeof(text.from), "%s", t->from);
	(void)text_set(text.to.text, sizeof(text.to.text), "%s", t->to);
	text.body = xstrdup(t->body);
	text.callback = xstrdup(t->callback ? t->callback : "");
	text.updated_ms = text.created_ms;
	text.segments = size.segments;
	kept = sent_texts_add(carrier_texts(c), &text);
	entry.time_ms = kept->created_ms;
	entry.sid = kept->sid;
	entry.from = kept->from;
	entry.to = kept->to.text;
	entry.body = kept->body;
	traffic_add(carrier_traffic(c), &entry);
	receipts_start(c, kept->sid, faults_take(carrier_faults(c), FAULT_RECEIPT, kept->to.text));
	return kept;
}

static void accept_slowly(struct http_request *r, struct carrier *c, const struct asked_text *t)
{
	json_t *answer = sent_text_json(accept(c, t), carrier_account(c)->id);
	char *text = json_print(answer);

	json_decref(answer);
	held_reply(carrier_held(c), r, SLOW_MS, 201, text);
	free(text);
}

static void create(struct http_request *r, struct carrier *c, const struct asked_text *t)
{
	switch (faults_take(carrier_faults(c), FAULT_API, t->to)) {
	case FAULT_500: refuse(r, c, t, 500, 20500, "An internal server error has occurred"); break;
	case FAULT_429:
		http_request_reply_header(r, "Retry-After", "1");
		refuse(r, c, t, 429, 20429, "Too Many Requests");
		break;
	case FAULT_TIMEOUT:
		write_error(c, t, 0);
		held_drop(carrier_held(c), r, HANG_MS);
		break;
	case FAULT_REFUSE:
		write_error(c, t, 0);
		http_request_drop(r);
		break;
	case FAULT_HANG_AFTER_ACCEPT:
		(void)accept(c, t);
		held_drop(carrier_held(c), r, HANG_MS);
		break;
	case FAULT_SLOW: accept_slowly(r, c, t); break;
	default: reply(r, 201, sent_text_json(accept(c, t), carrier_account(c)->id)); break;
	}
}

void rest_create_text(struct http_request *r, void *arg)
{
	const struct form *form = http_request_form(r);
	const struct asked_text t = {
		.to = value(form, "To"),
		.from = value(form, "From"),
		.body = value(form, "Body"),
		.callback = value(form, "StatusCallback"),
	};
	const char *rest = resource(arg, r), *message;
	int code;

	if (!is_authorized(arg, r)) {
		refuse(r, arg, &t, 401, 20003, "Authenticate");
	} else if (!rest || strcmp(rest, "/Messages.json") != 0) {
		refuse(r, arg, &t, 404, 20404, "The requested resource was not found");
	} else if (!form) {
		refuse(r, arg, &t, 400, 20001, "The form could not be read");
	} else if ((code = what_is_wrong(arg, &t, &message)) != 0) {
		refuse(r, arg, &t, 400, code, message);
	} else {
		create(r, arg, &t);
	}
}

/* --- looking texts up --------------------------------------------------------------------- */

/* "/Messages/SM….json" → the text. */
static const struct sent_text *named(struct carrier *c, const char *rest)
{
	char sid[SID_SIZE] = "";

	if (strncmp(rest, "/Messages/", 10) != 0 || strlen(rest) != 10 + SID_SIZE - 1 + 5 ||
		strcmp(rest + 10 + SID_SIZE - 1, ".json") != 0)
		return NULL;
	memcpy(sid, rest + 10, SID_SIZE - 1);
	return sent_texts_find(carrier_texts(c), sid);
}

void rest_read_texts(struct http_request *r, void *arg)
{
	const char *account = carrier_account(arg)->id;
	const char *rest = resource(arg, r);
	const struct sent_text *text = rest ? named(arg, rest) : NULL;

	if (!is_authorized(arg, r))
		reply(r, 401, error_json(401, 20003, "Authenticate"));
	else if (rest && strcmp(rest, "/Messages.json") == 0)
		reply(r, 200, sent_texts_json(carrier_texts(arg), account, http_request_query(r)));
	else if (text)
		reply(r, 200, sent_text_json(text, account));
	else
		reply(r, 404, error_json(404, 20404, "The requested resource was not found"));
}
