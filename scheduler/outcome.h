/* The outcome of an attempt as an event for the text's own actor (event.h: outcome). */
#ifndef SCHEDULER_OUTCOME_H
#define SCHEDULER_OUTCOME_H

#include "scheduler/attempt.h"

/* Fills event and event_id; no event with JOB_LATER. `now_ms` is the store's time. */
void outcome_write(struct attempt *attempt, int64_t now_ms);

#endif
