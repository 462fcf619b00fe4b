/* Joining takes two steps, leaving one word, and a STOP is final until START. */
#include "tests/lib/solo.h"

#define DAY INT64_C(86400000)

TEST(joining_takes_a_wish_and_a_yes)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "Join");
	assert_int_equal(solo_texts(s, WORDING_ASK_CONSENT), 1);
	assert_string_equal(solo_state(s, "weekly"), "invited");
	assert_int_equal(s->last->alarm, 0);
	solo_text(s, "Yes!");
	assert_int_equal(solo_texts(s, WORDING_WELCOME), 1);
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(the_join_word_a_second_time_is_a_yes)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "join");
	solo_text(s, "join");
	assert_string_equal(solo_state(s, "weekly"), "active");
	solo_free(&s);
}

TEST(a_no_is_accepted_once_and_kindly)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "join");
	solo_text(s, "no thanks");
	assert_int_equal(solo_texts(s, WORDING_DECLINED), 1);
	assert_string_equal(solo_state(s, "weekly"), "declined");
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

TEST(a_yes_after_more_than_seven_days_is_asked_again)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "join");
	solo_wait(s, 8 * DAY);
	solo_text(s, "yes");
	assert_int_equal(solo_texts(s, WORDING_ASK_CONSENT), 1);
	assert_string_equal(solo_state(s, "weekly"), "invited");
	solo_text(s, "yes");
	assert_string_equal(solo_state(s, "weekly"), "active");
	solo_free(&s);
}

TEST(a_yes_of_a_stranger_joins_nothing)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "yes");
	assert_string_equal(solo_state(s, "weekly"), "stranger");
	assert_int_equal(solo_texts(s, WORDING_STRANGER), 1);
	solo_free(&s);
}

TEST(stop_is_confirmed_exactly_once_and_silences_everything)
{
	static const char *const said[] = {
		"1", "hello?", "help", "join", "yes", "hour 18:30", "no"};
	struct solo *s = solo_new(PERSON, WEEKLY);
	const struct effect *e;

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_text(s, "STOP");
	e = solo_find(s, WORDING_STOPPED);
	assert_non_null(e);
	assert_int_equal(e->gate, GATE_CONSENT);
	assert_int_equal(e->lane, LANE_REPLY);
	assert_int_equal(solo_all_texts(s), 1);
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_STOPPED));
	assert_int_equal(s->last->alarm, 0);
	solo_text(s, "stop");
	assert_int_equal(solo_all_texts(s), 0);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		solo_text(s, said[i]);
		assert_int_equal(solo_all_texts(s), 0);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		assert_true(solo_indexed(s, "unread") || solo_indexed(s, "watch"));
		assert_string_equal(solo_state(s, "weekly"), "stopped");
	}
	solo_enroll(s, true);
	assert_int_equal(solo_all_texts(s), 0);
	assert_string_equal(solo_state(s, "weekly"), "stopped");
	solo_free(&s);
}

TEST(stop_takes_back_what_has_not_left_yet)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char job[JOB_ID_SIZE];

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
	solo_text(s, "unsubscribe");
	assert_true(solo_canceled(s, job));
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

TEST(a_stop_that_the_provider_answered_is_not_confirmed_again)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data;

	solo_enroll(s, true);
	data = solo_data(s, "text");
	json_put_text(data, "from", PERSON);
	json_put_text(data, "to", WEEKLY);
	json_put_text(data, "body", "Stop");
	json_put_text(data, "opt_out", "STOP");
	solo_give(s, data);
	assert_int_equal(solo_all_texts(s), 0);
	assert_string_equal(solo_state(s, "weekly"), "stopped");
	solo_free(&s);
}

TEST(start_brings_a_participant_back_and_asks_a_stranger)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_text(s, "stop");
	solo_text(s, "START");
	assert_int_equal(solo_texts(s, WORDING_STARTED), 1);
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_true(s->last->alarm > s->now);
	solo_text(s, "stop");
	assert_int_equal(solo_texts(s, WORDING_STOPPED), 1);
	solo_free(&s);
	s = solo_new(PERSON, WEEKLY);
	solo_text(s, "start");
	assert_int_equal(solo_texts(s, WORDING_ASK_CONSENT), 1);
	solo_free(&s);
}

