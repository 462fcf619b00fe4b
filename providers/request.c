#include "providers/request.h"

#include "providers/inbound_field.h"

#include <stdarg.h>
#include <string.h>
#include <warmline/fail.h>

struct provider_request request_basic(const struct account *account, const char *method)
{
	return (struct provider_request){.method = method,
		.user = *account->user ? account->user : account->id,
		.password = account->api_secret};
}

struct provider_request request_bearer(const struct account *account, const char *method)
{
	struct provider_request request = {.method = method};

	request_header(&request, "Authorization", "Bearer %s", account->api_secret);
	return request;
}

static void append(char **to, const char *between, const char *name, const char *value)
{
	char *escaped = form_escape(value);
	char *longer = xasprintf("%s%s%s=%s", *to ? *to : "", between, name, escaped);

	free(*to);
	free(escaped);
	*to = longer;
}

void request_put(struct provider_request *request, const char *name, const char *value)
{
	request->type = "application/x-www-form-urlencoded";
	if (value && *value)
		append(&request->body, request->body ? "&" : "", name, value);
}

void request_put_number(struct provider_request *request, const char *name, int64_t value)
{
	char text[24];

	text_set(text, sizeof(text), "%lld", (long long)value);
	request_put(request, name, text);
}

void request_query(struct provider_request *request, const char *name, const char *value)
{
	if (value && *value)
		append(&request->url, strchr(request->url, '?') ? "&" : "?", name, value);
}

void request_json(struct provider_request *request, json_t *body)
{
	request->type = "application/json";
	request->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (!request->body)
		fail_abort("a request could not be written as JSON");
}

void request_header(struct provider_request *request, const char *name, const char *format, ...)
{
	va_list args;
	char *value = NULL;
	size_t i = 0;

	while (i < REQUEST_HEADERS && request->headers[i].name)
		i++;
	if (i == REQUEST_HEADERS)
		fail_abort("a request has more headers than there is room for");
	va_start(args, format);
	if (vasprintf(&value, format, args) < 0)
		fail_abort("out of memory");
	va_end(args);
	request->headers[i].name = name;
	request->headers[i].value = value;
}

void request_time(char text[24], int64_t unix_s)
{
	time_t moment = (time_t)unix_s;
	struct tm tm;

	if (!gmtime_r(&moment, &tm) || strftime(text, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		fail_abort("a moment is beyond the calendar");
}

json_t *reply_json(const struct provider_reply *reply)
{
	json_t *json = reply->len ? json_loadb(reply->body, reply->len, 0, NULL) : NULL;

	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

bool reply_is_success(const struct provider_reply *reply)
{
	return reply->status >= 200 && reply->status <= 299;
}

enum answer_kind answer_code(
	const struct answer_code *codes, size_t n, int code, enum answer_kind otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i].code == code)
			return codes[i].kind;
	return otherwise;
}

enum answer_kind answer_of_status(int status, enum answer_kind refusal)
{
	switch (status) {
	case 429: return ANSWER_RATE;
	case 401:
	case 402:
	case 403:
	case 404: return ANSWER_ACCOUNT;
	case 408: return ANSWER_UNKNOWN;
	default: return status >= 400 && status <= 499 ? refusal : ANSWER_UNKNOWN;
	}
}

enum answer_kind answer_of_refusal(int status, bool own, enum answer_kind said)
{
	enum answer_kind kind = answer_of_status(status, said);

	if (kind == ANSWER_UNKNOWN || kind == ANSWER_RATE)
		return kind;
	if (own)
		return said;
	return status == 401 || status == 403 ? ANSWER_ACCOUNT : ANSWER_UNKNOWN;
}

struct provider_answer answer_of_reply(const struct provider_reply *reply, const json_t *taken,
	const char *name, struct refusal refusal)
{
	struct provider_answer answer = {.kind = ANSWER_UNKNOWN};

	if (!reply_is_success(reply)) {
		answer.error = refusal.code;
		answer.kind = answer_of_refusal(reply->status, refusal.own, refusal.said);
	} else if (json_take_id(
			   taken, name, answer.provider_id, sizeof(answer.provider_id), NULL)) {
		answer.kind = ANSWER_ACCEPTED;
	} else {
		answer.provider_id[0] = '\0';
	}
	return answer;
}
