#include <core/check_in.h>
#include <core/job.h>
#include <core/person.h>
#include <warmline/calendar.h>
#include <warmline/fail.h>

enum ask_state { ASK_WAITING, ASK_SENT, ASK_UNSURE };

/* Woken later than this for judging silence, we were away ourselves: answers may still lie in a
 * gateway's journal, so they get a while to arrive. */
#define LATE_MS     (2 * MINUTE_MS)
#define CATCH_UP_MS (10 * MINUTE_MS)
/* An outcome has to come by the text's expiry; after so much longer nobody will tell us. */
#define NO_OUTCOME_MS (10 * MINUTE_MS)

static json_t *open_ask(const struct member *m)
{
	return json_object_get(m->slot, "ci");
}

static int weekday(const struct member *m)
{
	if (m->program->days % 7 != 0)
		return -1;
	return (int)json_get_int(m->slot, "day", m->program->weekday);
}

static int minute_of_day(const struct member *m)
{
	return (int)json_get_int(m->slot, "hour", m->program->hour_min);
}

/* --- when ------------------------------------------------------------------------------------ */

static int64_t on_calendar(const struct member *m, int64_t after)
{
	int days = weekday(m) < 0 ? 1 : 7;
	const struct zone *zone = member_zone(m);

	if (!zone)
		return after + m->program->days * DAY_MS;
	return calendar_next(zone, after, days, weekday(m), minute_of_day(m));
}

static int64_t by_interval(const struct member *m, int64_t due)
{
	int64_t every = m->program->every_ms, now = m->t->now;
	int64_t missed = due + every <= now ? (now - due) / every : 0;

	return due + every * (missed + 1);
}

/* The due instant after `due`, and after now: those that went by unseen are not made up for. */
static int64_t following(const struct member *m, int64_t due)
{
	int64_t next;

	if (m->program->every_ms)
		return by_interval(m, due);
	/* Half a day early absorbs clock changes; the weekday and the hour do the rest. */
	next = on_calendar(m, due + m->program->days * DAY_MS - 12 * HOUR_MS);
	return next > m->t->now ? next : on_calendar(m, m->t->now);
}

void check_in_start(const struct member *m)
{
	int64_t next = m->program->every_ms ? m->t->now + m->program->first_after_ms
					    : on_calendar(m, m->t->now + HOUR_MS);

	json_object_del(m->slot, "ci");
	json_put_int(m->slot, "next", next);
}

void check_in_replan(const struct member *m)
{
	int64_t last = json_get_int(m->slot, "last", 0);
	int64_t slack = m->program->days > 1 ? 20 * HOUR_MS : 12 * HOUR_MS;
	int64_t after = m->t->now;

	if (member_state(m) != MEMBER_ACTIVE || m->program->every_ms)
		return;
	if (last && last + m->program->days * DAY_MS - slack > after)
		after = last + m->program->days * DAY_MS - slack;
	json_put_int(m->slot, "next", on_calendar(m, after));
}

/* When something is to be done about the open check-in. A reminder was planned outside quiet hours,
 * but zone and hours may have changed since. */
static int64_t planned(const struct member *m)
{
	const json_t *ci = open_ask(m);
	int64_t plan = json_get_int(ci, "plan", 0);
	bool reminder = !json_get_int(ci, "rem", 0) && json_get_int(ci, "st", 0) == ASK_SENT;

	return plan && reminder ? member_awake(m, plan) : plan;
}

int64_t check_in_next(const struct member *m)
{
	int64_t plan = planned(m);
	int64_t next = json_get_int(m->slot, "next", 0);

	if (member_state(m) != MEMBER_ACTIVE)
		return 0;
	if (next)
		next = member_awake(m, next);
	if (!plan || !next)
		return plan ? plan : next;
	return plan < next ? plan : next;
}

/* --- closing --------------------------------------------------------------------------------- */

static void note(const struct member *m, const char *rule, const char *status, int64_t due)
{
	json_t *entry = turn_log(m->t, "check-in", rule);

	json_put_text(entry, "program", m->program->id);
	json_put_text(entry, "status", status);
	json_put_int(entry, "due", due);
	turn_trace(m->t, rule, "check-in: %s", status);
}