TEST(a_yes_that_the_carrier_took_for_a_start_ends_a_stop_and_nothing_else)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	for (int i = 0; i < 2; i++) {
		json_t *data;

		if (i == 0)
			solo_text(s, "join");
		else
			solo_text(s, "stop");
		data = solo_data(s, "text");
		json_put_text(data, "from", PERSON);
		json_put_text(data, "to", WEEKLY);
		json_put_text(data, "body", "Yes");
		json_put_text(data, "opt_out", "START");
		solo_give(s, data);
		assert_string_equal(solo_state(s, "weekly"), "active");
		assert_int_equal(solo_texts(s, WORDING_WELCOME), i == 0);
		assert_int_equal(solo_all_texts(s), i == 0);
	}
	solo_free(&s);
}

TEST(a_stop_in_one_program_leaves_the_other)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_join(s);
	s->to = FAST;
	solo_join(s);
	solo_text(s, "stop");
	assert_string_equal(solo_state(s, "fast"), "stopped");
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_true(s->last->alarm > 0);
	solo_free(&s);
}

TEST(i_want_it_all_to_stop_is_no_stop)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_crisis(s, "I want it all to stop");
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_int_equal(solo_texts(s, WORDING_SAFETY), 1);
	assert_int_equal(solo_texts(s, WORDING_STOPPED), 0);
	solo_free(&s);
}

TEST(the_carriers_word_that_a_number_opted_out_counts)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data;

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	data = solo_data(s, "outcome");
	json_put_text(data, "job", solo_find(s, WORDING_CHECK_IN)->job);
	json_put_text(data, "result", "refused");
	json_put_text(data, "why", "opted out");
	solo_give(s, data);
	assert_string_equal(solo_state(s, "weekly"), "stopped");
	assert_int_equal(solo_all_texts(s), 0);
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_STOPPED));
	solo_free(&s);
}

TEST(enrolling_twice_asks_once)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, false);
	assert_int_equal(solo_texts(s, WORDING_ASK_CONSENT), 1);
	solo_enroll(s, false);
	assert_int_equal(solo_all_texts(s), 0);
	solo_enroll(s, true);
	assert_int_equal(solo_texts(s, WORDING_WELCOME), 1);
	solo_enroll(s, true);
	assert_int_equal(solo_all_texts(s), 0);
	assert_string_equal(solo_state(s, "weekly"), "active");
	solo_free(&s);
}

TEST(enrolled_at_night_a_person_is_written_to_in_the_morning)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	const struct effect *e;

	solo_wait(s, 13 * 3600000); /* Friday 23:00 in Detroit */
	solo_enroll(s, false);
	e = solo_find(s, WORDING_ASK_CONSENT);
	assert_int_equal(e->not_before - s->now, 10 * 3600000);
	assert_true(e->expires <= e->not_before + 11 * 3600000);
	solo_free(&s);
}

TEST(an_unknown_program_is_noted_and_changes_nothing)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "gone");
	json_put_text(data, "number", PERSON);
	solo_give(s, data);
	assert_int_equal(solo_logged(s, "enroll"), 1);
	assert_int_equal(solo_all_texts(s), 0);
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

TEST(news_that_waited_for_a_supporter_who_stops_goes_to_the_supervisor)
{
	struct solo *s = solo_new(SUPPORTER, WEEKLY);
	json_t *data = solo_data(s, "notice");

	json_put_text(data, "line", SUPPORTER);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "wording", "supporter_call");
	json_object_set_new(data, "slots", json_pack("{s:s,s:s}", "name", "Ana", "number", PERSON));
	solo_give(s, data);
	assert_int_equal(solo_texts(s, WORDING_SUPPORTER_CALL), 1);
	solo_text(s, "stop");
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_CALL));
	assert_string_equal(solo_state(s, "weekly"), "stopped");
	solo_text(s, "stop");
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

