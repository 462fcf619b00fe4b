#include "ctl/enrollment.h"

#include <stdarg.h>
#include <warmline/actor.h>
#include <warmline/calendar.h>
#include <warmline/event.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define FIELD_TEXT(constant, name) name,
static const char *const field_names[] = {ENROLLMENT_FIELDS(FIELD_TEXT)};

/* Where a value stands, for problems. */
struct place {
	const struct site *site;
	const struct program *program;
	const char *file;
	size_t line;
	struct problems *problems;
	bool wrong;
};

static void wrong(struct place *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct place *at, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problems_add(at->problems, at->file, at->line, "%s", text);
	at->wrong = true;
}

const char *enrollment_field_name(enum enrollment_field field)
{
	return field_names[field];
}

bool enrollment_field_find(const char *name, enum enrollment_field *field)
{
	for (int i = 0; i < FIELDS; i++) {
		if (strcasecmp(name, field_names[i]) == 0) {
			*field = (enum enrollment_field)i;
			return true;
		}
	}
	return false;
}

static void read_number(struct enrollment *e, struct place *at, const char *text)
{
	char masked[16];

	phone_mask(text, masked, sizeof(masked));
	if (!*text)
		wrong(at, "number is missing, expected one like +12025550111");
	else if (!phone_parse(text, &e->number))
		wrong(at,
			"number %s is no telephone number, expected country code and number "
			"without spaces, like +12025550111",
			masked);
	else if (program_of_number(at->site->programs, at->site->nprograms, text))
		wrong(at, "number %s is a program's own number, expected a participant's", masked);
}

static void read_supporter(struct enrollment *e, struct place *at, const char *text)
{
	if (!*text)
		return;
	if (!phone_parse(text, &e->supporter))
		wrong(at, "supporter is no telephone number, expected one like +12025550121");
	else if (strcmp(e->supporter.text, e->number.text) == 0)
		wrong(at, "supporter is the participant's own number, expected another person's");
}

static bool printable(const char *text)
{
	json_t *value = json_string(text); /* refuses what is no UTF-8 */
	bool ok = value != NULL;

	json_decref(value);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		ok = ok && *c >= ' ' && *c != 127;
	return ok;
}

static void read_name(struct enrollment *e, struct place *at, const char *text)
{
	if (!*text)
		wrong(at, "name is missing, expected how the person is called in texts");
	else if (!printable(text))
		wrong(at, "name is not plain UTF-8 text, expected a list saved as \"CSV UTF-8\"");
	else if (!text_set(e->name, sizeof(e->name), "%s", text))
		wrong(at, "name is longer than %d bytes, expected a first name", NAME_SIZE - 1);
}

static void read_language(struct enrollment *e, struct place *at, const char *text)
{
	char all[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < at->program->nlanguages; i++) {
		if (strcmp(at->program->languages[i], text) == 0) {
			text_set(e->language, sizeof(e->language), "%s", text);
			return;
		}
		text_set(
			all + n, sizeof(all) - n, "%s%s", n ? ", " : "", at->program->languages[i]);
		n = strlen(all);
	}
	if (*text)
		wrong(at, "language \"%.20s\" is not spoken by program %s, expected one of: %s",
			text, at->program->id, all);
}

static void read_zone(struct enrollment *e, struct place *at, const char *text)
{
	if (!*text)
		return;
	if (!zones_find(at->site->zones, text) || !text_set(e->zone, sizeof(e->zone), "%s", text))
		wrong(at, "zone \"%.40s\" is unknown, expected a name like America/Detroit", text);
}

static void read_hour(struct enrollment *e, struct place *at, const char *text)
{
	int minutes;

	if (!*text)
		return;
	if (!calendar_hour_parse(text, &minutes))
		wrong(at, "hour \"%.20s\" is no time of the day, expected one like 18:30", text);
	else
		text_set(e->hour, sizeof(e->hour), "%02d:%02d", minutes / 60 % 24, minutes % 60);
}

static void read_day(struct enrollment *e, struct place *at, const char *text)
{
	static const char *const days[] = {
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
	size_t n = strlen(text);

	e->day = -1;
	if (n == 1 && *text >= '0' && *text <= '6')
		e->day = *text - '0';
	for (int i = 0; i < 7 && n >= 3; i++)
		if (strncasecmp(text, days[i], n) == 0)
			e->day = i;
	if (*text && e->day < 0)
		wrong(at,
			"day \"%.20s\" is no day of the week, expected mon, tue, ... or sunday, "
			"...",
			text);
}

static void read_confirmed(struct enrollment *e, struct place *at, const char *text)
{
	static const char *const yes[] = {"yes", "y", "true", "1", "x"};
	static const char *const no[] = {"", "no", "n", "false", "0"};
	bool known = false;

	for (size_t i = 0; i < 5; i++) {
		if (strcasecmp(text, yes[i]) == 0)
			e->confirmed = known = true;
		if (strcasecmp(text, no[i]) == 0)
			known = true;
	}
	if (!known)
		wrong(at, "confirmed is \"%.20s\", expected yes or no", text);
}

bool enrollment_read(struct enrollment *e, const struct site *site, const struct program *program,
	const char *const values[FIELDS], const char *file, size_t line, struct problems *problems)
{
	static void (*const readers[FIELDS])(struct enrollment *, struct place *, const char *) = {
		[FIELD_NUMBER] = read_number,
		[FIELD_NAME] = read_name,
		[FIELD_LANGUAGE] = read_language,
		[FIELD_ZONE] = read_zone,
		[FIELD_SUPPORTER] = read_supporter,
		[FIELD_HOUR] = read_hour,
		[FIELD_DAY] = read_day,
		[FIELD_CONFIRMED] = read_confirmed};
	struct place at = {
		.site = site, .program = program, .file = file, .line = line, .problems = problems};

	*e = (struct enrollment){.program = program, .line = line};
	for (int i = 0; i < FIELDS; i++)
		readers[i](e, &at, values[i] ? values[i] : "");
	return !at.wrong;
}

static void set_id(json_t *event, const struct enrollment *e, const char *blind)
{
	char id[EVENT_ID_SIZE], *facts = json_print(event);

	text_set(id, sizeof(id), "enroll:%s:%s:%016llx", e->program->id, blind,
		(unsigned long long)text_hash(facts));
	json_put_text(event, "id", id);
	free(facts);
}

json_t *enrollment_event(
	const struct enrollment *e, const char *blind, const char *by, int64_t now_ms)
{
	json_t *event = json_object();

	json_put_text(event, "kind", event_kind_name(EVENT_ENROLL));
	json_put_text(event, "program", e->program->id);
	json_put_text(event, "number", e->number.text);
	json_put_text(event, "name", e->name);
	json_put_text(event, "language", e->language);
	json_put_text(event, "zone", e->zone);
	json_put_text(event, "supporter", e->supporter.text);
	json_put_text(event, "hour", e->hour);
	if (e->day >= 0)
		json_object_set_new(event, "day", json_integer(e->day));
	if (e->confirmed)
		json_object_set_new(event, "confirmed", json_true());
	set_id(event, e, blind); /* from the facts, before who and when */
	json_put_text(event, "by", by);
	json_put_int(event, "at", now_ms);
	return event;
}
