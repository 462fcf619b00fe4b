/* The shape of decisions: pure, repeatable, each effect with its rule, convertible to writes. */
#include "tests/lib/solo.h"

#include <core/explain.h>
#include <platform/writes.h>
#include <warmline/fail.h>

#define DAY INT64_C(86400000)

static void blind(const void *arg, const char *e164, char out[BLIND_SIZE])
{
	(void)arg;
	text_set(out, BLIND_SIZE, "%016llx%016llx", (unsigned long long)text_hash(e164), 7ULL);
}

TEST(the_document_that_came_in_is_not_touched)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct decision *d;
	char *before, *after;

	solo_enroll(s, true);
	before = json_print(s->doc);
	d = decide(s->house, s->actor, s->doc, NULL, 0, s->now + 4 * DAY, 1);
	after = json_print(s->doc);
	assert_string_equal(before, after);
	decision_free(&d);
	assert_null(d);
	free(before);
	free(after);
	solo_free(&s);
}

TEST(every_effect_and_every_log_entry_names_its_rule)
{
	static const char *const said[] = {"hi", "join", "yes", "3", "hour 18:00", "help", "stop",
		"start", "4821", "my sister came"};
	struct solo *s = solo_new(PERSON, WEEKLY);

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		solo_text(s, said[i]);
		for (size_t e = 0; e < s->last->neffects; e++) {
			const struct effect *effect = &s->last->effects[e];

			assert_non_null(effect->rule);
			assert_true(*effect->rule);
			if (effect->kind != EFFECT_LOG)
				continue;
			assert_string_equal(json_get_text(effect->data, "rule", ""), effect->rule);
			assert_int_equal(json_get_int(effect->data, "time", 0), s->now);
			assert_true(*json_get_text(effect->data, "kind", ""));
			assert_true(*json_get_text(effect->data, "event", ""));
		}
	}
	solo_free(&s);
}

TEST(an_inbound_text_is_logged_with_its_words_and_where_it_came_from)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	const json_t *entry = NULL;

	solo_text(s, "hello you");
	for (size_t i = 0; i < s->last->neffects; i++)
		if (s->last->effects[i].kind == EFFECT_LOG && !entry)
			entry = s->last->effects[i].data;
	assert_string_equal(json_get_text(entry, "kind", ""), "text-in");
	assert_string_equal(json_get_text(entry, "text", ""), "hello you");
	assert_string_equal(json_get_text(entry, "provider_id", ""), "SM1");
	assert_string_equal(json_get_text(entry, "from", ""), PERSON);
	assert_string_equal(json_get_text(entry, "event", ""), "test:AC1:000001:text");
	solo_free(&s);
}

TEST(effects_become_writes_without_losing_anything)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct writes *w;
	size_t jobs = 0, events = 0, logs = 0;

	solo_enroll(s, true);
	solo_crisis(s, "kill myself");
	w = writes_make(s->last, s->now, blind, NULL);
	assert_int_equal(w->n, s->last->neffects);
	for (size_t i = 0; i < w->n; i++) {
		const struct store_write *one = &w->items[i];
		json_t *data = one->blob.len ? json_parse(one->blob.data, one->blob.len) : NULL;

		if (one->kind == WRITE_JOB) {
			jobs++;
			assert_string_equal(json_get_text(data, "to", ""), PERSON);
			assert_string_equal(json_get_text(data, "from", ""), WEEKLY);
			assert_true(*json_get_text(data, "body", ""));
			assert_int_equal(strlen(one->blind), 32);
			assert_int_equal(one->lane, LANE_CRISIS);
			assert_int_equal(one->gate, GATE_SAFETY);
			assert_true(one->expires > one->at);
		} else if (one->kind == WRITE_EVENT) {
			events++;
			assert_string_equal(one->id, json_get_text(data, "id", ""));
			assert_true((one->to != NULL) != (one->blind != NULL));
		} else if (one->kind == WRITE_LOG) {
			logs++;
		}
		json_decref(data);
	}
	assert_int_equal(jobs, 1);
	assert_int_equal(events, 2); /* the case, the supporter */
	assert_true(logs >= 2);
	writes_free(&w);
	assert_null(w);
	solo_free(&s);
}

TEST(long_chains_of_causes_keep_short_and_different_ids)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	char id[EVENT_ID_SIZE];
	json_t *data, *both[2];

	for (int i = 0; i < 2; i++) {
		memset(id, 'x', sizeof(id) - 1);
		id[sizeof(id) - 1] = '\0';
		id[150] = (char)('a' + i);
		data = json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s}}", "id", id, "kind", "text", "from",
			PERSON, "to", WEEKLY, "body", "kill myself", "screen", "level", "high");
		solo_give(s, data);
		both[i] = json_deep_copy(solo_event(s, NULL, "crisis"));
		assert_true(strlen(json_get_text(both[i], "id", "")) < EVENT_ID_SIZE);
	}
	assert_string_not_equal(json_get_text(both[0], "id", ""), json_get_text(both[1], "id", ""));
	json_decref(both[0]);
	json_decref(both[1]);
	solo_free(&s);
}

