/*
 * The contract of include/warmline/store.h, on both stores: recall(). A store came back from an
 * older copy, a sender's journal tells it what left (reliability.md J7): nothing leaves twice,
 * and what became of it is known again.
 */
#include "tests/lib/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ANNA  "p00-00000000000000a1"
#define PHONE "00112233445566778899aabbccddeeff" /* partition 0 */
#define JOB   ANNA ".5"
#define OTHER ANNA ".6"
#define WORDS "{\"body\":\"how are you?\"}"
#define HOUR  3600000

static struct rig rig;

static int open_memory(void **state)
{
	(void)state;
	rig_open_memory(&rig);
	return 0;
}

static int open_redis(void **state)
{
	(void)state;
	rig_open_redis(&rig);
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	rig_close_store(&rig);
	return 0;
}

static int decisions;

static void write_text(const char *job, enum lane lane, const char *words)
{
	struct store_write write = {.kind = WRITE_JOB,
		.id = job,
		.lane = lane,
		.gate = GATE_CONSENT,
		.blind = PHONE,
		.program = "weekly",
		.blob = rig_blob(words)};
	struct commit commit = {.actor = ANNA, .writes = &write, .nwrites = 1};
	char cause[32];

	snprintf(cause, sizeof(cause), "cause %d", decisions++);
	assert_int_equal(rig_mail(&rig, ANNA, cause, "x"), STORE_OK);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	commit.fence = rig.claim.item[0].fence;
	commit.document = rig_blob("{}");
	commit.consumed = rig.claim.item[0].nmail;
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
}

static void claim_is(const char *job, uint64_t fence)
{
	assert_int_equal(rig_jobs(&rig, 0, 4, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 1);
	assert_string_equal(rig.jobs.item[0].id, job);
	assert_int_equal(rig.jobs.item[0].fence, fence);
}

static void begin_is(const char *job, uint64_t fence, enum begin_verdict verdict)
{
	assert_int_equal(rig_begin(&rig, job, fence, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.verdict, verdict);
}

static void nothing_due(void)
{
	assert_int_equal(rig_jobs(&rig, 0, 4, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 0);
}

static enum store_result finish(
	const char *job, uint64_t fence, enum job_result result, const char *event_id)
{
	struct finish f = {.job = job, .fence = fence, .result = result, .event_id = event_id};

	f.retry_ms = rig.jobs.now_ms;
	if (event_id)
		f.event = rig_blob("{\"kind\":\"outcome\"}");
	return rig_finish(&rig, &f);
}

static struct recall text_of(enum job_result result)
{
	return (struct recall){.job = JOB,
		.program = "weekly",
		.lane = LANE_SCHEDULED,
		.fence = 1,
		.body = rig_blob(WORDS),
		.result = result,
		.provider_id = "SM5",
		.event_id = result == JOB_ACCEPTED ? JOB ":1:accepted" : JOB ":1:unknown",
		.event = rig_blob("{\"kind\":\"outcome\"}")};
}

static enum store_result recall(enum job_result result)
{
	struct recall r = text_of(result);

	return rig_recall(&rig, &r);
}

static void mail_is(size_t n, const char *last_id)
{
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig.view.nmail, n);
	if (n)
		assert_string_equal(rig.view.mail[n - 1].id, last_id);
}

/* --- the store has the text, but not that it left -------------------------------------------- */

static void test_a_text_that_is_due_again_does_not_leave_again(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	mail_is(1, JOB ":1:accepted");
	nothing_due();
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
	mail_is(1, JOB ":1:accepted");
}

static void test_a_text_that_may_have_left_does_not_leave_again(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	assert_int_equal(recall(JOB_UNKNOWN), STORE_OK);
	mail_is(1, JOB ":1:unknown");
	nothing_due();
}

static void test_a_claimed_text_cannot_begin_after_its_recall(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	assert_int_equal(rig_begin(&rig, JOB, 1, LEASE_LONG), STORE_LOST);
	nothing_due();
}

static void test_what_somebody_sends_right_now_is_left_alone(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	assert_int_equal(finish(JOB, 1, JOB_LATER, NULL), STORE_OK);
	claim_is(JOB, 2);
	begin_is(JOB, 2, BEGIN_GO);
	assert_int_equal(recall(JOB_UNKNOWN), STORE_LOST);
	mail_is(0, NULL);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_LOST);
	mail_is(1, JOB ":1:accepted"); /* the fact is told all the same */
	assert_int_equal(finish(JOB, 2, JOB_ACCEPTED, JOB ":2:accepted"), STORE_OK);
}

static void test_what_is_known_changes_nothing(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
	assert_int_equal(finish(JOB, 1, JOB_ACCEPTED, JOB ":1:accepted"), STORE_OK);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
	assert_int_equal(recall(JOB_UNKNOWN), STORE_DUPLICATE);
	mail_is(1, JOB ":1:accepted");
	write_text(OTHER, LANE_SCHEDULED, WORDS); /* next week's */
	claim_is(OTHER, 1);
	begin_is(OTHER, 1, BEGIN_GO);
}

static void test_accepted_outweighs_unknown(void **state)
{
	(void)state;
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
	assert_int_equal(finish(JOB, 1, JOB_UNKNOWN, JOB ":1:unknown"), STORE_OK);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	mail_is(2, JOB ":1:accepted");
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
}

/* --- the store has forgotten the text -------------------------------------------------------- */

static void test_a_forgotten_text_decided_again_does_not_leave_again(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	mail_is(1, JOB ":1:accepted");
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_SENT);
	assert_int_equal(finish(JOB, 1, JOB_ACCEPTED, JOB ":1:accepted"), STORE_OK);
	nothing_due();
}

