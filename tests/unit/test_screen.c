/* The crisis screen: what it must find, what it must leave alone, and that nothing breaks it. */
#include "core/lexicon.h"
#include "platform/lexicon_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>
#include <warmline/fail.h>
#include <warmline/screen.h>

static struct lexicons *lexicons;

static struct verdict look(const char *text)
{
	struct verdict v;

	screen_text(lexicons, text, strlen(text), &v);
	return v;
}

static const struct {
	const char *text;
	enum screen_level at_least, at_most;
} texts[] = {
	{"I want to die", SCREEN_HIGH, SCREEN_IMMINENT},
	{"i WANT to   die", SCREEN_HIGH, SCREEN_IMMINENT},
	{"I\xe2\x80\x99m going to end my life", SCREEN_IMMINENT, SCREEN_IMMINENT},
	{"im going to kill myself tonight", SCREEN_IMMINENT, SCREEN_IMMINENT},
	{"i took all my pills", SCREEN_IMMINENT, SCREEN_IMMINENT},
	{"quiero morir", SCREEN_HIGH, SCREEN_IMMINENT},
	{"ME QUIERO MATAR", SCREEN_HIGH, SCREEN_IMMINENT},
	{"I want it all to stop", SCREEN_WATCH, SCREEN_IMMINENT},
	{"je veux mourir", SCREEN_HIGH, SCREEN_IMMINENT},
	{"quero morrer", SCREEN_HIGH, SCREEN_IMMINENT},
	{"mwen vle mouri", SCREEN_HIGH, SCREEN_IMMINENT},
	{"hi all. so. i want to die. bye", SCREEN_HIGH, SCREEN_IMMINENT},
	{"k!ll mys3lf", SCREEN_HIGH, SCREEN_IMMINENT},
	{"i want to d i e", SCREEN_HIGH, SCREEN_IMMINENT},
	{"i want to d.i.e", SCREEN_HIGH, SCREEN_IMMINENT},
	{"killlll myself", SCREEN_HIGH, SCREEN_IMMINENT},
	{"ki\xe2\x80\x8bll my\xe2\x80\x8bself", SCREEN_HIGH, SCREEN_IMMINENT}, /* zero width */
	{"\xef\xbd\x8b\xef\xbd\x89\xef\xbd\x8c\xef\xbd\x8c myself", SCREEN_HIGH, SCREEN_IMMINENT},
	{"hello!kill myself", SCREEN_HIGH, SCREEN_IMMINENT},
	{"STOP i want to die", SCREEN_HIGH, SCREEN_IMMINENT},
	/* no denial: the negation belongs to something else */
	{"no, i want to die", SCREEN_HIGH, SCREEN_IMMINENT},
	{"no i want to die", SCREEN_HIGH, SCREEN_IMMINENT},
	{"are you suicidal? not yet. kill myself tomorrow", SCREEN_HIGH, SCREEN_IMMINENT},
	{"not suicidal. i want to die though", SCREEN_HIGH, SCREEN_IMMINENT},
	{"i'm not ok. suicidal", SCREEN_HIGH, SCREEN_IMMINENT},
	{"can't even kill myself right", SCREEN_HIGH, SCREEN_IMMINENT},
	{"i dont want to live anymore", SCREEN_HIGH, SCREEN_IMMINENT},
	{"por que no me mato", SCREEN_HIGH, SCREEN_IMMINENT},
	{"why not kill myself", SCREEN_HIGH, SCREEN_IMMINENT},
	/* denials */
	{"not suicidal just sad", SCREEN_NONE, SCREEN_NONE},
	{"no thoughts of suicide today", SCREEN_NONE, SCREEN_NONE},
	{"I don't want to die", SCREEN_NONE, SCREEN_NONE},
	{"i'm not going to kill myself", SCREEN_NONE, SCREEN_NONE},
	{"no quiero morir", SCREEN_NONE, SCREEN_NONE},
	/* laughter lowers, but not to nothing, and not an overdose */
	{"i want to die lol", SCREEN_WATCH, SCREEN_WATCH},
	{"kill me lol", SCREEN_WATCH, SCREEN_WATCH},
	{"i took all my pills lol", SCREEN_IMMINENT, SCREEN_IMMINENT},
	{"i will kill myself tonight lol", SCREEN_IMMINENT, SCREEN_IMMINENT},
	/* sayings and everyday texts */
	{"dying of laughter", SCREEN_NONE, SCREEN_NONE},
	{"this commute is killing me", SCREEN_NONE, SCREEN_NONE},
	{"my phone died", SCREEN_NONE, SCREEN_NONE},
	{"took my meds this morning", SCREEN_NONE, SCREEN_NONE},
	{"me muero de hambre", SCREEN_NONE, SCREEN_NONE},
	{"good", SCREEN_NONE, SCREEN_NONE},
	{"STOP", SCREEN_NONE, SCREEN_NONE},
	{"4", SCREEN_NONE, SCREEN_NONE},
	{"die Katze", SCREEN_NONE, SCREEN_NONE},
	{"skill myself up", SCREEN_NONE, SCREEN_NONE}, /* whole words only */
	{"", SCREEN_NONE, SCREEN_NONE},
};

