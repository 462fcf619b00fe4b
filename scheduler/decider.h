/*
 * The claim-decide-commit loop: takes actors whose alarm has rung, lets decide() decide, writes
 * the decision back. Any number of deciders on any number of machines are safe; the fence in
 * commit sees to that.
 *
 * Nothing here is decided twice on purpose: a commit of which nobody knows the end is left to
 * the lease, and whoever claims next decides from what is really there.
 */
#ifndef SCHEDULER_DECIDER_H
#define SCHEDULER_DECIDER_H

#include "scheduler/outage.h"

#include <warmline/decision.h>
#include <warmline/seal.h>
#include <warmline/store.h>

struct decider;

struct decider_options {
	struct store *store;
	const struct house *house;
	const struct keys *keys; /* blind index of numbers in effects */
	struct outage *outage; /* shared with the sender and the forwarder; outlives the decider */
	int64_t lease_ms;      /* 0 = 8 000 */
	/* A commit wrote texts (due from `due_ms`, the store's time) or events for elsewhere. */
	void (*on_texts)(void *arg, int partition, int64_t now_ms, int64_t due_ms);
	void (*on_transit)(void *arg, int partition);
	/* A decision saw how long an account took to deliver. */
	void (*on_observed)(void *arg, const char *account, int64_t latency_ms);
	void *arg;
};

struct decider *decider_new(const struct decider_options *options, int64_t now_ms);
void decider_ring(struct decider *decider, int partition);
/* Called every few ms; `now_ms` is monotonic, as everywhere in this room but in `batch`. */
void decider_beat(struct decider *decider, int64_t now_ms);
/* No more claims; what is claimed is still decided. */
void decider_stop(struct decider *decider);
size_t decider_busy(const struct decider *decider); /* claims and commits under way */
/* Only when no call is under way any more: idle, or after the store was freed. */
void decider_free(struct decider **decider);

#endif
