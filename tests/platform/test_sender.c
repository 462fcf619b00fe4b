/*
 * The sender against a loopback provider on its worst days. The store is the memory store, whose
 * clock runs with the real one plus what a test skips.
 */
#include "scheduler/sender.h"
#include "tests/lib/rude_server.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/metrics.h>

#include <cmocka.h>

#define T0      1800000000000LL
#define HOUR_MS 3600000LL
#define SID     "{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\"}"

static const struct rude_step accepts = {RUDE_ANSWER, 201, NULL, SID};

struct bench {
	struct event_base *base;
	struct event *beat;
	struct store *store;
	struct store_ops plain, patched;
	struct http_client *client;
	struct rude_server *server;
	struct account account;
	struct outage outage;
	struct sender *sender;
	int64_t skipped_ms, started_ms;
	struct actor_id actor;
	char blind[BLIND_SIZE];
	int njobs;
	int refusals; /* of the call that a test patched */
};

static struct bench *bench; /* for patched store calls */

/* --- the bench -----------------------------------------------------------------------------------
 */

static void tell_time(struct bench *b)
{
	store_memory_time(b->store, T0 + b->skipped_ms + clock_monotonic_ms() - b->started_ms);
}

static void turn(struct bench *b)
{
	while (store_turn(b->store))
		;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct bench *b = arg;

	(void)fd, (void)what;
	tell_time(b);
	turn(b);
	if (b->sender)
		sender_beat(b->sender, clock_monotonic_ms());
	turn(b);
}

static void sender_begin(struct bench *b, int64_t http_ms)
{
	struct sender_options options = {.store = b->store,
		.client = b->client,
		.account = &b->account,
		.public_url = "https://warm.example",
		.outage = &b->outage,
		.http_ms = http_ms};
	struct fail fail;

	b->sender = sender_new(&options, clock_monotonic_ms(), &fail);
	assert_non_null(b->sender);
}

static void sender_end(struct bench *b)
{
	sender_quit(b->sender);
	turn(b);
	sender_free(&b->sender);
}

static int setup(void **state)
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
	b->server = rude_start();
	rude_otherwise(b->server, accepts);
	snprintf(b->account.kind, sizeof(b->account.kind), "twilio");
	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d",
		rude_port(b->server));
	snprintf(b->account.id, sizeof(b->account.id), "AC%032d", 7);
	snprintf(b->account.secrets[0], sizeof(b->account.secrets[0]), "%032d", 9);
	b->account.nsecrets = 1;
	snprintf(b->blind, sizeof(b->blind), "2a%030d", 1);
	actor_of_blind(b->blind, &b->actor);
	outage_open(&b->outage, 0);
	b->beat = event_new(b->base, -1, EV_PERSIST, on_beat, b);
	event_add(b->beat, &every);
	tell_time(b);
	sender_begin(b, 1000);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	if (b->sender)
		sender_quit(b->sender);
	b->store->ops = &b->plain;
	b->plain.free(b->store);
	sender_free(&b->sender);
	http_client_free(&b->client);
	rude_stop(&b->server);
	event_free(b->beat);
	event_base_free(b->base);
	free(b);
	return 0;
}

static void run_ms(struct bench *b, int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
}

typedef bool condition(struct bench *b, long want);

