/* Check-in, reminder, missed contact: when, to whom, and when silence counts at all. */
#include "tests/lib/solo.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

/* Monday 2026-01-12 10:00 in Detroit. */
#define FIRST INT64_C(1768230000000)

static struct solo *enrolled(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	return s;
}

/* The check-in left; everything else is silence. */
static struct solo *asked(void)
{
	struct solo *s = enrolled();

	solo_wake(s);
	assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
	solo_outcome(s, "accepted");
	return s;
}

static void stay_silent(struct solo *s)
{
	solo_wake(s);
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	solo_outcome(s, "accepted");
	solo_wake(s);
	assert_int_equal(solo_logged(s, "missed"), 1);
}

TEST(the_check_in_comes_at_the_persons_hour_and_once)
{
	struct solo *s = enrolled();
	const struct effect *e;

	solo_wake(s);
	assert_int_equal(s->now, FIRST);
	e = solo_find(s, WORDING_CHECK_IN);
	assert_non_null(e);
	assert_int_equal(e->lane, LANE_SCHEDULED);
	assert_int_equal(e->gate, GATE_ROUTINE);
	assert_int_equal(e->expires, FIRST + 2 * HOUR);
	solo_give_all(s, NULL, 0);
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

TEST(answered_check_ins_come_every_week_across_the_change_of_clocks)
{
	struct solo *s = enrolled();

	for (int week = 0; week < 20; week++) {
		int64_t dst = s->now > INT64_C(1772953200000) ? HOUR : 0; /* from 2026-03-08 */

		solo_wake(s);
		dst = s->now > INT64_C(1772953200000) ? HOUR : 0;
		assert_int_equal(s->now, FIRST + week * 7 * DAY - dst);
		assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
		solo_outcome(s, "accepted");
		solo_wait(s, HOUR);
		solo_text(s, "1");
	}
	solo_free(&s);
}

TEST(silence_is_reminded_once_and_then_the_supporter_is_told)
{
	struct solo *s = asked();

	solo_wake(s);
	assert_int_equal(s->now, FIRST + DAY);
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	solo_outcome(s, "accepted");
	solo_wake(s);
	assert_int_equal(s->now, FIRST + 2 * DAY);
	assert_int_equal(solo_all_texts(s), 0);
	assert_true(solo_indexed(s, "missed"));
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_MISSED));
	assert_false(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_MISSED));
	solo_wake(s);
	assert_int_equal(s->now, FIRST + 7 * DAY);
	assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
	solo_free(&s);
}

TEST(two_missed_in_a_row_reach_the_supervisor_and_a_late_answer_stands_all_down)
{
	struct solo *s = asked();
	const struct effect *e;

	stay_silent(s);
	solo_wake(s);
	solo_outcome(s, "accepted");
	stay_silent(s);
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_MISSED));
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_MISSED));
	solo_text(s, "2");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_BACK));
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_BACK));
	e = solo_find(s, WORDING_ANSWER_LATE);
	assert_non_null(e);
	assert_non_null(strstr(e->body, "told=Sam, Morgan"));
	solo_text(s, "2");
	assert_int_equal(solo_events(s, "notice"), 0);
	/* The count begins anew. */
	solo_wake(s);
	solo_outcome(s, "accepted");
	stay_silent(s);
	assert_false(solo_notice(s, SUPERVISOR, WORDING_SUPERVISOR_MISSED));
	solo_free(&s);
}

TEST(any_word_of_the_person_counts_as_contact)
{
	static const char *const said[] = {"fine thanks and you", "my dog died", "help", "1"};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct solo *s = asked();

		solo_text(s, said[i]);
		solo_wake(s);
		assert_int_equal(s->now, FIRST + 7 * DAY);
		assert_int_equal(solo_texts(s, WORDING_REMINDER), 0);
		solo_free(&s);
	}
}

TEST(an_answer_takes_the_waiting_reminder_back)
{
	struct solo *s = asked();
	char job[JOB_ID_SIZE];

	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_REMINDER)->job, JOB_ID_SIZE);
	solo_text(s, "1");
	assert_true(solo_canceled(s, job));
	solo_free(&s);
}

TEST(silence_does_not_count_when_we_cannot_prove_that_we_asked)
{
	static const char *const results[] = {"unknown", "refused", "expired", "stopped"};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		struct solo *s = enrolled();
		bool missed = false, reminded = false;

		solo_wake(s);
		solo_outcome(s, results[i]);
		assert_int_equal(solo_indexed(s, "undelivered"), i == 1);
		while (s->now < FIRST + 6 * DAY && s->last->alarm < FIRST + 7 * DAY) {
			solo_wake(s);
			missed |= solo_logged(s, "missed") > 0;
			reminded |= solo_texts(s, WORDING_REMINDER) > 0;
		}
		assert_false(missed);
		assert_false(reminded);
		solo_wake(s);
		assert_int_equal(s->now, FIRST + 7 * DAY);
		assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
		solo_free(&s);
	}
}

