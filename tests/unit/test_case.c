/* A case pages until somebody has it; staff acknowledge by text and hear the truth. */
#include "tests/lib/solo.h"

#define MINUTE INT64_C(60000)
#define CASE   "c01-00000000000000cc"

static void crisis(struct solo *s, const char *number)
{
	json_t *data = solo_data(s, "crisis");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "person", "p01-00000000000000aa");
	json_put_text(data, "number", number);
	json_put_text(data, "name", "Ana");
	json_put_text(data, "supporter", SUPPORTER);
	json_put_text(data, "level", "high");
	solo_give(s, data);
}

static void ack(struct solo *s, const char *number)
{
	json_t *data = solo_data(s, "ack");

	json_put_text(data, "staff", number);
	json_put_text(data, "how", "text");
	solo_give(s, data);
}

static void paged(struct solo *s, const char *number, const char *result)
{
	json_t *data = solo_data(s, "paged");

	json_put_text(data, "staff", number);
	json_put_text(data, "result", result);
	solo_give(s, data);
}

TEST(a_crisis_pages_the_first_on_call_at_once)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	assert_non_null(solo_event(s, CLINICIAN, "page"));
	assert_int_equal(solo_events(s, "page"), 1);
	assert_true(solo_indexed(s, "cases"));
	assert_int_equal(s->last->alarm, s->now + 5 * MINUTE);
	solo_free(&s);
}

TEST(the_ladder_goes_on_for_ever_until_somebody_acknowledges)
{
	static const char *const ladder[] = {CLINICIAN, CLINICIAN_2, SUPERVISOR};
	struct solo *s = solo_case();

	crisis(s, PERSON);
	for (int step = 1; step < 500; step++) {
		int64_t before = s->now;
		const json_t *page;

		assert_true(solo_wake(s));
		assert_int_equal(s->now - before, 5 * MINUTE);
		page = solo_event(s, ladder[step % 3], "page");
		assert_non_null(page);
		assert_int_equal(solo_events(s, "page"), 1);
		assert_int_equal(json_get_int(page, "round", 0), step / 3 + 1);
	}
	ack(s, CLINICIAN);
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

TEST(the_first_acknowledgement_wins_and_everyone_learns_who_has_it)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	solo_wake(s);
	solo_wake(s);
	ack(s, CLINICIAN_2);
	assert_true(json_get_flag(solo_event(s, CLINICIAN_2, "taken"), "you"));
	assert_string_equal(
		json_get_text(solo_event(s, CLINICIAN_2, "taken"), "number", ""), PERSON);
	assert_false(json_get_flag(solo_event(s, CLINICIAN, "taken"), "you"));
	assert_null(json_object_get(solo_event(s, CLINICIAN, "taken"), "number"));
	assert_non_null(solo_event(s, SUPERVISOR, "taken"));
	assert_non_null(solo_event(s, "p01-00000000000000aa", "case"));
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_TAKEN));
	assert_int_equal(s->last->alarm, 0);
	ack(s, CLINICIAN);
	assert_false(json_get_flag(solo_event(s, CLINICIAN, "taken"), "you"));
	assert_string_equal(json_get_text(solo_event(s, CLINICIAN, "taken"), "by", ""), "Chen");
	assert_int_equal(solo_events(s, "taken"), 1);
	solo_free(&s);
}

TEST(only_staff_can_take_a_case_and_never_the_person_it_is_about)
{
	static const char *const numbers[] = {OTHER, PERSON, SUPPORTER, ""};
	struct solo *s = solo_case();

	crisis(s, PERSON);
	for (size_t i = 0; i < 4; i++) {
		ack(s, numbers[i]);
		assert_int_equal(solo_events(s, "taken"), 0);
		assert_true(s->last->alarm > s->now);
		assert_int_equal(solo_logged(s, "case"), 1);
	}
	solo_free(&s);
	s = solo_case();
	crisis(s, CLINICIAN); /* who is on call is in danger */
	assert_null(solo_event(s, CLINICIAN, "page"));
	assert_non_null(solo_event(s, CLINICIAN_2, "page"));
	ack(s, CLINICIAN);
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(a_page_that_cannot_arrive_brings_the_next_person_at_once_but_never_spins)
{
	static const char *const results[] = {"refused", "undelivered", "failed", "expired"};

	for (size_t i = 0; i < 4; i++) {
		struct solo *s = solo_case();

		crisis(s, PERSON);
		paged(s, CLINICIAN, results[i]);
		assert_non_null(solo_event(s, CLINICIAN_2, "page"));
		paged(s, CLINICIAN, results[i]); /* an old one: the next is on it already */
		assert_int_equal(solo_events(s, "page"), 0);
		paged(s, CLINICIAN_2, results[i]);
		assert_non_null(solo_event(s, SUPERVISOR, "page"));
		paged(s, SUPERVISOR, results[i]);
		assert_int_equal(solo_events(s, "page"), 0);
		assert_int_equal(s->last->alarm, s->now + 5 * MINUTE);
		solo_wake(s);
		assert_non_null(solo_event(s, CLINICIAN, "page"));
		solo_free(&s);
	}
}

TEST(an_accepted_page_is_no_acknowledgement)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	paged(s, CLINICIAN, "accepted");
	paged(s, CLINICIAN, "delivered");
	assert_true(s->last->alarm > s->now);
	solo_wake(s);
	assert_non_null(solo_event(s, CLINICIAN_2, "page"));
	solo_free(&s);
}

