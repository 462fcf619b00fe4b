/* How a text travels: the provider's vectors, and every character of the alphabet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <unicode/utf8.h>
#include <warmline/sms_text.h>

static void encodings_units_and_segments_are_as_in_the_vectors(void **state)
{
	json_t *file = json_load_file("tests/vectors/segmentation.json", 0, NULL), *row;
	size_t i, rows = 0;

	(void)state;
	assert_non_null(file);
	json_array_foreach(json_object_get(file, "vectors"), i, row)
	{
		const char *id = json_string_value(json_object_get(row, "id"));
		struct sms_size size;

		assert_true(sms_measure(json_string_value(json_object_get(row, "text")), &size));
		if (size.ucs2 != (strcmp(json_string_value(json_object_get(row, "encoding")),
					  "UCS-2") == 0) ||
			(json_int_t)size.units !=
				json_integer_value(json_object_get(row, "units")) ||
			(json_int_t)size.segments !=
				json_integer_value(json_object_get(row, "segments")))
			fail_msg("%s: ucs2 %d, units %zu, segments %zu", id, size.ucs2, size.units,
				size.segments);
		rows++;
	}
	json_decref(file);
	assert_true(rows > 50);
}

static void look_alikes_are_not_in_the_alphabet(void **state)
{
	json_t *file = json_load_file("tests/vectors/gsm0338.json", 0, NULL), *value;
	unsigned char want[0x3000] = {0};
	const char *key;
	size_t i;

	(void)state;
	assert_non_null(file);
	json_array_foreach(json_object_get(file, "basic"), i, value) if (json_is_integer(value))
		want[json_integer_value(value)] = 1;
	json_object_foreach(json_object_get(file, "extension"), key, value)
		want[json_integer_value(value)] = 2;
	json_decref(file);
	for (uint32_t c = 1; c < 0x3000; c++) {
		uint8_t text[8] = {0};
		struct sms_size size;
		int n = 0;

		U8_APPEND_UNSAFE(text, n, c);
		assert_true(sms_measure((const char *)text, &size));
		if (size.ucs2 != (want[c] == 0) || (want[c] && size.units != want[c]))
			fail_msg("U+%04X", c);
	}
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
	static const char *const bad[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "ok\x80"};
	struct sms_size size;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_false(sms_measure(bad[i], &size));
}

static void the_first_character_that_costs_is_named(void **state)
{
	static const struct {
		const char *text, *odd;
	} rows[] = {{"plain {}", ""}, {"\u00bfc\u00f3mo est\u00e1s?", "\u00f3"}, {"a`b", "`"},
		{"\U0001f600\u00e1", "\U0001f600"}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sms_size size;

		assert_true(sms_measure(rows[i].text, &size));
		assert_int_equal(size.odd_len, strlen(rows[i].odd));
		assert_int_equal(size.odd != NULL, size.ucs2);
		assert_true(!size.odd || memcmp(size.odd, rows[i].odd, size.odd_len) == 0);
	}
}

/* By hand: fills parts one unit after the other, never between the halves of a pair. */
static size_t parts_by_hand(size_t before, bool emoji, size_t pairs)
{
	size_t per = emoji ? 67 : 153, whole = emoji ? 70 : 160, fill = 0, parts = 1;

	if (before + 2 * pairs <= whole)
		return 1;
	for (size_t i = 0; i < before + pairs; i++) {
		size_t w = i < before ? 1 : 2;

		if (fill + w > per) {
			parts++;
			fill = 0;
		}
		fill += w;
	}
	return parts;
}

static void no_escape_and_no_surrogate_pair_is_ever_split(void **state)
{
	(void)state;
	for (int emoji = 0; emoji < 2; emoji++) {
		for (size_t before = 0; before < 330; before++) {
			for (size_t pairs = 1; pairs < 90; pairs += 11) {
				char text[2000];
				size_t n = before;
				struct sms_size size;

				memset(text, 'a', before);
				for (size_t i = 0; i < pairs; i++)
					n += (size_t)sprintf(
						text + n, "%s", emoji ? "\U0001f600" : "\u20ac");
				text[n] = '\0';
				assert_true(sms_measure(text, &size));
				assert_int_equal(size.units, before + 2 * pairs);
				assert_int_equal(
					size.segments, parts_by_hand(before, emoji, pairs));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings_units_and_segments_are_as_in_the_vectors),
		cmocka_unit_test(look_alikes_are_not_in_the_alphabet),
		cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
		cmocka_unit_test(the_first_character_that_costs_is_named),
		cmocka_unit_test(no_escape_and_no_surrogate_pair_is_ever_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
