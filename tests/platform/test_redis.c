/*
 * Redis that is not there, dies, hangs, loads, refuses, loses its functions: the store answers in
 * time with what it knows, does not spin, and comes back by itself (reliability.md B2).
 */
#include "platform/redis.h"
#include "platform/store_redis.h"
#include "tests/lib/store_rig.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <warmline/clock.h>

#define ANNA "p00-00000000000000a1"

static struct rig rig;

static int open_redis(void **state)
{
	(void)state;
	rig_open_redis(&rig);
	return 0;
}

static int close_redis(void **state)
{
	(void)state;
	rig_close_store(&rig);
	private_redis_free(&rig.redis); /* each test its own server: what was broken stays here */
	return 0;
}

static const char *reason(void)
{
	const char *text;

	rig.store->ops->up(rig.store, &text);
	return text;
}

/* Posts until the answer is `wanted`; false after `ms`. Ids are new each time. */
static bool post_until(enum store_result wanted, int ms)
{
	static int serial;
	int64_t until = clock_monotonic_ms() + ms;
	char id[32];

	do {
		snprintf(id, sizeof(id), "until-%d", serial++);
		if (rig_mail(&rig, ANNA, id, "x") == wanted)
			return true;
		rig_pass(&rig, 10);
	} while (clock_monotonic_ms() < until);
	return false;
}

