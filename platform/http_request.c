/*
 * One request in a handler's hands. It is freed when its reply is written out or its connection
 * is gone, never while a reply is owed: evhttp aborts on that (reliability.md B1, 13).
 */
#include "platform/http_parts.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http_struct.h>
#include <sys/socket.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/metrics.h>

static void request_free(struct http_request *r)
{
	form_free(&r->form);
	form_free(&r->query);
	free(r->path);
	free(r);
}

static void request_sent(struct http_request *r)
{
	r->server->unsent--;
	request_free(r);
}

static void on_written(struct evhttp_request *ev, void *arg)
{
	struct http_request *r = arg;

	evhttp_connection_set_closecb(evhttp_request_get_connection(ev), NULL, NULL);
	request_sent(r);
}

static void on_closed(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	request_sent(arg);
}

void http_count_refused(int status)
{
	char label[32];

	text_set(label, sizeof(label), "status=\"%d\"", status);
	metric_add("warmline_http_refused_total", label, 1);
}

static void refuse(struct http_request *r, struct edge_refusal refusal)
{
	char text[160];

	r->last = true;
	if (refusal.allow)
		http_request_reply_header(r, "Allow", refusal.allow);
	http_count_refused(refusal.status);
	text_set(text, sizeof(text), "%s\n", refusal.why);
	http_request_reply(r, refusal.status, "text/plain; charset=utf-8", text, strlen(text));
}

void http_request_start(struct http_server *server, struct evhttp_request *ev)
{
	struct http_request *r = xcalloc(1, sizeof(*r));
	struct edge_refusal refusal;

	r->ev = ev;
	r->server = server;
	r->since_ms = clock_monotonic_ms();
	r->path = xcalloc(1, strlen(evhttp_request_get_uri(ev)) + 1);
	/* Told so by an absolute address, evhttp would heed Proxy-Connection and stay open. */
	ev->flags &= ~EVHTTP_PROXY_REQUEST;
	TAILQ_INSERT_TAIL(&server->owed, r, owed);
	reaper_touch(server->reaper, http_request_fd(r), r->since_ms);
	refusal = http_edge_check(r);
	if (refusal.status)
		refuse(r, refusal);
	else
		r->route->handler(r, r->route->arg);
}

int http_request_fd(const struct http_request *r)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(r->ev);

	if (!connection)
		return -1;
	return (int)bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
}

const char *http_request_method(const struct http_request *r)
{
	switch (evhttp_request_get_command(r->ev)) {
	case EVHTTP_REQ_GET: return "GET";
	case EVHTTP_REQ_POST: return "POST";
	case EVHTTP_REQ_HEAD: return "HEAD";
	case EVHTTP_REQ_PUT: return "PUT";
	case EVHTTP_REQ_DELETE: return "DELETE";
	case EVHTTP_REQ_OPTIONS: return "OPTIONS";
	case EVHTTP_REQ_PATCH: return "PATCH";
	default: return "other";
	}
}

const char *http_request_target(const struct http_request *r)
{
	return evhttp_request_get_uri(r->ev);
}

const char *http_request_path(const struct http_request *r)
{
	return r->path;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(r->ev), name);
}

const void *http_request_body(const struct http_request *r, size_t *len)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(r->ev);
	const void *bytes = NULL;

	*len = evbuffer_get_length(body);
	if (*len > 0)
		bytes = evbuffer_pullup(body, -1);
	return bytes ? bytes : "";
}

const char *http_request_peer(const struct http_request *r)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(r->ev);
	char *address = NULL;
	ev_uint16_t port;

	if (connection)
		evhttp_connection_get_peer(connection, &address, &port);
	return address ? address : "";
}

const struct form *http_request_form(struct http_request *r)
{
	if (r->form_state == FORM_UNREAD) {
		size_t len;
		const char *body = http_request_body(r, &len);

		r->form_state =
			form_parse(&r->form, body, len) == FORM_OK ? FORM_READ : FORM_BROKEN;
	}
	return r->form_state == FORM_READ ? &r->form : NULL;
}

const struct form *http_request_query(struct http_request *r)
{
	if (r->query_state == FORM_UNREAD) {
		const char *mark = strchr(http_request_target(r), '?');
		const char *text = mark ? mark + 1 : "";

		r->query_state = form_parse(&r->query, text, strlen(text)) == FORM_OK ? FORM_READ
										      : FORM_BROKEN;
	}
	return r->query_state == FORM_READ ? &r->query : NULL;
}

void http_request_on_late(struct http_request *r, void (*on_late)(void *), void *arg)
{
	r->on_late = on_late;
	r->on_late_arg = arg;
}

void http_request_reply_header(struct http_request *r, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(r->ev), name, value);
}

static void add_body(
	struct http_request *r, int status, const char *type, const void *body, size_t len)
{
	char length[24];

	/* Without a type evhttp would say "text/html; charset=ISO-8859-1". */
	if (status != 204)
		http_request_reply_header(
			r, "Content-Type", type ? type : "text/plain; charset=utf-8");
	http_request_reply_header(r, "X-Content-Type-Options", "nosniff");
	if (r->last || r->server->draining)
		http_request_reply_header(r, "Connection", "close");
	if (evhttp_request_get_command(r->ev) == EVHTTP_REQ_HEAD) {
		text_set(length, sizeof(length), "%zu", len);
		http_request_reply_header(r, "Content-Length", length);
	} else if (len > 0) {
		evbuffer_add(evhttp_request_get_output_buffer(r->ev), body, len);
	}
}

void http_request_reply(
	struct http_request *r, int status, const char *type, const void *body, size_t len)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(r->ev);
	struct evhttp_request *ev = r->ev;
	struct http_server *server = r->server;

	TAILQ_REMOVE(&server->owed, r, owed);
	server->unsent++;
	if (!connection) {
		/* The peer has gone; this call only lets evhttp free its request. */
		evhttp_send_reply(ev, status, NULL, NULL);
		request_sent(r);
		return;
	}
	add_body(r, status, type, body, len);
	reaper_touch(server->reaper, http_request_fd(r), clock_monotonic_ms());
	evhttp_request_set_on_complete_cb(ev, on_written, r);
	evhttp_connection_set_closecb(connection, on_closed, r);
	server->replying = true;
	evhttp_send_reply(ev, status, NULL, NULL);
	server->replying = false;
}

void http_request_drop(struct http_request *r)
{
	int fd = http_request_fd(r);

	/* What evhttp writes now goes nowhere; it then frees request and connection as usual. */
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
	r->last = true;
	http_request_reply(r, 503, NULL, NULL, 0);
}

void http_request_late(struct http_request *r)
{
	void (*on_late)(void *) = r->on_late;
	void *arg = r->on_late_arg;

	metric_add("warmline_http_late_total", "", 1);
	r->last = true;
	http_request_reply_header(r, "Retry-After", "1");
	http_request_reply(r, 503, NULL, "no answer in time\n", 18);
	if (on_late)
		on_late(arg);
}
