#include "gateway/canary.h"

#include "gateway/turn.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/site.h>

#define LOOK_MS    250L /* for losses that another worker noticed */
#define TICK_LOOKS 4    /* every so many looks a tick */
#define SYNC_TICKS 10   /* every so many ticks the file is also synced */
#define BEFORE_MS  60000

struct canary {
	struct store *store;
	struct poster *poster;
	struct spool *spool;
	struct event *timer;
	char path[PATH_SIZE];
	int64_t epoch[PARTITIONS];
	int64_t good_ms; /* wall clock, as the journal stamps; 0 = unknown */
	unsigned looks, ticks, rollbacks;
	bool asking, stopped, repairing;
};

/* --- the file -------------------------------------------------------------------------------- */

static void remember_from(struct canary *canary, const json_t *file)
{
	const json_t *epoch = json_object_get(file, "epoch");

	canary->good_ms = json_get_int(file, "at", 0);
	for (size_t i = 0; i < PARTITIONS; i++)
		canary->epoch[i] = json_integer_value(json_array_get(epoch, i));
}

static void load(struct canary *canary)
{
	json_t *file = json_load_file(canary->path, JSON_REJECT_DUPLICATES, NULL);

	if (file)
		remember_from(canary, file);
	else if (access(canary->path, F_OK) == 0)
		log_event(LOG_LEVEL_WARN, "epoch-file",
			"%s is damaged: a loss before this moment cannot be seen", canary->path);
	json_decref(file);
}

static char *print(const struct canary *canary)
{
	json_t *file = json_object(), *epoch = json_array();
	char *text;

	for (size_t i = 0; i < PARTITIONS; i++)
		json_array_append_new(epoch, json_integer(canary->epoch[i]));
	json_object_set_new(file, "at", json_integer(canary->good_ms));
	json_object_set_new(file, "epoch", epoch);
	text = json_print(file);
	json_decref(file);
	return text;
}

static bool write_file(const char *path, const char *text, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, len) == (ssize_t)len && (!sync || fdatasync(fd) == 0);
	return close(fd) == 0 && good;
}

/* A rename: a reader finds the old numbers or the new ones, never half of them. */
static void save(const struct canary *canary, bool sync)
{
	char next[PATH_SIZE + 8];
	char *text = print(canary);

	text_set(next, sizeof(next), "%s.new", canary->path);
	if (!write_file(next, text, sync) || rename(next, canary->path) != 0)
		log_limited(LOG_LEVEL_WARN, "epoch-file", "cannot write %s: %s", canary->path,
			strerror(errno));
	free(text);
}

/* --- ticks ----------------------------------------------------------------------------------- */

static bool went_back(const struct canary *canary, const struct tick *tick)
{
	for (size_t i = 0; i < PARTITIONS; i++)
		if (tick->epoch[i] < canary->epoch[i])
			return true;
	return false;
}

static void replay(struct canary *canary)
{
	int64_t since = canary->good_ms > BEFORE_MS ? canary->good_ms - BEFORE_MS : 0;
	char from[32];

	clock_print(since, from, sizeof(from));
	canary->rollbacks = turn_rollbacks();
	canary->repairing = true;
	memset(canary->epoch, 0, sizeof(canary->epoch));
	log_event(LOG_LEVEL_ERROR, "store-rollback",
		"the store lost writes that it had acknowledged; everything received since %s is "
		"posted again",
		from);
	poster_replay(canary->poster, canary->spool, false, since);
}

static void on_tick(void *arg, enum store_result result, const struct tick *tick)
{
	struct canary *canary = arg;

	canary->asking = false;
	if (result != STORE_OK || canary->stopped)
		return;
	if (went_back(canary, tick)) {
		metric_add("warmline_rollbacks_total", "", 1);
		turn_rollback(canary->rollbacks);
		replay(canary);
	}
	memcpy(canary->epoch, tick->epoch, sizeof(canary->epoch));
	canary->good_ms = clock_wall_ms();
	metric_add("warmline_ticks_total", "", 1);
	if (poster_waiting(canary->poster) == 0 && !poster_replaying(canary->poster))
		canary->repairing = false;
	if (!canary->repairing)
		save(canary, ++canary->ticks % SYNC_TICKS == 0);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct canary *canary = arg;

	(void)fd;
	(void)what;
	if (canary->rollbacks != turn_rollbacks())
		replay(canary);
	if (canary->asking || ++canary->looks % TICK_LOOKS != 0)
		return;
	canary->asking = true;
	canary->store->ops->tick(canary->store, on_tick, canary);
}

struct canary *canary_new(struct event_base *base, struct store *store, struct poster *poster,
	struct spool *spool, const char *folder)
{
	struct canary *canary = xcalloc(1, sizeof(*canary));
	struct timeval every = {0, LOOK_MS * 1000};

	canary->store = store;
	canary->poster = poster;
	canary->spool = spool;
	canary->rollbacks = turn_rollbacks();
	text_set(canary->path, sizeof(canary->path), "%s/epoch", folder);
	load(canary);
	canary->timer = event_new(base, -1, EV_PERSIST, on_timer, canary);
	if (!canary->timer)
		fail_abort("out of memory");
	event_add(canary->timer, &every);
	return canary;
}

void canary_stop(struct canary *canary)
{
	canary->stopped = true;
	event_del(canary->timer);
	if (canary->good_ms && !canary->repairing)
		save(canary, true);
}

void canary_free(struct canary **at)
{
	if (*at)
		event_free((*at)->timer);
	free(*at);
	*at = NULL;
}
