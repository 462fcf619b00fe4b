/* warmline explain: what would happen next to somebody, and which rule says so. */
#include "ctl/moment.h"
#include "ctl/visit.h"

#include <core/explain.h>
#include <warmline/event.h>

static struct explanation *explain_sheet(
	const struct visit *visit, const struct sheet *sheet, int64_t from)
{
	const struct house house = site_house(visit->site);
	size_t n = json_array_size(sheet->mail);
	struct event *events = xcalloc(n, sizeof(*events));
	struct explanation *x;

	for (size_t i = 0; i < n; i++)
		event_read(json_array_get(sheet->mail, i), &events[i]);
	x = explain(&house, sheet->actor,
		json_object_size(sheet->document) ? sheet->document : NULL, events, n,
		sheet->now_ms, from);
	free(events);
	return x;
}

static void print_people(const struct site *site, const struct explanation *x)
{
	char when[MOMENT_SIZE];

	for (size_t i = 0; i < x->n; i++) {
		moment_print(site, x->steps[i].at, when);
		printf("%s  %s  [%s]\n", when, x->steps[i].text, x->steps[i].rule);
	}
	moment_print(site, x->next, when);
	if (x->next)
		printf("%s  looked at again\n", when);
	if (!x->n && !x->next)
		printf("Nothing is planned: the next thing to happen is a text from this person or "
		       "an act of staff.\n");
	else
		printf("If no text comes meanwhile. Nothing was changed.\n");
}

static void print_json(const struct explanation *x)
{
	for (size_t i = 0; i < x->n; i++) {
		char when[MOMENT_SIZE], *text;
		json_t *out;

		moment_iso(x->steps[i].at, when);
		out = json_pack("{s:s,s:s,s:s}", "time", when, "rule", x->steps[i].rule, "what",
			x->steps[i].text);
		text = json_dumps(out, JSON_COMPACT);
		printf("%s\n", text);
		free(text);
		json_decref(out);
	}
}

static int explain_person(const struct call *call, struct visit *visit)
{
	const char *at = call_option(call, "at");
	struct sheet sheet;
	int code = sheet_find(visit, call->words[0], 0, &sheet);
	int64_t from = 0;

	if (code == ENDED_WELL && at && !moment_parse(visit->site, at, sheet.now_ms, &from))
		code = call_wrong(call,
			"\"%s\" is no time, expected one like 2026-11-23T18:30:00Z, \"2026-11-23 "
			"18:30\" or +2d.",
			at);
	if (code == ENDED_WELL) {
		struct explanation *x = explain_sheet(visit, &sheet, from);

		if (call_flag(call, "json"))
			print_json(x);
		else
			print_people(visit->site, x);
		explanation_free(&x);
	}
	sheet_clear(&sheet);
	return code;
}

static int run(const struct call *call)
{
	struct visit visit;
	int code = visit_open(&visit, call);

	if (code == ENDED_WELL)
		code = explain_person(call, &visit);
	visit_close(&visit);
	return code;
}

static const struct command_option options[] = {
	{"at", "TIME", "from this moment on: an instant, a local time, or +2d"},
	{"json", NULL, "one JSON object per line: time, rule, what"},
	{NULL, NULL, NULL},
};

const struct command command_explain = {
	.name = "explain",
	.words = "PERSON",
	.summary = "Says what would happen next to a person, and which rule decides it",
	.text = "Assumes that every text is accepted and that nobody answers. Changes nothing.",
	.words_min = 1,
	.words_max = 1,
	.options = options,
	.run = run,
};
