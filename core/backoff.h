/* How long to wait before trying again: doubling, capped, jittered. Pure. */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdint.h>

/*
 * The wait before try number `tries` + 1 after `tries` failures (from 1): first_ms, twice that,
 * … never above most_ms; then a random part of its upper half is taken away, so that many who
 * failed together do not come back together. Never 0.
 */
int64_t backoff_ms(int tries, int64_t first_ms, int64_t most_ms, uint64_t entropy);

#endif
