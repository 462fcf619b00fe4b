/* Texts with slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/wording.h>

static void slots_are_filled_and_unknown_values_leave_no_gap(void **state)
{
	static const struct {
		const char *text, *filled;
	} rows[] = {
		{"Hi {name}, ok?", "Hi Ana, ok?"},
		{"{name}{name}", "AnaAna"},
		{"Hi {supporter}, ok?", "Hi, ok?"},
		{"We tell {supporter}.", "We tell."},
		{"a {supporter} b", "a b"},
		{"a {nothing}", "a"},
		{"no slot", "no slot"},
		{"", ""},
		{"{name}", "Ana"},
		{"open {name", "open {name"},
		{"100% {name}", "100% Ana"},
	};
	const struct slot slots[] = {{"name", "Ana"}, {"supporter", NULL}, {NULL, NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		struct wording w = {{NULL}};
		char *filled;

		snprintf(text, sizeof(text), "%s", rows[i].text);
		w.text[WORDING_CHECK_IN] = text;
		filled = wording_fill(&w, WORDING_CHECK_IN, slots);
		assert_string_equal(filled, rows[i].filled);
		free(filled);
	}
}

static void a_number_that_stands_for_the_name_is_said_once(void **state)
{
	static const struct {
		const char *text, *name, *filled;
	} rows[] = {
		{"Please call {name} now: {number}. Thank you.", "Ana",
			"Please call Ana now: +12025550111. Thank you."},
		{"Please call {name} now: {number}. Thank you.", "+12025550111",
			"Please call +12025550111 now. Thank you."},
		{"Get in touch: {number}.", "+12025550111", "Get in touch: +12025550111."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct slot slots[] = {
			{"name", rows[i].name}, {"number", "+12025550111"}, {NULL, NULL}};
		char text[64];
		struct wording w = {{NULL}};
		char *filled;

		snprintf(text, sizeof(text), "%s", rows[i].text);
		w.text[WORDING_ACK_YOURS] = text;
		filled = wording_fill(&w, WORDING_ACK_YOURS, slots);
		assert_string_equal(filled, rows[i].filled);
		free(filled);
	}
}

static void values_are_not_read_as_slots(void **state)
{
	char text[] = "Hi {name}!";
	struct wording w = {{NULL}};
	const struct slot slots[] = {{"name", "{signs_as}"}, {"signs_as", "X"}, {NULL, NULL}};
	char *filled;

	(void)state;
	w.text[WORDING_CHECK_IN] = text;
	filled = wording_fill(&w, WORDING_CHECK_IN, slots);
	assert_string_equal(filled, "Hi {signs_as}!");
	free(filled);
}

static void a_text_without_its_words_is_empty_not_a_crash(void **state)
{
	struct wording w = {{NULL}};
	char *filled = wording_fill(&w, WORDING_SAFETY, NULL);

	(void)state;
	assert_string_equal(filled, "");
	free(filled);
}

static void slots_that_a_text_does_not_have_are_refused(void **state)
{
	(void)state;
	assert_null(wording_check(WORDING_CHECK_IN, "Hi {name}, {signs_as}"));
	assert_null(wording_check(WORDING_ACK_NONE, "plain"));
	assert_non_null(strstr(wording_check(WORDING_CHECK_IN, "{nam}"), "{nam}"));
	assert_non_null(strstr(wording_check(WORDING_CHECK_IN, "{number}"), "check_in"));
	assert_non_null(strstr(wording_check(WORDING_ACK_NONE, "{name}"), "no slots"));
	assert_non_null(strstr(wording_check(WORDING_CHECK_IN, "{name"), "brace"));
	assert_non_null(strstr(wording_check(WORDING_CHECK_IN, "name}"), "brace"));
	assert_non_null(strstr(wording_check(WORDING_CHECK_IN, "{{name}}"), "brace"));
	assert_non_null(wording_check(WORDING_CHECK_IN, "{}"));
	/* a page shows nothing about the person */
	assert_non_null(wording_check(WORDING_PAGE, "{name}"));
	assert_non_null(wording_check(WORDING_PAGE, "{number}"));
}

static void every_key_is_found_by_its_name(void **state)
{
	enum wording_key key;

	(void)state;
	for (int i = 0; i < WORDING_COUNT; i++) {
		assert_true(wording_key_find(wording_key_name((enum wording_key)i), &key));
		assert_int_equal(key, i);
	}
	assert_false(wording_key_find("checkin", &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_filled_and_unknown_values_leave_no_gap),
		cmocka_unit_test(a_number_that_stands_for_the_name_is_said_once),
		cmocka_unit_test(values_are_not_read_as_slots),
		cmocka_unit_test(a_text_without_its_words_is_empty_not_a_crash),
		cmocka_unit_test(slots_that_a_text_does_not_have_are_refused),
		cmocka_unit_test(every_key_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
