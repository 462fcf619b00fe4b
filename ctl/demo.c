#include "ctl/demo.h"
#include "ctl/tale.h"

#include <warmline/fail.h>
#include <warmline/json.h>

#define ANA       "+12025550141"
#define NOBODY    "+12025550142"
#define PROGRAM   "weekly-check-in"
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)

/* Sunday 2026-03-01: the clocks go forward on the second Sunday of the story. */
static const int start_year = 2026, start_month = 3, start_day = 1;

enum actor_in_story { AUTHOR, ANA_WRITES, STRANGER_WRITES, FIRST_ON_CALL, SECOND_ON_CALL, ENROLLS };

static const struct scene {
	int day, minute; /* local: days after the first, minute of the day */
	enum actor_in_story who;
	const char *words;
} scenes[] = {
	{0, 960, AUTHOR, "Staff enter Ana on the roll. Nobody is written to without being asked."},
	{0, 960, ENROLLS, ""},
	{0, 964, ANA_WRITES, "Yes"},
	{0, 1020, STRANGER_WRITES, "hi is this the shop"},
	{1, 540, AUTHOR, "Monday at ten is the first check-in. It is a hard day."},
	{1, 612, ANA_WRITES, "3"},
	{1, 1170, ANA_WRITES, "Sam called, that was good. can you ask me in the evening"},
	{1, 1171, ANA_WRITES, "hour 18:30"},
	{8, 540, AUTHOR,
		"The clocks went forward on Sunday; half past six stays half past six.\n"
		"This time Ana stays silent."},
	{11, 720, AUTHOR, "On Thursday she answers after all."},
	{11, 760, ANA_WRITES, "1"},
	{12, 1320, AUTHOR,
		"Friday night, in quiet hours. Danger knows no quiet hours, and the first one on\n"
		"call sleeps through the page."},
	{12, 1337, ANA_WRITES, "i want to kill myself"},
	{12, 1344, SECOND_ON_CALL, "ACK"},
	{12, 1351, FIRST_ON_CALL, "1"},
	{14, 660, AUTHOR, "On Sunday Ana has had enough of texts. One word is enough."},
	{14, 660, ANA_WRITES, "STOP"},
	{15, 1125, AUTHOR, "Monday evening came and went: nothing was sent."},
};

static const struct {
	const char *rule, *why;
} reasons[] = {
	{"enroll.ask", "nobody is written to before they said yes"},
	{"consent.yes", "a yes within seven days of the question"},
	{"stranger",
		"an unknown number: one polite answer a day, and a place in a list people read"},
	{"check-in.due", "it is the person's own day and hour"},
	{"reminder.due", "no answer so far: one reminder, never more"},
	{"answer.hard", "3 means hard"},
	{"answer.good", "1 means good"},
	{"answer.late", "others had been told of the silence: it is said openly"},
	{"text.wrote", "words of their own are for people to read"},
	{"hour", "the person chooses the hour"},
	{"notice",
		"news for staff; at night it waits, unless somebody wants a call or is in danger"},
	{"crisis.safety", "words of danger: at once, in any state, at any hour"},
	{"crisis.page", "somebody on call must have this case"},
	{"crisis.next", "nobody took it in time: the next person; this never ends"},
	{"ack.yours", "the first who says so has it"},
	{"ack.other", "everyone who was paged learns who has it"},
	{"ack.late", "somebody else had it already"},
	{"consent.stop", "one confirmation, then silence until START"},
};

struct story {
	FILE *out;
	const struct program *program;
	const struct zone *zone;
	bool missed, taken, stopped, asked; /* what has to have happened by the end */
	size_t after_stop;
};

static const char *why(const char *rule)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].rule, rule) == 0)
			return reasons[i].why;
	return "";
}

static void moment(const struct story *s, int64_t at)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct local_time local;

	zone_local(s->zone, at, &local);
	fprintf(s->out, "%s %2d %s %02d:%02d  ", days[local.weekday % 7], local.day,
		months[(local.month + 11) % 12], local.hour, local.minute);
}

static const char *called(const struct story *s, const char *number)
{
	const struct staff *staff = program_staff(s->program, number);

	if (strcmp(number, ANA) == 0)
		return "Ana";
	return staff ? staff->name : "a stranger";
}

static void on_sent(void *arg, int64_t now_ms, const char *to, const char *body, const char *rule)
{
	struct story *s = arg;

	moment(s, now_ms);
	fprintf(s->out, "-> %s: %s\n", called(s, to), body);
	fprintf(s->out, "%19s because %s%s[%s]\n", "", why(rule), *why(rule) ? " " : "", rule);
	s->asked |= strcmp(rule, "check-in.due") == 0;
	if (s->stopped && strcmp(to, ANA) == 0)
		s->after_stop++;
}

