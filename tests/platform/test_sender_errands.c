/* Errands: a provider is asked about a text that it has, or to take its words away. */
#include "scheduler/attempt.h"
#include "tests/lib/sender_bench.h"

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

#define SM      "SM00000000000000000000000000000001"
#define LOOK_UP ERRAND("look-up", "twilio")
#define REDACT  ERRAND("redact", "twilio")

#define ERRAND(kind, account)                                                                      \
	"{\"errand\":\"" kind "\",\"account\":\"" account "\",\"id\":\"" SM                        \
	"\",\"to\":\"+12025550111\",\"job\":\"p00-0000000000000000.7\"}"

/* As the rules write it: passes a STOP. */
static void put(struct bench *b, const char *body, int64_t expires_in)
{
	bench_put(b, &(struct bench_text){LANE_SCHEDULED, GATE_SAFETY, expires_in, body}, 1);
}

static struct rude_step says(const char *body)
{
	return (struct rude_step){RUDE_ANSWER, 200, NULL, body};
}

static const char *awaited_kind;

static bool event_is_there(struct bench *b, long want)
{
	json_t *event = bench_event(b, awaited_kind);
	bool there = event != NULL;

	json_decref(event);
	return there == want;
}

static json_t *event_of(struct bench *b, const char *kind)
{
	awaited_kind = kind;
	bench_until(b, event_is_there, true);
	return bench_event(b, kind);
}

static void expect_text(const json_t *event, const char *key, const char *want)
{
	assert_string_equal(json_get_text(event, key, ""), want);
}

/* The errand ended so, and nothing else was heard. */
static void expect_end(struct bench *b, const char *errand, const char *result)
{
	json_t *event = event_of(b, "errand");

	expect_text(event, "errand", errand);
	expect_text(event, "result", result);
	expect_text(event, "job", "p00-0000000000000000.7");
	expect_text(event, "provider_id", SM);
	json_decref(event);
	bench_until(b, bench_busy_is, 0);
	assert_false(bench_events_are(b, 2));
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 0);
}

static bool request_has(struct bench *b, size_t n, const char *text)
{
	char *request = rude_request(b->server, n);
	bool has = request && strstr(request, text);

	free(request);
	return has;
}

/* --- look-up --------------------------------------------------------------------------------- */

static void a_look_up_is_heard_as_the_receipt_it_found(void **state)
{
	struct bench *b = *state;
	json_t *event;

	rude_otherwise(b->server, says("{\"sid\":\"" SM "\",\"status\":\"delivered\"}"));
	put(b, LOOK_UP, HOUR_MS);
	event = event_of(b, "receipt");
	expect_text(event, "id", "twilio:AC00000000000000000000000000000007:" SM ":delivered");
	expect_text(event, "job", "p00-0000000000000000.7");
	expect_text(event, "status", "delivered");
	expect_text(event, "why", "");
	expect_text(event, "account", "twilio");
	expect_text(event, "provider_id", SM);
	expect_text(event, "program", "weekly");
	json_decref(event);
	assert_true(request_has(b, 0, "GET /2010-04-01/Accounts/"));
	assert_true(request_has(b, 0, "/Messages/" SM ".json HTTP/1.1\r\n"));
	assert_false(bench_events_are(b, 2));
	bench_never_again(b, 1);
}

static void why_it_did_not_arrive_is_said(void **state)
{
	struct bench *b = *state;
	json_t *event;

	rude_otherwise(b->server,
		says("{\"sid\":\"" SM "\",\"status\":\"undelivered\",\"error_code\":30005}"));
	put(b, LOOK_UP, HOUR_MS);
	event = event_of(b, "receipt");
	expect_text(event, "status", "undelivered");
	expect_text(event, "why", "bad number");
	assert_int_equal(json_get_int(event, "error", 0), 30005);
	json_decref(event);
	bench_never_again(b, 1);
}

static void on_its_way_is_asked_again_later(void **state)
{
	static const char *const answers[] = {"{\"sid\":\"" SM "\",\"status\":\"queued\"}",
		"{\"sid\":\"" SM "\",\"status\":\"sent\"}"};
	struct bench *b = *state;

	for (size_t i = 0; i < 2; i++)
		rude_push(b->server, says(answers[i]));
	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	rude_push(b->server, (struct rude_step){.kind = RUDE_DROP});
	rude_push(b->server, says("no JSON"));
	rude_otherwise(b->server, says("{\"sid\":\"" SM "\",\"status\":\"delivered\"}"));
	put(b, LOOK_UP, 24 * HOUR_MS);
	for (long n = 1; n <= 6; n++) {
		bench_until(b, bench_requests_are, n);
		bench_until(b, bench_busy_is, 0);
		assert_int_equal(rude_requests(b->server), n);
		b->skipped_ms += 601000;
	}
	json_decref(event_of(b, "receipt"));
	bench_never_again(b, 6);
}