/* Takes back what has not left yet, and forgets the check-in. */
static void drop(const struct member *m, const char *rule)
{
	json_t *ci = open_ask(m);
	int64_t job = json_get_int(ci, "job", 0), reminder = json_get_int(ci, "rem", 0);

	if (json_get_int(ci, "st", 0) == ASK_WAITING)
		turn_cancel(m->t, job, rule);
	if (reminder && json_get_int(ci, "rst", 0) == ASK_WAITING)
		turn_cancel(m->t, reminder, rule);
	job_forget(m->t, job);
	if (reminder)
		job_forget(m->t, reminder);
	json_object_del(m->slot, "ci");
}

static void settle(const struct member *m, const char *rule, const char *status)
{
	note(m, rule, status, json_get_int(open_ask(m), "due", 0));
	drop(m, rule);
}

void check_in_end(const struct member *m, const char *rule)
{
	if (open_ask(m))
		settle(m, rule, "ended");
	json_object_del(m->slot, "next");
	json_object_del(m->slot, "miss");
	turn_unindex(m->t, rule, INDEX_MISSED);
}

void check_in_heard(const struct member *m, const char *rule, const char *how)
{
	if (open_ask(m))
		settle(m, rule, how);
	json_object_del(m->slot, "miss");
	turn_unindex(m->t, rule, INDEX_MISSED);
}

/* "Sam, Morgan"; the signature stands for people whose names we do not know. */
static void names_of_told(const struct member *m, char *told, size_t size)
{
	static const char *const roles[] = {"s", "v"};
	json_t *list = json_object_get(m->slot, "told"), *role;
	const char *number;

	told[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		json_object_foreach(list, number, role)
		{
			const struct staff *staff = program_staff(m->program, number);
			size_t n = strlen(told);

			/* A name that would be cut in two is left out. */
			if (staff && strcmp(json_string_value(role), roles[i]) == 0 &&
				n + strlen(staff->name) + 3 < size)
				text_set(told + n, size - n, "%s%s", n ? ", " : "", staff->name);
		}
	}
	if (!*told && json_object_size(list))
		text_set(told, size, "%s", m->program->signs_as);
}

static enum wording_key back_wording(const char *answer, const char *role)
{
	if (strcmp(role, "s") == 0)
		return answer ? WORDING_SUPPORTER_BACK : WORDING_SUPPORTER_HEARD;
	return answer ? WORDING_SUPERVISOR_BACK : WORDING_SUPERVISOR_HEARD;
}

bool check_in_stand_down(
	const struct member *m, const char *answer, const char *knows, char *told, size_t size)
{
	json_t *list = json_object_get(m->slot, "told"), *slots;
	const char *number;
	json_t *role;

	names_of_told(m, told, size);
	json_object_foreach(list, number, role)
	{
		if (knows && strcmp(number, knows) == 0)
			continue;
		slots = member_notice_slots(m);
		json_put_text(slots, "answer", answer ? answer : "");
		member_notice(m, "missed.back", number,
			back_wording(answer, json_string_value(role)), true, slots);
	}
	json_object_del(m->slot, "told");
	return told[0] != '\0';
}

void check_in_told_stopped(const struct member *m, const char *knows)
{
	const char *number;
	json_t *role;

	json_object_foreach(json_object_get(m->slot, "told"), number, role)
	{
		if (!knows || strcmp(number, knows) != 0)
			member_notice(m, "missed.stopped", number, WORDING_SUPPORTER_STOPPED, true,
				member_notice_slots(m));
	}
	json_object_del(m->slot, "told");
}

void check_in_told_instead(const struct member *m, const char *number, const char *instead)
{
	json_t *told = json_object_get(m->slot, "told");
	json_t *role = json_object_get(told, number);

	if (!role)
		return;
	if (*instead && !json_object_get(told, instead))
		json_object_set(told, instead, role);
	json_object_del(told, number);
}

