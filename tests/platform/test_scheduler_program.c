/* The program warmline-scheduler: when it refuses to start, when it waits, how it ends. */
#include "tests/lib/private_redis.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/seal.h>

#include <cmocka.h>

#define WAIT_MS 15000

struct stage {
	struct private_redis redis; /* its folder is the state folder */
	char log[PATH_SIZE + 16], pidfile[PATH_SIZE + 16], keys[PATH_SIZE + 16];
	char program[PATH_SIZE];
	pid_t pid;
};

static int setup(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));
	const char *build = getenv("WARMLINE_BUILD");
	struct fail fail;

	snprintf(s->program, sizeof(s->program), "%s/bin/warmline-scheduler",
		build ? build : "build/release");
	snprintf(s->redis.folder, sizeof(s->redis.folder), "/tmp/warmline-scheduler-XXXXXX");
	assert_non_null(mkdtemp(s->redis.folder));
	snprintf(s->log, sizeof(s->log), "%s/log", s->redis.folder);
	snprintf(s->pidfile, sizeof(s->pidfile), "%s/scheduler.pid", s->redis.folder);
	snprintf(s->keys, sizeof(s->keys), "%s/keys", s->redis.folder);
	assert_true(keys_create(s->keys, &fail));
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct stage *s = *state;
	char *command;

	if (s->pid) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	private_redis_free(&s->redis);
	if (asprintf(&command, "rm -rf '%s'", s->redis.folder) > 0 && system(command) != 0)
		fail_msg("the folder could not be removed");
	free(command);
	free(s);
	return 0;
}

static void start(struct stage *s, const char *config)
{
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		int log = open(s->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(log, STDERR_FILENO);
		execl(s->program, "warmline-scheduler", "--config", config, "--state",
			s->redis.folder, (char *)NULL);
		_exit(127);
	}
}

/* The exit code; the program has WAIT_MS to come to its end. */
static int end(struct stage *s)
{
	int64_t limit = clock_monotonic_ms() + WAIT_MS;
	int status = 0;

	while (waitpid(s->pid, &status, WNOHANG) == 0) {
		assert_true(clock_monotonic_ms() < limit);
		usleep(10000);
	}
	s->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool log_says(struct stage *s, const char *words)
{
	char text[8192] = "";
	FILE *file = fopen(s->log, "r");

	if (!file)
		return false;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return strstr(text, words) != NULL;
}

static void until_log_says(struct stage *s, const char *words)
{
	int64_t limit = clock_monotonic_ms() + WAIT_MS;

	while (!log_says(s, words)) {
		assert_true(clock_monotonic_ms() < limit);
		usleep(10000);
	}
}

/* The private Redis listens where the site's "redis: private" is: "<state>/redis.sock". */
static void redis_start(struct stage *s)
{
	private_redis_start(&s->redis, NULL);
}

static void without_a_key_it_refuses(void **state)
{
	struct stage *s = *state;

	unlink(s->keys);
	start(s, "config/warmline.yaml");
	assert_int_equal(end(s), 1);
	assert_true(log_says(s, "key file"));
}

static void with_another_key_it_refuses(void **state)
{
	struct stage *s = *state;
	struct fail fail;

	redis_start(s);
	start(s, "config/warmline.yaml");
	until_log_says(s, " started ");
	kill(s->pid, SIGTERM);
	assert_int_equal(end(s), 0);
	unlink(s->keys);
	assert_true(keys_create(s->keys, &fail));
	start(s, "config/warmline.yaml");
	assert_int_equal(end(s), 1);
	assert_true(log_says(s, "another key file"));
	assert_int_not_equal(access(s->pidfile, F_OK), 0);
}

static void a_broken_configuration_is_told(void **state)
{
	struct stage *s = *state;

	start(s, "config/no-such-file.yaml");
	assert_int_equal(end(s), 1);
	assert_true(log_says(s, "no-such-file.yaml"));
}

static void redis_that_may_lose_texts_is_refused(void **state)
{
	struct stage *s = *state;

	redis_start(s);
	private_redis_do(&s->redis, "CONFIG SET appendfsync everysec");
	start(s, "config/warmline.yaml");
	assert_int_equal(end(s), 1);
	assert_true(log_says(s, "appendfsync always"));
}

static void it_waits_for_redis_and_ends_when_asked(void **state)
{
	struct stage *s = *state;

	start(s, "config/warmline.yaml");
	until_log_says(s, "waiting-for-redis");
	assert_int_equal(access(s->pidfile, F_OK), 0);
	redis_start(s);
	until_log_says(s, "store-up");
	kill(s->pid, SIGTERM);
	assert_int_equal(end(s), 0);
	assert_true(log_says(s, "stopped"));
	assert_int_not_equal(access(s->pidfile, F_OK), 0);
}

static void asked_to_stop_while_waiting_it_stops(void **state)
{
	struct stage *s = *state;

	start(s, "config/warmline.yaml");
	until_log_says(s, "waiting-for-redis");
	kill(s->pid, SIGTERM);
	assert_int_equal(end(s), 0);
	assert_int_not_equal(access(s->pidfile, F_OK), 0);
}

static void it_shows_that_it_lives(void **state)
{
	struct stage *s = *state;
	int64_t limit = clock_monotonic_ms() + WAIT_MS;

	redis_start(s);
	start(s, "config/warmline.yaml");
	while (private_redis_number(&s->redis, "ZCARD {g}:ix:alive:scheduler") != 1) {
		assert_true(clock_monotonic_ms() < limit);
		usleep(20000);
	}
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(without_a_key_it_refuses),
		ring(with_another_key_it_refuses),
		ring(a_broken_configuration_is_told),
		ring(redis_that_may_lose_texts_is_refused),
		ring(it_waits_for_redis_and_ends_when_asked),
		ring(asked_to_stop_while_waiting_it_stops),
		ring(it_shows_that_it_lives),
	};

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
