/*
 * The sender with two accounts, A and B: which of them a text leaves by, and what happens when A
 * fails. A page goes on to B whatever went wrong; a text of lanes 1 and 2 only when it failed for
 * certain; and what the person or the words are refused for goes nowhere else.
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
#include <warmline/json.h>
#include <warmline/metrics.h>

#include <cmocka.h>

#define HTTP_MS 8000 /* long: what is cut off early is cut off for a reason */
#define A_NAME  "twilio"
#define B_NAME  "second"

#define BODY(from) "{\"to\":\"+12025550111\",\"from\":\"" from "\",\"body\":\"How are you?\"}"

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

static bool b_has(struct bench *b, long want)
{
	return (long)requests_of(b, 1) >= want;
}

static void put(struct bench *b, enum lane lane, const char *body)
{
	bench_put(b,
		&(struct bench_text){
			lane, lane == LANE_CRISIS ? GATE_SAFETY : GATE_ROUTINE, HOUR_MS, body},
		1);
}

/* The mailbox is emptied by each put. */
static void put_until(struct bench *b, enum lane lane, const char *body, const char *result)
{
	put(b, lane, body);
	bench_until_outcome(b, result, NULL, 1);
}

/* Whatever time passes, neither gets more than so many. */
static void never_again(struct bench *b, size_t at_a, size_t at_b)
{
	bench_never_again(b, at_a);
	assert_int_equal(requests_of(b, 1), at_b);
}

static bool request_has(struct bench *b, size_t account, size_t n, const char *text)
{
	char *request = rude_request(b->servers[account], n);
	bool has = request && strstr(request, text);

	free(request);
	return has;
}

/* --- A fails --------------------------------------------------------------------------------- */

struct failure {
	const char *what;
	struct rude_step step; /* RUDE_CLOSE: nobody listens */
	bool ambiguous;
};

static const struct failure failures[] = {
	{"says 500", {RUDE_ANSWER, 500, NULL, "oops"}, true},
	{"hangs", {.kind = RUDE_HANG}, true},
	{"hangs up", {.kind = RUDE_DROP}, true},
	{"says half of it", {.kind = RUDE_HALF_HEADER}, true},
	{"drips", {.kind = RUDE_DRIP}, true},
	{"wants a rest", {RUDE_ANSWER, 429, "Retry-After: 600\r\n", "{\"code\":20429}"}, false},
	{"does not know us", {RUDE_ANSWER, 401, NULL, "{\"code\":20003}"}, false},
	{"is not there", {.kind = RUDE_CLOSE}, false},
};

static void fail_a(struct bench *b, const struct failure *f)
{
	if (f->step.kind == RUDE_CLOSE)
		bench_close_port(&b->accounts[0]);
	else
		rude_otherwise(b->servers[0], f->step);
}

static void a_page_leaves_by_b_within_two_seconds(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct failure *f = &failures[i];
		struct bench *b;
		struct bench_count c;
		int64_t start, took;

		setup(state);
		b = *state;
		fail_a(b, f);
		start = clock_monotonic_ms();
		put(b, LANE_CRISIS, BODY(NUMBER_A));
		bench_until(b, b_has, 1);
		took = clock_monotonic_ms() - start;
		print_message("A %s: B has the page after %lld ms\n", f->what, (long long)took);
		assert_true(took < 2000);
		bench_until_outcome(b, "accepted", "", 1);
		c = bench_outcomes(b, "accepted", "");
		assert_string_equal(c.account, B_NAME);
		assert_string_equal(c.from, NUMBER_B);
		assert_int_equal(c.ambiguous, f->ambiguous);
		assert_int_equal(bench_outcomes(b, "unknown", NULL).n, f->ambiguous);
		assert_true(request_has(b, 1, 0, "From=%2B12025550101"));
		never_again(b, f->step.kind == RUDE_CLOSE ? 0 : 1, 1);
		bench_teardown(state);
	}
}

