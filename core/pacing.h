/*
 * How fast texts may leave through one provider account: a token bucket, one second deep. Pure:
 * `now_ms` is any clock that does not jump.
 *
 * A fifth is kept for lane 0 (reliability.md C7): routine texts stop before the bucket is empty.
 * Lane 0 itself is never held back; what it takes may leave a debt that routine texts wait for.
 */
#ifndef CORE_PACING_H
#define CORE_PACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pacing {
	double per_second; /* 0 = no limit */
	double depth, reserve, tokens;
	int64_t filled_ms;
};

void pacing_open(struct pacing *pacing, double per_second, int64_t now_ms);
/* So many routine texts may leave now; at most `want`. They are taken from the bucket. */
size_t pacing_take(struct pacing *pacing, size_t want, int64_t now_ms);
/* Taken, but not used. */
void pacing_give_back(struct pacing *pacing, size_t n);
/* So many lane 0 texts leave, whatever the bucket says. */
void pacing_crisis(struct pacing *pacing, size_t n, int64_t now_ms);

#endif
