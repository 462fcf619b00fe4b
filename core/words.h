/*
 * A text as a row of words, the same way for phrases of the lexicons and for what people write:
 * folded, look-alike letters of other scripts read as Latin ones, apostrophes gone ("I'm" = "im"),
 * symbols such as emoji a word of their own. Signs that stand for letters inside a word ("h@rm",
 * "su*cide") stay in it. Each word knows where it stood in the text as typed.
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
	size_t from; /* where these characters stand */
	bool quoted;
};

struct word {
	char text[WORD_SIZE];
	size_t len;
	size_t at, end; /* bytes of the text as typed */
	bool clause;    /* a sentence or half-sentence ended before it */
	bool sentence;  /* a sentence ended before it */
	bool quoted;    /* it stands between quotation marks */
};

void words_begin(struct words *words, const char *text, size_t len);
bool words_next(struct words *words, struct word *word); /* false at the end */

#endif