TEST(another_crisis_text_brings_the_next_person_now)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	crisis(s, PERSON);
	assert_non_null(solo_event(s, CLINICIAN_2, "page"));
	crisis(s, PERSON);
	assert_non_null(solo_event(s, SUPERVISOR, "page"));
	for (int i = 0; i < 10; i++) {
		crisis(s, PERSON);
		assert_int_equal(solo_events(s, "page"), 0); /* everyone is paged already */
	}
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(who_has_it_is_told_of_another_text_and_after_an_hour_it_pages_again)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	ack(s, CLINICIAN);
	crisis(s, PERSON);
	assert_true(json_get_flag(solo_event(s, CLINICIAN, "page"), "wrote"));
	assert_int_equal(solo_events(s, "page"), 1);
	solo_wait(s, 61 * MINUTE);
	crisis(s, PERSON);
	assert_false(json_get_flag(solo_event(s, CLINICIAN, "page"), "wrote"));
	assert_true(json_get_flag(solo_event(s, CLINICIAN, "page"), "again"));
	assert_true(solo_indexed(s, "cases"));
	assert_true(s->last->alarm > s->now);
	ack(s, CLINICIAN_2);
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

TEST(a_holder_out_of_reach_loses_the_case_to_the_ladder)
{
	struct solo *s = solo_case();
	json_t *data;

	crisis(s, PERSON);
	ack(s, CLINICIAN);
	crisis(s, PERSON);
	paged(s, CLINICIAN, "undelivered"); /* the first page, told late: they have answered it */
	assert_int_equal(solo_events(s, "page"), 0);
	data = solo_data(s, "paged");
	json_put_text(data, "staff", CLINICIAN);
	json_put_text(data, "result", "undelivered");
	json_object_set_new(data, "wrote", json_true());
	solo_give(s, data);
	assert_int_equal(solo_events(s, "page"), 1);
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(who_left_the_staff_with_a_case_in_hand_is_not_relied_on)
{
	struct solo *s = solo_case();
	struct program *p = (struct program *)(uintptr_t)&s->house->programs[0];

	crisis(s, PERSON);
	ack(s, CLINICIAN);
	p->staff[1] = p->staff[2]; /* Rivera is gone, Chen is the first on call */
	crisis(s, PERSON);
	assert_null(solo_event(s, CLINICIAN, "page"));
	assert_non_null(solo_event(s, CLINICIAN_2, "page"));
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(a_case_that_opens_again_counts_the_waiting_from_then)
{
	struct solo *s = solo_case();

	crisis(s, PERSON);
	ack(s, CLINICIAN);
	solo_wait(s, 300 * MINUTE);
	crisis(s, PERSON);
	assert_int_equal(json_get_int(solo_event(s, CLINICIAN, "page"), "opened", 0), s->now);
	solo_free(&s);
}

TEST(with_nobody_to_page_the_gap_is_urgent_and_the_case_keeps_looking)
{
	struct solo *s = solo_case();
	struct program *p = (struct program *)(uintptr_t)&s->house->programs[0];

	p->nstaff = 1; /* the supporter only */
	crisis(s, PERSON);
	assert_int_equal(solo_events(s, "page"), 0);
	assert_true(solo_indexed(s, "urgent"));
	assert_true(s->last->alarm > s->now);
	p->nstaff = 4;
	solo_wake(s);
	assert_non_null(solo_event(s, CLINICIAN, "page"));
	solo_free(&s);
}

/* --- the staff person's side ----------------------------------------------------------------- */

static void page(struct solo *s, const char *case_id, const char *code)
{
	json_t *data = solo_data(s, "page");

	json_put_text(data, "line", CLINICIAN);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "case", case_id);
	json_put_text(data, "code", code);
	json_put_int(data, "round", 1);
	json_put_int(data, "opened", s->now);
	solo_give(s, data);
}

static void taken(struct solo *s, const char *case_id, const char *code, bool you)
{
	json_t *data = solo_data(s, "taken");

	json_put_text(data, "line", CLINICIAN);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "case", case_id);
	json_put_text(data, "code", code);
	json_put_text(data, "by", you ? "Rivera" : "Chen");
	json_put_int(data, "since", s->now);
	if (you) {
		json_object_set_new(data, "you", json_true());
		json_put_text(data, "name", "Ana");
		json_put_text(data, "number", PERSON);
	}
	solo_give(s, data);
}