static void until(struct bench *b, condition *holds, long want)
{
	int64_t end = clock_monotonic_ms() + 20000;

	while (!holds(b, want) && clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
	assert_true(holds(b, want));
}

static bool requests_are(struct bench *b, long want)
{
	return (long)rude_requests(b->server) >= want;
}

static bool busy_is(struct bench *b, long want)
{
	return (long)sender_busy(b->sender) == want;
}

/* --- the store -----------------------------------------------------------------------------------
 */

struct text {
	enum lane lane;
	enum gate gate;
	int64_t expires_in;
};

struct writing {
	struct bench *bench;
	const struct text *texts;
	size_t n;
};

static void expect_ok(void *arg, enum store_result result)
{
	(void)arg;
	assert_int_equal(result, STORE_OK);
}

static void write_texts(void *arg, enum store_result result, const struct claim_batch *batch)
{
	static const char body[] = "{\"to\":\"+12025550111\",\"from\":\"+12025550100\","
				   "\"body\":\"How are you?\"}";
	struct writing *w = arg;
	struct store_write writes[64] = {{0}};
	char ids[64][JOB_ID_SIZE];
	struct commit commit = {.writes = writes, .nwrites = w->n};

	assert_int_equal(result, STORE_OK);
	assert_int_equal(batch->n, 1);
	for (size_t i = 0; i < w->n; i++) {
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

static void post(struct bench *b, const char *id, enum post_consent consent)
{
	struct post post = {.blind = b->blind,
		.event_id = id,
		.program = "weekly",
		.consent = consent,
		.event = {"{\"kind\":\"text\"}", 15}};

	b->plain.post(b->store, &post, expect_posted, NULL);
}

static void put(struct bench *b, const struct text *texts, size_t n)
{
	struct writing w = {b, texts, n};
	char id[40];

	tell_time(b);
	snprintf(id, sizeof(id), "cause:%d", b->njobs);
	post(b, id, CONSENT_KEEP);
	b->plain.claim(b->store, actor_partition(b->actor.text), 8, 1000, write_texts, &w);
	turn(b);
	turn(b);
	if (b->sender)
		sender_ring(b->sender, actor_partition(b->actor.text));
}

static void put_one(struct bench *b, enum lane lane, enum gate gate)
{
	put(b, &(struct text){lane, gate, HOUR_MS}, 1);
}

struct count {
	const char *result, *reason;
	int n, ambiguous;
};

static void count_outcomes(void *arg, enum store_result result, const struct actor_view *view)
{
	struct count *c = arg;

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
			c->n++;
		}
		json_decref(data);
	}
}

static struct count outcomes(struct bench *b, const char *result, const char *reason)
{
	struct count c = {.result = result, .reason = reason};

	b->plain.read(b->store, b->actor.text, NULL, 0, count_outcomes, &c);
	turn(b);
	return c;
}

static const char *awaited;

static bool outcomes_are(struct bench *b, long want)
{
	return outcomes(b, awaited, NULL).n >= want;
}

static void until_outcome(struct bench *b, const char *result, const char *reason, int n)
{
	awaited = result;
	until(b, outcomes_are, n);
	assert_int_equal(outcomes(b, result, reason).n, n);
}

/* Whatever time passes, nothing more is sent. */
static void never_again(struct bench *b, size_t requests)
{
	for (int i = 0; i < 5; i++) {
		b->skipped_ms += 10 * 60000;
		run_ms(b, 120);
	}
	run_ms(b, 600); /* the slow beat has been everywhere */
	assert_int_equal(rude_requests(b->server), requests);
	assert_int_equal(sender_busy(b->sender), 0);
}

/* --- what is sent --------------------------------------------------------------------------------
 */

static void an_accepted_text_is_sent_once_and_recorded(void **state)
{
	struct bench *b = *state;
	char *request, callback[200];

	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "accepted", "", 1);
	request = rude_request(b->server, 0);
	assert_non_null(strstr(request, "/Messages.json HTTP/1.1\r\n"));
	assert_non_null(strstr(request, "Authorization: Basic "));
	snprintf(callback, sizeof(callback), "twilio%%2Fstatus%%3Fa%%3D%s%%26j%%3D%s.1%%26n%%3D1",
		b->actor.text, b->actor.text);
	assert_non_null(strstr(request, callback));
	free(request);
	never_again(b, 1);
}

static void refuse_unknown(struct bench *b, struct rude_step step)
{
	rude_push(b->server, step);
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "unknown", NULL, 1);
	never_again(b, 1);
}

static void a_500_is_unknown_and_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
}

static void accepted_and_then_silent_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_HANG});
}

static void a_dropped_connection_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_DROP});
}

static void half_an_answer_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_HALF_HEADER});
}

static void success_without_an_id_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){RUDE_ANSWER, 200, NULL, "{\"status\":\"ok\"}"});
}

static void a_page_goes_out_again_at_once(void **state)
{
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	put_one(b, LANE_CRISIS, GATE_SAFETY);
	until_outcome(b, "accepted", "", 1);
	assert_in_range(clock_monotonic_ms() - start, 1500, 5000);
	assert_int_equal(outcomes(b, "accepted", NULL).ambiguous, 1);
	assert_int_equal(outcomes(b, "unknown", NULL).n, 1);
	never_again(b, 2);
}

static void a_busy_provider_is_asked_later(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 429, "Retry-After: 2\r\n",
				     "{\"code\":20429,\"status\":429}"});
	put_one(b, LANE_REPLY, GATE_ROUTINE);
	until(b, requests_are, 1);
	run_ms(b, 700);
	assert_int_equal(rude_requests(b->server), 1);
	b->skipped_ms += 10000;
	until_outcome(b, "accepted", "", 1);
	assert_int_equal(outcomes(b, "unknown", NULL).n, 0);
	never_again(b, 2);
}

