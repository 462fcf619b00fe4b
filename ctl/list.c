/* warmline list: who stands in one of the lists that humans look through. */
#include "ctl/moment.h"
#include "ctl/visit.h"

#include <warmline/json.h>

#define WINDOW 64 /* reads on the way at once */

static const struct {
	const char *name, *empty;
} lists[] = {
	{"people", "Nobody is known yet. Enroll somebody: warmline enroll --help"},
	{"strangers", "No unknown number is waiting."},
	{"cases", "No open case: nobody is waiting for an acknowledgement."},
	{"taken", "No case is in anybody's hands."},
	{"missed", "Nobody has missed a check-in."},
	{"unread", "No message is waiting to be read."},
	{"watch", "Nobody is on the watch list."},
	{"urgent", "No crisis text is waiting for a decision."},
	{"undelivered", "No text was refused for good."},
	{"broken", "Nothing is stored that cannot be read."},
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

struct row {
	char actor[ACTOR_SIZE];
	int64_t since;
	struct sheet sheet;
};

struct listing {
	struct visit *visit;
	struct row *rows;
	size_t n;
	enum store_result worst;
};

/* --- gather ---------------------------------------------------------------------------------- */

static void on_listed(
	void *arg, enum store_result result, const struct index_entry *entries, size_t n)
{
	struct listing *l = arg;

	l->visit->pending--;
	if (result != STORE_OK)
		l->worst = result;
	if (result != STORE_OK || !n)
		return;
	l->rows = xrealloc(l->rows, (l->n + n) * sizeof(*l->rows));
	for (size_t i = 0; i < n; i++) {
		struct row *row = &l->rows[l->n++];

		*row = (struct row){.since = entries[i].score};
		text_set(row->actor, sizeof(row->actor), "%s", entries[i].actor);
	}
}

static int by_since(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return strcmp(x->actor, y->actor);
}

static int gather(struct listing *l, const char *name)
{
	struct visit *visit = l->visit;

	for (int p = 0; p < PARTITIONS; p++) {
		visit->pending++;
		visit->store->ops->list(visit->store, p, name, on_listed, l);
	}
	visit_wait(visit);
	if (l->worst != STORE_OK)
		return visit_failed(visit, l->worst);
	if (l->n)
		qsort(l->rows, l->n, sizeof(*l->rows), by_since);
	for (size_t i = 0; i < l->n; i++) {
		struct row *row = &l->rows[i];

		sheet_ask(visit, row->actor, NULL, 0, &row->sheet);
		if (visit->pending >= WINDOW)
			visit_wait(visit);
	}
	visit_wait(visit);
	return ENDED_WELL;
}

/* --- print ----------------------------------------------------------------------------------- */

static void number_text(const struct call *call, const json_t *document, char *text, size_t size)
{
	const char *number = json_get_text(document, "number", "");

	if (call_flag(call, "numbers"))
		text_set(text, size, "%s", number);
	else
		phone_mask(number, text, size);
}

/* "weekly-check-in active, demo stopped" */
static void states_text(const json_t *document, char *text, size_t size)
{
	const char *program;
	json_t *slot;
	size_t n = 0;

	text[0] = '\0';
	json_object_foreach(json_object_get(document, "p"), program, slot)
	{
		const char *state = json_get_text(slot, "s", "");

		if (!*state)
			state = json_get_flag(slot, "staff") ? "staff" : "stranger";
		text_set(text + n, size - n, "%s%s %s", n ? ", " : "", program, state);
		n = strlen(text);
	}
}

static void what_text(const struct row *row, char *text, size_t size)
{
	char code[5];

	if (row->sheet.result == STORE_BROKEN) {
		text_set(text, size, "cannot be opened with these keys");
	} else if (actor_kind(row->actor) == ACTOR_CASE) {
		case_number(row->actor, code);
		text_set(text, size, "case %s, %s %s", code,
			json_get_text(row->sheet.document, "p", ""),
			json_get_text(row->sheet.document, "s", ""));
	} else {
		states_text(row->sheet.document, text, size);
	}
}

static void print_row(const struct call *call, const struct site *site, const struct row *row)
{
	char number[24], what[160], since[MOMENT_SIZE];
	const char *name = json_get_text(row->sheet.document, "name", "");

	number_text(call, row->sheet.document, number, sizeof(number));
	what_text(row, what, sizeof(what));
	moment_print(site, row->since, since);
	printf("%-20s  %-16s  %-15s  %-16s  %s\n", row->actor, since, number, *name ? name : "-",
		what);
}

static void put_programs(json_t *out, const json_t *document)
{
	json_t *programs = json_object(), *slot;
	const char *program;

	json_object_foreach(json_object_get(document, "p"), program, slot)
		json_object_set_new(programs, program, json_string(json_get_text(slot, "s", "")));
	json_object_set_new(out, "programs", programs);
}

static void put_case(json_t *out, const struct row *row)
{
	const json_t *document = row->sheet.document;
	char code[5];

	case_number(row->actor, code);
	json_object_set_new(out, "case", json_string(code));
	json_object_set_new(out, "person", json_string(json_get_text(document, "person", "")));
	json_object_set_new(out, "program", json_string(json_get_text(document, "p", "")));
	json_object_set_new(out, "state", json_string(json_get_text(document, "s", "")));
}

static void print_row_json(const struct call *call, const struct row *row)
{
	char number[24], since[MOMENT_SIZE], *text;
	json_t *out = json_object();

	number_text(call, row->sheet.document, number, sizeof(number));
	moment_iso(row->since, since);
	json_object_set_new(out, "id", json_string(row->actor));
	json_object_set_new(
		out, "name", json_string(json_get_text(row->sheet.document, "name", "")));
	json_object_set_new(out, "number", json_string(number));
	json_object_set_new(out, "since", json_string(since));
	if (actor_kind(row->actor) == ACTOR_CASE)
		put_case(out, row);
	else
		put_programs(out, row->sheet.document);
	if (row->sheet.result == STORE_BROKEN)
		json_object_set_new(out, "broken", json_true());
	text = json_dumps(out, JSON_COMPACT);
	printf("%s\n", text);
	free(text);
	json_decref(out);
}

/* --- the command ----------------------------------------------------------------------------- */

static int print_list(const struct call *call, struct visit *visit, size_t which)
{
	struct listing l = {.visit = visit, .worst = STORE_OK};
	int code = gather(&l, lists[which].name);

	for (size_t i = 0; code == ENDED_WELL && i < l.n; i++) {
		if (call_flag(call, "json"))
			print_row_json(call, &l.rows[i]);
		else
			print_row(call, visit->site, &l.rows[i]);
	}
	if (code == ENDED_WELL && !l.n && !call_flag(call, "json"))
		printf("%s\n", lists[which].empty);
	for (size_t i = 0; i < l.n; i++)
		sheet_clear(&l.rows[i].sheet);
	free(l.rows);
	return code;
}

static int unknown_list(const struct call *call)
{
	const char *names[LISTS], *near;

	for (size_t i = 0; i < LISTS; i++)
		names[i] = lists[i].name;
	near = word_nearest(call->words[0], names, LISTS);
	return call_wrong(call, "there is no list \"%s\"%s%s%s.", call->words[0],
		near ? ", but there is \"" : "", near ? near : "", near ? "\"" : "");
}

static int run(const struct call *call)
{
	const char *name = call->nwords ? call->words[0] : lists[0].name;
	struct visit visit;
	size_t which = 0;
	int code;

	while (which < LISTS && strcmp(lists[which].name, name) != 0)
		which++;
	if (which == LISTS)
		return unknown_list(call);
	code = visit_open(&visit, call);
	if (code == ENDED_WELL)
		code = print_list(call, &visit, which);
	visit_close(&visit);
	return code;
}

static const struct command_option options[] = {
	{"json", NULL, "one JSON object per line"},
	{"numbers", NULL, "telephone numbers in full"},
	{NULL, NULL, NULL},
};

const struct command command_list = {
	.name = "list",
	.words = "[LIST]",
	.summary = "Shows a list: people, strangers, cases, taken, missed, unread, ...",
	.text = "people       everybody who is known (the default)\n"
		"strangers    unknown numbers that wrote\n"
		"cases        open cases that nobody has acknowledged\n"
		"taken        cases that somebody has acknowledged\n"
		"missed       no answer to a check-in and its reminder\n"
		"unread       free text that a person must read\n"
		"watch        watch words, or asked for help twice\n"
		"urgent       crisis texts that no scheduler has decided on yet\n"
		"undelivered  a text was refused for good\n"
		"broken       stored values that cannot be opened",
	.words_max = 1,
	.options = options,
	.run = run,
};
