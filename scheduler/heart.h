/*
 * The sign of life each second, and the rollback canary (reliability.md J6): a tick that runs
 * backward means that the store lost writes it had acknowledged. Then lanes 1 and 2 rest, so
 * that the gateways' journals can replay what came, STOPs among it.
 */
#ifndef SCHEDULER_HEART_H
#define SCHEDULER_HEART_H

#include "scheduler/outage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/store.h>

struct heart {
	struct store *store;
	struct outage *outage;
	char who[96]; /* "<host>:<pid>" */
	int64_t beaten_ms, ticked_ms;
	int64_t epoch[PARTITIONS];
	size_t calls; /* under way */
	bool stopped;
};

void heart_open(struct heart *heart, struct store *store, struct outage *outage);
void heart_beat(struct heart *heart, int64_t now_ms);

#endif
