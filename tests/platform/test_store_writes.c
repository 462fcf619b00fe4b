/*
 * The contract of include/warmline/store.h, on both stores: what a commit writes besides the
 * document, and what else the store keeps.
 */
#include "platform/store.h"
#include "tests/lib/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ANNA   "p00-00000000000000a1"
#define BEN    "p00-00000000000000b2"
#define CARLA  "p05-00000000000000c3"             /* another partition */
#define PHONE  "00112233445566778899aabbccddeeff" /* partition 0 */
#define PHONE5 "05112233445566778899aabbccddeeff"

static void test_log_keeps_the_order_and_shows_the_newest(void **state)
{
	struct store_write log[3] = {
		{.kind = WRITE_LOG, .blob = {"one", 3}},
		{.kind = WRITE_LOG, .blob = {"two", 3}},
		{.kind = WRITE_LOG, .blob = {"three", 5}},
	};

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, log, 3);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 10), STORE_OK);
	assert_int_equal(rig.view.nlog, 3);
	assert_string_equal(rig.view.log[0], "one");
	assert_int_equal(rig_read(&rig, ANNA, NULL, 2), STORE_OK);
	assert_int_equal(rig.view.nlog, 2);
	assert_string_equal(rig.view.log[0], "two");
	assert_string_equal(rig.view.log[1], "three");
}

static void test_indexes_hold_actors_by_score(void **state)
{
	struct store_write in = {.kind = WRITE_INDEX, .id = "missed", .at = 20};
	struct store_write out = {.kind = WRITE_UNINDEX, .id = "missed"};

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, &in, 1);
	in.at = 10;
	rig_mail(&rig, BEN, "e2", "x");
	cases_settle(BEN, &in, 1);
	assert_int_equal(rig_list(&rig, 0, "missed"), STORE_OK);
	assert_int_equal(rig.rows.n, 2);
	assert_string_equal(rig.rows.item[0].name, BEN);
	assert_int_equal(rig.rows.item[1].value, 20);
	rig_mail(&rig, BEN, "e3", "x");
	cases_settle(BEN, &out, 1);
	assert_int_equal(rig_list(&rig, 0, "missed"), STORE_OK);
	assert_int_equal(rig.rows.n, 1);
	assert_string_equal(rig.rows.item[0].name, ANNA);
	assert_int_equal(rig_list(&rig, 0, "miss"), STORE_OK);
	assert_int_equal(rig.rows.n, 0);
}

static void test_an_urgent_event_is_indexed_with_its_mail(void **state)
{
	struct post post = {
		.blind = PHONE, .event_id = "e1", .event = rig_blob("x"), .urgent = true};

	(void)state;
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_int_equal(rig_list(&rig, 0, "urgent"), STORE_OK);
	assert_int_equal(rig.rows.n, 1);
	assert_string_equal(rig.rows.item[0].name, rig.actor);
}

static void test_counters_belong_to_the_day_of_the_store(void **state)
{
	struct store_write count[3] = {{.kind = WRITE_COUNT, .id = "texts"},
		{.kind = WRITE_COUNT, .id = "texts"}, {.kind = WRITE_COUNT, .id = "alerts"}};
	char day[DAY_NAME_SIZE];

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, count, 3);
	day_name(rig.claim.now_ms, day);
	assert_int_equal(rig_counts(&rig, 0, day), STORE_OK);
	assert_int_equal(rig.rows.n, 2);
	assert_string_equal(rig.rows.item[0].name, "alerts");
	assert_int_equal(rig.rows.item[0].value, 1);
	assert_int_equal(rig.rows.item[1].value, 2);
	assert_int_equal(rig_counts(&rig, 0, "19700102"), STORE_OK);
	assert_int_equal(rig.rows.n, 0);
}

static void test_events_of_the_same_partition_arrive_with_the_commit(void **state)
{
	struct store_write events[2] = {{.kind = WRITE_EVENT,
						.id = "e1/1",
						.to = BEN,
						.blob = {"to ben", 6},
						.urgent = true},
		{.kind = WRITE_EVENT, .id = "e1/2", .blind = PHONE, .blob = {"to phone", 8}}};
	struct actor_id derived;

	(void)state;
	actor_of_blind(PHONE, &derived);
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, events, 2);
	assert_int_equal(rig_read(&rig, BEN, NULL, 0), STORE_OK);
	assert_string_equal(rig.view.mail[0].event, "to ben");
	assert_true(rig.view.alarm_ms > 0);
	assert_int_equal(rig_list(&rig, 0, "urgent"), STORE_OK);
	assert_int_equal(rig.rows.n, 1);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_string_equal(rig.view.actor, derived.text);
	assert_string_equal(rig.view.mail[0].event, "to phone");
	assert_int_equal(rig_mail(&rig, BEN, "e1/1", "again"), STORE_DUPLICATE);
}

static void test_an_event_to_oneself_rings_again(void **state)
{
	struct store_write self = {
		.kind = WRITE_EVENT, .id = "e1/1", .to = ANNA, .blob = {"me", 2}};

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, &self, 1);
	cases_claim_one(ANNA, LEASE_LONG);
	assert_int_equal(rig.claim.item[0].nmail, 1);
	assert_string_equal(rig.claim.item[0].mail[0].event, "me");
}

