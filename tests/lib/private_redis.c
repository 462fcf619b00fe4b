#include "tests/lib/private_redis.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>

#define READY_MS 20000

static void make_folder(struct private_redis *redis)
{
	if (redis->folder[0])
		return;
	text_set(redis->folder, sizeof(redis->folder), "/tmp/warmline-redis-XXXXXX");
	if (!mkdtemp(redis->folder))
		fail_abort("private redis: cannot make a folder in /tmp");
	redis->own_folder = true;
}

static void run_server(const struct private_redis *redis, const char *const *options, pid_t parent)
{
	const char *words[64] = {"redis-server", "--port", "0", "--unixsocket", redis->address.path,
		"--dir", redis->folder, "--appendonly", "yes", "--appendfsync", "always", "--save",
		"", "--daemonize", "no", "--logfile", "redis.log", "--loglevel", "warning"};
	size_t n = 0;
	char *args[64] = {NULL};

	while (words[n])
		n++;
	for (; options && *options && n < 62; options++)
		words[n++] = *options;
	for (size_t i = 0; i < n; i++)
		args[i] = xstrdup(words[i]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	execvp(args[0], args);
	_exit(127);
}

void private_redis_spawn(struct private_redis *redis, const char *const *options)
{
	pid_t parent = getpid();

	make_folder(redis);
	text_set(redis->address.path, sizeof(redis->address.path), "%s/redis.sock", redis->folder);
	redis->pid = fork();
	if (redis->pid < 0)
		fail_abort("private redis: cannot fork");
	if (redis->pid == 0)
		run_server(redis, options, parent);
}

static bool answers(const struct private_redis *redis)
{
	redisContext *c = redisConnectUnix(redis->address.path);
	redisReply *reply = c && !c->err ? redisCommand(c, "PING") : NULL;
	bool good = reply && reply->type == REDIS_REPLY_STATUS;

	if (reply)
		freeReplyObject(reply);
	if (c)
		redisFree(c);
	return good;
}

void private_redis_wait(struct private_redis *redis)
{
	int64_t until = clock_monotonic_ms() + READY_MS;

	while (!answers(redis)) {
		if (clock_monotonic_ms() > until || waitpid(redis->pid, NULL, WNOHANG) != 0)
			fail_abort("private redis: does not start in %s", redis->folder);
		usleep(5000);
	}
}

void private_redis_start(struct private_redis *redis, const char *const *options)
{
	private_redis_spawn(redis, options);
	private_redis_wait(redis);
}

void private_redis_signal(struct private_redis *redis, int number)
{
	if (redis->pid > 0)
		kill(redis->pid, number);
}

void private_redis_kill(struct private_redis *redis)
{
	if (redis->pid <= 0)
		return;
	kill(redis->pid, SIGKILL);
	waitpid(redis->pid, NULL, 0);
	redis->pid = 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void private_redis_free(struct private_redis *redis)
{
	private_redis_kill(redis);
	if (redis->own_folder)
		nftw(redis->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	redis->folder[0] = '\0';
	redis->own_folder = false;
}

static redisReply *command(struct private_redis *redis, const char *format, va_list args)
{
	redisContext *c = redisConnectUnix(redis->address.path);
	redisReply *reply;

	if (!c || c->err)
		fail_abort("private redis: no connection for \"%s\"", format);
	reply = redisvCommand(c, format, args);
	if (!reply)
		fail_abort("private redis: no answer to \"%s\"", format);
	redisFree(c);
	return reply;
}

redisReply *private_redis_command(struct private_redis *redis, const char *format, ...)
{
	va_list args;
	redisReply *reply;

	va_start(args, format);
	reply = command(redis, format, args);
	va_end(args);
	return reply;
}

void private_redis_do(struct private_redis *redis, const char *format, ...)
{
	va_list args;
	redisReply *reply;

	va_start(args, format);
	reply = command(redis, format, args);
	va_end(args);
	if (reply->type == REDIS_REPLY_ERROR)
		fail_abort("private redis: \"%s\": %s", format, reply->str);
	freeReplyObject(reply);
}

long long private_redis_number(struct private_redis *redis, const char *format, ...)
{
	va_list args;
	redisReply *reply;
	long long number;

	va_start(args, format);
	reply = command(redis, format, args);
	va_end(args);
	if (reply->type != REDIS_REPLY_INTEGER)
		fail_abort("private redis: \"%s\" did not answer a number", format);
	number = reply->integer;
	freeReplyObject(reply);
	return number;
}
