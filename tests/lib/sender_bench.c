#include "tests/lib/sender_bench.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/json.h>

#include <cmocka.h>

#define T0  1800000000000LL /* the store's time at the start of each test */
#define SID "{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\"}"

const struct rude_step bench_accepts = {RUDE_ANSWER, 201, NULL, SID};

struct bench *bench;

/* --- the bench ------------------------------------------------------------------------------- */

void bench_tell_time(struct bench *b)
{
	store_memory_time(b->store, T0 + b->skipped_ms + clock_monotonic_ms() - b->started_ms);
}

void bench_turn(struct bench *b)
{
	while (store_turn(b->store))
		;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct bench *b = arg;

	(void)fd, (void)what;
	b->beats++;
	bench_tell_time(b);
	bench_turn(b);
	if (b->sender)
		sender_beat(b->sender, clock_monotonic_ms());
	bench_turn(b);
}

void bench_sender_begin(struct bench *b, int64_t http_ms)
{
	struct sender_options options = {.store = b->store,
		.client = b->client,
		.accounts = b->accounts,
		.naccounts = b->naccounts,
		.programs = &b->program,
		.nprograms = 1,
		.public_url = "https://warm.example",
		.outage = &b->outage,
		.finish_tries = 5,
		.http_ms = http_ms};
	struct fail fail;

	b->sender = sender_new(&options, clock_monotonic_ms(), &fail);
	assert_non_null(b->sender);
}

void bench_sender_end(struct bench *b)
{
	sender_quit(b->sender);
	bench_turn(b);
	sender_free(&b->sender);
}

void bench_second(struct bench *b, int64_t http_ms)
{
	bench_sender_end(b);
	b->naccounts = 2;
	bench_sender_begin(b, http_ms);
}

static void account_open(struct bench *b, size_t i, const char *name, const char *number)
{
	struct account *a = &b->accounts[i];

	b->servers[i] = rude_start();
	rude_otherwise(b->servers[i], bench_accepts);
	snprintf(b->numbers[i].text, sizeof(b->numbers[i].text), "%s", number);
	*a = (struct account){
		.numbers = &b->numbers[i], .nnumbers = 1, .weight = 100, .nsecrets = 1};
	snprintf(a->kind, sizeof(a->kind), "twilio");
	snprintf(a->api_url, sizeof(a->api_url), "http://127.0.0.1:%d", rude_port(b->servers[i]));
	snprintf(a->id, sizeof(a->id), "AC%032d", 7);
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->api_secret, sizeof(a->api_secret), "%032d", 9);
	snprintf(a->secrets[0], sizeof(a->secrets[0]), "%032d", 9);
}

void bench_close_port(struct account *account)
{
	snprintf(account->api_url, sizeof(account->api_url), "http://127.0.0.1:%d",
		rude_closed_port());
}

int bench_setup(void **state)
{
	struct bench *b = bench = calloc(1, sizeof(*b));
	struct timeval every = {.tv_usec = 4000};
	struct fail fail;

	b->base = event_base_new();
	b->started_ms = clock_monotonic_ms();
	b->store = store_memory_new();
	b->plain = b->patched = *b->store->ops;
	b->store->ops = &b->patched;
	b->client = http_client_new(b->base, &fail);
	account_open(b, 0, "twilio", NUMBER_A);
	account_open(b, 1, "second", NUMBER_B);
	b->naccounts = 1;
	b->server = b->servers[0];
	b->account = b->accounts;
	snprintf(b->program.id, sizeof(b->program.id), "weekly");
	b->program.number = b->numbers[0];
	b->program.more[0] = b->numbers[1];
	b->program.nmore = 1;
	snprintf(b->blind, sizeof(b->blind), "2a%030d", 1);
	actor_of_blind(b->blind, &b->actor);
	outage_open(&b->outage, 0);
	b->beat = event_new(b->base, -1, EV_PERSIST, on_beat, b);
	event_add(b->beat, &every);
	bench_tell_time(b);
	bench_sender_begin(b, 1000);
	*state = b;
	return 0;
}

