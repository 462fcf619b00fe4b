/* What became of a text: whose word counts, what is written once more, what people must see. */
#include "tests/lib/solo.h"

#include <warmline/fail.h>

#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(3600000)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)
/* Monday 2026-01-12 10:00 in Detroit. */
#define FIRST INT64_C(1768230000000)

static char job[JOB_ID_SIZE];

/* The check-in is written, taken by "maple" and called "A1" there. */
static struct solo *asked(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
	solo_accept(s, job, "maple", "A1");
	return s;
}

static void keep_job(struct solo *s, enum wording_key key)
{
	const struct effect *e = solo_find(s, key);

	assert_non_null(e);
	memcpy(job, e->job, JOB_ID_SIZE);
}

static const char *status_of(const struct solo *s, const char *kind)
{
	return json_get_text(solo_entry(s, kind), "status", "");
}

TEST(what_may_pass_is_written_once_more_and_what_is_for_good_is_not)
{
	static const struct {
		const char *status, *why;
		bool again;
	} rows[] = {
		{"undelivered", "network", true},
		{"undelivered", "unknown", true},
		{"undelivered", NULL, true},
		{"failed", "account", true},
		{"failed", "provider", true},
		{"failed", "rate", true},
		{"undelivered", "bad number", false},
		{"failed", "blocked", false},
		{"undelivered", "content", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = asked();
		const struct effect *e;

		solo_wait(s, MINUTE);
		solo_receipt_why(s, job, rows[i].status, rows[i].why);
		e = solo_find(s, WORDING_CHECK_IN);
		assert_int_equal(e != NULL, rows[i].again);
		assert_int_equal(solo_indexed(s, "undelivered"), !rows[i].again);
		if (e) {
			assert_string_equal(e->avoid, "maple");
			assert_string_not_equal(e->job, job);
			assert_true(e->not_before > s->now && e->not_before < s->now + MINUTE);
			assert_int_equal(e->expires, FIRST + 2 * HOUR);
			assert_int_equal(e->lane, LANE_SCHEDULED);
			assert_int_equal(e->gate, GATE_ROUTINE);
			assert_non_null(strstr(status_of(s, "check-in"), "written once more"));
		} else {
			assert_int_equal(s->last->alarm, FIRST + WEEK);
		}
		solo_free(&s);
	}
}

TEST(the_window_runs_from_the_second_text_once_that_is_accepted)
{
	struct solo *s = asked();

	solo_wait(s, 10 * MINUTE);
	solo_receipt_why(s, job, "undelivered", "network");
	keep_job(s, WORDING_CHECK_IN);
	/* Not accepted yet: no reminder is planned, only a look at what became of it. */
	assert_true(s->last->alarm > FIRST + 2 * HOUR && s->last->alarm < FIRST + 3 * HOUR);
	solo_wait(s, 5 * MINUTE);
	solo_accept(s, job, "birch", "B1");
	solo_receipt(s, job, "delivered");
	solo_wake(s);
	assert_int_equal(s->now, FIRST + DAY + 15 * MINUTE);
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	assert_string_equal(solo_find(s, WORDING_REMINDER)->avoid, "");
	solo_free(&s);
}

TEST(a_second_failure_closes_it_and_nobody_is_called_silent)
{
	static const char *const ends[] = {"undelivered", "failed", "expired", "refused"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct solo *s = asked();

		solo_wait(s, MINUTE);
		solo_receipt_why(s, job, "undelivered", "network");
		keep_job(s, WORDING_CHECK_IN);
		if (i < 2) {
			solo_accept(s, job, "birch", "B1");
			solo_receipt_why(s, job, ends[i], "network");
		} else {
			json_t *data = solo_data(s, "outcome");

			json_put_text(data, "job", job);
			json_put_text(data, "result", ends[i]);
			solo_give(s, data);
		}
		assert_true(solo_indexed(s, "undelivered"));
		assert_int_equal(solo_all_texts(s), 0);
		assert_int_equal(s->last->alarm, FIRST + WEEK);
		assert_null(json_object_get(s->doc, "jobs"));
		solo_wake(s);
		assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
		assert_int_equal(solo_logged(s, "missed"), 0);
		solo_free(&s);
	}
}

TEST(a_reminder_is_written_once_more_as_well)
{
	struct solo *s = asked();

	solo_receipt(s, job, "delivered");
	solo_wake(s);
	keep_job(s, WORDING_REMINDER);
	solo_accept(s, job, "maple", "A2");
	solo_wait(s, MINUTE);
	solo_receipt_why(s, job, "failed", "network");
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 0);
	assert_string_equal(solo_find(s, WORDING_REMINDER)->avoid, "maple");
	keep_job(s, WORDING_REMINDER);
	solo_wait(s, MINUTE);
	solo_accept(s, job, "birch", "B2");
	solo_receipt(s, job, "delivered");
	solo_wake(s);
	assert_int_equal(s->now, FIRST + 2 * DAY + 2 * MINUTE);
	assert_int_equal(solo_logged(s, "missed"), 1);
	solo_free(&s);
}

