/*
 * Inside of the Redis store. A verb is one FCALL: words → sealed → formatted → sent; the answer
 * is opened into memory that lives until the callback returns. Names of keys stand here and in
 * functions/, nowhere else.
 *
 *   store_redis.c          the store, its library, how an answer becomes a result
 *   store_redis_words.c    arguments of a call
 *   store_redis_open.c     answers: counting, unsealing
 *   store_redis_actor.c    post, claim, commit, read
 *   store_redis_outbox.c   jobs, begin, finish, recall
 *   store_redis_rest.c     list, counts, transit, tick, heartbeat
 *   store_redis_library.c  the text of the functions
 *   store_redis_check.c    the blocking check at start-up
 */
#ifndef PLATFORM_STORE_REDIS_H
#define PLATFORM_STORE_REDIS_H

#include "platform/redis.h"
#include "platform/store.h"

#include <warmline/seal.h>

#define LIBRARY_VERSION   1 /* = VERSION of functions/00_library.lua; a test compares them */
#define LIBRARY_HASH_SIZE 17
#define BELL_CHANNEL      "warmline:bell"

struct library {
	char *text; /* with the CONTROL line; owned */
	size_t len;
	char hash[LIBRARY_HASH_SIZE];
};
struct event;

struct store_redis {
	struct store store;
	struct redis *redis;
	struct redis_bell *bell;
	struct event_base *base;
	struct redis_address address;
	const struct keys *keys;
	struct library library;
	struct event *greet; /* asks for the library again while it is not ready */
	bool ready;          /* connected, and the library is ours */
	bool loading;        /* FUNCTION LOAD is on its way */
	unsigned connection; /* how many there were */
	const char *reason;  /* why the last answer was no; NULL = fine */
	int64_t reconnected; /* monotonic, of the last READONLY */
	store_bell_cb *bell_cb;
	void *bell_arg;
};

/* --- words ----------------------------------------------------------------------------------- */

#define WORDS_INSIDE 32
struct words {
	const char **word;
	size_t *len;
	size_t n, room;
	const char *word_inside[WORDS_INSIDE];
	size_t len_inside[WORDS_INSIDE];
	struct word_memory *memory;
};
/* "FCALL <verb> 1 {pNN}:<key>"; partition -1 is {g}. */
void words_call(struct words *w, const char *verb, int partition, const char *key);
void words_add(struct words *w, const void *data, size_t len); /* borrowed */
void words_text(struct words *w, const char *text);            /* borrowed; NULL = "" */
void words_number(struct words *w, int64_t number);
void words_seal(struct words *w, const struct keys *keys, const char *kind, const char *whose,
	const struct blob *blob);
/* A keyed hash of what the text says and to whom; "" in lane 0. */
void words_text_key(struct words *w, const struct keys *keys, enum lane lane, const char *program,
	const struct blob *body);
/* Sealed, but not yet a word; lives as long as `w`. */
const void *words_sealed(struct words *w, const struct keys *keys, const char *kind,
	const char *whose, const struct blob *blob, size_t *size);
void *words_memory(struct words *w, size_t size);
void words_free(struct words *w);
/* Formats for the wire; the caller frees the text with redisFreeCommand. */
char *words_format(const struct words *w, size_t *len);

/* --- asking ---------------------------------------------------------------------------------- */

struct ask {
	struct store_redis *s;
	/* `reply` is an answer of the expected kind when `result` is STORE_OK, else NULL. */
	void (*answer)(struct ask *ask, enum store_result result, const redisReply *reply);
	int type;         /* REDIS_REPLY_ARRAY or _INTEGER: any other answer is STORE_BROKEN */
	void (*cb)(void); /* the caller's, cast back in `answer` */
	void *arg;
	char actor[ACTOR_SIZE];
	int partition;
	struct words words;
	char *command;
	size_t len;
	bool again; /* sent a second time after loading the library */
};
struct ask *ask_new(struct store_redis *s,
	void (*answer)(struct ask *, enum store_result, const redisReply *), int type,
	void (*cb)(void), void *arg);
void ask_send(struct ask *ask);
void ask_refuse(struct ask *ask); /* completes as STORE_REFUSED, later */

/* --- answers --------------------------------------------------------------------------------- */

struct reading { /* a flat reply, read from left to right */
	struct store_redis *s;
	const redisReply *reply;
	size_t at;
	bool bad;   /* the reply ended too early or had another shape */
	char *room; /* for opened values */
	size_t used, size;
};
void reading_open(struct reading *r, struct store_redis *s, const redisReply *reply);
void reading_close(struct reading *r);
const redisReply *read_item(struct reading *r);
int64_t read_number(struct reading *r);
const char *read_text(struct reading *r); /* NUL-ended, borrowed from the reply */
/* Opens a sealed value; false = it cannot be opened, which is counted and logged. */
bool read_sealed(struct reading *r, const char *kind, const char *whose, struct blob *blob);
/* Same for a part of a value. */
bool open_sealed(struct reading *r, const char *kind, const char *whose, const char *data,
	size_t len, struct blob *blob);
char *read_room(struct reading *r, size_t size);
/* "<posted> <length of id> <event id><sealed event>" */
bool read_mail(struct reading *r, struct mail *mail);

/* --- library --------------------------------------------------------------------------------- */

void library_make(struct library *library);
void library_free(struct library *library);
/* 1 = load it, 0 = it is the same, -1 = Redis has a newer one. `reply` answers wl_version. */
int library_compare(const struct library *library, const redisReply *reply);
/* {"FUNCTION", "LOAD", "REPLACE", text} for the wire. */
char *library_command(const struct library *library, size_t *len);

/* --- verbs ----------------------------------------------------------------------------------- */

void redis_post(struct store *, const struct post *, store_post_cb *, void *arg);
void redis_claim(
	struct store *, int partition, size_t n, int64_t lease_ms, store_claim_cb *, void *arg);
void redis_commit(struct store *, const struct commit *, store_done_cb *, void *arg);
void redis_read(struct store *, const char *actor, const char *blind, size_t log, store_read_cb *,
	void *arg);
void redis_list(struct store *, int partition, const char *index, store_list_cb *, void *arg);
void redis_counts(struct store *, int partition, const char *day, store_counts_cb *, void *arg);
void redis_jobs(struct store *, int partition, const size_t max[LANES], int64_t lease_ms,
	store_jobs_cb *, void *arg);
void redis_begin(struct store *, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *, void *arg);
void redis_finish(struct store *, const struct finish *, store_done_cb *, void *arg);
void redis_recall(struct store *, const struct recall *, store_done_cb *, void *arg);
void redis_transit(
	struct store *, int partition, size_t n, int64_t lease_ms, store_transit_cb *, void *arg);
void redis_transit_done(struct store *, int partition, const char *id, store_done_cb *, void *arg);
void redis_tick(struct store *, store_tick_cb *, void *arg);
void redis_heartbeat(struct store *, const char *what, const char *who, store_done_cb *, void *arg);

#endif
