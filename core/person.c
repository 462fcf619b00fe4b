#include <core/check_in.h>
#include <core/consent.h>
#include <core/errand.h>
#include <core/job.h>
#include <core/part.h>
#include <core/person.h>
#include <core/staff.h>
#include <core/text.h>
#include <warmline/fail.h>

/* A program that is gone from the configuration may come back: its people are not forgotten. */
#define PROGRAM_GONE_MS HOUR_MS

const char *person_number(const struct turn *t)
{
	return json_get_text(t->doc, "number", "");
}

/* The first event tells which line this is: a text by its sender, others by what they say. */
static void learn_number(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *key = "line";
	const char *number;

	if (t->event->kind == EVENT_TEXT)
		key = "from";
	else if (t->event->kind == EVENT_ENROLL)
		key = "number";
	number = json_get_text(data, key, "");
	if (!*person_number(t) && phone_is_sender(number)) {
		json_put_text(t->doc, "number", number);
		turn_index(t, "person.new", INDEX_PEOPLE);
	}
}

static void misdirected(struct turn *t)
{
	turn_log(t, event_kind_name(t->event->kind), "event.misdirected");
	turn_trace(t, "event.misdirected", "an event for a case came to a person: kept only");
}

void person_event(struct turn *t)
{
	learn_number(t);
	switch (t->event->kind) {
	case EVENT_TEXT: text_take(t); break;
	case EVENT_RECEIPT: job_receipt(t); break;
	case EVENT_OUTCOME: job_outcome(t); break;
	case EVENT_ERRAND: errand_take(t); break;
	case EVENT_ENROLL: consent_enroll(t); break;
	case EVENT_PAGE: staff_page(t); break;
	case EVENT_TAKEN: staff_taken(t); break;
	case EVENT_NOTICE: staff_notice(t); break;
	case EVENT_AWAY: staff_away(t); break;
	case EVENT_CASE: crisis_case(t); break;
	case EVENT_CRISIS:
	case EVENT_PAGED:
	case EVENT_ACK:
	case EVENT_UNKNOWN:
	default: misdirected(t); break;
	}
}

/* --- the plan -------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static int64_t slot_next(struct turn *t, const char *id, json_t *slot)
{
	const struct house *house = t->house;
	struct member m = {.t = t, .slot = slot};

	m.program = program_find(house->programs, house->nprograms, id);
	if (m.program)
		return check_in_next(&m);
	return json_get_int(slot, "next", 0) ? t->now + PROGRAM_GONE_MS : 0;
}

int64_t person_next(struct turn *t)
{
	int64_t next = 0;
	const char *id;
	json_t *slot;

	json_object_foreach(json_object_get(t->doc, "p"), id, slot) next =
		sooner(next, slot_next(t, id, slot));
	return sooner(next, sooner(job_next(t), part_next(t)));
}

/* What they wrote is read before anybody is called silent, though a part of it is missing. */
static void read_parts(struct turn *t)
{
	int64_t next = 0;
	const char *id;
	json_t *slot;

	if (!part_next(t))
		return;
	json_object_foreach(json_object_get(t->doc, "p"), id, slot) next =
		sooner(next, slot_next(t, id, slot));
	part_due(t, next && next <= t->now);
	turn_cause(t, NULL);
}

void person_due(struct turn *t)
{
	const struct house *house = t->house;

	read_parts(t);
	job_due(t);
	for (size_t i = 0; i < house->nprograms; i++) {
		const struct program *p = &house->programs[i];
		struct member m = {.t = t, .program = p};

		m.slot = json_object_get(json_object_get(t->doc, "p"), p->id);
		if (m.slot)
			check_in_due(&m);
	}
}
