/*
 * The contract of include/warmline/store.h, on both stores: the outbox, claim → begin → finish
 * (reliability.md C3). A text that nobody knows the end of goes out again in lane 0 only.
 */
#include "tests/lib/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ANNA  "p00-00000000000000a1"
#define PHONE "00112233445566778899aabbccddeeff" /* partition 0 */
#define JOB   ANNA ".1"

static struct store_write text(const char *job, enum lane lane, enum gate gate)
{
	return (struct store_write){.kind = WRITE_JOB,
		.id = job,
		.lane = lane,
		.gate = gate,
		.blind = PHONE,
		.program = "weekly",
		.blob = rig_blob("{\"body\":\"how are you?\"}")};
}

/* An event wakes Anna and she is committed with these writes, all mail consumed. */
static void decided(const char *event_id, const struct store_write *writes, size_t n)
{
	struct commit commit;

	assert_int_equal(rig_mail(&rig, ANNA, event_id, "x"), STORE_OK);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	commit = (struct commit){.actor = ANNA,
		.fence = rig.claim.item[0].fence,
		.document = rig_blob("{}"),
		.consumed = rig.claim.item[0].nmail,
		.writes = writes,
		.nwrites = n};
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
}

static void one_text(enum lane lane, enum gate gate)
{
	struct store_write write = text(JOB, lane, gate);

	decided("cause", &write, 1);
}

static void claim_job(int64_t lease_ms)
{
	assert_int_equal(rig_jobs(&rig, 0, 4, lease_ms), STORE_OK);
	assert_int_equal(rig.jobs.n, 1);
	assert_string_equal(rig.jobs.item[0].id, JOB);
}

static void no_job(void)
{
	assert_int_equal(rig_jobs(&rig, 0, 4, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 0);
}

static void begin_is(uint64_t fence, enum begin_verdict verdict, int64_t lease_ms)
{
	assert_int_equal(rig_begin(&rig, JOB, fence, lease_ms), STORE_OK);
	assert_int_equal(rig.verdict, verdict);
}

static enum store_result finish(uint64_t fence, enum job_result result, const char *event_id)
{
	struct finish f = {.job = JOB,
		.fence = fence,
		.result = result,
		.provider_id = "SM1",
		.event_id = event_id};

	f.retry_ms = rig.jobs.now_ms;
	if (event_id)
		f.event = rig_blob("{\"kind\":\"outcome\"}");
	return rig_finish(&rig, &f);
}

static void mail_is(size_t n, const char *last_id)
{
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig.view.nmail, n);
	if (n)
		assert_string_equal(rig.view.mail[n - 1].id, last_id);
}

static void post_consent(const char *event_id, enum post_consent consent)
{
	struct post post = {.actor = ANNA,
		.blind = PHONE,
		.event_id = event_id,
		.program = "weekly",
		.consent = consent,
		.event = rig_blob("x")};

	assert_int_equal(rig_post(&rig, &post), STORE_OK);
}

static void test_a_text_goes_out_and_its_outcome_comes_back(void **state)
{
	struct store_write write = text(JOB, LANE_SCHEDULED, GATE_ROUTINE);

	(void)state;
	write.expires = 4000000000000;
	write.at = 1000;
	decided("cause", &write, 1);
	claim_job(LEASE_LONG);
	assert_string_equal(rig.jobs.item[0].actor, ANNA);
	assert_string_equal(rig.jobs.item[0].program, "weekly");
	assert_string_equal(rig.jobs.item[0].body, "{\"body\":\"how are you?\"}");
	assert_int_equal(rig.jobs.item[0].state, JOB_CLAIMED);
	assert_int_equal(rig.jobs.item[0].lane, LANE_SCHEDULED);
	assert_int_equal(rig.jobs.item[0].attempt, 1);
	assert_int_equal(rig.jobs.item[0].not_before, 1000);
	assert_int_equal(rig.jobs.item[0].expires, 4000000000000);
	no_job();
	begin_is(1, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(1, JOB_ACCEPTED, "o1"), STORE_OK);
	mail_is(1, "o1");
	assert_true(rig.view.alarm_ms > 0); /* rung in the same call */
	no_job();
}

