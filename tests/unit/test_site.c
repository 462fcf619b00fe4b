/* The configuration: what ships is right, and every mistake is told with file and line. */
#include "platform/setting.h"
#include "platform/yaml_tree.h"
#include "tests/lib/site_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/fail.h>
#include <warmline/seal.h>
#include <warmline/site.h>

/* --- what ships --------------------------------------------------------------------------------
 */

static void the_shipped_configuration_loads(void **state)
{
	struct problems problems = {0};
	struct site *site =
		site_load("config/warmline.yaml", "/tmp/warmline-test-state", &problems);
	const struct program *weekly, *demo;

	(void)state;
	problems_print(&problems);
	assert_non_null(site);
	assert_true(site->simulator);
	assert_int_equal(site->naccounts, 1);
	assert_string_equal(site->accounts[0].kind, "twilio");
	assert_true(site->accounts[0].simulated);
	assert_string_equal(site->accounts[0].api_url, "http://127.0.0.1:8090");
	assert_true(account_has_number(&site->accounts[0], "+12025550101"));
	assert_string_equal(site->public_url, "http://127.0.0.1:8080");
	assert_string_equal(site->redis.path, "/tmp/warmline-test-state/redis.sock");
	assert_int_equal(site->nhandsets, 5);
	assert_int_equal(site->workers, 2);
	weekly = program_find(site->programs, site->nprograms, "weekly-check-in");
	assert_non_null(weekly);
	assert_int_equal(weekly->days, 7);
	assert_int_equal(weekly->every_ms, 0);
	assert_int_equal(weekly->weekday, 1);
	assert_int_equal(weekly->hour_min, 600);
	assert_int_equal(weekly->reminder_ms, 86400000);
	assert_int_equal(weekly->late_ms, 7200000);
	assert_int_equal(weekly->page_next_ms, 300000);
	assert_true(weekly->quiet && weekly->quiet_from == 1200 && weekly->quiet_to == 540);
	demo = program_find(site->programs, site->nprograms, "demo");
	assert_non_null(demo);
	assert_int_equal(demo->days, 0);
	assert_int_equal(demo->every_ms, 180000);
	assert_int_equal(demo->first_after_ms, 20000);
	assert_int_equal(demo->page_next_ms, 30000);
	assert_false(demo->quiet);
	assert_string_equal(program_nth(demo, STAFF_ONCALL, 1)->name, "Dr. Chen");
	for (size_t i = 0; i < site->nhandsets; i++)
		assert_string_equal(site->handsets[i].writes_to.text, demo->number.text);
	for (int key = 0; key < WORDING_COUNT; key++)
		assert_true(*demo->wording[1].text[key]);
	site_free(&site);
	assert_null(site);
	problems_free(&problems);
}

static void the_first_text_says_how_to_stop_and_automatic_texts_say_so(void **state)
{
	struct problems problems = {0};
	struct site *site =
		site_load("config/warmline.yaml", "/tmp/warmline-test-state", &problems);

	(void)state;
	assert_non_null(site);
	for (size_t i = 0; i < site->nprograms; i++)
		for (size_t j = 0; j < site->programs[i].nlanguages; j++) {
			const struct wording *w = &site->programs[i].wording[j];

			assert_non_null(strstr(w->text[WORDING_ASK_CONSENT], "STOP"));
			assert_non_null(strstr(w->text[WORDING_WELCOME], "STOP"));
			assert_non_null(strstr(w->text[WORDING_SAFETY], "{emergency}"));
			assert_non_null(strstr(w->text[WORDING_SAFETY_AGAIN], "{emergency}"));
			for (int key = 0; key < WORDING_COUNT; key++)
				if (!strstr(w->text[key], "automatic text") &&
					!strstr(w->text[key], "autom\xc3\xa1tico"))
					fail_msg("%s", w->text[key]);
		}
	site_free(&site);
	problems_free(&problems);
}

/* --- mistakes ----------------------------------------------------------------------------------
 */

