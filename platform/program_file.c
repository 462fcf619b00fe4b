#include "platform/program_file.h"

#include "platform/program_check.h"
#include "platform/setting.h"
#include "platform/wording_file.h"

#include <string.h>
#include <warmline/calendar.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    INT64_C(86400000)

/* Program file while it is read. */
struct reading {
	const struct program_source *source;
	char file[PATH_SIZE];
	char never_say[256]; /* the program's own words that no text may contain */
	struct tree *tree;
	struct settings top;
	struct program *p;
};

void program_clear(struct program *p)
{
	for (size_t i = 0; i < sizeof(p->wording) / sizeof(p->wording[0]); i++)
		wording_clear(&p->wording[i]);
	free(p->staff);
	memset(p, 0, sizeof(*p));
}

/* --- lists of words ----------------------------------------------------------------------------
 */

/* Copies up to `max` texts of a list into rows of `size` bytes; the number of rows. */
static size_t words_read(struct settings *s, const char *key, enum setting_need need, size_t max,
	char *rows, size_t size)
{
	const struct tree *list = settings_list(s, key, need);
	size_t n = list ? list->n : 0, used = 0;

	if (list && n == 0 && need == SETTING_REQUIRED)
		settings_problem(s, key, "is empty, expected at least one word");
	if (n > max) {
		settings_problem(s, key, "has %zu entries, expected at most %zu", n, max);
		n = max;
	}
	for (size_t i = 0; i < n; i++) {
		const struct tree *item = list->items[i];

		if (item->kind != TREE_TEXT || !*item->text ||
			!text_set(rows + used * size, size, "%s", item->text))
			problems_add(s->problems, s->file, item->line,
				"%s: expected words of at most %zu letters", key, size - 1);
		else
			used++;
	}
	return used;
}

static void never_say_read(struct reading *r)
{
	char words[8][32];
	size_t n = words_read(&r->top, "never_say", SETTING_OPTIONAL, 8, words[0], 32);

	for (size_t i = 0, at = 0; i < n; i++) {
		text_set(r->never_say + at, sizeof(r->never_say) - at, "%s|", words[i]);
		at = strlen(r->never_say);
	}
}

/* --- sections ----------------------------------------------------------------------------------
 */

static void more_numbers_read(struct reading *r)
{
	const struct tree *list = settings_list(&r->top, "more_numbers", SETTING_OPTIONAL);
	struct program *p = r->p;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct tree *item = list->items[i];

		if (p->nmore == NUMBERS_MOST || item->kind != TREE_TEXT ||
			!phone_parse(item->text, &p->more[p->nmore]))
			problems_add(r->top.problems, r->file, item->line,
				"more_numbers: expected at most %d numbers like +12025550102",
				NUMBERS_MOST);
		else
			p->nmore++;
	}
}

static void identity_read(struct reading *r)
{
	struct program *p = r->p;
	struct settings *s = &r->top;

	setting_phone(s, "number", SETTING_REQUIRED, &p->number);
	more_numbers_read(r);
	setting_text(s, "signs_as", SETTING_REQUIRED, p->signs_as, sizeof(p->signs_as));
	setting_text(s, "emergency", SETTING_REQUIRED, p->emergency, sizeof(p->emergency));
	text_set(p->zone, sizeof(p->zone), "%s", r->source->zone);
	setting_text(s, "zone", SETTING_OPTIONAL, p->zone, sizeof(p->zone));
	if (*p->zone && !zones_find(r->source->zones, p->zone))
		settings_problem(s, "zone",
			"\"%s\" is not known, expected a name like America/Detroit", p->zone);
	p->nlanguages =
		words_read(s, "languages", SETTING_REQUIRED, 4, p->languages[0], LANGUAGE_SIZE);
	p->njoin = words_read(s, "join", SETTING_REQUIRED, 4, p->join[0], sizeof(p->join[0]));
}

