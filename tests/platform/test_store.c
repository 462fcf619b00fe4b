/*
 * The contract of include/warmline/store.h, on both stores: actors. The outbox has its own file,
 * test_store_outbox.c, what a commit writes too: test_store_writes.c. A promise that holds on one
 * store only is a defect of the other.
 */
#include "tests/lib/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ANNA   "p00-00000000000000a1"
#define BEN    "p00-00000000000000b2"
#define CARLA  "p05-00000000000000c3" /* another partition */
#define NOBODY "p00-ffffffffffffffff"
#define PHONE  "00112233445566778899aabbccddeeff" /* partition 0 */
#define PHONE5 "05112233445566778899aabbccddeeff"

static void test_an_event_id_counts_once(void **state)
{
	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "tw:1:text", "help"), STORE_OK);
	assert_int_equal(rig_mail(&rig, ANNA, "tw:1:text", "help"), STORE_DUPLICATE);
	assert_int_equal(rig_mail(&rig, ANNA, "tw:2:text", "help"), STORE_OK); /* equal words */
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 2);
}

static void test_an_event_id_counts_once_after_it_was_decided(void **state)
{
	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	cases_settle(ANNA, NULL, 0);
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_DUPLICATE);
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 0);
}

static void test_an_unknown_number_becomes_a_person_once(void **state)
{
	struct post post = {
		.blind = PHONE, .event_id = "e1", .program = "", .event = rig_blob("hi")};
	struct actor_id derived;

	(void)state;
	actor_of_blind(PHONE, &derived);
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_string_equal(rig.actor, derived.text);
	assert_int_equal(rig_post(&rig, &post), STORE_DUPLICATE);
	assert_string_equal(rig.actor, derived.text);
	post.event_id = "e2";
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_string_equal(rig.actor, derived.text);
	cases_claim_one(derived.text, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 2);
	assert_int_equal(rig.claim.item[0].document[0], '\0');
}

static void test_a_number_may_lead_to_another_actor(void **state)
{
	struct store_write phone = {.kind = WRITE_PHONE, .blind = PHONE};
	struct post post = {.blind = PHONE, .event_id = "e2", .event = rig_blob("hi")};

	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	cases_settle(ANNA, &phone, 1);
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_string_equal(rig.actor, ANNA);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_string_equal(rig.view.actor, ANNA);
}

static void test_mail_comes_in_order_with_its_time(void **state)
{
	char id[20], text[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(rig_mail(&rig, ANNA, id, text), STORE_OK);
	}
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 20);
	for (int i = 0; i < 20; i++) {
		const struct seen_mail *mail = &rig.claim.item[0].mail[i];

		snprintf(id, sizeof(id), "e%d", i);
		snprintf(text, sizeof(text), "text %d", i);
		assert_string_equal(mail->id, id);
		assert_string_equal(mail->event, text);
		assert_in_range(mail->posted_ms, rig.claim.now_ms - 20000, rig.claim.now_ms);
	}
}

static void test_a_batch_has_a_limit_and_the_rest_comes_next(void **state)
{
	struct commit commit;
	char id[20];

	(void)state;
	for (int i = 0; i < MAIL_BATCH + 3; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		assert_int_equal(rig_mail(&rig, ANNA, id, "x"), STORE_OK);
	}
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, MAIL_BATCH);
	commit = cases_commit_of(&rig.claim.item[0], "{}");
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 3);
	snprintf(id, sizeof(id), "e%d", MAIL_BATCH);
	assert_string_equal(rig.claim.item[0].mail[0].id, id);
}

static void test_claim_gives_at_most_n_and_says_more(void **state)
{
	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	rig_mail(&rig, BEN, "e2", "x");
	rig_mail(&rig, CARLA, "e3", "x");
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	assert_true(rig.claim.more);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	assert_false(rig.claim.more);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 0);
	cases_claim_one(CARLA, LEASE_LONG);
}

static void test_the_longest_due_comes_first(void **state)
{
	(void)state;
	rig_mail(&rig, BEN, "e1", "x");
	rig_pass(&rig, 5);
	rig_mail(&rig, ANNA, "e2", "x");
	assert_int_equal(rig_claim(&rig, 0, 2, LEASE_LONG), STORE_OK);
	assert_string_equal(rig.claim.item[0].actor, BEN);
	assert_string_equal(rig.claim.item[1].actor, ANNA);
}

