/*
 * What lies in Redis is sealed, what cannot be opened is reported and holds nobody up, and the
 * check at start-up refuses every Redis on which a promise would not hold.
 */
#include "tests/lib/store_rig.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <warmline/metrics.h>

#define ANNA   "p00-00000000000000a1"
#define BEN    "p00-00000000000000b2"
#define CARLA  "p05-00000000000000c3"
#define PHONE  "00112233445566778899aabbccddeeff"
#define CANARY "canary-7f3a"

static struct rig rig;

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

/* --- sealed ---------------------------------------------------------------------------------- */

static bool file_has(const char *path, const char *needle)
{
	static char data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return false;
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	return memmem(data, n, needle, strlen(needle)) != NULL;
}

static int files_with(const char *folder, const char *needle, int *looked)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[PATH_SIZE * 2];
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			n += files_with(path, needle, looked);
		if (e->d_type == DT_REG) {
			n += file_has(path, needle);
			*looked += 1;
		}
	}
	closedir(d);
	return n;
}

static void test_nothing_stands_in_clear_in_redis(void **state)
{
	struct store_write writes[4] = {
		{.kind = WRITE_LOG, .blob = rig_blob(CANARY)},
		{.kind = WRITE_EVENT, .id = "e1/1", .to = BEN, .blob = rig_blob(CANARY)},
		{.kind = WRITE_EVENT, .id = "e1/2", .to = CARLA, .blob = rig_blob(CANARY)},
		{.kind = WRITE_JOB,
			.id = ANNA ".1",
			.lane = LANE_REPLY,
			.blind = PHONE,
			.blob = rig_blob(CANARY)},
	};
	struct commit commit = {.actor = ANNA, .writes = writes, .nwrites = 4, .consumed = 1};
	int looked = 0, none = 0;

	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", CANARY), STORE_OK);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_string_equal(rig.claim.item[0].mail[0].event, CANARY);
	commit.fence = rig.claim.item[0].fence;
	commit.document = rig_blob(CANARY);
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	assert_int_equal(files_with(rig.redis.folder, CANARY, &looked), 0);
	assert_true(looked >= 2);
	assert_true(files_with(rig.redis.folder, "e1/2", &none) > 0); /* the search would find it */
	assert_int_equal(rig_transit(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_string_equal(rig.transit.item[0].event, CANARY);
	assert_int_equal(rig_jobs(&rig, 0, 1, LEASE_LONG), STORE_OK);
	assert_string_equal(rig.jobs.item[0].body, CANARY);
}

static void test_a_value_of_another_actor_does_not_open(void **state)
{
	struct commit commit = {.actor = ANNA, .document = rig_blob("anna's"), .consumed = 1};

	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	assert_int_equal(rig_claim(&rig, 0, 1, LEASE_LONG), STORE_OK);
	commit.fence = rig.claim.item[0].fence;
	assert_int_equal(rig_commit(&rig, &commit), STORE_OK);
	private_redis_do(&rig.redis, "COPY {p00}:a:" ANNA " {p00}:a:" BEN);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_OK);
	assert_int_equal(rig_read(&rig, BEN, NULL, 0), STORE_BROKEN);
	assert_string_equal(rig.view.document, "");
}

static void test_a_damaged_actor_is_reported_and_holds_nobody_up(void **state)
{
	int64_t before = metric_get("warmline_store_broken_total", "");

	(void)state;
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
	assert_int_equal(rig_mail(&rig, BEN, "e2", "y"), STORE_OK);
	private_redis_do(
		&rig.redis, "LSET {p00}:a:" ANNA ":mail 0 %s", "1800000000000 2 e1garbage");
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_SHORT), STORE_OK);
	assert_int_equal(rig.claim.n, 1);
	assert_string_equal(rig.claim.item[0].actor, BEN);
	assert_int_equal(metric_get("warmline_store_broken_total", ""), before + 1);
	assert_int_equal(rig_read(&rig, ANNA, NULL, 0), STORE_BROKEN);
	assert_int_equal(private_redis_number(&rig.redis, "LLEN {p00}:a:" ANNA ":mail"), 1);
	rig_pass(&rig, LEASE_SHORT); /* offered again, and counted again: never forgotten */
	assert_int_equal(rig_claim(&rig, 0, 16, LEASE_LONG), STORE_OK);
	assert_int_equal(metric_get("warmline_store_broken_total", ""), before + 3);
}

/* --- the check ------------------------------------------------------------------------------- */