static const struct {
	const char *file, *from, *to, *told; /* a part of the sentence */
} mistakes[] = {
	{"warmline.yaml", "  port: 8080", "  prot: 8080",
		"unknown setting \"prot\", expected perhaps \"port\""},
	{"warmline.yaml", "  port: 8080", "  port: 80800", "whole number from 1 to 65535"},
	{"warmline.yaml", "  port: 8080", "  port: 8080\n  port: 8081", NULL},
	{"warmline.yaml", "  port: 8080", "  port: 8090", NULL},
	{"warmline.yaml", "listen: 127.0.0.1", "listen: localhost", "numeric address"},
	{"warmline.yaml", "workers: 2", "workers: many", "whole number"},
	{"warmline.yaml", "zone: America/Detroit", "zone: America/Detriot", "America/Detriot"},
	{"warmline.yaml", "redis: private", "redis: public", "expected private"},
	{"warmline.yaml", "kind: simulator", "kind: carrier-pigeon", "expected simulator"},
	{"warmline.yaml", "  - demo", "  - nosuch", NULL},
	{"warmline.yaml", "writes_to: +12025550100", "writes_to: +12025550199",
		"number of no program"},
	{"warmline.yaml", "number: +12025550112", "number: 12025550112", "no telephone number"},
	{"warmline.yaml", "number: +12025550112", "number: +12025550111", NULL},
	{"warmline.yaml", "programs:", "programs: &all", "anchors"},
	{"warmline.yaml", "gateway:", "gateway: [", "expected YAML"},
	{"warmline.yaml", "gateway:", "\tgateway:", "expected YAML"},
	{"programs/weekly-check-in.yaml", "every: 1w", "every: weekly", "no length of time"},
	{"programs/weekly-check-in.yaml", "day: monday", "day: moonday", "expected one of: sunday"},
	{"programs/weekly-check-in.yaml", "hour: \"10:00\"", "hour: \"25:00\"", "no time of day"},
	{"programs/weekly-check-in.yaml", "hour: \"10:00\"", "hour: \"21:00\"", NULL},
	{"programs/weekly-check-in.yaml", "reminder_after: 1d", "reminder_after: 6d", NULL},
	{"programs/weekly-check-in.yaml", "reminder_after", "reminder",
		"expected perhaps \"reminder_after\""},
	{"programs/weekly-check-in.yaml", "late_limit: 2h", "late_limit: 2w", "is too long"},
	{"programs/weekly-check-in.yaml", "next_person: 5m", "next_person: 45m",
		"expected 2s to 30m"},
	{"programs/weekly-check-in.yaml", "\"20:00-09:00\"", "evening", "expected from-to"},
	{"programs/weekly-check-in.yaml", "\"20:00-09:00\"", "\"09:00-08:00\"", "18 quiet hours"},
	{"programs/weekly-check-in.yaml", "number: +12025550101", "number: +12025550100", NULL},
	{"programs/weekly-check-in.yaml", "number: +12025550101", "number: +12025550112", NULL},
	{"programs/weekly-check-in.yaml", "role: supervisor", "role: on-call", "no supervisor"},
	{"programs/weekly-check-in.yaml", "name: Dr. Chen", "name: Dr. Who", NULL},
	{"programs/weekly-check-in.yaml", "languages: [en, es]", "languages: [en, fr]", NULL},
	{"programs/weekly-check-in.yaml", "never_say: []", "never_say: [answers]", NULL},
	{"programs/weekly-check-in.yaml", "signs_as: Maple Team\n", "", NULL},
	{"programs/demo.yaml", "quiet_hours: none", "quiet_hours: none\nsecret: 1",
		"unknown setting \"secret\""},
	{"programs/demo.yaml", "first_after: 20s", "hour: \"10:00\"", "no meaning"},
	{"wording/en.yaml", "{supporter} that you would", "{helper} that you would",
		"slot {helper} has no value"},
	{"wording/en.yaml", "check_in:", "checkin:", "unknown text \"checkin\""},
	{"wording/en.yaml", "Good to hear, {name}.", "Good. Did you take your medication, {name}?",
		"\"medication\""},
	{"wording/en.yaml", "We are paging a person on our team now.", "Someone is coming.",
		"\"someone is coming\""},
	{"wording/en.yaml", "Done, {name}.", "Done with the weekly check in, {name}.",
		"\"weekly check in\""},
	{"lexicons/en.yaml", "level: imminent", "level: terrible", "expected one of: none, watch"},
	{"lexicons/en.yaml", "hit: [im going", "hit: [good morning, im going",
		"\"good morning\" is not found by en.kill-self-when"},
	{"lexicons/fr.yaml", "language: fr", "language: de", "expected fr"},
	{"lexicons/fr.yaml", "(suicider|tuer", "((suicider|tuer", "bracket"},
};