/* --- asking ---------------------------------------------------------------------------------- */

static int64_t ask(const struct member *m, const char *rule, const char *kind, enum wording_key key,
	int64_t until)
{
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_SCHEDULED,
		.gate = GATE_ROUTINE,
		.not_before = m->t->now,
		.expires = until,
		.rule = rule};
	int64_t job;

	member_slots(m, NULL, slots);
	job = turn_text(m->t, &letter, key, slots);
	job_track(m->t, job, kind, m->program->id);
	return job;
}

/* Until when a text planned for `at` may leave: not hours late, and never into quiet hours. */
static int64_t deadline(const struct member *m, int64_t at)
{
	int64_t quiet = member_quiet_start(m, at), late = at + m->program->late_ms;

	return quiet && quiet < late ? quiet : late;
}

static void missed(const struct member *m);

/* A new one is due while the last is open: the last is judged now, by what is known. */
static void settle_last(const struct member *m)
{
	const json_t *ci = open_ask(m);
	bool reminded = json_get_int(ci, "rem", 0) != 0;

	if (!ci)
		return;
	if (json_get_int(ci, "st", 0) == ASK_SENT &&
		(!reminded || json_get_int(ci, "rst", 0) == ASK_SENT))
		missed(m);
	else
		settle(m, "check-in.unsure", "unsure");
}

static void due(const struct member *m, int64_t when)
{
	int64_t at = member_awake(m, when), until = deadline(m, at);
	json_t *ci;

	settle_last(m);
	json_put_int(m->slot, "last", when);
	json_put_int(m->slot, "next", following(m, when));
	if (m->t->now >= until) {
		note(m, "check-in.too-late", "skipped: it could not leave in time", when);
		turn_count(m->t, "check-in.too-late", "check-in-skipped");
		return;
	}
	note(m, "check-in.due", "due", when);
	ci = json_object();
	json_put_int(ci, "due", when);
	json_put_int(ci, "job", ask(m, "check-in.due", JOB_CHECK_IN, WORDING_CHECK_IN, until));
	json_put_int(ci, "plan", until + NO_OUTCOME_MS);
	json_object_set_new(m->slot, "ci", ci);
	turn_count(m->t, "check-in.due", "check-in");
}

static void remind(const struct member *m, json_t *ci)
{
	int64_t until = deadline(m, planned(m));

	if (m->t->now >= until) {
		settle(m, "reminder.too-late", "unsure: the reminder could not leave in time");
		return;
	}
	json_put_int(ci, "rem", ask(m, "reminder.due", JOB_REMINDER, WORDING_REMINDER, until));
	json_put_int(ci, "plan", until + NO_OUTCOME_MS);
	turn_count(m->t, "reminder.due", "reminder");
}

/* --- silence --------------------------------------------------------------------------------- */

static json_t *count_slots(const struct member *m, int64_t streak)
{
	json_t *slots = member_notice_slots(m);
	char count[24];

	text_set(count, sizeof(count), "%lld", (long long)streak);
	json_put_text(slots, "count", count);
	return slots;
}

/* Everyone who is told stays noted until the person is heard: supporters may change meanwhile. */
static void note_told(const struct member *m, const char *number, const char *role)
{
	if (!json_is_object(json_object_get(m->slot, "told")))
		json_object_set_new(m->slot, "told", json_object());
	json_put_text(json_object_get(m->slot, "told"), number, role);
}

static void tell_missed(const struct member *m, int64_t streak)
{
	const char *supporter = member_supporter(m), *supervisor = member_supervisor(m);

	if (supporter) {
		member_notice(m, "missed.supporter", supporter, WORDING_SUPPORTER_MISSED, true,
			count_slots(m, streak));
		note_told(m, supporter, "s");
	}
	if (streak < m->program->missed_supervisor || !supervisor ||
		(supporter && strcmp(supporter, supervisor) == 0))
		return;
	member_notice(m, "missed.supervisor", supervisor, WORDING_SUPERVISOR_MISSED, true,
		count_slots(m, streak));
	note_told(m, supervisor, "v");
}