TEST(a_page_goes_out_in_the_crisis_lane_without_a_name)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	const struct effect *e;

	page(s, CASE, "4821");
	e = solo_find(s, WORDING_PAGE);
	assert_non_null(e);
	assert_int_equal(e->lane, LANE_CRISIS);
	assert_int_equal(e->gate, GATE_SAFETY);
	assert_string_equal(e->to.text, CLINICIAN);
	assert_non_null(strstr(e->body, "4821"));
	solo_free(&s);
}

TEST(every_way_to_say_i_have_it_acknowledges_the_page)
{
	static const char *const words[] = {"1", "ACK", "ack.", "4821", "got it", "#4821",
		"ACK 4821", "4821 got it", "lo tengo", "case 4821"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct solo *s = solo_new(CLINICIAN, WEEKLY);

		page(s, CASE, "4821");
		solo_text(s, words[i]);
		assert_non_null(solo_event(s, CASE, "ack"));
		assert_string_equal(
			json_get_text(solo_event(s, CASE, "ack"), "staff", ""), CLINICIAN);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		taken(s, CASE, "4821", true);
		assert_int_equal(solo_texts(s, WORDING_ACK_YOURS), 1);
		assert_non_null(strstr(solo_find(s, WORDING_ACK_YOURS)->body, PERSON));
		solo_free(&s);
	}
}

TEST(other_words_acknowledge_nothing)
{
	static const char *const words[] = {
		"who is this", "cannot take 4821", "2", "4822", "stop", "I am busy", "good"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct solo *s = solo_new(CLINICIAN, WEEKLY);

		page(s, CASE, "4821");
		solo_text(s, words[i]);
		assert_null(solo_event(s, CASE, "ack"));
		solo_free(&s);
	}
}

TEST(with_two_cases_open_a_bare_ack_asks_which)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	page(s, CASE, "4821");
	page(s, "c01-00000000000000dd", "1234");
	solo_text(s, "1");
	assert_int_equal(solo_events(s, "ack"), 0);
	assert_non_null(strstr(solo_find(s, WORDING_ACK_WHICH)->body, "4821, 1234"));
	solo_text(s, "1234");
	assert_non_null(solo_event(s, "c01-00000000000000dd", "ack"));
	taken(s, "c01-00000000000000dd", "1234", true);
	solo_text(s, "1");
	assert_non_null(solo_event(s, CASE, "ack"));
	solo_free(&s);
}

TEST(who_comes_late_is_told_who_has_it)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	page(s, CASE, "4821");
	taken(s, CASE, "4821", false);
	assert_int_equal(solo_texts(s, WORDING_ACK_OTHER), 1);
	solo_text(s, "ack");
	assert_int_equal(solo_events(s, "ack"), 0);
	assert_non_null(strstr(solo_find(s, WORDING_ACK_LATE)->body, "by=Chen"));
	solo_free(&s);
	s = solo_new(CLINICIAN, WEEKLY);
	page(s, CASE, "4821");
	solo_text(s, "ack"); /* crosses with the other's */
	taken(s, CASE, "4821", false);
	assert_int_equal(solo_texts(s, WORDING_ACK_LATE), 1);
	taken(s, CASE, "4821", false);
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

