#include <core/check_in.h>
#include <core/job.h>
#include <core/person.h>
#include <core/text.h>
#include <warmline/fail.h>
#include <warmline/screen.h>

#define SEEN_MS     (30 * MINUTE_MS)
#define STRANGER_MS DAY_MS

static void reply(
	const struct member *m, const char *rule, enum wording_key key, const struct slot *extra)
{
	job_track(m->t, member_reply(m, rule, key, extra), JOB_REPLY, m->program->id);
}

/* "Sam has been told that you did not answer" turns around: now Sam knows that you did. */
static bool stand_down(const struct member *m, const char *answer, const char *knows)
{
	char told[160];

	if (!check_in_stand_down(m, answer, knows, told, sizeof(told)))
		return false;
	reply(m, "answer.late", WORDING_ANSWER_LATE, (struct slot[]){{"told", told}, {NULL, NULL}});
	return true;
}

/* A wish to be called, or a hard day: the supporter's phone rings at any hour. Who was told. */
static const char *call_supporter(const struct member *m, const char *rule, enum wording_key key)
{
	const char *supporter = member_supporter(m);

	turn_index(m->t, rule, INDEX_UNREAD);
	if (supporter)
		member_notice(m, rule, supporter, key, false, member_notice_slots(m));
	return supporter;
}

static void log_answer(const struct member *m, const char *rule, const char *answer)
{
	json_t *entry = turn_log(m->t, "answer", rule);

	json_put_text(entry, "program", m->program->id);
	json_put_text(entry, "answer", answer);
	turn_count(m->t, rule, rule);
}

struct meaning {
	enum keyword keyword;
	const char *rule, *digit;
	enum wording_key answer, news;
	bool call;
};

static const struct meaning meanings[] = {
	{KEYWORD_GOOD, "answer.good", "1", WORDING_ANSWER_GOOD, WORDING_COUNT, false},
	{KEYWORD_OK, "answer.ok", "2", WORDING_ANSWER_OK, WORDING_COUNT, false},
	{KEYWORD_HARD, "answer.hard", "3", WORDING_ANSWER_HARD, WORDING_SUPPORTER_HARD, true},
	{KEYWORD_CALL, "answer.call", "4", WORDING_ANSWER_CALL, WORDING_SUPPORTER_CALL, true},
};

static const struct meaning *meaning_of(const char *body)
{
	enum keyword word = keyword_of(body);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].keyword == word)
			return &meanings[i];
	return NULL;
}

static void answered(const struct member *m, const struct meaning *meaning)
{
	const char *knows = NULL;
	bool late;

	check_in_heard(m, meaning->rule, "answered");
	log_answer(m, meaning->rule, meaning->digit);
	if (meaning->call)
		knows = call_supporter(m, meaning->rule, meaning->news);
	late = stand_down(m, meaning->digit, knows);
	if (!late || meaning->call)
		reply(m, meaning->rule, meaning->answer, NULL);
}

static void set_hour(const struct member *m, int minute)
{
	const struct program *p = m->program;
	bool quiet = p->quiet && (p->quiet_from <= p->quiet_to
						 ? minute >= p->quiet_from && minute < p->quiet_to
						 : minute >= p->quiet_from || minute < p->quiet_to);
	char hour[8];

	/* Nothing leaves in quiet hours, so the truthful answer is the hour at which they end. */
	if (quiet)
		minute = p->quiet_to;
	check_in_heard(m, "hour", "the person wrote");
	json_object_set_new(m->slot, "hour", json_integer(minute));
	check_in_replan(m);
	text_set(hour, sizeof(hour), "%d:%02d", minute / 60 % 24, minute % 60);
	log_answer(m, "hour", hour);
	stand_down(m, NULL, NULL);
	reply(m, "hour", WORDING_HOUR_SET, (struct slot[]){{"hour", hour}, {NULL, NULL}});
}

/* Words that may mean danger: somebody looks today, at night too (U10). */
static bool worrying(const struct member *m)
{
	const json_t *screen = json_object_get(m->t->event->data, "screen");

	return screen_level_of(json_get_text(screen, "level", "none")) >= SCREEN_WATCH;
}

/* The supporter is told to get in touch; not for every line of a long story. Who was told. */
static const char *tell_wrote(const struct member *m, const char *body)
{
	const char *supporter = member_supporter(m);
	bool call = keyword_of(body) == KEYWORD_CALL, worry = worrying(m);

	if (member_recent(m, worry ? "worry" : "seen", SEEN_MS) && !call)
		return NULL;
	if (worry)
		member_recent(m, "seen", 0);
	if (supporter)
		member_notice(m, "text.wrote", supporter,
			call ? WORDING_SUPPORTER_CALL : WORDING_SUPPORTER_WROTE, !call && !worry,
			member_notice_slots(m));
	return supporter;
}

static void wrote(const struct member *m, const char *body)
{
	int64_t last = member_time(m, "seen");
	bool seen = last && last <= m->t->now && m->t->now - last < SEEN_MS;

	check_in_heard(m, "text.wrote", "the person wrote");
	log_answer(m, "text.wrote", "text");
	turn_index(m->t, "text.wrote", INDEX_UNREAD);
	if (!stand_down(m, NULL, tell_wrote(m, body)) && !seen)
		reply(m, "text.wrote", WORDING_MESSAGE_SEEN, NULL);
}

void answer_take(const struct member *m, const char *body)
{
	const struct meaning *meaning = meaning_of(body);
	int minute = m->program->every_ms ? -1 : keyword_hour(body);

	if (meaning)
		answered(m, meaning);
	else if (minute >= 0)
		set_hour(m, minute);
	else
		wrote(m, body);
}

/* A machine's short code would answer our answer for ever. */
static bool is_machine(const struct member *m)
{
	return person_number(m->t)[0] != '+';
}

/* Our HELP text offers everybody a call; a number we do not know may ask twice an hour. */
static bool wants_call(const struct member *m, const char *body, bool known)
{
	return keyword_of(body) == KEYWORD_CALL && !is_machine(m) &&
	       (known || !member_recent(m, "call", SEEN_MS));
}

void answer_other(const struct member *m, const char *body)
{
	enum member_state state = member_state(m);
	bool known = json_get_flag(m->slot, "was") || *json_get_text(m->slot, "sup", "");
	bool call = wants_call(m, body, known);

	turn_index(m->t, "stranger", state == MEMBER_STRANGER ? INDEX_STRANGERS : INDEX_UNREAD);
	if (known || call)
		tell_wrote(m, body);
	if (state == MEMBER_STOPPED) {
		turn_trace(m->t, "consent.stopped", "stopped: no text, humans are told");
		return;
	}
	if (call) {
		reply(m, "stranger.call", WORDING_ANSWER_CALL, NULL);
		return;
	}
	if (is_machine(m) || member_recent(m, "str", STRANGER_MS))
		return;
	reply(m, "stranger", state == MEMBER_STRANGER ? WORDING_STRANGER : WORDING_HELP, NULL);
}
