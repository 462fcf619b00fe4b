/*
 * An event on its way: into the journal, then to the store, then out of memory. A parcel knows how
 * it is written into the journal, so that a restart or a rollback of the store can post it again
 * exactly as it was: same event id, same receiver, same consent mark, same place in the order.
 */
#ifndef GATEWAY_PARCEL_H
#define GATEWAY_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <warmline/program.h>
#include <warmline/store.h>

struct poster;
struct spool;

enum parcel_answer {
	PARCEL_SAFE, /* on our disk or in the store: answer 2xx */
	PARCEL_LOST, /* in neither: answer 503, the provider has to come again */
};
typedef void parcel_answer_cb(void *arg, enum parcel_answer answer);

enum parcel_journal {
	JOURNAL_WAITING,
	JOURNAL_HAS_IT,
	JOURNAL_FAILED,
};

struct parcel {
	/* what is posted */
	char event_id[EVENT_ID_SIZE];
	char actor[ACTOR_SIZE]; /* "" = whoever has the number behind `blind` */
	char blind[BLIND_SIZE];
	char program[PROGRAM_ID_SIZE];
	enum post_consent consent;
	bool urgent;
	int64_t ticket; /* us UTC when it came: the order of one sender's events */
	char *event;    /* JSON, owned */
	size_t event_len;

	/* the poster's */
	struct poster *poster;
	struct spool *spool; /* whose record it is */
	uint64_t sequence;
	enum parcel_journal journal;
	bool posted;              /* the store has it; the journal may still owe its call */
	int64_t since_ms;         /* CLOCK_MONOTONIC */
	parcel_answer_cb *answer; /* NULL once it was given, or nobody waits */
	void *answer_arg;
	TAILQ_ENTRY(parcel) in_line, owed;
};
TAILQ_HEAD(parcels, parcel);

/* Takes `event` over. `actor` or `blind` may be NULL. */
struct parcel *parcel_new_take(const char *event_id, const char *actor, const char *blind,
	const char *program, char *event);
void parcel_free(struct parcel **parcel);
/* The journal's record. Caller frees. */
char *parcel_write(const struct parcel *parcel, size_t *len);
struct parcel *parcel_read(const void *record, size_t len);       /* NULL: not one of ours */
void parcel_post(const struct parcel *parcel, struct post *post); /* borrows */

#endif
