#include "scheduler/attempt.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/sms_text.h>

#define FRESH_MS      250 /* a GO older than this may have been overtaken by a STOP */
#define ERRAND_LEASES 2   /* an errand takes several requests */

const char *lane_name(enum lane lane)
{
	static const char *const names[LANES] = {"crisis", "reply", "scheduled"};

	return names[lane];
}

int64_t attempt_store_now(const struct sender *s)
{
	return clock_monotonic_ms() + s->ahead_ms;
}

void attempt_free(struct attempt *a)
{
	http_exchange_cancel(&a->exchange);
	ledger_close(&a->note, a->recorded);
	attempt_errand_free(a);
	free(a->event);
	free(a->body);
	free(a->written);
	free(a);
}

bool attempt_is_crisis(const struct attempt *a)
{
	return a->lane == LANE_CRISIS;
}

/* --- begin ----------------------------------------------------------------------------------- */

/*
 * The process stood still (stopped, swapped out) since begin was asked: what begin found true
 * then need not be true now. Nothing has left, so the job goes back. Lane 0 passes every gate;
 * there only a lease that may be over counts.
 */
static bool stale(const struct attempt *a)
{
	const struct sender *s = a->sender;
	int64_t now_ms = clock_monotonic_ms();

	if (a->lane == LANE_CRISIS)
		return now_ms - a->asked_ms > attempt_http_ms(s) / 2;
	return now_ms - s->beat_ms > FRESH_MS || a->asked_ms < s->stood_still_ms;
}

static void put_back(struct attempt *a)
{
	struct verdict_of_send verdict = verdict_later("this process stood still", 0);

	metric_add("warmline_begins_stale_total", "", 1);
	attempt_finish(a, &verdict);
}

void attempt_launch(struct attempt *a)
{
	if (a->sender->quit)
		return; /* its lease will tell */
	if (stale(a))
		put_back(a);
	else
		attempt_send(a);
}

/* It left before the store forgot it: the end is told under the number that it has now. */
static void sent_before(struct attempt *a, enum job_result result, const char *said)
{
	struct verdict_of_send verdict = verdict_end(result, said, "it left before");

	metric_add("warmline_begins_sent_before_total", "", 1);
	attempt_journal_begin(a);
	a->journal_by_ms = 0;
	attempt_finish(a, &verdict);
}

static void go(struct attempt *a)
{
	if (a->errand)
		attempt_errand_run(a);
	else if (stale(a))
		put_back(a);
	else if (!attempt_journal_begin(a))
		attempt_send(a);
}

static void too_late(struct attempt *a)
{
	struct verdict_of_send verdict = a->errand
						 ? attempt_errand_gave_up()
						 : verdict_end(JOB_EXPIRED, "expired", "too late");

	attempt_finish(a, &verdict);
}

static void stopped(struct attempt *a)
{
	struct verdict_of_send verdict =
		a->errand ? attempt_errand_never()
			  : verdict_end(JOB_REFUSED, "stopped", "the person opted out");

	attempt_finish(a, &verdict);
}

static void begun(struct attempt *a, enum begin_verdict what)
{
	switch (what) {
	case BEGIN_GO: go(a); return;
	case BEGIN_SENT: sent_before(a, JOB_ACCEPTED, "accepted"); return;
	case BEGIN_UNSURE: sent_before(a, JOB_UNKNOWN, "unknown"); return;
	case BEGIN_STOPPED: stopped(a); return;
	case BEGIN_EXPIRED: too_late(a); return;
	case BEGIN_WAIT: metric_add("warmline_begins_wait_total", "", 1); break;
	default: metric_add("warmline_begins_unwanted_total", "", 1); break; /* gone */
	}
	sender_attempt_over(a);
}

static void on_begun(void *arg, enum store_result result, enum begin_verdict what)
{
	struct attempt *a = arg;
	struct verdict_of_send verdict;

	switch (result) {
	case STORE_OK: begun(a, what); return;
	case STORE_REFUSED:
	case STORE_UNKNOWN:
		/* Surely not sent by us. Without this word the lease would call it "unknown". */
		verdict = verdict_later("the store did not answer", 0);
		attempt_finish(a, &verdict);
		return;
	default:
		metric_add("warmline_begins_lost_total", "", 1);
		log_limited(LOG_LEVEL_INFO, "begin-lost", "job=%s result=%s", a->job,
			store_result_name(result));
		sender_attempt_over(a);
	}
}

/* --- start ----------------------------------------------------------------------------------- */

static bool text_read(struct attempt *a, const json_t *body)
{
	const char *text = json_get_text(body, "body", "");
	struct sms_size size;

	if (!*text || !text_set(a->to, sizeof(a->to), "%s", json_get_text(body, "to", "")) ||
		!a->to[0])
		return false;
	text_set(a->habit, sizeof(a->habit), "%s", json_get_text(body, "from", ""));
	text_set(a->avoid, sizeof(a->avoid), "%s", json_get_text(body, "avoid", ""));
	a->keep_no_words = json_get_flag(body, "hush");
	a->segments = sms_measure(text, &size) ? size.segments : 1;
	a->body = xstrdup(text);
	return true;
}

static bool body_read(struct attempt *a, const struct blob *blob)
{
	json_t *body = json_parse(blob->data, blob->len);
	bool ok = body && (attempt_errand_read(a, body) || text_read(a, body));

	if (ok)
		a->written = xmemdup(blob->data, blob->len);
	json_decref(body);
	return ok;
}

static struct attempt *attempt_new(struct sender *s, const struct job *job)
{
	struct attempt *a = xcalloc(1, sizeof(*a));

	a->sender = s;
	a->lane = job->lane;
	a->fence = job->fence;
	a->number = job->attempt;
	a->ambiguous = job->ambiguous;
	a->expires = job->expires;
	text_set(a->job, sizeof(a->job), "%s", job->id);
	text_set(a->actor.text, sizeof(a->actor.text), "%s", job->actor);
	text_set(a->program, sizeof(a->program), "%s", job->program);
	TAILQ_INSERT_TAIL(&s->attempts, a, entry);
	return a;
}

/* A lapsed text may have left and is never sent again; a lapsed errand is simply run again. */
static struct verdict_of_send lapsed(const struct attempt *a)
{
	static const char reason[] = "its sender ended while sending";

	if (a->errand)
		return attempt_errand_again(a, reason);
	return verdict_end(JOB_UNKNOWN, "unknown", reason);
}

/* The lease outlives the send twice over: a lapsed one is surely not on its way. */
static void begin(struct attempt *a)
{
	const struct sender *s = a->sender;
	int64_t lease_ms = attempt_http_ms(s) * 5 / 2 * (a->errand ? ERRAND_LEASES : 1);

	a->asked_ms = clock_monotonic_ms();
	s->options.store->ops->begin(s->options.store, a->job, a->fence, lease_ms, on_begun, a);
}

void attempt_start(struct sender *s, const struct job *job)
{
	struct attempt *a = attempt_new(s, job);
	bool readable = body_read(a, &job->body);
	struct verdict_of_send verdict;

	if (job->state == JOB_LAPSED) {
		verdict = lapsed(a);
	} else if (!readable) {
		verdict = verdict_end(JOB_REFUSED, "refused", "unreadable");
	} else if (s->stopped) {
		verdict = verdict_later("this process is stopping", 0);
	} else if (attempt_route(a, &verdict)) {
		begin(a);
		return;
	}
	attempt_finish(a, &verdict);
}
