/* The daemons, as small state machines that lose leases, stall, die and repeat themselves. */
#include "tests/sim/world.h"

#include <platform/writes.h>
#include <stdio.h>
#include <warmline/fail.h>
#include <warmline/keyword.h>

#define LEASE_MS 10000
#define BATCH    4

void engine_turn(struct world *w)
{
	while (store_turn(w->store))
		;
}

static void keep_result(void *arg, enum store_result result)
{
	*(enum store_result *)arg = result;
}

/* --- scheduler ------------------------------------------------------------------------------- */

struct held { /* an actor that a scheduler has claimed, as it was then */
	char actor[ACTOR_SIZE];
	uint64_t fence;
	int64_t now; /* the store's time of the claim */
	json_t *document;
	json_t *mail[MAIL_BATCH];
	size_t nmail;
};

static void held_drop(void *arg)
{
	struct held *h = arg;

	for (size_t i = 0; i < h->nmail; i++)
		json_decref(h->mail[i]);
	json_decref(h->document);
	free(h);
}

static struct memory *memory_of(struct world *w)
{
	return (struct memory *)w->store;
}

static bool drops_crisis(const struct world *w, const struct effect *e)
{
	return w->mutant == MUTANT_CRISIS_UNPOSTED && e->kind == EFFECT_EVENT &&
	       strcmp(json_get_text(e->data, "kind", ""), "crisis") == 0;
}

/* What a document must not lose. */
static void spoil_document(struct world *w, json_t *document)
{
	const char *key;
	json_t *one;

	if (w->mutant == MUTANT_PARTS_FORGOTTEN && world_odds(w, 20))
		json_object_del(document, "parts");
	json_object_foreach(json_object_get(document, "p"), key, one)
	{
		if (w->mutant == MUTANT_SECOND_FORGOTTEN)
			json_object_del(json_object_get(one, "ci"), "try");
	}
	json_object_foreach(json_object_get(document, "jobs"), key, one)
	{
		if (w->mutant == MUTANT_LOOK_UP_FORGOTTEN && *json_get_text(one, "a", "") &&
			!json_get_int(one, "t", 0))
			json_put_int(one, "t", w->now);
	}
}

static void spoil(struct world *w, const struct held *h, struct decision *d, struct commit *c,
	struct writes *writes)
{
	size_t n = 0;

	if (w->mutant == MUTANT_ALARM_LOST && world_odds(w, 2))
		c->alarm_ms = 0;
	if (w->mutant == MUTANT_LAST_ROUND && h->actor[0] == ACTOR_CASE &&
		json_get_int(d->document, "round", 0) >= 2)
		c->alarm_ms = 0;
	if (w->mutant == MUTANT_NO_FENCE_IN_COMMIT)
		c->fence = resident_find(memory_of(w), h->actor)->fence;
	for (size_t i = 0; i < d->neffects; i++)
		if (!drops_crisis(w, &d->effects[i]))
			writes->items[n++] = writes->items[i];
	c->nwrites = n;
}

static void commit(struct world *w, const struct held *h, struct decision *d)
{
	struct writes *writes = writes_make(d, h->now, world_blind, NULL);
	char *document = (spoil_document(w, d->document), json_print(d->document));
	struct resident *r = resident_find(memory_of(w), h->actor);
	struct commit c = {.actor = h->actor,
		.fence = h->fence,
		.document = {document, strlen(document)},
		.consumed = h->nmail,
		.alarm_ms = d->alarm,
		.writes = writes->items,
		.nwrites = writes->n};
	enum store_result result = STORE_UNKNOWN;

	spoil(w, h, d, &c, writes);
	if (w->mutant == MUTANT_NO_FENCE_IN_COMMIT)
		r->lease = w->now + 1;
	w->store->ops->commit(w->store, &c, keep_result, &result);
	engine_turn(w);
	if (result == STORE_OK)
		check_committed(w, h->actor, d, h->mail, h->nmail, h->now);
	else
		w->commits_lost++;
	free(document);
	writes->n = d->neffects;
	writes_free(&writes);
}

/* Decides by the time of the claim, however late the commit comes. */
static void decide_held(struct world *w, void *arg)
{
	struct held *h = arg;
	struct event events[MAIL_BATCH];
	struct decision *d;

	for (size_t i = 0; i < h->nmail; i++)
		event_read(h->mail[i], &events[i]);
	d = decide(w->house, h->actor, h->document, events, h->nmail, h->now, world_chance(w));
	w->decisions++;
	commit(w, h, d);
	decision_free(&d);
	held_drop(h);
}

