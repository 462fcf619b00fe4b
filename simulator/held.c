#include "simulator/held.h"

#include <event2/event.h>
#include <string.h>
#include <utlist.h>
#include <warmline/fail.h>

struct waiting {
	struct held *held;
	struct http_request *request;
	struct event *timer;
	char *json; /* NULL = no answer */
	int status;
	struct waiting *prev, *next;
};
struct held {
	struct event_base *base;
	struct waiting *all;
};

struct held *held_new(struct event_base *base)
{
	struct held *h = xcalloc(1, sizeof(*h));

	h->base = base;
	return h;
}

static void forget(struct waiting *w)
{
	DL_DELETE(w->held->all, w);
	event_free(w->timer);
	free(w->json);
	free(w);
}

static void let_go(struct waiting *w)
{
	if (w->json)
		http_request_reply(
			w->request, w->status, "application/json", w->json, strlen(w->json));
	else
		http_request_drop(w->request);
	forget(w);
}

static void due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	let_go(arg);
}

static void late(void *arg)
{
	forget(arg);
}

static void hold(struct held *h, struct http_request *request, int64_t ms, int status, char *json)
{
	const struct timeval wait = {ms / 1000, (ms % 1000) * 1000};
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->held = h;
	w->request = request;
	w->status = status;
	w->json = json;
	w->timer = evtimer_new(h->base, due, w);
	if (!w->timer || evtimer_add(w->timer, &wait) < 0)
		fail_abort("out of memory");
	DL_APPEND(h->all, w);
	http_request_on_late(request, late, w);
}

void held_reply(
	struct held *h, struct http_request *request, int64_t ms, int status, const char *json)
{
	hold(h, request, ms, status, xstrdup(json));
}

void held_drop(struct held *h, struct http_request *request, int64_t ms)
{
	hold(h, request, ms, 0, NULL);
}

void held_release(struct held *h)
{
	struct waiting *w, *next;

	DL_FOREACH_SAFE(h->all, w, next)
	let_go(w);
}

void held_free(struct held **held)
{
	struct waiting *w, *next;

	if (!*held)
		return;
	DL_FOREACH_SAFE((*held)->all, w, next)
	forget(w);
	free(*held);
	*held = NULL;
}
