/*
 * A decision being made: what the rules may look at, and where they put what they want.
 *
 * The functions here only collect; none of them decides anything. Effects and log entries of one
 * event carry ids derived from that event ("<cause>/<n>"), so deciding the same facts again after
 * a lost commit makes the same ids.
 */
#ifndef WARMLINE_CORE_TURN_H
#define WARMLINE_CORE_TURN_H

#include <warmline/decision.h>
#include <warmline/json.h>
#include <warmline/wording.h>

/* Names of the indexes that humans look through (`warmline list NAME`). */
#define INDEX_PEOPLE      "people"      /* every line that is known; never left */
#define INDEX_STRANGERS   "strangers"   /* unknown numbers that wrote */
#define INDEX_UNREAD      "unread"      /* free text that a person must read */
#define INDEX_WATCH       "watch"       /* watch words, or HELP twice within a day */
#define INDEX_MISSED      "missed"      /* no answer to check-in and reminder */
#define INDEX_UNDELIVERED "undelivered" /* a text was refused for good */
#define INDEX_URGENT      "urgent"      /* written by `post`: a crisis not decided on yet */
#define INDEX_CASES       "cases"       /* nobody has acknowledged */
#define INDEX_TAKEN       "taken"       /* somebody has */

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

struct turn {
	const struct house *house;
	const char *actor;
	json_t *doc;
	int64_t now;
	struct decision *decision;
	const struct event *event; /* the cause; NULL while the plan (an alarm) is the cause */
	char cause[EVENT_ID_SIZE];
	unsigned made;   /* events made by this cause so far */
	unsigned logged; /* and log entries */
};

/* What a text needs besides its words. */
struct letter {
	const struct program *program; /* one of its numbers is the sender */
	const char *to;
	const char *language;
	enum lane lane;
	enum gate gate;
	int64_t not_before, expires;
	const char *rule;
	const char *avoid; /* the account that did not deliver it before; NULL = none */
};

void turn_cause(struct turn *t, const struct event *event); /* NULL: the plan */
/* The next number of this actor: jobs and causes. Never used twice, kept in the document. */
int64_t turn_number(struct turn *t);
/*
 * Somebody knows a job of ours with this number. One that this document never gave out shows that
 * the store came back from an older copy: it is not given to another text, or the provider's
 * receipts for the one would be taken for the other's.
 */
void turn_number_taken(struct turn *t, int64_t number);

/* Writes the words of `key` into the outbox and the log; returns the number in the job's id. */
int64_t turn_text(struct turn *t, const struct letter *letter, enum wording_key key,
	const struct slot *slots);
void turn_cancel(struct turn *t, int64_t job, const char *rule);
/* Something to be asked of a provider: rule, times, program and the errand's own fields are set. */
void turn_errand(struct turn *t, const struct effect *errand);
/* A provider needed so long from its yes to the delivery, or longer. */
void turn_observe(struct turn *t, const char *account, int64_t latency_ms);
void turn_job_id(const struct turn *t, int64_t job, char id[JOB_ID_SIZE]);
/* The number in "<our actor>.<number>", or 0 when the job is not one of ours. */
int64_t turn_job_number(const struct turn *t, const char *id);

/* An event for another actor, by id or by number; `data` is taken, kind and id are added. */
void turn_event_actor(
	struct turn *t, const char *rule, const char *actor, const char *kind, json_t *data);
void turn_event_phone(
	struct turn *t, const char *rule, const char *e164, const char *kind, json_t *data);

/*
 * A log entry with time, kind, event id and rule; the caller may add fields. The first entry of an
 * event is its record and alone carries its id and the provider's, so that an event stands in a
 * log exactly once; what followed from it is called "<hash of its id>/<n>".
 */
json_t *turn_log(struct turn *t, const char *kind, const char *rule);
/* Index entries are remembered in the document, so they are written and removed only once. */
void turn_index(struct turn *t, const char *rule, const char *name);
void turn_unindex(struct turn *t, const char *rule, const char *name);
void turn_unindex_always(struct turn *t, const char *rule, const char *name);
void turn_count(struct turn *t, const char *rule, const char *name);
void turn_trace(struct turn *t, const char *rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