TEST(a_receipt_proves_what_the_sender_did_not_know)
{
	struct solo *s = enrolled();
	char job[JOB_ID_SIZE];

	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
	solo_outcome(s, "unknown");
	assert_int_equal(s->last->alarm, FIRST + 7 * DAY);
	solo_wait(s, HOUR);
	solo_receipt(s, job, "delivered");
	solo_wake(s);
	assert_int_equal(s->now, FIRST + DAY + HOUR);
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	solo_free(&s);
}

/* The document is from before that text was written: a copy that was restored. */
TEST(a_number_that_somebody_knows_is_not_given_to_another_text)
{
	struct solo *s = enrolled();
	char job[JOB_ID_SIZE];

	snprintf(job, sizeof(job), "%s.40", s->actor);
	solo_receipt(s, job, "delivered");
	solo_wake(s);
	assert_true(strtoll(strchr(solo_find(s, WORDING_CHECK_IN)->job, '.') + 1, NULL, 10) > 40);
	snprintf(job, sizeof(job), "%s.9000000000000", s->actor); /* made up */
	solo_receipt(s, job, "delivered");
	assert_true(json_get_int(s->doc, "seq", 0) < 100);
	solo_free(&s);
}

TEST(an_end_that_the_store_does_not_take_is_shown_to_people)
{
	struct solo *s = enrolled();
	json_t *data;

	solo_wake(s);
	data = solo_data(s, "outcome");
	json_put_text(data, "job", solo_find(s, WORDING_CHECK_IN)->job);
	json_put_text(data, "result", "accepted");
	json_put_text(data, "reason", "unrecorded");
	solo_give(s, data);
	assert_true(solo_indexed(s, "undelivered"));
	solo_free(&s);
}

TEST(receipts_come_in_any_order_twice_and_for_strangers_without_harm)
{
	static const char *const orders[][4] = {{"queued", "sent", "delivered", "delivered"},
		{"delivered", "sent", "queued", "sent"},
		{"delivered", "undelivered", "sent", "failed"}};

	for (size_t i = 0; i < 3; i++) {
		struct solo *s = enrolled();
		char job[JOB_ID_SIZE];

		solo_wake(s);
		memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
		for (int j = 0; j < 4; j++) {
			solo_receipt(s, job, orders[i][j]);
			assert_int_equal(solo_logged(s, "receipt"), 1);
			solo_receipt(s, "p01-00000000000000bb.4", "failed");
			assert_false(solo_indexed(s, "undelivered"));
		}
		solo_give(s, solo_data(s, "outcome"));
		assert_int_equal(s->last->alarm, FIRST + DAY);
		solo_free(&s);
	}
}

TEST(an_undelivered_check_in_is_shown_to_people_and_not_held_against_the_person)
{
	struct solo *s = enrolled();
	char job[JOB_ID_SIZE];

	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
	solo_outcome(s, "accepted");
	solo_receipt_why(s, job, "undelivered", "bad number");
	assert_true(solo_indexed(s, "undelivered"));
	assert_int_equal(s->last->alarm, FIRST + 7 * DAY);
	solo_free(&s);
}

TEST(a_check_in_that_is_too_late_is_skipped_and_the_series_goes_on)
{
	struct solo *s = enrolled();

	s->now = FIRST + 3 * HOUR;
	solo_give_all(s, NULL, 0);
	assert_int_equal(solo_all_texts(s), 0);
	assert_int_equal(solo_logged(s, "check-in"), 1);
	assert_int_equal(s->last->alarm, FIRST + 7 * DAY);
	s->now = FIRST + 31 * DAY;
	solo_give_all(s, NULL, 0);
	assert_int_equal(solo_all_texts(s), 0);
	assert_int_equal(s->last->alarm, FIRST + 35 * DAY);
	solo_free(&s);
}

TEST(after_an_outage_of_our_own_silence_waits_for_the_journals)
{
	struct solo *s = asked();

	solo_wake(s);
	solo_outcome(s, "accepted");
	s->now = FIRST + 2 * DAY + HOUR; /* an hour late: nobody was awake */
	solo_give_all(s, NULL, 0);
	assert_int_equal(solo_logged(s, "missed"), 0);
	assert_true(s->last->alarm > s->now && s->last->alarm <= s->now + HOUR);
	solo_wake(s);
	assert_int_equal(solo_logged(s, "missed"), 1);
	solo_free(&s);
}