static void rhythm_read(struct program *p, struct settings *s)
{
	static const char *const days[] = {
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", NULL};
	int64_t every = 0;

	p->weekday = 1;
	p->hour_min = 10 * 60;
	p->first_after_ms = 0;
	setting_duration(s, "every", SETTING_REQUIRED, &every);
	if (every >= DAY_MS && every % DAY_MS == 0)
		p->days = (int)(every / DAY_MS);
	else
		p->every_ms = every;
	setting_choice(s, "day", SETTING_OPTIONAL, days, &p->weekday);
	setting_hour(s, "hour", &p->hour_min);
	setting_duration(s, "first_after", SETTING_OPTIONAL, &p->first_after_ms);
	if (p->first_after_ms && p->days)
		settings_problem(s, "first_after",
			"has no meaning with days and weeks, expected no such line");
	if (p->every_ms && !p->first_after_ms)
		p->first_after_ms = p->every_ms;
}

static void check_in_read(struct reading *r)
{
	const struct tree *map = settings_map(&r->top, "check_in", SETTING_REQUIRED);
	struct program *p = r->p;
	struct settings s;

	settings_begin(&s, r->file, map, r->top.problems);
	if (!map)
		return;
	rhythm_read(p, &s);
	p->late_ms = 2 * HOUR_MS;
	p->missed_supervisor = 2;
	setting_duration(&s, "reminder_after", SETTING_REQUIRED, &p->reminder_ms);
	setting_duration(&s, "missed_after", SETTING_REQUIRED, &p->missed_ms);
	setting_duration(&s, "late_limit", SETTING_OPTIONAL, &p->late_ms);
	setting_int(&s, "supervisor_after", 1, 20, &p->missed_supervisor);
	settings_end(&s);
	program_check_rhythm(p, &s);
}

/* "20:00-09:00" or "none". */
static void quiet_read(struct reading *r)
{
	char text[32], from[16];
	struct program *p = r->p;
	const char *dash;

	if (!setting_text(&r->top, "quiet_hours", SETTING_REQUIRED, text, sizeof(text)))
		return;
	p->quiet = strcmp(text, "none") != 0;
	if (!p->quiet)
		return;
	dash = strchr(text, '-');
	if (!dash || !text_set(from, sizeof(from), "%.*s", (int)(dash - text), text) ||
		!calendar_hour_parse(from, &p->quiet_from) ||
		!calendar_hour_parse(dash + 1, &p->quiet_to)) {
		settings_problem(&r->top, "quiet_hours",
			"\"%s\" cannot be read, expected from-to like 20:00-09:00, or none", text);
		p->quiet = false;
	}
}

static void pages_read(struct reading *r)
{
	const struct tree *map = settings_map(&r->top, "pages", SETTING_OPTIONAL);
	struct program *p = r->p;
	struct settings s;

	p->page_next_ms = 5 * MINUTE_MS;
	p->page_stale_ms = HOUR_MS;
	p->page_details = true;
	settings_begin(&s, r->file, map, r->top.problems);
	setting_duration(&s, "next_person", SETTING_OPTIONAL, &p->page_next_ms);
	setting_duration(&s, "again_after", SETTING_OPTIONAL, &p->page_stale_ms);
	setting_yes(&s, "details", &p->page_details);
	settings_end(&s);
	if (map)
		program_check_pages(p, &s);
}

static void texts_read(struct reading *r)
{
	setting_yes(&r->top, "plain_punctuation", &r->p->plain_punctuation);
	setting_yes(&r->top, "redact", &r->p->redact);
}

static void staff_member_read(struct reading *r, const struct tree *item, struct staff *member)
{
	static const char *const roles[] = {"supporter", "on-call", "supervisor", NULL};
	struct settings s;
	int role = 0;

	if (item->kind != TREE_MAP) {
		problems_add(r->top.problems, r->file, item->line,
			"staff: expected name, number and role of one person");
		return;
	}
	settings_begin(&s, r->file, item, r->top.problems);
	text_set(member->language, LANGUAGE_SIZE, "%s", r->p->languages[0]);
	setting_text(&s, "name", SETTING_REQUIRED, member->name, sizeof(member->name));
	setting_phone(&s, "number", SETTING_REQUIRED, &member->phone);
	setting_choice(&s, "role", SETTING_REQUIRED, roles, &role);
	setting_text(&s, "language", SETTING_OPTIONAL, member->language, LANGUAGE_SIZE);
	member->role = (enum staff_role)role;
	settings_end(&s);
	program_check_member(r->p, member, &s);
}

static void staff_read(struct reading *r)
{
	const struct tree *list = settings_list(&r->top, "staff", SETTING_REQUIRED);
	struct program *p = r->p;

	p->staff = xcalloc(list ? list->n : 0, sizeof(*p->staff));
	for (size_t i = 0; list && i < list->n; i++) {
		staff_member_read(r, list->items[i], &p->staff[i]);
		p->nstaff = i + 1;
	}
	if (list)
		program_check_staff(p, &r->top);
}

/* --- wording -----------------------------------------------------------------------------------
 */

/* The shared file of the language, then what the program says differently. */
static void language_read(struct reading *r, const struct tree *overrides, size_t i)
{
	struct wording_file *w = xcalloc(1, sizeof(*w));
	const char *language = r->p->languages[i];
	struct tree *shared;
	char file[PATH_SIZE];

	if (!text_set(file, sizeof(file), "%s/wording/%s.yaml", r->source->folder, language))
		settings_problem(&r->top, "languages", "\"%s\": the path is too long", language);
	for (int key = 0; key < WORDING_COUNT; key++)
		text_set(w->source[key].file, PATH_SIZE, "%s", file);
	shared = tree_read(file, r->source->problems);
	if (shared) {
		wording_file_take(w, file, shared, r->source->problems);
		wording_file_take(w, r->file, tree_get(overrides, language), r->source->problems);
		wording_file_check(w, r->p, language, r->never_say, r->source->problems);
	}
	r->p->wording[i] = w->texts;
	tree_free(&shared);
	free(w);
}

static void wording_read(struct reading *r)
{
	const struct tree *map = settings_map(&r->top, "wording", SETTING_OPTIONAL);
	struct settings s;

	settings_begin(&s, r->file, map, r->top.problems);
	for (size_t i = 0; i < r->p->nlanguages; i++) {
		settings_map(&s, r->p->languages[i], SETTING_OPTIONAL);
		language_read(r, map, i);
	}
	settings_end(&s);
}

void program_file_read(const struct program_source *source, const char *id, struct program *p)
{
	struct reading r = {.source = source, .p = p};

	memset(p, 0, sizeof(*p));
	if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id) ||
		!text_set(p->id, sizeof(p->id), "%s", id) ||
		!text_set(r.file, sizeof(r.file), "%s/programs/%s.yaml", source->folder, id)) {
		problems_add(source->problems, source->folder, 0,
			"program \"%s\": expected a short name of small letters, digits and dashes",
			id);
		return;
	}
	r.tree = tree_read(r.file, source->problems);
	if (!r.tree)
		return;
	settings_begin(&r.top, r.file, r.tree, source->problems);
	identity_read(&r);
	never_say_read(&r);
	check_in_read(&r);
	quiet_read(&r);
	pages_read(&r);
	texts_read(&r);
	program_check_quiet(p, &r.top);
	staff_read(&r);
	wording_read(&r);
	settings_end(&r.top);
	tree_free(&r.tree);
}
