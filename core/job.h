/*
 * Texts of a person of which something still has to be heard: an outcome from the sender, a
 * receipt from the carrier. Both come late, twice, out of order, or for texts long forgotten.
 *
 * doc.jobs["<number>"] = {k: kind, p: program, s: rank, a: account that took it, i: its name there,
 * n: the attempt that was taken, t: when that was, until its receipts are heard of or asked for}.
 * An entry leaves when nothing it could still tell would change anything; at most JOBS_KEPT stay,
 * the oldest goes first.
 *
 * doc.early {"<account> <provider's name>": receipt}: receipts that do not say whose text they are
 * about and came before the outcome that does; kept while a text waits for its outcome.
 */
#ifndef WARMLINE_CORE_JOB_H
#define WARMLINE_CORE_JOB_H

#include <core/turn.h>

#define JOBS_KEPT 12

/* How far a text is known to have come; never goes back. */
enum job_rank { RANK_WAITING, RANK_ACCEPTED, RANK_SENT, RANK_FINAL };

/* Kinds of texts that are told apart afterwards. */
#define JOB_CHECK_IN "check-in"
#define JOB_REMINDER "reminder"
#define JOB_REPLY    "reply"
#define JOB_SAFETY   "safety"
#define JOB_PAGE     "page"
#define JOB_NOTICE   "notice"
#define JOB_STOPPED  "stopped"

/* Remembers a text just written; returns the entry, for fields of the kind's own. */
json_t *job_track(struct turn *t, int64_t number, const char *kind, const char *program);
json_t *job_entry(struct turn *t, int64_t number); /* NULL: not tracked */
bool job_is(const json_t *entry, const char *kind);
void job_forget(struct turn *t, int64_t number);
/* The entry of the text that a provider knows as `provider_id`; NULL and 0 = none. */
json_t *job_of_provider(
	struct turn *t, const char *provider_id, const char *account, int64_t *number);
/* A receipt of a text whose outcome has not come, or never knew: who has it, and under which name.
 */
void job_named(json_t *entry, const char *account, const char *provider_id);
bool job_any_unnamed(struct turn *t); /* some text waits for an outcome */
void job_sweep(struct turn *t);       /* when everything is decided: early receipts of nothing go */
/* `outcome`: some account took the text, at `at`. */
void job_accepted(json_t *entry, const json_t *outcome, int64_t at);
/* STOP: nothing routine that waits may leave any more. */
void job_cancel_routine(struct turn *t, const char *program, const char *rule);

/*
 * A check-in, reminder or page that an account took and of which no receipt says more within the
 * account's time (receipt_after) is looked up once: job_next() says when, job_due() writes it.
 */
int64_t job_next(struct turn *t);
void job_due(struct turn *t);

/* job_news.c: what came back about a text, whoever said it. */
void job_outcome(struct turn *t); /* t->event is an outcome */
void job_receipt(struct turn *t); /* t->event is a receipt */

#endif
