/* Which of a program's numbers a text leaves from: the one that the person knows. */
#include "tests/lib/solo.h"

#include <warmline/fail.h>

#define SECOND_NUMBER "+12025550102"
#define THIRD_NUMBER  "+12025550103"

static void more_numbers(struct solo *s, const char *number)
{
	struct program *p = solo_program(s, 0);

	text_set(p->more[p->nmore++].text, sizeof(p->more[0].text), "%s", number);
}

static const char *sender(const struct solo *s, enum wording_key key)
{
	const struct effect *e = solo_find(s, key);

	assert_non_null(e);
	return e->from.text;
}

TEST(a_program_with_one_number_uses_it)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	assert_string_equal(sender(s, WORDING_WELCOME), WEEKLY);
	solo_free(&s);
}

TEST(who_never_wrote_is_written_to_from_whichever_number_the_sender_chooses)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	more_numbers(s, SECOND_NUMBER);
	solo_enroll(s, true);
	assert_string_equal(sender(s, WORDING_WELCOME), "");
	solo_outcome(s, "accepted");
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_CHECK_IN), "");
	solo_free(&s);
}

TEST(every_text_leaves_from_the_number_that_they_wrote_to_last)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	more_numbers(s, SECOND_NUMBER);
	more_numbers(s, THIRD_NUMBER);
	solo_enroll(s, true);
	s->to = SECOND_NUMBER;
	solo_text(s, "3");
	assert_string_equal(sender(s, WORDING_ANSWER_HARD), SECOND_NUMBER);
	solo_crisis(s, "kill myself");
	assert_string_equal(sender(s, WORDING_SAFETY), SECOND_NUMBER);
	s->to = THIRD_NUMBER;
	solo_text(s, "1");
	assert_string_equal(sender(s, WORDING_ANSWER_GOOD), THIRD_NUMBER);
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_CHECK_IN), THIRD_NUMBER);
	solo_text(s, "stop");
	assert_string_equal(sender(s, WORDING_STOPPED), THIRD_NUMBER);
	solo_free(&s);
}

TEST(a_number_that_the_program_gave_up_is_used_no_more)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	more_numbers(s, SECOND_NUMBER);
	more_numbers(s, THIRD_NUMBER);
	s->to = THIRD_NUMBER;
	solo_join(s);
	solo_program(s, 0)->nmore = 1;
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_CHECK_IN), "");
	solo_program(s, 0)->nmore = 0;
	s->to = WEEKLY;
	solo_outcome(s, "accepted");
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_REMINDER), WEEKLY);
	solo_free(&s);
}

/* The number was the program's only one when they wrote; now it is one of several. */
TEST(a_number_is_remembered_although_there_was_no_other)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_join(s);
	more_numbers(s, SECOND_NUMBER);
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_CHECK_IN), WEEKLY);
	solo_free(&s);
}

TEST(staff_are_paged_from_the_number_that_they_wrote_to)
{
	struct solo *s = solo_new(CLINICIAN, SECOND_NUMBER);
	json_t *data;

	more_numbers(s, SECOND_NUMBER);
	solo_text(s, "hello");
	data = solo_data(s, "page");
	json_put_text(data, "program", "weekly");
	json_put_text(data, "case", "c01-00000000000000cc");
	json_put_text(data, "code", "4821");
	solo_give(s, data);
	assert_string_equal(sender(s, WORDING_PAGE), SECOND_NUMBER);
	solo_free(&s);
}

TEST(each_program_is_known_by_its_own_number)
{
	struct solo *s = solo_new(PERSON, SECOND_NUMBER);

	more_numbers(s, SECOND_NUMBER);
	solo_join(s);
	s->to = FAST;
	solo_join(s);
	solo_wake(s);
	assert_string_equal(sender(s, WORDING_CHECK_IN), FAST);
	s->to = WEEKLY;
	solo_text(s, "help");
	assert_string_equal(sender(s, WORDING_HELP), WEEKLY);
	solo_free(&s);
}

TEST(a_machine_leaves_no_trace_of_a_number)
{
	struct solo *s = solo_new("72345", WEEKLY);

	solo_text(s, "Your parcel is on its way");
	assert_null(json_object_get(s->doc, "p"));
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_with_one_number_uses_it),
		cmocka_unit_test(
			who_never_wrote_is_written_to_from_whichever_number_the_sender_chooses),
		cmocka_unit_test(every_text_leaves_from_the_number_that_they_wrote_to_last),
		cmocka_unit_test(a_number_that_the_program_gave_up_is_used_no_more),
		cmocka_unit_test(a_number_is_remembered_although_there_was_no_other),
		cmocka_unit_test(staff_are_paged_from_the_number_that_they_wrote_to),
		cmocka_unit_test(each_program_is_known_by_its_own_number),
		cmocka_unit_test(a_machine_leaves_no_trace_of_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