TEST(no_document_makes_the_next_alarm_fall_into_the_past)
{
	static const char *const documents[] = {
		"{\"number\":\"" PERSON "\",\"p\":{\"weekly\":{\"s\":\"active\",\"next\":1}}}",
		"{\"number\":\"" PERSON "\",\"p\":{\"weekly\":{\"s\":\"active\",\"next\":1,"
		"\"ci\":{\"plan\":1,\"st\":1,\"job\":3,\"due\":1}}}}",
		"{\"number\":\"" PERSON "\",\"p\":{\"gone\":{\"s\":\"active\",\"next\":1}}}",
		"{\"p\":{\"weekly\":{\"s\":\"active\",\"next\":-5}}}",
		"{\"p\":[1,2],\"seq\":\"x\"}", "{\"s\":\"paging\",\"next\":1}",
		"{\"s\":\"paging\"}"};
	static const char *const actors[] = {"p01-00000000000000aa", "c01-00000000000000cc"};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		for (size_t a = 0; a < 2; a++) {
			struct solo *s = solo_new(PERSON, WEEKLY);

			text_set(s->actor, sizeof(s->actor), "%s", actors[a]);
			s->doc = json_parse(documents[i], strlen(documents[i]));
			assert_non_null(s->doc);
			for (int n = 0; n < 5; n++) {
				solo_give_all(s, NULL, 0);
				assert_true(s->last->alarm == 0 || s->last->alarm > s->now);
			}
			solo_free(&s);
		}
	}
}

TEST(people_of_a_program_that_is_gone_are_looked_after_again_when_it_is_back)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct house *house = s->house;

	solo_enroll(s, true);
	house->nprograms = 0;
	s->now += 4 * DAY;
	solo_give_all(s, NULL, 0);
	assert_true(s->last->alarm > s->now && s->last->alarm <= s->now + DAY);
	house->nprograms = 2;
	solo_wake(s);
	assert_string_equal(solo_state(s, "weekly"), "active");
	assert_true(s->last->alarm > s->now);
	solo_free(&s);
}

TEST(explain_tells_what_comes_and_changes_nothing)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct explanation *x;
	char *before, *after;
	bool asked = false, reminded = false, missed = false;

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	before = json_print(s->doc);
	x = explain(s->house, s->actor, s->doc, NULL, 0, s->now, 0);
	after = json_print(s->doc);
	assert_string_equal(before, after);
	for (size_t i = 0; i < x->n; i++) {
		asked |= strcmp(x->steps[i].rule, "check-in.due") == 0;
		reminded |= strcmp(x->steps[i].rule, "reminder.due") == 0;
		missed |= strcmp(x->steps[i].rule, "missed.contact") == 0;
		assert_true(x->steps[i].at >= s->now);
		assert_true(i == 0 || x->steps[i].at >= x->steps[i - 1].at);
		assert_true(*x->steps[i].text);
	}
	assert_true(asked && reminded && missed);
	assert_true(x->next > s->now);
	explanation_free(&x);
	x = explain(s->house, s->actor, s->doc, NULL, 0, s->now, s->now + 30 * DAY);
	assert_true(x->n > 0);
	assert_true(x->steps[0].at >= s->now + 30 * DAY);
	explanation_free(&x);
	free(before);
	free(after);
	solo_free(&s);
}

TEST(explain_of_nobody_is_empty)
{
	struct solo *s = solo_new(PERSON, WEEKLY);
	struct explanation *x = explain(s->house, s->actor, NULL, NULL, 0, s->now, 0);

	assert_int_equal(x->n, 0);
	assert_int_equal(x->next, 0);
	explanation_free(&x);
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_that_came_in_is_not_touched),
		cmocka_unit_test(every_effect_and_every_log_entry_names_its_rule),
		cmocka_unit_test(an_inbound_text_is_logged_with_its_words_and_where_it_came_from),
		cmocka_unit_test(effects_become_writes_without_losing_anything),
		cmocka_unit_test(long_chains_of_causes_keep_short_and_different_ids),
		cmocka_unit_test(no_document_makes_the_next_alarm_fall_into_the_past),
		cmocka_unit_test(
			people_of_a_program_that_is_gone_are_looked_after_again_when_it_is_back),
		cmocka_unit_test(explain_tells_what_comes_and_changes_nothing),
		cmocka_unit_test(explain_of_nobody_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
