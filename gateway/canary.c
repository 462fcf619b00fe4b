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

#define LOOK_MS    250 /* for losses that another worker noticed */
#define TICK_LOOKS 4   /* every so many looks a tick */
#define SYNC_TICKS 10  /* every so many ticks the file is also synced */
#define BEFORE_MS  60000
#define FRESH_MS   5000    /* less than a tick was lost, or nothing */
#define PAST_MS    1200000 /* between two samples */
#define PAST_N     240     /* longer than the journal keeps what is done */

struct sample {
	int64_t at_ms, epoch; /* of partition 0: all of them are counted up together */
};

struct canary {
	struct store *store;
	struct poster *poster;
	struct spool *spool;
	struct event *timer;
	char path[PATH_SIZE];
	int64_t epoch[PARTITIONS];
	int64_t good_ms;            /* wall clock, as the journal stamps; 0 = unknown */
	struct sample past[PAST_N]; /* oldest first */
	size_t npast;
	unsigned looks, ticks, rollbacks, connection;
	bool asking, stopped, repairing;
};

/* --- the file -------------------------------------------------------------------------------- */

static void remember_from(struct canary *canary, const json_t *file)
{
	const json_t *epoch = json_object_get(file, "epoch");
	const json_t *past = json_object_get(file, "past");

	canary->good_ms = json_get_int(file, "at", 0);
	for (size_t i = 0; i < PARTITIONS; i++)
		canary->epoch[i] = json_integer_value(json_array_get(epoch, i));
	for (size_t i = 0; i + 1 < json_array_size(past) && canary->npast < PAST_N; i += 2)
		canary->past[canary->npast++] =
			(struct sample){json_integer_value(json_array_get(past, i)),
				json_integer_value(json_array_get(past, i + 1))};
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
	json_t *file = json_object(), *epoch = json_array(), *past = json_array();
	char *text;

	for (size_t i = 0; i < PARTITIONS; i++)
		json_array_append_new(epoch, json_integer(canary->epoch[i]));
	json_object_set_new(file, "at", json_integer(canary->good_ms));
	for (size_t i = 0; i < canary->npast; i++) {
		json_array_append_new(past, json_integer(canary->past[i].at_ms));
		json_array_append_new(past, json_integer(canary->past[i].epoch));
	}
	json_object_set_new(file, "epoch", epoch);
	json_object_set_new(file, "past", past);
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

/* How many ticks the store forgot; 0 = none. */
static int64_t ticks_lost(const struct canary *canary, const struct tick *tick)
{
	int64_t lost = 0;

	for (size_t i = 0; i < PARTITIONS; i++)
		if (canary->epoch[i] - tick->epoch[i] > lost)
			lost = canary->epoch[i] - tick->epoch[i];
	return lost;
}

/* The newest sample that the store still knows; 0 = none, all that the journal has. */
static int64_t since_of(const struct canary *canary, int64_t lost)
{
	for (size_t i = canary->npast; i-- > 0;)
		if (canary->past[i].epoch <= canary->epoch[0] - lost)
			return canary->past[i].at_ms - BEFORE_MS;
	return 0;
}

static void replay(struct canary *canary)
{
	int64_t since = turn_since();
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

/*
 * A Redis that started again has cut off a write that was not whole in its file. That is less than
 * a tick, so the epochs say nothing.
 */
static void replay_newest(struct canary *canary)
{
	int64_t since = canary->good_ms > FRESH_MS ? canary->good_ms - FRESH_MS : 0;

	poster_replay(canary->poster, canary->spool, false, since);
}

/* One at each new connection as well: no ticks came before it, but texts did. */
static void take_sample(struct canary *canary, int64_t epoch, int64_t after_ms)
{
	while (canary->npast && canary->past[canary->npast - 1].epoch > epoch)
		canary->npast--; /* of before a rollback */
	if (canary->npast && canary->good_ms - canary->past[canary->npast - 1].at_ms < after_ms)
		return;
	if (canary->npast == PAST_N)
		memmove(canary->past, canary->past + 1, --canary->npast * sizeof(canary->past[0]));
	canary->past[canary->npast++] = (struct sample){canary->good_ms, epoch};
}

static void remember(struct canary *canary, const struct tick *tick)
{
	bool fresh = tick->connection != canary->connection;

	memcpy(canary->epoch, tick->epoch, sizeof(canary->epoch));
	canary->connection = tick->connection;
	canary->good_ms = clock_wall_ms();
	take_sample(canary, tick->epoch[0], fresh ? BEFORE_MS / 2 : PAST_MS);
}

static void on_tick(void *arg, enum store_result result, const struct tick *tick)
{
	struct canary *canary = arg;
	int64_t lost;

	canary->asking = false;
	if (result != STORE_OK || canary->stopped)
		return;
	lost = ticks_lost(canary, tick);
	if (lost > 0) {
		metric_add("warmline_rollbacks_total", "", 1);
		turn_rollback(canary->rollbacks, since_of(canary, lost));
		replay(canary);
	} else if (tick->connection != canary->connection) {
		replay_newest(canary);
	}
	remember(canary, tick);
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
