/* What one account has room for, on a clock of the test's own. */
#include "scheduler/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct phone numbers[2] = {{"+12025550100"}, {"+12025550101"}};
static struct account account;
static struct channel channel;

static void open_with(double per_second, double number_per_second, int in_flight)
{
	struct fail fail;

	account = (struct account){.name = "a",
		.kind = "twilio",
		.numbers = numbers,
		.nnumbers = 2,
		.per_second = per_second,
		.number_per_second = number_per_second,
		.in_flight = in_flight};
	channel_close(&channel);
	assert_true(channel_open(&channel, &account, 0, &fail));
}

static int teardown(void **state)
{
	(void)state;
	channel_close(&channel);
	return 0;
}

static struct load text_of(size_t segments, size_t number)
{
	return (struct load){LANE_REPLY, numbers[number].text, segments};
}

/* Sends what fits, at once over; returns the segments that left. */
static size_t flows(const struct load *load, int64_t from_ms, int64_t to_ms)
{
	size_t segments = 0;

	for (int64_t now = from_ms; now < to_ms; now += 10) {
		while (segments < 100000 && channel_fits(&channel, load, now)) {
			channel_take(&channel, load, now);
			channel_leave(&channel, load->lane);
			segments += load->segments;
		}
	}
	return segments;
}

/* --- pace ------------------------------------------------------------------------------------ */

static void the_account_is_paced_in_segments(void **state)
{
	struct load one = text_of(1, 0), three = text_of(3, 0);

	(void)state;
	open_with(6, 0, 100);
	assert_in_range(flows(&one, 0, 60000), 355, 367);
	open_with(6, 0, 100);
	assert_in_range(flows(&three, 0, 60000), 355, 369);
}

static void each_number_is_paced_for_itself(void **state)
{
	struct load first = text_of(2, 0), second = text_of(2, 1);

	(void)state;
	open_with(100, 2, 100);
	assert_in_range(flows(&first, 0, 30000), 58, 64);
	/* All the time that one was busy, the other one filled: one second deep. */
	assert_in_range(flows(&second, 30000, 60000), 58, 64);
	assert_in_range(flows(&first, 60000, 90000), 58, 64);
}

static void room_is_what_rate_and_numbers_and_flights_leave(void **state)
{
	struct load one = text_of(1, 0);

	(void)state;
	open_with(0, 0, 10);
	assert_int_equal(channel_room(&channel, 0), 8);
	channel_take(&channel, &one, 0);
	assert_int_equal(channel_room(&channel, 0), 7);
	open_with(4, 0, 10);
	assert_int_equal(channel_room(&channel, 0), 4);
	open_with(4, 1, 10);
	assert_int_equal(channel_room(&channel, 0), 2); /* one of each number */
	channel_take(&channel, &one, 0);
	assert_int_equal(channel_room(&channel, 0), 1);
}

static void pages_pass_and_leave_a_debt(void **state)
{
	struct load page = text_of(1, 0), one = text_of(1, 0);

	(void)state;
	page.lane = LANE_CRISIS;
	open_with(5, 5, 5);
	for (int i = 0; i < 30; i++) {
		assert_true(channel_fits(&channel, &page, 0));
		channel_take(&channel, &page, 0);
	}
	assert_int_equal(channel.crisis, 30);
	assert_int_equal(flows(&one, 0, 3000), 0);
	assert_true(flows(&one, 3000, 10000) > 0);
}

static void what_never_left_gives_its_segments_back(void **state)
{
	struct load five = text_of(5, 0);

	(void)state;
	open_with(5, 5, 5);
	channel_take(&channel, &five, 0);
	assert_int_equal(channel_room(&channel, 0), 0);
	channel_refund(&channel, &five);
	channel_leave(&channel, LANE_REPLY);
	assert_true(channel_fits(&channel, &five, 0));
	assert_int_equal(channel.routine, 0);
}

/* --- waiting --------------------------------------------------------------------------------- */

