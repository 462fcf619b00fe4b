/*
 * One attempt at one text, from its claim to the recorded end:
 *
 *   start → route → on_begun → journal → send → on_answer → finish → on_finished (again until it
 *   is recorded)
 *
 * An errand (attempt_errand.c) goes the same way, but without journal, and answer follows answer
 * until it is through. The sender is asked for everything around it: who else is on the way, what
 * time it is.
 */
#ifndef SCHEDULER_ATTEMPT_H
#define SCHEDULER_ATTEMPT_H

#include "scheduler/channels.h"
#include "scheduler/recaller.h"
#include "scheduler/sender.h"
#include "scheduler/trails.h"
#include "scheduler/verdict.h"

#include <sys/queue.h>
#include <warmline/actor.h>
#include <warmline/phone.h>
#include <warmline/program.h>

struct errand_job;

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
	char to[32], habit[32];        /* habit: the number that this person knows; "" = none */
	char avoid[ACCOUNT_NAME_SIZE]; /* the route that did not deliver it before */
	bool keep_no_words;
	char *body;
	char *written;             /* the body as the job has it */
	struct errand_job *errand; /* NULL: a text */

	struct channel *channel; /* by which it goes; NULL: not routed */
	size_t account;          /* its number among the sender's */
	struct load load;        /* what it takes there */
	size_t segments;
	bool hurries;    /* a page, and another account may be quicker */
	bool next;       /* there is another account that it was not offered to */
	bool nobody_can; /* all other accounts have refused us */
	bool left;       /* the socket was opened */

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
	struct channels channels;
	struct trails trails;
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

/* --- between the attempt*.c ------------------------------------------------------------------ */

/* True: it has a channel and the room there. False: `verdict` says why not. */
bool attempt_route(struct attempt *attempt, struct verdict_of_send *verdict);
/* Its room is free again. */
void attempt_unroute(struct attempt *attempt);
/* The name of the account that it left by, and the number; "" when it did not. */
const char *attempt_account(const struct attempt *attempt);
const char *attempt_from(const struct attempt *attempt);

/* Opens the socket. */
void attempt_send(struct attempt *attempt);
/* One request of this attempt; what it is made of is freed. */
void attempt_call(struct attempt *attempt, struct provider_request *request, int64_t total_ms,
	http_answer_cb *cb);
int64_t attempt_http_ms(const struct sender *sender); /* of a send that nobody cuts short */

/* The journal has what it will have: the socket may open. */
void attempt_launch(struct attempt *attempt);
/* True: attempt_launch() follows when the disk has it. False: nothing to wait for. */
bool attempt_journal_begin(struct attempt *attempt);
/* True: attempt_tell_store() follows. */
bool attempt_journal_end(struct attempt *attempt);
void attempt_finish(struct attempt *attempt, const struct verdict_of_send *verdict);
void attempt_tell_store(struct attempt *attempt);

/* Is it an errand? Then it is read. */
bool attempt_errand_read(struct attempt *attempt, const json_t *body);
void attempt_errand_free(struct attempt *attempt);
const char *attempt_errand_account(const struct attempt *attempt);
/* Its lease ran out, it is too late, or it has no account any more. */
struct verdict_of_send attempt_errand_again(const struct attempt *attempt, const char *reason);
struct verdict_of_send attempt_errand_gave_up(void);
struct verdict_of_send attempt_errand_never(void);
void attempt_errand_run(struct attempt *attempt);
/* What its actor hears; the caller frees. Fills the event's id. */
char *attempt_errand_event(struct attempt *attempt, int64_t now_ms);
void attempt_errand_count(const struct attempt *attempt);

#endif
