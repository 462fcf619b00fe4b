/*
 * By which accounts a text may leave, in which order, and from which number of each. Pure:
 * `now_ms` is any clock that does not jump.
 *
 * An account is a candidate when it reaches the receiver's country and has a number of the text's
 * program. The order: not the one to avoid; well before sick (route_health.h); the one with the
 * number that this person knows; the longest country prefix; the draw. The draw is weighted and
 * sticks to the person (rendezvous hashing): it changes for nobody but those whose account lost
 * points or came new. So do numbers of a pool: a pool that grows moves only whom the new number
 * wins.
 *
 * A text that failed for certain, and every page, goes on to the next candidate: first to those
 * it was not offered to, then round and round.
 */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "core/route_health.h"

#include <warmline/account.h>
#include <warmline/decision.h>
#include <warmline/program.h>

struct route_query {
	const struct account *accounts; /* at most ACCOUNTS_MOST */
	size_t naccounts;
	const struct route_health *health; /* of each */
	const struct program *program;     /* NULL: not known any more, so nothing carries it */
	const char *to, *from;             /* from: the number that the person knows; "" = none */
	const char *avoid;                 /* name of an account; "" = none */
	enum lane lane;
	int attempt;    /* from 1 */
	unsigned tried; /* a bit for each account that it was offered to; 0 = nobody remembers */
	int64_t now_ms;
};

struct route {
	size_t account;
	const char *from; /* borrowed from the account */
	bool known;       /* the person knows this number */
};

struct route_order {
	struct route routes[ACCOUNTS_MOST]; /* the first is this attempt's */
	size_t n;                           /* 0: no route */
	size_t untried;                     /* to the first so many it was not offered before */
	unsigned all; /* a bit for each account that could carry it, sick or well */
};

/* Lanes 1 and 2 leave out the sick while somebody is well: there, an unknown end is final. */
void route_find(const struct route_query *query, struct route_order *order);

#endif
