/*
 * Inside of the memory store. A call does its work at once and leaves a completion; store_turn()
 * delivers completions in the order of the calls. Ordering is that of the Redis functions: by
 * time, then by name.
 */
#ifndef PLATFORM_STORE_MEMORY_H
#define PLATFORM_STORE_MEMORY_H

#include "platform/store.h"

#include <sys/queue.h>
#include <uthash.h>

struct kept { /* memory that a completion hands to its callback */
	struct kept *next;
};

struct completion {
	TAILQ_ENTRY(completion) entry;
	void (*deliver)(struct completion *);
	void *arg;
	enum store_result result;
	union {
		store_post_cb *post;
		store_claim_cb *claim;
		store_done_cb *done;
		store_read_cb *read;
		store_list_cb *list;
		store_counts_cb *counts;
		store_jobs_cb *jobs;
		store_begin_cb *begin;
		store_transit_cb *transit;
		store_tick_cb *tick;
	} cb;
	union {
		struct actor_id actor;
		struct claim_batch claim;
		struct actor_view view;
		struct job_batch jobs;
		enum begin_verdict verdict;
		struct tick tick;
		struct {
			const void *items;
			size_t n;
		} rows;
	} out;
	struct kept *kept;
};
TAILQ_HEAD(completions, completion);

struct mark { /* a name with a number: seen events, STOPs, index entries, counters */
	char *name;
	int64_t value;
	UT_hash_handle hh;
};

struct letter { /* one mail */
	TAILQ_ENTRY(letter) entry;
	char *event_id;
	int64_t posted_ms;
	void *data;
	size_t len;
};
TAILQ_HEAD(letters, letter);

struct resident { /* one actor */
	char id[ACTOR_SIZE];
	void *document;
	size_t document_len;
	uint64_t fence;
	int64_t lease; /* until; 0 = not claimed */
	int64_t alarm; /* 0 = none; of a claimed actor: the end of its lease */
	struct letters mail;
	size_t nmail;
	struct {
		void *data;
		size_t len;
	} * log;
	size_t nlog, log_room;
	TAILQ_ENTRY(resident) entry;
	UT_hash_handle hh;
};

enum task_state { TASK_DUE, TASK_CLAIMED, TASK_SENDING, TASK_LAPSED, TASK_DONE };

struct task { /* one job of the outbox */
	char id[JOB_ID_SIZE];
	char blind[BLIND_SIZE];
	char *program;
	enum lane lane;
	enum gate gate;
	enum task_state state;
	uint64_t fence;
	int attempt, ambiguous;
	bool canceled;
	int64_t due; /* TASK_DUE: not before; claimed and sending: end of the lease */
	int64_t not_before, expires;
	int64_t done_at;
	int result; /* enum job_result of the last finish, -1 = none */
	char *provider_id;
	void *body;
	size_t body_len;
	char key[TEXT_KEY_SIZE]; /* "" in lane 0 */
	TAILQ_ENTRY(task) entry; /* in `open` or `done` */
	UT_hash_handle hh;
};
TAILQ_HEAD(tasks, task);

struct sent { /* a text that left although nobody here remembers it: recall() */
	TAILQ_ENTRY(sent) entry;
	char key[TEXT_KEY_SIZE];
	int64_t until;
	enum job_result result;
};

struct parcel { /* an event on its way to another partition */
	TAILQ_ENTRY(parcel) entry;
	int64_t due; /* now, or the end of a lease */
	char *id, *program, *blind;
	char actor[ACTOR_SIZE];
	bool urgent;
	void *data;
	size_t len;
};

struct phone_line {
	char blind[BLIND_SIZE];
	char actor[ACTOR_SIZE];
	UT_hash_handle hh;
};

struct partition {
	struct resident *actors;
	TAILQ_HEAD(, resident) order;
	struct phone_line *phones;
	struct mark *seen, *stops, *index, *counts;
	struct task *tasks;
	struct tasks open, done;
	TAILQ_HEAD(, sent) sent;
	TAILQ_HEAD(, parcel) transit;
	int64_t epoch;
};

struct memory {
	struct store store;
	int64_t now;
	struct partition partitions[PARTITIONS];
	struct mark *alive;
	struct completions waiting;
	store_bell_cb *bell;
	void *bell_arg;
	uint64_t rung; /* bit per partition; the bell is heard in store_turn() */
};

/* store_memory_completion.c */
struct completion *completion_new(struct memory *m, void (*deliver)(struct completion *), void *arg,
	enum store_result result);
void *completion_keep(struct completion *c, size_t size); /* zeroed, lives until delivery */
const void *completion_copy(struct completion *c, const void *data, size_t len);
const char *completion_text(struct completion *c, const char *text);
struct blob completion_blob(struct completion *c, const void *data, size_t len);
void completion_free(struct completion *c);
void complete_done(struct memory *m, store_done_cb *cb, void *arg, enum store_result result);

/* store_memory_mark.c */
struct mark *mark_find(struct mark *marks, const char *name);
struct mark *mark_get(struct mark **marks, const char *name); /* made with value 0 when new */
void mark_drop(struct mark **marks, const char *name);
void marks_free(struct mark **marks);

/* store_memory_actor.c */
struct partition *memory_partition(struct memory *m, int partition);
struct resident *resident_find(struct memory *m, const char *actor);
/* Mail into the actor's box, once per event id; rings. False = the id was known. */
bool resident_deliver(struct memory *m, const char *actor, const char *event_id, bool urgent,
	const struct blob *event);
void resident_consume(struct resident *r, size_t n); /* the oldest n mails are done */
/* Who has this number: the person derived from it, unless a decision said otherwise. */
void phone_owner(struct memory *m, const char *blind, struct actor_id *owner);
bool phone_stopped(struct memory *m, int partition, const char *blind, const char *program);
void residents_free(struct partition *p);
void memory_post(struct store *store, const struct post *post, store_post_cb *cb, void *arg);
void memory_claim(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_claim_cb *cb, void *arg);
void memory_read(struct store *store, const char *actor, const char *blind, size_t log,
	store_read_cb *cb, void *arg);

/* store_memory_commit.c */
void memory_commit(struct store *store, const struct commit *commit, store_done_cb *cb, void *arg);
void memory_transit(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_transit_cb *cb, void *arg);
void memory_transit_done(
	struct store *store, int partition, const char *id, store_done_cb *cb, void *arg);
void parcels_free(struct partition *p);

/* store_memory_outbox.c */
void task_write(struct memory *m, const char *actor, const struct store_write *w);
void task_cancel(struct memory *m, int partition, const char *id);
void tasks_free(struct partition *p);
struct task *task_find(struct memory *m, const char *id);
/* Done with that result; nothing happens to one that is done already but the result. */
void task_settle(
	struct memory *m, struct task *task, enum job_result result, const char *provider_id);
void memory_jobs(struct store *store, int partition, const size_t max[LANES], int64_t lease_ms,
	store_jobs_cb *cb, void *arg);
void memory_begin(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg);
void memory_finish(struct store *store, const struct finish *finish, store_done_cb *cb, void *arg);

/* store_memory_recall.c */
void text_key(
	enum lane lane, const char *program, const struct blob *body, char key[TEXT_KEY_SIZE]);
/* Takes the mark of a text that left before it was forgotten; false = there is none. */
bool sent_take(struct memory *m, struct partition *p, const char *key, enum job_result *result);
void sent_free(struct partition *p);
void memory_recall(struct store *store, const struct recall *recall, store_done_cb *cb, void *arg);

void memory_ring(struct memory *m, int partition);

#endif