static void test_the_same_cause_writes_one_text(void **state)
{
	struct store_write writes[2] = {
		text(JOB, LANE_REPLY, GATE_ROUTINE), text(JOB, LANE_REPLY, GATE_ROUTINE)};

	(void)state;
	decided("cause", writes, 2);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(1, JOB_ACCEPTED, NULL), STORE_OK);
	decided("cause again", writes, 1);
	no_job();
}

static void test_a_text_waits_for_its_time(void **state)
{
	struct store_write write = text(JOB, LANE_REPLY, GATE_ROUTINE);

	(void)state;
	assert_int_equal(rig_tick(&rig), STORE_OK);
	write.at = rig.tick.now_ms + 2 * LEASE_SHORT;
	decided("cause", &write, 1);
	no_job();
	rig_pass(&rig, 2 * LEASE_SHORT);
	claim_job(LEASE_LONG);
}

static void test_lanes_have_their_own_limits(void **state)
{
	struct store_write writes[4] = {text(ANNA ".1", LANE_SCHEDULED, GATE_ROUTINE),
		text(ANNA ".2", LANE_CRISIS, GATE_SAFETY),
		text(ANNA ".3", LANE_CRISIS, GATE_SAFETY),
		text(ANNA ".4", LANE_CRISIS, GATE_SAFETY)};

	(void)state;
	decided("cause", writes, 4);
	assert_int_equal(rig_jobs(&rig, 0, 2, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 3);
	assert_true(rig.jobs.more);
	assert_int_equal(rig_jobs(&rig, 0, 2, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 1);
	assert_false(rig.jobs.more);
}

static void test_nothing_goes_out_after_stop(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	post_consent("stop", CONSENT_STOP); /* between claim and begin */
	begin_is(1, BEGIN_STOPPED, LEASE_LONG);
	assert_int_equal(finish(1, JOB_REFUSED, "o1"), STORE_OK);
	no_job();
}

static void test_a_stopped_text_stays_stopped_when_the_sender_dies(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_SHORT);
	post_consent("stop", CONSENT_STOP);
	begin_is(1, BEGIN_STOPPED, LEASE_LONG);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	begin_is(2, BEGIN_STOPPED, LEASE_LONG);
}

static void test_start_lets_texts_through_again(void **state)
{
	(void)state;
	post_consent("stop", CONSENT_STOP);
	post_consent("start", CONSENT_START);
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
}

static void test_the_confirmation_of_a_stop_passes(void **state)
{
	(void)state;
	post_consent("stop", CONSENT_STOP);
	one_text(LANE_REPLY, GATE_CONSENT);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
}

static void test_safety_texts_pass_always(void **state)
{
	(void)state;
	post_consent("stop", CONSENT_STOP);
	one_text(LANE_CRISIS, GATE_SAFETY);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
}

static void test_an_expired_text_never_leaves(void **state)
{
	struct store_write write = text(JOB, LANE_REPLY, GATE_ROUTINE);

	(void)state;
	assert_int_equal(rig_tick(&rig), STORE_OK);
	write.expires = rig.tick.now_ms + LEASE_SHORT;
	decided("cause", &write, 1);
	claim_job(LEASE_LONG);
	rig_pass(&rig, LEASE_SHORT);
	begin_is(1, BEGIN_EXPIRED, LEASE_LONG);
	assert_int_equal(finish(1, JOB_EXPIRED, "o1"), STORE_OK);
	mail_is(1, "o1");
	no_job();
}

static void test_a_scheduled_text_waits_for_undecided_mail(void **state)
{
	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	assert_int_equal(rig_mail(&rig, ANNA, "news", "please stop writing"), STORE_OK);
	begin_is(1, BEGIN_WAIT, LEASE_LONG);
	no_job();
	decided("more", NULL, 0);
	rig_pass(&rig, 500);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].attempt, 1);
	begin_is(2, BEGIN_GO, LEASE_LONG);
}

static void test_replies_do_not_wait_for_mail(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	assert_int_equal(rig_mail(&rig, ANNA, "news", "hello"), STORE_OK);
	begin_is(1, BEGIN_GO, LEASE_LONG);
}

