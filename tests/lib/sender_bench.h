/*
 * A sender on a bench: memory store, one loopback provider or two, real HTTP. The store's clock
 * runs with the real one plus what a test skips; its calls can be patched, to make it stutter.
 */
#ifndef TESTS_LIB_SENDER_BENCH_H
#define TESTS_LIB_SENDER_BENCH_H

#include "scheduler/sender.h"
#include "tests/lib/rude_server.h"

#include <warmline/decision.h>

#define HOUR_MS  3600000LL
#define NUMBER_A "+12025550100" /* of the first account */
#define NUMBER_B "+12025550101"

struct event;

struct bench {
	struct event_base *base;
	struct event *beat;
	struct store *store; /* works with `patched`; `plain` are its real calls */
	struct store_ops plain, patched;
	struct http_client *client;
	struct rude_server *servers[2]; /* accept everything until told otherwise */
	struct account accounts[2];     /* "twilio" and "second" */
	size_t naccounts;               /* of which the sender knows: 1 until bench_second() */
	struct rude_server *server;     /* the first ones */
	struct account *account;
	struct phone numbers[2];
	struct program program; /* "weekly", with both numbers */
	struct outage outage;
	struct sender *sender;
	int64_t skipped_ms, started_ms;
	unsigned beats;
	struct actor_id actor; /* one person, who gets all the texts */
	char blind[BLIND_SIZE];
	int njobs;
	int patched_calls; /* for the patches of a test */
};

struct bench_text {
	enum lane lane;
	enum gate gate;
	int64_t expires_in;
	const char *body; /* JSON of the job; NULL: "How are you?" from NUMBER_A to +12025550111 */
};

struct bench_count { /* outcomes that the person's mailbox holds */
	const char *result, *reason;
	int n, ambiguous;
	char account[ACCOUNT_NAME_SIZE], from[20], why[16]; /* of the last one */
};

extern struct bench *bench; /* of the running test, for patched calls */
extern const struct rude_step bench_accepts;

int bench_setup(void **state);
int bench_teardown(void **state);
void bench_sender_begin(struct bench *b, int64_t http_ms);
void bench_sender_end(struct bench *b); /* as if it had been killed */
/* The sender begins anew, with both accounts. */
void bench_second(struct bench *b, int64_t http_ms);
/* Nobody listens there any more. */
void bench_close_port(struct account *account);

void bench_tell_time(struct bench *b);
void bench_turn(struct bench *b); /* delivers what the store has to say */
void bench_run_ms(struct bench *b, int64_t ms);
typedef bool bench_condition(struct bench *b, long want);
void bench_until(struct bench *b, bench_condition *holds, long want);
bool bench_requests_are(struct bench *b, long want); /* at least */
bool bench_busy_is(struct bench *b, long want);

void bench_post(struct bench *b, const char *id, enum post_consent consent);
/* Texts into the outbox; the person's mail is done with that. */
void bench_put(struct bench *b, const struct bench_text *texts, size_t n);
void bench_put_one(struct bench *b, enum lane lane, enum gate gate);
/* `reason` NULL: any; otherwise each must have it. */
struct bench_count bench_outcomes(struct bench *b, const char *result, const char *reason);
/* The last event of this kind in the person's mailbox; the caller unrefs. NULL = none. */
json_t *bench_event(struct bench *b, const char *kind);
bool bench_events_are(struct bench *b, long want); /* mails of any kind: at least */
int bench_unrecorded(struct bench *b); /* ends that the store did not take, told as mail */
void bench_until_outcome(struct bench *b, const char *result, const char *reason, int n);
/* Whatever time passes, nothing more than so many requests is sent. */
void bench_never_again(struct bench *b, size_t requests);

#endif
