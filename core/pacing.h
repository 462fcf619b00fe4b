/*
 * How fast texts may leave through one provider account, or from one of its numbers: a token
 * bucket of segments, one second deep. Pure: `now_ms` is any clock that does not jump.
 *
 * A fifth is kept for lane 0 (reliability.md C7): routine texts stop before the bucket is empty.
 * Lane 0 itself is never held back; what it takes may leave a debt that routine texts wait for.
 * A text longer than the bucket is deep leaves when the bucket is full, and on debt too.
 */
#ifndef CORE_PACING_H
#define CORE_PACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pacing {
	double per_second; /* segments; 0 = no limit */
	double depth, reserve, tokens;
	int64_t filled_ms;
	int64_t booked_ms; /* up to then every token is promised to texts that wait */
};

void pacing_open(struct pacing *pacing, double per_second, int64_t now_ms);
/* So many routine texts of one segment could leave now; nothing is taken. */
size_t pacing_ready(struct pacing *pacing, int64_t now_ms);
/* May a routine text of so many segments leave now? */
bool pacing_fits(struct pacing *pacing, size_t segments, int64_t now_ms);
/* It leaves. */
void pacing_take(struct pacing *pacing, size_t segments, int64_t now_ms);
/* A text of lane 0 leaves, whatever the bucket says. */
void pacing_crisis(struct pacing *pacing, size_t segments, int64_t now_ms);
/* Taken, but not used. */
void pacing_give_back(struct pacing *pacing, size_t segments);
/*
 * A routine text that does not fit waits: its turn comes in so many ms, behind all that waited
 * before it. -1 = not within `most_ms`; then nothing is booked.
 */
int64_t pacing_book(struct pacing *pacing, size_t segments, int64_t most_ms, int64_t now_ms);

#endif