static void test_a_canceled_text_is_gone(void **state)
{
	struct store_write cancel = {.kind = WRITE_CANCEL, .id = JOB};

	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	decided("cancel", &cancel, 1);
	no_job();
}

static void test_a_text_canceled_after_its_claim_does_not_begin(void **state)
{
	struct store_write cancel = {.kind = WRITE_CANCEL, .id = JOB};

	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	claim_job(LEASE_SHORT);
	decided("cancel", &cancel, 1);
	begin_is(1, BEGIN_UNWANTED, LEASE_LONG);
	rig_pass(&rig, LEASE_SHORT);
	no_job();
}

static void test_what_is_being_sent_cannot_be_canceled_but_does_not_come_back(void **state)
{
	struct store_write cancel = {.kind = WRITE_CANCEL, .id = JOB};

	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	decided("cancel", &cancel, 1);
	assert_int_equal(finish(1, JOB_LATER, NULL), STORE_OK);
	claim_job(LEASE_LONG);
	begin_is(2, BEGIN_UNWANTED, LEASE_LONG);
	no_job();
}

static void test_a_lapsed_claim_is_due_again_with_a_new_fence(void **state)
{
	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	claim_job(LEASE_SHORT);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_CLAIMED);
	assert_int_equal(rig.jobs.item[0].fence, 2);
	assert_int_equal(rig.jobs.item[0].attempt, 1);
	assert_int_equal(rig.jobs.item[0].ambiguous, 0);
	assert_int_equal(rig_begin(&rig, JOB, 1, LEASE_LONG), STORE_LOST); /* the slow sender */
	begin_is(2, BEGIN_GO, LEASE_LONG);
	assert_int_equal(rig_begin(&rig, JOB, 2, LEASE_LONG), STORE_LOST); /* not twice */
}

static void lapses_while_sending(enum lane lane)
{
	one_text(lane, GATE_ROUTINE);
	claim_job(LEASE_SHORT);
	begin_is(1, BEGIN_GO, LEASE_SHORT);
	no_job();
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_SHORT);
	assert_int_equal(rig.jobs.item[0].state, JOB_LAPSED);
	assert_int_equal(rig.jobs.item[0].fence, 2);
	assert_int_equal(rig.jobs.item[0].attempt, 1);
	assert_int_equal(rig_begin(&rig, JOB, 2, LEASE_LONG), STORE_LOST);
	rig_pass(&rig, LEASE_SHORT); /* who took it died too */
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_LAPSED);
	assert_int_equal(rig.jobs.item[0].fence, 3);
	assert_int_equal(finish(2, JOB_UNKNOWN, "o0"), STORE_LOST);
	assert_int_equal(finish(3, JOB_UNKNOWN, "o1"), STORE_OK);
	mail_is(1, "o1");
	no_job();
}

static void test_a_reply_lapsed_while_sending_is_never_sent_again(void **state)
{
	(void)state;
	lapses_while_sending(LANE_REPLY);
}

static void test_a_check_in_lapsed_while_sending_is_never_sent_again(void **state)
{
	(void)state;
	lapses_while_sending(LANE_SCHEDULED);
}

static void test_a_crisis_text_lapsed_while_sending_goes_out_again(void **state)
{
	(void)state;
	one_text(LANE_CRISIS, GATE_SAFETY);
	claim_job(LEASE_SHORT);
	begin_is(1, BEGIN_GO, LEASE_SHORT);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_CLAIMED);
	assert_int_equal(rig.jobs.item[0].attempt, 2);
	assert_int_equal(rig.jobs.item[0].ambiguous, 1);
	begin_is(2, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(2, JOB_ACCEPTED, "o2"), STORE_OK);
	no_job();
}

static void test_unknown_is_final_for_replies(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(1, JOB_UNKNOWN, "o1"), STORE_OK);
	assert_int_equal(finish(1, JOB_UNKNOWN, "o1"), STORE_OK); /* the same call again */
	mail_is(1, "o1");
	no_job();
}