static void test_events_for_elsewhere_wait_until_they_arrived(void **state)
{
	struct store_write events[3] = {{.kind = WRITE_EVENT,
						.id = "e1/9",
						.to = CARLA,
						.blob = {"first", 5},
						.urgent = true},
		{.kind = WRITE_EVENT, .id = "e1/10", .to = CARLA, .blob = {"second", 6}},
		{.kind = WRITE_EVENT,
			.id = "e1/11",
			.blind = PHONE5,
			.program = "weekly",
			.blob = {"third", 5}}};

	(void)state;
	rig_mail(&rig, ANNA, "e1", "x");
	cases_settle(ANNA, events, 3);
	assert_int_equal(rig_transit(&rig, 0, 10, LEASE_SHORT), STORE_OK);
	assert_int_equal(rig.transit.n, 3);
	assert_string_equal(rig.transit.item[0].id, "e1/9");
	assert_string_equal(rig.transit.item[0].actor, CARLA);
	assert_string_equal(rig.transit.item[0].event, "first");
	assert_true(rig.transit.item[0].urgent);
	assert_string_equal(rig.transit.item[1].event, "second");
	assert_string_equal(rig.transit.item[2].blind, PHONE5);
	assert_string_equal(rig.transit.item[2].actor, "");
	assert_string_equal(rig.transit.item[2].program, "weekly");
	assert_int_equal(rig_transit(&rig, 0, 10, LEASE_SHORT), STORE_OK);
	assert_int_equal(rig.transit.n, 0); /* leased */
	assert_int_equal(rig_transit_done(&rig, 0, "e1/9"), STORE_OK);
	assert_int_equal(rig_transit_done(&rig, 0, "e1/9"), STORE_OK);
	rig_pass(&rig, LEASE_SHORT + 2);
	assert_int_equal(rig_transit(&rig, 0, 10, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.transit.n, 2);
	assert_string_equal(rig.transit.item[0].id, "e1/10");
}

static void test_stop_marks_belong_to_number_and_program(void **state)
{
	struct post post = {.blind = PHONE,
		.event_id = "e1",
		.program = "weekly",
		.consent = CONSENT_STOP,
		.event = rig_blob("STOP")};

	(void)state;
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_true(rig.view.stopped);
	post.event_id = "e2";
	post.program = "other";
	post.consent = CONSENT_START;
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_true(rig.view.stopped); /* START of another program */
	post.event_id = "e3";
	post.program = "weekly";
	assert_int_equal(rig_post(&rig, &post), STORE_OK);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_false(rig.view.stopped);
	post.event_id = "e1"; /* the STOP again, late: known, and changes nothing */
	post.consent = CONSENT_STOP;
	assert_int_equal(rig_post(&rig, &post), STORE_DUPLICATE);
	assert_int_equal(rig_read(&rig, NULL, PHONE, 0), STORE_OK);
	assert_false(rig.view.stopped);
}

static void test_ticks_only_grow(void **state)
{
	struct tick first;

	(void)state;
	assert_int_equal(rig_tick(&rig), STORE_OK);
	first = rig.tick;
	assert_true(first.now_ms > 1700000000000);
	assert_int_equal(rig_tick(&rig), STORE_OK);
	for (int i = 0; i < PARTITIONS; i++)
		assert_int_equal(rig.tick.epoch[i], first.epoch[i] + 1);
}

static void test_heartbeats_can_be_listed(void **state)
{
	(void)state;
	assert_int_equal(rig_heartbeat(&rig, "scheduler", "host:12"), STORE_OK);
	assert_int_equal(rig_heartbeat(&rig, "scheduler", "host:12"), STORE_OK);
	assert_int_equal(rig_list(&rig, -1, "alive:scheduler"), STORE_OK);
	assert_int_equal(rig.rows.n, 1);
	assert_string_equal(rig.rows.item[0].name, "host:12");
	assert_true(rig.rows.item[0].value > 1700000000000);
	assert_int_equal(rig_list(&rig, -1, "alive:gateway"), STORE_OK);
	assert_int_equal(rig.rows.n, 0);
}

#define CONTRACT(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, cases_open_memory, cases_close),                     \
		cmocka_unit_test_setup_teardown(test, cases_open_redis, cases_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT(test_log_keeps_the_order_and_shows_the_newest),
		CONTRACT(test_indexes_hold_actors_by_score),
		CONTRACT(test_an_urgent_event_is_indexed_with_its_mail),
		CONTRACT(test_counters_belong_to_the_day_of_the_store),
		CONTRACT(test_events_of_the_same_partition_arrive_with_the_commit),
		CONTRACT(test_an_event_to_oneself_rings_again),
		CONTRACT(test_events_for_elsewhere_wait_until_they_arrived),
		CONTRACT(test_stop_marks_belong_to_number_and_program),
		CONTRACT(test_ticks_only_grow),
		CONTRACT(test_heartbeats_can_be_listed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_close(&rig);
	return failed;
}
