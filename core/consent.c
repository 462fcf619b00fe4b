#include <core/check_in.h>
#include <core/consent.h>
#include <core/job.h>
#include <core/person.h>
#include <warmline/calendar.h>
#include <warmline/fail.h>

#define ASK_AGAIN_MS   CONSENT_OPEN_MS /* staff enrolling again asks again after so long ... */
#define ASK_MOST       3               /* ... and never more often than this (C7) */
#define STOP_LIFE_MS   DAY_MS
#define HELP_AGAIN_MS  DAY_MS
#define JUST_JOINED_MS (10 * MINUTE_MS)

static enum keyword named(const char *name)
{
	static const struct {
		const char *name;
		enum keyword keyword;
	} words[] = {{"STOP", KEYWORD_STOP}, {"START", KEYWORD_START}, {"HELP", KEYWORD_HELP}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i].name, name) == 0)
			return words[i].keyword;
	return KEYWORD_NONE;
}

bool consent_answered(const json_t *text)
{
	return named(json_get_text(text, "opt_out", "")) != KEYWORD_NONE;
}

enum keyword consent_word(const struct member *m, const json_t *text)
{
	enum keyword told = named(json_get_text(text, "opt_out", ""));
	enum keyword read = keyword_of(json_get_text(text, "body", ""));

	/* Providers count YES as START. After a STOP it is one; else it answers a question. */
	if (told == KEYWORD_START && read == KEYWORD_YES && member_state(m) != MEMBER_STOPPED)
		return KEYWORD_NONE;
	if (told == KEYWORD_NONE)
		told = named(json_get_text(text, "word", ""));
	if (told != KEYWORD_NONE)
		return told;
	if (read == KEYWORD_STOP || read == KEYWORD_START || read == KEYWORD_HELP)
		return read;
	return KEYWORD_NONE;
}

static void changed(const struct member *m, const char *rule, enum member_state to)
{
	json_t *entry = turn_log(m->t, "consent", rule);

	json_put_text(entry, "program", m->program->id);
	json_put_text(entry, "from_state", member_state_name(member_state(m)));
	json_put_text(entry, "status", member_state_name(to));
	turn_trace(m->t, rule, "%s: %s, now %s", m->program->id, member_state_name(member_state(m)),
		member_state_name(to));
	member_set_state(m, to);
}

/* --- leaving --------------------------------------------------------------------------------- */

static void tell_stopped(const struct member *m)
{
	const char *own = json_get_text(m->slot, "sup", "");
	bool participant = json_get_flag(m->slot, "was") || *own;
	const char *supporter = participant ? member_supporter(m) : NULL;

	check_in_told_stopped(m, supporter);
	if (supporter)
		member_notice(m, "consent.stop", supporter, WORDING_SUPPORTER_STOPPED, true,
			member_notice_slots(m));
}

/* Somebody who is counted on can no longer be reached with news: a human has to know. */
static void tell_staff_left(const struct member *m)
{
	const struct staff *staff = program_staff(m->program, person_number(m->t));
	const char *supervisor = member_supervisor(m);
	json_t *slots;

	if (!staff)
		return;
	turn_index(m->t, "consent.staff-left", INDEX_UNREAD);
	if (!supervisor)
		return;
	slots = member_notice_slots(m);
	json_put_text(slots, "name", staff->name);
	member_notice(m, "consent.staff-left", supervisor, WORDING_SUPPORTER_STOPPED, false, slots);
}

static void leave(const struct member *m, const char *rule)
{
	bool participant = member_state(m) == MEMBER_ACTIVE;

	check_in_end(m, rule);
	job_cancel_routine(m->t, m->program->id, rule);
	tell_stopped(m);
	tell_staff_left(m);
	changed(m, rule, MEMBER_STOPPED);
	turn_count(m->t, rule, participant ? "stopped" : "stopped-other");
}

static void confirm(const struct member *m)
{
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_REPLY,
		.gate = GATE_CONSENT,
		.not_before = m->t->now,
		.expires = m->t->now + STOP_LIFE_MS,
		.rule = "consent.stop"};
	int64_t job;

	member_slots(m, NULL, slots);
	job = turn_text(m->t, &letter, WORDING_STOPPED, slots);
	job_track(m->t, job, JOB_STOPPED, m->program->id);
}

void consent_stop(const struct member *m, bool answered)
{
	if (member_state(m) == MEMBER_STOPPED) {
		turn_trace(m->t, "consent.stop-again", "stopped already: no second confirmation");
		/* Something may have been written while an older version knew less. */
		job_cancel_routine(m->t, m->program->id, "consent.stop-again");
		return;
	}
	leave(m, "consent.stop");
	if (!answered)
		confirm(m);
}