static void test_error_replies_have_their_classes(void **state)
{
	static const struct {
		const char *text;
		enum redis_class class;
	} rows[] = {
		{"LOADING Redis is loading the dataset in memory", REDIS_BUSY},
		{"BUSY Redis is busy running a script.", REDIS_BUSY},
		{"MASTERDOWN Link with MASTER is down", REDIS_BUSY},
		{"CLUSTERDOWN The cluster is down", REDIS_BUSY},
		{"TRYAGAIN Multiple keys request during rehashing", REDIS_BUSY},
		{"READONLY You can't write against a read only replica.", REDIS_READONLY},
		{"OOM command not allowed when used memory > 'maxmemory'.", REDIS_REFUSES},
		{"MISCONF Errors writing to the AOF file", REDIS_REFUSES},
		{"NOREPLICAS Not enough good replicas to write.", REDIS_REFUSES},
		{"ERR Function not found", REDIS_NO_FUNCTION},
		{"NOAUTH Authentication required.", REDIS_DENIED},
		{"NOPERM this user has no permissions", REDIS_DENIED},
		{"MOVED 3999 127.0.0.1:6381", REDIS_MOVED},
		{"WARMLINE commit: write not understood", REDIS_INVALID},
		{"WRONGTYPE Operation against a key", REDIS_UNEXPECTED},
		{"ERR unknown command", REDIS_UNEXPECTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[100];
		redisReply reply = {.type = REDIS_REPLY_ERROR, .str = text};

		snprintf(text, sizeof(text), "%s", rows[i].text);
		assert_int_equal(redis_classify(&reply), rows[i].class);
		assert_true(strlen(redis_class_reason(rows[i].class)) > 10);
	}
}

static void test_redis_that_comes_later_is_found(void **state)
{
	struct private_redis *redis = &rig.redis;

	(void)state;
	text_set(redis->folder, sizeof(redis->folder), "/tmp/warmline-redis-XXXXXX");
	assert_non_null(mkdtemp(redis->folder));
	redis->own_folder = true;
	text_set(redis->address.path, sizeof(redis->address.path), "%s/redis.sock", redis->folder);
	rig.keys = rig.keys ? rig.keys : keys_random();
	rig.base = event_base_new();
	rig.store = store_redis_new(rig.base, &redis->address, rig.keys);
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_REFUSED);
	assert_true(strlen(reason()) > 0);
	private_redis_start(redis, NULL);
	assert_true(rig_until_up(&rig, 5000));
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Turns of the loop and CPU during a second without Redis. */
static void test_waiting_for_redis_does_not_spin(void **state)
{
	int64_t until;
	clock_t cpu;
	int turns = 0;
	struct timeval step = {0, 100000};
	struct event *wake;

	(void)state;
	private_redis_kill(&rig.redis);
	wake = event_new(rig.base, -1, EV_PERSIST, on_turn, NULL);
	event_add(wake, &step);
	until = clock_monotonic_ms() + 2000;
	cpu = clock();
	while (clock_monotonic_ms() < until) {
		event_base_loop(rig.base, EVLOOP_ONCE);
		turns++;
	}
	cpu = clock() - cpu;
	event_free(wake);
	assert_in_range(turns, 1, 200);
	assert_true(cpu < CLOCKS_PER_SEC / 5);
}

struct tally {
	int done, ok, refused, unknown, other;
};

static void on_tally(void *arg, enum store_result result, const char *actor)
{
	struct tally *tally = arg;

	(void)actor;
	tally->done++;
	if (result == STORE_OK)
		tally->ok++;
	else if (result == STORE_REFUSED)
		tally->refused++;
	else if (result == STORE_UNKNOWN)
		tally->unknown++;
	else
		tally->other++;
}

static void post_many(struct tally *tally, int n, const char *prefix)
{
	for (int i = 0; i < n; i++) {
		char id[64];
		struct post post = {.actor = ANNA, .event_id = id, .event = rig_blob("x")};

		snprintf(id, sizeof(id), "%s%d", prefix, i);
		rig.store->ops->post(rig.store, &post, on_tally, tally);
	}
	assert_int_equal(tally->done, 0);
}

static void test_a_killed_redis_leaves_unknowns_and_loses_nothing(void **state)
{
	struct tally tally = {0};
	int never = 0;

	(void)state;
	post_many(&tally, 3000, "a");
	rig_until(&rig, &tally.done, 500, 5000);
	private_redis_kill(&rig.redis);
	rig_until(&rig, &tally.done, 3000, 5000);
	assert_int_equal(tally.done, 3000);
	assert_true(tally.ok >= 500);
	assert_int_equal(tally.other, 0);
	assert_int_equal(rig_mail(&rig, ANNA, "while-away", "x"), STORE_REFUSED);
	assert_string_equal(reason(), "no connection to Redis");
	private_redis_start(&rig.redis, NULL);
	assert_true(rig_until_up(&rig, 5000));
	assert_true(private_redis_number(&rig.redis, "LLEN {p00}:a:" ANNA ":mail") >= tally.ok);
	rig_until(&rig, &never, 1, 50);
	assert_int_equal(tally.done, 3000); /* and not once more */
}

static void test_a_hanging_redis_is_given_up_in_time(void **state)
{
	struct tally tally = {0};
	int64_t started;

	(void)state;
	private_redis_signal(&rig.redis, SIGSTOP);
	started = clock_monotonic_ms();
	post_many(&tally, 10, "h");
	assert_true(rig_until(&rig, &tally.done, 10, 3000));
	assert_int_equal(tally.unknown, 10);
	assert_in_range(clock_monotonic_ms() - started, 550, 1500);
	private_redis_signal(&rig.redis, SIGCONT);
	assert_true(rig_until_up(&rig, 6000));
	assert_true(post_until(STORE_OK, 3000));
	/* What was unknown may have happened: asking again with the same id makes it certain. */
	assert_in_range(rig_mail(&rig, ANNA, "h0", "x"), STORE_OK, STORE_DUPLICATE);
	assert_int_equal(rig_mail(&rig, ANNA, "h0", "x"), STORE_DUPLICATE);
}

static void test_an_idle_connection_that_hangs_is_noticed(void **state)
{
	int64_t until = clock_monotonic_ms() + 4000;
	int never = 0;

	(void)state;
	private_redis_signal(&rig.redis, SIGSTOP);
	while (reason()[0] == '\0' && clock_monotonic_ms() < until)
		rig_until(&rig, &never, 1, 50);
	assert_true(reason()[0] != '\0');
	private_redis_signal(&rig.redis, SIGCONT);
	assert_true(rig_until_up(&rig, 6000));
}

static void test_a_replica_refuses_until_it_is_the_primary(void **state)
{
	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "before", "x"), STORE_OK);
	private_redis_do(&rig.redis, "REPLICAOF 127.0.0.1 1");
	assert_int_equal(rig_mail(&rig, ANNA, "during", "x"), STORE_REFUSED);
	assert_true(strlen(reason()) > 0);
	private_redis_do(&rig.redis, "REPLICAOF NO ONE");
	assert_true(post_until(STORE_OK, 5000));
	assert_string_equal(reason(), "");
	assert_int_equal(
		rig_mail(&rig, ANNA, "during", "x"), STORE_OK); /* it had changed nothing */
}

