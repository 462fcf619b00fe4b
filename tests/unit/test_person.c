/* What a person's texts lead to, whatever that person is at the moment. */
#include "tests/lib/solo.h"

#include <warmline/fail.h>

#define HOUR   INT64_C(3600000)
#define MINUTE INT64_C(60000)

TEST(a_stranger_gets_one_polite_answer_a_day_and_a_place_in_the_list)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_text(s, "hello who is this");
	assert_int_equal(solo_logged(s, "text-in"), 1);
	assert_true(solo_indexed(s, "strangers"));
	assert_int_equal(solo_texts(s, WORDING_STRANGER), 1);
	solo_text(s, "hello?");
	assert_true(solo_indexed(s, "strangers"));
	assert_int_equal(solo_all_texts(s), 0);
	solo_wait(s, 25 * HOUR);
	solo_text(s, "hello again");
	assert_int_equal(solo_texts(s, WORDING_STRANGER), 1);
	solo_free(&s);
}

TEST(a_short_code_is_not_answered)
{
	struct solo *s = solo_new("72345", WEEKLY);

	solo_text(s, "Your parcel is on its way");
	assert_true(solo_indexed(s, "strangers"));
	assert_int_equal(solo_all_texts(s), 0);
	solo_free(&s);
}

TEST(each_answer_gets_thanks_and_three_and_four_reach_the_supporter)
{
	static const struct {
		const char *body;
		enum wording_key answer;
		int news;
	} cases[] = {{"1", WORDING_ANSWER_GOOD, -1}, {"so so", WORDING_ANSWER_OK, -1},
		{"3", WORDING_ANSWER_HARD, WORDING_SUPPORTER_HARD},
		{"call me", WORDING_ANSWER_CALL, WORDING_SUPPORTER_CALL},
		{"bien", WORDING_ANSWER_GOOD, -1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);

		solo_enroll(s, true);
		solo_outcome(s, "accepted");
		solo_wake(s);
		assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
		solo_outcome(s, "accepted");
		solo_text(s, cases[i].body);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		assert_int_equal(solo_texts(s, cases[i].answer), 1);
		assert_int_equal(solo_all_texts(s), 1);
		assert_int_equal(solo_events(s, "notice"), cases[i].news < 0 ? 0 : 1);
		if (cases[i].news >= 0)
			assert_true(solo_notice(s, SUPPORTER, (enum wording_key)cases[i].news));
		solo_free(&s);
	}
}

TEST(free_text_goes_to_people_and_is_confirmed_at_most_twice_an_hour)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_text(s, "my sister is visiting");
	assert_true(solo_indexed(s, "unread"));
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_WROTE));
	assert_int_equal(solo_texts(s, WORDING_MESSAGE_SEEN), 1);
	solo_text(s, "and her dog");
	assert_true(solo_indexed(s, "unread"));
	assert_int_equal(solo_all_texts(s), 0);
	solo_wait(s, 31 * MINUTE);
	solo_text(s, "they left");
	assert_int_equal(solo_texts(s, WORDING_MESSAGE_SEEN), 1);
	solo_free(&s);
}

TEST(a_crisis_text_is_answered_and_opens_a_case_in_every_state)
{
	static const char *const before[][3] = {{NULL}, {"join"}, {"join", "yes"},
		{"join", "yes", "stop"}, {"stop"}, {"join", "no"}, {"hi"}};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);
		const struct effect *safety;
		const json_t *crisis;

		for (size_t j = 0; j < 3 && before[i][j]; j++)
			solo_text(s, before[i][j]);
		solo_crisis(s, "i want to kill myself");
		safety = solo_find(s, WORDING_SAFETY);
		assert_non_null(safety);
		assert_int_equal(safety->lane, LANE_CRISIS);
		assert_int_equal(safety->gate, GATE_SAFETY);
		assert_int_equal(solo_events(s, "crisis"), 1);
		crisis = solo_event(s, NULL, "crisis");
		assert_string_equal(json_get_text(crisis, "number", ""), PERSON);
		assert_int_equal(solo_logged(s, "text-in"), 1);
		solo_free(&s);
	}
}