static void opted_out_at_the_provider_is_refused_for_good(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 400, NULL,
				     "{\"code\":21610,\"message\":\"unsubscribed\"}"});
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "refused", "opted out at the provider", 1);
	never_again(b, 1);
}

static void an_unreachable_provider_is_tried_until_too_late(void **state)
{
	struct bench *b = *state;
	int64_t later = metric_get("warmline_texts_total", "lane=\"scheduled\",result=\"later\"");

	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d",
		rude_closed_port());
	put(b, &(struct text){LANE_SCHEDULED, GATE_ROUTINE, 60000}, 1);
	for (int i = 0; i < 40 && !outcomes(b, "expired", NULL).n; i++) {
		run_ms(b, 50);
		b->skipped_ms += 2000;
	}
	until_outcome(b, "expired", NULL, 1);
	assert_true(metric_get("warmline_texts_total", "lane=\"scheduled\",result=\"later\"") >
		    later + 1);
	assert_int_equal(rude_requests(b->server), 0);
}

static void an_unreachable_provider_that_comes_back_gets_the_text(void **state)
{
	struct bench *b = *state;
	int port = rude_port(b->server);

	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d",
		rude_closed_port());
	put_one(b, LANE_CRISIS, GATE_SAFETY);
	run_ms(b, 300);
	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d", port);
	until_outcome(b, "accepted", "", 1);
	assert_int_equal(outcomes(b, "accepted", NULL).ambiguous, 0);
	never_again(b, 1);
}

static void a_text_past_its_expiry_is_not_sent(void **state)
{
	struct bench *b = *state;

	sender_end(b);
	put(b, &(struct text){LANE_SCHEDULED, GATE_ROUTINE, 1000}, 1);
	b->skipped_ms += 2000;
	tell_time(b);
	sender_begin(b, 1000);
	until_outcome(b, "expired", "too late", 1);
	assert_int_equal(rude_requests(b->server), 0);
}

/* --- consent -------------------------------------------------------------------------------------
 */

static void stop_then_begin(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	if (bench->refusals++ == 0)
		post(bench, "the-stop", CONSENT_STOP);
	bench->plain.begin(store, job, fence, lease_ms, cb, arg);
}

static void a_stop_between_claim_and_begin_sends_nothing(void **state)
{
	struct bench *b = *state;

	b->patched.begin = stop_then_begin;
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "stopped", "the person opted out", 1);
	assert_int_equal(rude_requests(b->server), 0);
	never_again(b, 0);
}

static void after_stop_only_confirmation_and_safety_pass(void **state)
{
	struct bench *b = *state;
	const struct text texts[] = {{LANE_REPLY, GATE_ROUTINE, HOUR_MS},
		{LANE_REPLY, GATE_CONSENT, HOUR_MS}, {LANE_CRISIS, GATE_SAFETY, HOUR_MS},
		{LANE_SCHEDULED, GATE_ROUTINE, HOUR_MS}};

	b->patched.begin = stop_then_begin;
	put(b, texts, 4);
	until_outcome(b, "accepted", "", 2);
	until_outcome(b, "stopped", NULL, 2);
	assert_int_equal(rude_requests(b->server), 2);
}

static void undecided_mail_holds_a_scheduled_text_back(void **state)
{
	struct bench *b = *state;

	sender_end(b);
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	post(b, "an-answer", CONSENT_KEEP);
	turn(b);
	sender_begin(b, 1000);
	run_ms(b, 1300);
	assert_int_equal(rude_requests(b->server), 0);
}

/* --- the store on its worst days -----------------------------------------------------------------
 */

struct untold {
	store_done_cb *done;
	store_begin_cb *begin;
	void *arg;
};

static void tell_unknown(evutil_socket_t fd, short what, void *arg)
{
	struct untold *u = arg;

	(void)fd, (void)what;
	if (u->done)
		u->done(u->arg, STORE_UNKNOWN);
	else
		u->begin(u->arg, STORE_UNKNOWN, BEGIN_UNWANTED);
	free(u);
}

