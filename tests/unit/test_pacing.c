#include "core/pacing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t sent_in(struct pacing *p, int64_t from_ms, int64_t to_ms)
{
	size_t n = 0;

	for (int64_t now = from_ms; now < to_ms; now += 10)
		n += pacing_take(p, 100, now);
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
	assert_int_equal(pacing_take(&p, 5000, 0), 5000);
	pacing_crisis(&p, 100, 0);
	assert_int_equal(pacing_take(&p, 5000, 0), 5000);
}

static void a_fifth_is_left_for_a_crisis(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 100, 0);
	assert_int_equal(pacing_take(&p, 1000, 0), 81);
	assert_true(p.tokens >= 20);
	assert_int_equal(pacing_take(&p, 1000, 0), 0);
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
	assert_int_equal(pacing_take(&p, 5, 0), 5);
	pacing_give_back(&p, 5);
	assert_int_equal(pacing_take(&p, 100, 0), 9);
	pacing_give_back(&p, 1000);
	assert_int_equal(pacing_take(&p, 100, 0), 9);
}

static void a_clock_that_steps_back_gives_nothing(void **state)
{
	struct pacing p;

	(void)state;
	pacing_open(&p, 10, 100000);
	pacing_take(&p, 100, 100000);
	assert_int_equal(pacing_take(&p, 100, 50000), 0);
	assert_int_equal(pacing_take(&p, 100, 100000), 0);
	assert_int_equal(pacing_take(&p, 100, 100100), 1);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