TEST(every_further_crisis_text_joins_the_same_case_without_a_flood_of_answers)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char first[ACTOR_SIZE] = "";
	int full = 0, again = 0;

	solo_join(s);
	for (int i = 0; i < 40; i++) {
		solo_crisis(s, "kill myself");
		assert_int_equal(solo_events(s, "crisis"), 1);
		for (size_t e = 0; e < s->last->neffects; e++) {
			const struct effect *effect = &s->last->effects[e];

			if (effect->kind != EFFECT_EVENT || !effect->actor[0])
				continue;
			if (!*first)
				memcpy(first, effect->actor, ACTOR_SIZE);
			assert_string_equal(effect->actor, first);
		}
		full += (int)solo_texts(s, WORDING_SAFETY);
		again += (int)solo_texts(s, WORDING_SAFETY_AGAIN);
		solo_wait(s, 30000);
	}
	assert_int_equal(full, 2); /* at 0 and after 15 minutes */
	assert_in_range(again, 6, 10);
	solo_free(&s);
}

TEST(the_safety_text_never_says_that_nobody_answered_once_somebody_has)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data;

	solo_crisis(s, "kill myself");
	data = solo_data(s, "case");
	for (size_t i = 0; i < s->last->neffects; i++)
		if (s->last->effects[i].kind == EFFECT_EVENT && s->last->effects[i].actor[0])
			json_put_text(data, "case", s->last->effects[i].actor);
	json_put_text(data, "state", "taken");
	solo_give(s, data);
	solo_wait(s, 20 * MINUTE);
	solo_crisis(s, "kill myself");
	assert_int_equal(solo_texts(s, WORDING_SAFETY), 0);
	assert_int_equal(solo_texts(s, WORDING_SAFETY_AGAIN), 1);
	solo_wait(s, 60 * MINUTE); /* now it pages again, and says so */
	solo_crisis(s, "kill myself");
	assert_int_equal(solo_texts(s, WORDING_SAFETY), 1);
	solo_free(&s);
}

TEST(a_crisis_to_a_number_of_no_program_goes_to_the_first_one)
{
	struct solo *s = solo_new(PERSON, "+12025550199");

	solo_crisis(s, "kill myself");
	assert_int_equal(solo_texts(s, WORDING_SAFETY), 1);
	assert_string_equal(json_get_text(solo_event(s, NULL, "crisis"), "program", ""), "weekly");
	solo_text(s, "hello");
	assert_int_equal(solo_logged(s, "text-in"), 1);
	assert_true(solo_indexed(s, "unread"));
	solo_free(&s);
}

TEST(the_supporter_hears_of_a_crisis_without_the_words_of_the_text)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char *told;

	solo_enroll(s, true);
	solo_crisis(s, "kill myself xyzzy");
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_CRISIS));
	told = json_print(solo_event(s, SUPPORTER, "notice"));
	assert_null(strstr(told, "xyzzy"));
	free(told);
	solo_crisis(s, "kill myself");
	assert_false(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_CRISIS));
	solo_free(&s);
}

TEST(an_index_urgent_is_cleared_only_by_the_decision_that_made_the_case)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	bool cleared = false;

	solo_crisis(s, "kill myself");
	for (size_t i = 0; i < s->last->neffects; i++)
		cleared |= s->last->effects[i].kind == EFFECT_UNINDEX &&
			   strcmp(s->last->effects[i].name, "urgent") == 0;
	assert_true(cleared);
	solo_free(&s);
}

