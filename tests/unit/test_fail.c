/* Errors as sentences, and text that tells when it was cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/fail.h>

static void fail_set_is_false_and_keeps_the_sentence(void **state)
{
	struct fail fail;

	(void)state;
	assert_false(fail_set(&fail, "port %d is taken", 8080));
	assert_string_equal(fail.text, "port 8080 is taken");
	assert_false(fail_set(NULL, "nobody listens"));
	assert_false(fail_set(&fail, "%0600d", 1));
	assert_int_equal(strlen(fail.text), sizeof(fail.text) - 1);
}

static void a_cut_text_is_told(void **state)
{
	char text[5];

	(void)state;
	assert_true(text_set(text, sizeof(text), "%s", "four"));
	assert_string_equal(text, "four");
	assert_false(text_set(text, sizeof(text), "%s", "fives"));
	assert_string_equal(text, "five");
}

static void allocations_are_zeroed_and_copies_end(void **state)
{
	char *zero = xcalloc(4, 4), *copy = xmemdup("abc", 2), *none = xmemdup(NULL, 0);
	char *text = xasprintf("%s %d", "a", 1);

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(zero[i], 0);
	assert_string_equal(copy, "ab");
	assert_string_equal(none, "");
	assert_string_equal(text, "a 1");
	free(zero);
	free(copy);
	free(none);
	free(text);
}

static void fail_abort_ends_the_process(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		fail_abort("on purpose");
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_set_is_false_and_keeps_the_sentence),
		cmocka_unit_test(a_cut_text_is_told),
		cmocka_unit_test(allocations_are_zeroed_and_copies_end),
		cmocka_unit_test(fail_abort_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