void consent_refused(const struct member *m)
{
	if (member_state(m) == MEMBER_STOPPED)
		return;
	turn_trace(m->t, "consent.provider", "the carrier says that this number opted out");
	leave(m, "consent.provider");
}

/* --- joining --------------------------------------------------------------------------------- */

static void activate(const struct member *m, const char *rule, bool silent)
{
	bool back = json_get_flag(m->slot, "was");

	changed(m, rule, MEMBER_ACTIVE);
	json_put_int(m->slot, "since", m->t->now);
	json_object_del(m->slot, "asked");
	json_object_del(m->slot, "asks");
	turn_unindex(m->t, rule, INDEX_STRANGERS);
	check_in_start(m);
	turn_count(m->t, rule, back ? "returned" : "joined");
	if (silent)
		return;
	job_track(m->t, member_reply(m, rule, back ? WORDING_STARTED : WORDING_WELCOME, NULL),
		JOB_REPLY, m->program->id);
}

static void invite(const struct member *m, const char *rule)
{
	changed(m, rule, MEMBER_INVITED);
	json_put_int(m->slot, "asked", m->t->now);
	turn_unindex(m->t, rule, INDEX_STRANGERS);
	turn_count(m->t, rule, "invited");
	job_track(
		m->t, member_reply(m, rule, WORDING_ASK_CONSENT, NULL), JOB_REPLY, m->program->id);
}

static bool was_asked(const struct member *m)
{
	int64_t asked = json_get_int(m->slot, "asked", 0);

	return asked && m->t->now - asked <= CONSENT_OPEN_MS;
}

void consent_start(const struct member *m, bool answered)
{
	if (member_state(m) == MEMBER_ACTIVE) {
		turn_trace(m->t, "consent.start", "active already");
		if (!answered)
			job_track(m->t, member_reply(m, "consent.start", WORDING_STARTED, NULL),
				JOB_REPLY, m->program->id);
	} else if (json_get_flag(m->slot, "was")) {
		activate(m, "consent.start", answered);
	} else if (member_is_staff(m)) {
		/* Staff came back: notices may reach them again, nothing else is asked. */
		changed(m, "consent.start", MEMBER_STRANGER);
		if (!answered)
			job_track(m->t, member_reply(m, "consent.start", WORDING_STARTED, NULL),
				JOB_REPLY, m->program->id);
	} else if (member_state(m) == MEMBER_INVITED && was_asked(m)) {
		activate(m, "consent.yes", false);
	} else {
		invite(m, "consent.ask");
	}
}

static bool answered_yes(const struct member *m)
{
	enum member_state state = member_state(m);

	if (state == MEMBER_ACTIVE)
		/* The same YES a second time is no message for a human. */
		return m->t->now - json_get_int(m->slot, "since", 0) < JUST_JOINED_MS;
	if (state != MEMBER_INVITED && state != MEMBER_DECLINED)
		return false;
	if (was_asked(m))
		activate(m, "consent.yes", false);
	else
		invite(m, "consent.ask-again");
	return true;
}

static bool join_word(const struct member *m)
{
	switch (member_state(m)) {
	case MEMBER_INVITED:
		if (was_asked(m))
			activate(m, "consent.yes", false);
		else
			invite(m, "consent.ask-again");
		return true;
	case MEMBER_STRANGER:
	case MEMBER_DECLINED: invite(m, "consent.ask"); return true;
	case MEMBER_ACTIVE: return m->t->now - json_get_int(m->slot, "since", 0) < JUST_JOINED_MS;
	case MEMBER_STOPPED:
	default: return false; /* only START ends a STOP; a human reads what they wrote */
	}
}

bool consent_join(const struct member *m, const char *body)
{
	enum keyword word = keyword_of(body);

	if (word == KEYWORD_YES)
		return answered_yes(m);
	if (keyword_among(body, m->program->join, (int)m->program->njoin))
		return join_word(m);
	if (word != KEYWORD_NO || member_state(m) != MEMBER_INVITED)
		return false;
	changed(m, "consent.no", MEMBER_DECLINED);
	turn_count(m->t, "consent.no", "declined");
	job_track(m->t, member_reply(m, "consent.no", WORDING_DECLINED, NULL), JOB_REPLY,
		m->program->id);
	return true;
}

/* --- help ------------------------------------------------------------------------------------ */

