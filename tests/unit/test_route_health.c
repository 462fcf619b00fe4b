/* What makes an account lose texts, and how it gets them back. */
#include "core/route_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MINUTE 60000

static struct route_health two[2]; /* A is in trouble, B is not */

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		route_health_open(&two[i], 50, 0);
	return 0;
}

static enum route_change fails(size_t i, int64_t now_ms)
{
	return route_health_failed(two, 2, i, now_ms);
}

/* --- errors ---------------------------------------------------------------------------------- */

static void five_failures_in_a_row_are_sickness(void **state)
{
	(void)state;
	for (int64_t n = 1; n < 5; n++) {
		assert_int_equal(fails(0, n * 1000), ROUTE_SAME);
		assert_false(two[0].sick);
	}
	assert_int_equal(two[0].weight, 50);
	assert_int_equal(fails(0, 5000), ROUTE_SICK);
	assert_int_equal(two[0].weight, 40);
	assert_false(route_health_may_try(&two[0], 5001));
	assert_true(route_health_may_try(&two[1], 5001));
}

/* A small site: one text in ten minutes, and none of five worked. */
static void slowly_in_a_row_is_sickness_too(void **state)
{
	(void)state;
	for (int64_t n = 1; n < 5; n++)
		assert_int_equal(fails(0, n * 10 * MINUTE), ROUTE_SAME);
	assert_int_equal(fails(0, 50 * MINUTE), ROUTE_SICK);
	assert_int_equal(two[0].weight, 50); /* no burst */
}

static void a_burst_takes_ten_points_a_minute(void **state)
{
	static const int after[] = {40, 30, 20, 10, 0, 0};

	(void)state;
	for (size_t m = 0; m < sizeof(after) / sizeof(after[0]); m++) {
		for (int64_t n = 0; n < 12; n++) { /* two of three */
			int64_t now = (int64_t)m * MINUTE + n * 5000;

			fails(0, now);
			fails(0, now + 1);
			route_health_worked(&two[0], now + 2);
		}
		assert_int_equal(two[0].weight, after[m]);
		assert_false(two[0].sick);
	}
	assert_int_equal(two[1].weight, 50);
}

static void half_of_the_attempts_is_no_burst(void **state)
{
	(void)state;
	for (int64_t n = 0; n < 100; n++) {
		route_health_worked(&two[0], n * 500);
		assert_int_equal(fails(0, n * 500 + 1), ROUTE_SAME);
	}
	assert_int_equal(two[0].weight, 50);
}

static void failures_of_an_hour_ago_are_no_burst(void **state)
{
	(void)state;
	for (int64_t n = 0; n < 4; n++)
		fails(0, n);
	route_health_worked(&two[0], 5);
	assert_int_equal(fails(0, 60 * MINUTE), ROUTE_SAME);
	assert_int_equal(two[0].weight, 50);
}

static void where_all_are_bad_nobody_is(void **state)
{
	struct route_health one;

	(void)state;
	route_health_open(&one, 100, 0);
	for (int64_t n = 0; n < 100; n++)
		assert_int_equal(route_health_failed(&one, 1, 0, n * 1000), ROUTE_SAME);
	assert_true(route_health_may_try(&one, 100000));
	for (int64_t n = 0; n < 5; n++)
		fails(0, n);
	for (int64_t n = 0; n < 100; n++)
		assert_int_equal(fails(1, 1000 + n), ROUTE_SAME);
	assert_true(two[0].sick);
	assert_false(two[1].sick);
	assert_int_equal(two[1].weight, 50);
	/* The first works again: now there is somewhere to go. */
	assert_int_equal(route_health_worked(&two[0], 2 * MINUTE), ROUTE_WELL);
	assert_int_equal(fails(1, 2 * MINUTE + 1), ROUTE_SICK);
}

/* --- back ------------------------------------------------------------------------------------ */

static void one_text_at_a_time_tries_the_sick(void **state)
{
	static const int64_t waits[] = {30000, 60000, 120000, 240000, 240000};
	int64_t now = 4;

	(void)state;
	for (int64_t n = 0; n < 5; n++)
		fails(0, n);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_false(route_health_may_try(&two[0], now + waits[i] - 1));
		now += waits[i];
		assert_true(route_health_may_try(&two[0], now));
		route_health_tried(&two[0], now);
		assert_false(route_health_may_try(&two[0], now));
		fails(0, now);
	}
	now += 240000;
	route_health_tried(&two[0], now);
	assert_int_equal(route_health_worked(&two[0], now + 1), ROUTE_WELL);
	assert_true(route_health_may_try(&two[0], now + 1));
	assert_int_equal(fails(0, now + 2), ROUTE_SAME); /* it begins anew */
}

/* Texts that were on their way when it fell sick do not make it sicker. */
static void late_failures_do_not_put_the_first_probe_off(void **state)
{
	(void)state;
	for (int64_t n = 0; n < 50; n++)
		fails(0, n);
	assert_true(route_health_may_try(&two[0], 30004));
}

