/*
 * warmline log: what happened to one person, what was decided, and by which rule. With what is
 * still in the mailbox, so that a text is seen from the moment it was answered.
 */
#include "ctl/moment.h"
#include "ctl/visit.h"

#include <warmline/json.h>

#define ENTRIES_MAX 1000000

/* When it reached us: entries of a text may be decided on much later than the text came. */
static int64_t received(const json_t *entry)
{
	int64_t at = json_get_int(entry, "received", 0);

	return at ? at : json_get_int(entry, "time", 0);
}

struct line {
	json_t *entry;
	int64_t at;
	size_t position;
};

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* An event that nobody has decided on yet, in the shape of a log entry. */
static json_t *waiting_entry(const json_t *event)
{
	const char *kind = json_get_text(event, "kind", "unknown");
	json_t *entry = json_object();

	json_put_int(entry, "time", json_get_int(event, "at", 0));
	json_put_text(entry, "kind", strcmp(kind, "text") == 0 ? "text-in" : kind);
	json_put_text(entry, "event", json_get_text(event, "id", ""));
	json_put_text(entry, "provider_id", json_get_text(event, "provider_id", ""));
	json_put_text(entry, "from", json_get_text(event, "from", ""));
	json_put_text(entry, "to", json_get_text(event, "to", ""));
	json_put_text(entry, "text", json_get_text(event, "body", ""));
	json_object_set_new(entry, "waiting", json_true());
	return entry;
}

static struct line *all_lines(const struct sheet *sheet, size_t *n)
{
	struct line *lines =
		xcalloc(json_array_size(sheet->log) + json_array_size(sheet->mail), sizeof(*lines));
	json_t *one;
	size_t i;

	*n = 0;
	json_array_foreach(sheet->log, i, one)
	{
		lines[*n] = (struct line){json_incref(one), received(one), *n};
		++*n;
	}
	json_array_foreach(sheet->mail, i, one)
	{
		lines[*n] = (struct line){waiting_entry(one), json_get_int(one, "at", 0), *n};
		++*n;
	}
	qsort(lines, *n, sizeof(*lines), by_time);
	return lines;
}

static json_t *masked(json_t *value)
{
	const char *text = json_string_value(value);
	struct phone phone;
	char mask[24];

	if (!text || !phone_parse(text, &phone))
		return json_incref(value);
	phone_mask(text, mask, sizeof(mask));
	return json_string(mask);
}

static json_t *iso(int64_t ms)
{
	char text[MOMENT_SIZE];

	moment_iso(ms, text);
	return json_string(text);
}

static bool is_instant(const char *key)
{
	static const char *const keys[] = {"not_before", "due", "since", "expires"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* What the entries that followed from this event are called, before the slash. */
static void put_ref(json_t *out, const char *event)
{
	char ref[24];

	if (!strchr(event, ':'))
		return;
	text_set(ref, sizeof(ref), "%016llx", (unsigned long long)text_hash(event));
	json_object_set_new(out, "ref", json_string(ref));
}

static bool is_head(const char *key)
{
	return strcmp(key, "time") == 0 || strcmp(key, "kind") == 0 || strcmp(key, "event") == 0 ||
	       strcmp(key, "rule") == 0 || strcmp(key, "provider_id") == 0 ||
	       strcmp(key, "received") == 0;
}

/* The five fields that every line has, then whatever the rule wrote down besides. */
static void print_json(json_t *entry)
{
	json_t *out = json_object(), *value;
	const char *key;
	char *text;

	json_object_set_new(out, "time", iso(received(entry)));
	json_object_set_new(out, "kind", json_string(json_get_text(entry, "kind", "")));
	json_object_set_new(out, "event_id", json_string(json_get_text(entry, "event", "")));
	json_object_set_new(
		out, "provider_id", json_string(json_get_text(entry, "provider_id", "")));
	json_object_set_new(out, "decided_by", json_string(json_get_text(entry, "rule", "")));
	put_ref(out, json_get_text(entry, "event", ""));
	json_object_foreach(entry, key, value)
	{
		bool instant = is_instant(key) && json_is_integer(value);

		if (!is_head(key)) /* "body": as the carrier and providers call it */
			json_object_set_new(out, strcmp(key, "text") == 0 ? "body" : key,
				instant ? iso(json_integer_value(value)) : masked(value));
	}
	text = json_dumps(out, JSON_COMPACT);
	printf("%s\n", text);
	free(text);
	json_decref(out);
}

static void print_detail(const char *label, const char *value)
{
	if (*value)
		printf("  %s%s", label, value);
}

static void print_line(const struct site *site, const json_t *entry)
{
	char when[MOMENT_SIZE], from[24], to[24];
	const char *words = json_get_text(entry, "text", "");

	moment_print(site, received(entry), when);
	printf("%s  %-9s", when, json_get_text(entry, "kind", ""));
	phone_mask(json_get_text(entry, "from", ""), from, sizeof(from));
	phone_mask(json_get_text(entry, "to", ""), to, sizeof(to));
	if (*words)
		printf("  %s > %s \"%s\"", from, to, words);
	print_detail("", json_get_text(entry, "status", ""));
	print_detail("", json_get_text(entry, "reason", ""));
	print_detail("case ", json_get_text(entry, "code", ""));
	print_detail("job ", json_get_text(entry, "job", ""));
	printf("  [%s]\n", json_get_flag(entry, "waiting") ? "not decided on yet"
							   : json_get_text(entry, "rule", ""));
}

static size_t first_of(const struct call *call, size_t n, bool *ok)
{
	const char *last = call_option(call, "last");
	char *end = NULL;
	unsigned long wanted;

	*ok = true;
	if (!last)
		return 0;
	wanted = strtoul(last, &end, 10);
	*ok = *last >= '0' && *last <= '9' && !*end;
	return wanted < n ? n - wanted : 0;
}

static int print_all(const struct call *call, const struct visit *visit, const struct sheet *sheet)
{
	struct line *lines;
	size_t n;
	bool ok;

	lines = all_lines(sheet, &n);
	for (size_t i = first_of(call, n, &ok); ok && i < n; i++) {
		if (call_flag(call, "json"))
			print_json(lines[i].entry);
		else
			print_line(visit->site, lines[i].entry);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(lines[i].entry);
	free(lines);
	return ok ? ENDED_WELL : call_wrong(call, "--last needs a number behind it.");
}

static int run(const struct call *call)
{
	struct visit visit;
	struct sheet sheet = {.result = STORE_NONE};
	int code = visit_open(&visit, call);

	if (code == ENDED_WELL)
		code = sheet_find(&visit, call->words[0], ENTRIES_MAX, &sheet);
	if (code == ENDED_WELL)
		code = print_all(call, &visit, &sheet);
	sheet_clear(&sheet);
	visit_close(&visit);
	return code;
}

static const struct command_option options[] = {
	{"json", NULL,
		"one JSON object per line: time, kind, event_id, provider_id, decided_by, ..."},
	{"last", "N", "only the newest N lines"},
	{NULL, NULL, NULL},
};

const struct command command_log = {
	.name = "log",
	.words = "PERSON",
	.summary = "Shows what happened to a person, what was decided, and by which rule",
	.text = "PERSON is an id or a number like +12025550111. Sorted by the time it reached us.\n"
		"What nobody has decided on yet is marked \"waiting\".",
	.words_min = 1,
	.words_max = 1,
	.options = options,
	.run = run,
};
