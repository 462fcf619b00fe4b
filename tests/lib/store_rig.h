/*
 * One store under test, driven as if its calls were plain functions: each helper makes the call,
 * runs the store until the completion came (exactly one, not before the call returned), and keeps
 * a copy of what the callback saw. The same tests run on the memory store (virtual time) and on
 * Redis (a private server, short leases, real time).
 */
#ifndef TESTS_LIB_STORE_RIG_H
#define TESTS_LIB_STORE_RIG_H

#include "tests/lib/private_redis.h"

#include <warmline/event.h>
#include <warmline/seal.h>
#include <warmline/store.h>

/* Leases: SHORT runs out within pass(SHORT), LONG never does in a test. */
#define LEASE_SHORT 150
#define LEASE_LONG  60000

struct seen_mail {
	char id[EVENT_ID_SIZE], event[600];
	int64_t posted_ms;
};
struct seen_actor {
	char actor[ACTOR_SIZE], document[1200];
	uint64_t fence;
	size_t nmail;
	struct seen_mail mail[MAIL_BATCH + 8];
};
struct seen_claim {
	int64_t now_ms;
	size_t n;
	bool more;
	struct seen_actor item[16];
};
struct seen_view {
	char actor[ACTOR_SIZE], document[1200];
	int64_t alarm_ms, now_ms;
	size_t nmail, nlog;
	struct seen_mail mail[MAIL_BATCH + 8];
	char log[16][300];
	bool stopped;
};
struct seen_job {
	char id[JOB_ID_SIZE], actor[ACTOR_SIZE], program[64], body[300];
	enum job_claim_state state;
	enum lane lane;
	uint64_t fence;
	int attempt, ambiguous;
	int64_t not_before, expires;
};
struct seen_jobs {
	int64_t now_ms;
	size_t n;
	bool more;
	struct seen_job item[16];
};
struct seen_transit {
	size_t n;
	struct {
		char id[EVENT_ID_SIZE], actor[ACTOR_SIZE], blind[BLIND_SIZE], program[64],
			event[300];
		bool urgent;
	} item[16];
};
struct seen_rows {
	size_t n;
	struct {
		char name[80];
		int64_t value;
	} item[32];
};

struct rig {
	struct store *store;
	bool memory;
	int64_t now; /* memory store only */
	struct event_base *base;
	struct private_redis redis;
	struct keys *keys;
	int completions; /* of the call that runs */
	enum store_result result;
	char actor[ACTOR_SIZE];
	enum begin_verdict verdict;
	struct tick tick;
	struct seen_claim claim;
	struct seen_view view;
	struct seen_jobs jobs;
	struct seen_transit transit;
	struct seen_rows rows;
	unsigned long bells[PARTITIONS];
};

void rig_open_memory(struct rig *rig);
void rig_open_redis(struct rig *rig); /* starts the server on first use, empties it */
void rig_close_store(struct rig *rig);
void rig_close(struct rig *rig);
/* The loop or the memory store once; true when something happened or may still. */
void rig_turn(struct rig *rig);
/* Runs until `*counter` is at least `wanted`; false after `ms`. */
bool rig_until(struct rig *rig, const int *counter, int wanted, int ms);
bool rig_until_up(struct rig *rig, int ms);
void rig_pass(struct rig *rig, int64_t ms); /* so much of the store's time */

enum store_result rig_post(struct rig *rig, const struct post *post);
/* A plain event for an actor. */
enum store_result rig_mail(
	struct rig *rig, const char *actor, const char *event_id, const char *event);
enum store_result rig_claim(struct rig *rig, int partition, size_t n, int64_t lease_ms);
enum store_result rig_commit(struct rig *rig, const struct commit *commit);
enum store_result rig_read(struct rig *rig, const char *actor, const char *blind, size_t log);
enum store_result rig_list(struct rig *rig, int partition, const char *index);
enum store_result rig_counts(struct rig *rig, int partition, const char *day);
enum store_result rig_jobs(struct rig *rig, int partition, size_t per_lane, int64_t lease_ms);
enum store_result rig_begin(struct rig *rig, const char *job, uint64_t fence, int64_t lease_ms);
enum store_result rig_finish(struct rig *rig, const struct finish *finish);
enum store_result rig_recall(struct rig *rig, const struct recall *recall);
enum store_result rig_transit(struct rig *rig, int partition, size_t n, int64_t lease_ms);
enum store_result rig_transit_done(struct rig *rig, int partition, const char *id);
enum store_result rig_tick(struct rig *rig);
enum store_result rig_heartbeat(struct rig *rig, const char *what, const char *who);

struct blob rig_blob(const char *text);

#endif