TEST(a_check_in_that_failed_too_late_is_not_written_again)
{
	static const struct {
		int64_t after;
		bool again;
	} rows[] = {{2 * HOUR - MINUTE, true}, {2 * HOUR - 10000, false}, {3 * HOUR, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = asked();

		solo_wait(s, rows[i].after);
		solo_receipt_why(s, job, "undelivered", "network");
		assert_int_equal(solo_texts(s, WORDING_CHECK_IN), rows[i].again);
		assert_int_equal(solo_indexed(s, "undelivered"), !rows[i].again);
		solo_free(&s);
	}
}

/* 19:30, half an hour before quiet hours. */
TEST(a_second_text_never_leaves_in_quiet_hours)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", PERSON);
	json_put_text(data, "hour", "19:30");
	json_object_set_new(data, "confirmed", json_true());
	solo_give(s, data);
	solo_wake(s);
	keep_job(s, WORDING_CHECK_IN);
	solo_accept(s, job, "maple", "A1");
	solo_wait(s, 29 * MINUTE);
	solo_receipt_why(s, job, "undelivered", "network");
	assert_int_equal(solo_find(s, WORDING_CHECK_IN)->expires - s->now, MINUTE);
	solo_free(&s);
}

TEST(who_has_answered_is_not_asked_again)
{
	struct solo *s = asked();

	solo_text(s, "1");
	solo_receipt_why(s, job, "undelivered", "network");
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

/* The carrier was faster than our own sender: what it failed to bring must not go out twice. */
TEST(a_failure_that_is_known_before_the_outcome_takes_the_first_text_back)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char first[JOB_ID_SIZE];
	json_t *data;

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	keep_job(s, WORDING_CHECK_IN);
	memcpy(first, job, JOB_ID_SIZE);
	data = solo_data(s, "receipt");
	json_put_text(data, "job", job);
	json_put_text(data, "status", "undelivered");
	json_put_text(data, "account", "birch");
	solo_give(s, data);
	assert_true(solo_canceled(s, first));
	assert_string_equal(solo_find(s, WORDING_CHECK_IN)->avoid, "birch");
	keep_job(s, WORDING_CHECK_IN);
	solo_accept(s, first, "birch", "B1"); /* the outcome of the first: of no account any more */
	solo_accept(s, job, "maple", "A1");
	assert_int_equal(s->last->alarm, s->now + SOLO_RECEIPT_MS);
	solo_free(&s);
}

TEST(receipts_without_a_job_are_known_by_the_providers_name_for_the_text)
{
	static const struct {
		const char *provider_id, *account, *job;
		bool known;
	} rows[] = {
		{"A1", "maple", "", true}, {"A1", "", "", true}, {"A1", "birch", "", false},
		{"A2", "maple", "", false}, {"", "maple", "", false},
		{"A1", "maple", "p01-00000000000000bb.4", false}, /* somebody else's */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = asked();
		json_t *data = solo_data(s, "receipt");

		json_put_text(data, "job", rows[i].job);
		json_put_text(data, "provider_id", rows[i].provider_id);
		json_put_text(data, "account", rows[i].account);
		json_put_text(data, "status", "undelivered");
		json_put_text(data, "why", "bad number");
		solo_give(s, data);
		assert_int_equal(solo_logged(s, "receipt"), 1);
		assert_string_equal(
			json_get_text(solo_entry(s, "receipt"), "why", ""), "bad number");
		assert_int_equal(solo_indexed(s, "undelivered"), rows[i].known);
		assert_int_equal(
			json_object_get(json_object_get(json_object_get(s->doc, "p"), "weekly"),
				"ci") == NULL,
			rows[i].known);
		solo_free(&s);
	}
}

static void receipt_by_name(
	struct solo *s, const char *account, const char *provider_id, const char *status)
{
	json_t *data = solo_data(s, "receipt");

	json_put_text(data, "account", account);
	json_put_text(data, "provider_id", provider_id);
	json_put_text(data, "status", status);
	json_put_text(data, "why", strcmp(status, "undelivered") == 0 ? "bad number" : NULL);
	solo_give(s, data);
}

/* Written, and our own sender has not told yet what became of it. */
static struct solo *written(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	keep_job(s, WORDING_CHECK_IN);
	return s;
}