/* The end reached a store that had come back from an older copy, before anybody noticed. */
static void test_a_forgotten_text_whose_end_is_known_does_not_leave_again(void **state)
{
	(void)state;
	assert_int_equal(finish(JOB, 1, JOB_ACCEPTED, JOB ":1:accepted"), STORE_OK);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_SENT);
}

static void test_it_is_known_under_another_number_too(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_UNKNOWN), STORE_OK);
	write_text(OTHER, LANE_SCHEDULED, WORDS);
	claim_is(OTHER, 1);
	begin_is(OTHER, 1, BEGIN_UNSURE);
	assert_int_equal(finish(OTHER, 1, JOB_UNKNOWN, OTHER ":1:unknown"), STORE_OK);
	nothing_due();
}

static void test_a_number_given_to_another_text_stops_nothing(void **state)
{
	(void)state;
	write_text(JOB, LANE_REPLY, "{\"body\":\"thank you\"}");
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	mail_is(0, NULL); /* that outcome is not this text's */
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
	assert_int_equal(finish(JOB, 1, JOB_ACCEPTED, JOB ":1:accepted"), STORE_OK);
	write_text(OTHER, LANE_SCHEDULED, WORDS);
	claim_is(OTHER, 1);
	begin_is(OTHER, 1, BEGIN_SENT);
}

static void test_a_page_is_never_stopped(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	write_text(JOB, LANE_CRISIS, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
}

static void test_one_mark_stops_one_text(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_SENT);
	assert_int_equal(finish(JOB, 1, JOB_ACCEPTED, NULL), STORE_OK);
	assert_int_equal(recall(JOB_ACCEPTED), STORE_DUPLICATE);
	write_text(OTHER, LANE_SCHEDULED, WORDS);
	claim_is(OTHER, 1);
	begin_is(OTHER, 1, BEGIN_GO);
}

static void test_a_sender_that_dies_with_the_mark_in_hand_sends_nothing(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	assert_int_equal(rig_begin(&rig, JOB, 1, LEASE_SHORT), STORE_OK);
	rig_pass(&rig, LEASE_SHORT);
	claim_is(JOB, 2);
	assert_int_equal(rig.jobs.item[0].state, JOB_LAPSED);
}