static void test_without_memory_posts_are_refused_and_sending_goes_on(void **state)
{
	struct store_write job = {.kind = WRITE_JOB,
		.id = ANNA ".1",
		.lane = LANE_CRISIS,
		.gate = GATE_SAFETY,
		.blob = rig_blob("{}")};
	struct commit commit = {.actor = ANNA, .writes = &job, .nwrites = 1};
	struct finish finish = {.job = ANNA ".1",
		.fence = 1,
		.result = JOB_ACCEPTED,
		.event_id = "o1",
		.event = rig_blob("{}")};

	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	commit.fence = rig.claim.item[0].fence;
	commit.consumed = 1;
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	private_redis_do(&rig.redis, "CONFIG SET maxmemory 1");
	assert_int_equal(rig_mail(&rig, ANNA, "e2", "x"), STORE_REFUSED);
	assert_non_null(strstr(reason(), "memory"));
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_REFUSED);
	assert_int_equal(rig_jobs(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.jobs.n, 1);
	assert_int_equal(rig_begin(&rig, ANNA ".1", 1, LEASE_LONG), STORE_OK);
	assert_int_equal(rig.verdict, BEGIN_GO);
	assert_int_equal(rig_finish(&rig, &finish), STORE_OK);
	assert_int_equal(rig_tick(&rig), STORE_OK);
	private_redis_do(&rig.redis, "CONFIG SET maxmemory 0");
	assert_int_equal(rig_mail(&rig, ANNA, "e2", "x"), STORE_OK);
	assert_string_equal(reason(), "");
}

static void test_lost_functions_are_loaded_again_unnoticed(void **state)
{
	struct tally tally = {0};

	(void)state;
	private_redis_do(&rig.redis, "FUNCTION FLUSH");
	post_many(&tally, 200, "f");
	assert_true(rig_until(&rig, &tally.done, 200, 5000));
	assert_int_equal(tally.ok, 200);
	assert_int_equal(private_redis_number(&rig.redis, "LLEN {p00}:a:" ANNA ":mail"), 200);
}

static void load_version(const char *version, const char *text)
{
	char *library = xasprintf("#!lua name=warmline\n"
				  "redis.register_function{function_name='wl_version', "
				  "callback=function() return {%s, '%s'} end, flags={'no-writes'}}",
		version, text);
	redisReply *reply = private_redis_command(
		&rig.redis, "FUNCTION LOAD REPLACE %b", library, strlen(library));

	assert_int_equal(reply->type, REDIS_REPLY_STRING);
	freeReplyObject(reply);
	free(library);
}

static void reopen(void)
{
	rig.store->ops->free(rig.store);
	rig.store = store_redis_new(rig.base, &rig.redis.address, rig.keys);
}

static void test_a_newer_library_is_left_alone(void **state)
{
	redisReply *reply;

	(void)state;
	load_version("99", "x");
	reopen();
	assert_false(rig_until_up(&rig, 700));
	assert_non_null(strstr(reason(), "newer"));
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_REFUSED);
	reply = private_redis_command(&rig.redis, "FCALL wl_version 0");
	assert_int_equal(reply->element[0]->integer, 99);
	freeReplyObject(reply);
}

static void test_an_older_or_changed_library_is_replaced(void **state)
{
	(void)state;
	load_version("0", "x");
	reopen();
	assert_true(rig_until_up(&rig, 5000));
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	load_version("1", "another text");
	reopen();
	assert_true(rig_until_up(&rig, 5000));
	assert_int_equal(rig_mail(&rig, ANNA, "e2", "x"), STORE_OK);
}

/* A script that ends only when it is killed, on a connection of its own. */
static redisContext *endless_script(void)
{
	redisContext *c = redisConnectUnix(rig.redis.address.path);
	int written = 0;

	private_redis_do(&rig.redis, "CONFIG SET busy-reply-threshold 10");
	redisAppendCommand(c, "EVAL %s 0", "while true do end");
	while (!written)
		assert_int_equal(redisBufferWrite(c, &written), REDIS_OK);
	return c;
}

