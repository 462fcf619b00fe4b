/*
 * The promises. They are judged from what was posted, committed and carried, never from what the
 * rules think of themselves.
 */
#include "tests/sim/world.h"

#include <warmline/calendar.h>
#include <warmline/fail.h>

#define MINUTE INT64_C(60000)
#define DAY    (24 * 60 * MINUTE)

/* Dying schedulers cost leases; a promise with a deadline gets so much room. */
#define PATIENCE (4 * MINUTE)
#define SETTLED  (2 * MINUTE)

static const char *kind_of(const json_t *data)
{
	return json_get_text(data, "kind", "");
}

static struct resident *resident_of(struct world *w, const char *actor)
{
	return resident_find((struct memory *)w->store, actor);
}

/* --- after a commit -------------------------------------------------------------------------- */

/* The last text of each kind that asked: carried, and not known to have got lost. */
static void asked(
	struct world *w, const char *actor, const char *program, int64_t due, int64_t claimed)
{
	struct written *last[2] = {NULL, NULL}, *one, *next;

	HASH_ITER(hh, w->written, one, next)
	{
		bool reminder = strcmp(one->key, "reminder") == 0;

		if (one->lane == LANE_SCHEDULED && one->due == due &&
			strncmp(one->job, actor, strlen(actor)) == 0 &&
			strcmp(one->program, program) == 0)
			last[reminder] = one;
	}
	for (int i = 0; i < 2; i++) {
		if (!last[i])
			continue;
		if (!last[i]->accepted)
			world_fail(w, "%s was called silent, but no carrier took %s", actor,
				last[i]->job);
		if (last[i]->failed && last[i]->failed < claimed)
			world_fail(w, "%s was called silent, but %s was not delivered", actor,
				last[i]->job);
	}
	if (!last[0])
		world_fail(w, "%s was called silent without a question", actor);
}

/* Silence is no missed contact when the person wrote after the question and we knew it. */
static void judged(struct world *w, const char *actor, const struct decision *d,
	const json_t *entry, int64_t claimed)
{
	const char *number = json_get_text(d->document, "number", "");
	const char *program = json_get_text(entry, "program", "");
	struct line *line = world_line(w, number);
	int p = world_program(w, program);

	if (!line || p < 0)
		return;
	if (line->wrote[p] > line->asked[p] && line->wrote[p] < claimed)
		world_fail(w, "%s wrote after the check-in and was counted as missed", number);
	asked(w, actor, program, json_get_int(entry, "due", 0), claimed);
}

static int64_t due_of(const struct decision *d, const char *program)
{
	const json_t *slot = json_object_get(json_object_get(d->document, "p"), program);

	return json_get_int(json_object_get(slot, "ci"), "due", 0);
}

/* A second text for one cause: only when the first was not delivered, and never a third. */
static void once_more(
	struct world *w, const struct cause *cause, const struct effect *e, int64_t claimed)
{
	struct written *first;
	struct carried *carried;
	char id[64];

	HASH_FIND_STR(w->written, cause->job, first);
	text_set(id, sizeof(id), "T%s.%d", cause->job, 1);
	HASH_FIND_STR(w->carried, id, carried);
	if (cause->texts > 2 || !strstr(e->rule, ".again") || !first || !first->failed ||
		first->failed > claimed)
		world_fail(w, "written %d times for one cause: %s", cause->texts, cause->name);
	else if (carried && strcmp(carried->account, e->avoid) != 0)
		world_fail(w, "%s is written again to go by \"%s\"", e->job, e->avoid);
	w->again++;
}

static void once(struct world *w, const char *actor, const struct written *text,
	const struct effect *e, int64_t claimed)
{
	struct cause *cause;
	char name[120];

	text_set(name, sizeof(name), "%s|%s|%s|%lld", actor, text->program, text->key,
		(long long)text->due);
	HASH_FIND_STR(w->causes, name, cause);
	if (!cause) {
		cause = xcalloc(1, sizeof(*cause));
		text_set(cause->name, sizeof(cause->name), "%s", name);
		HASH_ADD_STR(w->causes, name, cause);
	}
	cause->texts++;
	if (cause->texts > 1)
		once_more(w, cause, e, claimed);
	text_set(cause->job, sizeof(cause->job), "%s", text->job);
}

static void wrote(struct world *w, const char *actor, const struct decision *d,
	const struct effect *e, int64_t claimed)
{
	const struct program *program = &w->house->programs[world_program(w, e->program)];
	struct written *text = xcalloc(1, sizeof(*text)), *known;
	size_t n = strcspn(e->body, "|");

	text_set(text->job, sizeof(text->job), "%s", e->job);
	text_set(text->to, sizeof(text->to), "%s", e->to.text);
	text_set(text->program, sizeof(text->program), "%s", e->program);
	text_set(text->rule, sizeof(text->rule), "%s", e->rule);
	text_set(text->key, sizeof(text->key), "%.*s", (int)(n < 31 ? n : 31), e->body);
	text->lane = e->lane;
	text->gate = e->gate;
	text->expires = e->expires;
	HASH_FIND_STR(w->written, text->job, known);
	if (known)
		world_fail(w, "job number %s was used twice", e->job);
	if (known || e->to.text[0] == '\0' || e->expires <= e->not_before)
		world_fail(w, "a text that cannot be sent: %s (%s)", e->job, e->rule);
	if (*e->from.text ? !program_has_number(program, e->from.text) : !program->nmore)
		world_fail(w, "%s would leave from \"%s\"", e->job, e->from.text);
	if (w->failure[0]) {
		free(text);
		return;
	}
	HASH_ADD_STR(w->written, job, text);
	if (e->lane == LANE_SCHEDULED) {
		text->due = due_of(d, e->program);
		once(w, actor, text, e, claimed);
	}
}

