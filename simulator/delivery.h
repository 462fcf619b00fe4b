/*
 * Typed texts on their way to the gateway as signed inbound webhooks, with the faults that hit
 * them: twice at once, late, or overtaken by the texts typed after them. Every webhook that came
 * to an end is one "inbound" line of the traffic.
 */
#ifndef SIMULATOR_DELIVERY_H
#define SIMULATOR_DELIVERY_H

#include "simulator/typed_text.h"

struct deliveries;

struct deliveries *deliveries_new(struct carrier *carrier);
void deliveries_free(struct deliveries **deliveries); /* no callback runs; their `arg` is freed */
/*
 * Takes `text` over. `cb` (may be NULL) runs once, later, with the gateway's HTTP status; 0 = it
 * could not be reached or did not answer. `arg` is memory that `cb` frees; when the carrier ends
 * before the answer, it is freed unseen.
 */
void delivery_start(struct deliveries *all, struct typed_text *text,
	void (*cb)(void *arg, int http), void *arg);

#endif