static void on_noted(void *arg, int64_t now_ms, const json_t *entry)
{
	struct story *s = arg;
	const char *kind = json_get_text(entry, "kind", "");
	const char *status = json_get_text(entry, "status", "");

	if (strcmp(kind, "missed") == 0) {
		s->missed = true;
		moment(s, now_ms);
		fprintf(s->out, "   Ana: a missed contact, %lld in a row [%s]\n",
			(long long)json_get_int(entry, "count", 0),
			json_get_text(entry, "rule", ""));
	} else if (strcmp(kind, "case") == 0 && *json_get_text(entry, "code", "")) {
		s->taken |= strcmp(status, "taken") == 0;
		if (strcmp(json_get_text(entry, "rule", ""), "page.result") == 0)
			return;
		moment(s, now_ms);
		fprintf(s->out, "   case %s: %s%s%s [%s]\n", json_get_text(entry, "code", ""),
			status, *json_get_text(entry, "who", "") ? ": " : "",
			json_get_text(entry, "who", ""), json_get_text(entry, "rule", ""));
	}
}

static void writes_in(struct story *s, struct tale *t, const char *from, const char *words)
{
	moment(s, tale_now(t));
	fprintf(s->out, "<- %s: %s\n", called(s, from), words);
	tale_text(t, s->program, from, words);
	if (strcmp(words, "STOP") == 0)
		s->stopped = true;
}

static void enroll(struct story *s, struct tale *t)
{
	const struct staff *supporter = program_nth(s->program, STAFF_SUPPORTER, 0);
	json_t *data = json_object();

	json_put_text(data, "kind", "enroll");
	json_put_text(data, "program", s->program->id);
	json_put_text(data, "number", ANA);
	json_put_text(data, "name", "Ana");
	json_put_text(data, "by", "demo");
	if (supporter)
		json_put_text(data, "supporter", supporter->phone.text);
	tale_post(t, ANA, data);
}

static void play(struct story *s, struct tale *t, const struct scene *scene)
{
	const struct staff *staff = NULL;

	switch (scene->who) {
	case AUTHOR: fprintf(s->out, "\n%s\n", scene->words); break;
	case ANA_WRITES: writes_in(s, t, ANA, scene->words); break;
	case STRANGER_WRITES: writes_in(s, t, NOBODY, scene->words); break;
	case ENROLLS: enroll(s, t); break;
	case FIRST_ON_CALL: staff = program_nth(s->program, STAFF_ONCALL, 0); break;
	case SECOND_ON_CALL: staff = program_nth(s->program, STAFF_ONCALL, 1); break;
	default: break;
	}
	if (staff)
		writes_in(s, t, staff->phone.text, scene->words);
}

static int ended_well(const struct story *s)
{
	fflush(s->out);
	if (s->asked && s->missed && s->taken && s->after_stop == 0)
		return 0;
	fprintf(stderr,
		"The story did not end as it should: the settings of program %s make it go "
		"another way (see config/programs/%s.yaml).\n",
		s->program->id, s->program->id);
	return 1;
}

static void tell_story(struct story *s, struct tale *t)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		tale_until(t, zone_instant(s->zone, start_year, start_month,
				      start_day + scenes[i].day, scenes[i].minute));
		play(s, t, &scenes[i]);
	}
	fprintf(s->out,
		"\nEvery line with \"because\" is a decision of the real rules; the name in "
		"brackets is what \"warmline log\" shows.\n");
}

int demo_run(const struct site *site, FILE *out)
{
	struct story s = {.out = out};
	struct tale_listener listener = {&s, on_sent, on_noted};
	struct tale *t;

	s.program = program_find(site->programs, site->nprograms, PROGRAM);
	s.zone = s.program ? zones_find(site->zones, s.program->zone) : NULL;
	if (!s.zone) {
		fprintf(stderr, "The story is about the program \"" PROGRAM "\": name it under "
				"programs: in config/warmline.yaml.\n");
		return 1;
	}
	fprintf(out, "Two weeks of \"%s\", in virtual time. -> leaves, <- comes in.\n",
		s.program->id);
	t = tale_new(
		site, &listener, zone_instant(s.zone, start_year, start_month, start_day, 15 * 60));
	tell_story(&s, t);
	tale_free(&t);
	return ended_well(&s);
}
