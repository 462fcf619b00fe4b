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
/* What was not delivered is not sent again the same moment: the same network is busy still. */
#define AGAIN_MS (20 * SECOND_MS)

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

/* --- asking ---------------------------------------------------------------------------------- */

struct question {
	const char *rule, *kind;
	enum wording_key key;
	int64_t from, until;
	const char *avoid; /* the account that could not bring it; NULL = none */
};

static int64_t ask(const struct member *m, const struct question *q)
{
	struct slot slots[MEMBER_SLOTS];
	struct letter letter = {.program = m->program,
		.to = person_number(m->t),
		.language = member_language(m),
		.lane = LANE_SCHEDULED,
		.gate = GATE_ROUTINE,
		.not_before = q->from,
		.expires = q->until,
		.rule = q->rule,
		.avoid = q->avoid};
	int64_t job;

	member_slots(m, NULL, slots);
	job = turn_text(m->t, &letter, q->key, slots);
	job_track(m->t, job, q->kind, m->program->id);
	return job;
}

/* Until when a text planned for `at` may leave: not hours late, and never into quiet hours. */
static int64_t deadline(const struct member *m, int64_t at)
{
	int64_t quiet = member_quiet_start(m, at), late = at + m->program->late_ms;

	return quiet && quiet < late ? quiet : late;
}

static void wait_for_outcome(json_t *ci, int64_t until)
{
	json_put_int(ci, "till", until);
	json_put_int(ci, "plan", until + NO_OUTCOME_MS);
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
	json_put_int(ci, "job",
		ask(m, &(struct question){.rule = "check-in.due",
			       .kind = JOB_CHECK_IN,
			       .key = WORDING_CHECK_IN,
			       .from = m->t->now,
			       .until = until}));
	wait_for_outcome(ci, until);
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
	json_put_int(ci, "rem",
		ask(m, &(struct question){.rule = "reminder.due",
			       .kind = JOB_REMINDER,
			       .key = WORDING_REMINDER,
			       .from = m->t->now,
			       .until = until}));
	wait_for_outcome(ci, until);
	turn_count(m->t, "reminder.due", "reminder");
}

/* --- silence --------------------------------------------------------------------------------- */

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
	check_in_tell_missed(m, streak);
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

static const char *tried_key(const char *state_key)
{
	return *state_key == 'r' ? "rtry" : "try";
}

bool check_in_is_second(const struct member *m, int64_t job)
{
	const json_t *ci = open_ask(m);
	const char *key = state_key(ci, job);

	return key && json_get_flag(ci, tried_key(key));
}

/* The window runs from the second text on, once that is accepted. */
static void ask_again(const struct member *m, json_t *ci, const char *key, const char *avoid)
{
	bool reminder = *key == 'r';
	int64_t until = json_get_int(ci, "till", 0);
	struct question q = {.rule = reminder ? "reminder.again" : "check-in.again",
		.kind = reminder ? JOB_REMINDER : JOB_CHECK_IN,
		.key = reminder ? WORDING_REMINDER : WORDING_CHECK_IN,
		.from = m->t->now + AGAIN_MS,
		.until = until,
		.avoid = avoid};

	json_put_int(ci, reminder ? "rem" : "job", ask(m, &q));
	json_object_set_new(ci, tried_key(key), json_true());
	json_put_int(ci, key, ASK_WAITING);
	json_object_del(ci, "at");
	wait_for_outcome(ci, until);
	turn_count(m->t, q.rule, "written-again");
}

bool check_in_again(const struct member *m, int64_t job, const char *why, const char *avoid)
{
	json_t *ci = open_ask(m);
	const char *key = state_key(ci, job);
	char status[80];

	if (!key || json_get_flag(ci, tried_key(key)) ||
		m->t->now + AGAIN_MS >= json_get_int(ci, "till", 0))
		return false;
	if (*key != 'r' && json_get_int(ci, "rem", 0))
		return false; /* the reminder asks the same */
	if (json_get_int(ci, key, 0) == ASK_WAITING)
		turn_cancel(m->t, job, "check-in.undelivered");
	text_set(status, sizeof(status), "not delivered (%s): written once more",
		*why ? why : answer_kind_name(ANSWER_UNKNOWN));
	note(m, "check-in.undelivered", status, json_get_int(ci, "due", 0));
	ask_again(m, ci, key, avoid);
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
