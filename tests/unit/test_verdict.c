#include "scheduler/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tried tried_in(enum lane lane)
{
	return (struct tried){.lane = lane,
		.attempt = 1,
		.now_ms = 1000000,
		.expires = 1000000 + 3600000,
		.nobody_can = true};
}

static struct verdict_of_send judge(
	enum lane lane, enum http_outcome outcome, enum answer_kind kind)
{
	struct tried tried = tried_in(lane);
	struct http_answer http = {.outcome = outcome, .status = 200};
	struct provider_answer answer = {.kind = kind, .provider_id = "SM1", .error = 7};

	return verdict_send(&tried, &http, outcome == HTTP_ANSWERED ? &answer : NULL);
}

static void what_was_not_sent_is_tried_later(void **state)
{
	(void)state;
	for (int lane = 0; lane < LANES; lane++) {
		struct verdict_of_send v = judge((enum lane)lane, HTTP_NOT_SENT, ANSWER_UNKNOWN);

		assert_int_equal(v.result, JOB_LATER);
		assert_null(v.said); /* nothing to tell the person's actor */
		assert_true(v.wait_ms >= 500);
	}
}

static void after_the_first_byte_nobody_knows(void **state)
{
	(void)state;
	for (int lane = 0; lane < LANES; lane++) {
		assert_int_equal(
			judge((enum lane)lane, HTTP_UNKNOWN, ANSWER_UNKNOWN).result, JOB_UNKNOWN);
		assert_int_equal(
			judge((enum lane)lane, HTTP_ANSWERED, ANSWER_UNKNOWN).result, JOB_UNKNOWN);
	}
	assert_int_equal(judge(LANE_CRISIS, HTTP_UNKNOWN, ANSWER_UNKNOWN).wait_ms, 2000);
	assert_int_equal(judge(LANE_REPLY, HTTP_UNKNOWN, ANSWER_UNKNOWN).wait_ms, 0);
}

static void refusals_are_for_good(void **state)
{
	static const enum answer_kind kinds[] = {ANSWER_OPTED_OUT, ANSWER_BAD_NUMBER,
		ANSWER_BLOCKED, ANSWER_CONTENT, ANSWER_ACCOUNT};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct verdict_of_send v = judge(LANE_CRISIS, HTTP_ANSWERED, kinds[i]);

		assert_int_equal(v.result, JOB_REFUSED);
		assert_string_equal(v.said, "refused");
		assert_true(v.reason[0]);
		assert_int_equal(v.why, kinds[i]);
		assert_int_equal(v.error, 7);
	}
}

static void accepted_carries_the_providers_id(void **state)
{
	struct verdict_of_send v = judge(LANE_REPLY, HTTP_ANSWERED, ANSWER_ACCEPTED);

	(void)state;
	assert_int_equal(v.result, JOB_ACCEPTED);
	assert_string_equal(v.said, "accepted");
	assert_string_equal(v.provider_id, "SM1");
}

static void retry_after_is_obeyed_but_not_for_pages(void **state)
{
	struct http_answer http = {
		.outcome = HTTP_ANSWERED, .status = 429, .retry_after_ms = 600000};
	struct provider_answer answer = {.kind = ANSWER_RATE};
	struct tried routine = tried_in(LANE_REPLY), page = tried_in(LANE_CRISIS);
	struct verdict_of_send v = verdict_send(&routine, &http, &answer);

	(void)state;
	assert_int_equal(v.result, JOB_LATER);
	assert_in_range(v.wait_ms, 600000, 600000 + 600000 / 8 + 250);
	assert_int_equal(v.rest_ms, 30000); /* others need not wait as long */
	v = verdict_send(&page, &http, &answer);
	assert_int_equal(v.result, JOB_LATER);
	assert_int_equal(v.wait_ms, 15000);
}

static void a_short_retry_after_delays_a_reply_no_longer_than_asked(void **state)
{
	struct http_answer http = {.outcome = HTTP_ANSWERED, .status = 429, .retry_after_ms = 1000};
	struct provider_answer answer = {.kind = ANSWER_RATE};
	struct tried tried = tried_in(LANE_REPLY);

	(void)state;
	for (tried.attempt = 1; tried.attempt < 10; tried.attempt++) {
		for (tried.entropy = 0; tried.entropy < 500; tried.entropy += 7) {
			struct verdict_of_send v = verdict_send(&tried, &http, &answer);

			assert_in_range(v.wait_ms, 1000, 1400);
			assert_int_equal(v.rest_ms, 1000);
		}
	}
	http.retry_after_ms = 0;
	tried.attempt = 1;
	assert_in_range(verdict_send(&tried, &http, &answer).rest_ms, 500, 1000);
}

static void a_next_try_after_its_expiry_is_none(void **state)
{
	struct http_answer http = {.outcome = HTTP_NOT_SENT};
	struct tried tried = tried_in(LANE_SCHEDULED);
	struct verdict_of_send v;

	(void)state;
	tried.expires = tried.now_ms + 1000;
	v = verdict_send(&tried, &http, NULL);
	assert_int_equal(v.result, JOB_EXPIRED);
	assert_string_equal(v.said, "expired");
}

