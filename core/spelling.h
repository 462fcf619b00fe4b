/* One word that no lexicon knows as it stands: which known word was meant. */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "core/lexicon.h"

#define SPELLING_PARTS 8

uint32_t spelling_of(const struct lexicons *l, const struct word *word); /* 0 = nobody knows */
/* Cuts a word that was run together; the lengths of its parts, or 0 when it is none. */
size_t spelling_parts(
	const struct lexicons *l, const char *text, size_t len, uint32_t *parts, size_t *lens);

#endif
