/*
 * warmline enroll: staff say who takes part, one person or a list. Everything is checked before
 * anything is posted: a list with one wrong row changes nothing.
 */
#include "ctl/roll.h"

#include <pwd.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/json.h>

#define SETTLE_MS 5000 /* without any progress */
#define WINDOW    64   /* posts on the way at once */

/* --- post and see ---------------------------------------------------------------------------- */

static const char *who_asks(void)
{
	const struct passwd *user = getpwuid(getuid());

	return user ? user->pw_name : "staff";
}

static void on_posted(void *arg, enum store_result result, const char *actor)
{
	struct candidate *c = arg;

	c->posted = result;
	if (actor)
		text_set(c->actor, sizeof(c->actor), "%s", actor);
	c->visit->pending--;
}

static void post_one(struct visit *visit, struct candidate *c)
{
	json_t *event;
	char *text;

	keys_blind(visit->keys, c->facts.number.text, c->blind);
	event = enrollment_event(&c->facts, c->blind, who_asks(), clock_wall_ms());
	text_set(c->event_id, sizeof(c->event_id), "%s", json_get_text(event, "id", ""));
	text = json_print(event);
	c->visit = visit;
	visit->pending++;
	visit->store->ops->post(visit->store,
		&(struct post){.blind = c->blind,
			.event_id = c->event_id,
			.program = c->facts.program->id,
			.event = {text, strlen(text)}},
		on_posted, c);
	free(text);
	json_decref(event);
}

/* Two tries: an answer that did not come in time may have been done, and the id tells. */
static enum store_result post_all(struct visit *visit, struct roll *roll)
{
	enum store_result worst = STORE_OK;

	for (int round = 0; round < 2; round++) {
		worst = STORE_OK;
		for (size_t i = 0; i < roll->n; i++) {
			struct candidate *c = &roll->all[i];

			if (round == 0 || (c->posted != STORE_OK && c->posted != STORE_DUPLICATE))
				post_one(visit, c);
			if (visit->pending >= WINDOW)
				visit_wait(visit);
		}
		visit_wait(visit);
		for (size_t i = 0; i < roll->n; i++)
			if (roll->all[i].posted != STORE_OK &&
				roll->all[i].posted != STORE_DUPLICATE)
				worst = roll->all[i].posted;
	}
	return worst;
}

static bool still_in_mail(const struct candidate *c)
{
	for (size_t i = 0; i < json_array_size(c->sheet.mail); i++) {
		const json_t *event = json_array_get(c->sheet.mail, i);

		if (strcmp(json_get_text(event, "id", ""), c->event_id) == 0)
			return true;
	}
	return false;
}

/* Reads who is not settled yet; returns how many are now. */
static size_t look_again(struct visit *visit, struct roll *roll)
{
	size_t settled = 0;

	for (size_t i = 0; i < roll->n; i++) {
		if (!roll->all[i].settled) {
			sheet_clear(&roll->all[i].sheet);
			sheet_ask(visit, NULL, roll->all[i].blind, 0, &roll->all[i].sheet);
		}
		if (visit->pending >= WINDOW)
			visit_wait(visit);
	}
	visit_wait(visit);
	for (size_t i = 0; i < roll->n; i++) {
		struct candidate *c = &roll->all[i];

		if (c->sheet.result == STORE_OK && !still_in_mail(c))
			c->settled = true;
		settled += c->settled;
	}
	return settled;
}

static void wait_settled(struct visit *visit, struct roll *roll)
{
	int64_t deadline = clock_monotonic_ms() + SETTLE_MS;
	size_t before = 0, settled;

	while ((settled = look_again(visit, roll)) < roll->n) {
		if (settled > before)
			deadline = clock_monotonic_ms() + SETTLE_MS;
		before = settled;
		if (clock_monotonic_ms() > deadline)
			return;
		visit_pause(visit, 50);
	}
}

/* --- tell ------------------------------------------------------------------------------------ */

static const char *state_of(const struct candidate *c)
{
	const json_t *programs = json_object_get(c->sheet.document, "p");

	return json_get_text(json_object_get(programs, c->facts.program->id), "s", "");
}

/* What became of it; false when the person does not take part. */
static bool outcome(const struct candidate *c, const char **text)
{
	const char *state = state_of(c);
	bool again = c->posted == STORE_DUPLICATE;

	if (!c->settled)
		*text = "noted, but no scheduler has decided on it yet (is one running?)";
	else if (strcmp(state, "active") == 0)
		*text = again ? "enrolled already, nothing new" : "enrolled";
	else if (strcmp(state, "invited") == 0)
		*text = again ? "asked to confirm already, no answer yet" : "asked to confirm";
	else if (strcmp(state, "stopped") == 0)
		*text = "refused: this number has opted out, and only a START from it changes that";
	else if (strcmp(state, "declined") == 0)
		*text = "refused: this person has said no to the question";
	else
		*text = "not enrolled: see warmline log";
	return c->settled && (strcmp(state, "active") == 0 || strcmp(state, "invited") == 0);
}

static int tell(const struct roll *roll)
{
	size_t well = 0;

	for (size_t i = 0; i < roll->n; i++) {
		const struct candidate *c = &roll->all[i];
		const char *text;
		char masked[16];

		phone_mask(c->facts.number.text, masked, sizeof(masked));
		well += outcome(c, &text);
		printf("%s (%s, %s): %s\n", c->facts.name, masked, c->actor, text);
	}
	if (roll->n > 1)
		printf("%zu of %zu take part or were asked.\n", well, roll->n);
	return well == roll->n ? ENDED_WELL : ENDED_FAILED;
}

