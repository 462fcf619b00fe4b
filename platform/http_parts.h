/*
 * Inside platform/http_*: what the parts of the HTTP server share. Not for other rooms.
 *
 * http_server.c  the server's life: listening, dispatch to handlers, deadlines, drain
 * http_request.c what a handler reads from a request, and its one reply
 * http_edge.c    which requests are refused before a handler sees them
 * http_reaper.c  which connections are cut because of their age
 */
#ifndef PLATFORM_HTTP_PARTS_H
#define PLATFORM_HTTP_PARTS_H

#include <event2/http.h>
#include <sys/queue.h>
#include <warmline/http_server.h>

#define HEADERS_MAX      100
#define HEADER_BYTES_MAX ((size_t)16 * 1024)

struct reaper;

struct http_request {
	struct evhttp_request *ev;
	struct http_server *server;
	const struct http_route *route;
	TAILQ_ENTRY(http_request) owed; /* in server->owed until the reply */
	int64_t since_ms;               /* CLOCK_MONOTONIC */
	bool last;                      /* the connection closes after this reply */
	struct form form, query;
	enum { FORM_UNREAD, FORM_READ, FORM_BROKEN } form_state, query_state;
	void (*on_late)(void *);
	void *on_late_arg;
	char *path; /* decoded */
};
TAILQ_HEAD(http_requests, http_request);

struct http_server {
	LIST_ENTRY(http_server) entry;
	struct event_base *base;
	struct evhttp *http;
	const struct http_route *routes;
	struct http_limits limits;
	struct evconnlistener *listener;
	struct evhttp_bound_socket *bound;
	struct event *sweep;
	struct reaper *reaper;
	struct http_requests owed; /* oldest first: all have the same deadline */
	size_t unsent;             /* replied, not yet written out */
	int connections;           /* counted at the last sweep, plus those accepted since */
	int64_t accept_after_ms;   /* accepting pauses until then (EMFILE) */
	bool replying;             /* what is written now is an answer of ours */
	bool draining;
	int64_t drain_until_ms;
	void (*drained)(void *);
	void *drained_arg;
};

/* --- edge --- */
struct edge_refusal {
	int status;        /* 0: nothing to refuse */
	const char *why;   /* one short static sentence */
	const char *allow; /* with 405 */
};
/* Fills r->route, r->path and r->last. */
struct edge_refusal http_edge_check(struct http_request *r);

/* --- reaper --- */
/* The local TCP port of a socket; -1 when it has none. */
int reaper_port(int fd);
struct reaper *reaper_new(int port, int64_t age_ms);
void reaper_free(struct reaper **reaper);
/* The connection has moved on (a request came, a reply went): its age starts again. */
void reaper_touch(struct reaper *reaper, int fd, int64_t now_ms);
/* A reply is owed on it: not to be cut in the coming sweep. */
void reaper_spare(struct reaper *reaper, int fd);
/* Cuts what is older than its age, or than `crowded_ms` when there are more than `most`.
 * Returns the number of inbound connections. */
int reaper_sweep(struct reaper *reaper, int64_t now_ms, int most, int64_t crowded_ms);

/* --- request --- */
void http_request_start(struct http_server *server, struct evhttp_request *ev);
void http_request_late(struct http_request *r);    /* the deadline answers */
int http_request_fd(const struct http_request *r); /* -1 when the peer has gone */
void http_count_refused(int status);

#endif