static void test_other_words_programs_and_lanes_leave(void **state)
{
	struct recall r = text_of(JOB_ACCEPTED);

	(void)state;
	r.program = "monthly";
	assert_int_equal(rig_recall(&rig, &r), STORE_OK);
	r = text_of(JOB_ACCEPTED);
	r.lane = LANE_REPLY;
	r.event_id = "e2";
	assert_int_equal(rig_recall(&rig, &r), STORE_OK);
	r = text_of(JOB_ACCEPTED);
	r.body = rig_blob("{\"body\":\"please answer\"}");
	r.event_id = "e3";
	assert_int_equal(rig_recall(&rig, &r), STORE_OK);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
}

static void test_a_mark_ends_with_its_text(void **state)
{
	struct recall r = text_of(JOB_ACCEPTED);

	(void)state;
	assert_int_equal(rig_tick(&rig), STORE_OK);
	r.expires = rig.tick.now_ms + LEASE_SHORT;
	assert_int_equal(rig_recall(&rig, &r), STORE_OK);
	rig_pass(&rig, LEASE_SHORT);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
}

static void test_refused_and_expired_stop_nothing(void **state)
{
	struct recall r = text_of(JOB_REFUSED);

	(void)state;
	r.event_id = JOB ":1:refused";
	assert_int_equal(rig_recall(&rig, &r), STORE_OK);
	mail_is(1, JOB ":1:refused");
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
}

static void test_a_mark_lasts_no_longer_than_an_hour(void **state)
{
	(void)state;
	assert_int_equal(recall(JOB_ACCEPTED), STORE_OK);
	rig_pass(&rig, HOUR);
	write_text(JOB, LANE_SCHEDULED, WORDS);
	claim_is(JOB, 1);
	begin_is(JOB, 1, BEGIN_GO);
}

static void test_nonsense_is_refused(void **state)
{
	struct recall r = text_of(JOB_LATER);

	(void)state;
	assert_int_equal(rig_recall(&rig, &r), STORE_REFUSED);
	r = text_of(JOB_ACCEPTED);
	r.lane = LANE_CRISIS;
	assert_int_equal(rig_recall(&rig, &r), STORE_REFUSED);
	r = text_of(JOB_ACCEPTED);
	r.job = "no job";
	assert_int_equal(rig_recall(&rig, &r), STORE_REFUSED);
	r = text_of(JOB_ACCEPTED);
	r.event_id = NULL;
	assert_int_equal(rig_recall(&rig, &r), STORE_REFUSED);
}

#define CONTRACT(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, open_memory, close_store),                           \
		cmocka_unit_test_setup_teardown(test, open_redis, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT(test_a_text_that_is_due_again_does_not_leave_again),
		CONTRACT(test_a_text_that_may_have_left_does_not_leave_again),
		CONTRACT(test_a_claimed_text_cannot_begin_after_its_recall),
		CONTRACT(test_what_somebody_sends_right_now_is_left_alone),
		CONTRACT(test_what_is_known_changes_nothing),
		CONTRACT(test_accepted_outweighs_unknown),
		CONTRACT(test_a_forgotten_text_decided_again_does_not_leave_again),
		CONTRACT(test_a_forgotten_text_whose_end_is_known_does_not_leave_again),
		CONTRACT(test_it_is_known_under_another_number_too),
		CONTRACT(test_a_number_given_to_another_text_stops_nothing),
		CONTRACT(test_a_page_is_never_stopped),
		CONTRACT(test_one_mark_stops_one_text),
		CONTRACT(test_a_sender_that_dies_with_the_mark_in_hand_sends_nothing),
		CONTRACT(test_other_words_programs_and_lanes_leave),
		CONTRACT(test_a_mark_ends_with_its_text),
		CONTRACT(test_refused_and_expired_stop_nothing),
		cmocka_unit_test_setup_teardown(
			test_a_mark_lasts_no_longer_than_an_hour, open_memory, close_store),
		CONTRACT(test_nonsense_is_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_close(&rig);
	return failed;
}