static void test_unknown_crisis_texts_are_due_again(void **state)
{
	(void)state;
	one_text(LANE_CRISIS, GATE_SAFETY);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(1, JOB_UNKNOWN, "o1"), STORE_OK);
	mail_is(1, "o1");
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].attempt, 2);
	assert_int_equal(rig.jobs.item[0].ambiguous, 1);
}

static void test_later_comes_back_at_its_time(void **state)
{
	struct finish f = {.job = JOB, .fence = 1, .result = JOB_LATER};

	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	f.retry_ms = rig.jobs.now_ms + 2 * LEASE_SHORT;
	assert_int_equal(rig_finish(&rig, &f), STORE_OK);
	assert_int_equal(rig_finish(&rig, &f), STORE_OK);
	no_job();
	rig_pass(&rig, 2 * LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].attempt, 2);
	assert_int_equal(rig.jobs.item[0].ambiguous, 0);
}

/* No account had room for it: it was claimed for nothing. */
static void test_what_was_not_begun_goes_back_at_no_cost(void **state)
{
	(void)state;
	one_text(LANE_SCHEDULED, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	assert_int_equal(finish(1, JOB_LATER, NULL), STORE_OK);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_CLAIMED);
	assert_int_equal(rig.jobs.item[0].attempt, 1);
	begin_is(2, BEGIN_GO, LEASE_LONG);
}

/* An errand may be run twice. */
static void test_what_lapsed_can_be_put_back(void **state)
{
	(void)state;
	one_text(LANE_SCHEDULED, GATE_SAFETY);
	claim_job(LEASE_SHORT);
	begin_is(1, BEGIN_GO, LEASE_SHORT);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_LAPSED);
	assert_int_equal(finish(2, JOB_LATER, NULL), STORE_OK);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_CLAIMED);
	assert_int_equal(rig.jobs.item[0].attempt, 2);
	begin_is(3, BEGIN_GO, LEASE_LONG);
}

static void test_accepted_is_recorded_even_when_late(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_SHORT);
	begin_is(1, BEGIN_GO, LEASE_SHORT);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(rig.jobs.item[0].state, JOB_LAPSED);
	assert_int_equal(finish(1, JOB_LATER, "o-later"), STORE_LOST);
	assert_int_equal(finish(1, JOB_REFUSED, "o-refused"), STORE_LOST);
	mail_is(0, NULL);
	assert_int_equal(finish(1, JOB_ACCEPTED, "o1"), STORE_OK);
	mail_is(1, "o1");
	assert_int_equal(finish(2, JOB_UNKNOWN, "o2"), STORE_LOST); /* we know by now */
	mail_is(1, "o1");
	no_job();
}

static void test_a_late_fact_settles_what_nobody_sends(void **state)
{
	(void)state;
	one_text(LANE_CRISIS, GATE_SAFETY);
	claim_job(LEASE_SHORT);
	begin_is(1, BEGIN_GO, LEASE_SHORT);
	rig_pass(&rig, LEASE_SHORT);
	claim_job(LEASE_LONG);
	assert_int_equal(finish(1, JOB_ACCEPTED, "o1"), STORE_OK);
	assert_int_equal(rig_begin(&rig, JOB, 2, LEASE_LONG), STORE_LOST);
	no_job();
}

static void test_a_late_fact_after_the_end_is_told_once(void **state)
{
	(void)state;
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
	assert_int_equal(finish(1, JOB_UNKNOWN, "o1"), STORE_OK);
	assert_int_equal(finish(1, JOB_ACCEPTED, "o2"), STORE_OK);
	assert_int_equal(finish(1, JOB_ACCEPTED, "o2"), STORE_OK);
	mail_is(2, "o2");
	no_job();
}

static void test_stop_is_per_program(void **state)
{
	struct store_write write = text(JOB, LANE_REPLY, GATE_ROUTINE);

	(void)state;
	write.program = "other";
	post_consent("stop", CONSENT_STOP);
	decided("cause", &write, 1);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_GO, LEASE_LONG);
}

