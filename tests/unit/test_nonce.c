/* A nonce belongs to the request it came with, in whichever worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/nonce.h"

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct account plivo = {.name = "plivo"}, other = {.name = "other"};

static bool take(
	const struct account *account, const char *nonce, const char *url, const char *body)
{
	struct webhook webhook = {
		.method = "POST", .url = url, .body = body, .body_len = strlen(body)};

	return nonce_take(account, nonce, &webhook);
}

static int fresh(void **state)
{
	(void)state;
	nonces_open();
	return 0;
}

static void the_same_request_may_come_again(void **state)
{
	(void)state;
	assert_true(take(&plivo, "n1", "https://h/x", "a=1"));
	assert_true(take(&plivo, "n1", "https://h/x", "a=1"));
	assert_true(take(&plivo, "n2", "https://h/x", "a=1"));
}

static void another_request_under_an_old_nonce_is_refused(void **state)
{
	(void)state;
	assert_true(take(&plivo, "n1", "https://h/x", "a=1"));
	assert_false(take(&plivo, "n1", "https://h/x", "a=2"));
	assert_false(take(&plivo, "n1", "https://h/y", "a=1"));
	assert_true(take(&plivo, "n1", "https://h/x", "a=1"));
	assert_false(take(&plivo, "n1", "https://h/x", "a=2"));
}

static void nonces_of_two_accounts_have_nothing_to_do_with_each_other(void **state)
{
	(void)state;
	assert_true(take(&plivo, "n1", "https://h/x", "a=1"));
	assert_true(take(&other, "n1", "https://h/x", "a=2"));
}

static void a_scheme_without_nonces_is_not_held_up(void **state)
{
	(void)state;
	assert_true(take(&plivo, "", "https://h/x", "a=1"));
	assert_true(take(&plivo, "", "https://h/x", "a=2"));
}

static void what_one_worker_saw_the_other_knows(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(take(&plivo, "n1", "https://h/x", "a=1") ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_false(take(&plivo, "n1", "https://h/x", "a=2"));
}

/* The table is small beside what comes in a year: new ones are taken, whatever fills it. */
static void a_full_table_refuses_nobody(void **state)
{
	char nonce[24];

	(void)state;
	for (int i = 0; i < 3 * NONCES; i++) {
		snprintf(nonce, sizeof(nonce), "n%d", i);
		assert_true(take(&plivo, nonce, "https://h/x", "a=1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_request_may_come_again, fresh),
		cmocka_unit_test_setup(another_request_under_an_old_nonce_is_refused, fresh),
		cmocka_unit_test_setup(
			nonces_of_two_accounts_have_nothing_to_do_with_each_other, fresh),
		cmocka_unit_test_setup(a_scheme_without_nonces_is_not_held_up, fresh),
		cmocka_unit_test_setup(what_one_worker_saw_the_other_knows, fresh),
		cmocka_unit_test_setup(a_full_table_refuses_nobody, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
