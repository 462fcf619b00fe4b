/*
 * Crisis language in a text. All languages are read, whatever the person's own: phrases from
 * config/lexicons/<language>.yaml (core/lexicon.h says how they are matched).
 * No allocation per text; linear in its length; any bytes are safe.
 *
 * What the levels ask for: imminent and high page somebody at once, watch is for people to read.
 * Whole denials ("no thoughts of suicide") and sayings are none. Laughter, the past, somebody
 * else's story, a question, a quotation or a title lower a level by one, never to none
 * (core/finding.h); the verdict names what did.
 */
#ifndef WARMLINE_SCREEN_H
#define WARMLINE_SCREEN_H

#include <stddef.h>
#include <warmline/fail.h>

enum screen_level { SCREEN_NONE, SCREEN_WATCH, SCREEN_HIGH, SCREEN_IMMINENT };

#define SCREEN_RULES     8
#define SCREEN_ADJUSTERS 6

struct lexicons;

struct verdict {
	enum screen_level level;
	const char *category;            /* static or owned by the lexicons; "" for none */
	const char *rules[SCREEN_RULES]; /* ids of the rules that hit, worst first */
	size_t nrules;
	size_t span_at, span_len; /* bytes of the text as typed that the worst rule hit */
	const char *adjusted[SCREEN_ADJUSTERS]; /* what lowered the worst rule; static */
	size_t nadjusted;
};

void screen_text(const struct lexicons *lexicons, const char *text, size_t len, struct verdict *v);
const char *screen_level_name(enum screen_level level); /* "none", "watch", "high", "imminent" */
enum screen_level screen_level_of(const char *name);
void lexicons_free(struct lexicons **lexicons);

#endif