static void crises_known(struct world *w, json_t *const *mail, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct said *said = NULL;

		if (strcmp(kind_of(mail[i]), "crisis") == 0)
			HASH_FIND_STR(w->said, json_get_text(mail[i], "text_id", ""), said);
		if (said)
			said->paged = true;
	}
}

static struct watched *watched_get(struct world *w, const char *actor)
{
	struct watched *one;

	HASH_FIND_STR(w->watched, actor, one);
	if (!one) {
		one = xcalloc(1, sizeof(*one));
		text_set(one->actor, sizeof(one->actor), "%s", actor);
		HASH_ADD_STR(w->watched, actor, one);
	}
	return one;
}

static bool person_plans(struct world *w, const char *actor, const json_t *doc, int64_t alarm)
{
	bool plans = false;
	const char *program;
	json_t *slot;

	json_object_foreach(json_object_get((json_t *)(uintptr_t)doc, "p"), program, slot)
	{
		int64_t next = json_get_int(slot, "next", 0);
		int64_t plan = json_get_int(json_object_get(slot, "ci"), "plan", 0);

		if (strcmp(json_get_text(slot, "s", ""), "active") != 0) {
			if (next)
				world_fail(w, "%s: check-ins planned though not active", actor);
			continue;
		}
		plans = true;
		if (!next)
			world_fail(w, "%s is active without a next check-in", actor);
		if (alarm > next + DAY || (plan && alarm > plan && plan > w->now))
			world_fail(w, "%s wakes too late: %lld for %lld/%lld", actor,
				(long long)alarm, (long long)next, (long long)plan);
	}
	return plans;
}

/* Long texts that wait for their parts, receipts that are overdue. */
static bool waits_plan(struct world *w, const char *actor, const json_t *doc, int64_t alarm)
{
	bool plans = false;
	const char *key;
	json_t *one;

	json_object_foreach(json_object_get(doc, "parts"), key, one)
	{
		int64_t at = json_get_int(one, "at", 0) + MINUTE;

		plans = true;
		if (alarm > at && at > w->now)
			world_fail(w, "%s wakes too late for its long text %s", actor, key);
	}
	json_object_foreach(json_object_get(doc, "jobs"), key, one)
	{
		const char *kind = json_get_text(one, "k", ""),
			   *account = json_get_text(one, "a", "");
		bool page = strcmp(kind, "page") == 0;
		int64_t at = json_get_int(one, "t", 0) + (page ? MINUTE : SOLO_RECEIPT_MS);

		if (!json_get_int(one, "t", 0) || json_get_int(one, "s", 0) > 1 ||
			strcmp(account, "mute") == 0 || strcmp(kind, "notice") == 0)
			continue;
		plans = true;
		if (alarm > at && at > w->now)
			world_fail(w, "%s wakes too late to look up %s", actor, key);
	}
	return plans;
}

static void watch(struct world *w, const char *actor, const struct decision *d)
{
	struct watched *one = watched_get(w, actor);
	int64_t alarm = resident_of(w, actor)->alarm;

	if (actor[0] == ACTOR_CASE) {
		one->paging = one->plans =
			strcmp(json_get_text(d->document, "s", ""), "paging") == 0;
	} else {
		one->plans = person_plans(w, actor, d->document, alarm);
		one->plans = waits_plan(w, actor, d->document, alarm) || one->plans;
	}
	if (one->plans && !alarm)
		world_fail(w, "%s has a future and no alarm", actor);
}

static bool is_logged(const struct effect *e, const char *kind)
{
	return e->kind == EFFECT_LOG && strcmp(kind_of(e->data), kind) == 0;
}

void check_committed(struct world *w, const char *actor, const struct decision *d,
	json_t *const *mail, size_t nmail, int64_t claimed_ms)
{
	crises_known(w, mail, nmail);
	for (size_t i = 0; i < d->neffects; i++) {
		const struct effect *e = &d->effects[i];

		if (e->kind == EFFECT_TEXT)
			wrote(w, actor, d, e, claimed_ms);
		else if (e->kind == EFFECT_ERRAND)
			check_errand(w, e, claimed_ms);
		else if (is_logged(e, "text-in") || is_logged(e, "part"))
			check_logged(w, actor, d, e->data);
		else if (is_logged(e, "check-in") &&
			 strcmp(json_get_text(e->data, "status", ""), "missed") == 0)
			judged(w, actor, d, e->data, claimed_ms);
		else if (e->kind == EFFECT_EVENT && strcmp(kind_of(e->data), "page") == 0)
			watched_get(w, actor)->last_page = w->now;
	}
	watch(w, actor, d);
}

