/* The outcome of an attempt as an event for the text's own actor (event.h: outcome). */
#ifndef SCHEDULER_OUTCOME_H
#define SCHEDULER_OUTCOME_H

#include <stdint.h>
#include <warmline/event.h>
#include <warmline/provider.h>

struct outcome {
	const char *job, *program;
	int attempt, ambiguous;
	const char *said;   /* event.h: result of the outcome */
	const char *reason; /* "" when there is nothing to say */
	int error;
	const char *provider_id;
	const char *account, *from; /* by which it left; "" = it did not, or nobody knows */
	enum answer_kind why;       /* of a refusal by the provider; else ANSWER_ACCEPTED */
};

void outcome_id(const struct outcome *outcome, char id[EVENT_ID_SIZE]);
/* The event as JSON; the caller frees. `now_ms` is the store's time. */
char *outcome_print(const struct outcome *outcome, const char *id, int64_t now_ms);

#endif
