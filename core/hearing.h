/*
 * A text as numbers of words that the lexicons know, however it was spelled: signs and digits for
 * letters ("k1ll"), masks ("su*cide"), drawn-out letters ("diiie"), letters one by one ("d i e"),
 * words run together ("killmyself"), one slip in a long word ("suicdal"). A word that is known as
 * it stands is never read as another; what nobody knows is number 0.
 *
 * Bounded: one word costs at most a fixed number of look-ups.
 */
#ifndef CORE_HEARING_H
#define CORE_HEARING_H

#include "core/lexicon.h"

#define HEARING_RUN   24 /* single letters in a row that may be words */
#define HEARING_READY 64

struct heard {
	uint32_t word;   /* 0 = unknown */
	uint32_t number; /* LEXICON 00 when it is a number */
	uint32_t many;   /* 99 when it is a number of 8 or more */
	uint32_t at, end;
	bool clause, sentence, quoted;
};

struct hearing {
	const struct lexicons *lexicons;
	struct words words;
	struct word run[HEARING_RUN];
	size_t nrun;
	struct heard ready[HEARING_READY];
	size_t nready, next;
	bool over;
};

void hearing_begin(
	struct hearing *h, const struct lexicons *lexicons, const char *text, size_t len);
bool hearing_next(struct hearing *h, struct heard *heard); /* false at the end */

#endif
