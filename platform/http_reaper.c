/*
 * evhttp has no absolute age and no cap on connections: its timeout is per read, so one byte a
 * second lives for ever (reliability.md B1, 9-12). It does not tell which connections it has
 * either. So a sweep looks at our own descriptors: an inbound connection is a socket whose local
 * port is the server's; its identity is the inode, its age counts from when it was first seen or
 * last made progress. Cutting is shutdown(): evhttp sees the end and frees its own state.
 */
#include "platform/http_parts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <warmline/fail.h>
#include <warmline/metrics.h>

struct seen {
	ino_t inode;
	int64_t since_ms, progress_ms;
	bool spared;
};

struct reaper {
	int port;
	int64_t age_ms;
	struct seen *seen; /* by descriptor */
	int n;
};

struct reaper *reaper_new(int port, int64_t age_ms)
{
	struct reaper *reaper = xcalloc(1, sizeof(*reaper));

	reaper->port = port;
	reaper->age_ms = age_ms;
	return reaper;
}

void reaper_free(struct reaper **reaper)
{
	if (*reaper)
		free((*reaper)->seen);
	free(*reaper);
	*reaper = NULL;
}

static struct seen *seen_of(struct reaper *reaper, int fd)
{
	if (fd >= reaper->n) {
		int n = fd + 64;

		reaper->seen = xrealloc(reaper->seen, (size_t)n * sizeof(*reaper->seen));
		memset(reaper->seen + reaper->n, 0,
			(size_t)(n - reaper->n) * sizeof(*reaper->seen));
		reaper->n = n;
	}
	return &reaper->seen[fd];
}

void reaper_touch(struct reaper *reaper, int fd, int64_t now_ms)
{
	if (fd >= 0)
		seen_of(reaper, fd)->progress_ms = now_ms;
}

void reaper_spare(struct reaper *reaper, int fd)
{
	if (fd >= 0)
		seen_of(reaper, fd)->spared = true;
}

int reaper_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) != 0)
		return -1;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : -1;
}

static bool is_inbound(const struct reaper *reaper, int fd, ino_t *inode)
{
	struct stat st = {.st_ino = 0};
	int listening = 0;
	socklen_t size = sizeof(listening);

	if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode) || reaper_port(fd) != reaper->port)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening)
		return false;
	*inode = st.st_ino;
	return true;
}

static int64_t age_of(struct seen *seen, ino_t inode, int64_t now_ms)
{
	if (seen->inode != inode) {
		seen->inode = inode;
		seen->since_ms = now_ms;
	}
	if (seen->progress_ms > seen->since_ms)
		seen->since_ms = seen->progress_ms;
	return now_ms - seen->since_ms;
}

/* Descriptors by number; a process that cannot read /proc has its connections only capped. */
static int sweep_once(struct reaper *reaper, int64_t now_ms, int64_t age_ms)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	int n = 0;

	while (folder && (entry = readdir(folder)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);
		struct seen *seen;
		ino_t inode;

		if (entry->d_name[0] == '.' || !is_inbound(reaper, fd, &inode))
			continue;
		n++;
		seen = seen_of(reaper, fd);
		if (age_of(seen, inode, now_ms) > age_ms && !seen->spared) {
			shutdown(fd, SHUT_RDWR);
			metric_add("warmline_http_cut_total", "", 1);
		}
	}
	if (folder)
		closedir(folder);
	return n;
}

int reaper_sweep(struct reaper *reaper, int64_t now_ms, int most, int64_t crowded_ms)
{
	int n = sweep_once(reaper, now_ms, reaper->age_ms);

	if (n >= most)
		n = sweep_once(reaper, now_ms, crowded_ms);
	for (int fd = 0; fd < reaper->n; fd++)
		reaper->seen[fd].spared = false;
	return n;
}
