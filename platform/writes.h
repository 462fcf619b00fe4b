/*
 * What a decision wants, as the store understands it. Used wherever decisions are committed: by
 * the scheduler, the demo and the simulation, so that all three write exactly the same.
 *
 * Numbers become blind indexes here, through a function of the caller: the service keys it with
 * the installation's key, the simulation uses a plain hash and stays repeatable.
 */
#ifndef WARMLINE_PLATFORM_WRITES_H
#define WARMLINE_PLATFORM_WRITES_H

#include <warmline/decision.h>
#include <warmline/store.h>

typedef void writes_blind(const void *arg, const char *e164, char blind[BLIND_SIZE]);

struct writes {
	struct store_write *items;
	size_t n;
	/* What the items point to. */
	char (*blinds)[BLIND_SIZE];
	char **texts;
};

/* Keeps pointing into `decision`, which must live as long as the writes. */
struct writes *writes_make(
	const struct decision *decision, int64_t now_ms, writes_blind *blind, const void *arg);
void writes_free(struct writes **writes);

#endif
