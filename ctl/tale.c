#include "ctl/tale.h"

#include <platform/writes.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/keyword.h>
#include <warmline/screen.h>

#define LEASE_MS 60000
#define BATCH    16

struct rule_of_job {
	char job[JOB_ID_SIZE];
	const char *rule;
};

struct tale {
	struct store *store;
	const struct site *site;
	struct house house;
	struct tale_listener listener;
	int64_t now;
	int posts;
	struct rule_of_job *rules; /* of texts that wait */
	size_t nrules;
};

/* A plain hash: nothing of a demo is kept, and the same demo makes the same ids. */
static void plain_blind(const void *arg, const char *e164, char blind[BLIND_SIZE])
{
	unsigned long long h = text_hash(e164);

	(void)arg;
	text_set(blind, BLIND_SIZE, "%016llx%016llx", h * 0x9e3779b97f4a7c15ULL, h);
}

static void done(void *arg, enum store_result result)
{
	(void)arg;
	if (result != STORE_OK && result != STORE_LOST)
		fail_abort("the store in memory answered %s", store_result_name(result));
}

/* --- deciding -------------------------------------------------------------------------------- */

static void remember_rule(struct tale *t, const struct effect *e)
{
	t->rules = xrealloc(t->rules, (t->nrules + 1) * sizeof(*t->rules));
	memcpy(t->rules[t->nrules].job, e->job, JOB_ID_SIZE);
	t->rules[t->nrules++].rule = e->rule;
}

static void tell(struct tale *t, const struct decision *d)
{
	for (size_t i = 0; i < d->neffects; i++) {
		const struct effect *e = &d->effects[i];

		if (e->kind == EFFECT_TEXT)
			remember_rule(t, e);
		else if (e->kind == EFFECT_LOG)
			t->listener.noted(t->listener.arg, t->now, e->data);
	}
}

static void commit(struct tale *t, const struct claimed *c, const struct decision *d)
{
	struct writes *writes = writes_make(d, t->now, plain_blind, NULL);
	char *document = json_print(d->document);
	struct commit commit = {.actor = c->actor,
		.fence = c->fence,
		.document = {document, strlen(document)},
		.consumed = c->nmail,
		.alarm_ms = d->alarm,
		.writes = writes->items,
		.nwrites = writes->n};

	t->store->ops->commit(t->store, &commit, done, t);
	free(document);
	writes_free(&writes);
}

static void decide_claimed(struct tale *t, const struct claimed *c)
{
	json_t *document = c->document.len ? json_parse(c->document.data, c->document.len) : NULL;
	json_t *mail[MAIL_BATCH];
	struct event events[MAIL_BATCH];
	struct decision *d;

	for (size_t i = 0; i < c->nmail; i++) {
		mail[i] = json_parse(c->mail[i].event.data, c->mail[i].event.len);
		event_read(mail[i], &events[i]);
	}
	d = decide(&t->house, c->actor, document, events, c->nmail, t->now, 0);
	commit(t, c, d);
	tell(t, d);
	decision_free(&d);
	for (size_t i = 0; i < c->nmail; i++)
		json_decref(mail[i]);
	json_decref(document);
}

static void claimed(void *arg, enum store_result result, const struct claim_batch *batch)
{
	done(arg, result);
	for (size_t i = 0; i < batch->n; i++)
		decide_claimed(arg, &batch->items[i]);
}

/* --- sending --------------------------------------------------------------------------------- */

struct sending {
	struct tale *tale;
	char job[JOB_ID_SIZE];
	uint64_t fence;
	json_t *body;
};

static const char *rule_of(const struct tale *t, const char *job)
{
	for (size_t i = t->nrules; i-- > 0;)
		if (strcmp(t->rules[i].job, job) == 0)
			return t->rules[i].rule;
	return "";
}

static void finish(const struct sending *s, enum job_result result, const char *said)
{
	struct tale *t = s->tale;
	char id[EVENT_ID_SIZE];
	struct finish finish = {.job = s->job,
		.fence = s->fence,
		.result = result,
		.provider_id = "",
		.event_id = id};
	json_t *event = json_object();
	char *text;

	text_set(id, sizeof(id), "%s:1:%s", s->job, said);
	json_put_text(event, "id", id);
	json_put_text(event, "kind", "outcome");
	json_put_int(event, "at", t->now);
	json_put_text(event, "job", s->job);
	json_put_text(event, "result", said);
	text = json_print(event);
	finish.event = (struct blob){text, strlen(text)};
	t->store->ops->finish(t->store, &finish, done, t);
	free(text);
	json_decref(event);
}

static void begun(void *arg, enum store_result result, enum begin_verdict verdict)
{
	struct sending *s = arg;
	struct tale *t = s->tale;

	if (result == STORE_OK && verdict == BEGIN_GO) {
		t->listener.sent(t->listener.arg, t->now, json_get_text(s->body, "to", ""),
			json_get_text(s->body, "body", ""), rule_of(t, s->job));
		finish(s, JOB_ACCEPTED, "accepted");
	} else if (result == STORE_OK && verdict == BEGIN_STOPPED) {
		finish(s, JOB_REFUSED, "stopped");
	} else if (result == STORE_OK && verdict == BEGIN_EXPIRED) {
		finish(s, JOB_EXPIRED, "expired");
	}
	json_decref(s->body);
	free(s);
}

