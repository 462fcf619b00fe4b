#include "core/phrase.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 600 /* in one bracket, lists written out */
#define FRONT_MAX   48  /* states after which the next part begins */
#define KEY_SIZE    1500
#define NESTED_MAX  4

struct lexicon_list {
	char *key; /* "0 {want}", "0 tonight": language and what is meant */
	char **ways;
	size_t n;
	UT_hash_handle hh;
};

struct front {
	uint32_t states[FRONT_MAX];
	size_t n;
};

/* Phrases that begin alike share their states up to there. */
struct phrase_begun {
	char *key;
	struct front front;
	size_t words; /* the longest way there */
	UT_hash_handle hh;
};

/* What is being built: `from` is where the part begins, `join` where its choices meet. */
struct build {
	struct lexicons *l;
	uint32_t language, join;
	struct front front, from;
	size_t words, longest; /* of the phrase so far; of this part */
	size_t choices;
	bool skip; /* the part may be left out */
	char key[KEY_SIZE];
	const char *problem;
};

/* --- lists and spellings -----------------------------------------------------------------------
 */

static const struct lexicon_list *list_find(
	const struct lexicons *l, uint32_t language, const char *name, size_t len)
{
	char key[2 * WORD_SIZE];
	struct lexicon_list *list = NULL;

	if (text_set(key, sizeof(key), "%u %.*s", language, (int)len, name))
		HASH_FIND_STR(l->lists, key, list);
	return list;
}

static void list_add(struct lexicons *l, const char *key, const char *way)
{
	struct lexicon_list *list = NULL;

	HASH_FIND_STR(l->lists, key, list);
	if (!list) {
		list = xcalloc(1, sizeof(*list));
		list->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, l->lists, list->key, strlen(list->key), list);
	}
	list->ways = xrealloc(list->ways, (list->n + 1) * sizeof(*list->ways));
	list->ways[list->n++] = xstrdup(way);
}

void phrase_list(struct lexicons *l, uint32_t language, const char *name, const char *way)
{
	char key[2 * WORD_SIZE];

	if (text_set(key, sizeof(key), "%u {%s}", language, name))
		list_add(l, key, way);
}

void phrase_spelling(struct lexicons *l, uint32_t language, const char *name, const char *way)
{
	char key[2 * WORD_SIZE];

	if (text_set(key, sizeof(key), "%u %s", language, name))
		list_add(l, key, way);
}

/* --- rows of words -----------------------------------------------------------------------------
 */

static uint32_t state_new(struct build *b)
{
	return lexicons_state_add(b->l, b->language);
}

/* Words from each state of `from` to `to`, one spelling of something. */
static void path_add(struct build *b, const struct front *from, const char *text, uint32_t to)
{
	struct words words;
	struct word word, next;
	struct front here = *from;

	words_begin(&words, text, strlen(text));
	for (bool more = words_next(&words, &word); more; word = next) {
		uint32_t number = lexicons_word_add(b->l, word.text, word.len), reached;

		more = words_next(&words, &next);
		reached = more ? state_new(b) : to;
		for (size_t i = 0; i < here.n; i++)
			lexicons_edge_add(b->l, here.states[i], number, reached);
		here = (struct front){{reached}, 1};
	}
}

static bool row_add(struct build *b, const char *text)
{
	struct words words;
	struct word word, next;
	struct front here = b->from;
	size_t n = 0;
	bool more;

	words_begin(&words, text, strlen(text));
	more = words_next(&words, &word);
	b->skip |= !more;
	for (; more; word = next) {
		const struct lexicon_list *spellings =
			list_find(b->l, b->language, word.text, word.len);
		uint32_t reached;

		more = words_next(&words, &next);
		reached = more ? state_new(b) : b->join;
		path_add(b, &here, word.text, reached);
		for (size_t i = 0; spellings && i < spellings->n; i++)
			path_add(b, &here, spellings->ways[i], reached);
		here = (struct front){{reached}, 1};
		n++;
	}
	if (n > b->longest)
		b->longest = n;
	if (++b->choices > CHOICES_MAX)
		b->problem = "more than 600 choices in one bracket";
	return !b->problem;
}

/* Writes out the lists in a row, one way after the other. */
static bool row_read(struct build *b, const char *text, size_t len, int nested)
{
	const char *open = memchr(text, '{', len), *shut;
	const struct lexicon_list *list;
	char row[KEY_SIZE];

	if (!open) {
		if (!text_set(row, sizeof(row), "%.*s", (int)len, text))
			b->problem = "too long a choice";
		return !b->problem && row_add(b, row);
	}
	shut = memchr(open, '}', len - (size_t)(open - text));
	list = shut ? list_find(b->l, b->language, open, (size_t)(shut + 1 - open)) : NULL;
	if (!list || nested == NESTED_MAX) {
		b->problem = "a {list} that is not among the lists before it";
		return false;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (!text_set(row, sizeof(row), "%.*s %s %.*s", (int)(open - text), text,
			    list->ways[i], (int)(text + len - shut - 1), shut + 1))
			b->problem = "too long a choice";
		if (b->problem || !row_read(b, row, strlen(row), nested + 1))
			return false;
	}
	return true;
}

/* --- parts -------------------------------------------------------------------------------------
 */

static void front_add(struct build *b, struct front *front, uint32_t state)
{
	if (front->n == FRONT_MAX)
		b->problem = "too many parts in a row that may be left out";
	else
		front->states[front->n++] = state;
}

