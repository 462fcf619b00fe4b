#include "gateway/canary.h"

#include "gateway/turn.h"
#include "platform/epoch.h"

#include <errno.h>
#include <event2/event.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/site.h>

#define LOOK_MS    250L /* for losses that another worker noticed */
#define TICK_LOOKS 4    /* every so many looks a tick */
#define SYNC_TICKS 10   /* every so many ticks the file is also synced */
#define FRESH_MS   5000 /* less than a tick was lost, or nothing */

struct canary {
	struct store *store;
	struct poster *poster;
	struct spool *spool;
	struct event *timer;
	char path[PATH_SIZE];
	struct epoch_memory memory;
	unsigned looks, ticks, rollbacks, connection;
	bool asking, stopped, repairing;
};

static void load(struct canary *canary)
{
	if (!epoch_load(&canary->memory, canary->path))
		log_event(LOG_LEVEL_WARN, "epoch-file",
			"%s is damaged: a loss before this moment cannot be seen", canary->path);
}

static void save(const struct canary *canary, bool sync)
{
	if (!epoch_save(&canary->memory, canary->path, sync))
		log_limited(LOG_LEVEL_WARN, "epoch-file", "cannot write %s: %s", canary->path,
			strerror(errno));
}

static void replay(struct canary *canary, int64_t since)
{
	char from[32];

	clock_print(since, from, sizeof(from));
	canary->rollbacks = turn_rollbacks();
	canary->repairing = true;
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
	int64_t at_ms = canary->memory.at_ms;

	poster_replay(
		canary->poster, canary->spool, false, at_ms > FRESH_MS ? at_ms - FRESH_MS : 0);
}

/* Another worker may have noticed first. */
static void look_for_losses(struct canary *canary, const struct tick *tick)
{
	bool told = canary->rollbacks != turn_rollbacks();

	if (!told && epoch_went_back(&canary->memory, tick)) {
		metric_add("warmline_rollbacks_total", "", 1);
		turn_rollback(canary->rollbacks, epoch_lost_since(&canary->memory, tick));
		told = true;
	}
	if (told)
		replay(canary, turn_since());
	else if (tick->connection != canary->connection)
		replay_newest(canary);
	canary->connection = tick->connection;
}

static void on_tick(void *arg, enum store_result result, const struct tick *tick)
{
	struct canary *canary = arg;

	canary->asking = false;
	if (result != STORE_OK || canary->stopped)
		return;
	look_for_losses(canary, tick);
	epoch_note(&canary->memory, tick, clock_wall_ms());
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
	if (canary->asking ||
		(++canary->looks % TICK_LOOKS != 0 && canary->rollbacks == turn_rollbacks()))
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
	if (canary->memory.at_ms && !canary->repairing)
		save(canary, true);
}

void canary_free(struct canary **at)
{
	if (*at)
		event_free((*at)->timer);
	free(*at);
	*at = NULL;
}
