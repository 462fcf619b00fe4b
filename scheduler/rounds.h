/*
 * Which partition is asked next. A bell or the slow beat rings a partition; ringing one that is
 * being asked right now asks it again afterwards, so that no ring is lost. One partition is
 * never asked twice at once, and only `most` of them at a time. No clock of its own: `now_ms` is
 * monotonic.
 */
#ifndef SCHEDULER_ROUNDS_H
#define SCHEDULER_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/actor.h>

struct rounds {
	uint64_t rung, asked; /* a bit per partition */
	int64_t wake_ms[PARTITIONS];
	unsigned next; /* rotates, so that a busy partition does not starve the others */
	unsigned outstanding, most;
	int64_t cycle_ms; /* every partition is rung at least so often */
	int64_t beaten_ms;
	int64_t owed; /* PARTITIONS * ms not yet turned into rings */
	unsigned beat_next;
};

/* `start` is random, so that two schedulers rarely meet. */
void rounds_open(
	struct rounds *rounds, unsigned start, unsigned most, int64_t cycle_ms, int64_t now_ms);
void rounds_ring(struct rounds *rounds, int partition);
/* Something there is known to become due at `at_ms`. */
void rounds_wake(struct rounds *rounds, int partition, int64_t at_ms);
void rounds_beat(struct rounds *rounds, int64_t now_ms);
/* The next partition to ask, marked as being asked; -1 = none. */
int rounds_take(struct rounds *rounds);
void rounds_answered(struct rounds *rounds, int partition);

#endif
