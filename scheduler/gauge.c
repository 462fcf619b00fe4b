#include "scheduler/gauge.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <unistd.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define WRITE_MS 2000

static bool write_file(const char *path, struct evbuffer *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = evbuffer_get_length(text);
	bool good;

	if (fd < 0)
		return false;
	good = !len || write(fd, evbuffer_pullup(text, -1), len) == (ssize_t)len;
	return close(fd) == 0 && good;
}

/* By a rename: a reader finds the old text or the new one. */
void gauge_beat(struct gauge *gauge, const char *folder, int64_t now_ms)
{
	struct evbuffer *text;
	char *path, *next;

	if (!*folder || (gauge->written_ms && now_ms - gauge->written_ms < WRITE_MS))
		return;
	gauge->written_ms = now_ms;
	path = xasprintf("%s/metrics", folder);
	next = xasprintf("%s/metrics.new", folder);
	text = evbuffer_new();
	metrics_print(text);
	if (!write_file(next, text) || rename(next, path) != 0)
		log_limited(LOG_LEVEL_WARN, "metrics-file", "cannot write %s: %s", path,
			strerror(errno));
	evbuffer_free(text);
	free(next);
	free(path);
}
