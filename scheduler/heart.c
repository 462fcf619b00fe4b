#include "scheduler/heart.h"

#include <errno.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define BEAT_MS    1000
#define TICK_MS    2000
#define PROOF_MS   200   /* between ticks while lanes 1 and 2 wait for one */
#define REST_MS    30000 /* reliability.md J6: for the journals' replay */
#define BEFORE_MS  60000
#define SYNC_TICKS 5 /* every so many ticks the file is also synced */

int64_t heart_open(struct heart *h, const struct heart_options *options)
{
	char host[64] = "";

	*h = (struct heart){.options = *options};
	h->options.outage->watched = true;
	gethostname(host, sizeof(host) - 1);
	text_set(h->who, sizeof(h->who), "%s:%d", host, (int)getpid());
	if (!options->folder || !*options->folder)
		return 0;
	text_set(h->path, sizeof(h->path), "%s/epoch", options->folder);
	if (!epoch_load(&h->memory, h->path))
		log_event(LOG_LEVEL_WARN, "epoch-file",
			"%s is damaged: the store is told all that the journal keeps", h->path);
	return h->memory.at_ms > BEFORE_MS ? h->memory.at_ms - BEFORE_MS : 0;
}

static void save(const struct heart *h, bool sync)
{
	if (h->path[0] && !epoch_save(&h->memory, h->path, sync))
		log_limited(LOG_LEVEL_WARN, "epoch-file", "cannot write %s: %s", h->path,
			strerror(errno));
}

static void on_beaten(void *arg, enum store_result result)
{
	struct heart *h = arg;

	h->calls--;
	if (result != STORE_OK)
		metric_add("warmline_heartbeats_missed_total", "", 1);
}

static void ran_backward(struct heart *h, const struct tick *tick)
{
	int64_t rest_ms = h->options.rest_ms ? h->options.rest_ms : REST_MS;
	int64_t since = epoch_lost_since(&h->memory, tick);
	char from[32];

	clock_print(since, from, sizeof(from));
	metric_add("warmline_rollbacks_total", "", 1);
	log_event(LOG_LEVEL_ERROR, "store-rolled-back",
		"the store lost acknowledged writes; lanes 1 and 2 rest for %lld s at least, while "
		"the journals tell what came and what left since %s",
		(long long)rest_ms / 1000, from);
	outage_rest(h->options.outage, clock_monotonic_ms(), rest_ms);
	h->repairing = true;
	if (h->options.on_loss)
		h->options.on_loss(h->options.arg, since);
}

static void on_ticked(void *arg, enum store_result result, const struct tick *tick)
{
	struct heart *h = arg;

	h->calls--;
	if (result != STORE_OK || h->stopped)
		return;
	if (epoch_went_back(&h->memory, tick))
		ran_backward(h, tick);
	epoch_note(&h->memory, tick, clock_wall_ms());
	outage_proven(h->options.outage);
	if (!h->repairing)
		save(h, ++h->ticks % SYNC_TICKS == 0);
}

void heart_beat(struct heart *h, int64_t now_ms)
{
	struct store *store = h->options.store;
	bool wanted = outage_wants_proof(h->options.outage);

	if (h->stopped || h->calls > 4)
		return;
	if (now_ms - h->beaten_ms >= BEAT_MS) {
		h->beaten_ms = now_ms;
		h->calls++;
		store->ops->heartbeat(store, "scheduler", h->who, on_beaten, h);
	}
	if (now_ms - h->ticked_ms >= (wanted ? PROOF_MS : TICK_MS)) {
		h->ticked_ms = now_ms;
		h->calls++;
		store->ops->tick(store, on_ticked, h);
	}
}

void heart_repaired(struct heart *h)
{
	h->repairing = false;
}

void heart_close(struct heart *h)
{
	h->stopped = true;
	if (h->memory.at_ms && !h->repairing)
		save(h, true);
}
