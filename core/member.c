#include <core/member.h>
#include <core/person.h>
#include <warmline/calendar.h>
#include <warmline/fail.h>

#define AWAY_MS DAY_MS

static const char *const states[] = {
	[MEMBER_STRANGER] = "",
	[MEMBER_INVITED] = "invited",
	[MEMBER_ACTIVE] = "active",
	[MEMBER_STOPPED] = "stopped",
	[MEMBER_DECLINED] = "declined",
};

static json_t *object_in(json_t *parent, const char *key)
{
	json_t *child = json_object_get(parent, key);

	if (!json_is_object(child)) {
		child = json_object();
		json_object_set_new(parent, key, child);
	}
	return child;
}

void member_open(struct turn *t, const struct program *program, struct member *m)
{
	*m = (struct member){.t = t, .program = program};
	m->slot = object_in(object_in(t->doc, "p"), program->id);
}

void member_sweep(struct turn *t)
{
	json_t *slots = json_object_get(t->doc, "p"), *slot;
	const char *program;
	void *next;

	json_object_foreach_safe(slots, next, program, slot) if (json_object_size(slot) == 0)
		json_object_del(slots, program);
	if (slots && json_object_size(slots) == 0)
		json_object_del(t->doc, "p");
}

enum member_state member_state(const struct member *m)
{
	const char *name = json_get_text(m->slot, "s", "");

	for (int s = MEMBER_STRANGER; s <= MEMBER_DECLINED; s++)
		if (strcmp(states[s], name) == 0)
			return (enum member_state)s;
	return MEMBER_STRANGER;
}

void member_set_state(const struct member *m, enum member_state state)
{
	json_put_text(m->slot, "s", states[state]);
	if (state == MEMBER_ACTIVE)
		json_object_set_new(m->slot, "was", json_true());
}

const char *member_state_name(enum member_state state)
{
	return state == MEMBER_STRANGER ? "stranger" : states[state];
}

const struct zone *member_zone(const struct member *m)
{
	const struct zones *zones = m->t->house->zones;
	const char *name = json_get_text(m->t->doc, "zone", "");
	const struct zone *zone = NULL;

	if (!zones)
		return NULL;
	if (*name)
		zone = zones_find(zones, name);
	if (!zone)
		zone = zones_find(zones, m->program->zone);
	return zone ? zone : zones_find(zones, "UTC");
}

const char *member_language(const struct member *m)
{
	const struct staff *staff = program_staff(m->program, person_number(m->t));
	const char *language = json_get_text(m->t->doc, "lang", "");

	if (*language)
		return language;
	if (staff && *staff->language)
		return staff->language;
	return m->program->languages[0];
}

void member_learn_language(const struct member *m, const char *language)
{
	const struct staff *staff = program_staff(m->program, person_number(m->t));

	if (!language || *json_get_text(m->t->doc, "lang", "") || (staff && *staff->language))
		return;
	for (size_t i = 0; i < m->program->nlanguages; i++)
		if (strcmp(m->program->languages[i], language) == 0)
			json_put_text(m->t->doc, "lang", language);
}

const char *member_called(const struct member *m)
{
	const char *name = json_get_text(m->t->doc, "name", "");

	return *name ? name : person_number(m->t);
}

static bool is_self(const struct member *m, const char *number)
{
	return strcmp(number, person_number(m->t)) == 0;
}

static bool is_away(const struct member *m, const char *number)
{
	int64_t at = json_get_int(json_object_get(m->slot, "away"), number, 0);

	return at && at <= m->t->now && m->t->now - at < AWAY_MS;
}

void member_set_away(const struct member *m, const char *number)
{
	json_t *away = object_in(m->slot, "away"), *at;
	const char *old;
	void *next;

	json_object_foreach_safe(away, next, old, at)
	{
		if (!is_away(m, old))
			json_object_del(away, old);
	}
	json_put_int(away, number, m->t->now);
}

/* One of the pool, always the same for the same person while the pool stays the same. */
static const char *pool(const struct member *m, enum staff_role role)
{
	size_t n = 0, first;

	while (program_nth(m->program, role, n))
		n++;
	first = n ? (size_t)(text_hash(m->t->actor) % n) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct staff *one = program_nth(m->program, role, (first + i) % n);

		if (!is_self(m, one->phone.text) && !is_away(m, one->phone.text))
			return one->phone.text;
	}
	return NULL;
}

const char *member_supporter(const struct member *m)
{
	const char *own = json_get_text(m->slot, "sup", "");
	bool has_own = *own && !is_self(m, own);
	const char *other;

	if (has_own && !is_away(m, own))
		return own;
	other = has_own ? member_supervisor(m) : pool(m, STAFF_SUPPORTER);
	if (!other)
		other = member_supervisor(m);
	/* Nobody else there: the text is tried all the same. */
	return other || !has_own ? other : own;
}

