/* Telephone numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/phone.h>

static void only_e164_is_a_number(void **state)
{
	static const struct {
		const char *text;
		bool number, sender;
	} rows[] = {
		{"+12025550111", true, true},
		{"+4915112345678", true, true},
		{"+529981234567", true, true},
		{"+123456789012345", false, false},
		{"+442071838750", true, true},
		{"+999999999999999", true, true},
		{"+9999999999999999", false, false},
		{"+1202555011", false, false},
		{"+11025550111", false, false},
		{"+12021550111", false, false},
		{"+02025550111", false, false},
		{"12025550111", false, false},
		{"+1 202 555 0111", false, false},
		{"+1202555011a", false, false},
		{"", false, false},
		{"+", false, false},
		{"+4", false, false},
		{"72345", false, true},
		{"12", false, false},
		{"123", false, true},
		{"12345678", false, true},
		{"123456789", false, false},
		{"anonymous", false, false},
		{"12a", false, false},
		{"+12025550111\n", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct phone phone = {""};

		if (phone_parse(rows[i].text, &phone) != rows[i].number ||
			phone_is_sender(rows[i].text) != rows[i].sender)
			fail_msg("\"%s\"", rows[i].text);
		assert_string_equal(phone.text, rows[i].number ? rows[i].text : "");
	}
}

static void a_mask_shows_two_digits_at_most(void **state)
{
	char masked[32];

	(void)state;
	phone_mask("+12025550142", masked, sizeof(masked));
	assert_string_equal(masked, "+1\xe2\x80\xa6"
				    "42");
	phone_mask("72345", masked, sizeof(masked));
	assert_null(strpbrk(masked, "0123456789"));
	phone_mask("", masked, sizeof(masked));
	assert_null(strpbrk(masked, "0123456789"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_e164_is_a_number),
		cmocka_unit_test(a_mask_shows_two_digits_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