int bench_teardown(void **state)
{
	struct bench *b = *state;

	if (b->sender)
		sender_quit(b->sender);
	b->store->ops = &b->plain;
	b->plain.free(b->store);
	sender_free(&b->sender);
	http_client_free(&b->client);
	rude_stop(&b->servers[0]);
	rude_stop(&b->servers[1]);
	event_free(b->beat);
	event_base_free(b->base);
	free(b);
	return 0;
}

void bench_run_ms(struct bench *b, int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
}

void bench_until(struct bench *b, bench_condition *holds, long want)
{
	int64_t end = clock_monotonic_ms() + 20000;

	while (!holds(b, want) && clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
	assert_true(holds(b, want));
}

bool bench_requests_are(struct bench *b, long want)
{
	return (long)rude_requests(b->server) >= want;
}

bool bench_busy_is(struct bench *b, long want)
{
	return (long)sender_busy(b->sender) == want;
}

/* --- the store ------------------------------------------------------------------------------- */

struct writing {
	struct bench *bench;
	const struct bench_text *texts;
	size_t n;
};

static void expect_ok(void *arg, enum store_result result)
{
	(void)arg;
	assert_int_equal(result, STORE_OK);
}

static void write_texts(void *arg, enum store_result result, const struct claim_batch *batch)
{
	static const char usual[] = "{\"to\":\"+12025550111\",\"from\":\"" NUMBER_A "\","
				    "\"body\":\"How are you?\"}";
	struct writing *w = arg;
	struct store_write writes[64] = {{0}};
	char ids[64][JOB_ID_SIZE];
	struct commit commit = {.writes = writes, .nwrites = w->n};

	assert_int_equal(result, STORE_OK);
	assert_int_equal(batch->n, 1);
	for (size_t i = 0; i < w->n; i++) {
		const char *body = w->texts[i].body ? w->texts[i].body : usual;

		snprintf(ids[i], sizeof(ids[i]), "%s.%d", w->bench->actor.text, ++w->bench->njobs);
		writes[i] = (struct store_write){.kind = WRITE_JOB,
			.id = ids[i],
			.lane = w->texts[i].lane,
			.gate = w->texts[i].gate,
			.blind = w->bench->blind,
			.program = "weekly",
			.at = batch->now_ms,
			.expires = batch->now_ms + w->texts[i].expires_in,
			.blob = {body, strlen(body)}};
	}
	commit.actor = batch->items[0].actor;
	commit.fence = batch->items[0].fence;
	commit.document = (struct blob){"{}", 2};
	commit.consumed = batch->items[0].nmail;
	w->bench->plain.commit(w->bench->store, &commit, expect_ok, NULL);
}

static void expect_posted(void *arg, enum store_result result, const char *actor)
{
	(void)arg, (void)actor;
	assert_int_equal(result, STORE_OK);
}

void bench_post(struct bench *b, const char *id, enum post_consent consent)
{
	struct post post = {.blind = b->blind,
		.event_id = id,
		.program = "weekly",
		.consent = consent,
		.event = {"{\"kind\":\"text\"}", 15}};

	b->plain.post(b->store, &post, expect_posted, NULL);
}

void bench_put(struct bench *b, const struct bench_text *texts, size_t n)
{
	struct writing w = {b, texts, n};
	char id[40];

	bench_tell_time(b);
	snprintf(id, sizeof(id), "cause:%d", b->njobs);
	bench_post(b, id, CONSENT_KEEP);
	b->plain.claim(b->store, actor_partition(b->actor.text), 8, 1000, write_texts, &w);
	bench_turn(b);
	bench_turn(b);
	if (b->sender)
		sender_ring(b->sender, actor_partition(b->actor.text));
}

void bench_put_one(struct bench *b, enum lane lane, enum gate gate)
{
	bench_put(b, &(struct bench_text){.lane = lane, .gate = gate, .expires_in = HOUR_MS}, 1);
}

static void count_outcomes(void *arg, enum store_result result, const struct actor_view *view)
{
	struct bench_count *c = arg;

	assert_int_equal(result, STORE_OK);
	c->n = 0;
	for (size_t i = 0; i < view->nmail; i++) {
		json_t *data = json_parse(view->mail[i].event.data, view->mail[i].event.len);

		if (strcmp(json_get_text(data, "kind", ""), "outcome") == 0 &&
			strcmp(json_get_text(data, "result", ""), c->result) == 0) {
			char id[EVENT_ID_SIZE];

			snprintf(id, sizeof(id), "%s:%d:%s", json_get_text(data, "job", "?"),
				(int)json_get_int(data, "attempt", -1), c->result);
			assert_string_equal(json_get_text(data, "id", ""), id);
			assert_string_equal(view->mail[i].event_id, id);
			if (c->reason)
				assert_string_equal(json_get_text(data, "reason", ""), c->reason);
			c->ambiguous = (int)json_get_int(data, "ambiguous", 0);
			snprintf(c->account, sizeof(c->account), "%s",
				json_get_text(data, "account", ""));
			snprintf(c->from, sizeof(c->from), "%s", json_get_text(data, "from", ""));
			snprintf(c->why, sizeof(c->why), "%s", json_get_text(data, "why", ""));
			c->n++;
		}
		json_decref(data);
	}
}

struct bench_count bench_outcomes(struct bench *b, const char *result, const char *reason)
{
	struct bench_count c = {.result = result, .reason = reason};

	b->plain.read(b->store, b->actor.text, NULL, 0, count_outcomes, &c);
	bench_turn(b);
	return c;
}

struct finding {
	const char *kind;
	json_t *event;
};

static void find_event(void *arg, enum store_result result, const struct actor_view *view)
{
	struct finding *finding = arg;

	(void)result;
	for (size_t i = 0; i < view->nmail; i++) {
		json_t *data = json_parse(view->mail[i].event.data, view->mail[i].event.len);

		if (strcmp(json_get_text(data, "kind", ""), finding->kind) == 0) {
			assert_string_equal(json_get_text(data, "id", ""), view->mail[i].event_id);
			json_decref(finding->event);
			finding->event = json_incref(data);
		}
		json_decref(data);
	}
}

json_t *bench_event(struct bench *b, const char *kind)
{
	struct finding finding = {.kind = kind};

	b->plain.read(b->store, b->actor.text, NULL, 0, find_event, &finding);
	bench_turn(b);
	return finding.event;
}

static void count_mail(void *arg, enum store_result result, const struct actor_view *view)
{
	(void)result;
	*(long *)arg = (long)view->nmail;
}

bool bench_events_are(struct bench *b, long want)
{
	long n = 0;

	b->plain.read(b->store, b->actor.text, NULL, 0, count_mail, &n);
	bench_turn(b);
	return n >= want;
}

static void count_unrecorded(void *arg, enum store_result result, const struct actor_view *view)
{
	(void)result;
	for (size_t i = 0; i < view->nmail; i++) {
		json_t *data = json_parse(view->mail[i].event.data, view->mail[i].event.len);

		*(int *)arg += strcmp(json_get_text(data, "kind", ""), "outcome") == 0 &&
			       strcmp(json_get_text(data, "reason", ""), "unrecorded") == 0;
		json_decref(data);
	}
}

int bench_unrecorded(struct bench *b)
{
	int n = 0;

	b->plain.read(b->store, b->actor.text, NULL, 0, count_unrecorded, &n);
	bench_turn(b);
	return n;
}

static const char *awaited;

static bool outcomes_are(struct bench *b, long want)
{
	return bench_outcomes(b, awaited, NULL).n >= want;
}

void bench_until_outcome(struct bench *b, const char *result, const char *reason, int n)
{
	awaited = result;
	bench_until(b, outcomes_are, n);
	assert_int_equal(bench_outcomes(b, result, reason).n, n);
}

/* The sender was asked, answered, and has nothing in its hands. */
static void rest(struct bench *b)
{
	unsigned until = b->beats + 8;

	sender_ring(b->sender, actor_partition(b->actor.text));
	while (b->beats < until)
		event_base_loop(b->base, EVLOOP_ONCE);
	bench_until(b, bench_busy_is, 0);
}

void bench_never_again(struct bench *b, size_t requests)
{
	for (int i = 0; i < 6; i++) {
		b->skipped_ms += 10 * 60000;
		rest(b);
	}
	assert_int_equal(rude_requests(b->server), requests);
}
