#include "scheduler/heart.h"

#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define BEAT_MS 1000
#define TICK_MS 2000
#define REST_MS 30000 /* reliability.md J6: for the journals' replay */

void heart_open(struct heart *h, struct store *store, struct outage *outage)
{
	char host[64] = "";

	*h = (struct heart){.store = store, .outage = outage};
	gethostname(host, sizeof(host) - 1);
	text_set(h->who, sizeof(h->who), "%s:%d", host, (int)getpid());
}

static void on_beaten(void *arg, enum store_result result)
{
	struct heart *h = arg;

	h->calls--;
	if (result != STORE_OK)
		metric_add("warmline_heartbeats_missed_total", "", 1);
}

static void ran_backward(struct heart *h, int partition, int64_t epoch)
{
	metric_add("warmline_rollbacks_total", "", 1);
	log_event(LOG_LEVEL_ERROR, "store-rolled-back",
		"partition=%d tick=%lld before=%lld; the store lost acknowledged writes, lanes 1 "
		"and 2 rest for %d s while the journals replay",
		partition, (long long)epoch, (long long)h->epoch[partition], REST_MS / 1000);
	outage_rest(h->outage, clock_monotonic_ms(), REST_MS);
}

static void on_ticked(void *arg, enum store_result result, const struct tick *tick)
{
	struct heart *h = arg;
	bool told = false;

	h->calls--;
	if (result != STORE_OK)
		return;
	for (int p = 0; p < PARTITIONS; p++) {
		if (tick->epoch[p] < h->epoch[p] && !told) {
			ran_backward(h, p, tick->epoch[p]);
			told = true;
		}
		h->epoch[p] = tick->epoch[p];
	}
}

void heart_beat(struct heart *h, int64_t now_ms)
{
	if (h->stopped || h->calls > 4)
		return;
	if (now_ms - h->beaten_ms >= BEAT_MS) {
		h->beaten_ms = now_ms;
		h->calls++;
		h->store->ops->heartbeat(h->store, "scheduler", h->who, on_beaten, h);
	}
	if (now_ms - h->ticked_ms >= TICK_MS) {
		h->ticked_ms = now_ms;
		h->calls++;
		h->store->ops->tick(h->store, on_ticked, h);
	}
}
