/*
 * What the phrases that hit a text come to: which are covered or denied, what their surroundings
 * say about them, and the worst of the rest as a verdict.
 *
 * Harmless, so no finding: a hit inside a longer hit of the same language (a saying, or a phrase
 * that says more), right behind a denial, or right before an answer that denies it.
 * Lowered by one, from imminent to high or from high to watch, never to none:
 *   laughter      anywhere in the text; talk of suicide, self-harm or violence, high only
 *   past          a mark of the past within REACH words of the sentence
 *   other_person  the last subject is somebody else: suicide and self-harm become third_party,
 *                 and high becomes watch; an emergency stays one, whoever is in it
 *   question      the sentence asks the reader
 *   quotation     words between quotation marks, in a text that says more than these
 *   title         a song, a film or a book is named within REACH words of the sentence
 */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include "core/hearing.h"

#define FINDING_HITS   192
#define FINDING_WINDOW 64 /* words behind which nothing changes a hit any more */

struct hit {
	uint32_t entry;
	uint32_t start, end; /* positions of words, from 1 */
	uint32_t at, until;  /* bytes of the text */
	uint32_t adjusted;   /* one bit per adjustment */
	bool harmless;       /* itself no finding, still covers others */
};

struct mark {
	uint32_t start, end, sentence; /* end 0 = none yet */
};

struct found {
	uint32_t entry, at, until, adjusted;
	enum screen_level level;
};

struct findings {
	const struct lexicons *lexicons;
	uint32_t position, clause, sentence, oldest;
	uint32_t clauses[FINDING_WINDOW], sentences[FINDING_WINDOW]; /* by position */
	bool quoted[FINDING_WINDOW], unquoted, laughter;
	struct mark marks[LEXICON_MARKS][LEXICON_LANGUAGES];
	struct hit hits[FINDING_HITS];
	size_t nhits;
	struct found found[SCREEN_RULES]; /* worst first */
	size_t nfound;
};

void findings_begin(struct findings *f, const struct lexicons *lexicons);
void findings_word(struct findings *f, const struct heard *heard); /* the next position */
void findings_hit(struct findings *f, struct hit hit);             /* ends at this position */
void findings_end(struct findings *f, struct verdict *v);

#endif