static void every_mistake_is_told_with_file_and_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char *all, where[160];

		copy_fresh();
		copy_edit(mistakes[i].file, mistakes[i].from, mistakes[i].to);
		all = copy_problems();
		snprintf(where, sizeof(where), "%s/%s:", copy_folder, mistakes[i].file);
		if (!*all || !strstr(all, "expected"))
			fail_msg("mistake %zu (%s) is not told: %s", i, mistakes[i].to, all);
		if (mistakes[i].told && !strstr(all, mistakes[i].told))
			fail_msg("mistake %zu is told as: %s", i, all);
		if (mistakes[i].told && !strstr(all, where))
			fail_msg("mistake %zu without its file: %s", i, all);
		free(all);
	}
}

static void the_line_is_the_line_of_the_mistake(void **state)
{
	char *all, where[160];
	size_t line;

	(void)state;
	copy_fresh();
	line = copy_edit("programs/demo.yaml", "next_person: 30s", "next_person: soon");
	all = copy_problems();
	snprintf(where, sizeof(where), "%s/programs/demo.yaml:%zu: next_person: \"soon\"",
		copy_folder, line);
	if (strncmp(all, where, strlen(where)) != 0)
		fail_msg("%s", all);
	free(all);
}

static void all_mistakes_come_at_once(void **state)
{
	char *all;

	(void)state;
	copy_fresh();
	copy_edit("warmline.yaml", "  port: 8080", "  port: 0");
	copy_edit("warmline.yaml", "role: participant", "rule: participant");
	copy_edit("programs/demo.yaml", "every: 3m", "every: often");
	copy_edit("programs/weekly-check-in.yaml", "missed_after: 1d", "missed_after: 0d");
	copy_edit("wording/es.yaml", "reminder:", "remainder:");
	all = copy_problems();
	assert_non_null(strstr(all, "port"));
	assert_non_null(strstr(all, "\"rule\""));
	assert_non_null(strstr(all, "\"often\""));
	assert_non_null(strstr(all, "missed_after"));
	assert_non_null(strstr(all, "\"remainder\""));
	assert_non_null(strstr(all, "\"reminder\" is missing in language es"));
	free(all);
}

static void a_text_of_three_parts_is_refused(void **state)
{
	char words[400] = "check_in: \"";
	char *all;

	(void)state;
	copy_fresh();
	while (strlen(words) < 330)
		strcat(words, "words ");
	copy_edit("wording/en.yaml", "check_in: \"", words);
	all = copy_problems();
	assert_non_null(strstr(all, "in 3 parts, expected at most 2"));
	free(all);
}

static void a_program_may_say_things_in_its_own_words(void **state)
{
	struct problems problems = {0};
	struct site *site;

	(void)state;
	copy_fresh();
	copy_edit("programs/demo.yaml", "staff:",
		"wording:\n  en:\n    answer_good: \"Lovely, {name}! (automatic text)\"\nstaff:");
	site = site_load(copy_config, "/tmp/warmline-test-state", &problems);
	problems_print(&problems);
	assert_non_null(site);
	assert_string_equal(program_find(site->programs, site->nprograms, "demo")
				    ->wording[0]
				    .text[WORDING_ANSWER_GOOD],
		"Lovely, {name}! (automatic text)");
	assert_non_null(strstr(program_find(site->programs, site->nprograms, "weekly-check-in")
				       ->wording[0]
				       .text[WORDING_ANSWER_GOOD],
		"Good to hear"));
	site_free(&site);
	problems_free(&problems);
}

/* --- provider ----------------------------------------------------------------------------------
 */

static void the_providers_token_comes_from_a_closed_file(void **state)
{
	static const char twilio[] = "kind: twilio\n  account: AC0123456789abcdef0123456789abcdef\n"
				     "  secrets_file: twilio.secrets";
	char path[128], *all;
	struct problems problems = {0};
	struct site *site;

	(void)state;
	copy_fresh();
	copy_edit("warmline.yaml", "kind: simulator", twilio);
	copy_edit("warmline.yaml", "  port: 8080",
		"  port: 8080\n  public_url: https://w.example.org");
	all = copy_problems();
	assert_non_null(strstr(all, "twilio.secrets cannot be read"));
	free(all);
	copy_spit("twilio.secrets",
		"# token\n0123456789abcdef0123456789abcdef\nfedcba9876543210fedc\n");
	snprintf(path, sizeof(path), "%s/twilio.secrets", copy_folder);
	chmod(path, 0644);
	all = copy_problems();
	assert_non_null(strstr(all, "chmod 600"));
	assert_null(strstr(all, "0123456789abcdef0123"));
	free(all);
	chmod(path, 0600);
	site = site_load(copy_config, "/tmp/warmline-test-state", &problems);
	problems_print(&problems);
	assert_non_null(site);
	assert_false(site->simulator);
	assert_int_equal(site->accounts[0].nsecrets, 2);
	assert_string_equal(site->accounts[0].secrets[0], "0123456789abcdef0123456789abcdef");
	assert_true(site->accounts[0].per_second > 0);
	site_free(&site);
	problems_free(&problems);
}