static void a_routine_text_goes_on_only_when_it_failed_for_certain(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct failure *f = &failures[i];
		struct bench *b;
		struct bench_count c;

		bench_setup(state);
		bench_second(*state, 1000);
		b = *state;
		fail_a(b, f);
		put(b, LANE_REPLY, BODY(NUMBER_A));
		bench_until_outcome(b, f->ambiguous ? "unknown" : "accepted", NULL, 1);
		c = bench_outcomes(b, f->ambiguous ? "unknown" : "accepted", NULL);
		assert_string_equal(c.account, f->ambiguous ? A_NAME : B_NAME);
		assert_string_equal(c.from, f->ambiguous ? NUMBER_A : NUMBER_B);
		never_again(b, f->step.kind == RUDE_CLOSE ? 0 : 1, f->ambiguous ? 0 : 1);
		assert_int_equal(bench_outcomes(b, "accepted", NULL).n, f->ambiguous ? 0 : 1);
		bench_teardown(state);
	}
}

static void the_next_one_is_not_made_to_wait_by_what_a_asked_for(void **state)
{
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	rude_otherwise(b->servers[0],
		(struct rude_step){RUDE_ANSWER, 429, "Retry-After: 600\r\n", "{\"code\":20429}"});
	put(b, LANE_REPLY, BODY(NUMBER_A));
	bench_until_outcome(b, "accepted", "", 1);
	assert_true(clock_monotonic_ms() - start < 3000);
}

static void a_refusal_of_the_text_goes_nowhere_else(void **state)
{
	static const struct {
		const char *answer, *why;
	} table[] = {{"{\"code\":21610}", "opted out"}, {"{\"code\":21211}", "bad number"},
		{"{\"code\":30004}", "blocked"}, {"{\"code\":30007}", "content"}};
	struct bench *b = *state;
	int n = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		rude_otherwise(
			b->servers[0], (struct rude_step){RUDE_ANSWER, 400, NULL, table[i].answer});
		for (int lane = 0; lane < LANES; lane++) {
			put_until(b, (enum lane)lane, BODY(NUMBER_A), "refused");
			n++;
			assert_string_equal(bench_outcomes(b, "refused", NULL).why, table[i].why);
		}
	}
	never_again(b, (size_t)n, 0);
}

static void refused_by_all_accounts_is_refused_for_good(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < 2; i++)
		rude_otherwise(b->servers[i],
			(struct rude_step){RUDE_ANSWER, 401, NULL, "{\"code\":20003}"});
	put(b, LANE_CRISIS, BODY(NUMBER_A));
	bench_until_outcome(b, "refused", "account", 1);
	assert_string_equal(bench_outcomes(b, "refused", NULL).why, "account");
	put(b, LANE_REPLY, BODY(NUMBER_A));
	bench_until_outcome(b, "refused", "account", 1);
	never_again(b, 2, 2);
}

/* B refuses us for good, but A was only out of reach. */
static void one_that_comes_back_gets_what_another_refused(void **state)
{
	struct bench *b = *state;
	char url[sizeof(b->account->api_url)];

	memcpy(url, b->account->api_url, sizeof(url));
	bench_close_port(b->account);
	rude_otherwise(
		b->servers[1], (struct rude_step){RUDE_ANSWER, 401, NULL, "{\"code\":20003}"});
	put(b, LANE_REPLY, BODY(NUMBER_A));
	bench_until(b, b_has, 1);
	memcpy(b->account->api_url, url, sizeof(url));
	bench_until(b, bench_busy_is, 0);
	for (int i = 0; i < 10 && !bench_outcomes(b, "accepted", NULL).n; i++) {
		b->skipped_ms += 60000;
		bench_run_ms(b, 300);
	}
	assert_string_equal(bench_outcomes(b, "accepted", NULL).account, A_NAME);
	assert_int_equal(bench_outcomes(b, "refused", NULL).n, 0);
}

