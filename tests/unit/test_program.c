/* Looking things up in programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/program.h>

static struct staff staff[] = {
	{.name = "Sam", .phone = {"+12025550112"}, .role = STAFF_SUPPORTER},
	{.name = "Chen", .phone = {"+12025550114"}, .role = STAFF_ONCALL},
	{.name = "Rivera", .phone = {"+12025550113"}, .role = STAFF_ONCALL},
	{.name = "Nobody", .phone = {""}, .role = STAFF_SUPERVISOR},
};
static const struct program programs[] = {
	{.id = "a",
		.number = {"+12025550100"},
		.languages = {"en", "es"},
		.nlanguages = 2,
		.staff = staff,
		.nstaff = 4},
	{.id = "b", .number = {"+12025550101"}},
	{.id = "c"},
};

static void programs_are_found_by_id_and_by_number(void **state)
{
	(void)state;
	assert_ptr_equal(program_find(programs, 3, "b"), &programs[1]);
	assert_null(program_find(programs, 3, "d"));
	assert_null(program_find(programs, 1, "b"));
	assert_ptr_equal(program_of_number(programs, 3, "+12025550101"), &programs[1]);
	assert_null(program_of_number(programs, 3, "+12025550109"));
	assert_null(program_of_number(programs, 3, "")); /* a program without number is nobody's */
}

static void staff_are_found_by_number_and_in_order_of_the_file(void **state)
{
	(void)state;
	assert_ptr_equal(program_staff(&programs[0], "+12025550113"), &staff[2]);
	assert_null(program_staff(&programs[0], "+12025550199"));
	assert_null(program_staff(&programs[0], ""));
	assert_ptr_equal(program_nth(&programs[0], STAFF_ONCALL, 0), &staff[1]);
	assert_ptr_equal(program_nth(&programs[0], STAFF_ONCALL, 1), &staff[2]);
	assert_null(program_nth(&programs[0], STAFF_ONCALL, 2));
	assert_null(program_nth(&programs[1], STAFF_ONCALL, 0));
}

static void an_unknown_language_gets_the_first_one(void **state)
{
	(void)state;
	assert_ptr_equal(program_wording(&programs[0], "es"), &programs[0].wording[1]);
	assert_ptr_equal(program_wording(&programs[0], "fr"), &programs[0].wording[0]);
	assert_ptr_equal(program_wording(&programs[0], ""), &programs[0].wording[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_found_by_id_and_by_number),
		cmocka_unit_test(staff_are_found_by_number_and_in_order_of_the_file),
		cmocka_unit_test(an_unknown_language_gets_the_first_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