static void test_a_busy_redis_refuses_and_is_asked_again(void **state)
{
	redisContext *c = endless_script();

	(void)state;
	assert_true(post_until(STORE_REFUSED, 5000));
	private_redis_do(&rig.redis, "SCRIPT KILL");
	assert_true(post_until(STORE_OK, 5000));
	redisFree(c);
}

static void rewrite_file(void)
{
	int64_t until = clock_monotonic_ms() + 10000;
	bool busy = true;

	private_redis_do(&rig.redis, "BGREWRITEAOF");
	while (busy && clock_monotonic_ms() < until) {
		redisReply *reply = private_redis_command(&rig.redis, "INFO persistence");

		busy = !strstr(reply->str, "aof_rewrite_in_progress:0") ||
		       !strstr(reply->str, "aof_rewrite_scheduled:0");
		freeReplyObject(reply);
		usleep(5000);
	}
	assert_false(busy);
}

static void test_a_loading_redis_is_waited_for(void **state)
{
	static const char *const slowly[] = {
		"--key-load-delay", "100", "--loading-process-events-interval-bytes", "1024", NULL};
	bool saw_loading = false;
	int64_t until = clock_monotonic_ms() + 20000;

	(void)state;
	private_redis_do(&rig.redis, "EVAL %s 0",
		"for i = 1, 20000 do redis.call('SET', '{p01}:x' .. i, i) end");
	assert_int_equal(rig_mail(&rig, ANNA, "before", "x"), STORE_OK);
	rewrite_file(); /* so that what is loaded has keys, which `slowly` slows down */
	private_redis_kill(&rig.redis);
	private_redis_spawn(&rig.redis, slowly);
	while (reason()[0] == '\0' && clock_monotonic_ms() < until)
		rig_pass(&rig, 5); /* until its end is noticed */
	while (!rig_until_up(&rig, 20) && clock_monotonic_ms() < until) {
		saw_loading = saw_loading || strstr(reason(), "loading");
		assert_int_equal(rig_mail(&rig, ANNA, "during", "x"), STORE_REFUSED);
	}
	assert_true(saw_loading);
	assert_true(rig_until_up(&rig, 10000));
	assert_int_equal(rig_mail(&rig, ANNA, "before", "x"), STORE_DUPLICATE);
	assert_int_equal(rig_mail(&rig, ANNA, "during", "x"), STORE_OK);
}

static void test_the_bell_comes_back(void **state)
{
	int64_t until;

	(void)state;
	private_redis_kill(&rig.redis);
	private_redis_start(&rig.redis, NULL);
	assert_true(rig_until_up(&rig, 5000));
	memset(rig.bells, 0, sizeof(rig.bells));
	until = clock_monotonic_ms() + 5000;
	for (int i = 0; rig.bells[7] == 0 && clock_monotonic_ms() < until; i++) {
		char actor[ACTOR_SIZE], id[24];

		snprintf(actor, sizeof(actor), "p07-%016x", i);
		snprintf(id, sizeof(id), "bell-%d", i);
		rig_mail(&rig, actor, id, "x");
		rig_pass(&rig, 20);
	}
	assert_true(rig.bells[7] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_replies_have_their_classes),
		cmocka_unit_test_teardown(test_redis_that_comes_later_is_found, close_redis),
#define WITH_REDIS(test) cmocka_unit_test_setup_teardown(test, open_redis, close_redis)
		WITH_REDIS(test_waiting_for_redis_does_not_spin),
		WITH_REDIS(test_a_killed_redis_leaves_unknowns_and_loses_nothing),
		WITH_REDIS(test_a_hanging_redis_is_given_up_in_time),
		WITH_REDIS(test_an_idle_connection_that_hangs_is_noticed),
		WITH_REDIS(test_a_replica_refuses_until_it_is_the_primary),
		WITH_REDIS(test_without_memory_posts_are_refused_and_sending_goes_on),
		WITH_REDIS(test_lost_functions_are_loaded_again_unnoticed),
		WITH_REDIS(test_a_newer_library_is_left_alone),
		WITH_REDIS(test_an_older_or_changed_library_is_replaced),
		WITH_REDIS(test_a_busy_redis_refuses_and_is_asked_again),
		WITH_REDIS(test_a_loading_redis_is_waited_for),
		WITH_REDIS(test_the_bell_comes_back),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_close(&rig);
	return failed;
}
