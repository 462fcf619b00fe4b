/*
 * The poster: journal first, then the store, then the answer (reliability.md C1).
 *
 * What is submitted goes to the journal first and then, while the disk syncs, to the store. It is
 * answered when the journal has it and the store confirmed it; 600 ms after it came the journal
 * alone will do, and at once when the store is known to be down or more than 1,000 events wait.
 * What the store has not confirmed is posted again, with back-off, until it is known: STORE_OK and
 * STORE_DUPLICATE both mean that.
 *
 * Order. One sender's events reach the store in the order in which they came, always: of one line
 * (senders by hash) only one is on its way at a time, and across workers gateway/turn.h says who is
 * next. Lines do not wait for each other; a line with a crisis or a STOP in it goes first.
 *
 * Journal failed and store confirmed: safe, with an alarm. Neither: PARCEL_LOST, the edge answers
 * 503; the event stays in memory and is still posted when the store comes back.
 */
#ifndef GATEWAY_POSTER_H
#define GATEWAY_POSTER_H

#include "gateway/parcel.h"

#include <warmline/spool.h>

struct event_base;

struct poster *poster_new(
	struct event_base *base, struct store *store, struct spool *spool, int worker);
/* Takes the parcel over. `cb` is called once, later, or never after poster_forget(). */
void poster_submit_take(
	struct poster *poster, struct parcel *parcel, parcel_answer_cb *cb, void *arg);
/* Who waited for the answer is gone; the event goes its way. */
void poster_forget(struct parcel *parcel);
/*
 * Posts again what is in a journal: `open_only` what nobody confirmed (at start), else everything
 * kept since `since_ms` (after a rollback of the store). Merged by age with what waits now.
 */
void poster_replay(struct poster *poster, struct spool *spool, bool open_only, int64_t since_ms);
/* Nothing is posted before this: every journal that has to be replayed at start has been named. */
void poster_begin(struct poster *poster);
bool poster_replaying(const struct poster *poster);    /* a replay has yet to begin */
size_t poster_waiting(const struct poster *poster);    /* not yet confirmed, in memory */
int64_t poster_oldest_ms(const struct poster *poster); /* age of the oldest answer still owed */
/*
 * The end, in this order: poster_stop, store free, spool_close, poster_free. Nobody is answered any
 * more; what is unconfirmed stays open in the journal.
 */
void poster_stop(struct poster *poster);
void poster_free(struct poster **at);

#endif
