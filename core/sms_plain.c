#include <stdint.h>
#include <string.h>
#include <unicode/utf8.h>
#include <warmline/sms_text.h>

/* What stands for `c` in plain punctuation; NULL = itself. Never longer in bytes. */
static const char *plain_of(int32_t c)
{
	switch (c) {
	case 0x2018: /* single quotes, also as an apostrophe */
	case 0x2019:
	case 0x201a:
	case 0x201b: return "'";
	case 0x201c: /* double quotes */
	case 0x201d:
	case 0x201e:
	case 0x201f: return "\"";
	case 0x2026: return "...";
	case 0x00a0: /* spaces that do not break, or are narrow */
	case 0x202f:
	case 0x205f: return " ";
	default: break;
	}
	if (c >= 0x2000 && c <= 0x200a)
		return " ";
	return c >= 0x2010 && c <= 0x2015 ? "-" : NULL; /* hyphens and dashes */
}

void sms_plain(char *utf8)
{
	int32_t len = (int32_t)strlen(utf8), end = 0;

	for (int32_t i = 0, from = 0; i < len; from = i) {
		const char *plain;
		int32_t c, n;

		U8_NEXT((const uint8_t *)utf8, i, len, c);
		plain = plain_of(c);
		n = plain ? (int32_t)strlen(plain) : i - from;
		memmove(utf8 + end, plain ? plain : utf8 + from, (size_t)n);
		end += n;
	}
	utf8[end] = '\0';
}
