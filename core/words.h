/*
 * A text as a row of words, the same way for phrases of the lexicons and for what people write:
 * folded, apostrophes gone ("I'm" = "im"), symbols such as emoji a word of their own. Signs that
 * stand for letters inside a word ("h@rm") stay in it.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "core/fold.h"

#define WORD_SIZE 48 /* bytes with NUL; longer words are cut and known to nobody */

struct words {
	const char *text;
	size_t len, at;
	struct folded folded; /* characters that were read but not used yet */
	int used;
};

struct word {
	char text[WORD_SIZE];
	size_t len;
	bool clause; /* a sentence or half-sentence ended before it */
};

void words_begin(struct words *words, const char *text, size_t len);
bool words_next(struct words *words, struct word *word); /* false at the end */

#endif
