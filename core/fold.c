#include "core/fold.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

/* Marks (accents, variation selectors) and format characters (zero width, direction). */
static bool silent(int32_t c)
{
	switch (u_charType(c)) {
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_FORMAT_CHAR: return true;
	default: return c >= 0x1f3fb && c <= 0x1f3ff; /* skin tones */
	}
}

static void add(struct folded *folded, int32_t c)
{
	c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
	if (c == 0x131) /* dotless i */
		c = 'i';
	if (!silent(c) && folded->n < FOLD_MAX)
		folded->c[folded->n++] = c;
}

static void decompose(int32_t c, struct folded *folded)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&error);
	UChar units[2 * FOLD_MAX];
	int32_t n = -1;

	if (U_SUCCESS(error))
		n = unorm2_getDecomposition(nfkd, c, units, 2 * FOLD_MAX, &error);
	if (n < 0 || U_FAILURE(error)) {
		add(folded, c);
		return;
	}
	for (int32_t i = 0; i < n;) {
		UChar unit = units[i++];

		if (U16_IS_LEAD(unit) && i < n)
			add(folded, U16_GET_SUPPLEMENTARY(unit, units[i++]));
		else
			add(folded, unit);
	}
}

void fold_next(const char *text, size_t len, size_t *at, struct folded *folded)
{
	const uint8_t *bytes = (const uint8_t *)text + *at;
	int32_t n = len - *at > 4 ? 4 : (int32_t)(len - *at), i = 0, c;

	folded->n = 0;
	if (bytes[0] < 0x80) {
		*at += 1;
		folded->c[folded->n++] =
			bytes[0] >= 'A' && bytes[0] <= 'Z' ? bytes[0] + 32 : bytes[0];
		return;
	}
	U8_NEXT(bytes, i, n, c);
	*at += (size_t)i;
	if (c < 0)
		folded->c[folded->n++] = 0xfffd;
	else
		decompose(c, folded);
}

bool fold_is_apostrophe(int32_t c)
{
	return c == '\'' || c == '`' || c == 0xb4 || c == 0x2018 || c == 0x2019 || c == 0x201b ||
	       c == 0x2bc || c == 0x2032 || c == 0x301;
}

bool fold_is_letter(int32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
	return u_isalnum(c);
}

size_t fold_write(int32_t c, char *out, size_t room)
{
	uint8_t bytes[U8_MAX_LENGTH];
	uint32_t point = (uint32_t)c;
	size_t n = 0;

	U8_APPEND_UNSAFE(bytes, n, point);
	if (n > room)
		return 0;
	memcpy(out, bytes, n);
	return n;
}