static void what_is_never_final_is_given_up_when_it_expires(void **state)
{
	struct bench *b = *state;

	rude_otherwise(b->server, says("{\"sid\":\"" SM "\",\"status\":\"sent\"}"));
	put(b, LOOK_UP, 120000);
	for (int i = 0; i < 40 && !event_is_there(b, true); i++) {
		awaited_kind = "errand";
		bench_run_ms(b, 100);
		b->skipped_ms += 10000;
	}
	expect_end(b, "look-up", "gave up");
	assert_in_range(rude_requests(b->server), 3, 8);
	bench_never_again(b, rude_requests(b->server));
}

static void a_text_that_the_provider_does_not_know_is_never_asked_again(void **state)
{
	struct bench *b = *state;

	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 404, NULL, "{\"code\":20404}"});
	put(b, LOOK_UP, HOUR_MS);
	expect_end(b, "look-up", "never");
	bench_never_again(b, 1);
}

/* --- redact ---------------------------------------------------------------------------------- */

static void words_are_taken_away_and_read_back(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":null}"));
	put(b, REDACT, HOUR_MS);
	expect_end(b, "redact", "done");
	assert_true(request_has(b, 0, "POST "));
	assert_true(request_has(b, 0, "\r\n\r\nBody="));
	assert_true(request_has(b, 1, "GET "));
	bench_never_again(b, 2);
}

static void words_that_are_still_there_are_taken_again(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, says("{\"sid\":\"" SM "\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"still here\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"\"}"));
	put(b, REDACT, HOUR_MS);
	bench_until(b, bench_requests_are, 2);
	bench_until(b, bench_busy_is, 0);
	assert_false(bench_events_are(b, 1));
	b->skipped_ms += 60000;
	expect_end(b, "redact", "done");
	assert_true(request_has(b, 2, "POST "));
	bench_never_again(b, 4);
}

static enum errand_state always_next(const struct account *account, const struct errand *errand,
	int step, const struct provider_reply *reply, struct inbound_receipt *receipt)
{
	(void)account, (void)errand, (void)step, (void)reply, (void)receipt;
	return ERRAND_NEXT;
}

static void steps_have_an_end(void **state)
{
	struct bench *b = *state;
	struct provider endless = provider_twilio;

	endless.errand_answer = always_next;
	b->sender->channels.items[0].provider = &endless;
	rude_otherwise(b->server, says("{}"));
	put(b, REDACT, HOUR_MS);
	bench_until(b, bench_requests_are, 4);
	bench_until(b, bench_busy_is, 0);
	assert_int_equal(rude_requests(b->server), 4);
	b->skipped_ms += 60000;
	bench_until(b, bench_requests_are, 8);
	bench_until(b, bench_busy_is, 0);
	assert_int_equal(rude_requests(b->server), 8);
	assert_false(bench_events_are(b, 1));
}

/* --- nobody to ask --------------------------------------------------------------------------- */

static void an_account_that_is_gone_is_never_asked(void **state)
{
	struct bench *b = *state;

	put(b, ERRAND("redact", "former"), HOUR_MS);
	expect_end(b, "redact", "never");
	bench_never_again(b, 0);
}

static bool no_errand(const struct account *account, const struct errand *errand, int step,
	struct provider_request *request)
{
	(void)account, (void)errand, (void)step, (void)request;
	return false;
}

static void a_provider_without_errands_is_never_asked(void **state)
{
	struct bench *b = *state;
	struct provider none = provider_twilio;

	none.errand = NULL;
	none.errand_answer = NULL;
	b->sender->channels.items[0].provider = &none;
	put(b, LOOK_UP, HOUR_MS);
	expect_end(b, "look-up", "never");
	none.errand = no_errand;
	put(b, REDACT, HOUR_MS);
	expect_end(b, "redact", "never");
	bench_never_again(b, 0);
}

