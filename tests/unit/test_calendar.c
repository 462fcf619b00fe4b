/* When check-ins come due and when texts rest, whatever the clocks do. */
#include "platform/zone_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/calendar.h>

#define HOUR_MS INT64_C(3600000)

static struct zones *zones;

/* "2026-03-08 09:30" as clocks of `zone` show it (the first time). */
static int64_t at(const char *zone, const char *local)
{
	int year, month, day, hour, minute;

	assert_int_equal(sscanf(local, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
	return zone_instant(zones_find(zones, zone), year, month, day, hour * 60 + minute);
}

static void show(const char *zone, int64_t ms, char text[32])
{
	struct local_time t;

	zone_local(zones_find(zones, zone), ms, &t);
	snprintf(text, 32, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
}

#define NY    "America/New_York"
#define EVERY (-1)

static const struct {
	const char *zone, *after;
	int every, weekday, minute;
	const char *next;
} nexts[] = {
	{NY, "2026-11-25 09:00", 1, EVERY, 600, "2026-11-25 10:00"},
	{NY, "2026-11-25 10:00", 1, EVERY, 600, "2026-11-26 10:00"},
	{NY, "2026-11-25 10:01", 1, EVERY, 600, "2026-11-26 10:00"},
	/* weekly: the next Monday, also the same day */
	{NY, "2026-11-25 09:00", 7, 1, 600, "2026-11-30 10:00"},
	{NY, "2026-11-30 09:59", 7, 1, 600, "2026-11-30 10:00"},
	{NY, "2026-11-30 10:00", 7, 1, 600, "2026-12-07 10:00"},
	{NY, "2026-12-28 12:00", 7, 1, 600, "2027-01-04 10:00"},
	/* fortnightly: never two in two weeks, also when the last one came late that day */
	{NY, "2026-11-30 10:00", 14, 1, 600, "2026-12-14 10:00"},
	{NY, "2026-11-30 12:30", 14, 1, 600, "2026-12-14 10:00"},
	{NY, "2026-11-30 09:00", 14, 1, 600, "2026-12-14 10:00"},
	{NY, "2026-11-25 10:00", 10, EVERY, 600, "2026-12-05 10:00"},
	{NY, "2026-11-25 10:00", 3, EVERY, 600, "2026-11-28 10:00"},
	/* clocks change between: still 10:00 */
	{NY, "2026-03-07 10:00", 1, EVERY, 600, "2026-03-08 10:00"},
	{NY, "2026-10-31 10:00", 1, EVERY, 600, "2026-11-01 10:00"},
	{NY, "2026-03-02 10:00", 7, 1, 600, "2026-03-09 10:00"},
	{NY, "2026-03-02 10:00", 14, 1, 600, "2026-03-16 10:00"},
	/* an hour that does not exist, then the next day as usual */
	{NY, "2026-03-07 12:00", 1, EVERY, 150, "2026-03-08 03:00"},
	{NY, "2026-03-08 03:00", 1, EVERY, 150, "2026-03-09 02:30"},
	/* an hour that exists twice comes once */
	{NY, "2026-10-31 12:00", 1, EVERY, 90, "2026-11-01 01:30"},
	{NY, "2026-11-01 01:30", 1, EVERY, 90, "2026-11-02 01:30"},
	{"Europe/Berlin", "2026-03-28 12:00", 1, EVERY, 150, "2026-03-29 03:00"},
	{"Australia/Lord_Howe", "2026-10-03 12:00", 1, EVERY, 135, "2026-10-04 02:30"},
	{"Africa/Casablanca", "2026-02-14 12:00", 1, EVERY, 150, "2026-02-15 02:30"},
	/* a Friday that never was: the next day, and not twice on it */
	{"Pacific/Apia", "2011-12-24 12:00", 7, 5, 600, "2011-12-31 10:00"},
	{"Pacific/Apia", "2011-12-29 12:00", 1, EVERY, 600, "2011-12-31 10:00"},
	{"Pacific/Apia", "2011-12-31 10:00", 1, EVERY, 600, "2012-01-01 10:00"},
};

static void check_ins_come_due_once_a_day_at_the_persons_own_hour(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		int64_t after = at(nexts[i].zone, nexts[i].after);
		int64_t next = calendar_next(zones_find(zones, nexts[i].zone), after,
			nexts[i].every, nexts[i].weekday, nexts[i].minute);
		char text[32];

		show(nexts[i].zone, next, text);
		assert_true(next > after);
		if (strcmp(text, nexts[i].next) != 0)
			fail_msg("row %zu: got %s, expected %s", i, text, nexts[i].next);
	}
}

static void the_second_half_past_one_brings_no_second_check_in(void **state)
{
	const struct zone *zone = zones_find(zones, NY);
	int64_t second = at(NY, "2026-11-01 01:30") + HOUR_MS;
	char text[32];

	(void)state;
	show(NY, second, text);
	assert_string_equal(text, "2026-11-01 01:30");
	show(NY, calendar_next(zone, second, 1, EVERY, 90), text);
	assert_string_equal(text, "2026-11-02 01:30");
}

static void ten_years_of_days_have_one_check_in_each(void **state)
{
	static const char *const names[] = {NY, "Europe/Berlin", "Australia/Lord_Howe",
		"Africa/Casablanca", "Pacific/Apia", "America/Havana", "America/Sao_Paulo"};

	(void)state;
	for (size_t z = 0; z < sizeof(names) / sizeof(names[0]); z++) {
		const struct zone *zone = zones_find(zones, names[z]);
		static const int minutes[] = {0, 30, 90, 150, 600, 1410};

		for (size_t m = 0; m < 6; m++) {
			int64_t t = at(names[z], "2009-12-31 23:59");
			struct local_time last, now;

			zone_local(zone, t, &last);
			for (int day = 0; day < 3653; day++) {
				t = calendar_next(zone, t, 1, EVERY, minutes[m]);
				zone_local(zone, t, &now);
				assert_false(now.day == last.day && now.month == last.month);
				last = now;
			}
			assert_int_equal(now.year, 2020);
			assert_int_equal(now.day, z == 4 ? 2 : 1); /* Apia had a day less */
		}
	}
}

/* --- quiet hours -------------------------------------------------------------------------------
 */

static const struct {
	const char *at;
	int from, to;
	bool quiet;
	const char *after, *start;
} quiets[] = {
	{"2026-11-25 19:59", 1200, 540, false, "2026-11-25 19:59", "2026-11-25 20:00"},
	{"2026-11-25 20:00", 1200, 540, true, "2026-11-26 09:00", "2026-11-26 20:00"},
	{"2026-11-25 23:59", 1200, 540, true, "2026-11-26 09:00", "2026-11-26 20:00"},
	{"2026-11-26 00:00", 1200, 540, true, "2026-11-26 09:00", "2026-11-26 20:00"},
	{"2026-11-26 08:59", 1200, 540, true, "2026-11-26 09:00", "2026-11-26 20:00"},
	{"2026-11-26 09:00", 1200, 540, false, "2026-11-26 09:00", "2026-11-26 20:00"},
	{"2026-11-26 12:30", 720, 840, true, "2026-11-26 14:00", "2026-11-27 12:00"},
	{"2026-11-26 14:00", 720, 840, false, "2026-11-26 14:00", "2026-11-27 12:00"},
	{"2026-11-26 14:00", 600, 600, false, "2026-11-26 14:00", NULL},
	/* the end lies in the gap of spring; quiet hours over the change */
	{"2026-03-08 01:00", 1200, 150, true, "2026-03-08 03:00", "2026-03-08 20:00"},
	{"2026-03-07 22:00", 1200, 540, true, "2026-03-08 09:00", "2026-03-08 20:00"},
	{"2026-10-31 22:00", 1200, 540, true, "2026-11-01 09:00", "2026-11-01 20:00"},
};

static void quiet_hours_begin_and_end_by_the_clock_on_the_wall(void **state)
{
	const struct zone *zone = zones_find(zones, NY);

	(void)state;
	for (size_t i = 0; i < sizeof(quiets) / sizeof(quiets[0]); i++) {
		int64_t t = at(NY, quiets[i].at), after, start;
		char text[32];

		after = calendar_after_quiet(zone, t, quiets[i].from, quiets[i].to);
		start = calendar_quiet_start(zone, t, quiets[i].from, quiets[i].to);
		assert_int_equal(
			calendar_quiet(zone, t, quiets[i].from, quiets[i].to), quiets[i].quiet);
		show(NY, after, text);
		if (strcmp(text, quiets[i].after) != 0)
			fail_msg("row %zu: after %s, expected %s", i, text, quiets[i].after);
		if (quiets[i].start) {
			show(NY, start, text);
			if (strcmp(text, quiets[i].start) != 0)
				fail_msg("row %zu: start %s", i, text);
		} else {
			assert_true(start == INT64_MAX);
		}
	}
}

static void after_quiet_hours_it_is_never_quiet(void **state)
{
	static const char *const names[] = {
		NY, "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"};
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct zone *zone = zones_find(zones, names[i % 5]);
		int64_t t, after;
		int from, to;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		t = (int64_t)(seed >> 24) % 4102444800000;
		from = (int)(seed % 1440);
		to = (from + 30 + (int)(seed >> 40) % 1000) % 1440;
		after = calendar_after_quiet(zone, t, from, to);
		assert_true(after >= t && after < t + 49 * HOUR_MS);
		assert_false(calendar_quiet(zone, after, from, to));
		assert_true(calendar_quiet(zone, t, from, to) == (after > t));
		assert_true(calendar_quiet_start(zone, t, from, to) > t);
	}
}

/* --- hours as people write them ----------------------------------------------------------------
 */

static void hours_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		int minute; /* -1: refused */
	} rows[] = {{"9", 540}, {"09", 540}, {"18:30", 1110}, {"6pm", 1080}, {"6 pm", 1080},
		{"6:30 pm", 1110}, {"6:30 PM", 1110}, {"6 p.m.", 1080}, {"12am", 0}, {"12 pm", 720},
		{"12:15 am", 15}, {"0", 0}, {"0:00", 0}, {"23:59", 1439}, {"18h30", 1110},
		{"18h", 1080}, {" 7:05", 425}, {"6.30 pm", 1110}, {"24", -1}, {"24:00", -1},
		{"18:60", -1}, {"13pm", -1}, {"0am", -1}, {"6:3", -1}, {"", -1}, {"pm", -1},
		{"6 am please", -1}, {"123", -1}, {"-6", -1}, {"6:30:15", -1}, {"six", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int minute = -1;
		bool read = calendar_hour_parse(rows[i].text, &minute);

		if (read != (rows[i].minute >= 0) || minute != rows[i].minute)
			fail_msg("\"%s\": got %d", rows[i].text, minute);
	}
}

static int setup(void **state)
{
	(void)state;
	zones = zone_files_load(ZONE_FOLDER, NULL);
	return zones ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	zones_free(&zones);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ins_come_due_once_a_day_at_the_persons_own_hour),
		cmocka_unit_test(the_second_half_past_one_brings_no_second_check_in),
		cmocka_unit_test(ten_years_of_days_have_one_check_in_each),
		cmocka_unit_test(quiet_hours_begin_and_end_by_the_clock_on_the_wall),
		cmocka_unit_test(after_quiet_hours_it_is_never_quiet),
		cmocka_unit_test(hours_are_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