static void on_claim(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct world *w = arg;

	if (result != STORE_OK)
		world_fail(w, "claim answered %s", store_result_name(result));
	for (size_t i = 0; batch && i < batch->n; i++) {
		const struct claimed *c = &batch->items[i];
		struct held *h = xcalloc(1, sizeof(*h));

		text_set(h->actor, sizeof(h->actor), "%s", c->actor);
		h->fence = c->fence;
		h->now = batch->now_ms;
		h->document =
			c->document.len ? json_parse(c->document.data, c->document.len) : NULL;
		h->nmail = c->nmail;
		for (size_t m = 0; m < c->nmail; m++)
			h->mail[m] = json_parse(c->mail[m].event.data, c->mail[m].event.len);
		if (world_faulty(w, 3))
			held_drop(h); /* died between claim and commit */
		else
			/* Stalled: by the time it commits, the lease may be somebody else's. */
			world_later(w,
				world_faulty(w, 5) ? w->now + world_between(w, 0, 2 * LEASE_MS)
						   : w->now,
				decide_held, held_drop, h);
	}
}

/* --- sender ---------------------------------------------------------------------------------- */

void engine_finish(struct world *w, const struct sending *s, enum job_result result, int64_t retry,
	json_t *event)
{
	char *text = json_print(event);
	struct finish f = {.job = s->job,
		.fence = s->fence,
		.result = result,
		.retry_ms = retry,
		.provider_id = s->id,
		.event_id = json_get_text(event, "id", ""),
		.event = {text, strlen(text)}};
	enum store_result got;

	if (result == JOB_LATER)
		f.event = (struct blob){NULL, 0};
	if (w->mutant == MUTANT_UNKNOWN_REQUEUED && result == JOB_UNKNOWN) {
		f.result = JOB_LATER;
		f.event = (struct blob){NULL, 0};
		f.retry_ms = w->now + 1000;
	}
	w->store->ops->finish(w->store, &f, keep_result, &got);
	engine_turn(w);
	free(text);
	json_decref(event);
}

static json_t *ended(struct world *w, const struct sending *s, const char *kind, const char *said)
{
	json_t *event = json_object();
	char id[EVENT_ID_SIZE];

	text_set(id, sizeof(id), "%s:%d:%s", s->job, s->attempt, said);
	json_put_text(event, "id", id);
	json_put_text(event, "kind", kind);
	json_put_int(event, "at", w->now);
	json_put_text(event, "job", s->job);
	json_put_int(event, "attempt", s->attempt);
	json_put_text(event, "result", said);
	json_put_text(event, "account", s->account);
	return event;
}

static void finish(struct world *w, const struct sending *s, enum job_result result,
	const char *said, int64_t retry)
{
	json_t *event = ended(w, s, *s->errand ? "errand" : "outcome", said);

	if (*s->errand) {
		json_put_text(event, "errand", s->errand);
		json_put_text(event, "provider_id", s->id);
	} else if (result == JOB_ACCEPTED) {
		json_put_text(event, "provider_id", s->id);
		json_put_text(event, "from", s->from);
	}
	engine_finish(w, s, result, retry, event);
}

static struct written *written_of(struct world *w, const char *job)
{
	struct written *text;

	HASH_FIND_STR(w->written, job, text);
	return text;
}

static void record(struct world *w, void *arg)
{
	finish(w, arg, JOB_ACCEPTED, "accepted", 0);
	free(arg);
}

/* What a provider says to an errand. */
static void errand(struct world *w, const struct sending *s, int dice)
{
	bool look_up = strcmp(s->errand, "look-up") == 0;

	if (dice < 10)
		finish(w, s, JOB_LATER, "later", w->now + world_between(w, 1000, 60000));
	else if (dice < 20)
		finish(w, s, JOB_REFUSED, "never", 0);
	else if (dice < 25)
		return; /* the sender died; its lease says the rest */
	else if (look_up)
		carrier_looked_up(w, s);
	else
		finish(w, s, JOB_ACCEPTED, "done", 0);
}

