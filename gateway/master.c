#include "gateway/master.h"

#include "gateway/nonce.h"
#include "gateway/turn.h"
#include "gateway/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define LOCK_MS  20000 /* longer than a drain */
#define STOP_MS  16000 /* then what has not drained is killed */
#define AGAIN_MS 100   /* a worker that died is started again after so long */
#define SICK_MS  1000  /* … after so long when it died young */
#define YOUNG_MS 2000

struct crew {
	struct worker_start start;
	struct {
		pid_t pid; /* 0 = not running */
		int64_t started_ms, again_ms;
		bool before; /* it ran before: its refusal ends nobody else */
	} workers[TURN_WORKERS];
	sigset_t waited;
	bool stopping;
	int64_t stop_until_ms;
	int code;
};

/* --- lock and pid file ----------------------------------------------------------------------- */

bool master_lock(const struct site *site, struct fail *fail)
{
	int64_t until = clock_monotonic_ms() + LOCK_MS;
	char folder[PATH_SIZE], path[PATH_SIZE];
	struct timespec little = {0, 50000000};
	int fd;

	site_path(site, "journal", folder);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fail_set(fail, "cannot make the folder %s: %s", folder, strerror(errno));
	site_path(site, "journal/gateway.lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_set(fail, "cannot open %s: %s", path, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || clock_monotonic_ms() >= until) {
			close(fd);
			return fail_set(fail,
				"another gateway works in %s: stop it, or choose another folder "
				"with WARMLINE_STATE",
				site->state);
		}
		nanosleep(&little, NULL);
	}
	return true; /* the descriptor stays open as long as this process and its workers live */
}

static void pid_path(const struct site *site, char path[PATH_SIZE])
{
	site_path(site, "gateway.pid", path);
}

static void write_pid(const struct site *site)
{
	char path[PATH_SIZE], next[PATH_SIZE + 8], text[24];
	bool good;
	int fd;

	pid_path(site, path);
	text_set(next, sizeof(next), "%s.new", path);
	text_set(text, sizeof(text), "%d\n", (int)getpid());
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	if (!good || rename(next, path) != 0)
		log_event(LOG_LEVEL_WARN, "pid-file", "cannot write %s: %s", path, strerror(errno));
}

/* Only our own: another gateway may have written its own meanwhile. */
static void remove_pid(const struct site *site)
{
	char path[PATH_SIZE], text[24] = "";
	int fd;

	pid_path(site, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && strtol(text, NULL, 10) == (long)getpid())
		unlink(path);
	close(fd);
}

/* --- workers --------------------------------------------------------------------------------- */

static void fork_worker(struct crew *crew, int i)
{
	struct worker_start start = crew->start;
	pid_t pid = fork();

	if (pid < 0) {
		log_event(LOG_LEVEL_ERROR, "fork-failed", "worker=%d %s", i, strerror(errno));
		crew->workers[i].again_ms = clock_monotonic_ms() + SICK_MS;
		return;
	}
	if (pid == 0) {
		start.index = i;
		exit(worker_run(&start));
	}
	crew->workers[i].pid = pid;
	crew->workers[i].started_ms = clock_monotonic_ms();
	crew->workers[i].again_ms = 0;
}

static void signal_workers(const struct crew *crew, int signal)
{
	for (int i = 0; i < crew->start.workers; i++)
		if (crew->workers[i].pid)
			kill(crew->workers[i].pid, signal);
}

static void stop(struct crew *crew, int code)
{
	if (crew->stopping)
		return;
	crew->stopping = true;
	crew->code = code;
	crew->stop_until_ms = clock_monotonic_ms() + STOP_MS;
	signal_workers(crew, SIGTERM);
}

static void worker_ended(struct crew *crew, int i, int status)
{
	int64_t now = clock_monotonic_ms();
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; /* says nothing of it */
	bool young = !killed && now - crew->workers[i].started_ms < YOUNG_MS;
	bool refused = WIFEXITED(status) && WEXITSTATUS(status) == WORKER_REFUSED;

	crew->workers[i].pid = 0;
	if (crew->stopping)
		return;
	if (refused && !crew->workers[i].before) {
		stop(crew, 1);
		return;
	}
	metric_add("warmline_workers_died_total", "", 1);
	log_event(LOG_LEVEL_ERROR, "worker-died", "worker=%d %s=%d; started again", i,
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	crew->workers[i].before = true;
	crew->workers[i].again_ms = now + (young ? SICK_MS : AGAIN_MS);
}

static void reap(struct crew *crew)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < crew->start.workers; i++)
			if (crew->workers[i].pid == pid)
				worker_ended(crew, i, status);
}

static void start_again(struct crew *crew)
{
	int64_t now = clock_monotonic_ms();

	for (int i = 0; i < crew->start.workers; i++)
		if (!crew->workers[i].pid && crew->workers[i].again_ms &&
			now >= crew->workers[i].again_ms)
			fork_worker(crew, i);
}

static bool all_ended(const struct crew *crew)
{
	for (int i = 0; i < crew->start.workers; i++)
		if (crew->workers[i].pid)
			return false;
	return true;
}

static void turn(struct crew *crew)
{
	struct timespec limit = {0, 50000000};
	int got = sigtimedwait(&crew->waited, NULL, &limit);

	if (got == SIGTERM || got == SIGINT) {
		log_event(LOG_LEVEL_INFO, "stopping", "signal=%d", got);
		stop(crew, 0);
	}
	reap(crew);
	if (!crew->stopping)
		start_again(crew);
	else if (clock_monotonic_ms() >= crew->stop_until_ms)
		signal_workers(crew, SIGKILL);
}

int master_run(const struct site *site, const struct keys *keys, int listen_fd)
{
	int workers = site->workers > 0 ? site->workers : 1;
	struct crew crew = {.start = {.site = site,
				    .keys = keys,
				    .listen_fd = listen_fd,
				    .workers = workers < TURN_WORKERS ? workers : TURN_WORKERS,
				    .master = getpid()}};

	sigemptyset(&crew.waited);
	sigaddset(&crew.waited, SIGTERM);
	sigaddset(&crew.waited, SIGINT);
	sigaddset(&crew.waited, SIGCHLD);
	sigprocmask(SIG_BLOCK, &crew.waited, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a failed write, as a full disk is */
	metrics_open();
	turn_open(crew.start.workers);
	nonces_open();
	write_pid(site);
	for (int i = 0; i < crew.start.workers; i++)
		fork_worker(&crew, i);
	while (!crew.stopping || !all_ended(&crew))
		turn(&crew);
	remove_pid(site);
	return crew.code;
}
