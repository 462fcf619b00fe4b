#include "core/pacing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* So many texts of this length leave at once. */
static size_t sent_at(struct pacing *p, size_t most, size_t segments, int64_t now_ms)
{
	size_t n = 0;

	for (; n < most && pacing_fits(p, segments, now_ms); n++)
		pacing_take(p, segments, now_ms);
	return n;
}

static size_t sent_in(struct pacing *p, int64_t from_ms, int64_t to_ms)
{
	size_t n = 0;

	for (int64_t now = from_ms; now < to_ms; now += 10)
		n += sent_at(p, 100, 1, now);
	return n;
}

static void the_rate_is_kept_over_a_minute(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 10, 0);
	assert_in_range(sent_in(&p, 0, 60000), 599, 611);
}

static void a_slow_account_sends_too(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 0.1, 0);
	assert_in_range(sent_in(&p, 0, 100000), 9, 12);
}

static void no_rate_is_no_limit(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 0, 0);
	assert_int_equal(sent_at(&p, 5000, 3, 0), 5000);
	pacing_crisis(&p, 100, 0);
	assert_int_equal(sent_at(&p, 5000, 3, 0), 5000);
	assert_true(pacing_ready(&p, 0) >= 5000);
	assert_int_equal(pacing_book(&p, 9, 0, 0), 0);
}

static void a_fifth_is_left_for_a_crisis(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 100, 0);
	assert_int_equal(pacing_ready(&p, 0), 81);
	assert_int_equal(sent_at(&p, 1000, 1, 0), 81);
	assert_true(p.tokens >= 20);
	assert_int_equal(sent_at(&p, 1000, 1, 0), 0);
	assert_int_equal(pacing_ready(&p, 0), 0);
}

static void a_crisis_makes_the_routine_wait(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 10, 0);
	pacing_crisis(&p, 21, 0); /* a debt of ten: one second, and another for the reserve */
	assert_int_equal(sent_in(&p, 0, 1200), 0);
	assert_true(sent_in(&p, 1200, 3000) > 0);
}

static void a_debt_has_an_end(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 1, 0);
	pacing_crisis(&p, 100000, 0);
	assert_true(sent_in(&p, 0, 20000) > 0);
}

static void what_was_not_used_comes_back(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 10, 0);
	assert_int_equal(sent_at(&p, 5, 1, 0), 5);
	pacing_give_back(&p, 5);
	assert_int_equal(sent_at(&p, 100, 1, 0), 9);
	pacing_give_back(&p, 1000);
	assert_int_equal(sent_at(&p, 100, 1, 0), 9);
}

static void a_clock_that_steps_back_gives_nothing(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 10, 100000);
	sent_at(&p, 100, 1, 100000);
	assert_int_equal(sent_at(&p, 100, 1, 50000), 0);
	assert_int_equal(sent_at(&p, 100, 1, 100000), 0);
	assert_int_equal(sent_at(&p, 100, 1, 100100), 1);
}

static void the_rate_is_of_segments(void **state)
{
	struct pacing p;
	size_t texts = 0;

	(void)state;
	pacing_open(&p, 6, 0);
	for (int64_t now = 0; now < 60000; now += 10)
		texts += sent_at(&p, 100, 3, now);
	assert_in_range(texts, 118, 122);
}

/* Longer than a second's worth: it leaves when the bucket is full, and the next one pays. */
static void a_text_longer_than_the_bucket_leaves_on_debt(void **state)
{
	struct pacing p;
	size_t texts = 0;

	(void)state;
	pacing_open(&p, 1, 0);
	assert_true(pacing_fits(&p, 5, 0));
	pacing_take(&p, 1, 0);
	assert_false(pacing_fits(&p, 5, 0));
	assert_false(pacing_fits(&p, 5, 999));
	assert_true(pacing_fits(&p, 5, 1000));
	for (int64_t now = 1000; now < 101000; now += 10)
		texts += sent_at(&p, 100, 5, now);
	assert_in_range(texts, 20, 21);
}

/* What waits gets turns one behind the other, and each turn fits when it comes. */
static void those_that_wait_have_turns(void **state)
{
	struct pacing p;
	int64_t last = 0;

	(void)state;
	pacing_open(&p, 2, 0);
	sent_at(&p, 100, 1, 0);
	for (int i = 0; i < 10; i++) {
		int64_t turn = pacing_book(&p, 1, 60000, 0);

		assert_in_range(turn, last + (i ? 500 : 1), last + 501);
		last = turn;
	}
	last = 0;
	for (int64_t now = 0; now < 5500; now++)
		last += (int64_t)sent_at(&p, 100, 1, now);
	assert_in_range(last, 10, 12);
}

static void a_turn_too_far_away_is_not_booked(void **state)
{
	struct pacing p;
	int booked = 0;

	(void)state;
	pacing_open(&p, 1, 0);
	sent_at(&p, 100, 1, 0);
	while (pacing_book(&p, 1, 10000, 0) >= 0)
		booked++;
	assert_in_range(booked, 9, 11);
	assert_int_equal(pacing_book(&p, 1, 10000, 0), -1);
	assert_true(pacing_book(&p, 1, 10000, 2000) >= 0); /* time went on */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_is_kept_over_a_minute),
		cmocka_unit_test(a_slow_account_sends_too),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_fifth_is_left_for_a_crisis),
		cmocka_unit_test(a_crisis_makes_the_routine_wait),
		cmocka_unit_test(a_debt_has_an_end),
		cmocka_unit_test(what_was_not_used_comes_back),
		cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
		cmocka_unit_test(the_rate_is_of_segments),
		cmocka_unit_test(a_text_longer_than_the_bucket_leaves_on_debt),
		cmocka_unit_test(those_that_wait_have_turns),
		cmocka_unit_test(a_turn_too_far_away_is_not_booked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
