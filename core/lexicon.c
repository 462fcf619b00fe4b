#include "core/lexicon.h"

#include "core/phrase.h"

#include <stdlib.h>
#include <string.h>

struct lexicons *lexicons_new(void)
{
	struct lexicons *l = xcalloc(1, sizeof(*l));

	l->states_room = l->ends_room = l->ways_room = l->words_room = 256;
	l->edges_room = l->slots_room = 1024;
	l->states = xcalloc(l->states_room, sizeof(*l->states));
	l->ends = xcalloc(l->ends_room, sizeof(*l->ends));
	l->ways = xcalloc(l->ways_room, sizeof(*l->ways));
	l->words = xcalloc(l->words_room, sizeof(*l->words));
	l->edges = xcalloc(l->edges_room, sizeof(*l->edges));
	l->slots = xcalloc(l->slots_room, sizeof(*l->slots));
	l->nstates = 1;
	return l;
}

void lexicons_free(struct lexicons **lexicons)
{
	struct lexicons *l = *lexicons;

	if (!l)
		return;
	phrases_free(l);
	for (size_t i = 0; i < l->nentries; i++) {
		free(l->entries[i].id);
		free(l->entries[i].category);
	}
	free(l->entries);
	free(l->states);
	free(l->ends);
	free(l->ways);
	free(l->words);
	free(l->edges);
	free(l->slots);
	free(l->keys);
	free(l);
	*lexicons = NULL;
}

/* Room for one more in an array that doubles. */
static void *grown(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room *= 2;
	return xrealloc(array, *room * size);
}

/* --- words -------------------------------------------------------------------------------------
 */

static size_t hash_of(const char *word, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)word[i]) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

static size_t word_slot(const struct lexicons *l, const char *word, size_t len)
{
	size_t i = hash_of(word, len) & (l->slots_room - 1);

	for (; l->slots[i]; i = (i + 1) & (l->slots_room - 1)) {
		const struct lexicon_word *known = &l->words[l->slots[i]];

		if (known->len == len && memcmp(known->text, word, len) == 0)
			break;
	}
	return i;
}

uint32_t lexicons_word(const struct lexicons *l, const char *word, size_t len)
{
	return l->slots[word_slot(l, word, len)];
}

static void slots_double(struct lexicons *l)
{
	free(l->slots);
	l->slots_room *= 2;
	l->slots = xcalloc(l->slots_room, sizeof(*l->slots));
	for (uint32_t i = 1; i <= l->nwords; i++)
		l->slots[word_slot(l, l->words[i].text, l->words[i].len)] = i;
}

uint32_t lexicons_word_add(struct lexicons *l, const char *text, size_t len)
{
	uint32_t number = lexicons_word(l, text, len);
	size_t room = l->words_room;

	if (number || len == 0 || len >= WORD_SIZE)
		return number;
	if (2 * ((size_t)l->nwords + 1) > l->slots_room)
		slots_double(l);
	number = ++l->nwords;
	l->words = grown(l->words, number, &room, sizeof(*l->words));
	l->words_room = (uint32_t)room;
	l->words[number] = (struct lexicon_word){.len = (uint32_t)len};
	memcpy(l->words[number].text, text, len);
	l->slots[word_slot(l, text, len)] = number;
	if (len == 2 && memcmp(text, "00", 2) == 0)
		l->number = number;
	if (len == 2 && memcmp(text, "99", 2) == 0)
		l->many = number;
	return number;
}

void lexicons_key(struct lexicons *l, const char *word)
{
	uint32_t number = lexicons_word_add(l, word, strlen(word));

	if (!number || l->words[number].key)
		return;
	l->words[number].key = true;
	l->keys = xrealloc(l->keys, (l->nkeys + 1) * sizeof(*l->keys));
	l->keys[l->nkeys++] = number;
}

