/*
 * The phrases of all lexicons as one automaton over words (Aho and Corasick, 1975): a text is
 * read once, whatever the number of phrases.
 *
 * An entry may be written with choices: "(want|wanna) to (die|be dead)"; an empty choice leaves
 * words out; "00" stands for any number. Besides the levels of screen.h:
 *   SCREEN_NONE     a harmless phrase ("dying of laughter"); it covers shorter hits inside it
 *   LEXICON_DENIAL  what makes the phrase right behind it harmless ("no thoughts of")
 *   LEXICON_JOKE    laughter: lowers talk of suicide from high to watch, no further
 * Both and covering work only within one language, where the idiom belongs.
 */
#ifndef CORE_LEXICON_H
#define CORE_LEXICON_H

#include "core/words.h"

#include <stdint.h>
#include <uthash.h>
#include <warmline/screen.h>

#define LEXICON_DENIAL (-1)
#define LEXICON_JOKE   (-2)
#define PHRASE_WORDS   16

struct lexicon_entry {
	char *id, *category;
	char language[8];
	int level; /* enum screen_level or LEXICON_... */
};

struct lexicon_word {
	char text[WORD_SIZE];
	uint32_t id; /* from 1 */
	UT_hash_handle hh;
};

/* State of the automaton: the words read so far that begin some phrase. Number 0 is the start. */
struct lexicon_state {
	uint32_t shorter; /* the longest other state that these words end with */
	uint32_t told;    /* the next state on that way where a phrase ends; 0 = none */
	uint32_t ends;    /* 1 + index into `ends`; 0 = no phrase ends here */
	uint32_t depth;   /* words */
	uint32_t parent, word;
};

struct lexicon_end { /* phrases of equal words: several entries */
	uint32_t entry;
	uint32_t next; /* 1 + index; 0 = last */
};

struct lexicon_edge {
	uint64_t from_word; /* state << 32 | word; 0 = free slot (no word has number 0) */
	uint32_t to;
};

struct lexicons {
	struct lexicon_entry *entries;
	size_t nentries;
	struct lexicon_word *words;
	uint32_t nwords, number; /* the word that stands for any number; 0 = not used */
	struct lexicon_state *states;
	size_t nstates, states_room;
	struct lexicon_end *ends;
	size_t nends, ends_room;
	struct lexicon_edge *edges; /* open addressing, a power of two, at most half full */
	size_t nedges, edges_room;
};

struct lexicons *lexicons_new(void);
/* Adds an entry without phrases and tells its number. */
uint32_t lexicons_entry(
	struct lexicons *l, const char *language, const char *id, int level, const char *category);
/* False with a sentence for a phrase that cannot be read, is empty, or has too many choices. */
bool lexicons_phrase(struct lexicons *l, uint32_t entry, const char *phrase, struct fail *fail);
void lexicons_close(struct lexicons *l); /* after the last phrase, before the first text */

uint32_t lexicons_word(const struct lexicons *l, const char *word); /* 0 = in no phrase */
uint32_t lexicons_step(const struct lexicons *l, uint32_t state, uint32_t word);

#endif
