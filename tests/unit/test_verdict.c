#include "scheduler/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tried tried_in(enum lane lane)
{
	return (struct tried){
		.lane = lane, .attempt = 1, .now_ms = 1000000, .expires = 1000000 + 3600000};
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
