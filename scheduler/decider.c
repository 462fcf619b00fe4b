/*
 * ask → on_claimed → for each actor: hear, decide, commit (pipelined) → on_committed
 */
#include "scheduler/decider.h"
#include "scheduler/chance.h"
#include "scheduler/hearing.h"
#include "scheduler/rounds.h"
#include "scheduler/writes.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define LEASE_MS   8000
#define BATCH      32  /* actors of a claim */
#define CLAIMS     8   /* partitions asked at once */
#define ACTORS     512 /* claimed and not yet committed */
#define CYCLE_MS   250 /* every partition is asked so often without a bell */
#define BROKEN_MAX 256

struct decider {
	struct decider_options options;
	struct rounds rounds;
	size_t commits; /* under way */
	bool stopped;
	uint64_t broken[BROKEN_MAX]; /* actors already put into the index by this process */
	size_t nbroken;
};

struct claim { /* one question to one partition */
	struct decider *decider;
	int partition;
};

struct pledge { /* one commit under way */
	struct decider *decider;
	struct actor_id actor;
	bool texts, transit;
	int64_t now_ms, due_ms;
};

static void pump(struct decider *d, int64_t now_ms);

/* --- commit ---------------------------------------------------------------------------------- */

static void on_committed(void *arg, enum store_result result)
{
	struct pledge *pledge = arg;
	struct decider *d = pledge->decider;
	int partition = actor_partition(pledge->actor.text);

	d->commits--;
	if (result == STORE_OK && pledge->texts && d->options.on_texts)
		d->options.on_texts(d->options.arg, partition, pledge->now_ms, pledge->due_ms);
	if (result == STORE_OK && pledge->transit && d->options.on_transit)
		d->options.on_transit(d->options.arg, partition);
	switch (result) {
	case STORE_OK: metric_add("warmline_commits_total", "result=\"ok\"", 1); break;
	case STORE_LOST:
		/* Our lease was over and somebody else decided: theirs counts. */
		metric_add("warmline_commits_total", "result=\"lost\"", 1);
		log_limited(LOG_LEVEL_INFO, "commit-lost", "actor=%s", pledge->actor.text);
		break;
	default:
		metric_add("warmline_commits_total", "result=\"left\"", 1);
		log_limited(LOG_LEVEL_WARN, "commit-left",
			"actor=%s result=%s; its lease brings it back", pledge->actor.text,
			store_result_name(result));
	}
	free(pledge);
	pump(d, clock_monotonic_ms());
}

static void pledge_note(struct pledge *pledge, const struct store_write *w)
{
	int partition = actor_partition(pledge->actor.text);

	if (w->kind == WRITE_JOB) {
		if (!pledge->texts || w->at < pledge->due_ms)
			pledge->due_ms = w->at;
		pledge->texts = true;
	}
	if (w->kind == WRITE_EVENT)
		pledge->transit |=
			(w->to ? actor_partition(w->to) : blind_partition(w->blind)) != partition;
}

static void commit(struct decider *d, const struct commit *commit, int64_t now_ms)
{
	struct pledge *pledge = xcalloc(1, sizeof(*pledge));

	pledge->decider = d;
	pledge->now_ms = now_ms;
	text_set(pledge->actor.text, sizeof(pledge->actor.text), "%s", commit->actor);
	for (size_t i = 0; i < commit->nwrites; i++)
		pledge_note(pledge, &commit->writes[i]);
	d->commits++;
	d->options.store->ops->commit(d->options.store, commit, on_committed, pledge);
}

/* --- decide ---------------------------------------------------------------------------------- */

/* True the first time this process meets the broken actor. */
static bool broken_new(struct decider *d, const char *actor)
{
	uint64_t hash = text_hash(actor);

	for (size_t i = 0; i < d->nbroken; i++)
		if (d->broken[i] == hash)
			return false;
	if (d->nbroken < BROKEN_MAX)
		d->broken[d->nbroken++] = hash;
	return true;
}

/*
 * Its document cannot be read, so nothing may be decided and nothing overwritten. It goes into
 * the index "broken" once, for the operator; after that each lease costs one look.
 */
static void decide_broken(struct decider *d, const struct claimed *claimed, int64_t now_ms)
{
	struct store_write index = {.kind = WRITE_INDEX, .id = "broken", .at = now_ms};
	struct commit same = {.actor = claimed->actor,
		.fence = claimed->fence,
		.document = claimed->document,
		.alarm_ms = now_ms + LEASE_MS,
		.writes = &index,
		.nwrites = 1};

	metric_add("warmline_actors_broken_total", "", 1);
	if (!broken_new(d, claimed->actor))
		return;
	log_event(LOG_LEVEL_ERROR, "actor-broken",
		"actor=%s mail=%zu; its document is no JSON object: restore it from a backup, its "
		"mail waits",
		claimed->actor, claimed->nmail);
	commit(d, &same, now_ms);
}