const char *member_supporter_name(const struct member *m)
{
	const char *number = member_supporter(m);
	const struct staff *staff = number ? program_staff(m->program, number) : NULL;

	return staff ? staff->name : "";
}

const char *member_supervisor(const struct member *m)
{
	const struct staff *one;

	for (size_t i = 0; (one = program_nth(m->program, STAFF_SUPERVISOR, i)); i++)
		if (!is_self(m, one->phone.text))
			return one->phone.text;
	return NULL;
}

bool member_is_staff(const struct member *m)
{
	return program_staff(m->program, person_number(m->t)) || json_get_flag(m->slot, "staff");
}

int64_t member_awake(const struct member *m, int64_t at)
{
	const struct zone *zone = member_zone(m);

	if (!m->program->quiet || !zone)
		return at;
	return calendar_after_quiet(zone, at, m->program->quiet_from, m->program->quiet_to);
}

int64_t member_quiet_start(const struct member *m, int64_t at)
{
	const struct zone *zone = member_zone(m);

	if (!m->program->quiet || !zone)
		return 0;
	return calendar_quiet_start(zone, at, m->program->quiet_from, m->program->quiet_to);
}

int64_t member_time(const struct member *m, const char *name)
{
	return json_get_int(json_object_get(m->slot, "t"), name, 0);
}

bool member_recent(const struct member *m, const char *name, int64_t within)
{
	json_t *times = object_in(m->slot, "t");
	int64_t last = json_get_int(times, name, 0);

	/* The store's clock may have been set back: an instant ahead of us is no reason to stay
	 * silent for ever. */
	if (last && last <= m->t->now && m->t->now - last < within)
		return true;
	json_put_int(times, name, m->t->now);
	return false;
}

static size_t slot_put(struct slot *slots, size_t n, const char *name, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(slots[i].name, name) == 0)
			return n;
	if (n < MEMBER_SLOTS - 1) {
		slots[n++] = (struct slot){name, value};
		slots[n] = (struct slot){NULL, NULL};
	}
	return n;
}

void member_slots(const struct member *m, const struct slot *extra, struct slot *slots)
{
	const char *supporter = member_supporter_name(m);
	size_t n = 0;

	for (; extra && extra->name; extra++)
		n = slot_put(slots, n, extra->name, extra->value);
	n = slot_put(slots, n, "name", json_get_text(m->t->doc, "name", ""));
	n = slot_put(slots, n, "signs_as", m->program->signs_as);
	n = slot_put(slots, n, "emergency", m->program->emergency);
	slot_put(slots, n, "supporter", *supporter ? supporter : m->program->signs_as);
}

static int64_t write_routine(const struct member *m, const char *rule, enum wording_key key,
	const struct slot *extra, bool rests)
{
	int64_t from = rests ? member_awake(m, m->t->now) : m->t->now;
	int64_t quiet = rests ? member_quiet_start(m, from) : 0;
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_REPLY,
		.gate = GATE_ROUTINE,
		.not_before = from,
		.expires = from + REPLY_LIFE_MS,
		.rule = rule};

	if (quiet && letter.expires > quiet)
		letter.expires = quiet;
	member_slots(m, extra, slots);
	return turn_text(m->t, &letter, key, slots);
}

int64_t member_reply(
	const struct member *m, const char *rule, enum wording_key key, const struct slot *extra)
{
	return write_routine(m, rule, key, extra, false);
}

int64_t member_write(const struct member *m, const char *rule, enum wording_key key)
{
	return write_routine(m, rule, key, NULL, true);
}

json_t *member_notice_slots(const struct member *m)
{
	json_t *slots = json_object();

	json_put_text(slots, "name", member_called(m));
	json_put_text(slots, "number", person_number(m->t));
	return slots;
}

void member_notice(const struct member *m, const char *rule, const char *to, enum wording_key key,
	bool rests, json_t *slots)
{
	json_t *data = json_object();

	json_put_text(data, "program", m->program->id);
	json_put_text(data, "wording", wording_key_name(key));
	json_put_int(data, "lane", LANE_REPLY);
	json_put_text(data, "about", m->t->actor);
	if (rests)
		json_object_set_new(data, "rests", json_true());
	json_object_set_new(data, "slots", slots);
	turn_event_phone(m->t, rule, to, "notice", data);
	turn_trace(m->t, rule, "\"%s\" goes to staff", wording_key_name(key));
}