static void test_an_actor_is_claimed_once_within_its_lease(void **state)
{
	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_LONG);
	rig_mail(&rig, ANNA, "e2", "y"); /* does not ring a leased actor */
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 0);
}

static void test_mail_during_a_claim_rings_at_commit(void **state)
{
	struct commit commit;

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_LONG);
	rig_mail(&rig, ANNA, "e2", "y");
	commit = cases_commit_of(&rig.claim.item[0], "{\"n\":1}");
	assert_int_equal(commit.consumed, 1);
	commit.alarm_ms = rig.claim.now_ms + 86400000; /* must not hide the new mail */
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 1);
	assert_string_equal(rig.claim.item[0].mail[0].event, "y");
	assert_string_equal(rig.claim.item[0].document, "{\"n\":1}");
}

static void test_a_lease_that_ran_out_rings_by_itself(void **state)
{
	struct seen_actor first;

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_SHORT);
	first = rig.claim.item[0];
	rig_pass(&rig, LEASE_SHORT);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_true(rig.claim.item[0].fence > first.fence);
	assert_int_equal(rig.claim.item[0].nmail, 1);
}

static void test_who_lost_the_lease_cannot_commit(void **state)
{
	struct store_write write = {.kind = WRITE_LOG, .blob = {"late", 4}};
	struct commit late, good;

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_SHORT);
	late = cases_commit_of(&rig.claim.item[0], "late");
	late.actor = ANNA;
	late.writes = &write;
	late.nwrites = 1;
	late.consumed = 1;
	rig_pass(&rig, LEASE_SHORT);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig_commit(&rig, &late), STORE_LOST);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 10), STORE_OK);
	assert_string_equal(rig.view.document, "");
	assert_int_equal(rig.view.nmail, 1);
	assert_int_equal(rig.view.nlog, 0);
	good = cases_commit_of(&rig.claim.item[0], "good");
	assert_int_equal(rig_commit(&rig, &good), STORE_OK);
	assert_int_equal(rig_commit(&rig, &late), STORE_LOST);
}

static void test_a_commit_counts_once(void **state)
{
	struct commit commit;

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_LONG);
	rig_mail(&rig, ANNA, "e2", "y");
	commit = cases_commit_of(&rig.claim.item[0], "{}");
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	assert_int_equal(rig_commit(&rig, &commit), STORE_LOST); /* would eat e2 */
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig.view.nmail, 1);
	assert_string_equal(rig.view.mail[0].id, "e2");
}

static void test_the_alarm_wakes_without_mail(void **state)
{
	struct commit commit;

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_LONG);
	commit = cases_commit_of(&rig.claim.item[0], "{}");
	commit.alarm_ms = rig.claim.now_ms + LEASE_SHORT;
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig.view.alarm_ms, commit.alarm_ms);
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 0);
	rig_pass(&rig, LEASE_SHORT);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 0);
	commit = cases_commit_of(&rig.claim.item[0], "{}");
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK); /* alarm 0: sleeps */
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig.view.alarm_ms, 0);
	rig_pass(&rig, LEASE_SHORT);
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.claim.n, 0);
}

static void test_the_bell_rings_when_somebody_starts_to_ring(void **state)
{
	(void)state;
	for (int i = 0; i < 200 && !rig.bells[5]; i++) { /* the bell's own connection may be late */
		char id[20];

		snprintf(id, sizeof(id), "e%d", i);
		rig_mail(&rig, CARLA, id, "x");
		rig_pass(&rig, 10);
		if (!rig.bells[5])
			cases_settle(CARLA, NULL, 0);
	}
	assert_true(rig.bells[5] > 0);
	assert_int_equal(rig.bells[0], 0);
}

static void test_read_changes_nothing_and_knows_nobody(void **state)
{
	(void)state;
	assert_int_equal(rig_read(&rig, NOBODY, NULL, 5), STORE_NONE);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 5), STORE_NONE);
	rig_mail(&rig, ANNA, "e1", "x");
	assert_int_equal(rig_read(&rig, ANNA, NULL, 5), STORE_OK);
	assert_string_equal(rig.view.actor, ANNA);
	assert_int_equal(rig.view.nmail, 1);
	assert_string_equal(rig.view.mail[0].event, "x");
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 1);
}

