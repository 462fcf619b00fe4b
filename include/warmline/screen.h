/*
 * Crisis language in a text. All languages are read, whatever the person's own: phrases from
 * config/lexicons/<language>.yaml (core/lexicon.h says how they are matched).
 * No allocation per text; linear in its length; any bytes are safe.
 *
 * What the levels ask for: imminent and high page somebody at once, watch is for people to read.
 * Whole denials ("no thoughts of suicide") and sayings are none; laughter lowers talk of suicide
 * from high to watch, never further and never from imminent.
 */
#ifndef WARMLINE_SCREEN_H
#define WARMLINE_SCREEN_H

#include <stddef.h>
#include <warmline/fail.h>

enum screen_level { SCREEN_NONE, SCREEN_WATCH, SCREEN_HIGH, SCREEN_IMMINENT };

#define SCREEN_RULES 8

struct lexicons;

struct verdict {
	enum screen_level level;
	const char *category;            /* static or owned by the lexicons; "" for none */
	const char *rules[SCREEN_RULES]; /* ids of the rules that hit, worst first */
	size_t nrules;
};

void screen_text(const struct lexicons *lexicons, const char *text, size_t len, struct verdict *v);
const char *screen_level_name(enum screen_level level); /* "none", "watch", "high", "imminent" */
enum screen_level screen_level_of(const char *name);
void lexicons_free(struct lexicons **lexicons);

#endif
