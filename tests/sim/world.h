/*
 * A small town in virtual time: people with telephones, a carrier that misbehaves, schedulers and
 * senders that stall and die, a forwarder that repeats itself. The store is the one in memory,
 * the rules are the real ones. One seed is one history; the same seed is the same history.
 *
 * world.c         time, chance, what is going to happen
 * world_engine.c  scheduler, sender, forwarder, with their faults
 * world_gateway.c the journal, and what is posted from it
 * world_carrier.c two telephone companies and a mute one: what arrives, what they tell, or do not
 * world_people.c  what people do
 * world_check.c   the promises, looked at after every step
 * world_errand.c  those about errands and receipts
 * world_said.c    those about what people wrote
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "tests/lib/solo.h"

#include <platform/store_memory.h>
#include <warmline/store.h>

/* Ways to break the engine on purpose: each must make a promise fail (reliability.md D3). */
enum mutant {
	MUTANT_NONE,
	MUTANT_NO_FENCE_IN_COMMIT,
	MUTANT_NO_FENCE_IN_BEGIN,
	MUTANT_UNKNOWN_REQUEUED,
	MUTANT_STOP_IGNORED_AT_SEND,
	MUTANT_EXPIRY_IGNORED_AT_SEND,
	MUTANT_ALARM_LOST,
	MUTANT_MAIL_DROPPED,
	MUTANT_DEDUPE_BY_TEXT,
	MUTANT_CRISIS_UNPOSTED,
	MUTANT_LAST_ROUND,
	MUTANT_PARTS_FORGOTTEN,
	MUTANT_SECOND_FORGOTTEN,
	MUTANT_LOOK_UP_FORGOTTEN,
	MUTANTS
};
const char *mutant_name(enum mutant mutant);

struct world;
struct act { /* something that is going to happen */
	int64_t at;
	uint64_t order;
	void (*run)(struct world *w, void *arg);
	void (*drop)(void *arg); /* at the end of the world */
	void *arg;
};

struct said { /* a text somebody wrote, or a part of one, as the gateway posted it */
	char id[96], number[17], actor[ACTOR_SIZE];
	const char *program;
	char part[40]; /* our number and the reference that its parts have in common; "" = whole */
	const char *body;
	int64_t posted; /* 0: not yet */
	bool crisis, paged;
	int logged;
	bool read;         /* its words were read, alone or joined with others */
	struct said *next; /* in world.waiting: posted, and something of it is still to happen */
	UT_hash_handle hh;
};

struct written { /* a text we wrote, by job */
	char job[JOB_ID_SIZE];
	char to[17], program[PROGRAM_ID_SIZE], key[32], rule[40];
	enum lane lane;
	enum gate gate;
	int64_t expires;
	int64_t due;    /* check-ins and reminders: of which check-in */
	int64_t begun;  /* when the last attempt was allowed to go */
	int accepted;   /* by the carrier */
	int ambiguous;  /* ends that nobody knows */
	int64_t failed; /* when we were told that it was not delivered */
	UT_hash_handle hh;
};

struct carried { /* a text that a carrier has */
	char id[64], job[JOB_ID_SIZE], to[17];
	const char *account;
	int attempt;
	int64_t at;
	bool arrives;
	const char *why;          /* it does not */
	int64_t heard, concluded; /* when we were first told: sent or more; how it ended */
	int look_ups;
	UT_hash_handle hh;
};

struct cause { /* one check-in or reminder per person, program and due instant; two if one failed */
	char name[120], job[JOB_ID_SIZE];
	int texts;
	UT_hash_handle hh;
};

struct watched { /* what an actor's last document promises */
	char actor[ACTOR_SIZE];
	bool plans;        /* there is a future: an alarm must stand */
	bool paging;       /* a case that nobody has */
	int64_t last_page; /* when it last paged somebody */
	UT_hash_handle hh;
};