/* The decision's writes, and a log line for each mail that could not be read. */
static struct store_write *all_writes(
	const struct writes *writes, const struct hearing *hearing, size_t *n)
{
	struct store_write *all = xcalloc(writes->n + hearing->nunreadable, sizeof(*all));

	if (writes->n)
		memcpy(all, writes->items, writes->n * sizeof(*all));
	*n = writes->n;
	for (size_t i = 0; i < hearing->nunreadable; i++)
		all[(*n)++] = (struct store_write){.kind = WRITE_LOG,
			.blob = {hearing->unreadable[i], strlen(hearing->unreadable[i])}};
	return all;
}

static void commit_decision(struct decider *d, const struct claimed *claimed,
	const struct hearing *hearing, int64_t now_ms)
{
	const struct decision *decision = hearing->decision;
	struct writes *writes = writes_build(claimed->actor, decision, now_ms, d->options.keys);
	char *document = json_print(decision->document);
	struct commit c = {.actor = claimed->actor,
		.fence = claimed->fence,
		.document = {document, strlen(document)},
		.consumed = hearing->nevents,
		.alarm_ms = decision->alarm};
	struct store_write *all = all_writes(writes, hearing, &c.nwrites);

	c.writes = all;
	commit(d, &c, now_ms);
	free(all);
	free(document);
	writes_free(&writes);
}

static void tell_observed(const struct decider *d, const struct decision *decision)
{
	for (size_t i = 0; d->options.on_observed && i < decision->nobserved; i++)
		d->options.on_observed(d->options.arg, decision->observed[i].account,
			decision->observed[i].latency_ms);
}

static void decide_one(struct decider *d, const struct claimed *claimed, int64_t now_ms)
{
	struct hearing hearing;

	if (!hearing_read(&hearing, claimed)) {
		decide_broken(d, claimed, now_ms);
		hearing_clear(&hearing);
		return;
	}
	if (hearing.nunreadable) {
		metric_add("warmline_mail_unreadable_total", "", (int64_t)hearing.nunreadable);
		log_event(LOG_LEVEL_ERROR, "mail-unreadable", "actor=%s mails=%zu; kept in its log",
			claimed->actor, hearing.nunreadable);
	}
	hearing_decide(&hearing, d->options.house, claimed->actor, now_ms, chance());
	tell_observed(d, hearing.decision);
	commit_decision(d, claimed, &hearing, now_ms);
	hearing_clear(&hearing);
}

/* --- claim ----------------------------------------------------------------------------------- */

static void on_claimed(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct claim *claim = arg;
	struct decider *d = claim->decider;
	int64_t now_ms = clock_monotonic_ms();
	size_t n = batch ? batch->n : 0;

	rounds_answered(&d->rounds, claim->partition);
	outage_heard(d->options.outage, result, now_ms);
	if (result == STORE_BROKEN) {
		metric_add("warmline_actors_broken_total", "", 1);
		log_limited(LOG_LEVEL_ERROR, "claim-broken",
			"partition=%d; something there does not open with our keys",
			claim->partition);
	}
	metric_add("warmline_claims_total", "", (int64_t)n);
	for (size_t i = 0; i < n; i++)
		decide_one(d, &batch->items[i], batch->now_ms);
	if (result == STORE_OK && batch && batch->more)
		rounds_ring(&d->rounds, claim->partition);
	free(claim);
	pump(d, clock_monotonic_ms());
}

static bool may_ask(struct decider *d, int64_t now_ms)
{
	size_t actors = d->commits + (size_t)d->rounds.outstanding * BATCH;

	if (d->stopped || actors + BATCH > ACTORS || d->rounds.outstanding >= d->rounds.most)
		return false;
	return d->rounds.rung & ~d->rounds.asked && outage_may_ask(d->options.outage, now_ms);
}

static void pump(struct decider *d, int64_t now_ms)
{
	while (may_ask(d, now_ms)) {
		struct claim *claim = xcalloc(1, sizeof(*claim));

		claim->decider = d;
		claim->partition = rounds_take(&d->rounds);
		d->options.store->ops->claim(d->options.store, claim->partition, BATCH,
			d->options.lease_ms, on_claimed, claim);
	}
}

struct decider *decider_new(const struct decider_options *options, int64_t now_ms)
{
	struct decider *d = xcalloc(1, sizeof(*d));

	d->options = *options;
	if (!d->options.lease_ms)
		d->options.lease_ms = LEASE_MS;
	rounds_open(&d->rounds, (unsigned)(chance() % PARTITIONS), CLAIMS, CYCLE_MS, now_ms);
	return d;
}

void decider_ring(struct decider *d, int partition)
{
	rounds_ring(&d->rounds, partition);
	pump(d, clock_monotonic_ms());
}

void decider_beat(struct decider *d, int64_t now_ms)
{
	rounds_beat(&d->rounds, now_ms);
	pump(d, now_ms);
}

void decider_stop(struct decider *d)
{
	d->stopped = true;
}

size_t decider_busy(const struct decider *d)
{
	return d->commits + d->rounds.outstanding;
}

void decider_free(struct decider **d)
{
	free(*d);
	*d = NULL;
}
