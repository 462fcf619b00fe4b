/* What every adapter with JSON webhooks gets: damage costs no words, and absurd input nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <warmline/fail.h>

#include "providers/inbound_field.h"
#include "providers/request.h"

static json_t *read_bytes(const char *body, size_t len, struct fail *fail)
{
	const struct webhook webhook = {.body = body, .body_len = len};

	return webhook_json(&webhook, fail);
}

/* --- damage ---------------------------------------------------------------------------------- */

/* "words" of {"w":"..."} as they come out; the caller frees. */
static char *words_of(const char *mark, const char *words, bool *repaired)
{
	struct inbound_text text = {.body = NULL};
	char *body = xasprintf("%s{\"w\":\"%s\"}", mark, words);
	struct fail fail = {.text = ""};
	json_t *json = read_bytes(body, strlen(body), &fail);

	if (!json_take_words(json, "w", &text, &fail))
		fail_msg("%s: %s", body, fail.text);
	*repaired = text.repaired;
	json_decref(json);
	free(body);
	return text.body;
}

static void damaged_words_are_shown_not_lost(void **state)
{
	static const char *const repairs[][2] = {
		{"die\\u0000now", "die\xef\xbf\xbdnow"},
		{"cut \\ud83d", "cut \xef\xbf\xbd"},
		{"cut \\uD83D", "cut \xef\xbf\xbd"},
		{"\\ud83d\\ud83d\\udc4d", "\xef\xbf\xbd\xf0\x9f\x91\x8d"},
		{"\\ud83d\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\\ud83d\\u0041", "\xef\xbf\xbd"
				   "A"},
		{"\\ue000\\udc4d", "\xee\x80\x80\xef\xbf\xbd"},
		{"\\uDC4D x \\\\ud83d", "\xef\xbf\xbd x \\ud83d"},
		{"\\ud83d\\n\\\"", "\xef\xbf\xbd\n\""},
		{"a\xff"
		 "b",
			"a\xef\xbf\xbd"
			"b"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xff \\udc4d", "\xef\xbf\xbd \xef\xbf\xbd"},
		{"theirs \xef\xbf\xbd", "theirs \xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
		bool repaired = false;
		char *words = words_of("", repairs[i][0], &repaired);

		assert_string_equal(words, repairs[i][1]);
		assert_true(repaired);
		free(words);
	}
}

static void words_that_are_whole_are_left_alone(void **state)
{
	static const char *const whole[][2] = {
		{"\\ud83d\\udc4d \\u00e9", "\xf0\x9f\x91\x8d \xc3\xa9"},
		{"\xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8d"},
		{"\\\\ud83d", "\\ud83d"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		static const char *const marks[] = {"", "\xef\xbb\xbf"};

		for (size_t m = 0; m < 2; m++) {
			bool repaired = true;
			char *words = words_of(marks[m], whole[i][0], &repaired);

			assert_string_equal(words, whole[i][1]);
			assert_false(repaired);
			free(words);
		}
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {"", "{", "{\"a\":1", "{\"a\":1,\"a\":2}",
		"{\"\\u0000\":1}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\", "{\"a\":\"\\u",
		"{\"a\":\"\\ud83d", "\"a\"", "7", "null", "{} {}", "\xef\xbb\xbf", "\xef\xbb",
		"{\"a\":\"\\ud83d\\u\"}", "{\"a\":1e999}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fail fail = {.text = ""};

		if (read_bytes(bad[i], strlen(bad[i]), &fail))
			fail_msg("%s is taken", bad[i]);
		assert_non_null(strstr(fail.text, "no JSON"));
	}
	assert_null(read_bytes("{}\0", 3, NULL));
	assert_null(read_bytes(NULL, 0, NULL));
}

static void depth_is_bounded(void **state)
{
	size_t size = 200000;
	char *many = malloc(size);

	(void)state;
	memset(many, '[', size);
	assert_null(read_bytes(many, size, NULL));
	for (size_t i = 0; i + 5 < size; i += 5)
		memcpy(many + i, "{\"a\":", 5);
	assert_null(read_bytes(many, size, NULL));
	free(many);
}

/* --- fields ---------------------------------------------------------------------------------- */

static json_t *object(const char *text)
{
	json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(json);
	return json;
}

static void words_have_a_most(void **state)
{
	struct inbound_text text = {.body = NULL};
	char *many = calloc(1, 16386);
	json_t *json = json_object();

	(void)state;
	memset(many, 'x', 16385);
	json_object_set_new(json, "w", json_string(many));
	assert_false(json_take_words(json, "w", &text, NULL));
	assert_null(text.body);
	many[16384] = '\0';
	json_object_set_new(json, "w", json_string(many));
	assert_true(json_take_words(json, "w", &text, NULL));
	assert_string_equal(text.body, many);
	free(text.body);
	free(many);
	json_decref(json);
}

static void no_words_are_words_where_they_may_be(void **state)
{
	struct inbound_text text = {.body = NULL};
	json_t *json = object("{\"null\":null,\"seven\":7}");

	(void)state;
	assert_false(json_take_words(json, "none", &text, NULL));
	assert_false(json_take_words(json, "null", &text, NULL));
	assert_false(json_take_words_if_any(json, "seven", &text, NULL));
	assert_true(json_take_words_if_any(json, "none", &text, NULL));
	assert_string_equal(text.body, "");
	free(text.body);
	assert_true(json_take_words_if_any(json, "null", &text, NULL));
	assert_string_equal(text.body, "");
	free(text.body);
	json_decref(json);
}

static void a_subject_stands_above_the_words(void **state)
{
	static const struct {
		const char *json, *words;
		bool repaired;
	} table[] = {{"{\"w\":\"now\",\"s\":\"help\"}", "help\nnow", false},
		{"{\"w\":\"\",\"s\":\"help\"}", "help", false},
		{"{\"w\":\"now\",\"s\":\"\"}", "now", false}, {"{\"w\":\"now\"}", "now", false},
		{"{\"w\":\"now\",\"s\":null}", "now", false},
		{"{\"w\":\"now\",\"s\":\"\\u0000\"}", "\xef\xbf\xbd\nnow", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct inbound_text text = {.body = NULL};
		json_t *json = object(table[i].json);

		assert_true(json_take_words(json, "w", &text, NULL));
		assert_true(json_take_subject(json, "s", &text, NULL));
		assert_string_equal(text.body, table[i].words);
		assert_int_equal(text.repaired, table[i].repaired);
		free(text.body);
		json_decref(json);
	}
}

static size_t links_in(const char *list, const char *first)
{
	struct inbound_text text = {.body = NULL};
	json_t *json = object(list);
	size_t n;

	json_take_media(json, "u", "t", &text);
	n = json_array_size(text.media);
	if (n > 0)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(text.media, 0), "url")),
			first);
	json_decref(text.media);
	json_decref(json);
	return n;
}

static void links_that_are_absurd_are_left_out(void **state)
{
	char *many = calloc(1, 2049), *list;

	(void)state;
	assert_int_equal(links_in("[{\"u\":\"a\",\"t\":\"image/png\"},\"b\"]", "a"), 2);
	assert_int_equal(links_in("[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\","
				  "\"11\"]",
				 "1"),
		10);
	assert_int_equal(links_in("[{},7,null,[],{\"u\":7},\"\",{\"u\":\"a\",\"t\":7}]", "a"), 1);
	assert_int_equal(links_in("{\"u\":\"a\"}", ""), 0);
	memset(many, 'a', 2048);
	list = xasprintf("[\"%sa\",\"%s\"]", many, many);
	assert_int_equal(links_in(list, many), 1);
	free(list);
	free(many);
}

static void an_id_has_no_blank_and_no_slash(void **state)
{
	json_t *json =
		object("{\"good\":\"a-B_9.+=\",\"number\":12,\"empty\":\"\",\"blank\":\"a b\","
		       "\"slash\":\"a/b\",\"nul\":\"a\\u0000\",\"list\":[\"a\"],\"colon\":\"a:b\","
		       "\"negative\":-1,\"long\":\"1234567890\"}");
	static const char *const bad[] = {
		"empty", "blank", "slash", "colon", "nul", "list", "negative", "long", "none"};
	char id[10];

	(void)state;
	assert_true(json_take_id(json, "good", id, sizeof(id), NULL));
	assert_string_equal(id, "a-B_9.+=");
	assert_true(json_take_id(json, "number", id, sizeof(id), NULL));
	assert_string_equal(id, "12");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fail fail = {.text = ""};

		assert_false(json_take_id(json, bad[i], id, sizeof(id), &fail));
		assert_non_null(strstr(fail.text, bad[i]));
	}
	json_decref(json);
}

static void unix_time_is_digits(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3",
		"1234567890123456789", "18446744073709551617"};
	int64_t seconds = -1;

	(void)state;
	assert_true(seconds_read("0", &seconds));
	assert_int_equal(seconds, 0);
	assert_true(seconds_read("123456789012345678", &seconds));
	assert_true(seconds == INT64_C(123456789012345678));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(seconds_read(bad[i], &seconds));
}

/* --- answers --------------------------------------------------------------------------------- */

static void only_the_provider_itself_refuses(void **state)
{
	static const struct {
		int status;
		bool own;
		enum answer_kind kind;
	} table[] = {{400, true, ANSWER_CONTENT}, {422, true, ANSWER_CONTENT},
		{401, true, ANSWER_CONTENT}, {404, true, ANSWER_CONTENT},
		{400, false, ANSWER_UNKNOWN}, {402, false, ANSWER_UNKNOWN},
		{404, false, ANSWER_UNKNOWN}, {401, false, ANSWER_ACCOUNT},
		{403, false, ANSWER_ACCOUNT}, {429, false, ANSWER_RATE}, {429, true, ANSWER_RATE},
		{408, true, ANSWER_UNKNOWN}, {500, true, ANSWER_UNKNOWN},
		{503, true, ANSWER_UNKNOWN}, {302, true, ANSWER_UNKNOWN},
		{0, true, ANSWER_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(answer_of_refusal(table[i].status, table[i].own, ANSWER_CONTENT),
			table[i].kind);
}

static void a_moment_is_written_in_utc(void **state)
{
	char text[24];

	(void)state;
	request_time(text, 1760000000);
	assert_string_equal(text, "2025-10-09T08:53:20Z");
	request_time(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_words_are_shown_not_lost),
		cmocka_unit_test(words_that_are_whole_are_left_alone),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(words_have_a_most),
		cmocka_unit_test(no_words_are_words_where_they_may_be),
		cmocka_unit_test(a_subject_stands_above_the_words),
		cmocka_unit_test(links_that_are_absurd_are_left_out),
		cmocka_unit_test(an_id_has_no_blank_and_no_slash),
		cmocka_unit_test(unix_time_is_digits),
		cmocka_unit_test(only_the_provider_itself_refuses),
		cmocka_unit_test(a_moment_is_written_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
