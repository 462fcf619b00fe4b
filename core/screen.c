#include "core/finding.h"

#include <string.h>
#include <warmline/screen.h>

#define WALKS 1024 /* ways through phrases that the last words began */

/* The words from position `start` on have led to this state. */
struct walk {
	uint32_t state, start, at;
};

struct scan {
	const struct lexicons *lexicons;
	struct hearing hearing;
	struct findings findings;
	struct walk walks[2][WALKS];
	size_t n[2];
	struct walk ended[WALKS]; /* phrases that end with this word */
	size_t nended;
	unsigned now;
};

static const char *const levels[] = {"none", "watch", "high", "imminent"};

const char *screen_level_name(enum screen_level level)
{
	return levels[level];
}

enum screen_level screen_level_of(const char *name)
{
	for (int i = SCREEN_IMMINENT; i > SCREEN_NONE; i--)
		if (strcmp(levels[i], name) == 0)
			return (enum screen_level)i;
	return SCREEN_NONE;
}

static void walk_on(struct scan *s, const struct walk *walk, uint32_t word)
{
	const struct lexicons *l = s->lexicons;

	for (uint32_t i = lexicons_ways(l, walk->state, word); i; i = l->ways[i - 1].next) {
		const struct lexicon_way *way = &l->ways[i - 1];
		struct walk next = {way->state, walk->start, walk->at};

		if (way->ends && s->nended < WALKS)
			s->ended[s->nended++] = next;
		if (way->goes_on && s->n[!s->now] < WALKS)
			s->walks[!s->now][s->n[!s->now]++] = next;
	}
}

static bool is_gap(const struct scan *s, const struct lexicon_state *state, const struct heard *h)
{
	return !h->sentence && !(s->lexicons->words[h->word].breaks >> state->language & 1);
}

static void walk_step(struct scan *s, const struct walk *walk, const struct heard *heard)
{
	const struct lexicon_state *state = &s->lexicons->states[walk->state];

	if (heard->word && state->words & lexicon_word_bit(heard->word))
		walk_on(s, walk, heard->word);
	if (heard->number && state->words & lexicon_word_bit(heard->number) &&
		heard->number != heard->word)
		walk_on(s, walk, heard->number);
	if (heard->many && state->words & lexicon_word_bit(heard->many) &&
		heard->many != heard->word)
		walk_on(s, walk, heard->many);
	if (state->any && is_gap(s, state, heard))
		walk_on(s, walk, LEXICON_ANY);
	if (state->far)
		walk_on(s, walk, LEXICON_FAR);
}

/* Hits of phrases that end with this word: marks first, they tell about the others. */
static void tell(struct scan *s, const struct heard *heard, bool marks)
{
	const struct lexicons *l = s->lexicons;

	for (size_t i = 0; i < s->nended; i++) {
		const struct walk *walk = &s->ended[i];

		for (uint32_t j = l->states[walk->state].ends; j; j = l->ends[j - 1].next)
			if ((l->entries[l->ends[j - 1].entry].level <= LEXICON_LAUGHTER) == marks)
				findings_hit(
					&s->findings, (struct hit){.entry = l->ends[j - 1].entry,
							      .start = walk->start,
							      .end = s->findings.position,
							      .at = walk->at,
							      .until = heard->end});
	}
}

static void step(struct scan *s, const struct heard *heard)
{
	struct walk begin = {0, s->findings.position + 1, heard->at};

	findings_word(&s->findings, heard);
	s->n[!s->now] = s->nended = 0;
	walk_step(s, &begin, heard);
	for (size_t i = 0; i < s->n[s->now]; i++)
		walk_step(s, &s->walks[s->now][i], heard);
	s->now = !s->now;
	tell(s, heard, true);
	tell(s, heard, false);
}

void screen_text(const struct lexicons *lexicons, const char *text, size_t len, struct verdict *v)
{
	struct scan s; /* not zeroed: much of it is never used for a short text */
	struct heard heard;

	*v = (struct verdict){.category = ""};
	if (!lexicons)
		return;
	s.lexicons = lexicons;
	s.n[0] = s.n[1] = s.now = 0;
	hearing_begin(&s.hearing, lexicons, text, len);
	findings_begin(&s.findings, lexicons);
	while (hearing_next(&s.hearing, &heard))
		step(&s, &heard);
	findings_end(&s.findings, v);
}