static void crisis_talk_is_found_and_everyday_talk_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct verdict v = look(texts[i].text);

		if (v.level < texts[i].at_least || v.level > texts[i].at_most)
			fail_msg("\"%s\": %s (%s)", texts[i].text, screen_level_name(v.level),
				v.nrules ? v.rules[0] : "");
		assert_int_equal(v.level != SCREEN_NONE, v.nrules != 0);
		assert_int_equal(v.level != SCREEN_NONE, *v.category != '\0');
	}
}

static void the_worst_rule_comes_first(void **state)
{
	struct verdict v = look("so hopeless. i cut myself. i took all my pills");

	(void)state;
	assert_int_equal(v.level, SCREEN_IMMINENT);
	assert_string_equal(v.category, "overdose");
	assert_int_equal(v.nrules, 3);
	assert_string_equal(v.rules[0], "en.took-pills");
	assert_string_equal(v.rules[2], "en.hopeless");
}

static void crisis_talk_is_found_at_any_place_of_a_long_text(void **state)
{
	static const char phrase[] = " i want to die ";
	char text[6001];

	(void)state;
	for (size_t place = 0; place + sizeof(phrase) < 6000; place += 97) {
		for (size_t i = 0; i < 6000; i++)
			text[i] = "well ok so "[i % 11];
		text[6000] = '\0';
		memcpy(text + place, phrase, sizeof(phrase) - 1);
		assert_int_equal(look(text).level, SCREEN_HIGH);
	}
}

/* Many hits in one text must not push out the worst of them. */
static void a_flood_of_phrases_does_not_hide_one(void **state)
{
	char text[40000] = "";

	(void)state;
	for (int i = 0; i < 900; i++)
		strcat(text, i == 450 ? "i took all my pills. " : "kill myself suicide hopeless. ");
	assert_int_equal(look(text).level, SCREEN_IMMINENT);
	assert_int_equal(look(text).nrules >= 3, 1);
}

static void any_bytes_are_safe_and_time_is_linear(void **state)
{
	static char text[1 << 20];
	uint64_t seed = 1;
	clock_t start = clock();

	(void)state;
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			text[i] = (char)(round == 0   ? (int)(seed >> 56)
					 : round == 1 ? " kilmyseft"[(seed >> 40) % 10]
					 : round == 2 ? "kill myself "[i % 12]
						      : 'a');
		}
		struct verdict v;
		screen_text(lexicons, text, sizeof(text), &v);
	}
	/* Seconds would mean that time grows with the square. Sanitizers are slow. */
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
}

static void no_lexicons_find_nothing(void **state)
{
	struct verdict v;

	(void)state;
	screen_text(NULL, "i want to die", 13, &v);
	assert_int_equal(v.level, SCREEN_NONE);
}