static void choices_read(struct build *b, const char *text, size_t len)
{
	const char *end = text + len;

	b->from = b->front;
	b->join = state_new(b);
	b->longest = b->choices = 0;
	b->skip = false;
	for (bool more = true; more && !b->problem;) {
		const char *bar = memchr(text, '|', (size_t)(end - text));

		more = bar != NULL;
		row_read(b, text, (size_t)((bar ? bar : end) - text), 0);
		text = bar ? bar + 1 : end;
	}
	b->words += b->longest;
	b->front = (struct front){{0}, 0};
	if (b->skip)
		b->front = b->from;
	if (b->longest)
		front_add(b, &b->front, b->join);
}

static void gap_read(struct build *b, uint32_t kind, size_t n)
{
	struct front before = b->front;

	for (size_t i = 0; i < before.n; i++)
		if (before.states[i] == 0)
			b->problem = "a gap at its beginning";
	for (size_t i = 0; i < n && !b->problem; i++) {
		uint32_t reached = state_new(b);

		for (size_t j = 0; j < before.n; j++)
			lexicons_edge_add(b->l, before.states[j], kind, reached);
		front_add(b, &b->front, reached);
		before = (struct front){{reached}, 1};
	}
	b->words += n;
}

/* A gap "..2" or ";;6" at `text`: its length, 0 when there is none. */
static size_t gap_at(const char *text, uint32_t *kind, size_t *n)
{
	size_t digits;

	if (strncmp(text, "..", 2) != 0 && strncmp(text, ";;", 2) != 0)
		return 0;
	digits = strspn(text + 2, "0123456789");
	*kind = *text == '.' ? LEXICON_ANY : LEXICON_FAR;
	*n = 0;
	for (size_t i = 0; digits < 3 && i < digits; i++)
		*n = *n * 10 + (size_t)(text[2 + i] - '0');
	return 2 + digits;
}

static size_t part_len(const char *text)
{
	size_t n;

	if (*text == '(') {
		n = strcspn(text + 1, "()");
		return text[n + 1] == ')' ? n + 2 : 0;
	}
	if (*text == '{') {
		n = strcspn(text, "}");
		return text[n] ? n + 1 : 0;
	}
	n = strcspn(text, "(){. ;");
	return n ? n : *text == ')' ? 0 : 1;
}

/* One part that no phrase before had at this place. */
static void part_read(struct build *b, const char *text, size_t len)
{
	bool bracket = *text == '(';
	uint32_t kind = 0;
	size_t n = 0;

	if (!gap_at(text, &kind, &n))
		choices_read(b, text + bracket, len - 2 * (size_t)bracket);
	else if (n == 0 || n > (kind == LEXICON_ANY ? 6 : 12))
		b->problem = "a gap of more than 6 words (..6) or 12 words (;;12)";
	else
		gap_read(b, kind, n);
}

static bool part_add(struct build *b, const char *text, size_t len)
{
	size_t n = strlen(b->key);
	struct phrase_begun *begun = NULL;

	if (!text_set(b->key + n, sizeof(b->key) - n, "%.*s ", (int)len, text)) {
		b->problem = "more letters than fit";
		return false;
	}
	HASH_FIND_STR(b->l->begun, b->key, begun);
	if (begun) {
		b->front = begun->front;
		b->words = begun->words;
		return true;
	}
	part_read(b, text, len);
	if (b->problem)
		return false;
	begun = xcalloc(1, sizeof(*begun));
	begun->key = xstrdup(b->key);
	begun->front = b->front;
	begun->words = b->words;
	HASH_ADD_KEYPTR(hh, b->l->begun, begun->key, strlen(begun->key), begun);
	return true;
}

static bool parts_add(struct build *b, const char *text)
{
	while (*(text += strspn(text, " "))) {
		uint32_t kind;
		size_t n, len = gap_at(text, &kind, &n);

		if (!len)
			len = part_len(text);
		if (!len)
			b->problem = "a bracket without its partner";
		if (!len || !part_add(b, text, len))
			return false;
		text += len;
	}
	for (size_t i = 0; i < b->front.n; i++)
		if (b->front.states[i] == 0)
			b->problem = "a way through it without words";
	if (b->words > PHRASE_WORDS)
		b->problem = "more than 24 words";
	return !b->problem;
}

bool lexicons_phrase(struct lexicons *l, uint32_t entry, const char *text, struct fail *fail)
{
	struct build *b = xcalloc(1, sizeof(*b));
	bool ok;

	b->l = l;
	b->language = l->entries[entry].language;
	b->front.n = 1; /* the start */
	text_set(b->key, sizeof(b->key), "%u ", b->language);
	ok = parts_add(b, text);
	for (size_t i = 0; ok && i < b->front.n; i++)
		lexicons_end_add(l, b->front.states[i], entry);
	if (!ok)
		fail_set(fail, "%s", b->problem);
	free(b);
	return ok;
}

void phrases_close(struct lexicons *l)
{
	struct phrase_begun *begun, *next;

	HASH_ITER(hh, l->begun, begun, next)
	{
		HASH_DEL(l->begun, begun);
		free(begun->key);
		free(begun);
	}
	for (size_t i = 0; i < l->nways; i++) {
		const struct lexicon_state *state = &l->states[l->ways[i].state];

		l->ways[i].ends = state->ends != 0;
		l->ways[i].goes_on = state->words || state->any || state->far;
	}
}

void phrases_free(struct lexicons *l)
{
	struct lexicon_list *list, *next;

	phrases_close(l);
	HASH_ITER(hh, l->lists, list, next)
	{
		HASH_DEL(l->lists, list);
		for (size_t i = 0; i < list->n; i++)
			free(list->ways[i]);
		free(list->ways);
		free(list->key);
		free(list);
	}
}