/* The request hung, the carrier had the page: once the receipt says so it must not leave again. */
TEST(a_page_that_the_carrier_has_is_not_sent_again)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	char job[JOB_ID_SIZE];

	page(s, CASE, "4821");
	memcpy(job, solo_find(s, WORDING_PAGE)->job, JOB_ID_SIZE);
	solo_receipt(s, job, "delivered");
	assert_true(solo_canceled(s, job));
	solo_free(&s);
	s = solo_new(CLINICIAN, WEEKLY);
	page(s, CASE, "4821");
	solo_outcome(s, "unknown");
	taken(s, CASE, "4821", false);
	assert_true(solo_canceled(s, job));
	solo_free(&s);
}

TEST(the_page_says_how_long_somebody_waits)
{
	static const struct {
		int64_t ms;
		const char *age;
	} rows[] = {{0, "age=0 min"}, {30000, "age=30 s"}, {5 * MINUTE, "age=5 min"},
		{119 * MINUTE, "age=119 min"}, {50 * 60 * MINUTE, "age=50 h"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = solo_new(CLINICIAN, WEEKLY);
		json_t *data = solo_data(s, "page");

		json_put_text(data, "line", CLINICIAN);
		json_put_text(data, "program", "weekly");
		json_put_text(data, "case", CASE);
		json_put_int(data, "opened", s->now);
		s->now += rows[i].ms;
		solo_give(s, data);
		assert_non_null(strstr(solo_find(s, WORDING_PAGE)->body, rows[i].age));
		solo_free(&s);
	}
}

TEST(a_case_of_last_week_is_no_answer_to_an_ack)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	page(s, CASE, "4821");
	solo_text(s, "1");
	taken(s, CASE, "4821", true);
	solo_wait(s, 7 * 24 * 60 * MINUTE);
	solo_text(s, "got it");
	assert_int_equal(solo_texts(s, WORDING_ACK_NONE), 1);
	assert_int_equal(solo_all_texts(s), 1);
	solo_free(&s);
}

TEST(an_ack_without_a_page_is_answered_truthfully)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	solo_text(s, "ACK");
	assert_int_equal(solo_texts(s, WORDING_ACK_NONE), 1);
	solo_text(s, "1111");
	assert_int_equal(solo_texts(s, WORDING_ACK_NONE), 1);
	solo_text(s, "what is this");
	assert_int_equal(solo_texts(s, WORDING_STAFF_UNKNOWN), 1);
	solo_free(&s);
}

TEST(a_stopped_clinician_is_paged_all_the_same)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	solo_text(s, "stop");
	page(s, CASE, "4821");
	assert_int_equal(solo_texts(s, WORDING_PAGE), 1);
	assert_int_equal(solo_find(s, WORDING_PAGE)->gate, GATE_SAFETY);
	solo_text(s, "1");
	assert_non_null(solo_event(s, CASE, "ack"));
	solo_free(&s);
}

TEST(the_fate_of_a_page_is_told_to_its_case)
{
	static const char *const results[] = {"accepted", "refused", "expired", "unknown"};

	for (size_t i = 0; i < 4; i++) {
		struct solo *s = solo_new(CLINICIAN, WEEKLY);
		char job[JOB_ID_SIZE];

		page(s, CASE, "4821");
		memcpy(job, solo_find(s, WORDING_PAGE)->job, JOB_ID_SIZE);
		solo_outcome(s, results[i]);
		assert_string_equal(
			json_get_text(solo_event(s, CASE, "paged"), "result", ""), results[i]);
		if (i == 0) {
			solo_receipt(s, job, "undelivered");
			assert_string_equal(
				json_get_text(solo_event(s, CASE, "paged"), "result", ""),
				"undelivered");
		}
		solo_free(&s);
	}
}

TEST(a_page_that_still_waits_is_replaced_by_the_next_one)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	char job[JOB_ID_SIZE];

	page(s, CASE, "4821");
	memcpy(job, solo_find(s, WORDING_PAGE)->job, JOB_ID_SIZE);
	page(s, CASE, "4821");
	assert_true(solo_canceled(s, job));
	assert_int_equal(solo_all_texts(s), 1);
	solo_free(&s);
}

TEST(a_clinician_who_takes_part_answers_check_ins_when_no_page_waits)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);

	solo_join(s);
	solo_wake(s);
	solo_outcome(s, "accepted");
	solo_text(s, "1");
	assert_int_equal(solo_texts(s, WORDING_ANSWER_GOOD), 1);
	page(s, CASE, "4821");
	solo_text(s, "1");
	assert_non_null(solo_event(s, CASE, "ack"));
	solo_free(&s);
}