TEST(a_receipt_without_a_job_that_comes_before_the_outcome_waits_for_it)
{
	static const struct {
		const char *first, *second; /* before the outcome */
		bool undelivered;
		int64_t plan; /* after the outcome */
	} rows[] = {
		{"undelivered", NULL, true, FIRST + WEEK},
		{"sent", "undelivered", true, FIRST + WEEK},
		{"undelivered", "sent", true, FIRST + WEEK},
		{"delivered", "sent", false, FIRST + DAY},
		{"sent", NULL, false, FIRST + DAY + MINUTE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = written();

		receipt_by_name(s, "birch", "B1", rows[i].first);
		if (rows[i].second)
			receipt_by_name(s, "birch", "B1", rows[i].second);
		assert_false(solo_indexed(s, "undelivered"));
		solo_wait(s, MINUTE);
		solo_accept(s, job, "birch", "B1");
		assert_int_equal(solo_indexed(s, "undelivered"), rows[i].undelivered);
		assert_int_equal(s->last->alarm, rows[i].plan);
		assert_null(json_object_get(s->doc, "early"));
		solo_free(&s);
	}
}

TEST(early_receipts_are_few_and_do_not_stay)
{
	struct solo *s = written();
	char id[8];

	for (int i = 0; i < 9; i++) {
		text_set(id, sizeof(id), "X%d", i);
		solo_wait(s, 1000);
		receipt_by_name(s, "birch", id, "delivered");
		assert_true(json_object_size(json_object_get(s->doc, "early")) <= 4);
	}
	receipt_by_name(s, "birch", "B1", "undelivered"); /* the newest is kept */
	solo_accept(s, job, "birch", "B1");
	assert_true(solo_indexed(s, "undelivered"));
	assert_null(json_object_get(s->doc, "early")); /* nothing waits: other people's go */
	receipt_by_name(s, "birch", "X1", "delivered");
	assert_null(json_object_get(s->doc, "early"));
	solo_free(&s);
	s = written();
	receipt_by_name(s, "birch", "B1", "undelivered");
	solo_wait(s, 11 * MINUTE);
	receipt_by_name(s, "maple", "A1", "sent");
	assert_int_equal(json_object_size(json_object_get(s->doc, "early")), 1);
	solo_free(&s);
}

/* The outcome was unknown; what the first receipt says lets the second be understood. */
TEST(a_receipt_that_names_the_job_tells_the_providers_name_for_it)
{
	struct solo *s = written();
	json_t *data;

	solo_outcome(s, "unknown");
	data = solo_data(s, "receipt");
	json_put_text(data, "job", job);
	json_put_text(data, "account", "maple");
	json_put_text(data, "provider_id", "A1");
	json_put_text(data, "status", "sent");
	solo_give(s, data);
	receipt_by_name(s, "maple", "A1", "undelivered");
	assert_true(solo_indexed(s, "undelivered"));
	assert_int_equal(s->last->alarm, FIRST + WEEK);
	solo_free(&s);
}

TEST(an_opt_out_at_any_provider_is_a_stop_whoever_tells_it_and_when)
{
	static const struct {
		const char *kind, *result;
		bool answered; /* the check-in is over, its text forgotten */
	} rows[] = {{"outcome", "refused", false}, {"receipt", "undelivered", false},
		{"receipt", "failed", false}, {"receipt", "failed", true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = asked();
		json_t *data;

		if (rows[i].answered)
			solo_text(s, "1");
		data = solo_data(s, rows[i].kind);
		json_put_text(data, "job", job);
		json_put_text(data, strcmp(rows[i].kind, "outcome") == 0 ? "result" : "status",
			rows[i].result);
		json_put_text(data, "why", "opted out");
		solo_give(s, data);
		assert_string_equal(solo_state(s, "weekly"), "stopped");
		assert_int_equal(solo_all_texts(s), 0);
		assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_STOPPED));
		solo_free(&s);
	}
}

TEST(a_forgotten_text_of_somebody_in_two_programs_stops_neither)
{
	struct solo *s = asked();

	solo_text(s, "1");
	s->to = FAST;
	solo_join(s);
	solo_receipt_why(s, job, "failed", "opted out");
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_string_equal(solo_state(s, "fast"), "active");
	assert_true(solo_indexed(s, "undelivered"));
	solo_free(&s);
}

TEST(deliveries_are_told_to_the_routes_with_the_time_that_they_took)
{
	struct solo *s = asked();

	assert_int_equal(s->last->nobserved, 0);
	solo_wait(s, 2500);
	solo_receipt(s, job, "sent");
	assert_int_equal(s->last->nobserved, 0);
	solo_wait(s, 1000);
	solo_receipt(s, job, "delivered");
	assert_int_equal(s->last->nobserved, 1);
	assert_string_equal(s->last->observed[0].account, "maple");
	assert_int_equal(s->last->observed[0].latency_ms, 3500);
	solo_receipt(s, job, "delivered");
	assert_int_equal(s->last->nobserved, 0);
	solo_free(&s);
}

