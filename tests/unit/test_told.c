/* Who is told what about whom, and that it is true: nobody is named who was not told. */
#include "tests/lib/solo.h"

#define MINUTE INT64_C(60000)
#define DAY    INT64_C(86400000)
#define FRIEND "+12025550131"

static struct solo *enrolled(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	return s;
}

/* Check-in, reminder, silence. */
static void miss(struct solo *s)
{
	for (int i = 0; i < 2; i++) {
		solo_wake(s);
		solo_outcome(s, "accepted");
	}
	solo_wake(s);
	assert_int_equal(solo_logged(s, "missed"), 1);
}

static void screened(struct solo *s, const char *body, const char *level)
{
	json_t *data = solo_data(s, "text");

	json_put_text(data, "from", s->number);
	json_put_text(data, "to", s->to);
	json_put_text(data, "body", body);
	json_object_set_new(data, "screen",
		json_pack("{s:s,s:s,s:[s]}", "level", level, "category", "distress", "rules",
			"en.hopeless"));
	solo_give(s, data);
}

static size_t notices_to(const struct solo *s, const char *number)
{
	size_t n = 0;

	for (size_t i = 0; i < s->last->neffects; i++)
		n += s->last->effects[i].kind == EFFECT_EVENT &&
		     strcmp(s->last->effects[i].phone.text, number) == 0;
	return n;
}

static void away(struct solo *s, const char *staff, const char *instead)
{
	json_t *data = solo_data(s, "away");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "staff", staff);
	json_put_text(data, "instead", instead);
	solo_give(s, data);
}

/* "No need to look for them any more" beside "a text worries us" would be fatal advice. */
TEST(a_crisis_after_silence_never_tells_the_supporter_to_stop_looking)
{
	struct solo *s = enrolled();

	miss(s);
	miss(s);
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_MISSED));
	solo_crisis(s, "i want to kill myself");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_CRISIS));
	assert_false(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_BACK));
	assert_int_equal(notices_to(s, SUPPORTER), 1);
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_HEARD));
	solo_text(s, "1");
	assert_int_equal(solo_texts(s, WORDING_ANSWER_LATE), 0); /* they know already */
	solo_free(&s);
}

TEST(a_late_wish_for_a_call_is_one_text_to_the_supporter_not_two)
{
	struct solo *s = enrolled();

	miss(s);
	solo_text(s, "4");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_CALL));
	assert_int_equal(notices_to(s, SUPPORTER), 1);
	assert_int_equal(solo_texts(s, WORDING_ANSWER_LATE), 1);
	assert_int_equal(solo_texts(s, WORDING_ANSWER_CALL), 1);
	solo_free(&s);
}

TEST(late_words_of_their_own_are_not_passed_on_as_an_answer)
{
	struct solo *s = enrolled();

	miss(s);
	solo_text(s, "HELP");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_HEARD));
	miss(s);
	solo_text(s, "hour 18:30");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_HEARD));
	miss(s);
	solo_text(s, "was at my sister's");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_WROTE));
	assert_int_equal(notices_to(s, SUPPORTER), 1);
	assert_string_equal(
		solo_find(s, WORDING_ANSWER_LATE)->body, "answer_late|name=Ana|told=Sam");
	solo_free(&s);
}

TEST(everyone_who_was_told_hears_the_end_although_the_supporter_changed)
{
	struct solo *s = enrolled();
	json_t *data;

	miss(s);
	data = solo_data(s, "enroll");
	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", PERSON);
	json_put_text(data, "supporter", FRIEND);
	solo_give(s, data);
	miss(s);
	solo_text(s, "2");
	assert_string_equal(
		solo_find(s, WORDING_ANSWER_LATE)->body, "answer_late|name=Ana|told=Sam, Morgan");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_BACK));
	assert_true(solo_notice(s, FRIEND, WORDING_SUPPORTER_BACK));
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_BACK));
	solo_text(s, "2");
	assert_int_equal(solo_events(s, "notice"), 0);
	solo_free(&s);
}

/* A carrier's word that a number opted out is no text of the person. */
TEST(after_a_stop_who_was_told_hears_of_the_stop_and_of_nothing_else)
{
	static const char *const words[] = {"stop", NULL};

	for (size_t i = 0; i < 2; i++) {
		struct solo *s = enrolled();

		miss(s);
		miss(s);
		if (words[i]) {
			solo_text(s, words[i]);
		} else {
			json_t *data;

			solo_wake(s);
			data = solo_data(s, "outcome");
			json_put_text(data, "job", solo_find(s, WORDING_CHECK_IN)->job);
			json_put_text(data, "result", "refused");
			json_put_text(data, "why", "opted out");
			solo_give(s, data);
		}
		assert_string_equal(solo_state(s, "weekly"), "stopped");
		assert_int_equal(notices_to(s, SUPPORTER), 1);
		assert_int_equal(notices_to(s, SUPERVISOR), 1);
		assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_STOPPED));
		assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_STOPPED));
		solo_free(&s);
	}
}

