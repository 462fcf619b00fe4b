/* What a daemon remembers of the store's ticks, and how far back a loss goes. */
#include "platform/epoch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define T0     1800000000000LL
#define MINUTE 60000LL

static struct epoch_memory memory;
static char folder[40], path[64];

static int setup(void **state)
{
	(void)state;
	memory = (struct epoch_memory){0};
	snprintf(folder, sizeof(folder), "/tmp/warmline-epoch-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/epoch", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

static struct tick tick_of(int64_t count)
{
	struct tick tick = {0};

	for (int i = 0; i < PARTITIONS; i++)
		tick.epoch[i] = count;
	return tick;
}

static void note(int64_t count, int64_t at_ms)
{
	struct tick tick = tick_of(count);

	epoch_note(&memory, &tick, at_ms);
}

/* A day, one tick each second. */
static void a_day(void)
{
	for (int64_t s = 0; s < 86400; s++)
		note(1 + s, T0 + s * 1000);
}

static void a_growing_count_is_no_loss(void **state)
{
	struct tick tick = tick_of(5);

	(void)state;
	assert_false(epoch_went_back(&memory, &tick));
	note(5, T0);
	assert_false(epoch_went_back(&memory, &tick));
	tick.epoch[17] = 4;
	assert_true(epoch_went_back(&memory, &tick));
}

static void a_loss_of_seconds_goes_back_to_the_newest_mark(void **state)
{
	struct tick tick = tick_of(86398);
	int64_t since;

	(void)state;
	a_day();
	since = epoch_lost_since(&memory, &tick);
	assert_in_range(since, T0 + 86400000 - 17 * MINUTE, T0 + 86400000 - MINUTE);
}

static void a_loss_of_hours_goes_back_hours(void **state)
{
	struct tick tick = tick_of(6 * 3600);
	int64_t since;

	(void)state;
	a_day();
	since = epoch_lost_since(&memory, &tick);
	assert_true(since <= T0 + 6 * 60 * MINUTE - MINUTE);
	assert_true(since >= T0 + 6 * 60 * MINUTE - 17 * MINUTE);
	tick = tick_of(86400);
	tick.epoch[63] = 6 * 3600; /* one node of a cluster: the partition that lost most counts */
	since = epoch_lost_since(&memory, &tick);
	assert_in_range(since, T0 + 6 * 60 * MINUTE - 17 * MINUTE, T0 + 6 * 60 * MINUTE - MINUTE);
}

static void a_loss_before_all_marks_may_be_of_anything(void **state)
{
	struct tick tick = tick_of(1);

	(void)state;
	assert_int_equal(epoch_lost_since(&memory, &tick), 0);
	note(100, T0);
	assert_int_equal(epoch_lost_since(&memory, &tick), 0);
}

static void after_a_loss_the_old_marks_are_gone(void **state)
{
	struct tick tick = tick_of(20);

	(void)state;
	a_day();
	note(30, T0 + 90000000);
	assert_int_equal(memory.nmarks, 1);
	assert_int_equal(epoch_lost_since(&memory, &tick), 0);
}

static void weeks_keep_the_newest_marks(void **state)
{
	struct tick tick = tick_of(9999);

	(void)state;
	for (int64_t i = 0; i < 10000; i++)
		note(1 + i, T0 + i * 15 * MINUTE);
	assert_int_equal(memory.nmarks, EPOCH_MARKS);
	assert_int_equal(epoch_lost_since(&memory, &tick), T0 + 9998LL * 15 * MINUTE - MINUTE);
}

static void the_file_gives_back_what_was_saved(void **state)
{
	struct epoch_memory back;

	(void)state;
	assert_true(epoch_load(&back, path)); /* none yet */
	assert_int_equal(back.at_ms, 0);
	a_day();
	assert_true(epoch_save(&memory, path, true));
	assert_true(epoch_load(&back, path));
	assert_memory_equal(&back, &memory, sizeof(back));
}

static void a_damaged_file_is_told(void **state)
{
	struct epoch_memory back;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs("{\"at\": 12, \"epo", file);
	fclose(file);
	assert_false(epoch_load(&back, path));
	assert_int_equal(back.at_ms, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_growing_count_is_no_loss),
		test(a_loss_of_seconds_goes_back_to_the_newest_mark),
		test(a_loss_of_hours_goes_back_hours),
		test(a_loss_before_all_marks_may_be_of_anything),
		test(after_a_loss_the_old_marks_are_gone),
		test(weeks_keep_the_newest_marks),
		test(the_file_gives_back_what_was_saved),
		test(a_damaged_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
