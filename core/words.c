#include "core/words.h"

#include <string.h>
#include <unicode/uchar.h>

enum sign { SIGN_LETTER, SIGN_INSIDE, SIGN_SYMBOL, SIGN_CLAUSE, SIGN_NOTHING, SIGN_GAP };

void words_begin(struct words *words, const char *text, size_t len)
{
	memset(words, 0, sizeof(*words));
	words->text = text;
	words->len = len;
}

static bool peek(struct words *words, int32_t *c)
{
	while (words->used == words->folded.n) {
		if (words->at == words->len)
			return false;
		fold_next(words->text, words->len, &words->at, &words->folded);
		words->used = 0;
	}
	*c = words->folded.c[words->used];
	return true;
}

static enum sign sign_of(int32_t c)
{
	if (fold_is_letter(c))
		return SIGN_LETTER;
	if (fold_is_apostrophe(c))
		return SIGN_NOTHING;
	if (c < 0x80) {
		if (c == '@' || c == '$' || c == '!')
			return SIGN_INSIDE;
		return c > 0 && strchr(".,;:?\n\r()", c) ? SIGN_CLAUSE : SIGN_GAP;
	}
	if (c == 0xbf || c == 0xa1 || c == 0x2026 || c == 0x2028)
		return SIGN_CLAUSE;
	return u_charType(c) == U_OTHER_SYMBOL ? SIGN_SYMBOL : SIGN_GAP;
}

static bool letter_follows(const struct words *words)
{
	unsigned char c = words->at < words->len ? (unsigned char)words->text[words->at] : 0;

	return words->used + 1 == words->folded.n && (c >= 0x80 || fold_is_letter(c));
}

static void append(struct word *word, int32_t c)
{
	size_t n = fold_write(c, word->text + word->len, WORD_SIZE - 1 - word->len);

	if (n == 0 && word->len < WORD_SIZE - 1)
		word->text[word->len++] = '\x01'; /* cut: equals no word of a lexicon */
	word->len += n;
}

bool words_next(struct words *words, struct word *word)
{
	int32_t c;

	word->len = 0;
	word->clause = false;
	for (; peek(words, &c); words->used++) {
		enum sign sign = sign_of(c);
		bool inside =
			sign == SIGN_INSIDE && letter_follows(words) && (word->len || c != '!');

		if (sign == SIGN_LETTER || inside) {
			append(word, c);
			continue;
		}
		if (sign == SIGN_NOTHING)
			continue;
		if (word->len) /* the sign is read again for the next word */
			break;
		if (sign == SIGN_SYMBOL) {
			append(word, c);
			words->used++;
			break;
		}
		word->clause = word->clause || sign == SIGN_CLAUSE || c == '!';
	}
	word->text[word->len] = '\0';
	return word->len > 0;
}