static void missed(const struct member *m)
{
	int64_t streak = json_get_int(m->slot, "miss", 0) + 1;
	json_t *entry;

	settle(m, "missed.contact", "missed");
	json_put_int(m->slot, "miss", streak);
	entry = turn_log(m->t, "missed", "missed.contact");
	json_put_text(entry, "program", m->program->id);
	json_put_int(entry, "count", streak);
	turn_index(m->t, "missed.contact", INDEX_MISSED);
	turn_count(m->t, "missed.contact", "missed");
	tell_missed(m, streak);
}

/* We come late to judge silence: our own outage, not the person's. Once, a little more time. */
static bool hold(const struct member *m, json_t *ci)
{
	int64_t plan = json_get_int(ci, "plan", 0), wait = m->program->missed_ms;

	if (m->t->now - plan <= LATE_MS || json_get_flag(ci, "held"))
		return false;
	if (wait > CATCH_UP_MS || wait <= 0)
		wait = CATCH_UP_MS;
	json_object_set_new(ci, "held", json_true());
	json_put_int(ci, "plan", member_awake(m, m->t->now + wait));
	note(m, "missed.hold", "waiting once more: warmline itself was away",
		json_get_int(ci, "due", 0));
	return true;
}

static void step(const struct member *m, json_t *ci)
{
	bool reminded = json_get_int(ci, "rem", 0) != 0;
	int64_t state = json_get_int(ci, reminded ? "rst" : "st", 0);

	if (state != ASK_SENT)
		settle(m, "check-in.unsure", "unsure: nobody knows whether it arrived");
	else if (!reminded)
		remind(m, ci);
	else if (!hold(m, ci))
		missed(m);
}

void check_in_due(const struct member *m)
{
	int64_t plan = planned(m);
	int64_t next = json_get_int(m->slot, "next", 0);

	if (member_state(m) != MEMBER_ACTIVE)
		return;
	if (plan && plan <= m->t->now)
		step(m, open_ask(m));
	if (next && member_awake(m, next) <= m->t->now)
		due(m, next);
}

/* --- what became of it ----------------------------------------------------------------------- */

/* Which of the two texts of the open check-in is `job`? The key of its state; NULL = neither. */
static const char *state_key(const json_t *ci, int64_t job)
{
	if (!ci || !job)
		return NULL;
	if (json_get_int(ci, "job", 0) == job)
		return "st";
	return json_get_int(ci, "rem", 0) == job ? "rst" : NULL;
}

bool check_in_accepted(const struct member *m, int64_t job, int64_t at, bool delivered)
{
	json_t *ci = open_ask(m);
	const char *key = state_key(ci, job);
	bool reminder = key && *key == 'r';
	int64_t wait = reminder ? m->program->missed_ms : m->program->reminder_ms;

	if (!key)
		return false;
	if (json_get_int(ci, key, 0) == ASK_SENT && !delivered)
		return true; /* known; only a delivery moves the window */
	if (!reminder && json_get_int(ci, "rem", 0))
		return true; /* the reminder runs already */
	json_put_int(ci, key, ASK_SENT);
	json_put_int(ci, "at", at);
	json_put_int(ci, "plan", member_awake(m, at + wait));
	return true;
}

bool check_in_failed(const struct member *m, int64_t job, const char *result, bool unknown)
{
	json_t *ci = open_ask(m);
	const char *key = state_key(ci, job);

	if (!key)
		return false;
	if (unknown) {
		if (json_get_int(ci, key, 0) == ASK_WAITING) {
			/* A receipt may still prove that it went out; until then nothing is due. */
			json_put_int(ci, key, ASK_UNSURE);
			json_object_del(ci, "plan");
			note(m, "check-in.unknown", "unsure", json_get_int(ci, "due", 0));
		}
		return true;
	}
	json_put_int(ci, key, ASK_UNSURE); /* it is gone from the outbox: nothing to take back */
	note(m, "check-in.failed", result, json_get_int(ci, "due", 0));
	drop(m, "check-in.failed");
	return true;
}
