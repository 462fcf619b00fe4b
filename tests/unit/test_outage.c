#include "scheduler/outage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_first_answer_ends_the_start_and_routine_settles(void **state)
{
	struct outage o;

	(void)state;
	outage_open(&o, 3000);
	assert_true(outage_routine_rests(&o, 1000));
	assert_true(outage_may_ask(&o, 1000));
	assert_false(outage_may_ask(&o, 1000)); /* one question at a time */
	outage_heard(&o, STORE_OK, 1005);
	assert_true(outage_may_ask(&o, 1005));
	assert_true(outage_may_ask(&o, 1005));
	assert_true(outage_routine_rests(&o, 4004));
	assert_false(outage_routine_rests(&o, 4005));
}

/* A minute of refusals, asked as often as allowed. */
static void down_asks_ever_more_slowly(void **state)
{
	struct outage o;
	int asked = 0;

	(void)state;
	outage_open(&o, 0);
	outage_heard(&o, STORE_OK, 0);
	for (int64_t now = 1; now <= 60000; now++) {
		if (!outage_may_ask(&o, now))
			continue;
		asked++;
		outage_heard(&o, STORE_REFUSED, now);
	}
	assert_in_range(asked, 30, 80);
	assert_true(o.down);
}

static void many_failures_at_once_are_one(void **state)
{
	struct outage o;

	(void)state;
	outage_open(&o, 0);
	outage_heard(&o, STORE_OK, 0);
	for (int i = 0; i < 500; i++)
		outage_heard(&o, STORE_UNKNOWN, 100);
	assert_int_equal(o.failures, 1);
	assert_true(o.ask_ms <= 150);
}

static void every_return_makes_the_routine_rest(void **state)
{
	struct outage o;

	(void)state;
	outage_open(&o, 3000);
	outage_heard(&o, STORE_OK, 0);
	assert_false(outage_routine_rests(&o, 10000));
	outage_heard(&o, STORE_UNKNOWN, 10000);
	assert_true(outage_routine_rests(&o, 10000));
	outage_heard(&o, STORE_BROKEN, 11000); /* an answer, if a sad one */
	assert_true(outage_routine_rests(&o, 13999));
	assert_false(outage_routine_rests(&o, 14000));
}

static void a_shorter_rest_does_not_end_a_longer_one(void **state)
{
	struct outage o;

	(void)state;
	outage_open(&o, 0);
	outage_heard(&o, STORE_OK, 0);
	outage_rest(&o, 0, 30000);
	outage_rest(&o, 10, 5);
	assert_true(outage_routine_rests(&o, 29999));
}

/* Somebody ticks: until a tick was looked at, the store may have forgotten what left. */
static void a_return_wants_a_proof_that_nothing_is_lost(void **state)
{
	struct outage o;

	(void)state;
	outage_open(&o, 0);
	o.watched = true;
	assert_false(outage_wants_proof(&o));
	outage_heard(&o, STORE_OK, 1000);
	assert_true(outage_wants_proof(&o));
	assert_true(outage_routine_rests(&o, 20000));
	outage_proven(&o);
	assert_false(outage_routine_rests(&o, 20000));
	outage_heard(&o, STORE_REFUSED, 30000);
	outage_heard(&o, STORE_OK, 31000);
	assert_true(outage_routine_rests(&o, 32000));
	assert_false(outage_routine_rests(&o, 61000)); /* not for ever */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_answer_ends_the_start_and_routine_settles),
		cmocka_unit_test(down_asks_ever_more_slowly),
		cmocka_unit_test(many_failures_at_once_are_one),
		cmocka_unit_test(every_return_makes_the_routine_rest),
		cmocka_unit_test(a_return_wants_a_proof_that_nothing_is_lost),
		cmocka_unit_test(a_shorter_rest_does_not_end_a_longer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