static void levels_have_names(void **state)
{
	(void)state;
	for (int i = SCREEN_NONE; i <= SCREEN_IMMINENT; i++)
		assert_int_equal(screen_level_of(screen_level_name((enum screen_level)i)), i);
	assert_int_equal(screen_level_of("nonsense"), SCREEN_NONE);
}

/* --- phrases -----------------------------------------------------------------------------------
 */

static void choices_are_tried_in_every_way(void **state)
{
	struct lexicons *l = lexicons_new();
	static const char *const hits[] = {"a x d", "b x d", "a d", "b d", "a y z d", "b y z d"};
	static const char *const misses[] = {"a y d", "c x d", "x d", "a x y z d"};
	struct verdict v;

	(void)state;
	assert_true(lexicons_phrase(l, lexicons_entry(l, "en", "one", SCREEN_HIGH, "suicide"),
		"(a|b) (x|y z|) d", NULL));
	lexicons_close(l);
	for (size_t i = 0; i < 6; i++) {
		screen_text(l, hits[i], strlen(hits[i]), &v);
		if (v.level != SCREEN_HIGH)
			fail_msg("%s", hits[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		screen_text(l, misses[i], strlen(misses[i]), &v);
		if (v.level != SCREEN_NONE)
			fail_msg("%s", misses[i]);
	}
	lexicons_free(&l);
}

static void phrases_that_cannot_be_read_are_refused(void **state)
{
	static const char *const bad[] = {"(a|b", "a)", "((a) b)", "", "...", "(|a)",
		"a b c d e f g h i j k l m n o p q",
		"(a|b|c|d|e|f|g|h|i|j) (a|b|c|d|e|f|g|h|i|j) (a|b|c|d|e|f|g|h|i|j) "
		"(a|b|c|d|e|f|g|h|i|j)"};
	struct lexicons *l = lexicons_new();
	uint32_t entry = lexicons_entry(l, "en", "one", SCREEN_HIGH, "suicide");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fail fail = {""};

		if (lexicons_phrase(l, entry, bad[i], &fail) || !*fail.text)
			fail_msg("taken: %s", bad[i]);
	}
	lexicons_free(&l);
}

static void a_phrase_that_ends_another_is_found_inside_it(void **state)
{
	struct lexicons *l = lexicons_new();
	struct verdict v;

	(void)state;
	lexicons_phrase(
		l, lexicons_entry(l, "en", "long", SCREEN_WATCH, "suicide"), "w x y z", NULL);
	lexicons_phrase(l, lexicons_entry(l, "en", "short", SCREEN_HIGH, "suicide"), "x y", NULL);
	lexicons_phrase(l, lexicons_entry(l, "es", "saying", SCREEN_NONE, ""), "w x y", NULL);
	lexicons_close(l);
	screen_text(l, "w x y q", 7, &v); /* the saying is of another language */
	assert_int_equal(v.level, SCREEN_HIGH);
	screen_text(l, "w x y z", 7, &v); /* the longer phrase says more */
	assert_int_equal(v.level, SCREEN_WATCH);
	screen_text(l, "w w x y", 7, &v);
	assert_int_equal(v.level, SCREEN_HIGH);
	lexicons_free(&l);
}

static int setup(void **state)
{
	struct problems problems = {0};

	(void)state;
	lexicons = lexicon_files_load("config/lexicons", &problems);
	problems_print(&problems);
	return problems.n ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	lexicons_free(&lexicons);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crisis_talk_is_found_and_everyday_talk_is_not),
		cmocka_unit_test(the_worst_rule_comes_first),
		cmocka_unit_test(crisis_talk_is_found_at_any_place_of_a_long_text),
		cmocka_unit_test(a_flood_of_phrases_does_not_hide_one),
		cmocka_unit_test(any_bytes_are_safe_and_time_is_linear),
		cmocka_unit_test(no_lexicons_find_nothing),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(choices_are_tried_in_every_way),
		cmocka_unit_test(phrases_that_cannot_be_read_are_refused),
		cmocka_unit_test(a_phrase_that_ends_another_is_found_inside_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
