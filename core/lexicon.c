#include "core/lexicon.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 4096 /* expansions of one phrase */
#define PHRASE_SIZE 512

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
	HASH_ITER(hh, l->words, word, next)
	{
		HASH_DEL(l->words, word);
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
	l->states[to] = (struct lexicon_state){.depth = l->states[state].depth + 1};
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

/* Fills in `shorter` and `told`: shallow states first, so one pass over the edges per depth. */
void lexicons_close(struct lexicons *l)
{
	for (uint32_t depth = 1; depth <= PHRASE_WORDS; depth++) {
		for (size_t i = 0; i < l->edges_room; i++) {
			const struct lexicon_edge *edge = &l->edges[i];
			uint32_t from = (uint32_t)(edge->from_word >> 32), shorter = 0;
			struct lexicon_state *to = &l->states[edge->to];

			if (!edge->from_word || to->depth != depth)
				continue;
			if (from)
				shorter = lexicons_step(
					l, l->states[from].shorter, (uint32_t)edge->from_word);
			to->shorter = shorter;
			to->told = l->states[shorter].ends ? shorter : l->states[shorter].told;
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

static bool plain_add(struct lexicons *l, uint32_t entry, const char *text, struct fail *fail)
{
	struct words words;
	struct word word;
	uint32_t state = 0, n = 0;

	words_begin(&words, text, strlen(text));
	while (words_next(&words, &word)) {
		if (++n > PHRASE_WORDS)
			return fail_set(fail, "a phrase of more than %d words", PHRASE_WORDS);
		state = state_below(l, state, word_add(l, &word));
	}
	if (n == 0)
		return fail_set(fail, "a phrase without words");
	end_add(l, state, entry);
	return true;
}

/*
 * The `turn`-th way to choose in every "(a|b|c)". Each choice takes its share of the turn; a turn
 * that is not used up is one too many.
 */
static bool choose(const char *phrase, size_t turn, char out[PHRASE_SIZE], bool *last)
{
	size_t n = 0;

	while (*phrase) {
		size_t plain = strcspn(phrase, "("), inside, count = 1, pick;
		const char *open = phrase + plain, *choice;

		if (n + plain >= PHRASE_SIZE)
			return false;
		memcpy(out + n, phrase, plain);
		n += plain;
		if (!*open)
			break;
		inside = strcspn(open + 1, "()");
		if (open[1 + inside] != ')')
			return false;
		for (size_t i = 0; i < inside; i++)
			count += open[1 + i] == '|';
		pick = turn % count;
		turn /= count;
		for (choice = open + 1; pick; pick--)
			choice += strcspn(choice, "|") + 1;
		plain = strcspn(choice, "|)");
		if (n + plain >= PHRASE_SIZE)
			return false;
		memcpy(out + n, choice, plain);
		n += plain;
		phrase = open + inside + 2;
	}
	out[n] = '\0';
	*last = turn > 0;
	return true;
}

bool lexicons_phrase(struct lexicons *l, uint32_t entry, const char *phrase, struct fail *fail)
{
	char text[PHRASE_SIZE];
	bool done = false;

	for (size_t turn = 0; turn <= CHOICES_MAX; turn++) {
		if (!choose(phrase, turn, text, &done))
			return fail_set(fail, "a bracket without its partner, or too long");
		if (done)
			return true;
		if (!plain_add(l, entry, text, fail))
			return false;
	}
	return fail_set(fail, "more than %d ways to choose", CHOICES_MAX);
}
