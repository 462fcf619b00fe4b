/*
 * Carries events to other partitions: what a commit left in transit is posted where it belongs,
 * then ticked off. At least once; the receiver's partition drops what it has seen.
 */
#ifndef SCHEDULER_FORWARDER_H
#define SCHEDULER_FORWARDER_H

#include "scheduler/outage.h"

#include <stddef.h>
#include <warmline/store.h>

struct forwarder;

struct forwarder *forwarder_new(struct store *store, struct outage *outage, int64_t now_ms);
void forwarder_ring(struct forwarder *forwarder, int partition);
void forwarder_beat(struct forwarder *forwarder, int64_t now_ms);
void forwarder_stop(struct forwarder *forwarder); /* asks for no more */
size_t forwarder_busy(const struct forwarder *forwarder);
/* Only when no call is under way any more: idle, or after the store was freed. */
void forwarder_free(struct forwarder **forwarder);

#endif
