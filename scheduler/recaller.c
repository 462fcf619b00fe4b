/*
 * start → read the journals → merge the records of each attempt → tell (WINDOW at a time) →
 * on_told → tick off in the journal
 */
#include "scheduler/recaller.h"
#include "core/backoff.h"
#include "scheduler/chance.h"
#include "scheduler/outcome.h"

#include <sys/queue.h>
#include <uthash.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define WINDOW     32
#define FIRST_MS   100
#define MOST_MS    2000
#define TRIES_MOST 30 /* refused so often by a store that answers others: the record's fault */
#define MARKS      8  /* records of one attempt that are ticked off; two are usual */

struct memo { /* what the journals say about one attempt */
	TAILQ_ENTRY(memo) entry;
	UT_hash_handle hh;
	struct recaller *recaller;
	char name[JOB_ID_SIZE + 24]; /* job and fence */
	char job[JOB_ID_SIZE];
	char *program, *body, *account, *from, *provider_id, *event_id, *event;
	enum lane lane;
	uint64_t fence;
	int attempt, ambiguous, tries;
	int64_t expires;
	bool ended, confirmed;
	enum job_result result;
	struct ledger_mark marks[MARKS];
	size_t nmarks;
};
TAILQ_HEAD(memos, memo);

struct recaller {
	struct recaller_options options;
	struct memos queue;
	struct memo *found; /* hash, while reading */
	size_t in_flight, told, news, left;
	int failures;
	int64_t again_ms; /* monotonic */
	bool wanted, running, loss, quit;
	int64_t since_ms; /* wall clock */
};

/* --- memos ----------------------------------------------------------------------------------- */

static void memo_free(struct memo *m)
{
	free(m->program);
	free(m->body);
	free(m->account);
	free(m->from);
	free(m->provider_id);
	free(m->event_id);
	free(m->event);
	free(m);
}

static struct memo *memo_get(struct recaller *r, const struct ledger_record *record)
{
	char name[sizeof(((struct memo *)0)->name)];
	struct memo *m;

	text_set(name, sizeof(name), "%s %llu", record->job, (unsigned long long)record->fence);
	HASH_FIND_STR(r->found, name, m);
	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->recaller = r;
	m->confirmed = true;
	text_set(m->name, sizeof(m->name), "%s", name);
	text_set(m->job, sizeof(m->job), "%s", record->job);
	m->program = xstrdup(record->program);
	m->body = xstrdup(record->body);
	m->account = xstrdup(record->account);
	m->from = xstrdup(record->from);
	m->lane = record->lane;
	m->fence = record->fence;
	m->attempt = record->attempt;
	m->ambiguous = record->ambiguous;
	m->expires = record->expires;
	HASH_ADD_STR(r->found, name, m);
	return m;
}

static void on_record(
	void *arg, const struct ledger_record *record, struct ledger_mark mark, bool confirmed)
{
	struct memo *m = memo_get(arg, record);

	m->confirmed &= confirmed;
	if (m->nmarks < MARKS)
		m->marks[m->nmarks++] = mark;
	if (!record->ended || m->ended)
		return;
	m->ended = true;
	m->result = record->result;
	m->provider_id = xstrdup(record->provider_id);
	m->event_id = xstrdup(record->event_id);
	m->event = xstrdup(record->event);
}

/* It began and nobody wrote down how it ended: it may have left. */
static void memo_complete(struct memo *m)
{
	struct outcome outcome = {.job = m->job,
		.program = m->program,
		.attempt = m->attempt,
		.ambiguous = m->ambiguous,
		.said = "unknown",
		.reason = "its sender ended while sending",
		.provider_id = "",
		.account = m->account,
		.from = m->from};
	char id[EVENT_ID_SIZE];

	if (m->ended)
		return;
	outcome_id(&outcome, id);
	m->ended = true;
	m->result = JOB_UNKNOWN;
	m->provider_id = xstrdup("");
	m->event_id = xstrdup(id);
	m->event = outcome_print(&outcome, id, clock_wall_ms());
}

static void memo_done(struct memo *m)
{
	for (size_t i = 0; i < m->nmarks; i++)
		ledger_mark_done(m->recaller->options.ledger, m->marks[i]);
	memo_free(m);
}

/* --- telling --------------------------------------------------------------------------------- */

static void finish_run(struct recaller *r)
{
	r->running = false;
	r->loss &= r->wanted;
	ledger_read_over(r->options.ledger);
	if (r->told + r->left)
		log_event(LOG_LEVEL_INFO, "recalled",
			"attempts=%zu the store did not know=%zu left=%zu", r->told, r->news,
			r->left);
}