TEST(who_could_not_be_reached_is_not_said_to_have_been_told)
{
	struct solo *s = enrolled();

	miss(s);
	away(s, SUPPORTER, SUPERVISOR);
	solo_text(s, "1");
	assert_string_equal(
		solo_find(s, WORDING_ANSWER_LATE)->body, "answer_late|name=Ana|told=Morgan");
	assert_int_equal(notices_to(s, SUPPORTER), 0);
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_BACK));
	solo_text(s, "3");
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_HARD));
	assert_string_equal(
		solo_find(s, WORDING_ANSWER_HARD)->body, "answer_hard|name=Ana|supporter=Morgan");
	solo_wait(s, DAY);
	solo_text(s, "3"); /* tried again the next day */
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_HARD));
	solo_free(&s);
}

TEST(a_supporter_who_wants_no_texts_says_so_to_whom_the_news_is_about)
{
	struct solo *s = solo_new(SUPPORTER, WEEKLY);
	const json_t *told;
	json_t *data;

	solo_text(s, "STOP");
	data = solo_data(s, "notice");
	json_put_text(data, "line", SUPPORTER);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "wording", "supporter_call");
	json_put_text(data, "about", "p02-00000000000000bb");
	json_object_set_new(data, "slots", json_pack("{s:s,s:s}", "name", "Ana", "number", PERSON));
	solo_give(s, data);
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_CALL));
	told = solo_event(s, "p02-00000000000000bb", "away");
	assert_non_null(told);
	assert_string_equal(json_get_text(told, "staff", ""), SUPPORTER);
	assert_string_equal(json_get_text(told, "instead", ""), SUPERVISOR);
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

TEST(words_to_worry_about_reach_the_supporter_at_night_and_in_the_middle_of_a_story)
{
	struct solo *s = enrolled();
	const json_t *notice;

	solo_text(s, "long day today");
	assert_int_equal(notices_to(s, SUPPORTER), 1);
	solo_text(s, "the bus was late too");
	assert_int_equal(notices_to(s, SUPPORTER), 0);
	screened(s, "everything is hopeless", "watch");
	notice = solo_event(s, SUPPORTER, "notice");
	assert_non_null(notice);
	assert_false(json_get_flag(notice, "rests"));
	assert_true(solo_indexed(s, "watch"));
	screened(s, "so hopeless", "watch"); /* not for every line */
	assert_int_equal(notices_to(s, SUPPORTER), 0);
	solo_free(&s);
}

TEST(a_stranger_who_wants_a_call_gets_one_asked_for)
{
	struct solo *s = solo_new(OTHER, WEEKLY);

	solo_text(s, "HELP"); /* says: reply 4 for a call */
	solo_text(s, "4");
	assert_true(solo_indexed(s, "strangers"));
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_CALL));
	assert_int_equal(solo_texts(s, WORDING_ANSWER_CALL), 1);
	solo_text(s, "4");
	assert_int_equal(solo_events(s, "notice"), 0);
	solo_free(&s);
}

TEST(a_supervisor_learns_that_somebody_on_the_staff_has_left)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	const json_t *notice;

	solo_text(s, "STOP");
	notice = solo_event(s, SUPERVISOR, "notice");
	assert_non_null(notice);
	assert_string_equal(json_get_text(json_object_get(notice, "slots"), "name", ""), "Rivera");
	assert_true(solo_indexed(s, "unread"));
	assert_int_equal(solo_all_texts(s), 1);
	solo_text(s, "1"); /* no page waits: nothing is sent to who wants nothing */
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crisis_after_silence_never_tells_the_supporter_to_stop_looking),
		cmocka_unit_test(a_late_wish_for_a_call_is_one_text_to_the_supporter_not_two),
		cmocka_unit_test(late_words_of_their_own_are_not_passed_on_as_an_answer),
		cmocka_unit_test(
			everyone_who_was_told_hears_the_end_although_the_supporter_changed),
		cmocka_unit_test(after_a_stop_who_was_told_hears_of_the_stop_and_of_nothing_else),
		cmocka_unit_test(who_could_not_be_reached_is_not_said_to_have_been_told),
		cmocka_unit_test(a_supporter_who_wants_no_texts_says_so_to_whom_the_news_is_about),
		cmocka_unit_test(
			words_to_worry_about_reach_the_supporter_at_night_and_in_the_middle_of_a_story),
		cmocka_unit_test(a_stranger_who_wants_a_call_gets_one_asked_for),
		cmocka_unit_test(a_supervisor_learns_that_somebody_on_the_staff_has_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