void lexicons_break(struct lexicons *l, const char *language, const char *word)
{
	uint32_t number = lexicons_word_add(l, word, strlen(word));

	l->words[number].breaks |= UINT32_C(1) << lexicons_language(l, language);
}

/* --- the automaton -----------------------------------------------------------------------------
 */

static size_t edge_slot(const struct lexicons *l, uint64_t key)
{
	uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(mixed >> 20) & (l->edges_room - 1);

	while (l->edges[i].from_word && l->edges[i].from_word != key)
		i = (i + 1) & (l->edges_room - 1);
	return i;
}

uint32_t lexicons_ways(const struct lexicons *l, uint32_t state, uint32_t word)
{
	return l->edges[edge_slot(l, (uint64_t)state << 32 | word)].to;
}

static void edges_double(struct lexicons *l)
{
	struct lexicon_edge *old = l->edges;
	size_t n = l->edges_room;

	l->edges_room *= 2;
	l->edges = xcalloc(l->edges_room, sizeof(*l->edges));
	for (size_t i = 0; i < n; i++)
		if (old[i].from_word)
			l->edges[edge_slot(l, old[i].from_word)] = old[i];
	free(old);
}

void lexicons_edge_add(struct lexicons *l, uint32_t from, uint32_t word, uint32_t to)
{
	struct lexicon_edge *edge;

	if (2 * (l->nedges + 1) > l->edges_room)
		edges_double(l);
	edge = &l->edges[edge_slot(l, (uint64_t)from << 32 | word)];
	for (uint32_t i = edge->to; i; i = l->ways[i - 1].next)
		if (l->ways[i - 1].state == to)
			return;
	l->nedges += edge->from_word == 0;
	l->ways = grown(l->ways, l->nways, &l->ways_room, sizeof(*l->ways));
	l->ways[l->nways] = (struct lexicon_way){.state = to, .next = edge->to};
	edge->from_word = (uint64_t)from << 32 | word;
	edge->to = (uint32_t)++l->nways;
	l->states[from].any |= word == LEXICON_ANY;
	l->states[from].far |= word == LEXICON_FAR;
	l->states[from].words |= word < LEXICON_FAR ? lexicon_word_bit(word) : 0;
}

uint32_t lexicons_state_add(struct lexicons *l, uint32_t language)
{
	l->states = grown(l->states, l->nstates, &l->states_room, sizeof(*l->states));
	l->states[l->nstates] = (struct lexicon_state){.language = language};
	return (uint32_t)l->nstates++;
}

void lexicons_end_add(struct lexicons *l, uint32_t state, uint32_t entry)
{
	for (uint32_t i = l->states[state].ends; i; i = l->ends[i - 1].next)
		if (l->ends[i - 1].entry == entry)
			return;
	l->ends = grown(l->ends, l->nends, &l->ends_room, sizeof(*l->ends));
	l->ends[l->nends] = (struct lexicon_end){entry, l->states[state].ends};
	l->states[state].ends = (uint32_t)++l->nends;
}

/* --- entries -----------------------------------------------------------------------------------
 */

uint32_t lexicons_language(struct lexicons *l, const char *language)
{
	size_t i = 0;

	while (i < l->nlanguages && strcmp(l->languages[i], language) != 0)
		i++;
	if (i == l->nlanguages && i < LEXICON_LANGUAGES)
		text_set(l->languages[l->nlanguages++], sizeof(l->languages[0]), "%s", language);
	return (uint32_t)(i < LEXICON_LANGUAGES ? i : LEXICON_LANGUAGES - 1);
}

uint32_t lexicons_entry(
	struct lexicons *l, const char *language, const char *id, int level, const char *category)
{
	l->entries = xrealloc(l->entries, (l->nentries + 1) * sizeof(*l->entries));
	l->entries[l->nentries] = (struct lexicon_entry){.id = xstrdup(id),
		.category = xstrdup(category),
		.language = lexicons_language(l, language),
		.level = level};
	return (uint32_t)l->nentries++;
}