static void weight_drifts_back_to_rest(void **state)
{
	(void)state;
	for (int64_t n = 0; n < 5; n++)
		fails(0, n);
	route_health_worked(&two[0], 5);
	two[0].weight = 25;
	assert_int_equal(route_health_drift(&two[0], 15 * MINUTE), ROUTE_SAME);
	assert_int_equal(route_health_drift(&two[0], 15 * MINUTE + 4), ROUTE_HEAVIER);
	assert_int_equal(two[0].weight, 35);
	assert_int_equal(route_health_drift(&two[0], 29 * MINUTE), ROUTE_SAME);
	assert_int_equal(route_health_drift(&two[0], 31 * MINUTE), ROUTE_HEAVIER);
	assert_int_equal(route_health_drift(&two[0], 47 * MINUTE), ROUTE_HEAVIER);
	assert_int_equal(two[0].weight, 50);
	assert_int_equal(route_health_drift(&two[0], 99 * MINUTE), ROUTE_SAME);
	assert_int_equal(two[0].weight, 50);
}

static void trouble_puts_the_way_back_off(void **state)
{
	(void)state;
	for (int64_t n = 0; n < 5; n++)
		fails(0, n);
	fails(0, 10 * MINUTE);
	assert_int_equal(route_health_drift(&two[0], 16 * MINUTE), ROUTE_SAME);
	assert_int_equal(route_health_drift(&two[0], 25 * MINUTE), ROUTE_HEAVIER);
}

/* --- receipts -------------------------------------------------------------------------------- */

/* `slow` of a hundred deliveries, evenly among the others, within a minute from `from_ms` on. */
static int changes_in(size_t i, int slow, int64_t from_ms)
{
	int changes = 0;

	for (int n = 0; n < 100; n++) {
		bool is_slow = (n + 1) * slow / 100 > n * slow / 100;
		int64_t latency = is_slow ? 5 * MINUTE + 1 : 5 * MINUTE;

		changes += route_health_observed(two, 2, i, latency, from_ms + n * 500) ==
			   ROUTE_LIGHTER;
	}
	return changes;
}

static void slow_receipts_take_ten_points_a_minute(void **state)
{
	(void)state;
	assert_int_equal(changes_in(0, 15, 0), 1);
	assert_int_equal(two[0].weight, 40);
	assert_int_equal(changes_in(0, 15, 20 * MINUTE), 1);
	assert_int_equal(changes_in(0, 15, 21 * MINUTE), 1);
	assert_int_equal(two[0].weight, 20);
	assert_false(two[0].sick);
}

static void a_few_slow_receipts_are_usual(void **state)
{
	(void)state;
	assert_int_equal(changes_in(0, 10, 0), 0);
	for (int64_t n = 0; n < 19; n++) /* too few to say anything */
		assert_int_equal(route_health_observed(two, 2, 1, 60 * MINUTE, n), ROUTE_SAME);
	assert_int_equal(route_health_observed(two, 2, 1, 60 * MINUTE, 20), ROUTE_LIGHTER);
}

static void where_all_are_slow_nothing_changes(void **state)
{
	(void)state;
	assert_int_equal(changes_in(0, 15, 0), 1);
	assert_int_equal(changes_in(1, 100, MINUTE), 0);
	assert_int_equal(changes_in(0, 100, 2 * MINUTE), 0);
	assert_int_equal(two[0].weight, 40);
	assert_int_equal(two[1].weight, 50);
}

static void slow_receipts_are_forgotten_after_a_quarter_of_an_hour(void **state)
{
	(void)state;
	assert_int_equal(changes_in(0, 15, 0), 1);
	for (int64_t n = 0; n < 19; n++)
		assert_int_equal(
			route_health_observed(two, 2, 0, 60 * MINUTE, 16 * MINUTE + n), ROUTE_SAME);
	assert_int_equal(two[0].weight, 40);
}

#define fresh(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fresh(five_failures_in_a_row_are_sickness),
		fresh(slowly_in_a_row_is_sickness_too),
		fresh(a_burst_takes_ten_points_a_minute),
		fresh(half_of_the_attempts_is_no_burst),
		fresh(failures_of_an_hour_ago_are_no_burst),
		fresh(where_all_are_bad_nobody_is),
		fresh(one_text_at_a_time_tries_the_sick),
		fresh(late_failures_do_not_put_the_first_probe_off),
		fresh(weight_drifts_back_to_rest),
		fresh(trouble_puts_the_way_back_off),
		fresh(slow_receipts_take_ten_points_a_minute),
		fresh(a_few_slow_receipts_are_usual),
		fresh(where_all_are_slow_nothing_changes),
		fresh(slow_receipts_are_forgotten_after_a_quarter_of_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
