/* The end of an attempt: into the journal, to the store, again until it is recorded. */
#include "core/backoff.h"
#include "scheduler/attempt.h"
#include "scheduler/chance.h"
#include "scheduler/outcome.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define FINISH_FIRST_MS 100
#define FINISH_MOST_MS  2000
#define FINISH_TRIES    30 /* refused so often by a store that answers others */

static struct outcome outcome_of(const struct attempt *a)
{
	return (struct outcome){.job = a->job,
		.program = a->program,
		.attempt = a->number,
		.ambiguous = a->ambiguous,
		.said = a->verdict.said,
		.reason = a->verdict.reason,
		.error = a->verdict.error,
		.provider_id = a->verdict.provider_id,
		.account = attempt_account(a),
		.from = attempt_from(a),
		.why = a->verdict.why};
}

/* --- counting -------------------------------------------------------------------------------- */

static void count_text(const struct attempt *a)
{
	const char *said = a->verdict.said ? a->verdict.said : "later";
	char labels[128];

	text_set(labels, sizeof(labels), "lane=\"%s\",result=\"%s\",account=\"%s\"",
		lane_name(a->lane), said, attempt_account(a));
	metric_add("warmline_texts_total", labels, 1);
	if (a->verdict.result == JOB_ACCEPTED)
		return;
	log_event(a->verdict.result == JOB_LATER ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "text",
		"job=%s attempt=%d lane=%s account=%s result=%s reason=\"%s\" error=%d", a->job,
		a->number, lane_name(a->lane), attempt_account(a), said, a->verdict.reason,
		a->verdict.error);
}

static void count(const struct attempt *a)
{
	if (a->verdict.quiet)
		return;
	if (a->errand)
		attempt_errand_count(a);
	else
		count_text(a);
}

/* --- a finish that the store does not take -------------------------------------------------- */

static void on_reported(void *arg, enum store_result result, const char *actor)
{
	struct attempt *a = arg;

	(void)actor;
	if (result != STORE_OK && result != STORE_DUPLICATE)
		log_event(LOG_LEVEL_ERROR, "finish-unreported", "job=%s attempt=%d result=%s",
			a->job, a->number, store_result_name(result));
	sender_attempt_over(a);
}

/*
 * The store is well, but does not take this end, however often it is asked. The person's actor is
 * told another way, and puts the person into a list that humans look through. In lanes 1 and 2
 * the lease calls the text unknown, in lane 0 it brings it back.
 */
static void report(struct attempt *a, enum store_result result)
{
	struct outcome outcome = outcome_of(a);
	char id[EVENT_ID_SIZE];
	struct post post = {.actor = a->actor.text, .event_id = id, .program = ""};
	char *event;

	if (a->errand) { /* its lease brings it back, and it is run again */
		sender_attempt_over(a);
		return;
	}
	outcome.said = a->verdict.said ? a->verdict.said : "unknown";
	outcome.reason = "unrecorded";
	text_set(id, sizeof(id), "%s:%d:unrecorded", a->job, a->number);
	event = outcome_print(&outcome, id, attempt_store_now(a->sender));
	post.event = (struct blob){event, strlen(event)};
	metric_add("warmline_finishes_unrecorded_total", "", 1);
	log_event(LOG_LEVEL_ERROR, "finish-unrecorded",
		"job=%s attempt=%d said=%s store=%s; see \"warmline list undelivered\"", a->job,
		a->number, outcome.said, store_result_name(result));
	a->sender->options.store->ops->post(a->sender->options.store, &post, on_reported, a);
	free(event);
}

/* --- finish ---------------------------------------------------------------------------------- */

static void finish_later(struct attempt *a, enum store_result result)
{
	int most = a->sender->options.finish_tries, tries = most ? most : FINISH_TRIES;

	if (a->sender->quit) {
		a->again_ms = INT64_MAX; /* the store is being freed; journal and lease will tell */
		return;
	}
	a->tries++;
	if (!a->sender->options.outage->down && ++a->refusals >= tries) {
		report(a, result);
		return;
	}
	a->again_ms = clock_monotonic_ms() +
		      backoff_ms(a->tries, FINISH_FIRST_MS, FINISH_MOST_MS, chance());
	log_limited(LOG_LEVEL_WARN, "finish-waits", "job=%s result=%s; asking again until recorded",
		a->job, store_result_name(result));
}

