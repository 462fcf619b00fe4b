/*
 * libcurl's multi interface on the event loop.
 *
 *   http_call → libcurl (sockets and one timer on the loop) → collect → complete → callback
 *
 * libcurl forbids calls into it from its own callbacks: those only arm events. What ended is
 * collected after each socket action and completed from an event of its own, so that a callback
 * may start, cancel or free whatever it likes.
 */
#include "platform/http_exchange.h"

#include <event2/event.h>

TAILQ_HEAD(exchanges, http_exchange);

struct http_client {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	struct event *complete;
	struct exchanges running, done;
	size_t busy;
	bool completing, doomed; /* freed from inside a callback: done when it returns */
};

struct watched {
	struct event *event;
};

/* --- libcurl's side: arm events, nothing else ------------------------------------------------ */

static void collect(struct http_client *client);

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *client = arg;
	int running, flags = 0;

	if (what & EV_READ)
		flags |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(client->multi, fd, flags, &running);
	collect(client);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *client = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(client);
}

static int want_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *client = arg;
	struct timeval t = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

	(void)multi;
	if (ms < 0)
		return evtimer_del(client->timer);
	return evtimer_add(client->timer, &t);
}

static void watched_free(struct watched *watched)
{
	if (watched->event)
		event_free(watched->event);
	free(watched);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *per_socket)
{
	struct http_client *client = arg;
	struct watched *watched = per_socket;
	short events = EV_PERSIST;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watched)
			watched_free(watched);
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (!watched) {
		watched = xcalloc(1, sizeof(*watched));
		curl_multi_assign(client->multi, fd, watched);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	if (watched->event)
		event_free(watched->event);
	watched->event = event_new(client->base, fd, events, on_socket, client);
	return watched->event && event_add(watched->event, NULL) == 0 ? 0 : -1;
}

/* --- our side -------------------------------------------------------------------------------- */

static void finished(struct http_client *client, struct http_exchange *x)
{
	x->state = EXCHANGE_DONE;
	TAILQ_INSERT_TAIL(&client->done, x, entry);
	event_active(client->complete, 0, 1);
}

static void collect(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		char *data = NULL;
		struct http_exchange *x;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
		x = (void *)data;
		x->code = message->data.result; /* `message` dies with the next line */
		curl_multi_remove_handle(client->multi, x->easy);
		TAILQ_REMOVE(&client->running, x, entry);
		finished(client, x);
	}
}

static void client_destroy(struct http_client *client)
{
	if (client->multi)
		curl_multi_cleanup(client->multi);
	if (client->timer)
		event_free(client->timer);
	if (client->complete)
		event_free(client->complete);
	free(client);
}

static void on_complete(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *client = arg;
	struct http_exchange *x;

	(void)fd;
	(void)what;
	client->completing = true;
	while ((x = TAILQ_FIRST(&client->done))) {
		struct http_answer answer;

		TAILQ_REMOVE(&client->done, x, entry);
		x->state = EXCHANGE_COMPLETING;
		client->busy--;
		exchange_judge(x, &answer);
		x->cb(x->arg, &answer);
		exchange_free(x);
	}
	client->completing = false;
	if (client->doomed)
		client_destroy(client);
}

static bool client_open(struct http_client *client)
{
	CURLM *multi = client->multi = curl_multi_init();

	client->timer = evtimer_new(client->base, on_timer, client);
	client->complete = event_new(client->base, -1, 0, on_complete, client);
	if (!multi || !client->timer || !client->complete)
		return false;
	return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK;
}

struct http_client *http_client_new(struct event_base *base, struct fail *fail)
{
	struct http_client *client;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		fail_set(fail, "libcurl could not start: check that libcurl4 is installed whole");
		return NULL;
	}
	client = xcalloc(1, sizeof(*client));
	client->base = base;
	TAILQ_INIT(&client->running);
	TAILQ_INIT(&client->done);
	if (!client_open(client)) {
		fail_set(fail, "the HTTP client could not be put on the event loop");
		client_destroy(client);
		return NULL;
	}
	return client;
}

struct http_exchange *http_call(
	struct http_client *client, const struct http_call *call, http_answer_cb *cb, void *arg)
{
	struct http_exchange *x = exchange_new(call);

	x->client = client;
	x->cb = cb;
	x->arg = arg;
	client->busy++;
	if (!x->refused && curl_multi_add_handle(client->multi, x->easy) != CURLM_OK)
		x->refused = "libcurl did not take the request";
	if (x->refused)
		finished(client, x);
	else
		TAILQ_INSERT_TAIL(&client->running, x, entry);
	return x;
}

void http_exchange_cancel(struct http_exchange **exchange)
{
	struct http_exchange *x = *exchange;

	*exchange = NULL;
	if (!x || x->state == EXCHANGE_COMPLETING)
		return;
	if (x->state == EXCHANGE_RUNNING) {
		curl_multi_remove_handle(x->client->multi, x->easy);
		TAILQ_REMOVE(&x->client->running, x, entry);
	} else {
		TAILQ_REMOVE(&x->client->done, x, entry);
	}
	x->client->busy--;
	exchange_free(x);
}

size_t http_client_busy(const struct http_client *client)
{
	return client->busy;
}

void http_client_free(struct http_client **client)
{
	struct http_client *c = *client;
	struct http_exchange *x;

	*client = NULL;
	if (!c)
		return;
	while ((x = TAILQ_FIRST(&c->running)))
		http_exchange_cancel(&x);
	while ((x = TAILQ_FIRST(&c->done)))
		http_exchange_cancel(&x);
	if (c->completing)
		c->doomed = true;
	else
		client_destroy(c);
}
