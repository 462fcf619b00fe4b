/*
 * Tells the store what the sender's journal knows (reliability.md J6, J7): at each start what a
 * process before us left, and everything a store may have lost when its ticks ran backward.
 * Telling twice changes nothing, so both are done generously. Lanes 1 and 2 wait for it; lane 0
 * does not, and its texts are not told: a page may come twice, never not at all.
 */
#ifndef SCHEDULER_RECALLER_H
#define SCHEDULER_RECALLER_H

#include "scheduler/ledger.h"
#include "scheduler/outage.h"

struct recaller;

struct recaller_options {
	struct store *store;
	struct ledger *ledger;
	const struct outage *outage;
	/* Is this process still at it? Then its own end will tell. */
	bool (*is_live)(void *arg, const char *job, uint64_t fence);
	void *arg;
};

struct recaller *recaller_new(const struct recaller_options *options);
/*
 * Everything written since (wall clock; 0 = all that is kept), and all that is open. Not after a
 * `loss`: should the store turn out to lack what it had confirmed, it is told all.
 */
void recaller_start(struct recaller *recaller, int64_t since_ms, bool loss);
bool recaller_busy(const struct recaller *recaller);
void recaller_beat(struct recaller *recaller, int64_t now_ms);
void recaller_quit(struct recaller *recaller);  /* no more calls of the store */
void recaller_free(struct recaller **recaller); /* after the store, before the ledger */

#endif
