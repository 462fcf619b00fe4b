/* Plain punctuation: look-alikes go, and nothing that somebody reads ever changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <warmline/sms_text.h>

static void look_alikes_become_plain(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"", ""},
		{"nothing to do", "nothing to do"},
		{"\u2018a\u2019 \u201ab\u201b", "'a' 'b'"},
		{"\u201cc\u201d \u201ed\u201f", "\"c\" \"d\""},
		{"O\u2019Brien", "O'Brien"},
		{"1\u20132 \u2014 \u2015 \u2010\u2011\u2012", "1-2 - - ---"},
		{"well\u2026", "well..."},
		{"\u2026", "..."},
		{"a\u00a0b\u202fc\u2009d\u205fe\u2003f", "a b c d e f"},
		{"Responde S\u00cd o NO \u2026 \u00bfc\u00f3mo est\u00e1s?",
			"Responde S\u00cd o NO ... \u00bfc\u00f3mo est\u00e1s?"},
		{"\u00abhola\u00bb \U0001f600 \u02bc \u0301",
			"\u00abhola\u00bb \U0001f600 \u02bc \u0301"},
		{"no UTF-8: \xff\xe2\x80", "no UTF-8: \xff\xe2\x80"},
		{"cut \xe2\x80", "cut \xe2\x80"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[100];

		snprintf(text, sizeof(text), "%s", rows[i].from);
		sms_plain(text);
		assert_string_equal(text, rows[i].to);
		sms_plain(text);
		assert_string_equal(text, rows[i].to);
	}
}

/* The next character that is a letter, a mark or a number; 0 = none. */
static int32_t next_letter(const char *text, int32_t *i)
{
	int32_t len = (int32_t)strlen(text), c;

	while (*i < len) {
		U8_NEXT((const uint8_t *)text, *i, len, c);
		if (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK))
			return c;
	}
	return 0;
}

/* Every character there is, alone and between letters. */
static void letters_marks_and_numbers_are_never_touched(void **state)
{
	(void)state;
	for (int32_t c = 1; c <= 0x10ffff; c++) {
		char before[32], after[32];
		int32_t n = 0, a = 0, b = 0, x, y;

		if (U_IS_SURROGATE(c))
			continue;
		before[n++] = '\xc3';
		before[n++] = '\xa9';
		U8_APPEND_UNSAFE((uint8_t *)before, n, c);
		before[n++] = 'z';
		before[n] = '\0';
		memcpy(after, before, sizeof(after));
		sms_plain(after);
		do {
			x = next_letter(before, &a);
			y = next_letter(after, &b);
			if (x != y)
				fail_msg("U+%04X changed a letter", (unsigned)c);
		} while (x);
	}
}

static void no_text_needs_more_parts_than_before(void **state)
{
	static const char *const texts[] = {"\u2026", "\u201cHow are you?\u201d", "a\u00a0b",
		"\u2013\u2013\u2013", "S\u00ed\u2026"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[200] = "";
		struct sms_size before, after;

		for (int k = 0; k < 8; k++)
			strcat(text, texts[i]);
		assert_true(sms_measure(text, &before));
		sms_plain(text);
		assert_true(sms_measure(text, &after));
		assert_true(after.segments <= before.segments);
		assert_int_equal(after.ucs2, i == 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(look_alikes_become_plain),
		cmocka_unit_test(letters_marks_and_numbers_are_never_touched),
		cmocka_unit_test(no_text_needs_more_parts_than_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
