/*
 * The function library by itself: version, calendar, trimming, all-or-nothing, memory per person,
 * and that each negative control breaks its promise, so that the tests that hold them can fail.
 */
#include "platform/store.h"
#include "platform/store_redis.h"
#include "tests/lib/function_call.h"
#include "tests/lib/private_redis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <warmline/clock.h>

#define ALARM "{p00}:alarm"
#define ANNA  "p00-00000000000000a1"
#define JOB   ANNA ".1"
#define PHONE "00112233445566778899aabbccddeeff"

static struct private_redis redis;
static redisContext *c;

static int start(void **state)
{
	(void)state;
	private_redis_start(&redis, NULL);
	c = redisConnectUnix(redis.address.path);
	return c && !c->err ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	redisFree(c);
	private_redis_free(&redis);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	private_redis_do(&redis, "FLUSHALL");
	functions_load(c, "", "");
	return 0;
}

static void drop(redisReply *reply)
{
	assert_non_null(reply);
	if (reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s", reply->str);
	freeReplyObject(reply);
}

static void mail(const char *event_id)
{
	drop(function_call(
		c, "wl_post", ALARM, event_id, ANNA, "", "", "weekly", "k", "0", "x", NULL));
}

static void claim(const char *lease)
{
	redisReply *reply = function_call(c, "wl_claim", ALARM, "1", lease, "64", NULL);

	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	assert_true(reply->elements >= 6);
	drop(reply);
}

static void write_job(const char *lane, const char *gate)
{
	mail("cause");
	claim("60000");
	assert_int_equal(function_number(c, "wl_commit", ALARM, ANNA, "1", "1", "0", "doc", "J",
				 JOB, lane, gate, "0", "0", PHONE, "weekly", "body", "key", NULL),
		1);
}

static size_t take_jobs(const char *lease, char *state, size_t size)
{
	redisReply *reply = function_call(c, "wl_jobs", ALARM, lease, "4", "4", "4", NULL);
	size_t n;

	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	n = (reply->elements - 2) / 10;
	if (n && state)
		text_set(state, size, "%s", reply->element[3]->str);
	freeReplyObject(reply);
	return n;
}

/* Polls until a lapsed lease brings a job back. */
static void wait_job(char *state, size_t size)
{
	int64_t until = clock_monotonic_ms() + 5000;

	while (take_jobs("60000", state, size) == 0) {
		assert_true(clock_monotonic_ms() < until);
		usleep(5000);
	}
}

static void test_version_is_the_one_the_store_expects(void **state)
{
	redisReply *reply = redisCommand(c, "FCALL wl_version 0");

	(void)state;
	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	assert_int_equal(reply->element[0]->integer, LIBRARY_VERSION);
	drop(reply);
}

static void test_days_are_those_of_the_calendar(void **state)
{
	(void)state;
	functions_load(c, "",
		"redis.register_function('wl_day', function(keys, args) "
		"local days = {} for i, ms in ipairs(args) do days[i] = day_of(tonumber(ms)) end "
		"return days end)");
	for (int64_t day = 0; day < 60000; day += 20) { /* 1970 to 2134 */
		char ms[3][24], expected[DAY_NAME_SIZE];
		redisReply *reply;

		snprintf(ms[0], 24, "%lld", (long long)day * 86400000);
		snprintf(ms[1], 24, "%lld", (long long)day * 86400000 + 86399999);
		snprintf(ms[2], 24, "%lld", (long long)(day + 7) * 86400000 + 1);
		reply = function_call(c, "wl_day", ALARM, ms[0], ms[1], ms[2], NULL);
		assert_int_equal(reply->elements, 3);
		for (int i = 0; i < 3; i++) {
			day_name(strtoll(ms[i], NULL, 10), expected);
			assert_string_equal(reply->element[i]->str, expected);
		}
		freeReplyObject(reply);
	}
}

static void test_a_commit_that_is_not_understood_changes_nothing(void **state)
{
	redisReply *reply;

	(void)state;
	mail("cause");
	claim("60000");
	reply = function_call(c, "wl_commit", ALARM, ANNA, "1", "1", "0", "doc", "L", "entry", "J",
		"too few", NULL);
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	assert_int_equal(redis_classify(reply), REDIS_INVALID);
	freeReplyObject(reply);
	assert_int_equal(private_redis_number(&redis, "EXISTS {p00}:a:" ANNA ":log"), 0);
	assert_int_equal(private_redis_number(&redis, "LLEN {p00}:a:" ANNA ":mail"), 1);
	assert_int_equal(private_redis_number(&redis, "STRLEN {p00}:a:" ANNA), 25);
}

static void test_seen_ids_are_trimmed_by_age_and_only_when_many(void **state)
{
	(void)state;
	/* 199,000 very old ones and 2,000 of today. */
	private_redis_do(&redis, "EVAL %s 0",
		"local function add(from, to, score) for i = from, to, 1000 do local a = {} "
		"for k = i, i + 999 do a[#a + 1] = score a[#a + 1] = 'e' .. k end "
		"redis.call('ZADD', '{p00}:seen', unpack(a)) end end "
		"local now = redis.call('TIME')[1] * 1000 "
		"add(1, 199000, 1000) add(200001, 202000, now)");
	assert_int_equal(private_redis_number(&redis, "ZCARD {p00}:seen"), 201000);
	for (int i = 0; i < 3; i++)
		drop(function_call(c, "wl_tick", "{p00}:epoch", NULL));
	assert_int_equal(private_redis_number(&redis, "ZCARD {p00}:seen"), 200000);
	assert_int_equal(private_redis_number(&redis, "ZCOUNT {p00}:seen 1001 +inf"), 2000);
	private_redis_do(&redis, "EVAL %s 0",
		"for _, id in ipairs(redis.call('ZRANGE', '{p00}:seen', 0, 198999)) do "
		"redis.call('ZREM', '{p00}:seen', id) end "
		"local now = redis.call('TIME')[1] * 1000 "
		"for i = 1, 200000 do redis.call('ZADD', '{p00}:seen', now, 'n' .. i) end");
	for (int i = 0; i < 3; i++)
		drop(function_call(c, "wl_tick", "{p00}:epoch", NULL));
	assert_true(private_redis_number(&redis, "ZCARD {p00}:seen") > 200000); /* all young */
}

/* All that Redis keeps for a person who said something once and sleeps, document of 540 bytes. */
static void test_a_quiet_person_costs_less_than_a_kibibyte(void **state)
{
	enum { PEOPLE = 2000 };
	long long before, after;
	char document[541], blind[BLIND_SIZE], actor[ACTOR_SIZE], fence[8];

	(void)state;
	memset(document, 'd', sizeof(document) - 1);
	document[sizeof(document) - 1] = '\0';
	before = private_redis_number(&redis, "EVAL %s 0",
		"return tonumber(string.match(redis.call('INFO', 'memory'), 'used_memory:(%d+)'))");
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(blind, sizeof(blind), "00%030x", i);
		snprintf(actor, sizeof(actor), "p00-%016x", i);
		snprintf(fence, sizeof(fence), "%d", 1);
		drop(function_call(c, "wl_post", ALARM, actor, "", blind, actor, "weekly", "k", "0",
			"x", NULL));
		drop(function_call(c, "wl_claim", ALARM, "1", "60000", "64", NULL));
		assert_int_equal(function_number(c, "wl_commit", ALARM, actor, fence, "1",
					 "1900000000000", document, NULL),
			1);
	}
	after = private_redis_number(&redis, "EVAL %s 0",
		"return tonumber(string.match(redis.call('INFO', 'memory'), 'used_memory:(%d+)'))");
	print_message("bytes of Redis per quiet person: %lld (with one seen event id)\n",
		(after - before) / PEOPLE);
	assert_true((after - before) / PEOPLE <= 1024);
}