TEST(staff_ask_again_three_times_at_most_and_never_after_a_no)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	size_t asked = 0;

	for (int day = 0; day < 60; day++) { /* a list that is read in every night */
		solo_enroll(s, false);
		asked += solo_texts(s, WORDING_ASK_CONSENT);
		solo_wait(s, DAY);
	}
	assert_int_equal(asked, 3);
	solo_text(s, "join");
	assert_int_equal(solo_texts(s, WORDING_ASK_CONSENT), 1); /* their own wish counts */
	solo_text(s, "no");
	assert_string_equal(solo_state(s, "weekly"), "declined");
	solo_wait(s, 30 * DAY);
	solo_enroll(s, false);
	assert_int_equal(solo_all_texts(s), 0);
	assert_string_equal(solo_state(s, "weekly"), "declined");
	solo_enroll(s, true); /* they said yes to somebody */
	assert_string_equal(solo_state(s, "weekly"), "active");
	solo_free(&s);
}

TEST(start_is_a_yes_to_the_question)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, false);
	solo_text(s, "START");
	assert_string_equal(solo_state(s, "weekly"), "active");
	solo_free(&s);
}

TEST(who_joins_in_spanish_is_asked_in_spanish)
{
	static const struct {
		const char *said, *language;
	} rows[] = {{"Unirme", "es"}, {"hola", "es"}, {"join", ""}, {"hello", "en"}, {"yes", ""}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);

		solo_text(s, rows[i].said);
		assert_string_equal(json_get_text(s->doc, "lang", ""), rows[i].language);
		solo_text(s, "hola");
		assert_string_equal(json_get_text(s->doc, "lang", ""),
			*rows[i].language ? rows[i].language
					  : "es"); /* the first that is known stays */
		solo_free(&s);
	}
}

TEST(staff_and_participants_keep_the_language_they_were_given)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	solo_text(s, "hola");
	assert_string_equal(json_get_text(s->doc, "lang", ""), "");
	solo_free(&s);
	s = solo_new(PERSON, WEEKLY);
	solo_enroll(s, true);
	solo_text(s, "bien");
	assert_string_equal(json_get_text(s->doc, "lang", ""), "");
	solo_free(&s);
}

TEST(a_question_that_was_never_sent_is_shown_to_people)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, false);
	solo_outcome(s, "expired");
	assert_true(solo_indexed(s, "undelivered"));
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining_takes_a_wish_and_a_yes),
		cmocka_unit_test(staff_ask_again_three_times_at_most_and_never_after_a_no),
		cmocka_unit_test(start_is_a_yes_to_the_question),
		cmocka_unit_test(who_joins_in_spanish_is_asked_in_spanish),
		cmocka_unit_test(staff_and_participants_keep_the_language_they_were_given),
		cmocka_unit_test(a_question_that_was_never_sent_is_shown_to_people),
		cmocka_unit_test(the_join_word_a_second_time_is_a_yes),
		cmocka_unit_test(a_no_is_accepted_once_and_kindly),
		cmocka_unit_test(a_yes_after_more_than_seven_days_is_asked_again),
		cmocka_unit_test(a_yes_of_a_stranger_joins_nothing),
		cmocka_unit_test(stop_is_confirmed_exactly_once_and_silences_everything),
		cmocka_unit_test(stop_takes_back_what_has_not_left_yet),
		cmocka_unit_test(a_stop_that_the_provider_answered_is_not_confirmed_again),
		cmocka_unit_test(start_brings_a_participant_back_and_asks_a_stranger),
		cmocka_unit_test(
			a_yes_that_the_carrier_took_for_a_start_ends_a_stop_and_nothing_else),
		cmocka_unit_test(a_stop_in_one_program_leaves_the_other),
		cmocka_unit_test(i_want_it_all_to_stop_is_no_stop),
		cmocka_unit_test(the_carriers_word_that_a_number_opted_out_counts),
		cmocka_unit_test(enrolling_twice_asks_once),
		cmocka_unit_test(enrolled_at_night_a_person_is_written_to_in_the_morning),
		cmocka_unit_test(an_unknown_program_is_noted_and_changes_nothing),
		cmocka_unit_test(news_that_waited_for_a_supporter_who_stops_goes_to_the_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
