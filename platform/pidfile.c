#include "platform/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define COMM_SIZE 16 /* the kernel keeps 15 bytes of a program's name */

static bool write_number(const char *path, pid_t pid)
{
	char text[24];
	int fd, n = snprintf(text, sizeof(text), "%d\n", (int)pid);
	bool ok;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	ok = write(fd, text, (size_t)n) == n;
	return close(fd) == 0 && ok;
}

bool pidfile_write(const char *path, pid_t pid, struct fail *fail)
{
	/* The writer's own id in the name: the child and its parent may write at the same time. */
	char *beside = xasprintf("%s.%d", path, (int)getpid());
	bool ok = write_number(beside, pid) && rename(beside, path) == 0;

	if (!ok) {
		fail_set(fail, "The process id could not be written to %s: %s.", path,
			strerror(errno));
		unlink(beside);
	}
	free(beside);
	return ok;
}

pid_t pidfile_read(const char *path)
{
	char text[24] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	long pid;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	pid = strtol(text, NULL, 10);
	return pid > 1 && pid <= 4194304 ? (pid_t)pid : 0;
}

void pidfile_remove(const char *path, pid_t pid)
{
	if (pidfile_read(path) == pid)
		unlink(path);
}

bool pidfile_alive(pid_t pid, const char *program)
{
	char path[40], name[COMM_SIZE + 1] = "";
	int fd;
	ssize_t n;

	if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
		return false;
	text_set(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, COMM_SIZE);
	close(fd);
	if (n > 0 && name[n - 1] == '\n')
		name[n - 1] = '\0';
	return n > 0 && strncmp(name, program, COMM_SIZE - 1) == 0;
}