static void jobs(void *arg, enum store_result result, const struct job_batch *batch)
{
	struct tale *t = arg;

	done(arg, result);
	for (size_t i = 0; i < batch->n; i++) {
		const struct job *job = &batch->items[i];
		struct sending *s = xcalloc(1, sizeof(*s));

		s->tale = t;
		text_set(s->job, sizeof(s->job), "%s", job->id);
		s->fence = job->fence;
		s->body = json_parse(job->body.data, job->body.len);
		t->store->ops->begin(t->store, job->id, job->fence, LEASE_MS, begun, s);
	}
}

/* --- forwarding ------------------------------------------------------------------------------ */

struct parting {
	struct tale *tale;
	char id[EVENT_ID_SIZE];
	int partition;
};

static void forwarded(void *arg, enum store_result result, const char *actor)
{
	struct parting *p = arg;

	(void)actor;
	if (result == STORE_OK || result == STORE_DUPLICATE)
		p->tale->store->ops->transit_done(
			p->tale->store, p->partition, p->id, done, p->tale);
	free(p);
}

struct round {
	struct tale *tale;
	int partition;
};

static void transit(void *arg, enum store_result result, const struct transit *items, size_t n)
{
	struct round *round = arg;

	done(round->tale, result);
	for (size_t i = 0; i < n; i++) {
		struct parting *p = xcalloc(1, sizeof(*p));

		p->tale = round->tale;
		p->partition = round->partition;
		text_set(p->id, sizeof(p->id), "%s", items[i].id);
		p->tale->store->ops->post(p->tale->store, &items[i].post, forwarded, p);
	}
	free(round);
}

/* --- time ------------------------------------------------------------------------------------ */

static void ask_all(struct tale *t)
{
	static const size_t max[LANES] = {BATCH, BATCH, BATCH};

	for (int p = 0; p < PARTITIONS; p++) {
		struct round *round = xcalloc(1, sizeof(*round));

		round->tale = t;
		round->partition = p;
		t->store->ops->claim(t->store, p, BATCH, LEASE_MS, claimed, t);
		t->store->ops->jobs(t->store, p, max, LEASE_MS, jobs, t);
		t->store->ops->transit(t->store, p, BATCH, LEASE_MS, transit, round);
		while (store_turn(t->store))
			;
	}
}

static void settle(struct tale *t)
{
	int64_t next;

	do {
		ask_all(t);
		next = store_memory_next(t->store);
	} while (next && next <= t->now);
}

void tale_until(struct tale *t, int64_t at_ms)
{
	int64_t next;

	settle(t);
	while ((next = store_memory_next(t->store)) && next <= at_ms) {
		t->now = next;
		store_memory_time(t->store, t->now);
		settle(t);
	}
	t->now = at_ms;
	store_memory_time(t->store, t->now);
}

/* --- what comes from outside ----------------------------------------------------------------- */

static void posted(void *arg, enum store_result result, const char *actor)
{
	(void)actor;
	done(arg, result);
}

static void post(struct tale *t, const char *number, json_t *data, enum post_consent consent)
{
	char id[64], blind[BLIND_SIZE], *text;
	struct post post = {.blind = blind,
		.event_id = id,
		.consent = consent,
		.program = json_get_text(data, "program", "")};

	text_set(id, sizeof(id), "demo:%d", ++t->posts);
	json_put_text(data, "id", id);
	json_put_int(data, "at", t->now);
	plain_blind(NULL, number, blind);
	text = json_print(data);
	post.event = (struct blob){text, strlen(text)};
	t->store->ops->post(t->store, &post, posted, t);
	settle(t);
	free(text);
	json_decref(data);
}

void tale_post(struct tale *t, const char *number, json_t *data)
{
	post(t, number, data, CONSENT_KEEP);
}

static json_t *screened(const struct tale *t, const char *body)
{
	struct verdict v;
	json_t *screen = json_object(), *rules = json_array();

	screen_text(t->site->lexicons, body, strlen(body), &v);
	for (size_t i = 0; i < v.nrules; i++)
		json_array_append_new(rules, json_string(v.rules[i]));
	json_put_text(screen, "level", screen_level_name(v.level));
	json_put_text(screen, "category", v.category);
	json_object_set_new(screen, "rules", rules);
	return screen;
}

void tale_text(struct tale *t, const struct program *program, const char *from, const char *body)
{
	json_t *data = json_object();
	enum post_consent consent = CONSENT_KEEP;

	if (keyword_of(body) == KEYWORD_STOP)
		consent = CONSENT_STOP;
	else if (keyword_of(body) == KEYWORD_START)
		consent = CONSENT_START;
	json_put_text(data, "kind", "text");
	json_put_text(data, "program", program->id);
	json_put_text(data, "from", from);
	json_put_text(data, "to", program->number.text);
	json_put_text(data, "body", body);
	json_object_set_new(data, "screen", screened(t, body));
	post(t, from, data, consent);
}

int64_t tale_now(const struct tale *t)
{
	return t->now;
}

struct tale *tale_new(const struct site *site, const struct tale_listener *listener, int64_t now_ms)
{
	struct tale *t = xcalloc(1, sizeof(*t));

	t->store = store_memory_new();
	t->site = site;
	t->house = site_house(site);
	t->listener = *listener;
	t->now = now_ms;
	store_memory_time(t->store, now_ms);
	return t;
}

void tale_free(struct tale **tale)
{
	struct tale *t = *tale;

	t->store->ops->free(t->store);
	free(t->rules);
	free(t);
	*tale = NULL;
}
