/* Long texts that come in parts: read as one, never lost, and danger in any part acts at once. */
#include "tests/lib/solo.h"

#include <platform/lexicon_file.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

static const struct lexicons *lexicons;

static struct solo *person(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	s->house->lexicons = lexicons;
	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	return s;
}

struct piece {
	const char *ref;
	int number, of;
	const char *body, *level;
};

static json_t *piece_data(struct solo *s, const struct piece *p)
{
	json_t *data = solo_data(s, "text");

	json_put_text(data, "from", s->number);
	json_put_text(data, "to", s->to);
	json_put_text(data, "body", p->body);
	json_object_set_new(data, "part",
		json_pack("{s:s,s:i,s:i}", "ref", p->ref, "number", p->number, "of", p->of));
	if (p->level)
		json_object_set_new(data, "screen",
			json_pack("{s:s,s:s,s:[s]}", "level", p->level, "category", "suicide",
				"rules", "en.kill-self"));
	return data;
}

static void give(struct solo *s, const char *ref, int number, int of, const char *body)
{
	solo_give(s, piece_data(s, &(struct piece){ref, number, of, body, NULL}));
}

static const char *words(const struct solo *s)
{
	return json_get_text(solo_entry(s, "text-in"), "text", "");
}

TEST(parts_in_any_order_become_one_text_once_all_are_there)
{
	static const int orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {3, 1, 2}};
	static const char *const bodies[] = {"my sister ", "came to see ", "me on Sunday"};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct solo *s = person();

		for (int n = 0; n < 3; n++) {
			give(s, "77", orders[i][n], 3, bodies[orders[i][n] - 1]);
			assert_int_equal(solo_logged(s, "part"), 1);
			assert_int_equal(solo_logged(s, "text-in"), n == 2);
			assert_int_equal(solo_texts(s, WORDING_MESSAGE_SEEN), n == 2);
		}
		assert_string_equal(words(s), "my sister came to see me on Sunday");
		assert_null(json_object_get(s->doc, "parts"));
		solo_free(&s);
	}
}

TEST(the_log_has_each_part_and_the_whole_under_ids_of_their_own)
{
	struct solo *s = person();

	give(s, "77", 2, 2, "b");
	assert_string_equal(
		json_get_text(solo_entry(s, "part"), "event", ""), "test:AC1:000003:text");
	assert_string_equal(
		json_get_text(solo_entry(s, "part"), "status", ""), "part 2 of 2 of a long text");
	give(s, "77", 1, 2, "a");
	assert_string_equal(
		json_get_text(solo_entry(s, "part"), "event", ""), "test:AC1:000004:text");
	assert_string_equal(json_get_text(solo_entry(s, "text-in"), "event", ""),
		"test:AC1:000004:text/joined");
	solo_free(&s);
}

TEST(what_is_missing_after_a_minute_leaves_a_gap_and_comes_later_as_its_own_text)
{
	static const struct {
		int there[2];
		const char *text;
	} rows[] = {{{1, 3}, "one [...] three"}, {{2, 3}, "[...] twothree"},
		{{1, 2}, "onetwo [...]"}, {{3, 0}, "[...] three"}, {{1, 0}, "one [...]"}};
	static const char *const bodies[] = {"", "one", "two", "three"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = person();
		int64_t first = s->now;

		give(s, "77", rows[i].there[0], 3, bodies[rows[i].there[0]]);
		solo_wait(s, 20 * SECOND);
		if (rows[i].there[1])
			give(s, "77", rows[i].there[1], 3, bodies[rows[i].there[1]]);
		assert_true(solo_wake(s));
		assert_int_equal(s->now, first + MINUTE);
		assert_string_equal(words(s), rows[i].text);
		assert_null(json_object_get(s->doc, "parts"));
		give(s, "77", 2, 3, "late");
		assert_int_equal(solo_logged(s, "text-in"), 0);
		solo_wake(s);
		assert_string_equal(words(s), "[...] late [...]");
		solo_free(&s);
	}
}