TEST(a_watch_word_is_listed_and_the_text_handled_as_usual)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	json_t *data;

	solo_enroll(s, true);
	data = solo_data(s, "text");
	json_put_text(data, "from", PERSON);
	json_put_text(data, "to", WEEKLY);
	json_put_text(data, "body", "i feel so alone");
	json_object_set_new(data, "screen", json_pack("{s:s}", "level", "watch"));
	solo_give(s, data);
	assert_true(solo_indexed(s, "watch"));
	assert_int_equal(solo_texts(s, WORDING_MESSAGE_SEEN), 1);
	assert_int_equal(solo_events(s, "crisis"), 0);
	solo_free(&s);
}

TEST(help_twice_in_a_day_is_a_cry_for_help)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_text(s, "HELP");
	assert_int_equal(solo_texts(s, WORDING_HELP), 1);
	assert_false(solo_indexed(s, "watch"));
	solo_text(s, "help!");
	assert_int_equal(solo_texts(s, WORDING_HELP), 1);
	assert_true(solo_indexed(s, "watch"));
	assert_true(solo_notice(s, SUPPORTER, WORDING_SUPPORTER_WROTE));
	solo_free(&s);
}

TEST(the_wanted_hour_is_kept_and_never_falls_into_quiet_hours)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_text(s, "hour 18:30");
	assert_non_null(strstr(solo_find(s, WORDING_HOUR_SET)->body, "hour=18:30"));
	solo_wake(s);
	assert_int_equal(s->now, INT64_C(1768260600000)); /* Monday 2026-01-12 18:30 EST */
	solo_outcome(s, "accepted");
	solo_text(s, "hour 23:00");
	assert_non_null(strstr(solo_find(s, WORDING_HOUR_SET)->body, "hour=9:00"));
	solo_free(&s);
}

TEST(nonsense_changes_nothing_and_crashes_nothing)
{
	static const char *const kinds[] = {"text", "receipt", "outcome", "enroll", "page", "taken",
		"notice", "case", "crisis", "paged", "ack", "from-the-future", ""};
	static const char *const actors[] = {"p01-00000000000000aa", "c01-00000000000000cc"};

	for (size_t a = 0; a < 2; a++) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct solo *s = solo_new(PERSON, WEEKLY);

			memcpy(s->actor, actors[a], ACTOR_SIZE - 3);
			solo_give(s, json_pack("{s:s}", "kind", kinds[i]));
			assert_true(s->last->neffects > 0);
			solo_give(s, json_pack("{s:i,s:[],s:s,s:{}}", "id", 5, "body", "kind",
					     kinds[i], "from"));
			solo_free(&s);
		}
	}
}

TEST(the_same_facts_make_the_same_decision_and_the_same_ids)
{
	struct solo *a = solo_new(PERSON, WEEKLY), *b = solo_new(PERSON, WEEKLY);
	char *one, *two;

	solo_enroll(a, true);
	solo_enroll(b, true);
	solo_crisis(a, "kill myself");
	solo_crisis(b, "kill myself");
	one = json_print(solo_event(a, NULL, "crisis"));
	two = json_print(solo_event(b, NULL, "crisis"));
	assert_string_equal(one, two);
	assert_non_null(strstr(one, "/0\""));
	free(one);
	free(two);
	one = json_print(a->doc);
	two = json_print(b->doc);
	assert_string_equal(one, two);
	free(one);
	free(two);
	solo_free(&a);
	solo_free(&b);
}

TEST(a_quiet_participant_fits_into_half_a_kilobyte)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char *text;

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	for (int i = 0; i < 4; i++) {
		solo_wake(s);
		solo_outcome(s, "accepted");
		solo_text(s, "1");
		solo_outcome(s, "accepted");
	}
	text = json_print(s->doc);
	assert_true(strlen(text) <= 500);
	free(text);
	solo_free(&s);
}

TEST(a_nameless_person_is_not_greeted_with_a_gap)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct program *p = (struct program *)(uintptr_t)&s->house->programs[0];
	char *old = p->wording[0].text[WORDING_ASK_CONSENT];

	p->wording[0].text[WORDING_ASK_CONSENT] = (char[]){"Hi {name}, well, {name}. Bye {name}!"};
	solo_text(s, "join");
	for (size_t i = 0; i < s->last->neffects; i++)
		if (s->last->effects[i].kind == EFFECT_TEXT)
			assert_string_equal(s->last->effects[i].body, "Hi, well. Bye!");
	p->wording[0].text[WORDING_ASK_CONSENT] = old;
	solo_free(&s);
}