static void refused(const char *word)
{
	struct fail fail = {""};

	assert_false(store_redis_check(&rig.redis.address, rig.keys, &fail));
	if (!strstr(fail.text, word))
		fail_msg("\"%s\" does not say \"%s\"", fail.text, word);
}

static void test_a_good_redis_passes_the_check_again_and_again(void **state)
{
	struct fail fail = {""};

	(void)state;
	private_redis_do(&rig.redis, "FUNCTION FLUSH");
	for (int i = 0; i < 2; i++)
		if (!store_redis_check(&rig.redis.address, rig.keys, &fail))
			fail_msg("%s", fail.text);
	assert_int_equal(private_redis_number(&rig.redis, "EXISTS {g}:installation"), 1);
	assert_int_equal(rig_mail(&rig, ANNA, "e1", "x"), STORE_OK);
}

static void test_another_key_file_is_refused(void **state)
{
	struct keys *keys = rig.keys, *other = keys_random();
	struct fail fail = {""};

	(void)state;
	assert_true(store_redis_check(&rig.redis.address, keys, &fail));
	assert_false(store_redis_check(&rig.redis.address, other, &fail));
	assert_non_null(strstr(fail.text, "key file"));
	assert_true(store_redis_check(&rig.redis.address, keys, &fail));
	keys_free(&other);
}

static void test_settings_that_lose_texts_are_refused(void **state)
{
	struct fail fail = {""};

	(void)state;
	private_redis_do(&rig.redis, "CONFIG SET appendfsync everysec");
	refused("appendfsync always");
	private_redis_do(&rig.redis, "CONFIG SET appendfsync always");
	private_redis_do(&rig.redis, "CONFIG SET appendonly no");
	refused("appendonly yes");
	private_redis_do(&rig.redis, "CONFIG SET appendonly yes");
	private_redis_do(&rig.redis, "CONFIG SET maxmemory-policy allkeys-lru");
	refused("noeviction");
	private_redis_do(&rig.redis, "CONFIG SET maxmemory-policy noeviction");
	assert_true(store_redis_check(&rig.redis.address, rig.keys, &fail));
}

static void test_a_newer_library_is_refused_and_kept(void **state)
{
	(void)state;
	private_redis_do(&rig.redis, "FUNCTION LOAD REPLACE %s",
		"#!lua name=warmline\nredis.register_function('wl_version', "
		"function() return {99, 'x'} end)");
	refused("newer");
	private_redis_do(&rig.redis, "FUNCTION FLUSH");
}

static void test_a_missing_redis_is_named(void **state)
{
	struct redis_address nowhere = {.path = "/nonexistent/redis.sock"};
	struct fail fail = {""};

	(void)state;
	assert_false(store_redis_check(&nowhere, rig.keys, &fail));
	assert_non_null(strstr(fail.text, "/nonexistent/redis.sock"));
}

/* A server that says it is Redis 6.2, for as long as the parent lives. */
static pid_t old_redis(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char request[200];
	pid_t pid;

	text_set(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	pid = fork();
	if (pid == 0) {
		int fd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = accept(listener, NULL, NULL);
		if (read(fd, request, sizeof(request)) > 0)
			dprintf(fd, "$23\r\nredis_version:6.2.14\r\nx\r\n");
		pause();
	}
	close(listener);
	return pid;
}

static void test_an_old_redis_is_refused(void **state)
{
	struct redis_address address = {.path = ""};
	struct fail fail = {""};
	pid_t pid;

	(void)state;
	text_set(address.path, sizeof(address.path), "%s/old.sock", rig.redis.folder);
	pid = old_redis(address.path);
	assert_false(store_redis_check(&address, rig.keys, &fail));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_non_null(strstr(fail.text, "6.2.14"));
	assert_non_null(strstr(fail.text, "7 or newer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_REDIS(test) cmocka_unit_test_setup_teardown(test, open_redis, close_store)
		WITH_REDIS(test_nothing_stands_in_clear_in_redis),
		WITH_REDIS(test_a_value_of_another_actor_does_not_open),
		WITH_REDIS(test_a_damaged_actor_is_reported_and_holds_nobody_up),
		WITH_REDIS(test_a_good_redis_passes_the_check_again_and_again),
		WITH_REDIS(test_another_key_file_is_refused),
		WITH_REDIS(test_settings_that_lose_texts_are_refused),
		WITH_REDIS(test_a_newer_library_is_refused_and_kept),
		WITH_REDIS(test_a_missing_redis_is_named),
		WITH_REDIS(test_an_old_redis_is_refused),
	};
	int failed;

	metrics_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rig_close(&rig);
	return failed;
}
