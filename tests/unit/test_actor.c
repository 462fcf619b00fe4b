/* Ids say where an actor lives, and the same cause makes the same id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/actor.h>

static void only_ids_of_ours_are_ids(void **state)
{
	static const struct {
		const char *text;
		int partition;
	} rows[] = {
		{"p2a-0123456789abcdef", 42},
		{"c00-0000000000000000", 0},
		{"p3f-ffffffffffffffff", 63},
		{"p40-0123456789abcdef", -1},
		{"x2a-0123456789abcdef", -1},
		{"p2A-0123456789abcdef", -1},
		{"p2a-0123456789abcde", -1},
		{"p2a-0123456789abcdef0", -1},
		{"p2a_0123456789abcdef", -1},
		{"", -1},
		{"p2a-0123456789abcdeg", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct actor_id id;

		assert_int_equal(actor_partition(rows[i].text), rows[i].partition);
		assert_int_equal(actor_parse(rows[i].text, &id), rows[i].partition >= 0);
	}
	assert_int_equal(actor_kind("c00-0000000000000000"), ACTOR_CASE);
	assert_int_equal(actor_kind("p00-0000000000000000"), ACTOR_PERSON);
}

static void a_person_lives_where_the_blind_index_says(void **state)
{
	struct actor_id a, b;
	char blind[BLIND_SIZE] = "7f0123456789abcdef0123456789abcd";

	(void)state;
	actor_of_blind(blind, &a);
	actor_of_blind(blind, &b);
	assert_string_equal(a.text, b.text);
	assert_int_equal(actor_partition(a.text), 0x3f);
	assert_int_equal(blind_partition(blind), 0x3f);
	assert_null(strstr(a.text, "0123456789abcdef")); /* not the index itself */
	blind[31] = 'e';
	actor_of_blind(blind, &b);
	assert_string_not_equal(a.text, b.text);
}

static void a_case_lives_with_its_person_and_has_a_number_of_four_digits(void **state)
{
	const char *person = "p2a-0123456789abcdef";
	struct actor_id a, b;

	(void)state;
	actor_of_case(person, "twilio:AC1:SM1:text", &a);
	actor_of_case(person, "twilio:AC1:SM1:text", &b);
	assert_string_equal(a.text, b.text);
	assert_int_equal(actor_partition(a.text), 42);
	assert_int_equal(actor_kind(a.text), ACTOR_CASE);
	actor_of_case(person, "twilio:AC1:SM2:text", &b);
	assert_string_not_equal(a.text, b.text);
	for (int i = 0; i < 1000; i++) {
		char cause[32], number[5];

		snprintf(cause, sizeof(cause), "cause %d", i);
		actor_of_case(person, cause, &a);
		case_number(a.text, number);
		assert_int_equal(strlen(number), 4);
		assert_int_equal(strspn(number, "0123456789"), 4);
		assert_true(number[0] != '0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_ids_of_ours_are_ids),
		cmocka_unit_test(a_person_lives_where_the_blind_index_says),
		cmocka_unit_test(a_case_lives_with_its_person_and_has_a_number_of_four_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
