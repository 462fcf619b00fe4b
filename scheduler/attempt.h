/*
 * One attempt at one text, from its claim to the recorded end:
 *
 *   start → on_begun → journal → send → on_answer → finish → on_finished (again until it is
 *   recorded)
 *
 * The sender is asked for everything around it: who else is on the way, what time it is.
 */
#ifndef SCHEDULER_ATTEMPT_H
#define SCHEDULER_ATTEMPT_H

#include "scheduler/recaller.h"
#include "scheduler/sender.h"
#include "scheduler/verdict.h"

#include <sys/queue.h>
#include <warmline/actor.h>
#include <warmline/phone.h>
#include <warmline/program.h>

struct attempt {
	TAILQ_ENTRY(attempt) entry;
	struct sender *sender;
	char job[JOB_ID_SIZE];
	struct actor_id actor;
	char program[PROGRAM_ID_SIZE];
	enum lane lane;
	uint64_t fence;
	int number, ambiguous;
	int64_t expires;
	char to[32], from[32];
	char *body;
	char *written; /* the body as the job has it */

	int64_t asked_ms; /* monotonic: when begin was asked */
	struct note *note;
	int64_t journal_by_ms; /* monotonic: goes on without the journal then; 0 = not waiting */
	bool ending;           /* what waits for the journal is the end */
	bool begun;            /* begin said so: it may have left */
	bool recorded;         /* the store knows the end */
	bool forgotten;        /* the store may have lost our begin: it is told the end as news */
	struct http_exchange *exchange;
	struct verdict_of_send verdict;
	int64_t retry_ms; /* the store's time */
	char event_id[EVENT_ID_SIZE];
	char *event;      /* JSON of the outcome, NULL = none */
	int tries;        /* of finish */
	int refusals;     /* of these, by a store that answers others */
	int64_t again_ms; /* monotonic: finish is asked again then; 0 = it is being asked */
};
TAILQ_HEAD(attempts, attempt);

struct sender {
	struct sender_options options;
	const struct provider *provider;
	struct attempts attempts;
	struct recaller *recaller;       /* NULL without a journal */
	struct work *work;               /* what is claimed when: sender.c */
	int64_t ahead_ms;                /* the store's time minus monotonic time */
	int64_t beat_ms, stood_still_ms; /* monotonic */
	bool stopped, quit;
};

void attempt_start(struct sender *sender, const struct job *job);
/* Asks the store again to record the end. */
void attempt_finish_again(struct attempt *attempt);
/* The journal takes too long: it goes on without. */
void attempt_journal_late(struct attempt *attempt);
void attempt_free(struct attempt *attempt);

/* sender.c: the attempt is over, its room is free. */
void sender_attempt_over(struct attempt *attempt);
/* sender.c: its partition has something due then (the store's time). */
void sender_attempt_wake(struct attempt *attempt, int64_t at_ms);

const char *lane_name(enum lane lane);
bool attempt_is_crisis(const struct attempt *attempt);
int64_t attempt_store_now(const struct sender *sender);

/* --- between attempt.c, attempt_journal.c and attempt_end.c ------------------------------------
 */

/* The journal has what it will have: the socket may open. */
void attempt_launch(struct attempt *attempt);
/* True: attempt_launch() follows when the disk has it. False: nothing to wait for. */
bool attempt_journal_begin(struct attempt *attempt);
/* True: attempt_tell_store() follows. */
bool attempt_journal_end(struct attempt *attempt);
void attempt_finish(struct attempt *attempt, const struct verdict_of_send *verdict);
void attempt_tell_store(struct attempt *attempt);

#endif
