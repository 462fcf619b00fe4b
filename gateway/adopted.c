#include "gateway/adopted.h"

#include <dirent.h>
#include <warmline/fail.h>
#include <warmline/log.h>

#define PREFIX "gateway-"

struct adopted {
	struct spool **spools;
	size_t n;
};

/* The worker whose folder it was; -1 when the name is no journal of a gateway's worker. */
static long worker_of(const char *name)
{
	size_t prefix = strlen(PREFIX);
	const char *digits = name + prefix;
	size_t n;

	if (strncmp(name, PREFIX, prefix) != 0)
		return -1;
	n = strspn(digits, "0123456789");
	return n > 0 && n < 5 && digits[n] == '\0' ? strtol(digits, NULL, 10) : -1;
}

static void adopt(struct adopted *adopted, struct event_base *base,
	const struct worker_start *start, struct poster *poster, const char *name)
{
	char folder[PATH_SIZE], below[NAME_MAX + 16];
	struct spool_options options = {
		.folder = folder, .keys = start->keys, .ballast_bytes = (size_t)-1};
	struct spool *spool;
	struct fail fail;

	text_set(below, sizeof(below), "journal/%s", name);
	site_path(start->site, below, folder);
	spool = spool_open(base, &options, &fail);
	if (!spool) {
		log_event(LOG_LEVEL_ERROR, "journal-left-behind", "%s", fail.text);
		return;
	}
	adopted->spools = xrealloc(adopted->spools, (adopted->n + 1) * sizeof(struct spool *));
	adopted->spools[adopted->n++] = spool;
	poster_replay(poster, spool, true, 0);
}

struct adopted *adopted_open(
	struct event_base *base, const struct worker_start *start, struct poster *poster)
{
	struct adopted *adopted = xcalloc(1, sizeof(*adopted));
	char journals[PATH_SIZE];
	struct dirent *entry;
	DIR *folder;

	site_path(start->site, "journal", journals);
	folder = opendir(journals);
	while (folder && (entry = readdir(folder)) != NULL)
		if (worker_of(entry->d_name) >= start->workers)
			adopt(adopted, base, start, poster, entry->d_name);
	if (folder)
		closedir(folder);
	return adopted;
}

void adopted_close(struct adopted **adopted)
{
	for (size_t i = 0; *adopted && i < (*adopted)->n; i++)
		spool_close(&(*adopted)->spools[i]);
	if (*adopted)
		free((*adopted)->spools);
	free(*adopted);
	*adopted = NULL;
}
