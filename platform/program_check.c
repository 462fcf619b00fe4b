#include "platform/program_check.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

/* A crisis waits for nobody longer than this (requirements U5; the usual setting is 5 minutes). */
#define PAGE_NEXT_MAX (30 * MINUTE_MS)
#define PAGE_NEXT_MIN INT64_C(2000)
#define EVERY_MIN     INT64_C(10000)
#define EVERY_MAX     (366 * DAY_MS)
#define QUIET_MAX     (18 * 60)

void program_check_rhythm(const struct program *p, struct settings *s)
{
	int64_t every = p->days ? (int64_t)p->days * DAY_MS : p->every_ms;

	if (every == 0 || p->reminder_ms == 0 || p->missed_ms == 0)
		return; /* told already */
	if (every < EVERY_MIN || every > EVERY_MAX)
		settings_problem(s, "every", "does not fit, expected 10s to 366d");
	else if (p->reminder_ms + p->missed_ms >= every)
		settings_problem(s, "missed_after",
			"a contact would count as missed after the next check-in is due, expected "
			"reminder_after and missed_after together to be shorter than every");
	if (p->days % 7 != 0 && tree_get(s->map, "day"))
		settings_problem(s, "day",
			"has no meaning unless check-ins come in whole weeks, expected no such "
			"line");
	if (p->every_ms && tree_get(s->map, "hour"))
		settings_problem(s, "hour",
			"has no meaning when check-ins come more often than daily, expected no "
			"such line");
	if (p->late_ms >= every)
		settings_problem(s, "late_limit", "is too long, expected less than every");
}

void program_check_quiet(const struct program *p, struct settings *s)
{
	int length = (p->quiet_to - p->quiet_from + 1440) % 1440;
	int into = (p->hour_min - p->quiet_from + 1440) % 1440;

	if (!p->quiet)
		return;
	if (length == 0)
		settings_problem(s, "quiet_hours", "begin when they end, expected none instead");
	else if (length > QUIET_MAX)
		settings_problem(s, "quiet_hours",
			"leave less than 6 hours for texts, expected at most 18 quiet hours");
	else if (p->days && into < length)
		settings_problem(s, "quiet_hours",
			"the check-in hour %02d:%02d lies in them, expected another hour",
			p->hour_min / 60, p->hour_min % 60);
}

void program_check_pages(const struct program *p, struct settings *s)
{
	if (p->page_next_ms > PAGE_NEXT_MAX || p->page_next_ms < PAGE_NEXT_MIN)
		settings_problem(s, "next_person", "does not fit, expected 2s to 30m");
	if (p->page_stale_ms < EVERY_MIN || p->page_stale_ms > DAY_MS)
		settings_problem(s, "again_after", "does not fit, expected 10s to 1d");
}

void program_check_member(const struct program *p, const struct staff *member, struct settings *s)
{
	bool spoken = false;

	for (size_t i = 0; i < p->nlanguages; i++)
		spoken = spoken || strcmp(p->languages[i], member->language) == 0;
	if (!spoken && p->nlanguages)
		settings_problem(s, "language",
			"\"%s\" is not among the languages of the program, expected one of them",
			member->language);
	if (*member->phone.text && program_has_number(p, member->phone.text))
		settings_problem(s, "number",
			"is the program's own number, expected the person's telephone");
	for (size_t i = 0; i < p->nstaff; i++)
		if (*member->phone.text &&
			strcmp(p->staff[i].phone.text, member->phone.text) == 0 &&
			strcmp(p->staff[i].name, member->name) != 0)
			settings_problem(s, "number",
				"is the number of %s as well, expected one name for one telephone",
				p->staff[i].name);
}

void program_check_staff(const struct program *p, struct settings *s)
{
	if (!program_nth(p, STAFF_ONCALL, 0))
		settings_problem(s, "staff",
			"nobody is on call, expected at least one person with role: on-call");
	if (!program_nth(p, STAFF_SUPERVISOR, 0))
		settings_problem(s, "staff",
			"there is no supervisor, expected at least one person with role: "
			"supervisor");
	if (!program_nth(p, STAFF_SUPPORTER, 0))
		settings_problem(s, "staff",
			"there is no supporter, expected at least one person with role: "
			"supporter");
}

static void staff_pair_check(const struct program *a, const struct program *b, const char *file,
	struct problems *problems)
{
	for (size_t i = 0; i < a->nstaff; i++) {
		const struct staff *twin = program_staff(b, a->staff[i].phone.text);

		if (twin && strcmp(twin->name, a->staff[i].name) != 0)
			problems_add(problems, file, 0,
				"one telephone belongs to %s in program %s and to %s in program "
				"%s, expected one name",
				a->staff[i].name, a->id, twin->name, b->id);
	}
}

static bool staff_has_number_of(const struct program *staffed, const struct program *p)
{
	for (size_t i = 0; i < p->nmore; i++)
		if (program_staff(staffed, p->more[i].text))
			return true;
	return program_staff(staffed, p->number.text) != NULL;
}

static bool share_a_number(const struct program *a, const struct program *b)
{
	for (size_t i = 0; i < b->nmore; i++)
		if (program_has_number(a, b->more[i].text))
			return true;
	return *b->number.text && program_has_number(a, b->number.text);
}

void programs_check(
	const struct program *programs, size_t n, const char *file, struct problems *problems)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			if (j != i && staff_has_number_of(&programs[j], &programs[i]))
				problems_add(problems, file, 0,
					"a number of program %s is a staff telephone in program "
					"%s, expected two numbers",
					programs[i].id, programs[j].id);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(programs[i].id, programs[j].id) == 0)
				problems_add(problems, file, 0,
					"program %s is listed twice, expected it once",
					programs[i].id);
			else if (share_a_number(&programs[j], &programs[i]))
				problems_add(problems, file, 0,
					"programs %s and %s have the same number, expected one "
					"number for each",
					programs[j].id, programs[i].id);
			staff_pair_check(&programs[j], &programs[i], file, problems);
		}
	}
}
