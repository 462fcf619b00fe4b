#include "scheduler/rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_beat_rings_everybody_once_a_cycle(void **state)
{
	int rung[PARTITIONS] = {0}, partition;
	struct rounds r;

	(void)state;
	rounds_open(&r, 17, 1, 250, 1000);
	for (int64_t now = 1000; now <= 1250; now += 25) {
		rounds_beat(&r, now);
		while ((partition = rounds_take(&r)) >= 0) {
			rung[partition]++;
			rounds_answered(&r, partition);
		}
	}
	for (int p = 0; p < PARTITIONS; p++)
		assert_int_equal(rung[p], 1);
}

static void standing_still_owes_one_cycle_only(void **state)
{
	struct rounds r;
	int n = 0;

	(void)state;
	rounds_open(&r, 0, PARTITIONS, 250, 0);
	rounds_beat(&r, 3600000);
	while (rounds_take(&r) >= 0)
		n++;
	assert_int_equal(n, PARTITIONS);
	assert_int_equal(r.owed, 0);
}

static void a_ring_while_asked_asks_again(void **state)
{
	struct rounds r;

	(void)state;
	rounds_open(&r, 0, 4, 250, 0);
	rounds_ring(&r, 5);
	assert_int_equal(rounds_take(&r), 5);
	rounds_ring(&r, 5);
	assert_int_equal(rounds_take(&r), -1); /* never twice at once */
	rounds_answered(&r, 5);
	assert_int_equal(rounds_take(&r), 5);
	rounds_answered(&r, 5);
	assert_int_equal(rounds_take(&r), -1);
}

static void only_so_many_are_asked_at_once(void **state)
{
	struct rounds r;

	(void)state;
	rounds_open(&r, 0, 2, 250, 0);
	for (int p = 0; p < 5; p++)
		rounds_ring(&r, p);
	assert_int_equal(rounds_take(&r), 0);
	assert_int_equal(rounds_take(&r), 1);
	assert_int_equal(rounds_take(&r), -1);
	rounds_answered(&r, 0);
	assert_int_equal(rounds_take(&r), 2);
}

static void a_busy_partition_starves_nobody(void **state)
{
	struct rounds r;

	(void)state;
	rounds_open(&r, 0, 1, 250, 0);
	for (int i = 0; i < 3; i++) {
		rounds_ring(&r, 0);
		rounds_ring(&r, 1);
		assert_int_equal(rounds_take(&r), i % 2);
		rounds_ring(&r, i % 2); /* "more" */
		rounds_answered(&r, i % 2);
	}
}

static void a_wake_rings_in_its_time_and_once(void **state)
{
	struct rounds r;

	(void)state;
	rounds_open(&r, 0, 1, 1000000, 0);
	rounds_wake(&r, 63, 500);
	rounds_wake(&r, 63, 900); /* the earlier one counts */
	rounds_beat(&r, 499);
	assert_int_equal(rounds_take(&r), -1);
	rounds_beat(&r, 500);
	assert_int_equal(rounds_take(&r), 63);
	rounds_answered(&r, 63);
	rounds_beat(&r, 1000);
	assert_int_equal(rounds_take(&r), -1);
}

static void partitions_that_do_not_exist_ring_nothing(void **state)
{
	struct rounds r;

	(void)state;
	rounds_open(&r, 0, 1, 250, 0);
	rounds_ring(&r, -1);
	rounds_ring(&r, PARTITIONS);
	rounds_wake(&r, -1, 1);
	rounds_wake(&r, PARTITIONS, 1);
	assert_int_equal(rounds_take(&r), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_beat_rings_everybody_once_a_cycle),
		cmocka_unit_test(standing_still_owes_one_cycle_only),
		cmocka_unit_test(a_ring_while_asked_asks_again),
		cmocka_unit_test(only_so_many_are_asked_at_once),
		cmocka_unit_test(a_busy_partition_starves_nobody),
		cmocka_unit_test(a_wake_rings_in_its_time_and_once),
		cmocka_unit_test(partitions_that_do_not_exist_ring_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