static void http(struct world *w, void *arg)
{
	struct sending *s = arg;
	int dice = w->now < w->healthy_from ? (int)world_between(w, 0, 99) : 99;
	struct written *text = written_of(w, s->job);

	if (*s->errand) {
		errand(w, s, dice);
		free(s);
		return;
	}
	carrier_choose(w, s);
	if (dice < 3) {
		finish(w, s, JOB_REFUSED, "refused", 0);
	} else if (dice < 6) {
		finish(w, s, JOB_LATER, "later", w->now + world_between(w, 1000, 60000));
	} else if (dice < 12) {
		/* Accepted and then silence, or silence at once: nobody can tell. */
		text->ambiguous++;
		if (dice % 2)
			carrier_take(w, s);
		if (dice < 9)
			finish(w, s, JOB_UNKNOWN, "unknown", w->now + 1000);
		/* else: the sender died; its lease says the rest */
	} else {
		carrier_take(w, s);
		/* Some write it down at the last moment of the lease: receipts may be faster. */
		world_later(w, world_faulty(w, 20) ? text->begun + LEASE_MS - 1 : w->now, record,
			free, s);
		return;
	}
	free(s);
}

struct verdict_kept {
	enum store_result result;
	enum begin_verdict verdict;
};

static void keep_verdict(void *arg, enum store_result result, enum begin_verdict verdict)
{
	*(struct verdict_kept *)arg = (struct verdict_kept){result, verdict};
}

static bool goes_anyway(const struct world *w, const struct verdict_kept *v)
{
	if (w->mutant == MUTANT_NO_FENCE_IN_BEGIN && v->result == STORE_LOST)
		return true;
	if (w->mutant == MUTANT_STOP_IGNORED_AT_SEND && v->verdict == BEGIN_STOPPED)
		return true;
	return w->mutant == MUTANT_EXPIRY_IGNORED_AT_SEND && v->verdict == BEGIN_EXPIRED;
}

static void begin(struct world *w, void *arg)
{
	struct sending *s = arg;
	struct verdict_kept v = {STORE_UNKNOWN, BEGIN_UNWANTED};

	w->store->ops->begin(w->store, s->job, s->fence, LEASE_MS, keep_verdict, &v);
	engine_turn(w);
	if ((v.result == STORE_OK && v.verdict == BEGIN_GO) || goes_anyway(w, &v)) {
		if (!*s->errand) {
			written_of(w, s->job)->begun = w->now;
			check_allowed(w, written_of(w, s->job));
		}
		world_later(w, w->now + world_between(w, 0, world_faulty(w, 5) ? 9000 : 400), http,
			free, s);
		return;
	}
	if (v.result == STORE_OK && v.verdict == BEGIN_STOPPED)
		finish(w, s, JOB_REFUSED, "stopped", 0);
	else if (v.result == STORE_OK && v.verdict == BEGIN_EXPIRED)
		finish(w, s, JOB_EXPIRED, *s->errand ? "gave up" : "expired", 0);
	free(s);
}

/* Another sender died while it sent this: nobody will ever know more. */
static void end_lapsed(struct world *w, void *arg)
{
	const struct sending *s = arg;

	finish(w, s, JOB_UNKNOWN, *s->errand ? "gave up" : "unknown", w->now);
	free(arg);
}

static struct sending *sending_of(const struct job *job)
{
	struct sending *s = xcalloc(1, sizeof(*s));
	json_t *body = json_parse(job->body.data, job->body.len);

	text_set(s->job, sizeof(s->job), "%s", job->id);
	text_set(s->program, sizeof(s->program), "%s", job->program);
	text_set(s->to, sizeof(s->to), "%s", json_get_text(body, "to", ""));
	text_set(s->from, sizeof(s->from), "%s", json_get_text(body, "from", ""));
	text_set(s->body, sizeof(s->body), "%s", json_get_text(body, "body", ""));
	text_set(s->avoid, sizeof(s->avoid), "%s", json_get_text(body, "avoid", ""));
	text_set(s->errand, sizeof(s->errand), "%s", json_get_text(body, "errand", ""));
	text_set(s->account, sizeof(s->account), "%s", json_get_text(body, "account", ""));
	text_set(s->id, sizeof(s->id), "%s", json_get_text(body, "id", ""));
	text_set(s->about, sizeof(s->about), "%s", json_get_text(body, "job", ""));
	json_decref(body);
	s->fence = job->fence;
	s->attempt = job->attempt;
	s->lane = job->lane;
	return s;
}

static void on_jobs(void *arg, enum store_result result, const struct job_batch *batch)
{
	struct world *w = arg;

	if (result != STORE_OK)
		world_fail(w, "jobs answered %s", store_result_name(result));
	for (size_t i = 0; batch && i < batch->n; i++) {
		const struct job *job = &batch->items[i];
		struct sending *s = sending_of(job);

		if (job->state == JOB_LAPSED) {
			world_later(w, w->now, end_lapsed, free, s);
		} else if (world_faulty(w, 2)) {
			free(s); /* died with the job in hand */
		} else {
			world_later(w,
				w->now + world_between(
						 w, 0, world_faulty(w, 5) ? 2 * LEASE_MS : 900),
				begin, free, s);
		}
	}
}