static void test_nonsense_is_refused_and_changes_nothing(void **state)
{
	struct post post = {.event_id = "e1", .event = rig_blob("x")};
	struct store_write bad[2] = {
		{.kind = WRITE_LOG, .blob = {"x", 1}}, {.kind = WRITE_PHONE, .blind = PHONE5}};
	struct commit commit;

	(void)state;
	assert_int_equal(rig_post(&rig, &post), STORE_REFUSED);
	post.actor = "p99-0000000000000000";
	assert_int_equal(rig_post(&rig, &post), STORE_REFUSED);
	assert_int_equal(rig_claim(&rig, PARTITIONS, 1, LEASE_LONG), STORE_REFUSED);
	rig_mail(&rig, ANNA, "e1", "x");
	cases_claim_one(ANNA, LEASE_LONG);
	commit = cases_commit_of(&rig.claim.item[0], "bad");
	commit.writes = bad;
	commit.nwrites = 2;
	assert_int_equal(rig_commit(&rig, &commit), STORE_REFUSED);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 5), STORE_OK);
	assert_int_equal(rig.view.nlog, 0);
	assert_int_equal(rig.view.nmail, 1);
}

static void test_bytes_are_kept_as_they_are(void **state)
{
	char event[600], document[1000];
	struct commit commit;

	(void)state;
	for (size_t i = 0; i < sizeof(event) - 1; i++)
		event[i] = (char)(i % 255 + 1);
	event[sizeof(event) - 1] = '\0';
	memset(document, 'd', sizeof(document) - 1);
	document[sizeof(document) - 1] = '\0';
	rig_mail(&rig, ANNA, "id with spaces 12 34", event);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_string_equal(rig.claim.item[0].mail[0].id, "id with spaces 12 34");
	assert_string_equal(rig.claim.item[0].mail[0].event, event);
	commit = cases_commit_of(&rig.claim.item[0], document);
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_string_equal(rig.view.document, document);
}

static void count_unknown(void *arg, enum store_result result)
{
	int *unknown = arg;

	*unknown += result == STORE_UNKNOWN ? 1 : 100;
}

static void test_free_completes_what_waits(void **state)
{
	int unknown = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		rig.store->ops->heartbeat(rig.store, "gateway", "x", count_unknown, &unknown);
	assert_int_equal(unknown, 0);
	rig_close_store(&rig);
	assert_int_equal(unknown, 3);
}

#define CONTRACT(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, cases_open_memory, cases_close),                     \
		cmocka_unit_test_setup_teardown(test, cases_open_redis, cases_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT(test_an_event_id_counts_once),
		CONTRACT(test_an_event_id_counts_once_after_it_was_decided),
		CONTRACT(test_an_unknown_number_becomes_a_person_once),
		CONTRACT(test_a_number_may_lead_to_another_actor),
		CONTRACT(test_mail_comes_in_order_with_its_time),
		CONTRACT(test_a_batch_has_a_limit_and_the_rest_comes_next),
		CONTRACT(test_claim_gives_at_most_n_and_says_more),
		CONTRACT(test_the_longest_due_comes_first),
		CONTRACT(test_an_actor_is_claimed_once_within_its_lease),
		CONTRACT(test_mail_during_a_claim_rings_at_commit),
		CONTRACT(test_a_lease_that_ran_out_rings_by_itself),
		CONTRACT(test_who_lost_the_lease_cannot_commit),
		CONTRACT(test_a_commit_counts_once),
		CONTRACT(test_the_alarm_wakes_without_mail),
		CONTRACT(test_the_bell_rings_when_somebody_starts_to_ring),
		CONTRACT(test_read_changes_nothing_and_knows_nobody),
		CONTRACT(test_nonsense_is_refused_and_changes_nothing),
		CONTRACT(test_bytes_are_kept_as_they_are),
		CONTRACT(test_free_completes_what_waits),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_close(&rig);
	return failed;
}