/* An end of lanes 1 and 2 that a store can be told which knows nothing of the beginning. */
static bool tellable(const struct attempt *a)
{
	return a->begun && !attempt_is_crisis(a) && a->event && a->verdict.result != JOB_LATER;
}

static void on_lost(struct attempt *a)
{
	if (tellable(a) && !a->forgotten) {
		/* Taken over; or forgotten with our begin, and then it must not leave again. */
		a->forgotten = true;
		attempt_finish_again(a);
		return;
	}
	metric_add("warmline_finishes_lost_total", "", 1);
	log_event(LOG_LEVEL_WARN, "finish-lost",
		"job=%s attempt=%d; its lease was over and another sender has it", a->job,
		a->number);
	a->recorded = true;
	sender_attempt_over(a);
}

static void on_finished(void *arg, enum store_result result)
{
	struct attempt *a = arg;

	switch (result) {
	case STORE_REFUSED:
	case STORE_UNKNOWN:
		/* An accepted text must be recorded: asked with the same ids until it is. */
		finish_later(a, result);
		return;
	case STORE_LOST: on_lost(a); return;
	case STORE_BROKEN:
		log_event(LOG_LEVEL_ERROR, "finish-broken", "job=%s attempt=%d", a->job, a->number);
		break;
	default:
		a->recorded = true;
		count(a);
		if (a->retry_ms)
			sender_attempt_wake(a, a->retry_ms);
	}
	sender_attempt_over(a);
}

static void recall_again(struct attempt *a)
{
	struct recall recall = {.job = a->job,
		.program = a->program,
		.lane = a->lane,
		.fence = a->fence,
		.expires = a->expires,
		.body = {a->written, strlen(a->written)},
		.result = a->verdict.result,
		.provider_id = a->verdict.provider_id,
		.event_id = a->event_id,
		.event = {a->event, strlen(a->event)}};

	a->sender->options.store->ops->recall(a->sender->options.store, &recall, on_finished, a);
}

void attempt_finish_again(struct attempt *a)
{
	struct finish finish = {.job = a->job,
		.fence = a->fence,
		.result = a->verdict.result,
		.retry_ms = a->retry_ms,
		.provider_id = a->verdict.provider_id[0] ? a->verdict.provider_id : NULL,
		.event_id = a->event ? a->event_id : NULL,
		.event = {a->event, a->event ? strlen(a->event) : 0}};

	a->again_ms = 0;
	if (a->forgotten && tellable(a))
		recall_again(a);
	else
		a->sender->options.store->ops->finish(
			a->sender->options.store, &finish, on_finished, a);
}

void attempt_tell_store(struct attempt *a)
{
	if (a->sender->quit)
		a->again_ms = INT64_MAX; /* the store is being freed; journal and lease will tell */
	else
		attempt_finish_again(a);
}

/* What its actor hears of it. */
static char *event_of(struct attempt *a, int64_t now_ms)
{
	struct outcome outcome = outcome_of(a);

	if (a->errand)
		return attempt_errand_event(a, now_ms);
	outcome_id(&outcome, a->event_id);
	return outcome_print(&outcome, a->event_id, now_ms);
}

void attempt_finish(struct attempt *a, const struct verdict_of_send *verdict)
{
	struct sender *s = a->sender;
	int64_t now_ms = attempt_store_now(s);

	a->verdict = *verdict;
	if (verdict->result == JOB_LATER ||
		(verdict->result == JOB_UNKNOWN && a->lane == LANE_CRISIS))
		a->retry_ms = now_ms + verdict->wait_ms;
	if (verdict->said)
		a->event = event_of(a, now_ms);
	if (!attempt_journal_end(a))
		attempt_tell_store(a);
}