/* HELP is a legal keyword and a cry for help in one word: both are answered (U10). */
void consent_help(const struct member *m, bool answered)
{
	bool again = member_recent(m, "help", HELP_AGAIN_MS);
	const char *supporter = member_supporter(m);

	turn_index(m->t, "help", again ? INDEX_WATCH : INDEX_UNREAD);
	if (again && supporter && json_get_flag(m->slot, "was"))
		member_notice(m, "help.again", supporter, WORDING_SUPPORTER_WROTE, false,
			member_notice_slots(m));
	if (answered)
		return;
	if (member_state(m) == MEMBER_STOPPED) {
		turn_trace(m->t, "help.stopped", "stopped: no text, humans are told");
		return;
	}
	job_track(m->t, member_reply(m, "help", WORDING_HELP, NULL), JOB_REPLY, m->program->id);
}

/* --- enrollment by staff --------------------------------------------------------------------- */

static void take_person(struct turn *t, const json_t *data)
{
	const char *fields[][2] = {{"name", "name"}, {"language", "lang"}, {"zone", "zone"}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *value = json_get_text(data, fields[i][0], "");

		if (*value)
			json_put_text(t->doc, fields[i][1], value);
	}
	if (t->house->zones && !zones_find(t->house->zones, json_get_text(t->doc, "zone", "UTC"))) {
		turn_trace(t, "enroll.zone", "unknown time zone: the program's is used");
		json_object_del(t->doc, "zone");
	}
}

static bool put_changed(json_t *slot, const char *key, int64_t value)
{
	json_t *old = json_object_get(slot, key);

	if (json_is_integer(old) && json_integer_value(old) == value)
		return false;
	json_object_set_new(slot, key, json_integer(value));
	return true;
}

/* True when the time of the check-ins changed. */
static bool take_slot(const struct member *m, const json_t *data)
{
	const char *supporter = json_get_text(data, "supporter", "");
	const char *hour = json_get_text(data, "hour", "");
	int64_t day = json_get_int(data, "day", -1);
	bool moved = false;
	struct phone phone;
	int minute;

	if (*supporter && phone_parse(supporter, &phone)) {
		json_put_text(m->slot, "sup", phone.text);
		json_object_del(m->slot, "away");
	}
	if (*hour && calendar_hour_parse(hour, &minute))
		moved = put_changed(m->slot, "hour", minute);
	if (day >= 0 && day <= 6)
		moved = put_changed(m->slot, "day", day) || moved;
	return moved;
}

static const char *enroll_member(const struct member *m, bool confirmed, bool moved)
{
	int64_t asked = json_get_int(m->slot, "asked", 0);

	switch (member_state(m)) {
	case MEMBER_STOPPED: return "stopped: only a START from this number brings it back";
	case MEMBER_ACTIVE:
		if (moved)
			check_in_replan(m);
		return "updated";
	case MEMBER_INVITED:
		if (confirmed)
			break;
		if (asked && m->t->now - asked < ASK_AGAIN_MS)
			return "asked already";
		if (json_get_int(m->slot, "asks", 0) >= ASK_MOST)
			return "asked often enough: only a text from this number, or a confirmed "
			       "enrollment, joins it";
		break;
	case MEMBER_DECLINED:
		if (!confirmed)
			return "said no: only a text from this number, or a confirmed enrollment, "
			       "joins it";
		break;
	case MEMBER_STRANGER:
	default: break;
	}
	turn_unindex(m->t, "enroll", INDEX_STRANGERS);
	if (confirmed) {
		activate(m, "enroll.confirmed", true);
		job_track(m->t, member_write(m, "enroll.confirmed", WORDING_WELCOME), JOB_REPLY,
			m->program->id);
		return "active";
	}
	changed(m, "enroll.ask", MEMBER_INVITED);
	json_put_int(m->slot, "asked", m->t->now);
	json_put_int(m->slot, "asks", json_get_int(m->slot, "asks", 0) + 1);
	job_track(m->t, member_write(m, "enroll.ask", WORDING_ASK_CONSENT), JOB_REPLY,
		m->program->id);
	return "invited";
}

void consent_enroll(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *id = json_get_text(data, "program", "");
	const struct program *p = program_find(t->house->programs, t->house->nprograms, id);
	json_t *entry = turn_log(t, "enroll", p ? "enroll" : "enroll.unknown-program");
	const char *result = "there is no such program";
	struct member m;
	bool moved;

	json_put_text(entry, "program", id);
	json_put_text(entry, "by", json_get_text(data, "by", ""));
	if (p && *person_number(t)) {
		char zone[ZONE_SIZE];

		text_set(zone, sizeof(zone), "%s", json_get_text(t->doc, "zone", ""));
		take_person(t, data);
		member_open(t, p, &m);
		moved = take_slot(&m, data) || strcmp(zone, json_get_text(t->doc, "zone", "")) != 0;
		result = enroll_member(&m, json_get_flag(data, "confirmed"), moved);
	} else if (p) {
		result = "the number is missing";
	}
	json_put_text(entry, "status", result);
	turn_trace(t, "enroll", "%s", result);
}