TEST(an_answer_in_the_same_batch_beats_the_alarm)
{
	struct solo *s = asked();

	solo_wake(s);
	solo_outcome(s, "accepted");
	s->now = FIRST + 2 * DAY;
	solo_text(s, "1");
	assert_int_equal(solo_logged(s, "missed"), 0);
	assert_int_equal(solo_texts(s, WORDING_ANSWER_GOOD), 1);
	solo_free(&s);
}

TEST(a_due_time_in_quiet_hours_moves_to_their_end)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", PERSON);
	json_put_text(data, "hour", "22:00");
	json_object_set_new(data, "confirmed", json_true());
	solo_give(s, data);
	solo_wake(s);
	assert_int_equal(s->now, FIRST + 23 * HOUR); /* Tuesday 09:00 */
	assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
	solo_free(&s);
}

TEST(a_text_never_leaves_once_quiet_hours_begin)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", PERSON);
	json_put_text(data, "hour", "19:30");
	json_object_set_new(data, "confirmed", json_true());
	solo_give(s, data);
	solo_wake(s);
	assert_int_equal(solo_find(s, WORDING_CHECK_IN)->expires - s->now, HOUR / 2);
	solo_free(&s);
}

/* Planned for 10:00 in Detroit, which is 07:00 where they moved: it waits for 9:00 there. */
TEST(a_reminder_waits_for_the_morning_of_a_new_time_zone)
{
	struct solo *s = asked();
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", PERSON);
	json_put_text(data, "zone", "America/Los_Angeles");
	solo_give(s, data);
	solo_wake(s);
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	assert_int_equal(s->now, FIRST + 26 * HOUR);
	solo_free(&s);
}

TEST(news_of_a_missed_contact_waits_for_the_morning_but_a_call_me_does_not)
{
	struct solo *s = asked();

	solo_text(s, "4");
	assert_false(json_get_flag(solo_event(s, SUPPORTER, "notice"), "rests"));
	solo_free(&s);
	s = asked();
	stay_silent(s);
	assert_true(json_get_flag(solo_event(s, SUPPORTER, "notice"), "rests"));
	solo_free(&s);
}

TEST(the_next_check_in_comes_although_the_last_is_open)
{
	struct solo *s = solo_new(PERSON, FAST);
	size_t check_ins = 0, missed = 0;

	((struct program *)(uintptr_t)&s->house->programs[1])->missed_ms = 200000;
	solo_join(s);
	for (int i = 0; i < 12; i++) {
		assert_true(solo_wake(s));
		check_ins += solo_texts(s, WORDING_CHECK_IN);
		missed += solo_logged(s, "missed");
		solo_outcome(s, "accepted");
	}
	assert_true(check_ins >= 3);
	assert_true(missed >= check_ins - 1);
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reminder_waits_for_the_morning_of_a_new_time_zone),
		cmocka_unit_test(the_check_in_comes_at_the_persons_hour_and_once),
		cmocka_unit_test(answered_check_ins_come_every_week_across_the_change_of_clocks),
		cmocka_unit_test(silence_is_reminded_once_and_then_the_supporter_is_told),
		cmocka_unit_test(
			two_missed_in_a_row_reach_the_supervisor_and_a_late_answer_stands_all_down),
		cmocka_unit_test(any_word_of_the_person_counts_as_contact),
		cmocka_unit_test(an_answer_takes_the_waiting_reminder_back),
		cmocka_unit_test(silence_does_not_count_when_we_cannot_prove_that_we_asked),
		cmocka_unit_test(a_receipt_proves_what_the_sender_did_not_know),
		cmocka_unit_test(a_number_that_somebody_knows_is_not_given_to_another_text),
		cmocka_unit_test(an_end_that_the_store_does_not_take_is_shown_to_people),
		cmocka_unit_test(receipts_come_in_any_order_twice_and_for_strangers_without_harm),
		cmocka_unit_test(
			an_undelivered_check_in_is_shown_to_people_and_not_held_against_the_person),
		cmocka_unit_test(a_check_in_that_is_too_late_is_skipped_and_the_series_goes_on),
		cmocka_unit_test(after_an_outage_of_our_own_silence_waits_for_the_journals),
		cmocka_unit_test(an_answer_in_the_same_batch_beats_the_alarm),
		cmocka_unit_test(a_due_time_in_quiet_hours_moves_to_their_end),
		cmocka_unit_test(a_text_never_leaves_once_quiet_hours_begin),
		cmocka_unit_test(
			news_of_a_missed_contact_waits_for_the_morning_but_a_call_me_does_not),
		cmocka_unit_test(the_next_check_in_comes_although_the_last_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