static void a_provider_out_of_reach_is_asked_later(void **state)
{
	struct bench *b = *state;
	char url[sizeof(b->account->api_url)];
	int64_t later = metric_get("warmline_errands_total", "errand=\"redact\",result=\"later\"");

	memcpy(url, b->account->api_url, sizeof(url));
	bench_close_port(b->account);
	put(b, REDACT, HOUR_MS);
	for (int i = 0; i < 100 && metric_get("warmline_errands_total",
					   "errand=\"redact\",result=\"later\"") == later;
		i++)
		bench_run_ms(b, 20);
	memcpy(b->account->api_url, url, sizeof(url));
	rude_push(b->server, says("{\"sid\":\"" SM "\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"\"}"));
	b->skipped_ms += 60000;
	expect_end(b, "redact", "done");
	bench_never_again(b, 2);
}

/* --- worst days ------------------------------------------------------------------------------ */

static void a_dead_senders_errand_is_simply_run_again(void **state)
{
	struct bench *b = *state;
	json_t *event;

	rude_push(b->server, (struct rude_step){.kind = RUDE_HANG});
	rude_otherwise(b->server, says("{\"sid\":\"" SM "\",\"status\":\"delivered\"}"));
	put(b, LOOK_UP, HOUR_MS);
	bench_until(b, bench_requests_are, 1);
	bench_sender_end(b);
	b->skipped_ms += 60000; /* its lease is over */
	bench_tell_time(b);
	bench_sender_begin(b, 1000);
	bench_run_ms(b, 700); /* it has been handed out as lapsed */
	b->skipped_ms += 60000;
	event = event_of(b, "receipt");
	json_decref(event);
	assert_false(bench_events_are(b, 2));
	bench_never_again(b, 2);
}

static void stop_does_not_end_an_errand(void **state)
{
	struct bench *b = *state;

	bench_post(b, "the-stop", CONSENT_STOP);
	bench_turn(b);
	rude_push(b->server, says("{\"sid\":\"" SM "\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"\"}"));
	put(b, REDACT, HOUR_MS);
	expect_end(b, "redact", "done");
}

static void begin_then_stand_still(struct store *store, const char *job, uint64_t fence,
	int64_t lease_ms, store_begin_cb *cb, void *arg)
{
	bench->plain.begin(store, job, fence, lease_ms, cb, arg);
	if (bench->patched_calls++ == 0)
		usleep(400000); /* as a stopped process would */
}

static void an_errand_does_not_grow_stale(void **state)
{
	struct bench *b = *state;
	int64_t stale = metric_get("warmline_begins_stale_total", "");

	b->patched.begin = begin_then_stand_still;
	rude_push(b->server, says("{\"sid\":\"" SM "\"}"));
	rude_push(b->server, says("{\"sid\":\"" SM "\",\"body\":\"\"}"));
	put(b, REDACT, HOUR_MS);
	expect_end(b, "redact", "done");
	assert_int_equal(metric_get("warmline_begins_stale_total", ""), stale);
	assert_int_equal(b->patched_calls, 1);
}

static void an_errand_costs_no_segments_but_waits_out_a_rest(void **state)
{
	struct bench *b = *state;
	struct channel *c = &b->sender->channels.items[0];
	int64_t start = clock_monotonic_ms();

	rude_otherwise(b->server, says("{\"sid\":\"" SM "\",\"status\":\"delivered\"}"));
	channel_rest(c, clock_monotonic_ms(), 1000);
	put(b, LOOK_UP, HOUR_MS);
	json_decref(event_of(b, "receipt"));
	assert_true(clock_monotonic_ms() - start >= 1000);
	assert_int_equal(c->routine, 0);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(a_look_up_is_heard_as_the_receipt_it_found),
		ring(why_it_did_not_arrive_is_said),
		ring(on_its_way_is_asked_again_later),
		ring(what_is_never_final_is_given_up_when_it_expires),
		ring(a_text_that_the_provider_does_not_know_is_never_asked_again),
		ring(words_are_taken_away_and_read_back),
		ring(words_that_are_still_there_are_taken_again),
		ring(steps_have_an_end),
		ring(an_account_that_is_gone_is_never_asked),
		ring(a_provider_without_errands_is_never_asked),
		ring(a_provider_out_of_reach_is_asked_later),
		ring(a_dead_senders_errand_is_simply_run_again),
		ring(stop_does_not_end_an_errand),
		ring(an_errand_does_not_grow_stale),
		ring(an_errand_costs_no_segments_but_waits_out_a_rest),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
