#include "core/route_health.h"

#include <string.h>

/* Notify: 10 points at a time, no second change within a minute, back after a quarter of an hour.
 */
#define POINTS   10
#define MOVE_MS  60000
#define DRIFT_MS INT64_C(900000)
/* A burst: so many failures in a minute, and more than half of the attempts. */
#define BURST_SLOT_MS 4000 /* 15 of them are a minute */
#define BURST_LEAST   5
/* Notify: 15 % slower than five minutes among the last quarter of an hour's. */
#define SLOW_SLOT_MS INT64_C(60000)
#define SLOW_LEAST   20
#define SLOW_PERCENT 15
#define SLOW_MS      INT64_C(300000)
/* Circuit breaker: sick after so many in a row, half open after 30 s. */
#define STREAK        5
#define PROBE_MS      30000
#define PROBE_DOUBLES 3

/* --- tallies --------------------------------------------------------------------------------- */

/* Slots that have passed since are empty. */
static void tally_turn(struct tally *t, int64_t slot)
{
	if (slot - t->newest > TALLY_SLOTS)
		t->newest = slot - TALLY_SLOTS;
	while (t->newest < slot) {
		t->newest++;
		t->all[t->newest % TALLY_SLOTS] = t->bad[t->newest % TALLY_SLOTS] = 0;
	}
}

static void tally_add(struct tally *t, int64_t slot, bool bad)
{
	tally_turn(t, slot);
	t->all[t->newest % TALLY_SLOTS]++;
	t->bad[t->newest % TALLY_SLOTS] += bad;
}

static void tally_sum(const struct tally *t, int64_t slot, unsigned *all, unsigned *bad)
{
	struct tally now = *t;

	tally_turn(&now, slot);
	*all = *bad = 0;
	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		*all += now.all[i];
		*bad += now.bad[i];
	}
}

/* --- trouble --------------------------------------------------------------------------------- */

static bool bursts(const struct route_health *h, int64_t now_ms)
{
	unsigned all, bad;

	tally_sum(&h->attempts, now_ms / BURST_SLOT_MS, &all, &bad);
	return bad >= BURST_LEAST && 2 * bad > all;
}

static bool is_slow(const struct route_health *h, int64_t now_ms)
{
	unsigned all, bad;

	tally_sum(&h->receipts, now_ms / SLOW_SLOT_MS, &all, &bad);
	return all >= SLOW_LEAST && 100 * bad >= SLOW_PERCENT * all;
}

static bool in_trouble(const struct route_health *h, int64_t now_ms)
{
	return h->sick || h->streak >= STREAK || bursts(h, now_ms) || is_slow(h, now_ms);
}

static bool another_is_fine(const struct route_health *all, size_t n, size_t i, int64_t now_ms)
{
	for (size_t j = 0; j < n; j++)
		if (j != i && !in_trouble(&all[j], now_ms))
			return true;
	return false;
}

static bool lighten(struct route_health *h, int64_t now_ms)
{
	if (h->weight == 0 || now_ms - h->moved_ms < MOVE_MS)
		return false;
	h->weight = h->weight > POINTS ? h->weight - POINTS : 0;
	h->moved_ms = now_ms;
	return true;
}

/* --- news ------------------------------------------------------------------------------------ */

void route_health_open(struct route_health *h, int rest, int64_t now_ms)
{
	*h = (struct route_health){
		.rest = rest, .weight = rest, .moved_ms = now_ms - MOVE_MS, .trouble_ms = now_ms};
}

enum route_change route_health_worked(struct route_health *h, int64_t now_ms)
{
	bool was_sick = h->sick;

	tally_add(&h->attempts, now_ms / BURST_SLOT_MS, false);
	h->streak = 0;
	h->sick = false;
	return was_sick ? ROUTE_WELL : ROUTE_SAME;
}

enum route_change route_health_failed(struct route_health *all, size_t n, size_t i, int64_t now_ms)
{
	struct route_health *h = &all[i];
	bool shifts = false, sickens = false;

	tally_add(&h->attempts, now_ms / BURST_SLOT_MS, true);
	h->streak++;
	if (!in_trouble(h, now_ms))
		return ROUTE_SAME;
	h->trouble_ms = now_ms;
	if (!another_is_fine(all, n, i, now_ms))
		return ROUTE_SAME;
	if (h->streak >= STREAK && !h->sick) {
		h->sick = sickens = true;
		h->probes = 0;
		h->probe_ms = now_ms + PROBE_MS;
	}
	if (bursts(h, now_ms))
		shifts = lighten(h, now_ms);
	if (sickens)
		return ROUTE_SICK;
	return shifts ? ROUTE_LIGHTER : ROUTE_SAME;
}

enum route_change route_health_observed(
	struct route_health *all, size_t n, size_t i, int64_t latency_ms, int64_t now_ms)
{
	struct route_health *h = &all[i];

	tally_add(&h->receipts, now_ms / SLOW_SLOT_MS, latency_ms > SLOW_MS);
	if (!is_slow(h, now_ms))
		return ROUTE_SAME;
	h->trouble_ms = now_ms;
	if (!another_is_fine(all, n, i, now_ms))
		return ROUTE_SAME;
	return lighten(h, now_ms) ? ROUTE_LIGHTER : ROUTE_SAME;
}

enum route_change route_health_drift(struct route_health *h, int64_t now_ms)
{
	if (h->weight >= h->rest || now_ms - h->moved_ms < DRIFT_MS ||
		now_ms - h->trouble_ms < DRIFT_MS)
		return ROUTE_SAME;
	h->weight = h->weight + POINTS < h->rest ? h->weight + POINTS : h->rest;
	h->moved_ms = now_ms;
	return ROUTE_HEAVIER;
}

bool route_health_may_try(const struct route_health *h, int64_t now_ms)
{
	return !h->sick || now_ms >= h->probe_ms;
}

void route_health_tried(struct route_health *h, int64_t now_ms)
{
	if (!h->sick)
		return;
	if (h->probes < PROBE_DOUBLES)
		h->probes++;
	h->probe_ms = now_ms + ((int64_t)PROBE_MS << h->probes);
}
