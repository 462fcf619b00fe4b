/*
 * The part of Telnyx' API that warmline uses (providers/telnyx.md): send a text, look one up.
 * Answers and errors have Telnyx' shapes and codes. Not documented: the HTTP status of each code;
 * 409 is what others saw with 40300.
 */
#include <string.h>
#include <warmline/json.h>

#include "providers/digest.h"
#include "simulator/api.h"
#include "simulator/telnyx_message.h"

#define MESSAGES "/v2/messages/"

static json_t *show_text(const struct sent_text *text)
{
	return json_pack("{s:o}", "data", telnyx_sent(text, &text->fate));
}

static json_t *show_refusal(const struct refusal_words *words)
{
	return json_pack(
		"{s:[o]}", "errors", telnyx_error(words->code, words->title, words->detail));
}

static bool lets_in(const struct account *account, const struct http_request *r)
{
	const char *given = http_request_header(r, "Authorization");
	char *wanted = xasprintf("Bearer %s", account->api_secret);
	bool holds = given && secret_equals(wanted, given);

	free(wanted);
	return holds;
}

static const struct api api = {
	.kind = "telnyx",
	.refusals =
		{
			[REFUSED_STRANGER] = {401, 10009, "Authentication failed",
				"The authentication headers are missing or wrong."},
			[REFUSED_NOT_FOUND] = {404, 10005, "Resource not found",
				"There is no such resource or URL."},
			[REFUSED_UNREADABLE] = {400, 10015, "Bad Request",
				"The request is not well-formed."},
			[REFUSED_NO_TO] = {400, 10004, "Missing required parameter",
				"\"to\" is missing."},
			[REFUSED_BAD_TO] = {400, 40310, "Invalid 'to' address",
				"The recipient's number is not valid."},
			[REFUSED_NO_FROM] = {400, 10004, "Missing required parameter",
				"\"from\" is missing."},
			[REFUSED_BAD_FROM] = {400, 40305, "Invalid 'from' address",
				"The sender's number is not valid."},
			[REFUSED_FOREIGN_FROM] = {400, 40305, "Invalid 'from' address",
				"The sender's number is not one of this account's."},
			[REFUSED_NO_BODY] = {400, 40316, "No content provided for message",
				"\"text\" is missing."},
			[REFUSED_TOO_LONG] = {400, 40302, "Message too large",
				"The text has more than 1600 characters."},
			[REFUSED_OPTED_OUT] = {409, 40300, "Blocked due to STOP message",
				"The recipient has texted STOP to this number."},
			[REFUSED_BROKEN] = {500, 10007, "Unexpected error",
				"An unexpected error occurred."},
			[REFUSED_TOO_FAST] = {429, 10011, "Too many requests",
				"The rate limit is exceeded."},
		},
	.too_fast =
		{
			{"x-ratelimit-limit", "50"},
			{"x-ratelimit-remaining", "0"},
			{"x-ratelimit-reset", "1"},
		},
	.accepted = 200,
	.lets_in = lets_in,
	.show_text = show_text,
	.show_refusal = show_refusal,
};

void rest_telnyx_post(struct http_request *r, void *arg)
{
	size_t len;
	const void *body = http_request_body(r, &len);
	json_t *order = body ? json_parse(body, len) : NULL;
	const struct asked_text asked = {
		.to = json_get_text(order, "to", NULL),
		.from = json_get_text(order, "from", NULL),
		.body = json_get_text(order, "text", NULL),
		.callback = json_get_text(order, "webhook_url", NULL),
	};
	struct api_call call = api_call_of(arg, &api, r, asked.from);

	if (!call.let_in)
		api_refuse_text(&call, &asked, REFUSED_STRANGER);
	else if (!order)
		api_refuse_text(&call, &asked, REFUSED_UNREADABLE);
	else
		api_send(&call, &asked);
	json_decref(order);
}

void rest_telnyx_get(struct http_request *r, void *arg)
{
	struct api_call call = api_call_of(arg, &api, r, NULL);
	const char *id = http_request_path(r) + strlen(MESSAGES);
	const struct sent_text *text = call.let_in ? api_find(&call, id) : NULL;

	if (!call.let_in)
		api_refuse(&call, REFUSED_STRANGER);
	else if (text)
		api_show(&call, text);
	else
		api_refuse(&call, REFUSED_NOT_FOUND);
}
