#include "core/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_wait_doubles_up_to_its_cap(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(1, 100, 1000, 0), 100);
	assert_int_equal(backoff_ms(2, 100, 1000, 0), 200);
	assert_int_equal(backoff_ms(4, 100, 1000, 0), 800);
	assert_int_equal(backoff_ms(5, 100, 1000, 0), 1000);
	assert_int_equal(backoff_ms(2000000000, 100, 1000, 0), 1000);
}

static void jitter_takes_at_most_half(void **state)
{
	int64_t least = 1000, most = 0;

	(void)state;
	for (uint64_t entropy = 0; entropy < 5000; entropy++) {
		int64_t wait = backoff_ms(9, 100, 1000, entropy * 2654435761U);

		assert_in_range(wait, 500, 1000);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_true(least < 520 && most > 980);
}

static void odd_arguments_never_make_a_spin(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(0, 100, 1000, 0), 100);
	assert_int_equal(backoff_ms(-5, 100, 1000, 0), 100);
	assert_int_equal(backoff_ms(1, 0, 0, UINT64_MAX), 1);
	assert_int_equal(backoff_ms(70, 1, INT64_MAX / 4, 0), INT64_MAX / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_doubles_up_to_its_cap),
		cmocka_unit_test(jitter_takes_at_most_half),
		cmocka_unit_test(odd_arguments_never_make_a_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
