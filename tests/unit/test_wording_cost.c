/* What texts cost: measured as they would leave, with the longest that their slots can hold. */
#include "platform/program_file.h"
#include "platform/wording_cost.h"
#include "platform/wording_file.h"
#include "platform/zone_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <core/body.h>
#include <sys/stat.h>
#include <warmline/fail.h>

static struct staff staff[] = {
	{.name = "Sam", .role = STAFF_SUPPORTER},
	{.name = "Maximiliana Featherstonehaugh", .role = STAFF_ONCALL},
	{.name = "Morgan", .role = STAFF_SUPERVISOR},
};

static struct program program(void)
{
	struct program p = {.id = "p", .staff = staff, .nstaff = 3, .languages = {"en"}};

	p.nlanguages = 1;
	text_set(p.signs_as, sizeof(p.signs_as), "Maple Team");
	text_set(p.emergency, sizeof(p.emergency), "911");
	return p;
}

/* `n` letters, then `rest`. */
static char *text_of(size_t n, const char *rest)
{
	static char text[600];

	memset(text, 'x', n);
	text_set(text + n, sizeof(text) - n, "%s", rest);
	return text;
}

static struct wording_cost cost_of(const struct program *p, enum wording_key key, char *text)
{
	struct wording w = {{NULL}};
	struct wording_cost cost;

	w.text[key] = text;
	assert_true(wording_cost_of(p, &w, key, &cost));
	return cost;
}