/* --- negative controls: with the switch on, the promise is broken --------------------------- */

static void lose_lease(void)
{
	mail("cause");
	claim("1");
	usleep(5000);
	claim("60000");
}

static void test_control_no_fence_in_commit(void **state)
{
	(void)state;
	lose_lease();
	assert_int_equal(
		function_number(c, "wl_commit", ALARM, ANNA, "1", "1", "0", "late", NULL), 0);
	functions_load(c, "no-fence-in-commit", "");
	assert_int_equal(
		function_number(c, "wl_commit", ALARM, ANNA, "1", "1", "0", "late", NULL), 1);
}

static void test_control_no_fence_in_begin(void **state)
{
	char claimed[16];

	(void)state;
	write_job("2", "0");
	assert_int_equal(take_jobs("1", NULL, 0), 1);
	wait_job(claimed, sizeof(claimed));
	assert_int_equal(function_number(c, "wl_begin", ALARM, JOB, "1", "60000", NULL), 0);
	functions_load(c, "no-fence-in-begin", "");
	assert_int_equal(function_number(c, "wl_begin", ALARM, JOB, "1", "60000", NULL), 1);
}

static void lapse_while_sending(const char *control, const char *wanted)
{
	char state[16];

	private_redis_do(&redis, "FLUSHALL");
	functions_load(c, control, "");
	write_job("2", "0");
	assert_int_equal(take_jobs("60000", NULL, 0), 1);
	assert_int_equal(function_number(c, "wl_begin", ALARM, JOB, "1", "1", NULL), 1);
	wait_job(state, sizeof(state));
	assert_string_equal(state, wanted);
}

static void test_control_unknown_requeued(void **state)
{
	(void)state;
	lapse_while_sending("", "lapsed");
	lapse_while_sending("unknown-requeued", "claimed");
	/* and by finish */
	functions_load(c, "", "");
	private_redis_do(&redis, "FLUSHALL");
	write_job("1", "0");
	assert_int_equal(take_jobs("60000", NULL, 0), 1);
	functions_load(c, "unknown-requeued", "");
	assert_int_equal(
		function_number(c, "wl_finish", ALARM, JOB, "1", "u", "0", "", "", "", NULL), 1);
	assert_int_equal(take_jobs("60000", NULL, 0), 1);
}

static void post_stop(void)
{
	drop(function_call(
		c, "wl_post", ALARM, "stop", ANNA, PHONE, "", "weekly", "s", "0", "x", NULL));
}

static void test_control_stop_at_enqueue_only(void **state)
{
	(void)state;
	write_job("1", "0");
	assert_int_equal(take_jobs("60000", NULL, 0), 1);
	post_stop();
	assert_int_equal(function_number(c, "wl_begin", ALARM, JOB, "1", "60000", NULL), 2);
	functions_load(c, "stop-at-enqueue-only", "");
	assert_int_equal(function_number(c, "wl_begin", ALARM, JOB, "1", "60000", NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
		FRESH(test_version_is_the_one_the_store_expects),
		FRESH(test_days_are_those_of_the_calendar),
		FRESH(test_a_commit_that_is_not_understood_changes_nothing),
		FRESH(test_seen_ids_are_trimmed_by_age_and_only_when_many),
		FRESH(test_a_quiet_person_costs_less_than_a_kibibyte),
		FRESH(test_control_no_fence_in_commit),
		FRESH(test_control_no_fence_in_begin),
		FRESH(test_control_unknown_requeued),
		FRESH(test_control_stop_at_enqueue_only),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
