/*
 * How a phrase of a lexicon is written:
 *   words            as people text them, small letters, no accents, no apostrophes
 *   (a|b c|)         a choice; an empty one leaves it out
 *   {want}           one of a named list of the same language; also inside a choice
 *   ..2              up to 2 other words (6 at most), of the same sentence, none of them a break
 *   ;;6              up to 6 words (12 at most) whatever they are, over the end of a sentence too
 *   00, 99           any number, a number of 8 or more
 * A word with other spellings (phrase_spelling) is meant in each of them.
 */
#ifndef CORE_PHRASE_H
#define CORE_PHRASE_H

#include "core/lexicon.h"

/* False with a sentence for a phrase that cannot be read, is empty, or too long. */
bool lexicons_phrase(struct lexicons *l, uint32_t entry, const char *phrase, struct fail *fail);
/* One more way to say {name}; it may hold other lists that are already there. */
void phrase_list(struct lexicons *l, uint32_t language, const char *name, const char *way);
/* `way`, of one or more words, is another spelling of the word `name`. */
void phrase_spelling(struct lexicons *l, uint32_t language, const char *name, const char *way);
void phrases_close(struct lexicons *l); /* gives back what only building needs */
void phrases_free(struct lexicons *l);

#endif