struct line {                    /* a telephone */
	const char *number, *to; /* `to`: the program this person usually texts */
	bool staff;
	int temper;           /* 0-100: how often this person answers */
	bool stopped[2];      /* per program of the house */
	int confirmations[2]; /* of STOP that may still come */
	int64_t stopped_at[2];
	int64_t wrote[2]; /* last text that was posted */
	int64_t asked[2]; /* last check-in the carrier took */
};

#define LINES    12
#define FAST_2   "+12025550102" /* second numbers, in some histories */
#define WEEKLY_2 "+12025550103"

struct world {
	uint64_t seed, chance;
	enum mutant mutant;
	struct house *house;
	struct store *store;
	int64_t now, start, healthy_from, end;
	struct act *acts;
	size_t nacts;
	uint64_t order;
	int texts;
	struct line lines[LINES];
	struct said *said, *waiting;
	struct written *written;
	struct carried *carried;
	struct cause *causes;
	struct watched *watched;
	char failure[400];                            /* "" while every promise holds */
	size_t decisions, commits_lost, sends, steps; /* to see that something happened */
	size_t again, look_ups, redactions, joined;   /* likewise */
	bool fast;                                    /* the program in minutes */
};

struct world *world_new(struct house *house, uint64_t seed, enum mutant mutant);
/* Lives to the end, or to the first broken promise; true = all held. */
bool world_run(struct world *w);
void world_free(struct world **w);

uint64_t world_chance(struct world *w);
int64_t world_between(struct world *w, int64_t from, int64_t to);
bool world_odds(struct world *w, int percent);
bool world_faulty(struct world *w, int percent); /* a fault happens, while there are faults */
void world_later(struct world *w, int64_t at, void (*run)(struct world *, void *),
	void (*drop)(void *), void *arg);
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct line *world_line(struct world *w, const char *number);
int world_program(const struct world *w, const char *id); /* index in the house, or -1 */
void world_blind(const void *arg, const char *e164, char blind[BLIND_SIZE]);

struct sending { /* a job in a sender's hands */
	char job[JOB_ID_SIZE], to[17], from[17], body[700];
	char account[ACCOUNT_NAME_SIZE], id[64]; /* who carries it, and its name there */
	char avoid[ACCOUNT_NAME_SIZE], program[PROGRAM_ID_SIZE];
	char errand[12], about[JOB_ID_SIZE]; /* "" = it is a text */
	uint64_t fence;
	int attempt;
	enum lane lane;
};

/* world_engine.c */
void engine_work(struct world *w); /* every daemon looks around once */
bool engine_due(struct world *w);
void engine_turn(struct world *w); /* the store does what it was asked to */

/* The end of a job is told, and `event` (taken) with it. */
void engine_finish(struct world *w, const struct sending *s, enum job_result result, int64_t retry,
	json_t *event);

/* world_carrier.c */
void carrier_choose(struct world *w, struct sending *s);     /* account, number, the text's name */
void carrier_take(struct world *w, const struct sending *s); /* it will arrive, or not */
void carrier_looked_up(struct world *w, const struct sending *s);

/* world_gateway.c */
void gateway_post(struct world *w, const char *number, json_t *data, enum post_consent consent,
	struct said *said);

/* world_people.c */
void people_begin(struct world *w);
void people_got(struct world *w, const char *number, const char *from, const char *body);
void people_text(struct world *w, const char *number, const char *to, const char *body);

/* world_check.c */
void check_committed(struct world *w, const char *actor, const struct decision *d,
	json_t *const *mail, size_t nmail, int64_t claimed_ms);
void check_allowed(struct world *w, struct written *text);  /* begin said go */
void check_accepted(struct world *w, struct written *text); /* the carrier took it */
void check_posted(struct world *w, struct said *said, enum post_consent consent);
void check_step(struct world *w);
void check_end(struct world *w);

/* world_said.c */
void check_logged(
	struct world *w, const char *actor, const struct decision *d, const json_t *entry);
void check_said(struct world *w);

/* world_errand.c */
void check_errand(struct world *w, const struct effect *e, int64_t claimed_ms);
void check_receipt(struct world *w, const char *provider_id, const char *status); /* posted */

#endif
