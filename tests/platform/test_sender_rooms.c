/*
 * The sender with two accounts, A and B: rests, pace and health are each account's own, and none
 * of them holds a page.
 */
#include "scheduler/attempt.h"
#include "tests/lib/sender_bench.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/metrics.h>

#include <cmocka.h>

#define HTTP_MS 8000
#define B_NAME  "second"

static int setup(void **state)
{
	bench_setup(state);
	bench_second(*state, HTTP_MS);
	return 0;
}

static size_t requests_of(struct bench *b, size_t account)
{
	return rude_requests(b->servers[account]);
}

/* --- rest and pace --------------------------------------------------------------------------- */

static void a_rest_is_for_one_account_and_not_for_pages(void **state)
{
	const struct bench_text texts[] = {
		{LANE_REPLY, GATE_ROUTINE, HOUR_MS,
			BENCH_BODY(NUMBER_A)}, /* waits for what it knows */
		{LANE_REPLY, GATE_ROUTINE, HOUR_MS, BENCH_BODY(NUMBER_B)},
		{LANE_CRISIS, GATE_SAFETY, HOUR_MS, BENCH_BODY(NUMBER_A)}};
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	rude_push(b->servers[0],
		(struct rude_step){RUDE_ANSWER, 429, "Retry-After: 3\r\n", "{\"code\":20429}"});
	bench_put_until(b, LANE_REPLY, BENCH_BODY(NUMBER_A), "accepted"); /* by B */
	bench_put(b, texts, 3);
	bench_until_outcome(b, "accepted", "", 2);
	assert_int_equal(requests_of(b, 0), 2); /* the page passed */
	assert_int_equal(requests_of(b, 1), 2);
	bench_until_outcome(b, "accepted", "", 3);
	assert_true(clock_monotonic_ms() - start > 2900);
	bench_never_again_both(b, 3, 2);
}

#define LATER "lane=\"reply\",result=\"later\",account=\"\""

/* They were claimed because B had room, and put back because B is not theirs. */
static void what_finds_no_room_goes_back_unnoticed(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[8];
	int64_t put_back = metric_get("warmline_texts_without_room_total", "");

	bench_sender_end(b);
	b->accounts[0].per_second = 2;
	bench_sender_begin(b, HTTP_MS);
	for (size_t i = 0; i < 8; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL};
	bench_put(b, texts, 8);
	bench_until(b, bench_requests_are, 8);
	bench_until(b, bench_busy_is, 0);
	assert_true(metric_get("warmline_texts_without_room_total", "") > put_back);
	assert_int_equal(metric_get("warmline_texts_total", LATER), 0);
	for (size_t i = 0; i < 8; i++)
		assert_true(bench_request_has(b, 0, i, "%26n%3D1&")); /* each is a first attempt */
	bench_never_again_both(b, 8, 0);
}

/* STOP came: what did not leave takes nobody's turn. */
static void what_never_left_costs_no_pace(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[6];
	int64_t start;

	bench_sender_end(b);
	b->accounts[0].per_second = b->accounts[1].per_second = 0.2;
	bench_sender_begin(b, HTTP_MS);
	bench_post(b, "the-stop", CONSENT_STOP);
	bench_turn(b);
	for (size_t i = 0; i < 6; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL};
	start = clock_monotonic_ms();
	bench_put(b, texts, 6);
	bench_until_outcome(b, "stopped", NULL, 6);
	assert_true(clock_monotonic_ms() - start < 10000); /* a turn comes every five seconds */
	bench_never_again_both(b, 0, 0);
}

static void without_a_habit_pace_sends_to_the_other_account(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[8];

	bench_sender_end(b);
	b->accounts[0].per_second = b->accounts[1].per_second = 0.5;
	bench_sender_begin(b, HTTP_MS);
	for (size_t i = 0; i < 8; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, BENCH_BODY("")};
	bench_put(b, texts, 2);
	bench_until_outcome(b, "accepted", "", 2);
	assert_int_equal(requests_of(b, 0), 1);
	assert_int_equal(requests_of(b, 1), 1);
}

