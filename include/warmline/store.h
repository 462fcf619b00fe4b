/*
 * The store: actors with a document, a mailbox, an alarm and a log, and an outbox of texts.
 * Two of them behind one interface: store_redis (service) and store_memory (tests, demo,
 * simulation). tests/platform/test_store.c is the contract and runs against both.
 *
 * Every verb is one atomic call that touches one partition {pNN}. Time is the store's.
 *
 * Rules for both stores
 *  1. A call completes exactly once, never before the call returned. Redis: within `deadline_ms`
 *     (600) or it completes as STORE_UNKNOWN. Memory: when store_turn() runs.
 *  2. STORE_REFUSED = nothing changed. STORE_UNKNOWN = it may have happened; ask again with the
 *     same ids. STORE_LOST = somebody else has it now; nothing changed.
 *  3. What is given is copied before the call returns; what a callback gets is borrowed until it
 *     returns. Callbacks may call the store again. Views and batches are never NULL: when the
 *     result is not STORE_OK they are empty.
 *  4. Blobs are plain here. store_redis seals every one of them (documents, mail, log, outbox
 *     bodies, events in transit) and opens them on the way back; a blob that cannot be opened is
 *     STORE_BROKEN and is counted, never skipped.
 *  5. `claim` never gives the same actor twice within its lease; a post to a leased actor does
 *     not ring it, commit finds the new mail and rings. A lease that ran out rings by itself.
 */
#ifndef WARMLINE_STORE_H
#define WARMLINE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/actor.h>
#include <warmline/decision.h>
#include <warmline/fail.h>

enum store_result {
	STORE_OK,
	STORE_DUPLICATE, /* post: this event id was known */
	STORE_LOST,      /* commit, begin, finish: the fence is not ours any more */
	STORE_NONE,      /* read, find: no such actor */
	STORE_REFUSED,   /* store up but refusing, or not connected: nothing changed */
	STORE_UNKNOWN,   /* no answer in time: may have happened */
	STORE_BROKEN,    /* data there that cannot be read: wrong key, damage */
};

struct blob {
	const void *data;
	size_t len;
};

enum post_consent { CONSENT_KEEP, CONSENT_STOP, CONSENT_START };

struct post {
	const char *actor; /* receiver, or NULL: whoever has the number behind `blind` */
	const char *blind; /* with actor NULL: blind index; an unknown number gets a new person */
	const char *event_id;      /* seen before: STORE_DUPLICATE and no change */
	const char *program;       /* for consent marks; may be "" */
	enum post_consent consent; /* mark or clear STOP for (blind, program), same atomic call */
	bool urgent;               /* also into the index "urgent" */
	struct blob event;
};
typedef void store_post_cb(void *arg, enum store_result result, const char *actor);

struct mail {
	const char *event_id;
	int64_t posted_ms;
	struct blob event;
};

struct claimed {
	const char *actor;
	uint64_t fence;
	struct blob document;    /* len 0: none yet */
	const struct mail *mail; /* oldest first, at most MAIL_BATCH */
	size_t nmail;
};
#define MAIL_BATCH 64

struct claim_batch {
	int64_t now_ms; /* the store's time of this claim */
	const struct claimed *items;
	size_t n;
	bool more; /* further actors were due */
};
typedef void store_claim_cb(void *arg, enum store_result result, const struct claim_batch *batch);

/* What a decision's effects become. All in the actor's own partition. */
enum write_kind {
	WRITE_JOB, /* id=job, lane, gate, at=not before, expires, blind, program, blob=body JSON */
	WRITE_CANCEL, /* id=job: gone unless already sending */
	WRITE_EVENT,  /* id=event id, to=actor or blind, blob=event; other partitions: by transit */
	WRITE_LOG,    /* blob */
	WRITE_INDEX,  /* id=index name, at=score */
	WRITE_UNINDEX, /* id=index name */
	WRITE_COUNT,   /* id=counter name; the day is the store's UTC day */
	WRITE_PHONE,   /* blind: this number reaches this actor */
};

struct store_write {
	enum write_kind kind;
	const char *id;
	const char *to;    /* WRITE_EVENT: actor id, or NULL and `blind` */
	const char *blind; /* WRITE_EVENT, WRITE_JOB (receiver's number, for STOP), WRITE_PHONE */
	const char *program;
	enum lane lane;
	enum gate gate;
	bool urgent;
	int64_t at, expires;
	struct blob blob;
};

