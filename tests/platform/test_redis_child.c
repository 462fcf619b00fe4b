/*
 * The private Redis of `warmline up`, with the real redis-server: settings, lock, readiness, and
 * how it ends with the one that started it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>

#include "ctl/part.h"
#include "platform/pidfile.h"
#include "platform/redis_child.h"

static struct site site;
static struct part part;
static struct fail fail;
static char redis_lock[PATH_SIZE], redis_socket[PATH_SIZE], redis_folder[PATH_SIZE];

static void wait_for(bool (*condition)(void))
{
	int64_t deadline = clock_monotonic_ms() + 20000;

	while (!condition()) {
		if (clock_monotonic_ms() > deadline)
			fail_msg("waited too long");
		poll(NULL, 0, 10);
	}
}

static bool ready(void)
{
	return redis_child_ask(redis_socket) == REDIS_CHILD_READY;
}

static bool ended(void)
{
	return part_ended(&part);
}

static int setup(void **state)
{
	char folder[] = "/tmp/wl-redis-XXXXXX", path[PATH_SIZE];

	(void)state;
	part = (struct part){.keep = -1};
	assert_non_null(mkdtemp(folder));
	text_set(site.state, sizeof(site.state), "%s", folder);
	site_path(&site, "log", path);
	assert_int_equal(mkdir(path, 0700), 0);
	site_path(&site, "redis", redis_folder);
	assert_int_equal(mkdir(redis_folder, 0700), 0);
	site_path(&site, "redis.lock", redis_lock);
	site_path(&site, "redis.sock", redis_socket);
	return 0;
}

static int teardown(void **state)
{
	char *command = xasprintf("rm -rf '%s'", site.state);

	(void)state;
	if (part.pid) {
		part_signal(&part, SIGKILL);
		wait_for(ended);
	}
	if (part.keep > 0)
		close(part.keep);
	part_clear(&part);
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

static void start(void)
{
	char *program = redis_child_find(&fail), pidfile[PATH_SIZE];
	int lock = redis_child_lock(redis_lock, 0, &fail);

	assert_non_null(program);
	assert_true(lock >= 0);
	site_path(&site, "redis.pid", pidfile);
	part_set(&part, &site, "redis",
		redis_child_arguments(program, redis_socket, redis_folder, pidfile), lock);
	assert_true(part_start(&part, &fail));
	free(program);
	wait_for(ready);
}

static void assert_setting(redisContext *c, const char *name, const char *value)
{
	redisReply *reply = redisCommand(c, "CONFIG GET %s", name);

	assert_non_null(reply);
	assert_int_equal(reply->elements, 2);
	assert_string_equal(reply->element[1]->str, value);
	freeReplyObject(reply);
}

static void every_write_is_on_disk_and_nothing_is_evicted_or_open_to_the_network(void **state)
{
	redisContext *c;
	struct stat about;

	(void)state;
	start();
	c = redisConnectUnix(redis_socket);
	assert_int_equal(c->err, 0);
	assert_setting(c, "appendonly", "yes");
	assert_setting(c, "appendfsync", "always");
	assert_setting(c, "maxmemory-policy", "noeviction");
	assert_setting(c, "save", "");
	assert_setting(c, "port", "0");
	redisFree(c);
	assert_int_equal(stat(redis_socket, &about), 0);
	assert_int_equal(about.st_mode & 0077, 0);
	assert_int_equal(pidfile_read(part.pidfile), part.pid);
}

static void lock_lives_as_long_as_redis_does(void **state)
{
	(void)state;
	start();
	close(part.keep); /* as when the parent dies: only Redis has it now */
	part.keep = -1;
	assert_int_equal(redis_child_lock(redis_lock, 0, &fail), -1);
	assert_non_null(strstr(fail.text, "Another Redis"));
	part_signal(&part, SIGTERM);
	part.keep = redis_child_lock(redis_lock, 20000, &fail);
	assert_true(part.keep >= 0);
	wait_for(ended);
}

