/*
 * The phrases of all lexicons as one automaton over words: a text is read once. Each word of a
 * text begins at most one walk per way that a phrase can go on, and a walk ends after
 * PHRASE_WORDS words, so the time is linear in the length of the text for any lexicon.
 *
 * How a phrase is written says core/phrase.h. Besides the levels of screen.h an entry may be:
 *   SCREEN_NONE    a harmless phrase ("dying of laughter"); it covers shorter hits inside it
 *   LEXICON_...    a mark of context (core/finding.h says what each one does)
 * Covering and marks work only within one language, where the idiom belongs; laughter in all.
 */
#ifndef CORE_LEXICON_H
#define CORE_LEXICON_H

#include "core/words.h"

#include <stdint.h>
#include <uthash.h>
#include <warmline/screen.h>

enum lexicon_mark {
	LEXICON_DENIAL = -1,       /* makes the phrase right behind it harmless */
	LEXICON_DENIAL_AFTER = -2, /* makes the phrase right before it harmless */
	LEXICON_LAUGHTER = -3,
	LEXICON_PAST = -4,
	LEXICON_OTHER = -5,    /* the subject is somebody else */
	LEXICON_SELF = -6,     /* the subject is the writer */
	LEXICON_QUESTION = -7, /* asks the reader */
	LEXICON_TITLE = -8     /* a song, a film, a book */
};
#define LEXICON_MARKS 9

#define PHRASE_WORDS      24
#define LEXICON_LANGUAGES 32
#define LEXICON_ANY       UINT32_MAX       /* a word that is no break, within the sentence */
#define LEXICON_FAR       (UINT32_MAX - 1) /* any word at all */

struct lexicon_entry {
	char *id, *category;
	uint32_t language; /* index into `languages` */
	int level;         /* enum screen_level or enum lexicon_mark */
};

struct lexicon_word {
	char text[WORD_SIZE];
	uint32_t len;
	uint32_t breaks; /* one bit per language in which a gap does not reach over this word */
	bool key;        /* misspelled, masked or glued forms are worth a search */
};

struct lexicon_state {
	uint32_t ends; /* 1 + index into `ends`; 0 = no phrase ends here */
	uint32_t language;
	uint64_t words; /* a filter of the words that leave it: lexicon_word_bit */
	bool any, far;  /* kinds of edges that leave it */
};

static inline uint64_t lexicon_word_bit(uint32_t word)
{
	return UINT64_C(1) << (word * UINT32_C(0x9e3779b1) >> 26);
}

struct lexicon_end { /* phrases of equal words: several entries */
	uint32_t entry;
	uint32_t next; /* 1 + index; 0 = last */
};

struct lexicon_edge {
	uint64_t from_word; /* state << 32 | word; 0 = free slot (no word has number 0) */
	uint32_t to;        /* 1 + index into `ways` */
};

struct lexicon_way {
	uint32_t state;
	uint32_t next;      /* 1 + index; 0 = last */
	bool ends, goes_on; /* of the state: set by phrases_close */
};

struct lexicon_list; /* a named list of ways to say something; core/phrase.h */

struct lexicons {
	char languages[LEXICON_LANGUAGES][8];
	size_t nlanguages;
	struct lexicon_entry *entries;
	size_t nentries;
	struct lexicon_word *words; /* by number; number 0 is no word */
	uint32_t nwords, words_room;
	uint32_t *slots; /* numbers of words by hash, a power of two, at most half full */
	size_t slots_room;
	uint32_t number, many; /* the words 00 and 99, which stand for numbers; 0 = not used */
	uint32_t *keys;        /* numbers of key words */
	size_t nkeys;
	struct lexicon_state *states; /* number 0 is the start */
	size_t nstates, states_room;
	struct lexicon_end *ends;
	size_t nends, ends_room;
	struct lexicon_edge *edges; /* open addressing, a power of two, at most half full */
	size_t nedges, edges_room;
	struct lexicon_way *ways;
	size_t nways, ways_room;
	struct lexicon_list *lists;
	struct phrase_begun *begun; /* phrases so far, for those that begin alike */
};

struct lexicons *lexicons_new(void);
uint32_t lexicons_language(struct lexicons *l, const char *language);
/* Adds an entry without phrases and tells its number. */
uint32_t lexicons_entry(
	struct lexicons *l, const char *language, const char *id, int level, const char *category);
uint32_t lexicons_word_add(struct lexicons *l, const char *text, size_t len);
/* A word whose misspelled ("suicde"), masked ("su*cide") and glued forms are to be found. */
void lexicons_key(struct lexicons *l, const char *word);
void lexicons_break(struct lexicons *l, const char *language, const char *word);

uint32_t lexicons_state_add(struct lexicons *l, uint32_t language);
void lexicons_edge_add(struct lexicons *l, uint32_t from, uint32_t word, uint32_t to);
void lexicons_end_add(struct lexicons *l, uint32_t state, uint32_t entry);

uint32_t lexicons_word(const struct lexicons *l, const char *word, size_t len); /* 0 = none */
/* The ways that leave `state` by `word`: 1 + index into `ways`, 0 = none. */
uint32_t lexicons_ways(const struct lexicons *l, uint32_t state, uint32_t word);

#endif