/* The longest text of the shipped kind: Spanish letters, so that 134 characters are two parts. */
TEST(a_long_name_is_shortened_when_the_text_would_break_into_three)
{
	static const struct {
		const char *name, *greeting;
	} rows[] = {
		{"Ana", "Hi Ana, "},
		{"Mar\u00eda Guadalupe de los \u00c1ngeles Fern\u00e1ndez", "Hi Mar\u00eda, "},
		{"\u05e9\u05dc\u05d5\u05dd\u05e9\u05dc\u05d5\u05dd\u05e9\u05dc\u05d5\u05dd\u05e9"
		 "\u05dc\u05d5"
		 "\u05dd\u05e9\u05dc\u05d5\u05dd", /* no word to cut at, only letters */
			"Hi \u05e9\u05dc\u05d5\u05dd\u05e9\u05dc\u05d5\u05dd\u05e9\u05dc\u05d5, "},
		{"Dr. Maximiliana Featherstonehaugh-Cholmondeley", "Hi Dr. Maximiliana, "},
	};
	char filler[116] = "";

	memset(filler, 'x', sizeof(filler) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);
		struct program *p = (struct program *)(uintptr_t)&s->house->programs[0];
		char *old = p->wording[0].text[WORDING_ANSWER_GOOD], text[200];

		text_set(text, sizeof(text), "Hi {name}, \u00ed%s", filler);
		solo_enroll(s, true);
		json_put_text(s->doc, "name", rows[i].name);
		p->wording[0].text[WORDING_ANSWER_GOOD] = text;
		solo_text(s, "1");
		p->wording[0].text[WORDING_ANSWER_GOOD] = old;
		for (size_t j = 0; j < s->last->neffects; j++)
			if (s->last->effects[j].kind == EFFECT_TEXT)
				assert_memory_equal(s->last->effects[j].body, rows[i].greeting,
					strlen(rows[i].greeting));
		assert_int_equal(solo_all_texts(s), 1);
		solo_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_name_is_shortened_when_the_text_would_break_into_three),
		cmocka_unit_test(a_stranger_gets_one_polite_answer_a_day_and_a_place_in_the_list),
		cmocka_unit_test(a_short_code_is_not_answered),
		cmocka_unit_test(each_answer_gets_thanks_and_three_and_four_reach_the_supporter),
		cmocka_unit_test(free_text_goes_to_people_and_is_confirmed_at_most_twice_an_hour),
		cmocka_unit_test(a_crisis_text_is_answered_and_opens_a_case_in_every_state),
		cmocka_unit_test(
			every_further_crisis_text_joins_the_same_case_without_a_flood_of_answers),
		cmocka_unit_test(the_safety_text_never_says_that_nobody_answered_once_somebody_has),
		cmocka_unit_test(a_crisis_to_a_number_of_no_program_goes_to_the_first_one),
		cmocka_unit_test(the_supporter_hears_of_a_crisis_without_the_words_of_the_text),
		cmocka_unit_test(
			an_index_urgent_is_cleared_only_by_the_decision_that_made_the_case),
		cmocka_unit_test(a_watch_word_is_listed_and_the_text_handled_as_usual),
		cmocka_unit_test(help_twice_in_a_day_is_a_cry_for_help),
		cmocka_unit_test(the_wanted_hour_is_kept_and_never_falls_into_quiet_hours),
		cmocka_unit_test(nonsense_changes_nothing_and_crashes_nothing),
		cmocka_unit_test(the_same_facts_make_the_same_decision_and_the_same_ids),
		cmocka_unit_test(a_quiet_participant_fits_into_half_a_kilobyte),
		cmocka_unit_test(a_nameless_person_is_not_greeted_with_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
