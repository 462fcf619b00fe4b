#include "ctl/part.h"

#include "platform/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>

void part_set(
	struct part *part, const struct site *site, const char *name, char **arguments, int keep)
{
	char file[64];

	*part = (struct part){.name = name, .arguments = arguments, .keep = keep};
	text_set(file, sizeof(file), "log/%s.log", name);
	site_path(site, file, part->log);
	text_set(file, sizeof(file), "%s.pid", name);
	site_path(site, file, part->pidfile);
}

static void signals_as_at_birth(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

_Noreturn static void become(const struct part *part, pid_t parent)
{
	int quiet = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int log = open(part->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (quiet < 0 || log < 0 || dup2(quiet, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
		dup2(log, STDERR_FILENO) < 0)
		_exit(126);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died before the line above */
		_exit(0);
	signals_as_at_birth();
	if (part->keep >= 0)
		fcntl(part->keep, F_SETFD, 0);
	execv(part->arguments[0], part->arguments);
	dprintf(STDERR_FILENO, "%s cannot be run: %s\n", part->arguments[0], strerror(errno));
	_exit(127);
}

bool part_start(struct part *part, struct fail *fail)
{
	struct stat log;
	pid_t parent = getpid(), pid;

	part->log_start = stat(part->log, &log) == 0 ? log.st_size : 0;
	pid = fork();
	if (pid < 0)
		return fail_set(
			fail, "The %s could not be started: %s.", part->name, strerror(errno));
	if (pid == 0)
		become(part, parent);
	setpgid(pid, pid); /* in both: whoever comes first */
	part->pid = pid;
	part->started_ms = clock_monotonic_ms();
	part->restart_ms = 0;
	return pidfile_write(part->pidfile, pid, fail);
}

/* By itself: an error or a crash. Not when somebody stopped or killed it. */
static bool failed(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return info->si_status != 0;
	return info->si_status != SIGKILL && info->si_status != SIGTERM;
}

bool part_ended(struct part *part)
{
	siginfo_t info = {.si_pid = 0};

	if (!part->pid)
		return false;
	if (waitid(P_PID, (id_t)part->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return false;
	/* Before the id is free again: what it left behind must not hold the journal for long. */
	kill(-part->pid, SIGTERM);
	waitpid(part->pid, NULL, 0);
	pidfile_remove(part->pidfile, part->pid);
	part->pid = 0;
	part->failures += failed(&info);
	if (!failed(&info))
		part->backoff_ms = 0; /* nothing is wrong with the part itself: back at once */
	return true;
}

void part_again(struct part *part, int64_t now_ms)
{
	if (now_ms - part->started_ms >= PART_WELL_MS || !part->backoff_ms)
		part->backoff_ms = PART_BACKOFF_MIN_MS;
	else if (part->backoff_ms < PART_BACKOFF_MAX_MS / 2)
		part->backoff_ms *= 2;
	else
		part->backoff_ms = PART_BACKOFF_MAX_MS;
	part->restart_ms = now_ms + part->backoff_ms;
}

void part_signal(const struct part *part, int signal)
{
	if (!part->pid)
		return;
	/* SIGTERM to the one that drains its own workers; SIGKILL to all of them. */
	kill(signal == SIGKILL ? -part->pid : part->pid, signal);
}

void part_clear(struct part *part)
{
	for (char **a = part->arguments; a && *a; a++)
		free(*a);
	free(part->arguments);
	part->arguments = NULL;
}

static void read_log(const struct part *part, off_t from, char *text, size_t size)
{
	int fd = open(part->log, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = 0;

	if (end - from > (off_t)size - 1)
		from = end - (off_t)size + 1;
	if (fd >= 0) {
		n = pread(fd, text, size - 1, from);
		close(fd);
	}
	for (; n > 0 && text[n - 1] == '\n'; n--)
		;
	text[n > 0 ? n : 0] = '\0';
}

void part_last_words(const struct part *part, char *line, size_t size)
{
	char text[2048], *start;

	read_log(part, 0, text, sizeof(text));
	start = strrchr(text, '\n');
	text_set(line, size, "%s", start ? start + 1 : text);
}

void part_said(const struct part *part, char *text, size_t size)
{
	read_log(part, part->log_start, text, size);
}
