#include "core/lexicon.h"

#include <string.h>
#include <warmline/screen.h>

#define HITS 192
#define WINDOW                                                                                     \
	(2 * PHRASE_WORDS) /* words behind which a hit can no longer be covered or denied          \
			    */
#define RUN 24             /* single letters in a row that may be one spaced word */

struct hit {
	uint32_t entry;
	uint32_t start, end; /* positions of words */
	bool harmless;       /* covered or denied: itself no finding, still covers others */
};

struct scan {
	const struct lexicons *lexicons;
	uint32_t state, position, clause;
	uint32_t clauses[WINDOW]; /* clause number of the last words, by position */
	struct hit hits[HITS];
	size_t nhits;
	bool joke;
	uint32_t found[SCREEN_RULES]; /* entries, worst first */
	size_t nfound;
	struct { /* "k m s" */
		char letters[RUN + 1];
		uint32_t states[RUN]; /* before each letter */
		size_t n;
	} run;
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

static const struct lexicon_entry *entry_of(const struct scan *s, uint32_t entry)
{
	return &s->lexicons->entries[entry];
}

/* --- hits: what covers what --------------------------------------------------------------------
 */

static void found_add(struct scan *s, uint32_t entry)
{
	int level = entry_of(s, entry)->level;
	size_t i = 0;

	for (size_t j = 0; j < s->nfound; j++)
		if (s->found[j] == entry)
			return;
	while (i < s->nfound && entry_of(s, s->found[i])->level >= level)
		i++;
	if (i == SCREEN_RULES)
		return;
	if (s->nfound < SCREEN_RULES)
		s->nfound++;
	memmove(&s->found[i + 1], &s->found[i], (s->nfound - 1 - i) * sizeof(s->found[0]));
	s->found[i] = entry;
}

/* Words that several languages share are one hit in each: harmless in one, harmless in all. */
static bool counts(const struct scan *s, const struct hit *hit)
{
	if (entry_of(s, hit->entry)->level <= SCREEN_NONE)
		return false;
	for (size_t i = 0; i < s->nhits; i++)
		if (s->hits[i].harmless && s->hits[i].start == hit->start &&
			s->hits[i].end == hit->end)
			return false;
	return true;
}

/* Takes hits out that nothing can change any more: those that begin before `from`. */
static void settle(struct scan *s, uint32_t from)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nhits; i++)
		if (s->hits[i].start < from && counts(s, &s->hits[i]))
			found_add(s, s->hits[i].entry);
	for (size_t i = 0; i < s->nhits; i++)
		if (s->hits[i].start >= from)
			s->hits[kept++] = s->hits[i];
	s->nhits = kept;
}

static bool same_language(const struct scan *s, const struct hit *a, const struct hit *b)
{
	return strcmp(entry_of(s, a->entry)->language, entry_of(s, b->entry)->language) == 0;
}

static bool covers(const struct scan *s, const struct hit *a, const struct hit *b)
{
	return a->start <= b->start && a->end >= b->end && a->end - a->start > b->end - b->start &&
	       same_language(s, a, b) && entry_of(s, a->entry)->level != LEXICON_DENIAL;
}

static bool denies(const struct scan *s, const struct hit *denial, const struct hit *hit)
{
	return entry_of(s, denial->entry)->level == LEXICON_DENIAL &&
	       denial->end + 1 == hit->start && same_language(s, denial, hit) &&
	       s->clauses[denial->end % WINDOW] == s->clauses[hit->start % WINDOW];
}

static void hit_add(struct scan *s, struct hit hit)
{
	int level = entry_of(s, hit.entry)->level;

	/* A harmless phrase or a denial does not reach over the end of a sentence. */
	if (level <= SCREEN_NONE && s->clauses[hit.start % WINDOW] != s->clauses[hit.end % WINDOW])
		return;
	if (level == LEXICON_JOKE) {
		s->joke = true;
		return;
	}
	if (s->nhits == HITS)
		settle(s, s->hits[HITS / 2].start + 1);
	for (size_t i = 0; i < s->nhits; i++) {
		struct hit *other = &s->hits[i];

		if (covers(s, &hit, other))
			other->harmless = true;
		if (covers(s, other, &hit) || denies(s, other, &hit))
			hit.harmless = true;
	}
	s->hits[s->nhits++] = hit;
}

/* --- words -------------------------------------------------------------------------------------
 */

static void tell(struct scan *s)
{
	const struct lexicons *l = s->lexicons;

	for (uint32_t state = s->state; state; state = l->states[state].told)
		for (uint32_t i = l->states[state].ends; i; i = l->ends[i - 1].next)
			hit_add(s, (struct hit){.entry = l->ends[i - 1].entry,
					   .start = s->position + 1 - l->states[state].depth,
					   .end = s->position});
}