static void a_rest_holds_all_but_pages(void **state)
{
	struct load page = text_of(1, 0), one = text_of(1, 0);
	int64_t wait;

	(void)state;
	page.lane = LANE_CRISIS;
	open_with(0, 0, 5);
	channel_rest(&channel, 1000, 30000);
	channel_rest(&channel, 2000, 10); /* a shorter one does not end it */
	assert_int_equal(channel_room(&channel, 30999), 0);
	assert_false(channel_fits(&channel, &one, 30999));
	assert_true(channel_fits(&channel, &page, 1000));
	wait = channel_wait_ms(&channel, &one, 7, 1000);
	assert_in_range(wait, 30000, 30300);
	assert_true(channel_fits(&channel, &one, 31000));
}

/* A provider that asks for a rest whenever anything comes is not waited for by anybody. */
static void nobody_waits_for_an_account_that_only_rests(void **state)
{
	(void)state;
	open_with(0, 0, 5);
	for (int i = 0; i < 3; i++) {
		assert_true(channel_is_worth_waiting(&channel));
		channel_rest(&channel, i * 60000, 1000);
	}
	assert_false(channel_is_worth_waiting(&channel));
	channel_worked(&channel);
	assert_true(channel_is_worth_waiting(&channel));
}

/* A hundred that wait come back one by one, a few of them when nobody can say yet. */
static void those_that_wait_come_back_in_turns(void **state)
{
	struct load check_in = {LANE_SCHEDULED, numbers[0].text, 1};
	int in_second[62] = {0};

	(void)state;
	open_with(1, 0, 5);
	while (channel_fits(&channel, &check_in, 0)) {
		channel_take(&channel, &check_in, 0);
		channel_leave(&channel, LANE_SCHEDULED);
	}
	for (uint64_t i = 0; i < 100; i++) {
		int64_t wait = channel_wait_ms(&channel, &check_in, i * 7919 * 104729, 0);

		assert_in_range(wait, 200, 61000);
		in_second[wait / 1000]++;
	}
	for (size_t second = 1; second < 30; second++)
		assert_in_range(in_second[second], 1, 2);
	for (size_t second = 30; second < 61; second++)
		assert_in_range(in_second[second], 0, 6);
}

static void a_reply_asks_again_within_two_seconds(void **state)
{
	struct load reply = text_of(1, 0);

	(void)state;
	open_with(0.5, 0, 5);
	for (uint64_t i = 0; i < 50; i++) {
		channel_take(&channel, &reply, 0);
		channel_leave(&channel, LANE_REPLY);
		assert_in_range(channel_wait_ms(&channel, &reply, i * 131071, 0), 0, 2250);
	}
}

/* All its room is taken by texts that hang: who waits does not ask all the time. */
static void a_crowd_asks_again_at_leisure(void **state)
{
	struct load reply = text_of(1, 0), check_in = {LANE_SCHEDULED, numbers[0].text, 1};
	int64_t sum = 0;

	(void)state;
	open_with(0, 0, 1);
	channel_take(&channel, &reply, 0);
	assert_false(channel_fits(&channel, &reply, 0));
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t entropy = i * UINT64_C(0x9e3779b97f4a7c15);

		assert_in_range(channel_wait_ms(&channel, &reply, entropy, 0), 200, 1450);
		sum += channel_wait_ms(&channel, &check_in, entropy, 0);
	}
	assert_in_range(sum / 100, 10000, 20000);
	channel_leave(&channel, LANE_REPLY);
	assert_true(channel_fits(&channel, &reply, 0));
}

static void a_kind_that_nobody_speaks_is_told(void **state)
{
	struct account odd = {.name = "odd", .kind = "pigeon"};
	struct channel c;
	struct fail fail;

	(void)state;
	assert_false(channel_open(&c, &odd, 0, &fail));
	assert_non_null(strstr(fail.text, "pigeon"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_account_is_paced_in_segments),
		cmocka_unit_test(each_number_is_paced_for_itself),
		cmocka_unit_test(room_is_what_rate_and_numbers_and_flights_leave),
		cmocka_unit_test(pages_pass_and_leave_a_debt),
		cmocka_unit_test(what_never_left_gives_its_segments_back),
		cmocka_unit_test(a_rest_holds_all_but_pages),
		cmocka_unit_test(nobody_waits_for_an_account_that_only_rests),
		cmocka_unit_test(those_that_wait_come_back_in_turns),
		cmocka_unit_test(a_reply_asks_again_within_two_seconds),
		cmocka_unit_test(a_crowd_asks_again_at_leisure),
		cmocka_unit_test(a_kind_that_nobody_speaks_is_told),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, teardown);
}