static void what_waited_for_room_too_long_expires(void **state)
{
	struct bench *b = *state;

	rude_push(b->servers[0],
		(struct rude_step){RUDE_ANSWER, 429, "Retry-After: 600\r\n", "{\"code\":20429}"});
	bench_put_until(b, LANE_REPLY, BENCH_BODY(NUMBER_A), "accepted"); /* by B; A rests */
	bench_put(b, &(struct bench_text){LANE_REPLY, GATE_ROUTINE, 60000, NULL}, 1);
	bench_run_ms(b, 50);
	b->skipped_ms += 61000;
	bench_until_outcome(b, "expired", "too late", 1);
	bench_never_again_both(b, 1, 1);
}

/* --- health ---------------------------------------------------------------------------------- */

static bool b_is_sick(struct bench *b, long want)
{
	(void)b;
	return metric_get("warmline_account_healthy", "account=\"second\"") == !want;
}

static void sicken_b(struct bench *b)
{
	rude_otherwise(b->servers[1], (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	for (int n = 0; n < 5; n++)
		bench_put_until(b, LANE_SCHEDULED, BENCH_BODY(NUMBER_B), "unknown");
}

static void five_failures_turn_people_to_the_other_account(void **state)
{
	struct bench *b = *state;

	sicken_b(b);
	bench_put_until(b, LANE_SCHEDULED, BENCH_BODY(NUMBER_B), "accepted");
	bench_put_until(b, LANE_CRISIS, BENCH_BODY(NUMBER_B), "accepted");
	bench_until(b, b_is_sick, true);
	assert_int_equal(metric_get("warmline_account_weight", "account=\"second\""), 90);
	bench_never_again_both(b, 2, 5);
}

static void one_text_tries_the_sick_and_makes_it_well(void **state)
{
	struct bench_text texts[4];
	struct bench *b = *state;

	for (size_t i = 0; i < 4; i++)
		texts[i] = (struct bench_text){
			LANE_SCHEDULED, GATE_ROUTINE, HOUR_MS, BENCH_BODY(NUMBER_B)};
	sicken_b(b);
	b->sender->channels.health[1].probe_ms = clock_monotonic_ms(); /* the 30 s are over */
	bench_put(b, texts, 4);
	bench_until_outcome(b, "unknown", NULL, 1);
	bench_until_outcome(b, "accepted", NULL, 3);
	assert_int_equal(requests_of(b, 1), 6);
	rude_otherwise(b->servers[1], bench_accepts);
	b->sender->channels.health[1].probe_ms = clock_monotonic_ms();
	bench_put_until(b, LANE_SCHEDULED, BENCH_BODY(NUMBER_B), "accepted");
	bench_put(b, texts, 4);
	bench_until_outcome(b, "accepted", NULL, 4);
	bench_until(b, b_is_sick, false);
	bench_never_again_both(b, 3, 11);
}

static void one_account_alone_is_never_given_up(void **state)
{
	struct bench *b = *state;

	bench_sender_end(b);
	b->naccounts = 1;
	bench_sender_begin(b, HTTP_MS);
	rude_otherwise(b->servers[0], (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	for (int n = 0; n < 8; n++)
		bench_put_until(b, LANE_SCHEDULED, BENCH_BODY(NUMBER_A), "unknown");
	rude_otherwise(b->servers[0], bench_accepts);
	bench_put_until(b, LANE_SCHEDULED, BENCH_BODY(NUMBER_A), "accepted");
}

static bool weight_of_b_is(struct bench *b, long want)
{
	(void)b;
	return metric_get("warmline_account_weight", "account=\"second\"") == want;
}

static void slow_deliveries_take_weight_away(void **state)
{
	struct bench *b = *state;

	bench_until(b, weight_of_b_is, 100);
	for (int n = 0; n < 40; n++)
		sender_observe(b->sender, B_NAME, n % 2 ? 1000 : 600000, clock_monotonic_ms());
	sender_observe(b->sender, "nobody", 600000, clock_monotonic_ms());
	bench_until(b, weight_of_b_is, 90);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(a_rest_is_for_one_account_and_not_for_pages),
		ring(what_finds_no_room_goes_back_unnoticed),
		ring(what_never_left_costs_no_pace),
		ring(without_a_habit_pace_sends_to_the_other_account),
		ring(what_waited_for_room_too_long_expires),
		ring(five_failures_turn_people_to_the_other_account),
		ring(one_text_tries_the_sick_and_makes_it_well),
		ring(one_account_alone_is_never_given_up),
		ring(slow_deliveries_take_weight_away),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