TEST(texts_that_fit_no_bound_are_texts_of_their_own)
{
	static const struct piece rows[] = {{"5", 1, 11, "a", NULL}, {"5", 0, 3, "a", NULL},
		{"5", 4, 3, "a", NULL}, {"5", 1, 1, "a", NULL}, {"", 1, 2, "a", NULL},
		{"a reference that is far longer than any that a carrier would ever give us", 1, 2,
			"a", NULL}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = person();

		solo_give(s, piece_data(s, &rows[i]));
		assert_string_equal(words(s), "a");
		assert_null(json_object_get(s->doc, "parts"));
		solo_free(&s);
	}
}

TEST(three_long_texts_at_once_wait_and_a_fourth_does_not)
{
	struct solo *s = person();

	give(s, "1", 1, 2, "a");
	give(s, "2", 1, 2, "b");
	give(s, "3", 1, 2, "c");
	assert_int_equal(solo_logged(s, "text-in"), 0);
	give(s, "4", 1, 2, "d");
	assert_string_equal(words(s), "d");
	give(s, "2", 2, 2, "B");
	assert_string_equal(words(s), "bB");
	give(s, "1", 2, 3, "of another size");
	assert_string_equal(words(s), "of another size");
	give(s, "1", 1, 2, "twice");
	assert_string_equal(words(s), "twice");
	s->to = FAST; /* the same reference at another number is another text */
	give(s, "1", 2, 2, "x");
	assert_int_equal(solo_logged(s, "text-in"), 0);
	solo_free(&s);
}

/* --- danger ---------------------------------------------------------------------------------- */

TEST(danger_in_any_part_opens_the_case_at_once_and_once)
{
	for (int danger = 1; danger <= 3; danger++) {
		struct solo *s = person();
		size_t crises = 0, safety = 0;

		for (int n = 1; n <= 3; n++) {
			solo_give(s, piece_data(s, &(struct piece){"7", n, 3, "I hurt ",
							   n >= danger ? "high" : NULL}));
			crises += solo_events(s, "crisis");
			safety += solo_texts(s, WORDING_SAFETY);
			assert_int_equal(crises, n >= danger);
			assert_int_equal(solo_texts(s, WORDING_MESSAGE_SEEN), 0);
		}
		assert_int_equal(safety, 1);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		assert_non_null(json_object_get(solo_entry(s, "text-in"), "screen"));
		solo_free(&s);
	}
}

