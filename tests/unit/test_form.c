/* Forms and query strings: what is refused, what is kept byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/form.h>

static struct form parse(const char *text)
{
	struct form form;

	assert_int_equal(form_parse(&form, text, strlen(text)), FORM_OK);
	return form;
}

static void check_value(const struct form *form, const char *name, const char *value)
{
	const struct form_field *field = form_get(form, name);

	assert_non_null(field);
	assert_string_equal(field->value, value);
	assert_int_equal(field->value_len, strlen(value));
}

static void plus_and_escapes_are_decoded_once(void **state)
{
	struct form form = parse("Body=a+b%2Bc%252B&To=%2B12025550111");

	(void)state;
	check_value(&form, "Body", "a b+c%2B");
	check_value(&form, "To", "+12025550111");
	form_free(&form);
}

static void fields_without_value_or_name_are_kept(void **state)
{
	struct form form = parse("a=1&b&&=c&d=&");

	(void)state;
	assert_int_equal(form.n, 4);
	check_value(&form, "a", "1");
	check_value(&form, "b", "");
	check_value(&form, "", "c");
	check_value(&form, "d", "");
	form_free(&form);
}

static void a_nul_stays_in_a_value(void **state)
{
	struct form form = parse("Body=b%00c&x=1");
	const struct form_field *body = form_get(&form, "Body");

	(void)state;
	assert_int_equal(body->value_len, 3);
	assert_memory_equal(body->value, "b\0c", 4);
	check_value(&form, "x", "1");
	form_free(&form);
}

static void a_nul_in_a_name_is_refused(void **state)
{
	struct form form;

	(void)state;
	assert_int_equal(form_parse(&form, "Bo%00dy=1", 9), FORM_BAD_NAME);
	assert_int_equal(form.n, 0);
	assert_int_equal(form_parse(&form, "Bo\0dy=1", 7), FORM_BAD_NAME);
}

static void broken_escapes_are_refused(void **state)
{
	static const char *const broken[] = {"a=%", "a=%4", "a=%4g", "%=1", "a=1&b=%zz", "%4"};
	struct form form;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(form_parse(&form, broken[i], strlen(broken[i])), FORM_BAD_ESCAPE);
}

static void an_escape_never_reads_over_the_end(void **state)
{
	struct form form;
	char *exact = malloc(3);

	(void)state;
	memcpy(exact, "a=%", 3); /* on the heap, so that the sanitizer sees one byte too many */
	assert_int_equal(form_parse(&form, exact, 3), FORM_BAD_ESCAPE);
	free(exact);
}

static void a_repeated_name_has_no_single_value(void **state)
{
	struct form form = parse("From=1&Body=x&From=2");

	(void)state;
	assert_null(form_get(&form, "From"));
	assert_int_equal(form_count(&form, "From"), 2);
	assert_int_equal(form_count(&form, "from"), 0);
	form_free(&form);
}

static void the_thousand_and_first_field_is_refused(void **state)
{
	char text[2 * FORM_FIELDS + 3];
	struct form form;

	(void)state;
	for (int i = 0; i <= FORM_FIELDS; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(form_parse(&form, text, 2 * FORM_FIELDS), FORM_OK);
	assert_int_equal(form.n, FORM_FIELDS);
	form_free(&form);
	assert_int_equal(form_parse(&form, text, 2 * FORM_FIELDS + 1), FORM_TOO_MANY);
}

static void nothing_is_a_form_without_fields(void **state)
{
	struct form form = parse("");

	(void)state;
	assert_int_equal(form.n, 0);
	assert_null(form_get(&form, "a"));
	form_free(&form);
}

static void what_is_escaped_comes_back(void **state)
{
	char every[256], text[800];
	struct form form;
	char *escaped;

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	escaped = form_escape(every);
	snprintf(text, sizeof(text), "v=%s", escaped);
	form = parse(text);
	check_value(&form, "v", every);
	form_free(&form);
	free(escaped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plus_and_escapes_are_decoded_once),
		cmocka_unit_test(fields_without_value_or_name_are_kept),
		cmocka_unit_test(a_nul_stays_in_a_value),
		cmocka_unit_test(a_nul_in_a_name_is_refused),
		cmocka_unit_test(broken_escapes_are_refused),
		cmocka_unit_test(an_escape_never_reads_over_the_end),
		cmocka_unit_test(a_repeated_name_has_no_single_value),
		cmocka_unit_test(the_thousand_and_first_field_is_refused),
		cmocka_unit_test(nothing_is_a_form_without_fields),
		cmocka_unit_test(what_is_escaped_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
