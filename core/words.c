#include "core/words.h"

#include <string.h>
#include <unicode/uchar.h>

enum sign {
	SIGN_LETTER,
	SIGN_INSIDE,
	SIGN_SYMBOL,
	SIGN_CLAUSE,
	SIGN_SENTENCE,
	SIGN_QUOTE,
	SIGN_NOTHING,
	SIGN_GAP
};

/* Letters of other scripts that are drawn like Latin ones, in the order of their code points. */
static const struct {
	int32_t c;
	char latin;
} look_alikes[] = {{0xf8, 'o'}, {0x142, 'l'}, {0x269, 'i'}, {0x26a, 'i'}, {0x3b1, 'a'},
	{0x3b5, 'e'}, {0x3b7, 'n'}, {0x3b9, 'i'}, {0x3ba, 'k'}, {0x3bd, 'v'}, {0x3bf, 'o'},
	{0x3c1, 'p'}, {0x3c4, 't'}, {0x3c5, 'u'}, {0x3c7, 'x'}, {0x3c9, 'w'}, {0x430, 'a'},
	{0x432, 'b'}, {0x435, 'e'}, {0x437, '3'}, {0x43a, 'k'}, {0x43c, 'm'}, {0x43d, 'h'},
	{0x43e, 'o'}, {0x43f, 'n'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'},
	{0x445, 'x'}, {0x44c, 'b'}, {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x4bb, 'h'},
	{0x4cf, 'l'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'}};

static int32_t latin(int32_t c)
{
	size_t low = 0, high = sizeof(look_alikes) / sizeof(look_alikes[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (look_alikes[middle].c == c)
			return look_alikes[middle].latin;
		if (look_alikes[middle].c < c)
			low = middle + 1;
		else
			high = middle;
	}
	return c;
}

void words_begin(struct words *words, const char *text, size_t len)
{
	*words = (struct words){.text = text, .len = len};
}

static bool peek(struct words *words, int32_t *c)
{
	while (words->used == words->folded.n) {
		if (words->at == words->len)
			return false;
		words->from = words->at;
		fold_next(words->text, words->len, &words->at, &words->folded);
		words->used = 0;
	}
	*c = words->folded.c[words->used];
	if (*c >= 0x80)
		*c = latin(*c);
	return true;
}

static enum sign plain_sign(int32_t c)
{
	switch (c) {
	case '@':
	case '$':
	case '*': return SIGN_INSIDE;
	case '!': return SIGN_INSIDE;
	case '"': return SIGN_QUOTE;
	case '.':
	case '?':
	case '\n':
	case '\r': return SIGN_SENTENCE;
	case ',':
	case ';':
	case ':':
	case '(':
	case ')': return SIGN_CLAUSE;
	default: return SIGN_GAP;
	}
}

static enum sign sign_of(int32_t c)
{
	if (fold_is_letter(c))
		return SIGN_LETTER;
	if (fold_is_apostrophe(c))
		return SIGN_NOTHING;
	if (c < 0x80)
		return plain_sign(c);
	if (c == 0xab || c == 0xbb || c == 0x201c || c == 0x201d)
		return SIGN_QUOTE;
	if (c == 0xbf || c == 0xa1 || c == 0x2026 || c == 0x2028)
		return SIGN_SENTENCE;
	return u_charType(c) == U_OTHER_SYMBOL ? SIGN_SYMBOL : SIGN_GAP;
}

static bool letter_follows(const struct words *words)
{
	unsigned char c = words->at < words->len ? (unsigned char)words->text[words->at] : 0;

	return words->used + 1 == words->folded.n &&
	       (c >= 0x80 || fold_is_letter(c) || (c == '*' && words->at + 1 < words->len));
}

static void append(struct words *words, struct word *word, int32_t c)
{
	size_t n;

	if (word->len == 0)
		word->at = words->from;
	word->end = words->at;
	if (c < 0x80 && word->len < WORD_SIZE - 1) {
		word->text[word->len++] = (char)c;
		return;
	}
	n = fold_write(c, word->text + word->len, WORD_SIZE - 1 - word->len);
	if (n == 0 && word->len < WORD_SIZE - 1)
		word->text[word->len++] = '\x01'; /* cut: equals no word of a lexicon */
	word->len += n;
}

bool words_next(struct words *words, struct word *word)
{
	int32_t c;

	word->len = word->at = word->end = 0;
	word->clause = word->sentence = false;
	for (; peek(words, &c); words->used++) {
		enum sign sign = sign_of(c);
		bool inside = sign == SIGN_INSIDE && (word->len || (c != '!' && c != '*')) &&
			      letter_follows(words);

		if (sign == SIGN_LETTER || inside) {
			append(words, word, c);
			continue;
		}
		if (sign == SIGN_NOTHING)
			continue;
		if (word->len) /* the sign is read again for the next word */
			break;
		if (sign == SIGN_SYMBOL) {
			append(words, word, c);
			words->used++;
			break;
		}
		words->quoted ^= sign == SIGN_QUOTE;
		word->sentence |= sign == SIGN_SENTENCE || c == '!';
		word->clause |= word->sentence || sign == SIGN_CLAUSE;
	}
	word->quoted = words->quoted;
	word->text[word->len] = '\0';
	return word->len > 0;
}
