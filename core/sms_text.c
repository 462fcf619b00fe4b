#include <stdint.h>
#include <string.h>
#include <unicode/utf8.h>
#include <warmline/sms_text.h>

/*
 * 3GPP TS 23.038 section 6.2.1, septets 0x00-0x1a and 0x1c-0x1f and the rest that is not ASCII,
 * as code points. 0x394 and 0x3a9 are the Greek letters, not the look-alikes U+2206 and U+2126.
 */
static const uint16_t other[] = {0xa3, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0xd8, 0xf8, 0xc5,
	0xe5, 0x394, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6,
	0xdf, 0xc9, 0xa4, 0xa1, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7, 0xbf, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0};

/* Septets of one character: 1, 2 (escape), 0 = not in the alphabet. */
static size_t septets(int32_t c)
{
	if (c == 0x20ac)
		return 2;
	if (c < 0x80) {
		if (c == '\n' || c == '\r')
			return 1;
		if (c == '\f' || (c > 0 && strchr("^{}\\[]~|", c)))
			return 2;
		return c >= ' ' && c != '`' && c != 0x7f;
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (other[i] == c)
			return 1;
	return 0;
}

static size_t weight(int32_t c, bool ucs2)
{
	return ucs2 ? (c > 0xffff ? 2 : 1) : septets(c);
}

/* One walk over the text; false when it is no UTF-8. `per_part` 0: only counts the units. */
static bool walk(const char *utf8, bool ucs2, size_t per_part, struct sms_size *size)
{
	size_t fill = 0;
	int32_t len = (int32_t)strlen(utf8);

	size->units = 0;
	size->segments = 1;
	for (int32_t i = 0; i < len;) {
		int32_t c, from = i;
		size_t w;

		U8_NEXT((const uint8_t *)utf8, i, len, c);
		if (c < 0)
			return false;
		w = weight(c, ucs2);
		if (w == 0 && !size->ucs2) {
			size->ucs2 = true;
			size->odd = utf8 + from;
			size->odd_len = (size_t)(i - from);
		}
		size->units += w;
		if (per_part && fill + w > per_part) {
			size->segments++;
			fill = 0;
		}
		fill += w;
	}
	return true;
}

bool sms_measure(const char *utf8, struct sms_size *size)
{
	*size = (struct sms_size){0};
	if (!walk(utf8, false, 0, size))
		return false;
	if (size->ucs2)
		walk(utf8, true, 0, size);
	if (size->units > (size->ucs2 ? 70U : 160U))
		walk(utf8, size->ucs2, size->ucs2 ? 67 : 153, size);
	return true;
}
