/* Documents and events as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/json.h>

static json_t *parse(const char *text)
{
	return json_parse(text, strlen(text));
}

static void wrong_kinds_read_as_missing(void **state)
{
	json_t *o = parse("{\"t\":\"x\",\"n\":7,\"f\":true,\"z\":null}");

	(void)state;
	assert_string_equal(json_get_text(o, "t", "-"), "x");
	assert_string_equal(json_get_text(o, "n", "-"), "-");
	assert_null(json_get_text(o, "missing", NULL));
	assert_int_equal(json_get_int(o, "n", 1), 7);
	assert_int_equal(json_get_int(o, "t", 1), 1);
	assert_true(json_get_flag(o, "f"));
	assert_false(json_get_flag(o, "n"));
	assert_false(json_get_flag(o, "z"));
	json_decref(o);
	assert_string_equal(json_get_text(NULL, "t", "-"), "-");
}

static void empty_values_take_the_key_out(void **state)
{
	json_t *o = json_object();
	char *text;

	(void)state;
	json_put_text(o, "b", "x");
	json_put_int(o, "a", INT64_MAX);
	text = json_print(o);
	assert_string_equal(text, "{\"a\":9223372036854775807,\"b\":\"x\"}");
	free(text);
	json_put_text(o, "b", "");
	json_put_int(o, "a", 0);
	json_put_text(o, "c", NULL);
	assert_int_equal(json_object_size(o), 0);
	json_put_text(o, "bad", "\xff\xfe");
	assert_string_equal(json_get_text(o, "bad", ""), "\xef\xbf\xbd");
	json_decref(o);
}

static void only_one_object_is_parsed(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "\"x\"", "null", "{", "{}x",
		"{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]))
			fail_msg("parsed: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_kinds_read_as_missing),
		cmocka_unit_test(empty_values_take_the_key_out),
		cmocka_unit_test(only_one_object_is_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