static void answer_unknown(store_done_cb *done, store_begin_cb *begin, void *arg)
{
	struct timeval soon = {.tv_usec = 10000};
	struct untold *u = calloc(1, sizeof(*u));

	*u = (struct untold){done, begin, arg};
	event_base_once(bench->base, -1, EV_TIMEOUT, tell_unknown, u, &soon);
}

static void ignore_done(void *arg, enum store_result result)
{
	(void)arg, (void)result;
}

/* Lost on the way there, then on the way back, then it works. */
static void finish_twice_untold(
	struct store *store, const struct finish *finish, store_done_cb *cb, void *arg)
{
	int call = bench->refusals++;

	if (call > 1) {
		bench->plain.finish(store, finish, cb, arg);
		return;
	}
	if (call == 1)
		bench->plain.finish(store, finish, ignore_done, NULL);
	answer_unknown(cb, NULL, arg);
}

static void an_accepted_text_is_recorded_although_the_store_stutters(void **state)
{
	struct bench *b = *state;

	b->patched.finish = finish_twice_untold;
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "accepted", "", 1);
	until(b, busy_is, 0);
	assert_int_equal(b->refusals, 3);
	never_again(b, 1);
	assert_int_equal(outcomes(b, "accepted", NULL).n, 1);
}

static void ignore_begin(void *arg, enum store_result result, enum begin_verdict verdict)
{
	(void)arg, (void)result, (void)verdict;
}

static void begin_untold(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	int call = bench->refusals++;

	if (call > 1) {
		bench->plain.begin(store, job, fence, lease_ms, cb, arg);
		return;
	}
	if (call == 1)
		bench->plain.begin(store, job, fence, lease_ms, ignore_begin, NULL);
	answer_unknown(NULL, cb, arg);
}

static void a_begin_nobody_answered_is_handed_back(void **state)
{
	struct bench *b = *state;

	b->patched.begin = begin_untold;
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "accepted", "", 1);
	assert_int_equal(outcomes(b, "unknown", NULL).n, 0);
	never_again(b, 1);
}

static void begin_then_stand_still(struct store *store, const char *job, uint64_t fence,
	int64_t lease_ms, store_begin_cb *cb, void *arg)
{
	bench->plain.begin(store, job, fence, lease_ms, cb, arg);
	if (bench->refusals++ == 0)
		usleep(400000); /* as a stopped process would */
}

static void a_process_that_stood_still_begins_again(void **state)
{
	struct bench *b = *state;
	int64_t stale = metric_get("warmline_begins_stale_total", "");

	b->patched.begin = begin_then_stand_still;
	put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	until_outcome(b, "accepted", "", 1);
	assert_int_equal(metric_get("warmline_begins_stale_total", ""), stale + 1);
	assert_int_equal(b->refusals, 2);
	never_again(b, 1);
}

/* A sender dies while its text is on the way; another one takes over. */
static void die_while_sending(struct bench *b, enum lane lane, enum gate gate)
{
	rude_push(b->server, (struct rude_step){.kind = RUDE_HANG});
	put_one(b, lane, gate);
	until(b, requests_are, 1);
	sender_end(b);
	b->skipped_ms += 60000;
	tell_time(b);
	sender_begin(b, 1000);
}

static void a_dead_senders_text_is_unknown_and_never_sent_again(void **state)
{
	struct bench *b = *state;

	die_while_sending(b, LANE_REPLY, GATE_ROUTINE);
	until_outcome(b, "unknown", "its sender ended while sending", 1);
	never_again(b, 1);
}

static void a_dead_senders_page_is_sent_again(void **state)
{
	struct bench *b = *state;

	die_while_sending(b, LANE_CRISIS, GATE_SAFETY);
	until_outcome(b, "accepted", "", 1);
	assert_int_equal(outcomes(b, "accepted", NULL).ambiguous, 1);
	never_again(b, 2);
}

static void routine_rests_after_an_outage_and_pages_do_not(void **state)
{
	struct bench *b = *state;
	const struct text texts[] = {
		{LANE_REPLY, GATE_ROUTINE, HOUR_MS}, {LANE_CRISIS, GATE_SAFETY, HOUR_MS}};
	int64_t start;
	char *request;

	sender_end(b);
	outage_open(&b->outage, 1500);
	sender_begin(b, 1000);
	run_ms(b, 50); /* the first answer of the store */
	start = clock_monotonic_ms();
	put(b, texts, 2);
	until(b, requests_are, 1);
	assert_true(clock_monotonic_ms() - start < 800);
	request = rude_request(b->server, 0);
	assert_non_null(strstr(request, ".2%26n")); /* the page's job */
	free(request);
	until_outcome(b, "accepted", "", 2);
	assert_true(clock_monotonic_ms() - start > 1000);
}