static void notice(struct solo *s, const char *key)
{
	json_t *data = solo_data(s, "notice");

	json_put_text(data, "line", SUPPORTER);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "wording", key);
	json_put_int(data, "lane", LANE_REPLY);
	json_object_set_new(data, "rests", json_true());
	json_object_set_new(data, "slots", json_pack("{s:s,s:s}", "name", "Ana", "number", PERSON));
	solo_give(s, data);
}

TEST(news_that_cannot_be_brought_goes_to_the_supervisor)
{
	struct solo *s = solo_new(SUPPORTER, WEEKLY);

	notice(s, "supporter_missed");
	assert_non_null(strstr(solo_find(s, WORDING_SUPPORTER_MISSED)->body, "name=Ana"));
	solo_outcome(s, "refused");
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_MISSED));
	solo_free(&s);
	s = solo_new(SUPPORTER, WEEKLY);
	solo_text(s, "stop");
	notice(s, "supporter_call");
	assert_int_equal(solo_all_texts(s), 0);
	assert_true(solo_notice(s, SUPERVISOR, WORDING_SUPPORTER_CALL));
	solo_free(&s);
}

TEST(news_rests_at_night_and_tries_again_when_it_expired)
{
	struct solo *s = solo_new(SUPPORTER, WEEKLY);
	const struct effect *e;

	solo_wait(s, 13 * 60 * MINUTE); /* 23:00 */
	notice(s, "supporter_missed");
	e = solo_find(s, WORDING_SUPPORTER_MISSED);
	assert_int_equal(e->not_before - s->now, 600 * MINUTE);
	assert_int_equal(e->expires - e->not_before, 660 * MINUTE);
	s->now = e->expires;
	solo_outcome(s, "expired");
	e = solo_find(s, WORDING_SUPPORTER_MISSED);
	assert_non_null(e);
	assert_int_equal(e->not_before - s->now, 780 * MINUTE);
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crisis_pages_the_first_on_call_at_once),
		cmocka_unit_test(the_ladder_goes_on_for_ever_until_somebody_acknowledges),
		cmocka_unit_test(the_first_acknowledgement_wins_and_everyone_learns_who_has_it),
		cmocka_unit_test(only_staff_can_take_a_case_and_never_the_person_it_is_about),
		cmocka_unit_test(
			a_page_that_cannot_arrive_brings_the_next_person_at_once_but_never_spins),
		cmocka_unit_test(an_accepted_page_is_no_acknowledgement),
		cmocka_unit_test(another_crisis_text_brings_the_next_person_now),
		cmocka_unit_test(
			who_has_it_is_told_of_another_text_and_after_an_hour_it_pages_again),
		cmocka_unit_test(a_holder_out_of_reach_loses_the_case_to_the_ladder),
		cmocka_unit_test(who_left_the_staff_with_a_case_in_hand_is_not_relied_on),
		cmocka_unit_test(a_case_that_opens_again_counts_the_waiting_from_then),
		cmocka_unit_test(with_nobody_to_page_the_gap_is_urgent_and_the_case_keeps_looking),
		cmocka_unit_test(a_page_goes_out_in_the_crisis_lane_without_a_name),
		cmocka_unit_test(every_way_to_say_i_have_it_acknowledges_the_page),
		cmocka_unit_test(other_words_acknowledge_nothing),
		cmocka_unit_test(with_two_cases_open_a_bare_ack_asks_which),
		cmocka_unit_test(who_comes_late_is_told_who_has_it),
		cmocka_unit_test(a_page_that_the_carrier_has_is_not_sent_again),
		cmocka_unit_test(the_page_says_how_long_somebody_waits),
		cmocka_unit_test(a_case_of_last_week_is_no_answer_to_an_ack),
		cmocka_unit_test(an_ack_without_a_page_is_answered_truthfully),
		cmocka_unit_test(a_stopped_clinician_is_paged_all_the_same),
		cmocka_unit_test(the_fate_of_a_page_is_told_to_its_case),
		cmocka_unit_test(a_page_that_still_waits_is_replaced_by_the_next_one),
		cmocka_unit_test(a_clinician_who_takes_part_answers_check_ins_when_no_page_waits),
		cmocka_unit_test(news_that_cannot_be_brought_goes_to_the_supervisor),
		cmocka_unit_test(news_rests_at_night_and_tries_again_when_it_expired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
