/*
 * decide(): the pure function between claim and commit. Same facts, same decision.
 *
 * It reads the document and the events that came, and answers with a new document, the next
 * alarm and the effects. Nothing here knows a clock, a store or a socket: `now`, `entropy` and
 * the programs are arguments. Every effect names the rule that made it, and that name is what
 * `warmline explain` and the log show.
 */
#ifndef WARMLINE_DECISION_H
#define WARMLINE_DECISION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <warmline/actor.h>
#include <warmline/event.h>
#include <warmline/phone.h>
#include <warmline/program.h>
#include <warmline/provider.h>
#include <warmline/screen.h>

enum lane { LANE_CRISIS, LANE_REPLY, LANE_SCHEDULED, LANES };

/* What the sender must find true in `begin`, in the same store call that makes the intent durable.
 */
enum gate {
	GATE_ROUTINE, /* not after STOP; lane 2 also waits while the person has undecided mail */
	GATE_CONSENT, /* the one confirmation of a STOP: passes although the person just opted out
		       */
	GATE_SAFETY,  /* answer to the person's own crisis text, or a page: passes always */
};

enum effect_kind {
	EFFECT_TEXT,    /* a text into the outbox of this actor */
	EFFECT_ERRAND,  /* something about a text that a provider has, into the same outbox */
	EFFECT_CANCEL,  /* a text written earlier is no longer wanted: `job` */
	EFFECT_EVENT,   /* `data` for another actor: `actor`, or whoever has the number `phone` */
	EFFECT_LOG,     /* `data` into this actor's log */
	EFFECT_INDEX,   /* this actor into the index `name` with `at` as score */
	EFFECT_UNINDEX, /* out of the index `name` */
	EFFECT_COUNT,   /* counter `name` of the day + 1 */
};

struct effect {
	enum effect_kind kind;
	const char *rule; /* static text: "check-in.due" */
	/* EFFECT_TEXT */
	char job[JOB_ID_SIZE];
	enum lane lane;
	enum gate gate;
	int64_t not_before, expires; /* ms UTC; a text never leaves at or after `expires` */
	struct phone to;
	struct phone from; /* the number that this person knows; "" = the sender chooses one */
	char *body;        /* owned */
	char program[PROGRAM_ID_SIZE];
	char avoid[ACCOUNT_NAME_SIZE]; /* the route that did not deliver it before; "" = none */
	bool keep_no_words;            /* the provider is asked not to keep the words */
	/* EFFECT_ERRAND, besides job, lane, gate, not_before, expires, to, program */
	enum errand_kind errand;
	char account[ACCOUNT_NAME_SIZE], provider_id[80];
	char about[JOB_ID_SIZE]; /* the text of ours that it is about; "" = one that came in */
	/* EFFECT_EVENT: exactly one of both is set */
	char actor[ACTOR_SIZE];
	struct phone phone;
	/* EFFECT_INDEX, EFFECT_UNINDEX, EFFECT_COUNT */
	char name[40];
	int64_t at;
	json_t *data; /* owned; EFFECT_EVENT, EFFECT_LOG */
};

/* One line of the reasoning: which rule looked, what it said. For `explain` and for log lines. */
struct trace {
	const char *rule;
	char text[160];
};

/* How long a provider took from its yes to the delivery: what the sender's routes learn from. */
struct observed {
	char account[ACCOUNT_NAME_SIZE];
	int64_t latency_ms;
};

struct decision {
	json_t *document; /* owned */
	int64_t alarm;    /* ms UTC of the next wake-up; 0 = none */
	struct effect *effects;
	size_t neffects;
	struct trace *traces;
	size_t ntraces;
	struct observed *observed;
	size_t nobserved;
};

/* Everything that decide may look at besides the actor itself. */
struct house {
	const struct program *programs;
	size_t nprograms;
	const struct zones *zones;
	const struct account *accounts; /* may be none: then nothing is looked up */
	size_t naccounts;
	const struct lexicons *lexicons; /* for long texts that are joined here; NULL = none */
};

/*
 * `document` may be NULL (a new actor). `now` is the store's time, ms UTC. `entropy` is a random
 * number for jitter, drawn once per claim. The caller frees the decision.
 */
struct decision *decide(const struct house *house, const char *actor, const json_t *document,
	const struct event *events, size_t nevents, int64_t now, uint64_t entropy);
void decision_free(struct decision **decision);

#endif
