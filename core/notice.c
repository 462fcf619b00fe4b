/*
 * News for supporters and supervisors. A text that cannot be brought goes to the supervisor, and
 * when that fails too a human finds it in a list: a "please call me" never ends in nothing.
 */
#include <core/check_in.h>
#include <core/job.h>
#include <core/person.h>
#include <core/staff.h>
#include <warmline/fail.h>

#define NOTICE_LIFE_MS (12 * HOUR_MS)
#define NOTICE_TRIES   3
#define NOTICE_SLOTS   10

static size_t slots_of(const json_t *data, struct slot *slots)
{
	json_t *object = json_object_get(data, "slots"), *value;
	const char *name;
	size_t n = 0;

	json_object_foreach(object, name, value) if (n < NOTICE_SLOTS - 1 && json_is_string(value))
		slots[n++] = (struct slot){name, json_string_value(value)};
	slots[n] = (struct slot){NULL, NULL};
	return n;
}

/* What has to be known to bring the same news again or to somebody else. */
static json_t *essence(const json_t *data)
{
	static const char *const keys[] = {
		"program", "wording", "slots", "lane", "about", "rests", "forwarded", "tries"};
	json_t *copy = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(data, keys[i]);

		if (value)
			json_object_set_new(copy, keys[i], json_deep_copy(value));
	}
	return copy;
}

static void write_notice(const struct member *m, enum wording_key key, const json_t *data)
{
	bool crisis = json_get_int(data, "lane", LANE_REPLY) == LANE_CRISIS;
	bool rests = json_get_flag(data, "rests") && !crisis;
	int64_t from = rests ? member_awake(m, m->t->now) : m->t->now;
	int64_t quiet = rests ? member_quiet_start(m, from) : 0;
	struct slot slots[NOTICE_SLOTS], all[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = crisis ? LANE_CRISIS : LANE_REPLY,
		.gate = crisis ? GATE_SAFETY : GATE_ROUTINE,
		.not_before = from,
		.expires = from + NOTICE_LIFE_MS,
		.rule = "notice"};
	int64_t job;

	if (quiet && quiet < letter.expires)
		letter.expires = quiet;
	slots_of(data, slots);
	member_slots(m, slots, all);
	job = turn_text(m->t, &letter, key, all);
	json_object_set_new(job_track(m->t, job, JOB_NOTICE, m->program->id), "n", essence(data));
}

/* Who the news is about must not be told that this line was told. */
static void tell_away(const struct member *m, const json_t *data, const char *instead)
{
	const char *about = json_get_text(data, "about", "");
	struct actor_id id;
	json_t *away;

	if (json_get_flag(data, "forwarded") || !actor_parse(about, &id))
		return;
	away = json_object();
	json_put_text(away, "program", m->program->id);
	json_put_text(away, "staff", person_number(m->t));
	json_put_text(away, "instead", instead);
	turn_event_actor(m->t, "notice.away", about, "away", away);
}

static void forward(const struct member *m, const json_t *data, const char *why)
{
	const char *supervisor = member_supervisor(m);
	json_t *copy;

	if (strcmp(why, "expired") != 0)
		tell_away(m, data, supervisor);
	if (!supervisor || json_get_flag(data, "forwarded")) {
		turn_index(m->t, "notice.undelivered", INDEX_UNDELIVERED);
		turn_count(m->t, "notice.undelivered", "undelivered");
		return;
	}
	copy = essence(data);
	json_object_del(copy, "tries");
	json_object_set_new(copy, "forwarded", json_true());
	turn_event_phone(m->t, "notice.forward", supervisor, "notice", copy);
	turn_index(m->t, "notice.forward", INDEX_UNDELIVERED);
	turn_trace(m->t, "notice.forward", "goes to the supervisor instead: %s", why);
}

static void bring(const struct member *m, const json_t *data)
{
	enum wording_key key;

	if (!wording_key_find(json_get_text(data, "wording", ""), &key)) {
		turn_index(m->t, "notice.unknown", INDEX_UNREAD);
		return;
	}
	if (member_state(m) == MEMBER_STOPPED &&
		json_get_int(data, "lane", LANE_REPLY) != LANE_CRISIS)
		forward(m, data, "this number wants no texts");
	else
		write_notice(m, key, data);
}

void staff_notice(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct house *house = t->house;
	const char *id = json_get_text(data, "program", "");
	const struct program *p = program_find(house->programs, house->nprograms, id);
	json_t *entry = turn_log(t, "notice", p ? "notice" : "notice.unknown-program");
	struct member m;

	json_put_text(entry, "wording", json_get_text(data, "wording", ""));
	json_put_text(entry, "about", json_get_text(data, "about", ""));
	if (!p || !*person_number(t)) {
		turn_index(t, "notice.unknown-program", INDEX_UNREAD);
		return;
	}
	member_open(t, p, &m);
	if (!program_staff(p, person_number(t)))
		json_object_set_new(m.slot, "staff", json_true());
	bring(&m, data);
}

void staff_away(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct program *p = program_find(
		t->house->programs, t->house->nprograms, json_get_text(data, "program", ""));
	const char *staff = json_get_text(data, "staff", "");
	struct member m;
	json_t *entry = turn_log(t, "away", "notice.away");

	json_put_text(entry, "to", staff);
	if (!p || !*staff)
		return;
	member_open(t, p, &m);
	member_set_away(&m, staff);
	check_in_told_instead(&m, staff, json_get_text(data, "instead", ""));
}

void staff_notice_failed(struct turn *t, const json_t *entry, const char *result)
{
	const json_t *old = json_object_get(entry, "n");
	const struct program *p = program_find(
		t->house->programs, t->house->nprograms, json_get_text(entry, "p", ""));
	int64_t tries = json_get_int(old, "tries", 1);
	struct member m;
	json_t *data;

	if (!p || !old || strcmp(result, "unwanted") == 0)
		return;
	data = essence(old);
	member_open(t, p, &m);
	if (strcmp(result, "expired") == 0 && tries < NOTICE_TRIES) {
		/* The night came, or the carrier was down: the next morning. */
		json_put_int(data, "tries", tries + 1);
		bring(&m, data);
	} else {
		forward(&m, data, result);
	}
	json_decref(data);
}