/* A confirmed end that the store does not know: it lost writes, whatever its ticks say. */
static void suspect(struct recaller *r, const struct memo *m)
{
	if (!m->confirmed || r->loss)
		return;
	log_event(LOG_LEVEL_ERROR, "store-forgot",
		"job=%s the store does not know an end that it had confirmed; it is told all that "
		"the journal keeps",
		m->job);
	metric_add("warmline_store_forgot_total", "", 1);
	recaller_start(r, 0, true);
}

static void tell_again(struct recaller *r, struct memo *m, enum store_result result)
{
	r->failures++;
	r->again_ms = clock_monotonic_ms() + backoff_ms(r->failures, FIRST_MS, MOST_MS, chance());
	if (r->options.outage->down || ++m->tries < TRIES_MOST) {
		TAILQ_INSERT_TAIL(&r->queue, m, entry);
		return;
	}
	r->left++;
	metric_add("warmline_recalls_left_total", "", 1);
	log_event(LOG_LEVEL_ERROR, "recall-left",
		"job=%s result=%s; the store does not take this record, it stays in the journal",
		m->job, store_result_name(result));
	memo_free(m);
}

static void on_told(void *arg, enum store_result result)
{
	struct memo *m = arg;
	struct recaller *r = m->recaller;

	r->in_flight--;
	if (result == STORE_OK || result == STORE_DUPLICATE || result == STORE_LOST) {
		r->failures = 0;
		r->told++;
		metric_add("warmline_recalls_total",
			result == STORE_OK ? "result=\"news\"" : "result=\"known\"", 1);
		if (result == STORE_OK) {
			r->news++;
			suspect(r, m);
		}
		memo_done(m);
	} else {
		tell_again(r, m, result);
	}
}

static void tell(struct recaller *r, struct memo *m)
{
	struct recall recall = {.job = m->job,
		.program = m->program,
		.lane = m->lane,
		.fence = m->fence,
		.expires = m->expires,
		.body = {m->body, strlen(m->body)},
		.result = m->result,
		.provider_id = m->provider_id,
		.event_id = m->event_id,
		.event = {m->event, strlen(m->event)}};

	r->in_flight++;
	r->options.store->ops->recall(r->options.store, &recall, on_told, m);
}

/* --- reading --------------------------------------------------------------------------------- */

static void take(struct recaller *r, struct memo *m)
{
	if (r->options.is_live(r->options.arg, m->job, m->fence)) {
		memo_free(m);
	} else if (m->lane == LANE_CRISIS || (m->ended && m->result == JOB_LATER)) {
		memo_done(m); /* nothing to tell */
	} else {
		memo_complete(m);
		TAILQ_INSERT_TAIL(&r->queue, m, entry);
	}
}

static void run(struct recaller *r)
{
	struct memo *m, *next;

	r->wanted = false;
	r->running = true;
	r->told = r->news = r->left = 0;
	r->failures = 0;
	r->again_ms = 0;
	ledger_read(r->options.ledger, r->since_ms, on_record, r);
	m = r->found;
	HASH_CLEAR(hh, r->found);
	for (; m; m = next) {
		next = m->hh.next;
		take(r, m);
	}
}

/* --- the recaller ---------------------------------------------------------------------------- */

struct recaller *recaller_new(const struct recaller_options *options)
{
	struct recaller *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	TAILQ_INIT(&r->queue);
	return r;
}

void recaller_start(struct recaller *r, int64_t since_ms, bool loss)
{
	if (!r->wanted || since_ms < r->since_ms)
		r->since_ms = since_ms;
	r->wanted = true;
	r->loss |= loss;
}

bool recaller_busy(const struct recaller *r)
{
	return r->wanted || r->running;
}

void recaller_beat(struct recaller *r, int64_t now_ms)
{
	const char *reason;
	struct memo *m;

	if (r->quit || !r->options.store->ops->up(r->options.store, &reason))
		return;
	if (r->wanted && !r->running)
		run(r);
	while (now_ms >= r->again_ms && r->in_flight < WINDOW && (m = TAILQ_FIRST(&r->queue))) {
		TAILQ_REMOVE(&r->queue, m, entry);
		tell(r, m);
	}
	if (r->running && !r->in_flight && TAILQ_EMPTY(&r->queue))
		finish_run(r);
}

void recaller_quit(struct recaller *r)
{
	r->quit = true;
}

void recaller_free(struct recaller **recaller)
{
	struct recaller *r = *recaller;
	struct memo *m;

	*recaller = NULL;
	if (!r)
		return;
	while ((m = TAILQ_FIRST(&r->queue))) {
		TAILQ_REMOVE(&r->queue, m, entry);
		memo_free(m);
	}
	free(r);
}
