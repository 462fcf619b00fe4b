/*
 * Journals that nobody writes any more, because there were more workers once: what they still hold
 * open is posted by worker 0, so that fewer workers never means lost texts.
 */
#ifndef GATEWAY_ADOPTED_H
#define GATEWAY_ADOPTED_H

#include "gateway/poster.h"
#include "gateway/worker.h"

struct adopted;

struct adopted *adopted_open(
	struct event_base *base, const struct worker_start *start, struct poster *poster);
void adopted_close(struct adopted **adopted);

#endif