/* The order of its routes changes with its first attempt: it is remembered where it was. */
static void a_page_that_finds_a_sick_goes_on_to_b(void **state)
{
	struct bench *b = *state;

	rude_otherwise(b->servers[0], (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	for (int n = 0; n < 4; n++)
		put_until(b, LANE_SCHEDULED, BODY(NUMBER_A), "unknown");
	put_until(b, LANE_CRISIS, BODY(NUMBER_A), "accepted");
	never_again(b, 5, 1);
}

static void after_all_were_tried_a_page_goes_round_with_more_patience(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < 2; i++)
		rude_otherwise(b->servers[i], (struct rude_step){.kind = RUDE_HANG});
	put(b, LANE_CRISIS, BODY(NUMBER_A));
	bench_until(b, b_has, 1);
	bench_until_outcome(b, "unknown", NULL, 2); /* B too is cut off */
	b->skipped_ms += 10000;
	bench_until(b, bench_requests_are, 2); /* A again */
	bench_run_ms(b, 1600);
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 2); /* and it may think now */
	assert_int_equal(requests_of(b, 1), 1);
}

static void a_dead_senders_page_goes_on_by_the_next(void **state)
{
	struct bench *b = *state;

	rude_otherwise(b->servers[0], (struct rude_step){.kind = RUDE_HANG});
	put(b, LANE_CRISIS, BODY(NUMBER_A));
	bench_until(b, bench_requests_are, 1);
	bench_sender_end(b);
	b->skipped_ms += 60000;
	bench_tell_time(b);
	bench_sender_begin(b, HTTP_MS);
	bench_until_outcome(b, "accepted", "", 1);
	never_again(b, 1, 1);
}

/* --- by which one ---------------------------------------------------------------------------- */

static void a_person_hears_from_the_number_they_know(void **state)
{
	struct bench *b = *state;

	put(b, LANE_SCHEDULED, BODY(NUMBER_B));
	bench_until_outcome(b, "accepted", "", 1);
	assert_true(request_has(b, 1, 0, "From=%2B12025550101"));
	assert_true(request_has(b, 1, 0, "%2Fsecond%2Fstatus%3Fa%3D"));
	put(b, LANE_SCHEDULED, BODY(NUMBER_A));
	bench_until_outcome(b, "accepted", "", 1);
	assert_true(request_has(b, 0, 0, "From=%2B12025550100"));
	assert_string_equal(bench_outcomes(b, "accepted", "").from, NUMBER_A);
	never_again(b, 1, 1);
}

static void without_a_habit_one_account_stays_with_the_person(void **state)
{
	struct bench *b = *state;

	for (int n = 0; n < 6; n++)
		put_until(b, n % 2 ? LANE_REPLY : LANE_CRISIS, BODY(""), "accepted");
	assert_true((requests_of(b, 0) == 6) != (requests_of(b, 1) == 6));
}

static void the_longer_prefix_carries_it(void **state)
{
	static const char british[] =
		"{\"to\":\"+447700900123\",\"from\":\"\",\"body\":\"How are you?\"}";
	struct bench *b = *state;

	snprintf(b->accounts[1].countries[0], 8, "+44");
	b->accounts[1].ncountries = 1;
	for (int n = 0; n < 3; n++) {
		put_until(b, LANE_REPLY, british, "accepted");
		put_until(b, LANE_REPLY, BODY(NUMBER_B), "accepted");
	}
	assert_int_equal(requests_of(b, 0), 3);
	assert_int_equal(requests_of(b, 1), 3);
	for (size_t n = 0; n < 3; n++)
		assert_true(request_has(b, 1, n, "To=%2B447700900123"));
}

static void the_route_to_avoid_is_avoided(void **state)
{
	struct bench *b = *state;

	put(b, LANE_REPLY,
		"{\"to\":\"+12025550111\",\"from\":\"" NUMBER_A
		"\",\"body\":\"How are you?\",\"avoid\":\"twilio\"}");
	bench_until_outcome(b, "accepted", "", 1);
	never_again(b, 0, 1);
}

