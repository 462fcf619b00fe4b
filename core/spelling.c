#include "core/spelling.h"

#include <string.h>

#define REPAIR_LETTERS 6 /* shorter words are too easily something else */
#define GLUED_LETTERS  6
#define PART_LETTERS   12 /* the longest word that is looked for inside a glued one */

/* What stands for a letter inside a word; 0 = nothing. */
static char letter_for(char c)
{
	switch (c) {
	case '0': return 'o';
	case '1':
	case '!':
	case '|': return 'i';
	case '3': return 'e';
	case '4':
	case '@': return 'a';
	case '5':
	case '$': return 's';
	case '7': return 't';
	case '8': return 'b';
	default: return '\0';
	}
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* "k1ll", "h@rm". Returns 0 when there is nothing to replace. */
static size_t plain_letters(const struct word *word, char *plain)
{
	size_t letters = 0;

	for (size_t i = 0; i < word->len; i++) {
		char letter = letter_for(word->text[i]);

		letters += is_letter(word->text[i]);
		plain[i] = letter ? letter : word->text[i];
	}
	return letters && letters < word->len ? word->len : 0;
}

/* "diiiie": letters that stand three times or more count `keep` times. */
static uint32_t squeezed(const struct lexicons *l, const char *text, size_t len, size_t keep)
{
	char plain[WORD_SIZE];
	size_t n = 0;

	for (size_t i = 0, same; i < len; i += same) {
		for (same = 1; i + same < len && text[i + same] == text[i];)
			same++;
		for (size_t j = 0; j < (same < 3 ? same : keep); j++)
			plain[n++] = text[i];
	}
	return n < len ? lexicons_word(l, plain, n) : 0;
}

/* "su*cide", "d**", "k*ll": a row of signs stands for as many letters, or for one to three. */
static bool mask_fits(const char *mask, size_t nmask, const char *word, size_t nword)
{
	size_t before = 0, after = 0, stars = 0, letters = 0;

	while (before < nmask && mask[before] != '*')
		before++;
	while (after < nmask && mask[nmask - 1 - after] != '*')
		after++;
	for (size_t i = 0; i < nmask; i++) {
		stars += mask[i] == '*';
		letters += mask[i] != '*';
	}
	if (letters < 2 || nword < letters + 1 || nword > letters + stars + 2)
		return false;
	if (before + after != letters) /* several masks: letter by letter */
		return false;
	return memcmp(mask, word, before) == 0 &&
	       memcmp(mask + nmask - after, word + nword - after, after) == 0;
}

/* Same length, each star one letter. */
static bool stars_fit(const char *mask, size_t nmask, const char *word, size_t nword)
{
	size_t letters = 0;

	if (nmask != nword)
		return false;
	for (size_t i = 0; i < nmask; i++) {
		if (mask[i] != '*' && mask[i] != word[i])
			return false;
		letters += mask[i] != '*';
	}
	return letters >= 2;
}

static uint32_t unmasked(const struct lexicons *l, const char *text, size_t len)
{
	for (size_t i = 0; i < l->nkeys; i++) {
		const struct lexicon_word *key = &l->words[l->keys[i]];

		if (stars_fit(text, len, key->text, key->len) ||
			mask_fits(text, len, key->text, key->len))
			return l->keys[i];
	}
	return 0;
}

/* One letter too many, too few, another, or two swapped. */
static bool one_slip(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0;

	while (i < na && i < nb && a[i] == b[i])
		i++;
	if (na == nb + 1)
		return memcmp(a + i + 1, b + i, nb - i) == 0;
	if (nb == na + 1)
		return memcmp(a + i, b + i + 1, na - i) == 0;
	if (na != nb || i == na)
		return false;
	if (memcmp(a + i + 1, b + i + 1, na - i - 1) == 0)
		return true;
	return i + 1 < na && a[i] == b[i + 1] && a[i + 1] == b[i] &&
	       memcmp(a + i + 2, b + i + 2, na - i - 2) == 0;
}

static uint32_t repaired(const struct lexicons *l, const char *text, size_t len)
{
	if (len < REPAIR_LETTERS)
		return 0;
	for (size_t i = 0; i < l->nkeys; i++) {
		const struct lexicon_word *key = &l->words[l->keys[i]];

		if (key->text[0] == text[0] && key->len >= REPAIR_LETTERS && key->len + 1 >= len &&
			key->len <= len + 1 && one_slip(text, len, key->text, key->len))
			return l->keys[i];
	}
	return 0;
}

uint32_t spelling_of(const struct lexicons *l, const struct word *word)
{
	char plain[WORD_SIZE];
	size_t n = plain_letters(word, plain);
	uint32_t id = n ? lexicons_word(l, plain, n) : 0;

	if (!n) {
		n = word->len;
		memcpy(plain, word->text, n);
	}
	if (!id)
		id = squeezed(l, plain, n, 2);
	if (!id)
		id = squeezed(l, plain, n, 1);
	if (id || !is_letter(plain[0]))
		return id;
	if (memchr(plain, '*', n))
		return unmasked(l, plain, n);
	return repaired(l, plain, n);
}

/* --- words run together ------------------------------------------------------------------------
 */

/* It begins or ends with a key word: only then a search is worth it. */
static bool has_key(const struct lexicons *l, const char *text, size_t len)
{
	for (size_t n = 3; n <= PART_LETTERS && n < len; n++) {
		uint32_t first = lexicons_word(l, text, n);
		uint32_t last = lexicons_word(l, text + len - n, n);

		if (l->words[first].key || l->words[last].key)
			return true;
	}
	return false;
}

size_t spelling_parts(
	const struct lexicons *l, const char *text, size_t len, uint32_t *parts, size_t *lens)
{
	size_t fewest[WORD_SIZE], step[WORD_SIZE] = {0}, n = 0;

	if (len < GLUED_LETTERS || len >= WORD_SIZE || !has_key(l, text, len))
		return 0;
	fewest[len] = 0; /* parts from here to the end */
	for (size_t at = len; at-- > 0;) {
		fewest[at] = SPELLING_PARTS + 1;
		for (size_t m = 1; m <= PART_LETTERS && at + m <= len; m++) {
			bool alone = m > 1 || text[at] == 'i' || text[at] == 'a';

			if (alone && fewest[at + m] + 1 < fewest[at] &&
				lexicons_word(l, text + at, m)) {
				fewest[at] = fewest[at + m] + 1;
				step[at] = m;
			}
		}
	}
	if (fewest[0] > SPELLING_PARTS)
		return 0;
	for (size_t at = 0; at < len; at += step[at]) {
		lens[n] = step[at];
		parts[n++] = lexicons_word(l, text + at, step[at]);
	}
	return n;
}