static void the_simulators_account_belongs_to_the_installation(void **state)
{
	struct problems problems = {0};
	struct site *site;
	struct keys *keys = keys_random(), *others = keys_random();
	char token[128];

	(void)state;
	setenv("WARMLINE_CARRIER_PORT", "18090", 1);
	setenv("WARMLINE_PORT", "18080", 1);
	site = site_load("config/warmline.yaml", "/tmp/warmline-test-state", &problems);
	unsetenv("WARMLINE_CARRIER_PORT");
	unsetenv("WARMLINE_PORT");
	assert_non_null(site);
	assert_string_equal(site->public_url, "http://127.0.0.1:18080");
	site_use_keys(site, keys);
	assert_int_equal(strlen(site->accounts[0].id), 34);
	assert_int_equal(strncmp(site->accounts[0].id, "AC", 2), 0);
	assert_int_equal(site->accounts[0].nsecrets, 1);
	assert_int_equal(strlen(site->accounts[0].secrets[0]), 32);
	assert_string_equal(site->accounts[0].api_url, "http://127.0.0.1:18090");
	snprintf(token, sizeof(token), "%.100s", site->accounts[0].secrets[0]);
	site_use_keys(site, others);
	assert_string_not_equal(site->accounts[0].secrets[0], token);
	site_free(&site);
	keys_free(&keys);
	keys_free(&others);
	problems_free(&problems);
}

/* --- small parts -------------------------------------------------------------------------------
 */

static void lengths_of_time_are_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {{"90s", 90000}, {"5m", 300000}, {"2h", 7200000}, {"1d", 86400000},
		{"1w", 604800000}, {"5", -1}, {"m", -1}, {"5 m", -1}, {"-5m", -1}, {"5min", -1},
		{"1.5h", -1}, {"", -1}, {"1234567s", -1}, {"5M", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(duration_parse(rows[i].text, &ms), rows[i].ms >= 0);
		assert_int_equal(ms, rows[i].ms);
	}
}

static void any_bytes_as_yaml_are_safe(void **state)
{
	char *text = copy_slurp("config/programs/demo.yaml");
	size_t len = strlen(text);
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct problems problems = {0};
		struct tree *tree;
		char *copy = xmemdup(text, len);
		size_t cut;

		for (int j = 0; j < 4; j++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			copy[(seed >> 33) % len] = "\t:-[]{}&*\"'\n#|>!%@\x80 "[(seed >> 20) % 20];
		}
		cut = i % 3 ? len : (size_t)(seed >> 30) % len;
		tree = tree_parse("x", copy, cut, &problems);
		assert_int_equal(tree == NULL, problems.n > 0 && !tree);
		if (!tree)
			assert_true(problems.n > 0);
		tree_free(&tree);
		problems_free(&problems);
		free(copy);
	}
	free(text);
}

static void deep_and_double_yaml_is_refused(void **state)
{
	static const char *const bad[] = {"a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}",
		"a: 1\na: 2\n", "a: &x 1\nb: *x\n", "a: 1\n---\nb: 2\n", "- a\n- b\n", "text",
		"? [a]\n: 1\n", "a: \"x\\0y\"\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct problems problems = {0};
		struct tree *tree = tree_parse("x.yaml", bad[i], strlen(bad[i]), &problems);

		if (problems.n == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(strncmp(problems.lines[0], "x.yaml:", 7), 0);
		tree_free(&tree);
		problems_free(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_configuration_loads),
		cmocka_unit_test(the_first_text_says_how_to_stop_and_automatic_texts_say_so),
		cmocka_unit_test(every_mistake_is_told_with_file_and_line),
		cmocka_unit_test(the_line_is_the_line_of_the_mistake),
		cmocka_unit_test(all_mistakes_come_at_once),
		cmocka_unit_test(a_text_of_three_parts_is_refused),
		cmocka_unit_test(a_program_may_say_things_in_its_own_words),
		cmocka_unit_test(the_providers_token_comes_from_a_closed_file),
		cmocka_unit_test(the_simulators_account_belongs_to_the_installation),
		cmocka_unit_test(lengths_of_time_are_a_number_and_a_unit),
		cmocka_unit_test(any_bytes_as_yaml_are_safe),
		cmocka_unit_test(deep_and_double_yaml_is_refused),
	};

	return cmocka_run_group_tests(tests, copy_open, copy_close);
}
