/* The outcome of an attempt as an event for the text's own actor (event.h: outcome). */
#ifndef SCHEDULER_OUTCOME_H
#define SCHEDULER_OUTCOME_H

#include <stdint.h>
#include <warmline/event.h>

struct outcome {
	const char *job, *program;
	int attempt, ambiguous;
	const char *said;   /* event.h: result of the outcome */
	const char *reason; /* "" when there is nothing to say */
	int error;
	const char *provider_id;
};

void outcome_id(const struct outcome *outcome, char id[EVENT_ID_SIZE]);
/* The event as JSON; the caller frees. `now_ms` is the store's time. */
char *outcome_print(const struct outcome *outcome, const char *id, int64_t now_ms);

#endif