static void a_text_is_as_dear_as_with_the_longest_name(void **state)
{
	static const struct {
		size_t letters;
		const char *rest;
		size_t segments;
		bool long_name;
		const char *because;
	} rows[] = {
		{160, "", 1, false, ""},
		{161, "", 2, false, ""},
		{97, "{name}", 1, false, ""}, /* 63 letters */
		{98, "{name}", 2, true, ""},
		{152, "{name}", 2, false, ""}, /* a usual name is 9 long */
		{283, "{name}", 2, false, ""}, /* the longest is shortened to 23 */
		{284, "{name}", 3, false, ""},
		{69, "\u00e1", 1, false, ""}, /* UCS-2, and one segment all the same */
		{70, "\u00f3 \u00e1", 2, false, "\u00f3"},
		{7, "\u00e1{name}", 2, true, "\u00e1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct program p = program();
		struct wording_cost cost =
			cost_of(&p, WORDING_ANSWER_GOOD, text_of(rows[i].letters, rows[i].rest));

		if (cost.segments != rows[i].segments || cost.long_name != rows[i].long_name)
			fail_msg("row %zu: %zu segments, %zu units, long name %d", i, cost.segments,
				cost.units, cost.long_name);
		if (cost.segments > 1)
			assert_string_equal(cost.because, rows[i].because);
	}
}

static void names_of_the_staff_are_those_of_the_program(void **state)
{
	const struct program p = program();

	(void)state;
	assert_int_equal(cost_of(&p, WORDING_ACK_OTHER, text_of(0, "{by}")).units, 29);
	assert_int_equal(cost_of(&p, WORDING_ANSWER_LATE, text_of(0, "{told}")).units, 11);
	/* nobody is called longer than the signature, which stands for nameless supporters */
	assert_int_equal(cost_of(&p, WORDING_ANSWER_HARD, text_of(0, "{supporter}")).units, 10);
}

static void plain_punctuation_is_measured_as_it_leaves(void **state)
{
	struct program p = program();

	(void)state;
	assert_int_equal(
		cost_of(&p, WORDING_ANSWER_GOOD, text_of(80, "\u2026 \u2019")).segments, 2);
	p.plain_punctuation = true;
	assert_int_equal(
		cost_of(&p, WORDING_ANSWER_GOOD, text_of(80, "\u2026 \u2019")).segments, 1);
}

static void a_text_that_is_no_utf8_has_no_cost(void **state)
{
	const struct program p = program();
	struct wording w = {{NULL}};
	struct wording_cost cost;

	(void)state;
	w.text[WORDING_SAFETY] = (char[]){"bad \xff"};
	assert_false(wording_cost_of(&p, &w, WORDING_SAFETY, &cost));
}

static void everyone_who_was_told_is_named_shortly_where_room_is_scarce(void **state)
{
	const struct program p = program();
	const struct slot slots[] = {{"name", "Ana"},
		{"told", "Maria Guadalupe Fern\u00e1ndez, Dr. Featherstonehaugh, Sam"},
		{NULL, NULL}};
	struct wording w = {{NULL}};
	char *body;

	(void)state;
	w.text[WORDING_ANSWER_LATE] = text_of(110, "{told}");
	body = body_make(&p, &w, WORDING_ANSWER_LATE, slots);
	assert_string_equal(body + 110, "Maria, Dr. Featherstonehaugh, Sam");
	free(body);
	w.text[WORDING_ANSWER_LATE] = text_of(10, "{told}");
	body = body_make(&p, &w, WORDING_ANSWER_LATE, slots);
	assert_string_equal(body + 10, slots[1].value);
	free(body);
}

/* --- at load ------------------------------------------------------------------------------------
 */

static char folder[64];

static void write_program(const char *from, const char *to)
{
	char command[700];

	text_set(command, sizeof(command),
		"rm -rf %s/* && cp -r config/. %s/ && sed -i 's|%s|%s|' %s/programs/demo.yaml",
		folder, folder, from, to, folder);
	assert_int_equal(system(command), 0);
}

/* All problems as one text; the caller frees both. */
static char *load(struct program *p)
{
	struct problems problems = {0};
	struct fail fail;
	struct zones *zones = zone_files_load(ZONE_FOLDER, &fail);
	struct program_source source = {
		.folder = folder, .zone = "UTC", .zones = zones, .problems = &problems};
	char *all = xstrdup("");

	program_file_read(&source, "demo", p);
	for (size_t i = 0; i < problems.n; i++) {
		char *more = xasprintf("%s%s\n", all, problems.lines[i]);

		free(all);
		all = more;
	}
	problems_free(&problems);
	zones_free(&zones);
	return all;
}

static void a_text_that_only_a_long_name_makes_too_long_is_refused_with_its_line(void **state)
{
	struct program p;
	char *all, where[100];

	(void)state;
	/* 122 and 9 letters of a usual name would fit into 134 units; 23 do not */
	write_program("^staff:",
		"wording:\\n  es:\\n    hour_set: \"{name} \u00e1xxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\\nstaff:");
	all = load(&p);
	text_set(where, sizeof(where), "%s/programs/demo.yaml:", folder);
	assert_non_null(strstr(all, where));
	assert_non_null(strstr(all, "hour_set is "));
	assert_non_null(strstr(all, "in 3 parts, expected at most 2"));
	assert_non_null(strstr(all, "\"\u00e1\" costs more room"));
	free(all);
	program_clear(&p);
}

static void settings_for_texts_are_read_and_are_off_when_absent(void **state)
{
	static const struct {
		const char *line;
		bool plain, redact;
	} rows[] = {{"staff:", false, false}, {"plain_punctuation: yes\\nstaff:", true, false},
		{"redact: yes\\nstaff:", false, true},
		{"redact: no\\nplain_punctuation: no\\nstaff:", false, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program p;
		char *all;

		write_program("^staff:", rows[i].line);
		all = load(&p);
		assert_string_equal(all, "");
		assert_int_equal(p.plain_punctuation, rows[i].plain);
		assert_int_equal(p.redact, rows[i].redact);
		free(all);
		program_clear(&p);
	}
}

static int make_folder(void **state)
{
	(void)state;
	text_set(folder, sizeof(folder), "/tmp/warmline-cost-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char command[100];

	(void)state;
	text_set(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_as_dear_as_with_the_longest_name),
		cmocka_unit_test(names_of_the_staff_are_those_of_the_program),
		cmocka_unit_test(plain_punctuation_is_measured_as_it_leaves),
		cmocka_unit_test(a_text_that_is_no_utf8_has_no_cost),
		cmocka_unit_test(everyone_who_was_told_is_named_shortly_where_room_is_scarce),
		cmocka_unit_test(
			a_text_that_only_a_long_name_makes_too_long_is_refused_with_its_line),
		cmocka_unit_test(settings_for_texts_are_read_and_are_off_when_absent),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