struct commit {
	const char *actor;
	uint64_t fence;
	struct blob document;
	size_t consumed;  /* oldest so many mails are done */
	int64_t alarm_ms; /* 0 = none; mail that came meanwhile rings at once anyway */
	const struct store_write *writes;
	size_t nwrites;
};
typedef void store_done_cb(void *arg, enum store_result result);

struct actor_view {
	const char *actor;
	struct blob document;
	int64_t alarm_ms;
	int64_t now_ms;
	const struct mail *mail; /* not decided on yet */
	size_t nmail;
	const struct blob *log; /* oldest first */
	size_t nlog;
	bool stopped; /* any STOP mark for the actor's own number (read by blind only) */
};
typedef void store_read_cb(void *arg, enum store_result result, const struct actor_view *view);

struct index_entry {
	const char *actor;
	int64_t score;
};
typedef void store_list_cb(
	void *arg, enum store_result result, const struct index_entry *entries, size_t n);

/* --- outbox (reliability.md C3): claim → begin → finish ------------------------------------- */

enum job_claim_state {
	JOB_CLAIMED, /* may begin */
	JOB_LAPSED,  /* lanes 1-2, a lease ran out while sending: finish it as JOB_UNKNOWN, never
			send */
};
struct job {
	const char *id, *actor, *program;
	enum job_claim_state state;
	enum lane lane;
	uint64_t fence;
	int attempt;   /* of this claim, from 1 */
	int ambiguous; /* earlier attempts of which nobody knows the end (lane 0) */
	int64_t not_before, expires;
	/*
	 * A text: {"to","body"}, and where it matters "from" (absent: the sender chooses), "avoid"
	 * (the account that did not deliver it before), "hush" (true: keep no words).
	 * An errand: {"errand": "look-up" or "redact", "account", "id" (the provider's, of the text
	 * it is about), "to", "job" (ours, of that text; absent: it came in)}.
	 */
	struct blob body;
};
struct job_batch {
	int64_t now_ms;
	const struct job *items;
	size_t n;
	bool more;
};
typedef void store_jobs_cb(void *arg, enum store_result result, const struct job_batch *batch);

enum begin_verdict {
	BEGIN_GO,       /* intent is durable: send now */
	BEGIN_STOPPED,  /* the person opted out: finish as JOB_REFUSED "stopped" */
	BEGIN_EXPIRED,  /* too late: finish as JOB_EXPIRED */
	BEGIN_UNWANTED, /* canceled meanwhile; already gone, nothing to finish */
	BEGIN_WAIT,     /* lane 2 and the person has undecided mail: put back by the store */
	BEGIN_SENT,     /* recall() said that this text has left: finish as JOB_ACCEPTED, no send */
	BEGIN_UNSURE,   /* recall() said that it may have left: finish as JOB_UNKNOWN, no send */
};
typedef void store_begin_cb(void *arg, enum store_result result, enum begin_verdict verdict);

enum job_result { JOB_ACCEPTED, JOB_REFUSED, JOB_LATER, JOB_UNKNOWN, JOB_EXPIRED };
struct finish {
	const char *job;
	uint64_t fence; /* an old fence changes nothing but JOB_ACCEPTED, recorded as a late fact */
	enum job_result result;
	int64_t retry_ms; /* JOB_LATER: not before (absolute). JOB_UNKNOWN in lane 0 too */
	const char *provider_id;
	/* The outcome as an event for the job's actor, posted in the same call. len 0: none. */
	const char *event_id;
	struct blob event;
};

/*
 * What a sender's own journal says became of a text of lanes 1-2, told again after the store may
 * have lost writes it had acknowledged (reliability.md J7). Idempotent by event id.
 *   STORE_OK         it was news: the job is done with this result and its actor hears of it; or
 *                    the job is forgotten, its actor hears, and the first text with the same body,
 *                    lane and program that begins within the hour (and before `expires`) is held
 *                    to be the same one (BEGIN_SENT, BEGIN_UNSURE)
 *   STORE_DUPLICATE  known
 *   STORE_LOST       somebody with a newer fence is sending it right now; nothing to be done
 */
struct recall {
	const char *job, *program;
	enum lane lane;
	uint64_t fence;
	int64_t expires;
	struct blob body;       /* as the job had it */
	enum job_result result; /* never JOB_LATER */
	const char *provider_id;
	const char *event_id; /* the outcome, as finish() would have posted it */
	struct blob event;
};