TEST(danger_that_only_the_joined_words_have_is_found)
{
	static const struct {
		const char *first, *second;
		bool crisis, missing; /* only the first ever comes */
	} rows[] = {{"I just want to kill my", "self tonight", true, false},
		{"please help me I am going to ki", "ll myself", true, false},
		{"the dog ran to kill my", " time on Sunday", false, false},
		{"I just want to kill my", "self tonight", false, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = person();

		give(s, "7", 1, 2, rows[i].first);
		assert_int_equal(solo_events(s, "crisis"), 0);
		if (rows[i].missing)
			solo_wake(s);
		else
			give(s, "7", 2, 2, rows[i].second);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		assert_int_equal(solo_events(s, "crisis"), rows[i].crisis);
		assert_int_equal(solo_texts(s, WORDING_SAFETY), rows[i].crisis);
		solo_free(&s);
	}
}

TEST(without_lexicons_the_worst_part_speaks_for_the_whole)
{
	struct solo *s = person();

	s->house->lexicons = NULL;
	solo_give(s, piece_data(s, &(struct piece){"7", 1, 2, "so alone ", "watch"}));
	assert_true(solo_indexed(s, "watch"));
	give(s, "7", 2, 2, "here");
	assert_string_equal(
		json_get_text(json_object_get(solo_entry(s, "text-in"), "screen"), "level", ""),
		"watch");
	solo_free(&s);
}

/* --- silence --------------------------------------------------------------------------------- */

TEST(who_is_in_the_middle_of_a_long_text_is_not_called_silent)
{
	struct solo *s = person();

	for (int i = 0; i < 2; i++) {
		solo_wake(s);
		solo_outcome(s, "accepted");
	}
	s->now = s->last->alarm - 10 * SECOND;
	give(s, "7", 1, 2, "it has been a long");
	s->now += 10 * SECOND; /* when silence would be judged */
	solo_give_all(s, NULL, 0);
	assert_int_equal(solo_logged(s, "missed"), 0);
	assert_string_equal(words(s), "it has been a long [...]");
	solo_free(&s);
}

TEST(a_clock_that_was_set_back_lets_no_part_wait)
{
	struct solo *s = person();

	give(s, "7", 1, 2, "a");
	s->now -= 3600 * SECOND;
	solo_give_all(s, NULL, 0);
	assert_string_equal(words(s), "a [...]");
	solo_free(&s);
}

TEST(parts_of_one_batch_are_read_in_that_batch)
{
	struct solo *s = person();
	json_t *all[2];

	all[0] = piece_data(s, &(struct piece){"7", 2, 2, "b", NULL});
	all[1] = piece_data(s, &(struct piece){"7", 1, 2, "a", NULL});
	solo_give_all(s, all, 2);
	assert_string_equal(words(s), "ab");
	solo_free(&s);
}

TEST(pictures_of_all_parts_stay_with_the_whole)
{
	struct solo *s = person();

	for (int n = 1; n <= 2; n++) {
		json_t *data = piece_data(s, &(struct piece){"7", n, 2, "x", NULL});

		json_object_set_new(
			data, "media", json_pack("[{s:s}]", "url", "https://p.example"));
		solo_give(s, data);
	}
	assert_int_equal(json_array_size(json_object_get(solo_entry(s, "text-in"), "media")), 2);
	solo_free(&s);
}

TEST(each_part_is_redacted_by_its_own_name)
{
	struct solo *s = person();

	solo_program(s, 0)->redact = true;
	for (int n = 1; n <= 2; n++) {
		json_t *data = piece_data(s, &(struct piece){"7", n, 2, "x", NULL});

		json_put_text(data, "account", "maple");
		json_put_text(data, "provider_id", n == 1 ? "IN1" : "IN2");
		solo_give(s, data);
		assert_string_equal(solo_errand(s)->provider_id, n == 1 ? "IN1" : "IN2");
	}
	solo_free(&s);
}

static int load(void **state)
{
	struct problems problems = {0};

	(void)state;
	lexicons = lexicon_files_load("config/lexicons", &problems);
	problems_free(&problems);
	return lexicons ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	lexicons_free((struct lexicons **)(uintptr_t)&lexicons);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_in_any_order_become_one_text_once_all_are_there),
		cmocka_unit_test(the_log_has_each_part_and_the_whole_under_ids_of_their_own),
		cmocka_unit_test(
			what_is_missing_after_a_minute_leaves_a_gap_and_comes_later_as_its_own_text),
		cmocka_unit_test(texts_that_fit_no_bound_are_texts_of_their_own),
		cmocka_unit_test(three_long_texts_at_once_wait_and_a_fourth_does_not),
		cmocka_unit_test(danger_in_any_part_opens_the_case_at_once_and_once),
		cmocka_unit_test(danger_that_only_the_joined_words_have_is_found),
		cmocka_unit_test(without_lexicons_the_worst_part_speaks_for_the_whole),
		cmocka_unit_test(who_is_in_the_middle_of_a_long_text_is_not_called_silent),
		cmocka_unit_test(a_clock_that_was_set_back_lets_no_part_wait),
		cmocka_unit_test(parts_of_one_batch_are_read_in_that_batch),
		cmocka_unit_test(pictures_of_all_parts_stay_with_the_whole),
		cmocka_unit_test(each_part_is_redacted_by_its_own_name),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
