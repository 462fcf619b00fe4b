/*
 * decide(): first everything that happened, oldest first, then what is due. That order is a rule
 * of its own: an answer or a STOP that came in time always wins over the alarm it raced with.
 */
#include <core/case.h>
#include <core/job.h>
#include <core/member.h>
#include <core/person.h>
#include <core/turn.h>
#include <warmline/fail.h>

/* A claim brings at most so much mail (MAIL_BATCH): a full one may have more behind it. */
#define FULL_BATCH 64

static json_t *document_of(const json_t *document)
{
	json_t *copy = json_is_object(document) ? json_deep_copy(document) : json_object();

	if (!copy)
		fail_abort("out of memory");
	return copy;
}

static void unknown(struct turn *t)
{
	json_t *entry = turn_log(t, "unknown-event", "event.unknown");

	json_put_text(entry, "event_kind", json_get_text(t->event->data, "kind", ""));
	json_object_set_new(entry, "data", json_deep_copy(t->event->data));
	turn_trace(t, "event.unknown", "an event of a kind this version does not know: kept only");
}

static void take(struct turn *t, const struct event *event)
{
	turn_cause(t, event);
	if (event->kind == EVENT_UNKNOWN)
		unknown(t);
	else if (actor_kind(t->actor) == ACTOR_CASE)
		case_event(t);
	else
		person_event(t);
}

static int64_t plan(struct turn *t, size_t nevents)
{
	bool is_case = actor_kind(t->actor) == ACTOR_CASE;
	int64_t next = is_case ? case_next(t) : person_next(t);

	if (next && next <= t->now && nevents < FULL_BATCH) {
		turn_cause(t, NULL);
		if (is_case)
			case_due(t);
		else
			person_due(t);
		next = is_case ? case_next(t) : person_next(t);
	}
	/* Never in the past: whatever a document says, it may not make a scheduler spin. */
	return next && next <= t->now ? t->now + SECOND_MS : next;
}

struct decision *decide(const struct house *house, const char *actor, const json_t *document,
	const struct event *events, size_t nevents, int64_t now, uint64_t entropy)
{
	struct turn t = {.house = house, .actor = actor, .now = now};

	(void)entropy; /* no rule draws lots today; same facts, same decision */
	t.decision = xcalloc(1, sizeof(*t.decision));
	t.doc = t.decision->document = document_of(document);
	for (size_t i = 0; i < nevents; i++)
		take(&t, &events[i]);
	t.decision->alarm = plan(&t, nevents);
	if (actor_kind(actor) == ACTOR_PERSON) {
		member_sweep(&t);
		job_sweep(&t);
	}
	return t.decision;
}