static void redis_ends_cleanly_when_its_parent_is_killed(void **state)
{
	pid_t parent;
	int lock;

	(void)state;
	parent = fork();
	if (parent == 0) {
		start();
		pause();
	}
	wait_for(ready);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	lock = redis_child_lock(redis_lock, 20000, &fail);
	assert_true(lock >= 0);
	close(lock);
	assert_int_equal(access(redis_socket, F_OK), -1); /* a killed Redis leaves it behind */
}

static void what_was_written_is_there_after_kill_and_restart(void **state)
{
	redisContext *c;
	redisReply *reply;

	(void)state;
	start();
	c = redisConnectUnix(redis_socket);
	freeReplyObject(redisCommand(c, "SET kept yes"));
	redisFree(c);
	part_signal(&part, SIGKILL);
	wait_for(ended);
	assert_int_equal(access(part.pidfile, F_OK), -1);
	part_again(&part, clock_monotonic_ms());
	assert_int_equal(part.backoff_ms, PART_BACKOFF_MIN_MS);
	assert_true(part_start(&part, &fail)); /* the lock is still held, and inherited again */
	wait_for(ready);
	c = redisConnectUnix(redis_socket);
	reply = redisCommand(c, "GET kept");
	assert_string_equal(reply->str, "yes");
	freeReplyObject(reply);
	redisFree(c);
}

static void restarts_come_slower_but_never_end(void **state)
{
	int64_t now = 1000000;

	(void)state;
	part.started_ms = now;
	for (int i = 0; i < 100; i++)
		part_again(&part, now);
	assert_int_equal(part.backoff_ms, PART_BACKOFF_MAX_MS);
	assert_int_equal(part.restart_ms, now + PART_BACKOFF_MAX_MS);
	part_again(&part, now + PART_WELL_MS);
	assert_int_equal(part.backoff_ms, PART_BACKOFF_MIN_MS);
}

static void versions_are_read_from_what_redis_prints(void **state)
{
	(void)state;
	assert_int_equal(
		redis_child_major("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"), 7);
	assert_int_equal(redis_child_major("Redis server v=6.0.16 sha=0"), 6);
	assert_int_equal(redis_child_major("something else"), 0);
	assert_int_equal(redis_child_major(""), 0);
}

static void long_socket_paths_are_refused_before_anything_starts(void **state)
{
	char path[140];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[107] = '\0';
	assert_true(redis_child_socket_fits(path, &fail));
	path[107] = 'x';
	path[108] = '\0';
	assert_false(redis_child_socket_fits(path, &fail));
	assert_non_null(strstr(fail.text, "WARMLINE_STATE"));
}

static void pid_files_are_removed_only_by_their_owner(void **state)
{
	char path[PATH_SIZE];

	(void)state;
	site_path(&site, "some.pid", path);
	assert_true(pidfile_write(path, getpid(), &fail));
	pidfile_remove(path, getpid() + 1);
	assert_int_equal(pidfile_read(path), getpid());
	pidfile_remove(path, getpid());
	assert_int_equal(pidfile_read(path), 0);
	assert_true(pidfile_alive(getpid(), "test_redis_child"));
	assert_false(pidfile_alive(getpid(), "warmline-gateway"));
	assert_false(pidfile_alive(0, "test_redis_child"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_write_is_on_disk_and_nothing_is_evicted_or_open_to_the_network),
		TEST(lock_lives_as_long_as_redis_does),
		TEST(redis_ends_cleanly_when_its_parent_is_killed),
		TEST(what_was_written_is_there_after_kill_and_restart),
		TEST(restarts_come_slower_but_never_end),
		TEST(versions_are_read_from_what_redis_prints),
		TEST(long_socket_paths_are_refused_before_anything_starts),
		TEST(pid_files_are_removed_only_by_their_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
