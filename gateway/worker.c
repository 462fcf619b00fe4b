#include "gateway/worker.h"

#include "gateway/adopted.h"
#include "gateway/canary.h"
#include "gateway/health.h"
#include "gateway/turn.h"
#include "gateway/webhook.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>

#define DRAIN_MS  14000
#define FLUSH_MS  1000 /* after the last reply: what waits for a working store gets so long */
#define MASTER_MS 1000

struct worker {
	const struct worker_start *start;
	struct event_base *base;
	struct store *store;
	struct spool *spool;
	struct adopted *adopted;
	struct poster *poster;
	struct canary *canary;
	struct health health;
	struct webhooks *webhooks;
	struct http_route *routes;
	char label[24]; /* of this worker's gauges */
	struct http_server *server;
	struct event *signals[2], *master_timer, *flush_timer;
	int64_t flush_until_ms;
	bool draining;
};

/* --- the end --------------------------------------------------------------------------------- */

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	const char *reason;

	(void)fd;
	(void)what;
	if (poster_waiting(w->poster) == 0 || !w->store->ops->up(w->store, &reason) ||
		clock_monotonic_ms() >= w->flush_until_ms)
		event_base_loopbreak(w->base);
}

static void on_drained(void *arg)
{
	struct worker *w = arg;
	struct timeval soon = {0, 20000};

	w->flush_until_ms = clock_monotonic_ms() + FLUSH_MS;
	event_add(w->flush_timer, &soon);
}

static void drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	log_event(LOG_LEVEL_INFO, "draining", "waiting=%zu", poster_waiting(w->poster));
	http_server_drain(w->server, DRAIN_MS, on_drained, w);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
}

/* The death signal can race with the master's death; asking cannot. */
static void on_master_timer(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (getppid() != w->start->master)
		drain(w);
}

/* --- the parts ------------------------------------------------------------------------------- */

static void set_signals(struct worker *w)
{
	struct timeval every = {MASTER_MS / 1000, 0};
	sigset_t none;

	signal(SIGPIPE, SIG_IGN);
	w->signals[0] = evsignal_new(w->base, SIGTERM, on_signal, w);
	w->signals[1] = evsignal_new(w->base, SIGINT, on_signal, w);
	w->master_timer = event_new(w->base, -1, EV_PERSIST, on_master_timer, w);
	w->flush_timer = event_new(w->base, -1, EV_PERSIST, on_flush, w);
	if (!w->signals[0] || !w->signals[1] || !w->master_timer || !w->flush_timer)
		fail_abort("out of memory");
	event_add(w->signals[0], NULL);
	event_add(w->signals[1], NULL);
	event_add(w->master_timer, &every);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void journal_folder(const struct worker_start *start, char folder[PATH_SIZE])
{
	char name[48];

	text_set(name, sizeof(name), "journal/gateway-%d", start->index);
	site_path(start->site, name, folder);
}

/* Journal, store and poster; what an earlier life left open is queued before anything new. */
static bool start_poster(struct worker *w, struct fail *fail)
{
	const struct worker_start *start = w->start;
	char folder[PATH_SIZE];
	struct spool_options options = {.folder = folder, .keys = start->keys};

	journal_folder(start, folder);
	w->spool = spool_open(w->base, &options, fail);
	if (!w->spool)
		return false;
	w->store = store_redis_new(w->base, &start->site->redis, start->keys);
	w->poster = poster_new(w->base, w->store, w->spool, start->index);
	poster_replay(w->poster, w->spool, true, 0);
	if (start->index == 0)
		w->adopted = adopted_open(w->base, start, w->poster);
	poster_begin(w->poster);
	w->canary = canary_new(w->base, w->store, w->poster, w->spool, folder);
	w->health = (struct health){
		.store = w->store, .spool = w->spool, .poster = w->poster, .worker = start->index};
	site_path(start->site, "journal", w->health.journal);
	health_start(&w->health, w->base);
	return true;
}

static bool start_server(struct worker *w, struct fail *fail)
{
	const struct site *site = w->start->site;
	const struct http_route own[] = {
		{"GET", "/healthz", health_live, &w->health, 0, NULL},
		{"GET", "/readyz", health_ready, &w->health, 0, NULL},
		{"GET", "/metrics", health_metrics, &w->health, 0, NULL},
		{NULL, NULL, NULL, NULL, 0, NULL},
	};

	w->webhooks = webhooks_new(site, w->start->keys, w->poster);
	w->routes = xcalloc(webhooks_count(site) + sizeof(own) / sizeof(own[0]), sizeof(own[0]));
	memcpy(w->routes + webhooks_routes(w->webhooks, w->routes), own, sizeof(own));
	text_set(w->label, sizeof(w->label), "worker=\"%d\"", w->start->index);
	w->server =
		http_server_new(w->base, w->routes, &(struct http_limits){.label = w->label}, fail);
	return w->server && http_server_listen(w->server, w->start->listen_fd, fail);
}

static void stop_parts(struct worker *w)
{
	http_server_free(&w->server);
	webhooks_free(&w->webhooks);
	free(w->routes);
	if (w->canary)
		canary_stop(w->canary);
	if (w->health.timer)
		health_stop(&w->health);
	if (w->poster)
		poster_stop(w->poster);
	if (w->store)
		w->store->ops->free(w->store);
	adopted_close(&w->adopted);
	if (w->spool)
		spool_close(&w->spool);
	poster_free(&w->poster);
	canary_free(&w->canary);
	for (int i = 0; i < 2; i++)
		event_free(w->signals[i]);
	event_free(w->master_timer);
	event_free(w->flush_timer);
	event_base_free(w->base);
}

int worker_run(const struct worker_start *start)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	struct fail fail;
	int code = 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != start->master)
		return 0;
	turn_begin(start->index);
	w->start = start;
	w->base = event_base_new();
	if (!w->base)
		fail_abort("no event loop: out of memory or descriptors");
	set_signals(w);
	if (start_poster(w, &fail) && start_server(w, &fail)) {
		log_event(LOG_LEVEL_INFO, "serving", "worker=%d", start->index);
		event_base_dispatch(w->base);
	} else {
		log_event(LOG_LEVEL_ERROR, "refused", "%s", fail.text);
		fprintf(stderr, "warmline-gateway: %s\n", fail.text);
		code = WORKER_REFUSED;
	}
	stop_parts(w);
	free(w);
	return code;
}