static void test_stop_without_a_program_stops_all(void **state)
{
	struct post post = {.actor = ANNA,
		.blind = PHONE,
		.event_id = "stop",
		.program = "",
		.consent = CONSENT_STOP,
		.event = rig_blob("x")};

	(void)state;
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	one_text(LANE_REPLY, GATE_ROUTINE);
	claim_job(LEASE_LONG);
	begin_is(1, BEGIN_STOPPED, LEASE_LONG);
}

static void test_jobs_that_are_no_jobs_are_refused(void **state)
{
	(void)state;
	assert_int_equal(rig_begin(&rig, "nonsense", 1, LEASE_LONG), STORE_REFUSED);
	assert_int_equal(rig_finish(&rig, &(struct finish){.job = "nonsense"}), STORE_REFUSED);
	assert_int_equal(rig_begin(&rig, ANNA ".77", 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.verdict, BEGIN_UNWANTED);
	assert_int_equal(rig_finish(&rig, &(struct finish){.job = ANNA ".77", .result = JOB_LATER}),
		STORE_LOST);
}

static void test_memory_knows_what_comes_next(void **state)
{
	struct store_write write = text(JOB, LANE_REPLY, GATE_ROUTINE);

	(void)state;
	assert_int_equal(store_memory_next(rig.store), 0);
	write.at = rig.now + 5000;
	decided("cause", &write, 1);
	assert_int_equal(store_memory_next(rig.store), rig.now + 5000);
	rig_pass(&rig, 5000);
	claim_job(700);
	assert_int_equal(store_memory_next(rig.store), rig.now + 700);
	begin_is(1, BEGIN_GO, 900);
	assert_int_equal(store_memory_next(rig.store), rig.now + 900);
	assert_int_equal(finish(1, JOB_ACCEPTED, NULL), STORE_OK);
	assert_int_equal(store_memory_next(rig.store), 0);
}

#define CONTRACT(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, cases_open_memory, cases_close),                     \
		cmocka_unit_test_setup_teardown(test, cases_open_redis, cases_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT(test_a_text_goes_out_and_its_outcome_comes_back),
		CONTRACT(test_the_same_cause_writes_one_text),
		CONTRACT(test_a_text_waits_for_its_time),
		CONTRACT(test_lanes_have_their_own_limits),
		CONTRACT(test_nothing_goes_out_after_stop),
		CONTRACT(test_a_stopped_text_stays_stopped_when_the_sender_dies),
		CONTRACT(test_start_lets_texts_through_again),
		CONTRACT(test_the_confirmation_of_a_stop_passes),
		CONTRACT(test_safety_texts_pass_always),
		CONTRACT(test_an_expired_text_never_leaves),
		CONTRACT(test_a_scheduled_text_waits_for_undecided_mail),
		CONTRACT(test_replies_do_not_wait_for_mail),
		CONTRACT(test_a_canceled_text_is_gone),
		CONTRACT(test_a_text_canceled_after_its_claim_does_not_begin),
		CONTRACT(test_what_is_being_sent_cannot_be_canceled_but_does_not_come_back),
		CONTRACT(test_a_lapsed_claim_is_due_again_with_a_new_fence),
		CONTRACT(test_a_reply_lapsed_while_sending_is_never_sent_again),
		CONTRACT(test_a_check_in_lapsed_while_sending_is_never_sent_again),
		CONTRACT(test_a_crisis_text_lapsed_while_sending_goes_out_again),
		CONTRACT(test_unknown_is_final_for_replies),
		CONTRACT(test_unknown_crisis_texts_are_due_again),
		CONTRACT(test_later_comes_back_at_its_time),
		CONTRACT(test_what_was_not_begun_goes_back_at_no_cost),
		CONTRACT(test_what_lapsed_can_be_put_back),
		CONTRACT(test_accepted_is_recorded_even_when_late),
		CONTRACT(test_a_late_fact_settles_what_nobody_sends),
		CONTRACT(test_a_late_fact_after_the_end_is_told_once),
		CONTRACT(test_stop_is_per_program),
		CONTRACT(test_stop_without_a_program_stops_all),
		CONTRACT(test_jobs_that_are_no_jobs_are_refused),
		cmocka_unit_test_setup_teardown(
			test_memory_knows_what_comes_next, cases_open_memory, cases_close),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_close(&rig);
	return failed;
}
