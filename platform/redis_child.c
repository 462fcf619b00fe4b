#include "platform/redis_child.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>

#define LOCK_POLL_MS 100

static char *redis_in_folder(const char *folder, size_t len)
{
	char *path = xasprintf("%.*s/redis-server", (int)len, folder);

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *redis_on_path(void)
{
	const char *folder = getenv("PATH");
	char *found = NULL;

	while (folder && *folder && !found) {
		size_t len = strcspn(folder, ":");

		found = redis_in_folder(folder, len);
		folder += len + (folder[len] == ':');
	}
	return found;
}

int redis_child_major(const char *line)
{
	const char *version = strstr(line, " v=");

	return version ? (int)strtol(version + 3, NULL, 10) : 0;
}

/* The first line that `program --version` prints. */
static bool version_line(const char *program, char *line, size_t size)
{
	int ends[2];
	ssize_t n = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, "--version", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (pid > 0) {
		n = read(ends[0], line, size - 1);
		waitpid(pid, NULL, 0);
	}
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n > 0;
}

char *redis_child_find(struct fail *fail)
{
	char *program = redis_on_path();
	char line[256];

	if (!program) {
		fail_set(fail, "redis-server is not installed here. "
			       "Install it with: apt-get install redis-server");
		return NULL;
	}
	if (version_line(program, line, sizeof(line)) &&
		redis_child_major(line) >= REDIS_CHILD_MAJOR)
		return program;
	if (redis_child_major(line) > 0)
		fail_set(fail,
			"%s is too old: it is version %.*s, and warmline needs Redis %d or newer. "
			"Debian 12 has it: apt-get install redis-server",
			program, (int)strcspn(strstr(line, " v=") + 3, " "),
			strstr(line, " v=") + 3, REDIS_CHILD_MAJOR);
	else
		fail_set(fail,
			"%s does not say its version, so it cannot be used. Repair it with: "
			"apt-get install --reinstall redis-server",
			program);
	free(program);
	return NULL;
}

int redis_child_lock(const char *path, int64_t wait_ms, struct fail *fail)
{
	int64_t deadline = clock_monotonic_ms() + wait_ms;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		fail_set(fail, "%s cannot be written: %s.", path, strerror(errno));
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_monotonic_ms() >= deadline) {
			fail_set(fail,
				"Another Redis is still using this state folder (it holds %s). "
				"Wait until it has ended, or stop it, and start again.",
				path);
			close(fd);
			return -1;
		}
		poll(NULL, 0, LOCK_POLL_MS);
	}
	return fd;
}

bool redis_child_socket_fits(const char *path, struct fail *fail)
{
	size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (strlen(path) <= most)
		return true;
	return fail_set(fail,
		"The state folder's path is too long: %s has %zu bytes, and a socket's path may "
		"have "
		"%zu. Set WARMLINE_STATE to a shorter folder.",
		path, strlen(path), most);
}

char **redis_child_arguments(
	const char *program, const char *socket, const char *folder, const char *pidfile)
{
	const char *const arguments[] = {program, "--port", "0", "--unixsocket", socket,
		"--unixsocketperm", "700", "--dir", folder, "--pidfile", pidfile, "--daemonize",
		"no", "--appendonly", "yes", "--appendfsync", "always",
		"--no-appendfsync-on-rewrite", "no", "--maxmemory-policy", "noeviction", "--save",
		"", "--databases", "1", "--set-proc-title", "no"};
	size_t n = sizeof(arguments) / sizeof(arguments[0]);
	char **copy = xcalloc(n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(arguments[i]);
	return copy;
}

void redis_child_arguments_free(char ***arguments)
{
	for (char **a = *arguments; a && *a; a++)
		free(*a);
	free(*arguments);
	*arguments = NULL;
}

enum redis_child_state redis_child_ask(const char *socket)
{
	struct timeval limit = {.tv_sec = 1};
	redisContext *context = redisConnectUnixWithTimeout(socket, limit);
	enum redis_child_state state = REDIS_CHILD_SILENT;
	redisReply *reply = NULL;

	if (context && !context->err && redisSetTimeout(context, limit) == REDIS_OK)
		reply = redisCommand(context, "PING");
	if (reply && reply->type == REDIS_REPLY_STATUS)
		state = REDIS_CHILD_READY;
	else if (reply && strncmp(reply->str, "LOADING", 7) == 0)
		state = REDIS_CHILD_LOADING;
	if (reply)
		freeReplyObject(reply);
	if (context)
		redisFree(context);
	return state;
}
