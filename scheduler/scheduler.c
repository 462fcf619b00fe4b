#include "scheduler/scheduler.h"
#include "scheduler/decider.h"
#include "scheduler/forwarder.h"
#include "scheduler/gauge.h"
#include "scheduler/heart.h"
#include "scheduler/ledger.h"
#include "scheduler/outage.h"
#include "scheduler/sender.h"

#include <event2/event.h>
#include <warmline/clock.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define BEAT_MS   25
#define SETTLE_MS 3000

struct scheduler {
	struct scheduler_options options;
	struct outage outage;
	struct http_client *client;
	struct ledger *ledger;
	struct decider *decider;
	struct forwarder *forwarder;
	struct sender *sender;
	struct heart heart;
	struct gauge gauge;
	struct event *beat;
	int64_t beaten_ms;
	bool quit;
	void (*drained)(void *arg);
	void *drained_arg;
	int64_t drained_by_ms;
};

static void on_texts(void *arg, int partition, int64_t now_ms, int64_t due_ms)
{
	struct scheduler *s = arg;

	sender_wake(s->sender, partition, now_ms, due_ms);
}

static void on_observed(void *arg, const char *account, int64_t latency_ms)
{
	struct scheduler *s = arg;

	sender_observe(s->sender, account, latency_ms, clock_monotonic_ms());
}

static void on_transit(void *arg, int partition)
{
	struct scheduler *s = arg;

	forwarder_ring(s->forwarder, partition);
}

/* The bell does not say what happened there, so everybody looks. */
static void on_bell(void *arg, int partition)
{
	struct scheduler *s = arg;

	if (s->quit)
		return;
	decider_ring(s->decider, partition);
	sender_ring(s->sender, partition);
	forwarder_ring(s->forwarder, partition);
}

static void on_loss(void *arg, int64_t since_ms)
{
	struct scheduler *s = arg;

	sender_recall_lost(s->sender, since_ms);
}

static void look_whether_drained(struct scheduler *s, int64_t now_ms)
{
	void (*drained)(void *arg) = s->drained;
	size_t busy = scheduler_busy(s);

	if (!drained || (busy && now_ms < s->drained_by_ms))
		return;
	s->drained = NULL;
	if (busy)
		log_event(LOG_LEVEL_WARN, "drain-cut", "%zu calls and texts were still under way",
			busy);
	drained(s->drained_arg);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *s = arg;
	int64_t now_ms = clock_monotonic_ms();

	(void)fd;
	(void)what;
	metric_set("warmline_loop_lag_ms", "", now_ms - s->beaten_ms - BEAT_MS);
	s->beaten_ms = now_ms;
	sender_beat(s->sender, now_ms);
	decider_beat(s->decider, now_ms);
	forwarder_beat(s->forwarder, now_ms);
	heart_beat(&s->heart, now_ms);
	if (s->ledger) {
		ledger_beat(s->ledger, now_ms);
		gauge_beat(&s->gauge, ledger_folder(s->ledger), now_ms);
	}
	if (!sender_recalls(s->sender))
		heart_repaired(&s->heart);
	look_whether_drained(s, now_ms);
}

static bool sender_open(struct scheduler *s, int64_t now_ms, struct fail *fail)
{
	struct sender_options options = {.store = s->options.store,
		.accounts = s->options.accounts,
		.naccounts = s->options.naccounts,
		.programs = s->options.house->programs,
		.nprograms = s->options.house->nprograms,
		.public_url = s->options.public_url,
		.outage = &s->outage,
		.ledger = s->ledger,
		.http_ms = s->options.http_ms};

	s->client = options.client = http_client_new(s->options.base, fail);
	if (!s->client)
		return false;
	s->sender = sender_new(&options, now_ms, fail);
	return s->sender != NULL;
}

/* Each start tells what an earlier process left, and what the store may have lost before. */
static void heart_start(struct scheduler *s)
{
	struct heart_options options = {.store = s->options.store,
		.outage = &s->outage,
		.folder = s->ledger ? ledger_folder(s->ledger) : NULL,
		.rest_ms = s->options.rest_ms,
		.on_loss = on_loss,
		.arg = s};

	sender_recall(s->sender, heart_open(&s->heart, &options));
}

static bool beat_start(struct scheduler *s, struct fail *fail)
{
	struct timeval every = {.tv_usec = BEAT_MS * 1000L};

	s->beat = event_new(s->options.base, -1, EV_PERSIST, on_beat, s);
	if (s->beat && event_add(s->beat, &every) == 0)
		return true;
	return fail_set(fail, "the event loop takes no timer");
}

struct scheduler *scheduler_start(const struct scheduler_options *options, struct fail *fail)
{
	struct scheduler *s = xcalloc(1, sizeof(*s));
	int64_t now_ms = s->beaten_ms = clock_monotonic_ms();
	struct decider_options deciding = {.store = options->store,
		.house = options->house,
		.keys = options->keys,
		.outage = &s->outage,
		.lease_ms = options->lease_ms,
		.on_texts = on_texts,
		.on_transit = on_transit,
		.on_observed = on_observed,
		.arg = s};

	s->options = *options;
	outage_open(&s->outage, options->settle_ms < 0 ? SETTLE_MS : options->settle_ms);
	if (options->journal)
		s->ledger = ledger_new(options->base, options->journal, options->keys);
	s->decider = decider_new(&deciding, now_ms);
	s->forwarder = forwarder_new(options->store, &s->outage, now_ms);
	if (!sender_open(s, now_ms, fail) || !beat_start(s, fail)) {
		scheduler_free(&s);
		return NULL;
	}
	heart_start(s);
	options->store->ops->bell(options->store, on_bell, s);
	return s;
}

size_t scheduler_busy(const struct scheduler *s)
{
	return decider_busy(s->decider) + forwarder_busy(s->forwarder) + sender_busy(s->sender);
}

void scheduler_drain(struct scheduler *s, int64_t most_ms, void (*done)(void *arg), void *arg)
{
	decider_stop(s->decider);
	forwarder_stop(s->forwarder);
	sender_stop(s->sender);
	s->heart.stopped = true;
	s->drained = done;
	s->drained_arg = arg;
	s->drained_by_ms = clock_monotonic_ms() + most_ms;
}

void scheduler_quit(struct scheduler *s)
{
	s->quit = true;
	decider_stop(s->decider);
	forwarder_stop(s->forwarder);
	sender_quit(s->sender);
	heart_close(&s->heart);
	if (s->beat)
		event_del(s->beat);
}

void scheduler_free(struct scheduler **scheduler)
{
	struct scheduler *s = *scheduler;

	*scheduler = NULL;
	if (!s)
		return;
	if (s->beat)
		event_free(s->beat);
	sender_free(&s->sender);
	http_client_free(&s->client);
	forwarder_free(&s->forwarder);
	decider_free(&s->decider);
	ledger_free(&s->ledger);
	free(s);
}
