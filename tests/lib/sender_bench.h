/*
 * A sender on a bench: memory store, loopback provider, real HTTP. The store's clock runs with
 * the real one plus what a test skips; its calls can be patched, to make it stutter.
 */
#ifndef TESTS_LIB_SENDER_BENCH_H
#define TESTS_LIB_SENDER_BENCH_H

#include "scheduler/sender.h"
#include "tests/lib/rude_server.h"

#include <warmline/decision.h>

#define HOUR_MS 3600000LL

struct event;

struct bench {
	struct event_base *base;
	struct event *beat;
	struct store *store; /* works with `patched`; `plain` are its real calls */
	struct store_ops plain, patched;
	struct http_client *client;
	struct rude_server *server; /* accepts everything until told otherwise */
	struct account account;
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
};

struct bench_count { /* outcomes that the person's mailbox holds */
	const char *result, *reason;
	int n, ambiguous;
};

extern struct bench *bench; /* of the running test, for patched calls */
extern const struct rude_step bench_accepts;

int bench_setup(void **state);
int bench_teardown(void **state);
void bench_sender_begin(struct bench *b, int64_t http_ms);
void bench_sender_end(struct bench *b); /* as if it had been killed */

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
int bench_unrecorded(struct bench *b); /* ends that the store did not take, told as mail */
void bench_until_outcome(struct bench *b, const char *result, const char *reason, int n);
/* Whatever time passes, nothing more than so many requests is sent. */
void bench_never_again(struct bench *b, size_t requests);

#endif
