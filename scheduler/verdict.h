/*
 * What an attempt's end means for its job (reliability.md C3): accepted, refused for good, later,
 * unknown, expired. Definite failures may be repeated; after the first byte only what the
 * provider documents as "not accepted" may.
 *
 * Where another account is next, a page goes to it at once, whatever went wrong with this one;
 * lanes 1 and 2 go to it soon, and only after a definite failure. What the person or the words are
 * refused for (opted out, bad number, blocked, content) no other account is asked about.
 */
#ifndef SCHEDULER_VERDICT_H
#define SCHEDULER_VERDICT_H

#include <warmline/http_client.h>
#include <warmline/provider.h>
#include <warmline/store.h>

struct verdict_of_send { /* "verdict" alone is the screen's */
	enum job_result result;
	const char *said;   /* event.h: result of the outcome; NULL with JOB_LATER */
	const char *reason; /* static, for events and logs; "" when there is nothing to say */
	char provider_id[80];
	int error;            /* the provider's code, 0 = none */
	int64_t wait_ms;      /* JOB_LATER, JOB_UNKNOWN in lane 0: before the next try */
	int64_t rest_ms;      /* the provider wants fewer texts: lanes 1 and 2 rest so long there */
	enum answer_kind why; /* of a refusal; else ANSWER_ACCEPTED */
	bool quiet;           /* JOB_LATER: there was no room; nothing to count or to log */
};

/* What is known about the attempt besides its answer. */
struct tried {
	enum lane lane;
	int attempt, ambiguous;  /* as claimed */
	int64_t now_ms, expires; /* the store's time */
	uint64_t entropy;
	bool next;       /* there is another account that it was not offered to */
	bool nobody_can; /* all other accounts have refused us */
};

/* `answer` NULL when the HTTP call was not ANSWERED. */
struct verdict_of_send verdict_send(const struct tried *tried, const struct http_answer *http,
	const struct provider_answer *answer);
/* Surely not sent, for a reason of ours: try again in `wait_ms`. */
struct verdict_of_send verdict_later(const char *reason, int64_t wait_ms);
/* Ended without a send: refused ("stopped", "refused"), expired, unknown. */
struct verdict_of_send verdict_end(enum job_result result, const char *said, const char *reason);

#endif
