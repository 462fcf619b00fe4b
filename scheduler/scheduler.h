/*
 * Everything the scheduler's process does, on one event loop: decider, forwarder and sender, one
 * beat, the store's bell, and the sign of life. main() gives it a site; tests give it whatever
 * they like. Several in one process are as safe as several processes.
 */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/decision.h>
#include <warmline/fail.h>
#include <warmline/provider.h>
#include <warmline/seal.h>
#include <warmline/store.h>

struct event_base;
struct scheduler;

struct scheduler_options { /* what is pointed to outlives the scheduler */
	struct event_base *base;
	struct store *store;
	const struct house *house;
	const struct keys *keys;
	const struct account *accounts;
	size_t naccounts;
	const char *public_url;
	const char *journal; /* folder of the journals; NULL = nothing is journaled */
	int64_t rest_ms;     /* lanes 1 and 2 rest after a loss at least so long; 0 = 30 000 */
	int64_t settle_ms;   /* lanes 1 and 2 rest so long after an outage; < 0 = 3 000 */
	int64_t lease_ms;    /* of claims, 0 = 8 000 */
	int64_t http_ms;     /* of one send, 0 = 10 000 */
};

struct scheduler *scheduler_start(const struct scheduler_options *options, struct fail *fail);
/* No new claims. `done` is called when nothing is under way any more, or after `most_ms`. */
void scheduler_drain(
	struct scheduler *scheduler, int64_t most_ms, void (*done)(void *arg), void *arg);
size_t scheduler_busy(const struct scheduler *scheduler);
/*
 * The end, in this order: scheduler_quit() (no more calls of the store), store->ops->free (which
 * completes what was under way), scheduler_free().
 */
void scheduler_quit(struct scheduler *scheduler);
void scheduler_free(struct scheduler **scheduler);

#endif