/* Events on their way to other partitions. */
struct transit {
	const char *id; /* = event id */
	struct post post;
};
typedef void store_transit_cb(
	void *arg, enum store_result result, const struct transit *items, size_t n);

struct tick {
	int64_t now_ms;
	int64_t epoch[PARTITIONS]; /* counters that only grow: smaller = acknowledged writes were
				      lost */
	unsigned connection; /* grows with each new connection: the store may have restarted */
};
typedef void store_tick_cb(void *arg, enum store_result result, const struct tick *tick);

struct store_count {
	const char *name;
	int64_t value;
};

typedef void store_counts_cb(
	void *arg, enum store_result result, const struct store_count *counts, size_t n);

typedef void store_bell_cb(void *arg, int partition);

struct store;
struct store_ops {
	void (*post)(struct store *, const struct post *, store_post_cb *, void *arg);
	void (*claim)(struct store *, int partition, size_t n, int64_t lease_ms, store_claim_cb *,
		void *arg);
	void (*commit)(struct store *, const struct commit *, store_done_cb *, void *arg);
	/* By actor id, or by blind index when `actor` is NULL. `log` = the newest so many entries.
	 */
	void (*read)(struct store *, const char *actor, const char *blind, size_t log,
		store_read_cb *, void *arg);
	/* Lowest score first. Partition -1, index "alive:<what>": who sent heartbeats, and when. */
	void (*list)(struct store *, int partition, const char *index, store_list_cb *, void *arg);
	/* The counters of a UTC day "20261123" in one partition. */
	void (*counts)(
		struct store *, int partition, const char *day, store_counts_cb *, void *arg);

	/* At most max[lane] jobs per lane; lapsed ones first. */
	void (*jobs)(struct store *, int partition, const size_t max[LANES], int64_t lease_ms,
		store_jobs_cb *, void *arg);
	void (*begin)(struct store *, const char *job, uint64_t fence, int64_t lease_ms,
		store_begin_cb *, void *arg);
	void (*finish)(struct store *, const struct finish *, store_done_cb *, void *arg);

	void (*recall)(struct store *, const struct recall *, store_done_cb *, void *arg);

	void (*transit)(struct store *, int partition, size_t n, int64_t lease_ms,
		store_transit_cb *, void *arg);
	void (*transit_done)(
		struct store *, int partition, const char *id, store_done_cb *, void *arg);

	void (*tick)(struct store *, store_tick_cb *, void *arg);
	/* A daemon says it lives; `what` = "gateway", "scheduler"; kept for readiness and watch. */
	void (*heartbeat)(
		struct store *, const char *what, const char *who, store_done_cb *, void *arg);
	void (*bell)(
		struct store *, store_bell_cb *, void *arg);   /* hints; polling finds all anyway */
	bool (*up)(const struct store *, const char **reason); /* for readiness; reason is static */
	/*
	 * Calls that still wait complete as STORE_UNKNOWN inside free; their callbacks must not
	 * call the store again.
	 */
	void (*free)(struct store *);
};
struct store {
	const struct store_ops *ops;
};

const char *store_result_name(enum store_result result);

/* --- memory ---------------------------------------------------------------------------------- */

struct store *store_memory_new(void);
void store_memory_time(struct store *store, int64_t now_ms); /* the only clock it has */
bool store_turn(struct store *store); /* delivers waiting completions; false = there were none */
/* The next instant at which something is due (alarm, job, lease, transit); 0 = nothing. */
int64_t store_memory_next(struct store *store);

/* --- Redis ----------------------------------------------------------------------------------- */

struct event_base;
struct keys;
struct redis_address; /* include/warmline/site.h */
/*
 * Connects in the background and stays with it: back-off, reload of the function library,
 * LOADING, READONLY, MISCONF, OOM. Never blocks.
 */
struct store *store_redis_new(
	struct event_base *base, const struct redis_address *address, const struct keys *keys);
/*
 * Blocking check for start-up (own short connection): version >= 7, appendonly + always,
 * noeviction, function library not newer than ours (loads ours), and that `keys` open what is
 * stored: the installation record is made on the very first start. False with a sentence.
 */
bool store_redis_check(
	const struct redis_address *address, const struct keys *keys, struct fail *fail);

#endif
