#include "core/lexicon.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 48   /* in one bracket */
#define PARTS_MAX   24   /* brackets, and words between them, in one phrase */
#define WAYS_MAX    6000 /* through one phrase */

struct lexicons *lexicons_new(void)
{
	struct lexicons *l = xcalloc(1, sizeof(*l));

	l->states_room = l->ends_room = 256;
	l->edges_room = 1024;
	l->states = xcalloc(l->states_room, sizeof(*l->states));
	l->ends = xcalloc(l->ends_room, sizeof(*l->ends));
	l->edges = xcalloc(l->edges_room, sizeof(*l->edges));
	l->nstates = 1;
	return l;
}

void lexicons_free(struct lexicons **lexicons)
{
	struct lexicons *l = *lexicons;
	struct lexicon_word *word, *next;

	if (!l)
		return;
	word = l->words;
	HASH_CLEAR(hh, l->words); /* the table; the words stay chained */
	for (; word; word = next) {
		next = word->hh.next;
		free(word);
	}
	for (size_t i = 0; i < l->nentries; i++) {
		free(l->entries[i].id);
		free(l->entries[i].category);
	}
	free(l->entries);
	free(l->states);
	free(l->ends);
	free(l->edges);
	free(l);
	*lexicons = NULL;
}

/* --- words -------------------------------------------------------------------------------------
 */

uint32_t lexicons_word(const struct lexicons *l, const char *word)
{
	struct lexicon_word *found = NULL;
	size_t len = strlen(word);

	HASH_FIND(hh, l->words, word, len, found);
	return found ? found->id : 0;
}

static uint32_t word_add(struct lexicons *l, const struct word *word)
{
	uint32_t id = lexicons_word(l, word->text);
	struct lexicon_word *added;

	if (id)
		return id;
	added = xcalloc(1, sizeof(*added));
	added->id = ++l->nwords;
	memcpy(added->text, word->text, word->len + 1);
	if (strcmp(word->text, "00") == 0)
		l->number = added->id;
	HASH_ADD(hh, l->words, text, word->len, added);
	return added->id;
}

/* --- the automaton -----------------------------------------------------------------------------
 */

static size_t slot_of(const struct lexicons *l, uint64_t key)
{
	uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(mixed >> 20) & (l->edges_room - 1);

	while (l->edges[i].from_word && l->edges[i].from_word != key)
		i = (i + 1) & (l->edges_room - 1);
	return i;
}

static uint32_t edge_find(const struct lexicons *l, uint32_t state, uint32_t word)
{
	uint64_t key = (uint64_t)state << 32 | word;
	const struct lexicon_edge *edge = &l->edges[slot_of(l, key)];

	return edge->from_word ? edge->to : 0;
}

static void edge_add(struct lexicons *l, uint32_t state, uint32_t word, uint32_t to)
{
	uint64_t key = (uint64_t)state << 32 | word;

	if (2 * (l->nedges + 1) > l->edges_room) {
		struct lexicon_edge *old = l->edges;
		size_t n = l->edges_room;

		l->edges_room *= 2;
		l->edges = xcalloc(l->edges_room, sizeof(*l->edges));
		for (size_t i = 0; i < n; i++)
			if (old[i].from_word)
				l->edges[slot_of(l, old[i].from_word)] = old[i];
		free(old);
	}
	l->edges[slot_of(l, key)] = (struct lexicon_edge){key, to};
	l->nedges++;
}

static uint32_t state_below(struct lexicons *l, uint32_t state, uint32_t word)
{
	uint32_t to = edge_find(l, state, word);

	if (to)
		return to;
	if (l->nstates == l->states_room) {
		l->states_room *= 2;
		l->states = xrealloc(l->states, l->states_room * sizeof(*l->states));
	}
	to = (uint32_t)l->nstates++;
	l->states[to] = (struct lexicon_state){
		.depth = l->states[state].depth + 1, .parent = state, .word = word};
	edge_add(l, state, word, to);
	return to;
}

static void end_add(struct lexicons *l, uint32_t state, uint32_t entry)
{
	for (uint32_t i = l->states[state].ends; i; i = l->ends[i - 1].next)
		if (l->ends[i - 1].entry == entry)
			return;
	if (l->nends == l->ends_room) {
		l->ends_room *= 2;
		l->ends = xrealloc(l->ends, l->ends_room * sizeof(*l->ends));
	}
	l->ends[l->nends] = (struct lexicon_end){entry, l->states[state].ends};
	l->states[state].ends = (uint32_t)++l->nends;
}