/* --- pages ----------------------------------------------------------------------------------- */

static struct solo *paged(void)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	json_t *data = solo_data(s, "page");

	json_put_text(data, "line", CLINICIAN);
	json_put_text(data, "program", "weekly");
	json_put_text(data, "case", "c01-00000000000000cc");
	json_put_text(data, "code", "4821");
	solo_give(s, data);
	keep_job(s, WORDING_PAGE);
	return s;
}

TEST(a_page_that_was_not_delivered_tells_its_case_and_is_not_written_again)
{
	struct solo *s = paged();
	const json_t *told;

	solo_accept(s, job, "maple", "A1");
	solo_receipt_why(s, job, "undelivered", "network");
	told = solo_event(s, "c01-00000000000000cc", "paged");
	assert_non_null(told);
	assert_string_equal(json_get_text(told, "result", ""), "undelivered");
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

static void receipt_of_attempt(struct solo *s, int attempt, const char *status)
{
	json_t *data = solo_data(s, "receipt");

	json_put_text(data, "job", job);
	json_put_int(data, "attempt", attempt);
	json_put_text(data, "status", status);
	solo_give(s, data);
}

/* The first attempt's end was unknown, so it went out again, by another account. */
TEST(the_failure_of_an_earlier_attempt_is_no_news_about_the_last)
{
	struct solo *s = paged();
	json_t *data = solo_data(s, "outcome");

	json_put_text(data, "job", job);
	json_put_text(data, "result", "accepted");
	json_put_int(data, "attempt", 2);
	json_put_text(data, "account", "birch");
	json_put_text(data, "provider_id", "B1");
	solo_give(s, data);
	receipt_of_attempt(s, 1, "undelivered");
	assert_null(solo_event(s, NULL, "paged"));
	receipt_of_attempt(s, 1, "delivered"); /* the first one did arrive: they have it */
	assert_string_equal(json_get_text(solo_event(s, NULL, "paged"), "result", ""), "delivered");
	receipt_of_attempt(s, 2, "undelivered");
	assert_null(solo_event(s, NULL, "paged"));
	solo_free(&s);
}

TEST(the_log_says_by_which_account_and_number_a_text_left)
{
	struct solo *s = asked();
	json_t *data = solo_data(s, "outcome");
	const json_t *entry;

	json_put_text(data, "job", job);
	json_put_text(data, "result", "refused");
	json_put_text(data, "why", "content");
	json_put_text(data, "account", "maple");
	json_put_text(data, "from", WEEKLY);
	solo_give(s, data);
	entry = solo_entry(s, "outcome");
	assert_string_equal(json_get_text(entry, "account", ""), "maple");
	assert_string_equal(json_get_text(entry, "from", ""), WEEKLY);
	assert_string_equal(json_get_text(entry, "why", ""), "content");
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_pass_is_written_once_more_and_what_is_for_good_is_not),
		cmocka_unit_test(the_window_runs_from_the_second_text_once_that_is_accepted),
		cmocka_unit_test(a_second_failure_closes_it_and_nobody_is_called_silent),
		cmocka_unit_test(a_reminder_is_written_once_more_as_well),
		cmocka_unit_test(a_check_in_that_failed_too_late_is_not_written_again),
		cmocka_unit_test(a_second_text_never_leaves_in_quiet_hours),
		cmocka_unit_test(who_has_answered_is_not_asked_again),
		cmocka_unit_test(
			a_failure_that_is_known_before_the_outcome_takes_the_first_text_back),
		cmocka_unit_test(
			receipts_without_a_job_are_known_by_the_providers_name_for_the_text),
		cmocka_unit_test(
			a_receipt_without_a_job_that_comes_before_the_outcome_waits_for_it),
		cmocka_unit_test(early_receipts_are_few_and_do_not_stay),
		cmocka_unit_test(a_receipt_that_names_the_job_tells_the_providers_name_for_it),
		cmocka_unit_test(an_opt_out_at_any_provider_is_a_stop_whoever_tells_it_and_when),
		cmocka_unit_test(a_forgotten_text_of_somebody_in_two_programs_stops_neither),
		cmocka_unit_test(deliveries_are_told_to_the_routes_with_the_time_that_they_took),
		cmocka_unit_test(
			a_page_that_was_not_delivered_tells_its_case_and_is_not_written_again),
		cmocka_unit_test(the_failure_of_an_earlier_attempt_is_no_news_about_the_last),
		cmocka_unit_test(the_log_says_by_which_account_and_number_a_text_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
