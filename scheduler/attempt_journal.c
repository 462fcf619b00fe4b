/* An attempt and the sender's own journal: written before the socket opens, and at the end. */
#include "scheduler/attempt.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define JOURNAL_MS 200 /* then it goes on without: the store's begin is durable too */

static struct ledger_record record_of(const struct attempt *a)
{
	return (struct ledger_record){.job = a->job,
		.program = a->program,
		.body = a->written ? a->written : "",
		.account = a->channel ? a->channel->account->name : "",
		.from = a->channel ? a->load.from : "",
		.lane = a->lane,
		.fence = a->fence,
		.attempt = a->number,
		.ambiguous = a->ambiguous,
		.expires = a->expires,
		.result = a->verdict.result,
		.provider_id = a->verdict.provider_id,
		.event_id = a->event ? a->event_id : "",
		.event = a->event ? a->event : ""};
}

static void unjournaled(const struct attempt *a)
{
	char label[24];

	text_set(label, sizeof(label), "lane=\"%s\"", lane_name(a->lane));
	metric_add("warmline_attempts_unjournaled_total", label, 1);
	log_limited(LOG_LEVEL_WARN, "attempt-unjournaled",
		"job=%s lane=%s; it goes on, but a store that forgot could not be told", a->job,
		lane_name(a->lane));
}

static void on_journaled(void *arg, bool synced)
{
	struct attempt *a = arg;

	if (!synced)
		unjournaled(a);
	if (!a->journal_by_ms)
		return; /* did not wait */
	a->journal_by_ms = 0;
	(a->ending ? attempt_tell_store : attempt_launch)(a);
}

void attempt_journal_late(struct attempt *a)
{
	unjournaled(a);
	a->journal_by_ms = 0;
	(a->ending ? attempt_tell_store : attempt_launch)(a);
}

/* True: what follows waits for the disk. A page never does. */
bool attempt_journal_begin(struct attempt *a)
{
	struct ledger_record record = record_of(a);

	a->begun = true;
	if (!a->sender->options.ledger)
		return false;
	a->note = ledger_begin(a->sender->options.ledger, &record, on_journaled, a);
	if (!a->note)
		unjournaled(a);
	if (!a->note || attempt_is_crisis(a))
		return false;
	a->journal_by_ms = clock_monotonic_ms() + JOURNAL_MS;
	return true;
}

/*
 * True: what follows waits for the disk. Only "later" does: a begin without an end counts as a
 * text that may have left, and this one has not.
 */
bool attempt_journal_end(struct attempt *a)
{
	struct ledger_record record = record_of(a);

	if (!a->note)
		return false;
	record.ended = true;
	ledger_end(a->note, &record, on_journaled, a);
	if (attempt_is_crisis(a) || a->verdict.result != JOB_LATER)
		return false;
	a->ending = true;
	a->journal_by_ms = clock_monotonic_ms() + JOURNAL_MS;
	return true;
}