/* --- forwarder ------------------------------------------------------------------------------- */

struct parcel_held {
	char id[EVENT_ID_SIZE], actor[ACTOR_SIZE], blind[BLIND_SIZE], program[PROGRAM_ID_SIZE];
	int partition;
	char *event;
	bool twice;
};

static void parcel_drop(void *arg)
{
	free(((struct parcel_held *)arg)->event);
	free(arg);
}

static void keep_post(void *arg, enum store_result result, const char *actor)
{
	(void)actor;
	*(enum store_result *)arg = result;
}

static void forward(struct world *w, void *arg)
{
	struct parcel_held *p = arg;
	struct post post = {.actor = *p->actor ? p->actor : NULL,
		.blind = *p->actor ? NULL : p->blind,
		.event_id = p->id,
		.program = p->program,
		.event = {p->event, strlen(p->event)}};
	enum store_result result;

	w->store->ops->post(w->store, &post, keep_post, &result);
	engine_turn(w);
	if (result != STORE_OK && result != STORE_DUPLICATE)
		world_fail(w, "post of %s answered %s", p->id, store_result_name(result));
	if (!p->twice) { /* else: died before it could say so; the lease brings it back */
		w->store->ops->transit_done(w->store, p->partition, p->id, keep_result, &result);
		engine_turn(w);
	}
	parcel_drop(p);
}

struct look {
	struct world *w;
	int partition;
};

static void on_transit(void *arg, enum store_result result, const struct transit *items, size_t n)
{
	const struct look *look = arg;
	struct world *w = look->w;

	(void)result;
	for (size_t i = 0; i < n; i++) {
		struct parcel_held *p = xcalloc(1, sizeof(*p));

		text_set(p->id, sizeof(p->id), "%s", items[i].id);
		text_set(p->program, sizeof(p->program), "%s", items[i].post.program);
		if (items[i].post.actor)
			text_set(p->actor, sizeof(p->actor), "%s", items[i].post.actor);
		else
			text_set(p->blind, sizeof(p->blind), "%s", items[i].post.blind);
		p->event = xmemdup(items[i].post.event.data, items[i].post.event.len);
		p->partition = look->partition;
		p->twice = world_faulty(w, 10);
		world_later(w, world_faulty(w, 10) ? w->now + world_between(w, 0, 15000) : w->now,
			forward, parcel_drop, p);
	}
}

/* --- looking around -------------------------------------------------------------------------- */

static bool alarm_due(const struct world *w, const struct partition *p)
{
	const struct resident *r;

	TAILQ_FOREACH(r, &p->order, entry)
	if (r->alarm && r->alarm <= w->now)
		return true;
	return false;
}

static bool task_due(const struct world *w, const struct partition *p)
{
	return !TAILQ_EMPTY(&p->open) && TAILQ_FIRST(&p->open)->due <= w->now;
}

static bool parcel_due(const struct world *w, const struct partition *p)
{
	const struct parcel *parcel;

	TAILQ_FOREACH(parcel, &p->transit, entry)
	if (parcel->due <= w->now)
		return true;
	return false;
}

bool engine_due(struct world *w)
{
	struct memory *m = memory_of(w);

	for (int i = 0; i < PARTITIONS; i++)
		if (alarm_due(w, &m->partitions[i]) || task_due(w, &m->partitions[i]) ||
			parcel_due(w, &m->partitions[i]))
			return true;
	return false;
}

void engine_work(struct world *w)
{
	static const size_t max[LANES] = {BATCH, BATCH, BATCH};
	struct memory *m = memory_of(w);

	for (int i = 0; i < PARTITIONS; i++) {
		struct look look = {w, i};

		if (alarm_due(w, &m->partitions[i]))
			w->store->ops->claim(w->store, i, BATCH, LEASE_MS, on_claim, w);
		if (task_due(w, &m->partitions[i]))
			w->store->ops->jobs(w->store, i, max, LEASE_MS, on_jobs, w);
		if (parcel_due(w, &m->partitions[i]))
			w->store->ops->transit(w->store, i, BATCH, LEASE_MS, on_transit, &look);
		engine_turn(w);
	}
}
