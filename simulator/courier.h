/*
 * Letters to the gateway: webhooks, signed anew at each try, since a signature may have a time in
 * it. How long and how often one is tried is its shape's patience. A bounded number is under way
 * at once, the rest waits in line: texts and receipts in lines of their own, so that a flood of
 * receipts holds up no text.
 */
#ifndef SIMULATOR_COURIER_H
#define SIMULATOR_COURIER_H

#include <stdint.h>
#include <warmline/account.h>
#include <warmline/fail.h>

#include "simulator/carrier.h"

struct courier;

enum courier_line { COURIER_TEXTS, COURIER_RECEIPTS, COURIER_LINES };

struct letter {
	const struct account *account; /* whose provider writes it */
	enum courier_line line;
	char *url;
	char *content;        /* as the account's shape tells it */
	char token[SID_SIZE]; /* the same for a repeat */
};
/* A letter with a new token; takes `url` and `content`. */
struct letter letter_of(
	const struct account *account, enum courier_line line, char *url, char *content);
void letter_clear(struct letter *letter);

/* `http`: the gateway's status, 0 = it could not be reached or did not answer. */
typedef void courier_cb(void *arg, int http);

struct courier *courier_new(struct event_base *base, struct fail *fail);
/* Copies the letter. `cb` NULL = nobody; it runs later, once, after the last try. */
void courier_post(struct courier *courier, const struct letter *letter, courier_cb *cb, void *arg);
/* Cancels what is under way and forgets the lines; no callback runs. */
void courier_free(struct courier **courier);

#endif
