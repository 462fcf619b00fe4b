#include "core/hearing.h"

#include "core/spelling.h"

#include <stdlib.h>
#include <string.h>

void hearing_begin(struct hearing *h, const struct lexicons *lexicons, const char *text, size_t len)
{
	h->lexicons = lexicons;
	h->nrun = h->nready = h->next = 0;
	h->over = false;
	words_begin(&h->words, text, len);
}

/* `n` bytes of the word from `from` on; marks of the word are told once, by its first part. */
static struct heard *ready_add(struct hearing *h, const struct word *word, uint32_t id)
{
	struct heard *heard = &h->ready[h->nready++];

	*heard = (struct heard){.word = id,
		.at = (uint32_t)word->at,
		.end = (uint32_t)word->end,
		.clause = word->clause,
		.sentence = word->sentence,
		.quoted = word->quoted};
	return heard;
}

/* --- one word ----------------------------------------------------------------------------------
 */

static size_t digits_of(const struct word *word)
{
	size_t n = 0;

	while (n < word->len && word->text[n] >= '0' && word->text[n] <= '9')
		n++;
	return n;
}

static void number_add(struct hearing *h, const struct word *word, size_t digits)
{
	struct heard *heard = ready_add(h, word, lexicons_word(h->lexicons, word->text, digits));
	bool many = digits > 1 ? digits > 2 || word->text[0] > '0' : word->text[0] >= '8';

	heard->number = h->lexicons->number;
	heard->many = many ? h->lexicons->many : 0;
}

static bool glued_add(struct hearing *h, const struct word *word)
{
	uint32_t parts[SPELLING_PARTS];
	size_t lens[SPELLING_PARTS];
	size_t n = spelling_parts(h->lexicons, word->text, word->len, parts, lens);

	for (size_t i = 0; i < n; i++) {
		struct heard *heard = ready_add(h, word, parts[i]);

		heard->clause = i == 0 && word->clause;
		heard->sentence = i == 0 && word->sentence;
	}
	return n > 0;
}

/* "tired!help" is two words after all when it is not one with a sign in it. */
static bool signs_add(struct hearing *h, const struct word *word)
{
	static const char signs[] = "!@$*";
	struct word part = *word;

	if (!strpbrk(word->text, signs))
		return false;
	for (const char *at = word->text; *at && h->nready < HEARING_READY - 1;) {
		part.len = strcspn(at, signs);
		memcpy(part.text, at, part.len);
		part.text[part.len] = '\0';
		if (part.len)
			ready_add(h, &part, lexicons_word(h->lexicons, part.text, part.len));
		part.clause = part.sentence = part.len > 0;
		at += part.len;
		at += strspn(at, signs);
	}
	return true;
}

static void word_add(struct hearing *h, const struct word *word)
{
	const struct lexicons *l = h->lexicons;
	uint32_t id = lexicons_word(l, word->text, word->len);
	size_t digits = digits_of(word);

	if (digits == word->len) {
		number_add(h, word, digits);
		return;
	}
	if (!id)
		id = spelling_of(l, word);
	if (!id && digits) { /* "30pills" */
		uint32_t rest = lexicons_word(l, word->text + digits, word->len - digits);

		number_add(h, word, digits);
		ready_add(h, word, rest)->clause = false;
		h->ready[h->nready - 1].sentence = false;
		return;
	}
	if (id || (!glued_add(h, word) && !signs_add(h, word)))
		ready_add(h, word, id);
}

/* --- letters one by one ------------------------------------------------------------------------
 */

/* The longest word that the letters of the run from `i` on are; its length, 0 = none. */
static size_t run_word(const struct hearing *h, const char *letters, size_t i, uint32_t *id)
{
	struct word word = {.len = 0};

	for (size_t n = h->nrun - i; n > 1; n--) {
		word.len = n;
		memcpy(word.text, letters + i, n);
		word.text[n] = '\0';
		*id = lexicons_word(h->lexicons, word.text, n);
		if (!*id && n > 2 && strpbrk(word.text, "0134578!@$"))
			*id = spelling_of(h->lexicons, &word);
		if (*id)
			return n;
	}
	return 0;
}

static void run_end(struct hearing *h)
{
	char letters[HEARING_RUN];
	size_t n;

	for (size_t i = 0; i < h->nrun; i++)
		letters[i] = h->run[i].text[0];
	for (size_t i = 0; i < h->nrun; i += n) {
		uint32_t id = 0;

		n = h->nrun < 3 ? 0 : run_word(h, letters, i, &id);
		if (n > 1)
			ready_add(h, &h->run[i], id)->end = (uint32_t)h->run[i + n - 1].end;
		else
			word_add(h, &h->run[i]);
		n += n == 0;
	}
	h->nrun = 0;
}

/* --- all words ---------------------------------------------------------------------------------
 */

static void more(struct hearing *h)
{
	struct word *word = &h->run[h->nrun];

	h->nready = h->next = 0;
	h->over = !words_next(&h->words, word);
	if (h->over) {
		run_end(h);
	} else if (word->len == 1 && (unsigned char)word->text[0] < 0x80) {
		if (++h->nrun == HEARING_RUN)
			run_end(h);
	} else if (h->nrun) {
		struct word after = *word; /* its place is taken by the next run */

		run_end(h);
		word_add(h, &after);
	} else {
		word_add(h, word);
	}
}

bool hearing_next(struct hearing *h, struct heard *heard)
{
	while (h->next == h->nready) {
		if (h->over)
			return false;
		more(h);
	}
	*heard = h->ready[h->next++];
	return true;
}
