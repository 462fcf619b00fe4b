#include "scheduler/rounds.h"

static uint64_t bit(unsigned partition)
{
	return UINT64_C(1) << partition;
}

void rounds_open(struct rounds *r, unsigned start, unsigned most, int64_t cycle_ms, int64_t now_ms)
{
	*r = (struct rounds){.most = most, .cycle_ms = cycle_ms, .beaten_ms = now_ms};
	r->next = r->beat_next = start % PARTITIONS;
}

void rounds_ring(struct rounds *r, int partition)
{
	if (partition >= 0 && partition < PARTITIONS)
		r->rung |= bit((unsigned)partition);
}

void rounds_wake(struct rounds *r, int partition, int64_t at_ms)
{
	int64_t *wake;

	if (partition < 0 || partition >= PARTITIONS)
		return;
	wake = &r->wake_ms[partition];
	if (!*wake || at_ms < *wake)
		*wake = at_ms > 0 ? at_ms : 1;
}

/* The beat is spread: a few partitions at a time, all of them within cycle_ms. */
void rounds_beat(struct rounds *r, int64_t now_ms)
{
	r->owed += (now_ms - r->beaten_ms) * PARTITIONS;
	r->beaten_ms = now_ms;
	if (r->owed > PARTITIONS * r->cycle_ms)
		r->owed = PARTITIONS * r->cycle_ms; /* we stood still: one whole cycle is enough */
	for (; r->owed >= r->cycle_ms; r->owed -= r->cycle_ms) {
		r->rung |= bit(r->beat_next);
		r->beat_next = (r->beat_next + 1) % PARTITIONS;
	}
	for (unsigned p = 0; p < PARTITIONS; p++) {
		if (r->wake_ms[p] && r->wake_ms[p] <= now_ms) {
			r->wake_ms[p] = 0;
			r->rung |= bit(p);
		}
	}
}

int rounds_take(struct rounds *r)
{
	if (r->outstanding >= r->most)
		return -1;
	for (unsigned i = 0; i < PARTITIONS; i++) {
		unsigned p = (r->next + i) % PARTITIONS;

		if (!(r->rung & ~r->asked & bit(p)))
			continue;
		r->rung &= ~bit(p);
		r->asked |= bit(p);
		r->next = (p + 1) % PARTITIONS;
		r->outstanding++;
		return (int)p;
	}
	return -1;
}

void rounds_answered(struct rounds *r, int partition)
{
	r->asked &= ~bit((unsigned)partition);
	r->outstanding--;
}
