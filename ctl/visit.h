/*
 * One visit of a command to the running house: configuration, keys, store, and a small loop that
 * runs until what was asked is answered. Completions count down `pending`; visit_wait() returns
 * when it is 0. Every call of the store completes by itself (store.h, rule 1), so does a visit.
 */
#ifndef CTL_VISIT_H
#define CTL_VISIT_H

#include "ctl/command.h"

#include <jansson.h>
#include <stdint.h>
#include <warmline/seal.h>
#include <warmline/store.h>

struct event_base;

struct visit {
	struct site *site;
	struct keys *keys;
	struct event_base *base;
	struct store *store;
	size_t pending;
};

/* ENDED_WELL, or what main() returns; the sentence has been printed. Close it in either case. */
int visit_open(struct visit *visit, const struct call *call);
void visit_wait(struct visit *visit);
/* Lets the loop run for a moment, while waiting for somebody else's work. */
void visit_pause(struct visit *visit, int64_t ms);
void visit_close(struct visit *visit);
/* Prints what a failed store call means; returns the exit code. */
int visit_failed(const struct visit *visit, enum store_result result);

/* What stands about one actor, copied: the document, its mail and its log as JSON objects. */
struct sheet {
	enum store_result result;
	char actor[ACTOR_SIZE];
	json_t *document; /* {} when there is none yet */
	json_t *mail;     /* array of events that nobody has decided on yet */
	json_t *log;      /* array, oldest first */
	int64_t alarm_ms, now_ms;
	bool stopped;
};
/* By actor id, or by blind index when `actor` is NULL. Counts `pending`. */
void sheet_ask(
	struct visit *visit, const char *actor, const char *blind, size_t log, struct sheet *sheet);
void sheet_clear(struct sheet *sheet);
/* Asks for PERSON as people write it, an id or a +number, and waits. Returns the exit code. */
int sheet_find(struct visit *visit, const char *person, size_t log, struct sheet *sheet);

#endif
