#include "platform/setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <warmline/calendar.h>

void settings_begin(
	struct settings *s, const char *file, const struct tree *map, struct problems *problems)
{
	*s = (struct settings){.file = file, .map = map, .problems = problems, .known = " "};
}

/* --- names -------------------------------------------------------------------------------------
 */

static bool known(const struct settings *s, const char *key)
{
	char word[80];

	return text_set(word, sizeof(word), " %s ", key) && strstr(s->known, word);
}

static void know(struct settings *s, const char *key)
{
	size_t n = strlen(s->known);

	if (!known(s, key) && !text_set(s->known + n, sizeof(s->known) - n, "%s ", key))
		fail_abort("too many settings in one section: %s", key);
}

/* Levenshtein distance of short words; anything longer than 40 letters is far away. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[41];

	if (na > 40 || nb > 40)
		return 99;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

static void nearest(const struct settings *s, const char *key, char *word, size_t size)
{
	size_t len = strlen(key), best = len / 2 + 1 < 4 ? len / 2 + 1 : 4;

	*word = '\0';
	for (const char *at = s->known + 1; *at;) {
		size_t n = strcspn(at, " "), d = distance(key, len, at, n);

		if (len >= 3 && n >= 3 && strncmp(key, at, n < len ? n : len) == 0)
			d = 1; /* "reminder" for "reminder_after" */
		if (d < best) {
			best = d;
			text_set(word, size, "%.*s", (int)n, at);
		}
		at += n + (at[n] == ' ');
	}
}

void settings_end(const struct settings *s)
{
	for (size_t i = 0; s->map && i < s->map->n; i++) {
		const struct tree *item = s->map->items[i];
		char word[48];

		if (known(s, item->key))
			continue;
		nearest(s, item->key, word, sizeof(word));
		if (*word)
			problems_add(s->problems, s->file, item->key_line,
				"unknown setting \"%s\", expected perhaps \"%s\"", item->key, word);
		else
			problems_add(s->problems, s->file, item->key_line,
				"unknown setting \"%s\", expected one of:%.*s", item->key,
				(int)(strlen(s->known) - 1), s->known);
	}
}

/* --- nodes -------------------------------------------------------------------------------------
 */

size_t settings_line(const struct settings *s, const char *key)
{
	const struct tree *item = tree_get(s->map, key);

	return item ? item->line : s->map ? s->map->line : 0;
}

void settings_problem(const struct settings *s, const char *key, const char *format, ...)
{
	char *sentence = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&sentence, format, args) < 0)
		fail_abort("out of memory");
	va_end(args);
	problems_add(s->problems, s->file, settings_line(s, key), "%s: %s", key, sentence);
	free(sentence);
}

const struct tree *settings_get(struct settings *s, const char *key, enum setting_need need)
{
	const struct tree *item = tree_get(s->map, key);

	know(s, key);
	if (!item && need == SETTING_REQUIRED)
		settings_problem(s, key, "is missing, expected a value");
	return item;
}

static const struct tree *of_kind(struct settings *s, const char *key, enum setting_need need,
	enum tree_kind kind, const char *what)
{
	const struct tree *item = settings_get(s, key, need);

	if (item && item->kind != kind) {
		settings_problem(s, key, "is of the wrong kind, expected %s", what);
		return NULL;
	}
	return item;
}

const struct tree *settings_map(struct settings *s, const char *key, enum setting_need need)
{
	return of_kind(s, key, need, TREE_MAP, "settings below it, indented");
}

const struct tree *settings_list(struct settings *s, const char *key, enum setting_need need)
{
	return of_kind(s, key, need, TREE_LIST, "a list like [one, two], or lines with \"- \"");
}

static const char *text_of(struct settings *s, const char *key, enum setting_need need)
{
	const struct tree *item = of_kind(s, key, need, TREE_TEXT, "one value");

	return item ? item->text : NULL;
}

