/* Where a text has been in vain. */
#include "scheduler/trails.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct trails trails;

static int setup(void **state)
{
	(void)state;
	trails = (struct trails){.next = 0};
	return 0;
}

static void each_text_has_its_own(void **state)
{
	(void)state;
	trails_note(&trails, "p2a-1.1", 0, false);
	trails_note(&trails, "p2a-1.2", 3, true);
	trails_note(&trails, "p2a-1.1", 2, true);
	assert_int_equal(trails_get(&trails, "p2a-1.1").tried, 5);
	assert_int_equal(trails_get(&trails, "p2a-1.1").refused, 4);
	assert_int_equal(trails_get(&trails, "p2a-1.2").tried, 8);
	assert_int_equal(trails_get(&trails, "p2a-1.3").tried, 0);
}

static void what_has_ended_is_forgotten(void **state)
{
	(void)state;
	trails_note(&trails, "p2a-1.1", 0, false);
	trails_end(&trails, "p2a-1.1");
	trails_end(&trails, "p2a-1.2");
	assert_int_equal(trails_get(&trails, "p2a-1.1").tried, 0);
}

static void the_oldest_make_room(void **state)
{
	char job[20];

	(void)state;
	for (int i = 0; i < TRAILS + 3; i++) {
		snprintf(job, sizeof(job), "p2a-1.%d", i);
		trails_note(&trails, job, 1, false);
	}
	for (int i = 0; i < TRAILS + 3; i++) {
		snprintf(job, sizeof(job), "p2a-1.%d", i);
		assert_int_equal(trails_get(&trails, job).tried, i < 3 ? 0 : 2);
	}
}

#define fresh(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fresh(each_text_has_its_own),
		fresh(what_has_ended_is_forgotten),
		fresh(the_oldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
