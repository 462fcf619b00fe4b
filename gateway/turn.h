/*
 * Whose turn it is: one sender's events reach the store in the order in which they reached us,
 * although several workers took them and each has a journal of its own.
 *
 * A table in memory that all workers of this gateway share: for each line (senders by hash) and
 * worker the ticket of the oldest event that the store has not confirmed. A worker posts an event
 * when no other worker holds an older one of the same line. In quiet times that is always so; after
 * an outage it merges the backlogs. Who waits, and for how long at most, is the poster's matter.
 */
#ifndef GATEWAY_TURN_H
#define GATEWAY_TURN_H

#include <stdbool.h>
#include <stdint.h>

#define TURN_LINES   4096
#define TURN_WORKERS 16
#define TURN_UNREAD  (-1) /* another worker has not read its journal yet */

void turn_open(int workers);    /* before the workers are forked */
int turn_line(const char *who); /* blind index or actor id */
/* Until then nobody may overtake what this worker still finds in its journal. */
void turn_ready(int worker);
/* A worker begins (again): what it held before is in its journal and comes back. */
void turn_begin(int worker);
void turn_hold(int worker, int line, int64_t ticket); /* 0 = nothing */
/* 0 = it is this worker's turn; else the older ticket that another one holds, or TURN_UNREAD. */
int64_t turn_before(int worker, int line, int64_t ticket);
/*
 * The store forgot: every worker has to replay its journal since `since_ms`, and until all have,
 * nobody posts past them. `seen` is the count that the caller knew; a loss that two notice at once
 * counts once.
 */
unsigned turn_rollbacks(void);
int64_t turn_since(void);
void turn_rollback(unsigned seen, int64_t since_ms);
int64_t turn_now_us(void); /* a ticket: wall clock, never twice the same in one process */

#endif
