/*
 * HTTP for webhooks and small pages: libevent's evhttp behind a strict edge (reliability.md B1).
 * The edge refuses before any handler runs: doubled Host/Content-Length/Transfer-Encoding/
 * Content-Type/Authorization/signature headers (400), header names that are no tokens (400), no
 * or several Host (400), more than 100 headers or 16 KiB (431), bodies over the route's limit
 * (413), unknown paths (404), other methods (405 with Allow), chunked bodies (411), bodies of
 * another type than the route takes (415). A connection stays open after a request that left
 * nothing to read twice; any refusal closes it. A sweep closes connections older than 20 s that
 * are idle or unfinished and caps their number; EMFILE pauses accepting for 250 ms.
 */
#ifndef WARMLINE_HTTP_SERVER_H
#define WARMLINE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/fail.h>
#include <warmline/form.h>

struct event_base;
struct http_server;
struct http_request;

typedef void http_handler(struct http_request *request, void *arg);

struct http_route {
	const char *method; /* "GET" (HEAD is answered from it), "POST" or "DELETE" */
	const char *path;   /* exact, or a prefix when it ends in '/' and is longer than "/" */
	http_handler *handler;
	void *arg;
	size_t body_max; /* bytes; 0 = no body */
	/* Content types a body may have, with blanks between; parameters do not count. NULL = any
	 */
	const char *type;
};

struct http_limits {
	int connections;    /* 0 = 512 */
	int64_t age_ms;     /* 0 = 20 000 */
	int64_t request_ms; /* a handler that did not reply by then: 503; 0 = 10 000 */
	const char *label;  /* of its gauges, for one of several workers; NULL = none */
};

/* `routes` ends with a NULL path and must outlive the server. */
struct http_server *http_server_new(struct event_base *base, const struct http_route *routes,
	const struct http_limits *limits, struct fail *fail);
bool http_server_listen(struct http_server *server, int inherited_fd, struct fail *fail);
/* Stops accepting and calls back when every owed reply is written, or after `limit_ms`. */
void http_server_drain(struct http_server *server, int64_t limit_ms, void (*done)(void *), void *);
void http_server_free(struct http_server **server);

/* A listening TCP socket (non-blocking, close-on-exec off so that it can be inherited). */
int http_bind(const char *host, int port, struct fail *fail);

const char *http_request_method(const struct http_request *r);
const char *http_request_target(const struct http_request *r); /* raw path and query as received */
const char *http_request_path(const struct http_request *r);   /* decoded, without query */
const char *http_request_header(const struct http_request *r, const char *name); /* or NULL */
const void *http_request_body(const struct http_request *r, size_t *len);
const char *http_request_peer(const struct http_request *r);
/* Parsed on first use; NULL when it does not parse (answer 400). */
const struct form *http_request_form(struct http_request *r);
const struct form *http_request_query(struct http_request *r);

/*
 * Every handler replies exactly once, now or later; the request is gone after the reply. When the
 * deadline answers first (503 + Retry-After), `on_late` is called so that a holder forgets it.
 */
void http_request_on_late(struct http_request *r, void (*on_late)(void *), void *arg);
void http_request_reply(
	struct http_request *r, int status, const char *type, const void *body, size_t len);
/* Ends the request by closing its connection, unanswered: how a carrier that hangs up is played. */
void http_request_drop(struct http_request *r);
void http_request_reply_header(struct http_request *r, const char *name, const char *value);

#endif
