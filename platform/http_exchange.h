/*
 * One outgoing request on its way: the libcurl handle, what came back so far, and what the end
 * of it means. Private to the HTTP client.
 */
#ifndef PLATFORM_HTTP_EXCHANGE_H
#define PLATFORM_HTTP_EXCHANGE_H

#include <curl/curl.h>
#include <sys/queue.h>
#include <warmline/http_client.h>

enum exchange_state {
	EXCHANGE_RUNNING,    /* libcurl has it */
	EXCHANGE_DONE,       /* waits for its callback */
	EXCHANGE_COMPLETING, /* its callback is running */
};

struct http_exchange {
	TAILQ_ENTRY(http_exchange) entry;
	struct http_client *client;
	CURL *easy;
	struct curl_slist *headers;
	http_answer_cb *cb;
	void *arg;
	enum exchange_state state;
	CURLcode code; /* of the transfer, when DONE */
	bool fresh;

	const char *refused; /* why it never started; NULL = it did */
	char *body;          /* NUL-ended; NULL = nothing came */
	size_t body_len, body_max;
	size_t header_len;
	bool too_long;     /* cut off by us */
	bool header_ended; /* the empty line behind the header was seen */
	int64_t retry_after_ms, limit_reset_ms;
};

/* Everything is copied. On a request that cannot be made, `refused` says why. */
struct http_exchange *exchange_new(const struct http_call *call);
void exchange_free(struct http_exchange *x);
/* What the transfer's end means; `answer` borrows from the exchange. */
void exchange_judge(struct http_exchange *x, struct http_answer *answer);

#endif
