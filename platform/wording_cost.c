#include "platform/wording_cost.h"

#include <core/body.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/sms_text.h>

#define USUAL_NAME "Charlotte"

enum { SUPPORTERS = 1 << STAFF_SUPPORTER, SUPERVISORS = 1 << STAFF_SUPERVISOR };
#define EVERYBODY (SUPPORTERS | SUPERVISORS | 1 << STAFF_ONCALL)

/* The longest name among the staff of some roles; `otherwise` when nobody has a longer one. */
static const char *longest(const struct program *p, int roles, const char *otherwise)
{
	for (size_t i = 0; i < p->nstaff; i++)
		if (roles & (1 << p->staff[i].role) && strlen(p->staff[i].name) > strlen(otherwise))
			otherwise = p->staff[i].name;
	return otherwise;
}

static char *filled(const struct program *p, const struct wording *wording, enum wording_key key,
	const char *name)
{
	char told[2 * NAME_SIZE + 2];
	const struct slot slots[] = {
		{"name", name},
		{"signs_as", p->signs_as},
		{"emergency", p->emergency},
		{"supporter", longest(p, SUPPORTERS | SUPERVISORS, p->signs_as)},
		{"told", told},
		{"hour", "23:59"},
		{"number", "+123456789012345"},
		{"count", "99"},
		{"answer", "4"},
		{"code", "4821"},
		{"codes", "4821, 1733, 9020"},
		{"by", longest(p, EVERYBODY, "")},
		{"age", "119 min"},
		{"since", "23:59"},
		{"round", "99"},
		{NULL, NULL},
	};

	text_set(told, sizeof(told), "%s, %s", longest(p, SUPPORTERS, ""),
		longest(p, SUPERVISORS, ""));
	return body_make(p, wording, key, slots);
}

static bool measure(const struct program *p, const struct wording *wording, enum wording_key key,
	const char *name, struct wording_cost *cost)
{
	char *text = filled(p, wording, key, name);
	struct sms_size size;
	bool good = sms_measure(text, &size);

	*cost = (struct wording_cost){
		.units = size.units, .segments = size.segments, .ucs2 = size.ucs2};
	if (good && size.odd)
		text_set(cost->because, sizeof(cost->because), "%.*s", (int)size.odd_len, size.odd);
	free(text);
	return good;
}

bool wording_cost_of(const struct program *program, const struct wording *wording,
	enum wording_key key, struct wording_cost *cost)
{
	struct wording_cost usual;
	char name[NAME_SIZE];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (!measure(program, wording, key, USUAL_NAME, &usual) ||
		!measure(program, wording, key, name, cost))
		return false;
	/* A name that made it too long was shortened, and may cost less than one in between. */
	if (cost->segments < usual.segments)
		*cost = usual;
	cost->long_name = usual.segments == 1 && cost->segments > 1;
	return true;
}
