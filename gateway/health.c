#include "gateway/health.h"
#include "gateway/metrics_page.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/metrics.h>

#define BEAT_S           1
#define SCHEDULER_LATE_S 20

static void on_beat(void *arg, enum store_result result)
{
	struct health *health = arg;

	(void)result;
	health->asking = false;
}

static void on_schedulers(
	void *arg, enum store_result result, const struct index_entry *entries, size_t n)
{
	struct health *health = arg;

	if (result == STORE_OK && n > 0)
		health->scheduler_ms = entries[n - 1].score;
}

static void publish(const struct health *health)
{
	struct spool_health journal;
	char label[24];

	spool_health(health->spool, &journal);
	text_set(label, sizeof(label), "worker=\"%d\"", health->worker);
	metric_set("warmline_journal_up", label, journal.up);
	metric_set("warmline_journal_records", label, (int64_t)journal.records);
	metric_set("warmline_journal_quarantined_bytes", label, (int64_t)journal.quarantined_bytes);
	metric_set("warmline_journal_disk_free_percent", label, journal.free_percent);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct health *health = arg;
	const struct store_ops *ops = health->store->ops;

	(void)fd;
	(void)what;
	publish(health);
	spool_trim(health->spool, clock_wall_ms());
	if (health->asking)
		return;
	health->asking = true;
	ops->heartbeat(health->store, "gateway", health->who, on_beat, health);
	ops->list(health->store, -1, "alive:scheduler", on_schedulers, health);
}

void health_start(struct health *health, struct event_base *base)
{
	struct timeval every = {BEAT_S, 0};
	char host[48] = "";

	gethostname(host, sizeof(host) - 1);
	text_set(health->who, sizeof(health->who), "%s:%d", host, (int)getpid());
	health->timer = event_new(base, -1, EV_PERSIST, on_timer, health);
	if (!health->timer)
		fail_abort("out of memory");
	event_add(health->timer, &every);
	publish(health);
}

void health_stop(struct health *health)
{
	event_free(health->timer);
	health->timer = NULL;
}

/* --- pages ----------------------------------------------------------------------------------- */

static void reply_buffer(
	struct http_request *r, int status, const char *type, struct evbuffer *text)
{
	size_t len = evbuffer_get_length(text);
	const void *bytes = len ? (const void *)evbuffer_pullup(text, -1) : "";

	http_request_reply_header(r, "Cache-Control", "no-store");
	http_request_reply(r, status, type, bytes, len);
	evbuffer_free(text);
}

static bool add_journal(const struct health *health, struct evbuffer *out)
{
	struct spool_health journal;

	spool_health(health->spool, &journal);
	if (!journal.up)
		evbuffer_add_printf(out, "journal: %s\n", journal.reason);
	else if (journal.free_percent < 20)
		evbuffer_add_printf(out, "journal: works, but only %lld %% of its disk is free\n",
			(long long)journal.free_percent);
	return journal.up;
}

static bool add_store(const struct health *health, struct evbuffer *out)
{
	const char *reason = "";

	if (health->store->ops->up(health->store, &reason))
		return true;
	evbuffer_add_printf(
		out, "store: %s; texts are kept in the journal until it is back\n", reason);
	return false;
}

/* Told, but no reason for 503: texts are taken and kept all the same. */
static void add_scheduler(const struct health *health, struct evbuffer *out)
{
	int64_t age = (clock_wall_ms() - health->scheduler_ms) / 1000;

	if (!health->scheduler_ms)
		evbuffer_add_printf(out, "scheduler: none has been seen yet\n");
	else if (age > SCHEDULER_LATE_S)
		evbuffer_add_printf(
			out, "scheduler: silent for %lld s; nothing is decided\n", (long long)age);
}

void health_live(struct http_request *r, void *arg)
{
	const struct health *health = arg;
	struct evbuffer *out = evbuffer_new();
	bool up = add_journal(health, out);

	if (up)
		evbuffer_drain(out, evbuffer_get_length(out));
	if (up)
		evbuffer_add_printf(out, "ok\n");
	reply_buffer(r, up ? 200 : 503, NULL, out);
}

void health_ready(struct http_request *r, void *arg)
{
	const struct health *health = arg;
	struct evbuffer *out = evbuffer_new();
	bool journal = add_journal(health, out), store = add_store(health, out);

	add_scheduler(health, out);
	if (poster_waiting(health->poster) > 0)
		evbuffer_add_printf(
			out, "waiting for the store: %zu\n", poster_waiting(health->poster));
	if (journal && store)
		evbuffer_add_printf(out, "ready\n");
	reply_buffer(r, journal && store ? 200 : 503, NULL, out);
}

void health_metrics(struct http_request *r, void *arg)
{
	const struct health *health = arg;
	struct evbuffer *out = evbuffer_new();

	metrics_page(out, health->journal);
	reply_buffer(r, 200, "text/plain; version=0.0.4; charset=utf-8", out);
}
