/* Requests to a provider, put together: form parameters, JSON bodies, headers. */
#ifndef PROVIDERS_REQUEST_H
#define PROVIDERS_REQUEST_H

#include <jansson.h>
#include <warmline/provider.h>

/* An empty request with Basic of the account: `user` or `id`, and the API's secret. */
struct provider_request request_basic(const struct account *account, const char *method);
/* The same with the API's secret as bearer token (RFC 6750). */
struct provider_request request_bearer(const struct account *account, const char *method);
/* Appends name=value to the body, escaped; the type becomes a form. "" and NULL are left out. */
void request_put(struct provider_request *request, const char *name, const char *value);
void request_put_number(struct provider_request *request, const char *name, int64_t value);
/* Appends name=value to the URL's query, escaped. */
void request_query(struct provider_request *request, const char *name, const char *value);
/* Takes `body`. */
void request_json(struct provider_request *request, json_t *body);
void request_header(struct provider_request *request, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A moment as RFC 3339 in UTC: "2026-02-16T09:36:07Z". */
void request_time(char text[24], int64_t unix_s);

/* The body of an answer as an object, NULL when it is none; the caller releases it. */
json_t *reply_json(const struct provider_reply *reply);
bool reply_is_success(const struct provider_reply *reply); /* 2xx */

/* --- codes --- */

struct answer_code {
	int code;
	enum answer_kind kind;
};
/* The kind of `code` in the table, which has `n` rows; else `otherwise`. */
enum answer_kind answer_code(
	const struct answer_code *codes, size_t n, int code, enum answer_kind otherwise);
#define ANSWER_CODE(codes, code, otherwise)                                                        \
	answer_code(codes, sizeof(codes) / sizeof((codes)[0]), code, otherwise)
/*
 * What an HTTP status alone says of a request to send: 429 rate; 401, 402, 403, 404 account; 408
 * and everything that is no 4xx unknown; other 4xx `refusal`: what the provider means by them.
 */
enum answer_kind answer_of_status(int status, enum answer_kind refusal);
/*
 * A 4xx is "not accepted" when the provider's own error object came with it (`own`): then it is
 * `said`. One from anybody else on the way, like a proxy's page, tells nothing; but who was not let
 * in (401, 403) has sent nothing.
 */
enum answer_kind answer_of_refusal(int status, bool own, enum answer_kind said);

struct refusal {  /* what the provider's own error object says */
	bool own; /* there is one */
	enum answer_kind said;
	int code;
};
/* The usual answer: a 2xx with the text's id in `taken` under `name`, or a refusal. */
struct provider_answer answer_of_reply(const struct provider_reply *reply, const json_t *taken,
	const char *name, struct refusal refusal);

#endif
