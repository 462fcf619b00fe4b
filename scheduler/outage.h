/*
 * The store's weather, shared by everything in this process that asks it. While it is down one
 * question at a time goes out, after a growing wait. When it is back, lanes 1 and 2 rest for a
 * moment, so that the gateways' journals can post the STOPs that came meanwhile; and until a tick
 * has shown that the store forgot nothing (heart.h), though no longer than PROOF_MS.
 */
#ifndef SCHEDULER_OUTAGE_H
#define SCHEDULER_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/store.h>

struct outage {
	bool down, asking;
	int failures;
	int64_t ask_ms;     /* monotonic: while down, not before */
	int64_t routine_ms; /* monotonic: lanes 1 and 2 rest until */
	int64_t settle_ms;
	bool watched;     /* somebody ticks */
	int64_t proof_ms; /* monotonic: not later than that without a proof; 0 = proven */
};

/* Starts as "down": the first answer ends that, and lanes 1 and 2 settle first. */
void outage_open(struct outage *outage, int64_t settle_ms);
/* What a claim came back with: other calls may be refused for what was in them. */
void outage_heard(struct outage *outage, enum store_result result, int64_t now_ms);
/* May a question go out now? While down, asking takes the turn. */
bool outage_may_ask(struct outage *outage, int64_t now_ms);
bool outage_routine_rests(const struct outage *outage, int64_t now_ms);
/* A tick came and was looked at. */
void outage_proven(struct outage *outage);
bool outage_wants_proof(const struct outage *outage);
/* Lanes 1 and 2 rest for `ms` from now, for another reason. */
void outage_rest(struct outage *outage, int64_t now_ms, int64_t ms);

#endif