static void without_a_route_it_is_refused_aloud(void **state)
{
	struct bench *b = *state;

	b->accounts[0].nnumbers = b->accounts[1].nnumbers = 0;
	put(b, LANE_CRISIS, BODY(NUMBER_A));
	bench_until_outcome(b, "refused", "no route", 1);
	put(b, LANE_SCHEDULED, BODY(""));
	bench_until_outcome(b, "refused", "no route", 1);
	never_again(b, 0, 0);
}

/* --- rest and pace --------------------------------------------------------------------------- */

static void a_rest_is_for_one_account_and_not_for_pages(void **state)
{
	const struct bench_text texts[] = {
		{LANE_REPLY, GATE_ROUTINE, HOUR_MS, BODY(NUMBER_A)}, /* waits for what it knows */
		{LANE_REPLY, GATE_ROUTINE, HOUR_MS, BODY(NUMBER_B)},
		{LANE_CRISIS, GATE_SAFETY, HOUR_MS, BODY(NUMBER_A)}};
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	rude_push(b->servers[0],
		(struct rude_step){RUDE_ANSWER, 429, "Retry-After: 3\r\n", "{\"code\":20429}"});
	put_until(b, LANE_REPLY, BODY(NUMBER_A), "accepted"); /* by B */
	bench_put(b, texts, 3);
	bench_until_outcome(b, "accepted", "", 2);
	assert_int_equal(requests_of(b, 0), 2); /* the page passed */
	assert_int_equal(requests_of(b, 1), 2);
	bench_until_outcome(b, "accepted", "", 3);
	assert_true(clock_monotonic_ms() - start > 2900);
	never_again(b, 3, 2);
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
		assert_true(request_has(b, 0, i, "%26n%3D1&")); /* each is a first attempt */
	never_again(b, 8, 0);
}

static void without_a_habit_pace_sends_to_the_other_account(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[8];

	bench_sender_end(b);
	b->accounts[0].per_second = b->accounts[1].per_second = 0.5;
	bench_sender_begin(b, HTTP_MS);
	for (size_t i = 0; i < 8; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, BODY("")};
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
	put_until(b, LANE_REPLY, BODY(NUMBER_A), "accepted"); /* by B; A rests */
	bench_put(b, &(struct bench_text){LANE_REPLY, GATE_ROUTINE, 60000, NULL}, 1);
	bench_run_ms(b, 50);
	b->skipped_ms += 61000;
	bench_until_outcome(b, "expired", "too late", 1);
	never_again(b, 1, 1);
}

/* --- health ---------------------------------------------------------------------------------- */

static bool a_is_sick(struct bench *b, long want)
{
	(void)b;
	return metric_get("warmline_account_healthy", "account=\"twilio\"") == !want;
}