/* --- room and pace -------------------------------------------------------------------------------
 */

static void hanging_routine_leaves_room_for_a_page(void **state)
{
	struct bench *b = *state;
	struct text texts[20];
	int64_t start;

	sender_end(b);
	b->account.in_flight = 5;
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	sender_begin(b, 4000);
	for (size_t i = 0; i < 20; i++)
		texts[i] = (struct text){LANE_REPLY, GATE_ROUTINE, HOUR_MS};
	put(b, texts, 20);
	until(b, requests_are, 4);
	run_ms(b, 700);
	assert_int_equal(rude_requests(b->server), 4); /* a fifth stays free */
	rude_otherwise(b->server, accepts);
	start = clock_monotonic_ms();
	put_one(b, LANE_CRISIS, GATE_SAFETY);
	until_outcome(b, "accepted", "", 1);
	assert_true(clock_monotonic_ms() - start < 800);
}

/* Has the text with this number reached the provider? */
static bool page_is_there(struct bench *b, long number)
{
	char job[16];
	bool there = false;

	snprintf(job, sizeof(job), ".%ld%%26n", number);
	for (size_t i = 0; !there && i < rude_requests(b->server); i++) {
		char *request = rude_request(b->server, i);

		there = strstr(request, job) != NULL;
		free(request);
	}
	return there;
}

static void the_accounts_rate_is_kept_and_pages_pass_it(void **state)
{
	struct bench *b = *state;
	struct text texts[14];
	int64_t start;

	sender_end(b);
	b->account.per_second = 5;
	sender_begin(b, 1000);
	for (size_t i = 0; i < 14; i++)
		texts[i] = (struct text){LANE_REPLY, GATE_ROUTINE, HOUR_MS};
	start = clock_monotonic_ms();
	put(b, texts, 14);
	until(b, requests_are, 5);
	put_one(b, LANE_CRISIS, GATE_SAFETY);
	until(b, page_is_there, 15);
	assert_true(clock_monotonic_ms() - start < 1000); /* it did not wait for its turn */
	until(b, requests_are, 15);
	assert_in_range(clock_monotonic_ms() - start, 1600, 6000);
	until(b, busy_is, 0);
}

static void a_stopping_sender_finishes_what_is_on_its_way(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){.kind = RUDE_HANG});
	put_one(b, LANE_REPLY, GATE_ROUTINE);
	until(b, requests_are, 1);
	sender_stop(b->sender);
	assert_true(sender_busy(b->sender) > 0);
	put_one(b, LANE_REPLY, GATE_ROUTINE);
	until(b, busy_is, 0);
	assert_int_equal(outcomes(b, "unknown", NULL).n, 1);
	assert_int_equal(rude_requests(b->server), 1); /* the second one is somebody else's */
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ring(an_accepted_text_is_sent_once_and_recorded),
		ring(a_500_is_unknown_and_never_sent_again),
		ring(accepted_and_then_silent_is_never_sent_again),
		ring(a_dropped_connection_is_never_sent_again),
		ring(half_an_answer_is_never_sent_again),
		ring(success_without_an_id_is_never_sent_again),
		ring(a_page_goes_out_again_at_once),
		ring(a_busy_provider_is_asked_later),
		ring(opted_out_at_the_provider_is_refused_for_good),
		ring(an_unreachable_provider_is_tried_until_too_late),
		ring(an_unreachable_provider_that_comes_back_gets_the_text),
		ring(a_text_past_its_expiry_is_not_sent),
		ring(a_stop_between_claim_and_begin_sends_nothing),
		ring(after_stop_only_confirmation_and_safety_pass),
		ring(undecided_mail_holds_a_scheduled_text_back),
		ring(an_accepted_text_is_recorded_although_the_store_stutters),
		ring(a_begin_nobody_answered_is_handed_back),
		ring(a_process_that_stood_still_begins_again),
		ring(a_dead_senders_text_is_unknown_and_never_sent_again),
		ring(a_dead_senders_page_is_sent_again),
		ring(routine_rests_after_an_outage_and_pages_do_not),
		ring(hanging_routine_leaves_room_for_a_page),
		ring(the_accounts_rate_is_kept_and_pages_pass_it),
		ring(a_stopping_sender_finishes_what_is_on_its_way),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
