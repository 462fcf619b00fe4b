/* A decision's effects as store writes, with numbers blinded by the installation's key. */
#ifndef WARMLINE_SCHEDULER_WRITES_H
#define WARMLINE_SCHEDULER_WRITES_H

#include <platform/writes.h>
#include <warmline/seal.h>

static inline void writes_blind_keyed(const void *keys, const char *e164, char blind[BLIND_SIZE])
{
	keys_blind(keys, e164, blind);
}

/* Keeps pointing into `decision`, which must live as long as the writes. */
static inline struct writes *writes_build(
	const char *actor, const struct decision *decision, int64_t now_ms, const struct keys *keys)
{
	(void)actor;
	return writes_make(decision, now_ms, writes_blind_keyed, keys);
}

#endif