static void five_failures_turn_people_to_the_other_account(void **state)
{
	struct bench *b = *state;

	rude_otherwise(b->servers[0], (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	for (int n = 0; n < 5; n++)
		put_until(b, LANE_SCHEDULED, BODY(NUMBER_A), "unknown");
	put_until(b, LANE_SCHEDULED, BODY(NUMBER_A), "accepted");
	put_until(b, LANE_CRISIS, BODY(NUMBER_A), "accepted");
	bench_until(b, a_is_sick, 1);
	assert_int_equal(metric_get("warmline_account_weight", "account=\"twilio\""), 90);
	never_again(b, 5, 2);
}

static void one_account_alone_is_never_given_up(void **state)
{
	struct bench *b = *state;

	bench_sender_end(b);
	b->naccounts = 1;
	bench_sender_begin(b, HTTP_MS);
	rude_otherwise(b->servers[0], (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	for (int n = 0; n < 8; n++)
		put_until(b, LANE_SCHEDULED, BODY(NUMBER_A), "unknown");
	rude_otherwise(b->servers[0], bench_accepts);
	put_until(b, LANE_SCHEDULED, BODY(NUMBER_A), "accepted");
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

/* --- what an adapter is given ---------------------------------------------------------------- */

static struct {
	char actor[ACTOR_SIZE], job[JOB_ID_SIZE], callback[300];
	int attempt;
	bool keep_no_words;
	int64_t now_s, validity_s;
	uint64_t entropy;
} given;

static const char *const header_names[REQUEST_HEADERS] = {"X-One", "X-Two", "X-Three", "X-Four"};
static const char *const header_lines[REQUEST_HEADERS] = {
	"\r\nX-One: so\r\n", "\r\nX-Two: so\r\n", "\r\nX-Three: so\r\n", "\r\nX-Four: so\r\n"};

static void build_noting(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	snprintf(given.actor, sizeof(given.actor), "%s", text->actor);
	snprintf(given.job, sizeof(given.job), "%s", text->job);
	snprintf(given.callback, sizeof(given.callback), "%s", text->callback_url);
	given.attempt = text->attempt;
	given.keep_no_words = text->keep_no_words;
	given.now_s = text->now_s;
	given.validity_s = text->validity_s;
	given.entropy = text->entropy;
	provider_twilio.build(account, text, request);
	for (size_t i = 0; i < REQUEST_HEADERS; i++) {
		request->headers[i].name = header_names[i];
		request->headers[i].value = strdup("so");
	}
}

static void an_adapter_is_given_everything_and_its_headers_are_sent(void **state)
{
	struct bench *b = *state;
	struct provider noting = provider_twilio;
	char callback[300];

	noting.build = build_noting;
	b->sender->channels.items[1].provider = &noting;
	snprintf(b->accounts[1].path_tokens[0], 80, "long-and-random");
	b->accounts[1].npath_tokens = 1;
	put(b, LANE_REPLY,
		"{\"to\":\"+12025550111\",\"from\":\"" NUMBER_B
		"\",\"body\":\"How are you?\",\"hush\":true}");
	bench_until_outcome(b, "accepted", "", 1);
	snprintf(callback, sizeof(callback),
		"https://warm.example/second/long-and-random/status?a=%s&j=%s.1&n=1", b->actor.text,
		b->actor.text);
	assert_string_equal(given.callback, callback);
	assert_string_equal(given.actor, b->actor.text);
	assert_memory_equal(given.job, b->actor.text, strlen(b->actor.text));
	assert_int_equal(given.attempt, 1);
	assert_true(given.keep_no_words);
	assert_in_range(given.now_s, clock_wall_ms() / 1000 - 30, clock_wall_ms() / 1000);
	assert_in_range(given.validity_s, 3500, 3600);
	assert_true(given.entropy != 0);
	for (size_t i = 0; i < REQUEST_HEADERS; i++)
		assert_true(request_has(b, 1, 0, header_lines[i]));
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_leaves_by_b_within_two_seconds),
		cmocka_unit_test(a_routine_text_goes_on_only_when_it_failed_for_certain),
		ring(the_next_one_is_not_made_to_wait_by_what_a_asked_for),
		ring(a_refusal_of_the_text_goes_nowhere_else),
		ring(refused_by_all_accounts_is_refused_for_good),
		ring(one_that_comes_back_gets_what_another_refused),
		ring(a_page_that_finds_a_sick_goes_on_to_b),
		ring(after_all_were_tried_a_page_goes_round_with_more_patience),
		ring(a_dead_senders_page_goes_on_by_the_next),
		ring(a_person_hears_from_the_number_they_know),
		ring(without_a_habit_one_account_stays_with_the_person),
		ring(the_longer_prefix_carries_it),
		ring(the_route_to_avoid_is_avoided),
		ring(without_a_route_it_is_refused_aloud),
		ring(a_rest_is_for_one_account_and_not_for_pages),
		ring(what_finds_no_room_goes_back_unnoticed),
		ring(without_a_habit_pace_sends_to_the_other_account),
		ring(what_waited_for_room_too_long_expires),
		ring(five_failures_turn_people_to_the_other_account),
		ring(one_account_alone_is_never_given_up),
		ring(slow_deliveries_take_weight_away),
		ring(an_adapter_is_given_everything_and_its_headers_are_sent),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