/* --- values ------------------------------------------------------------------------------------
 */

bool setting_text(
	struct settings *s, const char *key, enum setting_need need, char *to, size_t size)
{
	const char *text = text_of(s, key, need);

	if (!text)
		return false;
	if (need == SETTING_REQUIRED && !*text) {
		settings_problem(s, key, "is empty, expected a value");
		return false;
	}
	if (strlen(text) >= size) {
		settings_problem(s, key, "is too long, expected at most %zu bytes", size - 1);
		return false;
	}
	return text_set(to, size, "%s", text);
}

bool setting_number(struct settings *s, const char *key, double low, double high, double *value)
{
	const char *text = text_of(s, key, SETTING_OPTIONAL);
	char *end;
	double n;

	if (!text)
		return false;
	n = strtod(text, &end);
	if (end == text || *end || !(n >= low && n <= high)) {
		settings_problem(s, key, "\"%s\" does not fit, expected a number from %g to %g",
			text, low, high);
		return false;
	}
	*value = n;
	return true;
}

bool setting_int(struct settings *s, const char *key, int low, int high, int *value)
{
	const char *text = text_of(s, key, SETTING_OPTIONAL);
	char *end;
	long n;

	if (!text)
		return false;
	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end || errno || n < low || n > high) {
		settings_problem(s, key,
			"\"%s\" does not fit, expected a whole number from %d to %d", text, low,
			high);
		return false;
	}
	*value = (int)n;
	return true;
}

bool setting_choice(struct settings *s, const char *key, enum setting_need need,
	const char *const *words, int *choice)
{
	const char *text = text_of(s, key, need);
	char all[200] = "";

	if (!text)
		return false;
	for (int i = 0; words[i]; i++) {
		size_t n = strlen(all);

		if (strcmp(words[i], text) == 0) {
			*choice = i;
			return true;
		}
		text_set(all + n, sizeof(all) - n, "%s%s", i ? ", " : "", words[i]);
	}
	settings_problem(s, key, "\"%s\" is not known, expected one of: %s", text, all);
	return false;
}

bool setting_yes(struct settings *s, const char *key, bool *value)
{
	static const char *const words[] = {"no", "yes", "false", "true", NULL};
	int choice;

	if (!setting_choice(s, key, SETTING_OPTIONAL, words, &choice))
		return false;
	*value = choice % 2 == 1;
	return true;
}

bool duration_parse(const char *text, int64_t *ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
	size_t digits = strspn(text, "0123456789");
	long n;

	if (digits < 1 || digits > 6 || strlen(text) != digits + 1)
		return false;
	n = strtol(text, NULL, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == text[digits]) {
			*ms = n * units[i].ms;
			return true;
		}
	}
	return false;
}

bool setting_duration(struct settings *s, const char *key, enum setting_need need, int64_t *ms)
{
	const char *text = text_of(s, key, need);

	if (!text)
		return false;
	if (duration_parse(text, ms) && *ms > 0)
		return true;
	settings_problem(s, key,
		"\"%s\" is no length of time, expected a number and s, m, h, d or w, like 90s, "
		"5m, 2h, 1d, 1w",
		text);
	return false;
}

bool setting_hour(struct settings *s, const char *key, int *minute)
{
	const char *text = text_of(s, key, SETTING_OPTIONAL);

	if (!text)
		return false;
	if (strchr(text, ':') && calendar_hour_parse(text, minute))
		return true;
	settings_problem(s, key, "\"%s\" is no time of day, expected HH:MM like 09:30", text);
	return false;
}

bool setting_phone(struct settings *s, const char *key, enum setting_need need, struct phone *phone)
{
	const char *text = text_of(s, key, need);

	if (!text)
		return false;
	if (phone_parse(text, phone))
		return true;
	settings_problem(s, key,
		"\"%s\" is no telephone number, expected + and country code, digits only, like "
		"+12025550111",
		text);
	return false;
}