static void a_page_nobody_knows_about_is_sent_ever_more_slowly(void **state)
{
	struct http_answer http = {.outcome = HTTP_UNKNOWN};
	struct tried tried = tried_in(LANE_CRISIS);
	int64_t last = 0;

	(void)state;
	for (tried.ambiguous = 0; tried.ambiguous < 50; tried.ambiguous++) {
		struct verdict_of_send v = verdict_send(&tried, &http, NULL);

		assert_int_equal(v.result, JOB_UNKNOWN);
		assert_true(v.wait_ms >= last && v.wait_ms <= 32000);
		last = v.wait_ms;
	}
	assert_int_equal(last, 32000);
}

/* --- another account is next ----------------------------------------------------------------- */

struct failure {
	enum http_outcome outcome;
	enum answer_kind kind;
	enum job_result page, routine;
};

static const struct failure failures[] = {
	{HTTP_NOT_SENT, ANSWER_UNKNOWN, JOB_LATER, JOB_LATER},
	{HTTP_UNKNOWN, ANSWER_UNKNOWN, JOB_UNKNOWN, JOB_UNKNOWN},
	{HTTP_ANSWERED, ANSWER_UNKNOWN, JOB_UNKNOWN, JOB_UNKNOWN},
	{HTTP_ANSWERED, ANSWER_ACCOUNT, JOB_LATER, JOB_LATER},
	{HTTP_ANSWERED, ANSWER_RATE, JOB_LATER, JOB_LATER},
	{HTTP_ANSWERED, ANSWER_BUSY, JOB_LATER, JOB_LATER},
	{HTTP_ANSWERED, ANSWER_NETWORK, JOB_LATER, JOB_LATER},
};

/* The provider asks for ten minutes; only it has a right to them. */
static struct verdict_of_send judge_with_next(enum lane lane, const struct failure *f)
{
	struct http_answer http = {.outcome = f->outcome, .status = 429, .retry_after_ms = 600000};
	struct provider_answer answer = {.kind = f->kind};
	struct tried tried = tried_in(lane);

	tried.nobody_can = false;
	tried.next = true;
	return verdict_send(&tried, &http, f->outcome == HTTP_ANSWERED ? &answer : NULL);
}

static void a_page_goes_on_at_once_whatever_went_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct verdict_of_send v = judge_with_next(LANE_CRISIS, &failures[i]);

		assert_int_equal(v.result, failures[i].page);
		assert_int_equal(v.wait_ms, 0);
	}
}

static void a_routine_text_goes_on_soon_after_a_definite_failure(void **state)
{
	(void)state;
	for (int lane = LANE_REPLY; lane < LANES; lane++) {
		for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
			struct verdict_of_send v = judge_with_next((enum lane)lane, &failures[i]);

			assert_int_equal(v.result, failures[i].routine);
			assert_int_equal(v.rest_ms, failures[i].kind == ANSWER_RATE ? 30000 : 0);
			if (v.result == JOB_LATER)
				assert_in_range(v.wait_ms, 500, 5000);
		}
	}
}

/* The person and the words are the same wherever they go. */
static void a_refusal_of_the_text_goes_nowhere_else(void **state)
{
	static const enum answer_kind kinds[] = {
		ANSWER_OPTED_OUT, ANSWER_BAD_NUMBER, ANSWER_BLOCKED, ANSWER_CONTENT};

	(void)state;
	for (int lane = 0; lane < LANES; lane++) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct failure f = {HTTP_ANSWERED, kinds[i], JOB_REFUSED, JOB_REFUSED};
			struct verdict_of_send v = judge_with_next((enum lane)lane, &f);

			assert_int_equal(v.result, JOB_REFUSED);
			assert_int_equal(v.why, kinds[i]);
		}
	}
}

/* Tried all: one refuses us, but another was only out of reach. */
static void an_account_that_refuses_waits_for_one_that_may_come_back(void **state)
{
	struct http_answer http = {.outcome = HTTP_ANSWERED, .status = 401};
	struct provider_answer answer = {.kind = ANSWER_ACCOUNT};
	struct verdict_of_send v;

	(void)state;
	for (int lane = 0; lane < LANES; lane++) {
		struct tried tried = tried_in((enum lane)lane);

		tried.nobody_can = false;
		v = verdict_send(&tried, &http, &answer);
		assert_int_equal(v.result, JOB_LATER);
		assert_true(v.wait_ms >= 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_sent_is_tried_later),
		cmocka_unit_test(after_the_first_byte_nobody_knows),
		cmocka_unit_test(refusals_are_for_good),
		cmocka_unit_test(accepted_carries_the_providers_id),
		cmocka_unit_test(retry_after_is_obeyed_but_not_for_pages),
		cmocka_unit_test(a_short_retry_after_delays_a_reply_no_longer_than_asked),
		cmocka_unit_test(a_next_try_after_its_expiry_is_none),
		cmocka_unit_test(a_page_nobody_knows_about_is_sent_ever_more_slowly),
		cmocka_unit_test(a_page_goes_on_at_once_whatever_went_wrong),
		cmocka_unit_test(a_routine_text_goes_on_soon_after_a_definite_failure),
		cmocka_unit_test(a_refusal_of_the_text_goes_nowhere_else),
		cmocka_unit_test(an_account_that_refuses_waits_for_one_that_may_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
