/*
 * Outgoing HTTP: libcurl multi on the event loop (traps: reliability.md B3).
 *
 * One call, one completion, never inside http_call(). Three outcomes: an answer; surely not sent
 * (may be repeated); unknown (bytes may have arrived). No proxy from the environment, no
 * redirects, answers over `answer_max` counted by us and cut off as unknown.
 */
#ifndef WARMLINE_HTTP_CLIENT_H
#define WARMLINE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/fail.h>

struct event_base;
struct http_client;
struct http_exchange;

struct http_out_header {
	const char *name, *value;
};

struct http_call {
	const char *method, *url;
	const struct http_out_header *headers; /* ends with a NULL name; may be NULL */
	const char *user, *password;           /* Basic auth; NULL = none */
	const void *body;
	size_t body_len;
	bool fresh; /* new connection, not kept: libcurl repeats a POST on a reused one by itself */
	int64_t connect_ms, total_ms; /* 0 = 4 000, 10 000 */
	size_t answer_max;            /* 0 = 256 KiB */
};

enum http_outcome {
	HTTP_ANSWERED, /* status, body */
	HTTP_NOT_SENT, /* name, connect, TLS: nothing reached the other side */
	HTTP_UNKNOWN,
};
struct http_answer {
	enum http_outcome outcome;
	int status;
	const char *body; /* NUL-ended, borrowed */
	size_t body_len;
	int64_t retry_after_ms; /* Retry-After, or after a 429 x-ratelimit-reset; 0 = not said */
	const char *reason;     /* for logs, when not answered */
};
typedef void http_answer_cb(void *arg, const struct http_answer *answer);

struct http_client *http_client_new(struct event_base *base, struct fail *fail);
/* Copies what it is given. */
struct http_exchange *http_call(
	struct http_client *client, const struct http_call *call, http_answer_cb *cb, void *arg);
void http_exchange_cancel(struct http_exchange **exchange); /* the callback will not run */
size_t http_client_busy(const struct http_client *client);
void http_client_free(struct http_client **client); /* cancels what is under way */

#endif
