/*
 * ask → on_transit → for each event: post → on_posted → transit_done → on_done
 */
#include "scheduler/forwarder.h"
#include "scheduler/chance.h"
#include "scheduler/rounds.h"

#include <warmline/clock.h>
#include <warmline/event.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define LEASE_MS 3000
#define BATCH    32
#define ASKS     4
#define PARCELS  256  /* on their way at once */
#define CYCLE_MS 1000 /* commits and bells ring us; the beat is for what a dead process left */

struct forwarder {
	struct store *store;
	struct outage *outage;
	struct rounds rounds;
	size_t parcels;
	bool stopped;
};

struct question {
	struct forwarder *forwarder;
	int partition;
};

struct parcel {
	struct forwarder *forwarder;
	int partition;
	char id[EVENT_ID_SIZE];
};

static void pump(struct forwarder *f, int64_t now_ms);

static void parcel_over(struct parcel *parcel)
{
	struct forwarder *f = parcel->forwarder;

	f->parcels--;
	free(parcel);
	pump(f, clock_monotonic_ms());
}

static void on_done(void *arg, enum store_result result)
{
	(void)result; /* not ticked off: the lease brings it back, and the receiver knows it */
	parcel_over(arg);
}

static void on_posted(void *arg, enum store_result result, const char *actor)
{
	struct parcel *parcel = arg;
	struct forwarder *f = parcel->forwarder;

	(void)actor;
	if (result == STORE_OK || result == STORE_DUPLICATE) {
		metric_add("warmline_forwarded_total", "", 1);
		f->store->ops->transit_done(
			f->store, parcel->partition, parcel->id, on_done, parcel);
		return;
	}
	metric_add("warmline_forward_left_total", "", 1);
	log_limited(LOG_LEVEL_WARN, "forward-left",
		"partition=%d result=%s; its lease brings it back", parcel->partition,
		store_result_name(result));
	parcel_over(parcel);
}

static void forward(struct forwarder *f, int partition, const struct transit *item)
{
	struct parcel *parcel;

	if (strlen(item->id) >= EVENT_ID_SIZE) {
		metric_add("warmline_forward_left_total", "", 1);
		log_limited(LOG_LEVEL_ERROR, "forward-broken",
			"partition=%d; an event id is longer than %d bytes", partition,
			EVENT_ID_SIZE - 1);
		return;
	}
	parcel = xcalloc(1, sizeof(*parcel));
	parcel->forwarder = f;
	parcel->partition = partition;
	text_set(parcel->id, sizeof(parcel->id), "%s", item->id);
	f->parcels++;
	f->store->ops->post(f->store, &item->post, on_posted, parcel);
}

static void on_transit(void *arg, enum store_result result, const struct transit *items, size_t n)
{
	struct question *question = arg;
	struct forwarder *f = question->forwarder;
	int64_t now_ms = clock_monotonic_ms();

	rounds_answered(&f->rounds, question->partition);
	outage_heard(f->outage, result, now_ms);
	if (result == STORE_BROKEN)
		log_limited(LOG_LEVEL_ERROR, "forward-broken",
			"partition=%d; something there does not open with our keys",
			question->partition);
	for (size_t i = 0; i < n; i++)
		forward(f, question->partition, &items[i]);
	if (result == STORE_OK && n == BATCH)
		rounds_ring(&f->rounds, question->partition);
	free(question);
	pump(f, now_ms);
}

static bool may_ask(struct forwarder *f, int64_t now_ms)
{
	size_t parcels = f->parcels + (size_t)f->rounds.outstanding * BATCH;

	if (f->stopped || parcels + BATCH > PARCELS || f->rounds.outstanding >= f->rounds.most)
		return false;
	return f->rounds.rung & ~f->rounds.asked && outage_may_ask(f->outage, now_ms);
}

static void pump(struct forwarder *f, int64_t now_ms)
{
	while (may_ask(f, now_ms)) {
		struct question *question = xcalloc(1, sizeof(*question));

		question->forwarder = f;
		question->partition = rounds_take(&f->rounds);
		f->store->ops->transit(
			f->store, question->partition, BATCH, LEASE_MS, on_transit, question);
	}
}

struct forwarder *forwarder_new(struct store *store, struct outage *outage, int64_t now_ms)
{
	struct forwarder *f = xcalloc(1, sizeof(*f));

	f->store = store;
	f->outage = outage;
	rounds_open(&f->rounds, (unsigned)(chance() % PARTITIONS), ASKS, CYCLE_MS, now_ms);
	return f;
}

void forwarder_ring(struct forwarder *f, int partition)
{
	rounds_ring(&f->rounds, partition);
	pump(f, clock_monotonic_ms());
}

void forwarder_beat(struct forwarder *f, int64_t now_ms)
{
	rounds_beat(&f->rounds, now_ms);
	pump(f, now_ms);
}

void forwarder_stop(struct forwarder *f)
{
	f->stopped = true;
}

size_t forwarder_busy(const struct forwarder *f)
{
	return f->parcels + f->rounds.outstanding;
}

void forwarder_free(struct forwarder **f)
{
	free(*f);
	*f = NULL;
}