static void step(struct scan *s, uint32_t word)
{
	s->state = lexicons_step(s->lexicons, s->state, word);
	tell(s);
}

/* "k1ll", "h@rm": digits and signs inside a word that look like letters. */
static uint32_t look_alike(const struct lexicons *l, const char *word)
{
	static const char from[] = "013457@$!", to[] = "oieastasi";
	char plain[WORD_SIZE];
	size_t n = 0, letters = 0;

	for (; word[n]; n++) {
		const char *at = strchr(from, word[n]);

		letters += word[n] >= 'a' && word[n] <= 'z';
		plain[n] = at ? to[at - from] : word[n];
	}
	plain[n] = '\0';
	return letters && letters < n ? lexicons_word(l, plain) : 0;
}

/* "diiiie": letters that stand three times or more count `keep` times. */
static uint32_t squeezed(const struct lexicons *l, const char *word, size_t keep)
{
	char plain[WORD_SIZE];
	size_t n = 0;

	while (*word) {
		size_t same = 1;

		while (word[same] == *word)
			same++;
		for (size_t i = 0; i < (same < 3 ? same : keep); i++)
			plain[n++] = *word;
		word += same;
	}
	plain[n] = '\0';
	return lexicons_word(l, plain);
}

static uint32_t number_of(const struct lexicons *l, const struct word *word)
{
	bool digits = strspn(word->text, "0123456789") == word->len;
	uint32_t id = lexicons_word(l, word->text);

	if (!id && digits)
		id = l->number;
	if (!id)
		id = look_alike(l, word->text);
	if (!id)
		id = squeezed(l, word->text, 2);
	return id ? id : squeezed(l, word->text, 1);
}

/* Single letters in a row were fed one by one; now the same letters as one word, if it is one. */
static void run_end(struct scan *s)
{
	s->run.letters[s->run.n] = '\0';
	for (size_t i = 0; i + 3 <= s->run.n; i++) {
		uint32_t word = lexicons_word(s->lexicons, s->run.letters + i);

		if (word) {
			s->state = s->run.states[i];
			step(s, word);
			break;
		}
	}
	s->run.n = 0;
}

static void run_add(struct scan *s, char letter)
{
	if (s->run.n == RUN) {
		s->run.n--;
		memmove(s->run.letters, s->run.letters + 1, s->run.n);
		memmove(s->run.states, s->run.states + 1, s->run.n * sizeof(s->run.states[0]));
	}
	s->run.letters[s->run.n] = letter;
	s->run.states[s->run.n++] = s->state;
}

static void position_next(struct scan *s, bool clause)
{
	s->clause += clause;
	s->position++;
	s->clauses[s->position % WINDOW] = s->clause;
	if (s->position > WINDOW)
		settle(s, s->position - WINDOW + 1);
}

static void feed(struct scan *s, const struct word *word)
{
	uint32_t id = number_of(s->lexicons, word);
	bool single = word->len == 1 && word->text[0] >= 'a' && word->text[0] <= 'z';

	if (!single)
		run_end(s);
	position_next(s, word->clause);
	if (single)
		run_add(s, word->text[0]);
	step(s, id);
}

/* "tired!help" is two words after all when it is not one with a sign in it. */
static void feed_parts(struct scan *s, const struct word *word)
{
	struct word part = {.clause = word->clause};

	if (!strpbrk(word->text, "!@$") || number_of(s->lexicons, word)) {
		feed(s, word);
		return;
	}
	for (const char *at = word->text; *at; at += strspn(at, "!@$")) {
		part.len = strcspn(at, "!@$");
		if (part.len) {
			memcpy(part.text, at, part.len);
			part.text[part.len] = '\0';
			feed(s, &part);
			part.clause = true;
		}
		at += part.len;
	}
}

/* --- the verdict -------------------------------------------------------------------------------
 */

static enum screen_level level_of(const struct scan *s, uint32_t entry)
{
	enum screen_level level = (enum screen_level)entry_of(s, entry)->level;

	if (s->joke && level == SCREEN_HIGH && strcmp(entry_of(s, entry)->category, "suicide") == 0)
		return SCREEN_WATCH;
	return level;
}

void screen_text(const struct lexicons *lexicons, const char *text, size_t len, struct verdict *v)
{
	struct scan s = {.lexicons = lexicons};
	struct words words;
	struct word word;

	*v = (struct verdict){.category = ""};
	if (!lexicons)
		return;
	words_begin(&words, text, len);
	while (words_next(&words, &word))
		feed_parts(&s, &word);
	run_end(&s);
	settle(&s, UINT32_MAX);
	for (size_t i = 0; i < s.nfound; i++) {
		enum screen_level level = level_of(&s, s.found[i]);

		v->rules[v->nrules++] = entry_of(&s, s.found[i])->id;
		if (level > v->level) {
			v->level = level;
			v->category = entry_of(&s, s.found[i])->category;
		}
	}
}
