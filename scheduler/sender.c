#include "scheduler/sender.h"
#include "scheduler/attempt.h"
#include "scheduler/chance.h"
#include "scheduler/rounds.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define CLAIM_LEASE_MS 5000 /* until begin, which follows at once and renews it */
#define BATCH          8    /* texts of a claim, for lane 0 and for the routine */
#define ASKS           4
#define CYCLE_MS       500
#define WAKE_LATE_MS   5   /* a question that comes too early finds nothing */
#define STILL_MS       250 /* no beat for so long: the process stood still */

struct work {
	struct rounds rounds;
	uint64_t hungry; /* a bit per partition: routine texts wait there for room */
	unsigned hungry_next;
	size_t crisis_room, routine_room; /* how many may be on their way at once */
	size_t crisis, routine;           /* on their way */
	size_t crisis_asked, routine_asked;
};

struct question {
	struct sender *sender;
	int partition;
	size_t crisis, routine; /* room kept for the answer */
};

static void pump(struct sender *s, int64_t now_ms);

/* --- what a claim may bring
 * ------------------------------------------------------------------------ */

static bool is_hungry(const struct work *w)
{
	return w->hungry & ~w->rounds.asked;
}

static size_t left_of(size_t room, size_t taken)
{
	return taken < room ? room - taken : 0;
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

static size_t crisis_room(const struct work *w)
{
	return at_most(left_of(w->crisis_room, w->crisis + w->crisis_asked), BATCH);
}

/* What all accounts together have room for; which of them a text needs, its claim will show. */
static size_t routine_room(struct sender *s, int64_t now_ms)
{
	struct work *w = s->work;
	size_t room;

	if (outage_routine_rests(s->options.outage, now_ms) || sender_recalls(s))
		return 0;
	room = left_of(w->routine_room, w->routine + w->routine_asked);
	room = at_most(room, left_of(channels_room(&s->channels, now_ms), w->routine_asked));
	return at_most(room, BATCH);
}

/* One partition of which we know that routine texts wait there, in turn. */
static void feed_hungry(struct work *w)
{
	for (unsigned i = 0; i < PARTITIONS; i++) {
		unsigned p = (w->hungry_next + i) % PARTITIONS;

		if (!(w->hungry & ~w->rounds.asked & (UINT64_C(1) << p)))
			continue;
		w->hungry &= ~(UINT64_C(1) << p);
		w->hungry_next = p + 1;
		rounds_ring(&w->rounds, (int)p);
		return;
	}
}

/* Replies and scheduled texts share the room, so that neither starves the other. */
static void split(size_t routine, size_t max[LANES])
{
	size_t half = routine / 2;

	if (routine % 2 && chance() % 2)
		half++;
	max[LANE_REPLY] = routine - half;
	max[LANE_SCHEDULED] = half;
}

/* --- claim
 * ----------------------------------------------------------------------------------------- */

static void take_jobs(struct sender *s, const struct job_batch *batch)
{
	struct work *w = s->work;

	for (size_t i = 0; i < batch->n; i++)
		*(batch->items[i].lane == LANE_CRISIS ? &w->crisis : &w->routine) += 1;
	metric_add("warmline_jobs_claimed_total", "", (int64_t)batch->n);
	for (size_t i = 0; i < batch->n; i++)
		attempt_start(s, &batch->items[i]);
}

static void on_jobs(void *arg, enum store_result result, const struct job_batch *batch)
{
	struct question *q = arg;
	struct sender *s = q->sender;
	struct work *w = s->work;
	int64_t now_ms = clock_monotonic_ms();

	rounds_answered(&w->rounds, q->partition);
	w->crisis_asked -= q->crisis;
	w->routine_asked -= q->routine;
	outage_heard(s->options.outage, result, now_ms);
	if (result == STORE_BROKEN)
		log_limited(LOG_LEVEL_ERROR, "outbox-broken",
			"partition=%d; something there does not open with our keys", q->partition);
	if (result == STORE_OK && batch) {
		s->ahead_ms = batch->now_ms - now_ms;
		take_jobs(s, batch);
		if (batch->more && batch->n == 0)
			w->hungry |= UINT64_C(1) << q->partition;
		else if (batch->more)
			rounds_ring(&w->rounds, q->partition);
	}
	free(q);
	pump(s, clock_monotonic_ms());
}

static void ask(struct sender *s, size_t crisis, size_t routine)
{
	struct work *w = s->work;
	struct question *q = xcalloc(1, sizeof(*q));
	size_t max[LANES] = {crisis};

	q->sender = s;
	q->partition = rounds_take(&w->rounds);
	q->crisis = crisis;
	q->routine = routine;
	w->crisis_asked += crisis;
	w->routine_asked += routine;
	split(routine, max);
	s->options.store->ops->jobs(
		s->options.store, q->partition, max, CLAIM_LEASE_MS, on_jobs, q);
}

static void pump(struct sender *s, int64_t now_ms)
{
	struct work *w = s->work;

	while (!s->stopped && w->rounds.outstanding < w->rounds.most) {
		bool rung = w->rounds.rung & ~w->rounds.asked;
		size_t crisis = crisis_room(w), routine = 0;

		if (!rung && !is_hungry(w))
			return;
		routine = routine_room(s, now_ms);
		if (!rung && routine)
			feed_hungry(w);
		if ((!rung && !routine) || (!crisis && !routine) ||
			!outage_may_ask(s->options.outage, now_ms))
			return;
		ask(s, crisis, routine);
	}
}

/* --- attempts
 * -------------------------------------------------------------------------------------- */

void sender_attempt_over(struct attempt *a)
{
	struct sender *s = a->sender;

	*(a->lane == LANE_CRISIS ? &s->work->crisis : &s->work->routine) -= 1;
	attempt_unroute(a);
	TAILQ_REMOVE(&s->attempts, a, entry);
	attempt_free(a);
	pump(s, clock_monotonic_ms());
}

void sender_attempt_wake(struct attempt *a, int64_t at_ms)
{
	rounds_wake(&a->sender->work->rounds, actor_partition(a->actor.text),
		at_ms - a->sender->ahead_ms + WAKE_LATE_MS);
}

static void wake_waiting(struct sender *s, int64_t now_ms)
{
	struct attempt *a;

	if (s->quit)
		return;
	TAILQ_FOREACH(a, &s->attempts, entry)
	{
		if (a->again_ms && a->again_ms <= now_ms)
			attempt_finish_again(a);
		if (a->journal_by_ms && a->journal_by_ms <= now_ms)
			attempt_journal_late(a);
	}
}

/* --- what a store forgot
 * --------------------------------------------------------------------------- */

static bool is_live(void *arg, const char *job, uint64_t fence)
{
	const struct sender *s = arg;
	const struct attempt *a;

	TAILQ_FOREACH(a, &s->attempts, entry)
	if (a->fence == fence && strcmp(a->job, job) == 0)
		return true;
	return false;
}

void sender_recall(struct sender *s, int64_t since_ms)
{
	if (s->recaller)
		recaller_start(s->recaller, since_ms, false);
}

void sender_recall_lost(struct sender *s, int64_t since_ms)
{
	struct attempt *a;

	TAILQ_FOREACH(a, &s->attempts, entry)
	a->forgotten = true;
	if (s->recaller)
		recaller_start(s->recaller, since_ms, true);
}

/* What was on its way when the store forgot is told when it has ended, and waited for. */
bool sender_recalls(const struct sender *s)
{
	const struct attempt *a;

	if (s->recaller && recaller_busy(s->recaller))
		return true;
	TAILQ_FOREACH(a, &s->attempts, entry)
	if (a->forgotten && !attempt_is_crisis(a))
		return true;
	return false;
}

/* --- the sender
 * ------------------------------------------------------------------------------------ */

static struct work *work_new(const struct channels *channels, int64_t now_ms)
{
	struct work *w = xcalloc(1, sizeof(*w));

	for (size_t i = 0; i < channels->n; i++) {
		size_t room = channels->items[i].in_flight;

		w->crisis_room += room > BATCH ? room : BATCH;
		w->routine_room += channels->items[i].most;
	}
	rounds_open(&w->rounds, (unsigned)(chance() % PARTITIONS), ASKS, CYCLE_MS, now_ms);
	return w;
}

struct sender *sender_new(const struct sender_options *options, int64_t now_ms, struct fail *fail)
{
	struct sender *s = xcalloc(1, sizeof(*s));

	s->options = *options;
	TAILQ_INIT(&s->attempts);
	if (!channels_open(&s->channels, options->accounts, options->naccounts, now_ms, fail)) {
		sender_free(&s);
		return NULL;
	}
	s->beat_ms = now_ms;
	s->stood_still_ms = now_ms - 1;
	s->work = work_new(&s->channels, now_ms);
	if (options->ledger)
		s->recaller = recaller_new(&(struct recaller_options){.store = options->store,
			.ledger = options->ledger,
			.outage = options->outage,
			.is_live = is_live,
			.arg = s});
	return s;
}

void sender_ring(struct sender *s, int partition)
{
	rounds_ring(&s->work->rounds, partition);
	pump(s, clock_monotonic_ms());
}

void sender_wake(struct sender *s, int partition, int64_t now_ms, int64_t due_ms)
{
	if (due_ms <= now_ms)
		sender_ring(s, partition);
	else
		rounds_wake(&s->work->rounds, partition,
			clock_monotonic_ms() + due_ms - now_ms + WAKE_LATE_MS);
}

void sender_observe(struct sender *s, const char *account, int64_t latency_ms, int64_t now_ms)
{
	channels_observed(&s->channels, account, latency_ms, now_ms);
}

void sender_beat(struct sender *s, int64_t now_ms)
{
	if (now_ms - s->beat_ms > STILL_MS)
		s->stood_still_ms = now_ms;
	s->beat_ms = now_ms;
	rounds_beat(&s->work->rounds, now_ms);
	wake_waiting(s, now_ms);
	channels_beat(&s->channels, now_ms);
	if (s->recaller)
		recaller_beat(s->recaller, now_ms);
	metric_set("warmline_texts_in_flight", "lane=\"crisis\"", (int64_t)s->work->crisis);
	metric_set("warmline_texts_in_flight", "lane=\"routine\"", (int64_t)s->work->routine);
	pump(s, now_ms);
}

void sender_stop(struct sender *s)
{
	s->stopped = true;
}

void sender_quit(struct sender *s)
{
	s->stopped = s->quit = true;
	if (s->recaller)
		recaller_quit(s->recaller);
}

size_t sender_busy(const struct sender *s)
{
	const struct attempt *a;
	size_t n = s->work->rounds.outstanding;

	TAILQ_FOREACH(a, &s->attempts, entry)
	n++;
	return n;
}

void sender_free(struct sender **sender)
{
	struct sender *s = *sender;
	struct attempt *a;

	*sender = NULL;
	if (!s)
		return;
	while ((a = TAILQ_FIRST(&s->attempts))) {
		if (a->verdict.result == JOB_ACCEPTED && a->verdict.said)
			log_event(LOG_LEVEL_ERROR, "accepted-unrecorded",
				"job=%s attempt=%d provider_id=%s; its receipt will tell", a->job,
				a->number, a->verdict.provider_id);
		TAILQ_REMOVE(&s->attempts, a, entry);
		attempt_free(a);
	}
	recaller_free(&s->recaller);
	channels_close(&s->channels);
	free(s->work);
	free(s);
}
