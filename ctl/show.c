/* warmline show: what is known about one person or case, for people. */
#include "ctl/moment.h"
#include "ctl/visit.h"

#include <warmline/json.h>

static void print_text(const char *label, const char *value)
{
	if (*value)
		printf("%-12s %s\n", label, value);
}

static void print_instant(const struct site *site, const char *label, int64_t ms)
{
	char text[MOMENT_SIZE];

	moment_print(site, ms, text);
	print_text(label, text);
}

static void print_time_of_day(const json_t *slot)
{
	static const char *const days[] = {
		"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
	int64_t hour = json_get_int(slot, "hour", -1), day = json_get_int(slot, "day", -1);

	if (hour >= 0 && hour < 1440)
		printf("%-12s %02d:%02d\n", "  own hour", (int)hour / 60, (int)hour % 60);
	if (day >= 0 && day <= 6)
		print_text("  own day", days[day]);
}

static void print_case(const json_t *open)
{
	const char *id = json_get_text(open, "id", "");
	char code[5];

	if (!*id)
		return;
	case_number(id, code);
	printf("%-12s %s (%s), %s\n", "  case", code, id, json_get_text(open, "s", ""));
}

static void print_slot(const struct site *site, const char *program, const json_t *slot)
{
	const char *state = json_get_text(slot, "s", "");

	if (!*state)
		state = json_get_flag(slot, "staff") ? "staff" : "stranger";
	print_text("program", program);
	print_text("  state", state);
	print_text("  supporter", json_get_text(slot, "sup", ""));
	print_time_of_day(slot);
	print_instant(site, "  check-in", json_get_int(slot, "next", 0));
	if (json_object_get(slot, "ci"))
		print_text("  waiting", "for an answer to a check-in");
	if (json_get_int(slot, "miss", 0))
		printf("%-12s %d in a row\n", "  missed", (int)json_get_int(slot, "miss", 0));
	print_case(json_object_get(slot, "case"));
}

static void print_lists(const json_t *document)
{
	const json_t *lists = json_object_get(document, "ix");

	for (size_t i = 0; i < json_array_size(lists); i++) {
		const char *name = json_string_value(json_array_get(lists, i));

		if (name && strcmp(name, "people") != 0) /* everybody is in that one */
			print_text("in list", name);
	}
}

static void print_person(const struct site *site, const struct sheet *sheet)
{
	const char *program;
	json_t *slot;

	print_text("number", json_get_text(sheet->document, "number", ""));
	print_text("name", json_get_text(sheet->document, "name", ""));
	print_text("language", json_get_text(sheet->document, "lang", ""));
	print_text("zone", json_get_text(sheet->document, "zone", ""));
	if (sheet->stopped)
		print_text("opted out", "yes: no routine text leaves for this number");
	json_object_foreach(json_object_get(sheet->document, "p"), program, slot)
		print_slot(site, program, slot);
	print_lists(sheet->document);
}

/* A case is told field by field: its document is small and flat. */
static void print_case_document(const struct site *site, const struct sheet *sheet)
{
	const char *key;
	json_t *value;
	char code[5];

	case_number(sheet->actor, code);
	print_text("case", code);
	json_object_foreach(sheet->document, key, value)
	{
		if (json_is_string(value))
			print_text(key, json_string_value(value));
		else if (json_is_integer(value) && json_integer_value(value) > 1000000000000)
			print_instant(site, key, json_integer_value(value));
		else if (json_is_integer(value))
			printf("%-12s %lld\n", key, (long long)json_integer_value(value));
	}
}

static void print_people(const struct site *site, const struct sheet *sheet)
{
	print_text("id", sheet->actor);
	if (actor_kind(sheet->actor) == ACTOR_CASE)
		print_case_document(site, sheet);
	else
		print_person(site, sheet);
	if (json_array_size(sheet->mail))
		printf("%-12s %zu not decided on yet\n", "mail", json_array_size(sheet->mail));
	print_instant(site, "next", sheet->alarm_ms);
}

static void print_json(const struct sheet *sheet)
{
	char text[MOMENT_SIZE], *all;
	json_t *out = json_object();

	json_object_set_new(out, "id", json_string(sheet->actor));
	json_object_set(out, "document", sheet->document);
	json_object_set(out, "mail", sheet->mail);
	moment_iso(sheet->alarm_ms, text);
	json_object_set_new(out, "next", json_string(text));
	json_object_set_new(out, "opted_out", json_boolean(sheet->stopped));
	all = json_dumps(out, JSON_COMPACT);
	printf("%s\n", all);
	free(all);
	json_decref(out);
}

static int run(const struct call *call)
{
	struct sheet sheet = {.result = STORE_NONE};
	struct visit visit;
	int code = visit_open(&visit, call);

	if (code == ENDED_WELL)
		code = sheet_find(&visit, call->words[0], 0, &sheet);
	if (code == ENDED_WELL && call_flag(call, "json"))
		print_json(&sheet);
	else if (code == ENDED_WELL)
		print_people(visit.site, &sheet);
	sheet_clear(&sheet);
	visit_close(&visit);
	return code;
}

static const struct command_option options[] = {
	{"json", NULL, "the stored document and mail as one JSON object"},
	{NULL, NULL, NULL},
};

const struct command command_show = {
	.name = "show",
	.words = "PERSON",
	.summary = "Shows what is known about a person or a case",
	.text = "PERSON is an id or a number like +12025550111. Numbers are shown in full.",
	.words_min = 1,
	.words_max = 1,
	.options = options,
	.run = run,
};
