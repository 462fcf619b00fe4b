/*
 * Words of danger in a text. Nothing switches this off: not a STOP, not an unknown number, not
 * an open question of any kind (architecture.md, promise 2). Rules U3-U6 of requirements.md.
 */
#include <core/job.h>
#include <core/person.h>
#include <core/text.h>
#include <warmline/fail.h>

#define SAFETY_FULL_MS  (15 * MINUTE_MS) /* the whole safety text again after so long */
#define SAFETY_AGAIN_MS (2 * MINUTE_MS)  /* the short one at most so often */

static bool held(const struct member *m)
{
	const json_t *open = json_object_get(m->slot, "case");

	return strcmp(json_get_text(open, "s", ""), "taken") == 0 &&
	       m->t->now - json_get_int(open, "at", 0) <= m->program->page_stale_ms;
}

static void safety_text(const struct member *m)
{
	const char *rule = "crisis.safety";
	/* "Nobody has answered yet" would be untrue while somebody has the case. */
	bool full = !held(m) && !member_recent(m, "safety", SAFETY_FULL_MS);
	bool again = member_recent(m, "calm", SAFETY_AGAIN_MS);
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_CRISIS,
		.gate = GATE_SAFETY,
		.not_before = m->t->now,
		.expires = m->t->now + SAFETY_LIFE_MS,
		.rule = rule};
	int64_t job;

	if (!full && again) {
		turn_trace(m->t, rule, "a safety text went out a moment ago");
		return;
	}
	member_slots(m, NULL, slots);
	job = turn_text(m->t, &letter, full ? WORDING_SAFETY : WORDING_SAFETY_AGAIN, slots);
	job_track(m->t, job, JOB_SAFETY, m->program->id);
}

static bool participant(const struct member *m)
{
	return json_get_flag(m->slot, "was") || *json_get_text(m->slot, "sup", "") ||
	       member_state(m) == MEMBER_ACTIVE;
}

/* The supporter sees that others have taken over, and nothing of what was written (U6). */
static const char *tell_supporter(const struct member *m, const char *id, bool fresh)
{
	const char *supporter = participant(m) ? member_supporter(m) : NULL;
	json_t *slots;
	char code[5];

	if (!supporter || (member_recent(m, "handed", m->program->page_stale_ms) && !fresh))
		return NULL;
	case_number(id, code);
	slots = member_notice_slots(m);
	json_object_del(slots, "number");
	json_put_text(slots, "code", code);
	member_notice(m, "crisis.handed-over", supporter, WORDING_SUPPORTER_CRISIS, false, slots);
	return supporter;
}

static void tell_case(const struct member *m, const char *id)
{
	const json_t *screen = json_object_get(m->t->event->data, "screen");
	const char *supporter = participant(m) ? member_supporter(m) : NULL;
	json_t *data = json_object(), *rules = json_object_get(screen, "rules");

	json_put_text(data, "program", m->program->id);
	json_put_text(data, "person", m->t->actor);
	json_put_text(data, "number", person_number(m->t));
	json_put_text(data, "name", json_get_text(m->t->doc, "name", ""));
	json_put_text(data, "language", member_language(m));
	json_put_text(data, "level", json_get_text(screen, "level", ""));
	json_put_text(data, "category", json_get_text(screen, "category", ""));
	json_put_text(data, "text_id", m->t->event->id);
	json_put_text(data, "supporter", supporter);
	if (json_is_array(rules))
		json_object_set_new(data, "rules", json_deep_copy(rules));
	turn_event_actor(m->t, "crisis.case", id, "crisis", data);
}

/* Nobody entered a language: that of the words that were found will be understood. */
static void learn_language(const struct member *m)
{
	const json_t *screen = json_object_get(m->t->event->data, "screen");
	const char *rule = json_string_value(json_array_get(json_object_get(screen, "rules"), 0));
	char language[LANGUAGE_SIZE];

	if (rule && text_set(language, sizeof(language), "%.*s", (int)strcspn(rule, "."), rule))
		member_learn_language(m, language);
}

const char *crisis_take(const struct member *m)
{
	const char *open = json_get_text(json_object_get(m->slot, "case"), "id", "");
	bool fresh = !*open;
	const char *knows;
	struct actor_id id;
	json_t *kept;

	learn_language(m);
	safety_text(m);
	if (fresh || !actor_parse(open, &id)) {
		actor_of_case(m->t->actor, m->t->cause, &id);
		kept = json_object();
		json_put_text(kept, "id", id.text);
		json_put_text(kept, "s", "open");
		json_put_int(kept, "at", m->t->now);
		json_object_set_new(m->slot, "case", kept);
	}
	tell_case(m, id.text);
	knows = tell_supporter(m, id.text, fresh);
	if (member_state(m) == MEMBER_STRANGER)
		turn_index(m->t, "crisis.stranger", INDEX_STRANGERS);
	/* The case carries it from here on; both are in the same commit. */
	turn_unindex_always(m->t, "crisis.case", INDEX_URGENT);
	turn_count(m->t, "crisis.case", "crisis");
	return knows;
}

/* The slot whose case it is; the program's when the event names one. */
static json_t *slot_of_case(struct turn *t, const char *id)
{
	const char *key;
	json_t *slot;

	json_object_foreach(json_object_get(t->doc, "p"), key,
		slot) if (strcmp(json_get_text(json_object_get(slot, "case"), "id", ""), id) ==
			  0) return slot;
	return NULL;
}

void crisis_case(struct turn *t)
{
	const char *state = json_get_text(t->event->data, "state", "");
	const char *id = json_get_text(t->event->data, "case", "");
	json_t *slot = slot_of_case(t, id), *entry = turn_log(t, "case", "case.state");

	json_put_text(entry, "case", id);
	json_put_text(entry, "status", state);
	json_put_text(entry, "by_name", json_get_text(t->event->data, "by", ""));
	if (!slot)
		return;
	if (strcmp(state, "closed") == 0) {
		json_object_del(slot, "case");
		return;
	}
	json_put_text(json_object_get(slot, "case"), "s", state);
	json_put_int(json_object_get(slot, "case"), "at", t->now);
}