uint32_t lexicons_step(const struct lexicons *l, uint32_t state, uint32_t word)
{
	uint32_t to = 0;

	if (word == 0)
		return 0;
	while (!(to = edge_find(l, state, word)) && state)
		state = l->states[state].shorter;
	return to;
}

/* Fills in `shorter` and `told`, shallow states first. */
void lexicons_close(struct lexicons *l)
{
	for (uint32_t depth = 1; depth <= PHRASE_WORDS; depth++) {
		for (size_t i = 1; i < l->nstates; i++) {
			struct lexicon_state *state = &l->states[i];
			uint32_t shorter = 0;

			if (state->depth != depth)
				continue;
			if (state->parent)
				shorter = lexicons_step(
					l, l->states[state->parent].shorter, state->word);
			state->shorter = shorter;
			state->told = l->states[shorter].ends ? shorter : l->states[shorter].told;
		}
	}
}

/* --- entries and phrases -----------------------------------------------------------------------
 */

uint32_t lexicons_entry(
	struct lexicons *l, const char *language, const char *id, int level, const char *category)
{
	struct lexicon_entry *entry;

	l->entries = xrealloc(l->entries, (l->nentries + 1) * sizeof(*l->entries));
	entry = &l->entries[l->nentries];
	*entry = (struct lexicon_entry){
		.id = xstrdup(id), .category = xstrdup(category), .level = level};
	text_set(entry->language, sizeof(entry->language), "%s", language);
	return (uint32_t)l->nentries++;
}

/* A phrase in parts that follow each other; a part is one of several rows of words. */
struct part {
	uint32_t choices[CHOICES_MAX][PHRASE_WORDS]; /* rows end with 0 */
	size_t n;
};
struct phrase {
	struct part parts[PARTS_MAX];
	size_t n;
	uint32_t entry;
	size_t ways;
};

static bool row_read(struct lexicons *l, const char *text, size_t len, struct part *part)
{
	struct words words;
	struct word word;
	size_t n = 0;

	if (part->n == CHOICES_MAX)
		return false;
	words_begin(&words, text, len);
	while (words_next(&words, &word)) {
		if (n + 1 == PHRASE_WORDS)
			return false;
		part->choices[part->n][n++] = word_add(l, &word);
	}
	part->choices[part->n++][n] = 0;
	return true;
}

static bool choices_read(struct lexicons *l, const char *text, size_t len, struct part *part)
{
	const char *end = text + len;

	for (;;) {
		const char *bar = memchr(text, '|', (size_t)(end - text));

		if (!row_read(l, text, (size_t)((bar ? bar : end) - text), part))
			return false;
		if (!bar)
			return true;
		text = bar + 1;
	}
}

static bool parts_read(struct lexicons *l, const char *text, struct phrase *phrase)
{
	while (*(text += strspn(text, " "))) {
		bool choices = *text == '(';
		size_t len;

		text += choices;
		len = strcspn(text, "()");
		if (phrase->n == PARTS_MAX || text[len] != (choices ? ')' : text[len]) ||
			(!choices && text[len] == ')'))
			return false;
		if (len || choices) {
			struct part *part = &phrase->parts[phrase->n++];

			part->n = 0;
			if (!(choices ? choices_read : row_read)(l, text, len, part))
				return false;
		}
		text += len + choices;
	}
	return true;
}

/* Walks every way through the parts from `i` on; false when a way is empty, long, or one too many.
 */
static bool ways_add(struct lexicons *l, struct phrase *phrase, size_t i, uint32_t state)
{
	if (i == phrase->n) {
		if (state == 0 || ++phrase->ways > WAYS_MAX)
			return false;
		end_add(l, state, phrase->entry);
		return true;
	}
	for (size_t j = 0; j < phrase->parts[i].n; j++) {
		uint32_t to = state;

		for (const uint32_t *word = phrase->parts[i].choices[j]; *word; word++) {
			if (l->states[to].depth == PHRASE_WORDS)
				return false;
			to = state_below(l, to, *word);
		}
		if (!ways_add(l, phrase, i + 1, to))
			return false;
	}
	return true;
}

bool lexicons_phrase(struct lexicons *l, uint32_t entry, const char *text, struct fail *fail)
{
	struct phrase *phrase = xcalloc(1, sizeof(*phrase));
	bool ok;

	phrase->entry = entry;
	ok = parts_read(l, text, phrase);
	if (!ok)
		fail_set(fail, "a bracket without its partner, or more than %d choices",
			CHOICES_MAX);
	else if (!(ok = ways_add(l, phrase, 0, 0)))
		fail_set(fail,
			"a way through it without words, of more than %d words, or more "
			"than %d ways",
			PHRASE_WORDS, WAYS_MAX);
	free(phrase);
	return ok;
}
