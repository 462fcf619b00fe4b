/*
 * A stand for whole schedulers: a private Redis, the site of config/, a loopback provider that
 * accepts, strangers who write, and the question whether each text is in one log entry.
 */
#ifndef TESTS_LIB_SCHEDULER_STAND_H
#define TESTS_LIB_SCHEDULER_STAND_H

#include "scheduler/scheduler.h"
#include "tests/lib/private_redis.h"
#include "tests/lib/rude_server.h"

#include <sys/types.h>
#include <warmline/site.h>

#define PEOPLE  40
#define WAIT_MS 15000

struct event;

struct stand {
	struct private_redis redis;
	struct keys *keys;
	struct site *site;
	struct house house;
	struct account account;
	struct event_base *base;
	struct event *beat;
	struct store *store; /* the test's own, unpatched */
	struct rude_server *server;
	const char *journal; /* of the schedulers that start from now on; NULL = none */
	size_t posted, answered;
	pid_t children[2];
};

struct stand_member { /* a scheduler inside this process, with its own store */
	struct store *store;
	struct store_ops plain, patched;
	struct scheduler *scheduler;
};

struct stand_reading {
	bool done;
	enum store_result result;
	size_t nmail, nlog, doubled, unreadable;
	char seen[512][80];
	size_t nseen;
	char document[64];
};

extern struct stand *stand; /* of the running test */

/* False: still busy after `ms`. */
bool stand_loop_while(struct stand *b, bool (*busy)(struct stand *), int64_t ms);
bool stand_always(struct stand *b);
bool stand_store_is_down(struct stand *b);
int stand_setup(void **state);
int stand_teardown(void **state);
struct scheduler_options stand_options_of(struct stand *b, struct event_base *base);
/* A member's calls of the store can be patched. */
void stand_member_start(struct stand *b, struct stand_member *m);
void stand_member_end(struct stand_member *m);

void stand_number_of(size_t person, char number[20]);
void stand_on_posted(void *arg, enum store_result result, const char *actor);
/* Text number `n` of the stranger `person`. */
void stand_post_text(struct stand *b, size_t person, size_t n);
bool stand_posts_wait(struct stand *b);
/* Texts from..to-1 of everybody, and waits until the store has them. */
void stand_post_texts(struct stand *b, size_t from, size_t to);
void stand_read_person(struct stand *b, size_t person, struct stand_reading *r);
/* Until nobody has undecided mail, and everybody so many texts in the log. */
void stand_wait_decided(struct stand *b, size_t texts);
void stand_expect_each_once(struct stand *b, size_t texts);
/* Lane 1: no job reached the provider twice. */
void stand_expect_no_job_twice(struct stand *b);
bool stand_answers_wait(struct stand *b);

#endif