/* --- what leaves ----------------------------------------------------------------------------- */

static bool in_quiet_hours(struct world *w, const struct written *text)
{
	const struct program *p = &w->house->programs[world_program(w, text->program)];
	char actor[ACTOR_SIZE];
	const struct resident *r;
	const struct zone *zone;
	json_t *doc;
	bool quiet;

	text_set(actor, sizeof(actor), "%.20s", text->job);
	r = resident_of(w, actor);
	doc = json_parse(r->document, r->document_len);
	zone = zones_find(w->house->zones, json_get_text(doc, "zone", p->zone));
	quiet = p->quiet && calendar_quiet(zone, w->now, p->quiet_from, p->quiet_to);
	json_decref(doc);
	return quiet;
}

void check_allowed(struct world *w, struct written *text)
{
	struct line *line = world_line(w, text->to);
	int p = world_program(w, text->program);

	if (w->now >= text->expires)
		world_fail(w, "a %s leaves too late (%s)", text->key, text->job);
	if (text->lane == LANE_SCHEDULED && in_quiet_hours(w, text))
		world_fail(w, "a %s leaves in quiet hours (%s)", text->key, text->job);
	if (line && text->gate == GATE_ROUTINE && line->stopped[p])
		world_fail(w, "a %s leaves after STOP (%s, %s)", text->key, text->to, text->job);
}

void check_accepted(struct world *w, struct written *text)
{
	struct line *line = world_line(w, text->to);
	int p = world_program(w, text->program);
	int most = text->lane == LANE_CRISIS ? 1 + text->ambiguous : 1;

	if (text->accepted > most)
		world_fail(w, "%s was carried %d times (%s, lane %d)", text->key, text->accepted,
			text->job, (int)text->lane);
	if (!line)
		return;
	if (text->gate == GATE_CONSENT && --line->confirmations[p] < 0)
		world_fail(w, "more confirmations than STOPs (%s)", text->to);
	if (strcmp(text->key, "check_in") == 0)
		line->asked[p] = w->now;
}

void check_posted(struct world *w, struct said *said, enum post_consent consent)
{
	struct line *line = world_line(w, said->number);
	int p = world_program(w, said->program);

	said->next = w->waiting;
	w->waiting = said;
	if (!line || p < 0)
		return;
	line->wrote[p] = w->now;
	if (consent == CONSENT_STOP) {
		line->confirmations[p] += !line->stopped[p];
		line->stopped[p] = true;
	} else if (consent == CONSENT_START) {
		line->stopped[p] = false;
	}
}

/* --- after every step ------------------------------------------------------------------------ */

static void step_actors(struct world *w)
{
	struct watched *one, *next;

	HASH_ITER(hh, w->watched, one, next)
	{
		const struct resident *r = resident_of(w, one->actor);
		int64_t step = w->house->programs[w->fast ? 1 : 0].page_next_ms;

		if ((one->plans || r->nmail) && !r->alarm)
			world_fail(w, "%s has %s and no alarm", one->actor,
				r->nmail ? "mail" : "a future");
		if (one->paging && w->now - one->last_page > step + PATIENCE)
			world_fail(w, "case %s went quiet though nobody has it", one->actor);
	}
}

void check_step(struct world *w)
{
	check_said(w);
	step_actors(w);
}

/* --- at the end ------------------------------------------------------------------------------ */

static void end_partition(struct world *w, struct partition *p)
{
	const struct resident *r;
	const struct parcel *parcel;
	const struct task *task;

	TAILQ_FOREACH(r, &p->order, entry)
	if (r->nmail && TAILQ_FIRST(&r->mail)->posted_ms < w->now - SETTLED)
		world_fail(w, "%s never decided on its mail", r->id);
	TAILQ_FOREACH(parcel, &p->transit, entry)
	if (parcel->due < w->now - SETTLED)
		world_fail(w, "event %s was never forwarded", parcel->id);
	TAILQ_FOREACH(task, &p->open, entry)
	if (task->due < w->now - SETTLED)
		world_fail(w, "text %s is stuck in the outbox", task->id);
}

void check_end(struct world *w)
{
	struct said *said, *next_said;
	struct watched *one, *next;

	for (int i = 0; i < PARTITIONS; i++)
		end_partition(w, &((struct memory *)w->store)->partitions[i]);
	HASH_ITER(hh, w->said, said, next_said)
	{
		if (said->posted && said->posted < w->now - SETTLED && said->logged != 1)
			world_fail(w, "text %s is in the log %d times at the end", said->id,
				said->logged);
		if (said->posted && said->posted < w->now - MINUTE - SETTLED && !said->read)
			world_fail(w, "part %s was never read", said->id);
		if (said->crisis && said->posted && said->posted < w->now - SETTLED && !said->paged)
			world_fail(w, "crisis text %s never had a case", said->id);
	}
	HASH_ITER(hh, w->watched, one, next)
	if (one->paging)
		world_fail(w, "case %s is still open though staff answer", one->actor);
}
