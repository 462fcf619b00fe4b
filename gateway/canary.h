/*
 * The rollback canary (reliability.md J6). Each second it has the store count up one number for
 * each partition. A number smaller than one that was seen before means that the store lost writes
 * it had acknowledged (failover, an older copy): everything the journal received since the store
 * had come that far (platform/epoch.h) is posted again, which changes nothing where it is known.
 * After each new connection the last seconds are posted again: a Redis that starts cuts off what
 * was not whole at the end of its file.
 *
 * Who notices tells the other workers (gateway/turn.h): all replay, so that each sender's order
 * holds.
 *
 * What was seen is kept in the file `epoch` beside the journal, so that a restart remembers. During
 * a repair the file keeps the old numbers: a restart in the middle begins it again.
 */
#ifndef GATEWAY_CANARY_H
#define GATEWAY_CANARY_H

#include "gateway/poster.h"

struct canary;

struct canary *canary_new(struct event_base *base, struct store *store, struct poster *poster,
	struct spool *spool, const char *folder);
void canary_stop(struct canary *canary); /* before the store is freed */
void canary_free(struct canary **at);

#endif