static int tell_dry(const struct roll *roll)
{
	for (size_t i = 0; i < roll->n; i++) {
		const struct enrollment *e = &roll->all[i].facts;
		char masked[16];

		phone_mask(e->number.text, masked, sizeof(masked));
		printf("%s (%s): would be %s\n", e->name, masked,
			e->confirmed ? "enrolled" : "asked to confirm");
	}
	printf("Nothing was changed: this was a dry run.\n");
	return ENDED_WELL;
}

static void note_supporters(const struct roll *roll)
{
	for (size_t i = 0; i < roll->n; i++) {
		const struct enrollment *e = &roll->all[i].facts;
		char masked[16];

		if (!*e->supporter.text || program_staff(e->program, e->supporter.text))
			continue;
		phone_mask(e->supporter.text, masked, sizeof(masked));
		fprintf(stderr,
			"Note: %s's supporter %s is not in programs/%s.yaml, so texts name "
			"nobody.\n",
			e->name, masked, e->program->id);
	}
}

/* --- the command ----------------------------------------------------------------------------- */

static const struct program *the_program(const struct call *call, const struct site *site)
{
	const char *id = call_option(call, "program"), *near, **ids;
	const struct program *found = program_find(site->programs, site->nprograms, id);

	if (found)
		return found;
	ids = xcalloc(site->nprograms, sizeof(*ids));
	for (size_t i = 0; i < site->nprograms; i++)
		ids[i] = site->programs[i].id;
	near = word_nearest(id, ids, site->nprograms);
	if (!near && site->nprograms)
		near = ids[0];
	call_wrong(call, "there is no program \"%s\"%s%s%s.", id, near ? ", but there is \"" : "",
		near ? near : "", near ? "\"" : "");
	free(ids);
	return NULL;
}

static int enroll_all(const struct call *call, struct roll *roll)
{
	enum store_result worst;
	struct visit visit;
	int code = visit_open(&visit, call);

	if (code == ENDED_WELL) {
		worst = post_all(&visit, roll);
		if (worst == STORE_OK) {
			wait_settled(&visit, roll);
			code = tell(roll);
		} else {
			code = visit_failed(&visit, worst);
		}
	}
	visit_close(&visit);
	return code;
}

static int check_call(const struct call *call)
{
	bool list = call_flag(call, "csv");

	if (!call_flag(call, "program"))
		return call_wrong(call, "--program is missing.");
	if (list && (call_flag(call, "number") || call_flag(call, "name")))
		return call_wrong(call, "give either --csv or --number and --name, not both.");
	if (!list && !(call_flag(call, "number") && call_flag(call, "name")))
		return call_wrong(call, "--number and --name are needed, or --csv FILE.");
	return ENDED_WELL;
}

static int run_site(const struct call *call, const struct site *site)
{
	const struct program *program = the_program(call, site);
	struct problems problems = {.n = 0};
	struct roll roll = {.n = 0};
	int code = ENDED_USAGE;

	if (!program)
		return code;
	if (call_flag(call, "csv"))
		roll_read_list(&roll, call_option(call, "csv"), site, program, &problems);
	else
		roll_read_options(&roll, call, site, program, &problems);
	if (problems.n) {
		problems_print(&problems);
		fprintf(stderr, "Nobody was enrolled.\n");
		code = call_flag(call, "csv") ? ENDED_PROBLEMS : ENDED_USAGE;
	} else {
		note_supporters(&roll);
		code = call_flag(call, "dry-run") ? tell_dry(&roll) : enroll_all(call, &roll);
	}
	roll_free(&roll);
	problems_free(&problems);
	return code;
}

static int run(const struct call *call)
{
	int code = check_call(call);
	struct site *site;

	if (code != ENDED_WELL)
		return code;
	site = call_site(call);
	if (!site)
		return ENDED_PROBLEMS;
	code = run_site(call, site);
	site_free(&site);
	return code;
}

static const struct command_option options[] = {
	{"program", "NAME", "the program, as its file in config/programs is called"},
	{"number", "+E164", "the person's telephone number"},
	{"name", "NAME", "how the person is called in texts"},
	{"language", "CODE", "language of the texts: en, es"},
	{"zone", "ZONE", "time zone, like America/Detroit"},
	{"supporter", "+E164", "the person's own supporter"},
	{"hour", "HH:MM", "own hour for check-ins"},
	{"day", "DAY", "own day of the week for check-ins: mon, tue, ..."},
	{"confirmed", NULL, "the person has agreed already: do not ask by text"},
	{"csv", "FILE", "a list instead: number,name,language,zone,supporter,hour,day,confirmed"},
	{"dry-run", NULL, "only check and tell what would happen"},
	{NULL, NULL, NULL},
};

const struct command command_enroll = {
	.name = "enroll",
	.words = "",
	.summary = "Enrolls one person, or all of a list",
	.text = "Without --confirmed the person is asked by text and joins with YES. A number that "
		"has\n"
		"opted out stays out. The same facts given twice are one enrollment.",
	.options = options,
	.run = run,
};
