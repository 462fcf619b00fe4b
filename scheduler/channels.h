/*
 * All accounts of the sender together: their room, and how well each of them does. What an
 * account is given to carry is decided by core/route.h.
 */
#ifndef SCHEDULER_CHANNELS_H
#define SCHEDULER_CHANNELS_H

#include "core/route_health.h"
#include "scheduler/channel.h"

struct channels {
	const struct account *accounts;
	struct channel items[ACCOUNTS_MOST];
	struct route_health health[ACCOUNTS_MOST];
	size_t n;
	int64_t cared_ms;
};

bool channels_open(struct channels *channels, const struct account *accounts, size_t n,
	int64_t now_ms, struct fail *fail);
void channels_close(struct channels *channels);

/* So many routine texts of one segment could leave now. */
size_t channels_room(struct channels *channels, int64_t now_ms);

/* What a provider answered; `answer` NULL: it did not. */
void channels_heard(
	struct channels *channels, size_t i, const struct provider_answer *answer, int64_t now_ms);
/* It took so long from its yes to the delivery. */
void channels_observed(
	struct channels *channels, const char *account, int64_t latency_ms, int64_t now_ms);
/* Weights drift back; gauges. */
void channels_beat(struct channels *channels, int64_t now_ms);

#endif
