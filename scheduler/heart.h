/*
 * The sign of life each second, and the rollback canary (reliability.md J6): a tick that runs
 * backward means that the store lost writes it had acknowledged. Then lanes 1 and 2 rest, so
 * that the gateways' journals can replay what came, STOPs among it, and ours what left.
 */
#ifndef SCHEDULER_HEART_H
#define SCHEDULER_HEART_H

#include "platform/epoch.h"
#include "scheduler/outage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/site.h>
#include <warmline/store.h>

struct heart_options {
	struct store *store;
	struct outage *outage;
	const char
		*folder; /* of the file that remembers ticks; NULL or "" = nothing is remembered */
	int64_t rest_ms; /* after a loss; 0 = 30 000 */
	/* The store may lack everything written since (wall clock; 0 = anything). */
	void (*on_loss)(void *arg, int64_t since_ms);
	void *arg;
};

struct heart {
	struct heart_options options;
	char who[96]; /* "<host>:<pid>" */
	char path[PATH_SIZE];
	int64_t beaten_ms, ticked_ms;
	struct epoch_memory memory;
	unsigned ticks;
	size_t calls;   /* under way */
	bool repairing; /* the file keeps the old numbers: a restart begins the repair again */
	bool stopped;
};

/* Since when a store that lost something just before now may lack it (wall clock, 0 = anything). */
int64_t heart_open(struct heart *heart, const struct heart_options *options);
void heart_beat(struct heart *heart, int64_t now_ms);
/* What was lost has been told again. */
void heart_repaired(struct heart *heart);
void heart_close(struct heart *heart);

#endif
