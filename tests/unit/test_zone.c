/* Zones: every zone of the system tells the same local time as glibc does. */
#include "platform/zone_files.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>
#include <warmline/fail.h>
#include <warmline/zone.h>

#define DAY_MS INT64_C(86400000)

static struct zones *zones;

static const struct zone *zone_of(const char *name)
{
	const struct zone *zone = zones_find(zones, name);

	if (!zone)
		fail_msg("no zone %s", name);
	return zone;
}

/* --- oracle ------------------------------------------------------------------------------------
 */

/* In a child, because TZ belongs to the whole process. Writes what differs to stderr. */
static int compare(const char *name, const struct zone *zone)
{
	uint64_t seed = 88172645463325252ULL;

	setenv("TZ", name, 1);
	tzset();
	for (int64_t t = 0; t < 4102444800; t += 86400 * 3) {
		struct local_time mine;
		struct tm theirs;
		time_t at;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		at = (time_t)(t + (int64_t)(seed % 259200));
		localtime_r(&at, &theirs);
		zone_local(zone, (int64_t)at * 1000 + 999, &mine);
		if (mine.offset != theirs.tm_gmtoff || mine.year != theirs.tm_year + 1900 ||
			mine.month != theirs.tm_mon + 1 || mine.day != theirs.tm_mday ||
			mine.hour != theirs.tm_hour || mine.minute != theirs.tm_min ||
			mine.second != theirs.tm_sec || mine.weekday != theirs.tm_wday) {
			fprintf(stderr, "%s at %lld: %d, glibc %ld\n", name, (long long)at,
				mine.offset, theirs.tm_gmtoff);
			return 1;
		}
	}
	return 0;
}

struct tour {
	size_t seen, wrong;
};

static void tour_folder(struct tour *tour, const char *prefix, int part, int depth)
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, prefix);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char name[300];
		const struct zone *zone;

		snprintf(name, sizeof(name), "%s%s", prefix, entry->d_name);
		if (strcmp(name, "right") == 0 || strcmp(name, "posix") == 0 || name[0] == '.' ||
			entry->d_name[0] == '.')
			continue;
		zone = zones_find(zones, name);
		if (zone && (int)(tour->seen++ % 2) == part)
			tour->wrong += (size_t)compare(name, zone);
		snprintf(name, sizeof(name), "%s%s/", prefix, entry->d_name);
		if (!zone && depth > 0)
			tour_folder(tour, name, part, depth - 1);
	}
	if (dir)
		closedir(dir);
}

static void all_zones_agree_with_glibc_from_1970_to_2100(void **state)
{
	pid_t children[2];

	(void)state;
	for (int part = 0; part < 2; part++) {
		children[part] = fork();
		if (children[part] == 0) {
			struct tour tour = {0};

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			tour_folder(&tour, "", part, 3);
			_exit(tour.wrong ? 1 : tour.seen < 300 ? 2 : 0);
		}
	}
	for (int part = 0; part < 2; part++) {
		int status = 0;

		assert_int_equal(waitpid(children[part], &status, 0), children[part]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* --- local times that are special --------------------------------------------------------------
 */

static const struct {
	const char *zone;
	int year, month, day, minute;
	const char *utc; /* what it must be */
} instants[] = {
	{"America/New_York", 2026, 7, 1, 10 * 60, "2026-07-01 14:00"},
	{"America/New_York", 2026, 1, 5, 10 * 60, "2026-01-05 15:00"},
	/* spring: 02:30 does not exist, the first instant that does is 03:00 */
	{"America/New_York", 2026, 3, 8, 150, "2026-03-08 07:00"},
	{"America/New_York", 2026, 3, 8, 120, "2026-03-08 07:00"},
	{"America/New_York", 2026, 3, 8, 180, "2026-03-08 07:00"},
	{"America/New_York", 2026, 3, 8, 119, "2026-03-08 06:59"},
	/* autumn: 01:30 exists twice, the first counts */
	{"America/New_York", 2026, 11, 1, 90, "2026-11-01 05:30"},
	{"America/New_York", 2026, 11, 1, 120, "2026-11-01 07:00"},
	{"Europe/Berlin", 2026, 3, 29, 150, "2026-03-29 01:00"},
	{"Europe/Berlin", 2026, 10, 25, 150, "2026-10-25 00:30"},
	/* half an hour of summer time */
	{"Australia/Lord_Howe", 2026, 10, 4, 135, "2026-10-03 15:30"},
	{"Australia/Lord_Howe", 2026, 4, 5, 105, "2026-04-04 14:45"},
	/* summer time rests in Ramadan */
	{"Africa/Casablanca", 2026, 2, 15, 150, "2026-02-15 01:30"},
	{"Africa/Casablanca", 2026, 7, 1, 600, "2026-07-01 09:00"},
	/* a day that never was: the same hour of the next */
	{"Pacific/Apia", 2011, 12, 30, 600, "2011-12-30 20:00"},
	{"Pacific/Apia", 2011, 12, 31, 600, "2011-12-30 20:00"},
	{"Pacific/Apia", 2011, 12, 29, 600, "2011-12-29 20:00"},
	/* midnight that does not exist */
	{"America/Havana", 2026, 3, 8, 15, "2026-03-08 05:00"},
	/* behind the last listed transition, by the closing rule */
	{"America/New_York", 2087, 7, 1, 600, "2087-07-01 14:00"},
	{"Europe/Dublin", 2090, 1, 10, 600, "2090-01-10 10:00"},
	{"Asia/Kathmandu", 2026, 5, 1, 600, "2026-05-01 04:15"},
	/* days beyond the month */
	{"UTC", 2026, 1, 32, 0, "2026-02-01 00:00"},
	{"UTC", 2026, 12, 32, 61, "2027-01-01 01:01"},
	{"UTC", 2024, 2, 30, 0, "2024-03-01 00:00"},
	{"UTC", 2026, 3, 0, 0, "2026-02-28 00:00"},
};

static void local_times_become_the_instants_that_the_policy_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		int64_t at = zone_instant(zone_of(instants[i].zone), instants[i].year,
			instants[i].month, instants[i].day, instants[i].minute);
		struct local_time utc;
		char text[32];

		zone_local(zone_of("UTC"), at, &utc);
		snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d", utc.year, utc.month,
			utc.day, utc.hour, utc.minute);
		if (strcmp(text, instants[i].utc) != 0)
			fail_msg("row %zu (%s): got %s, expected %s", i, instants[i].zone, text,
				instants[i].utc);
		assert_int_equal(at % 60000, 0);
	}
}

static void an_instant_of_a_local_time_that_exists_reads_back_as_that_time(void **state)
{
	static const char *const names[] = {
		"America/Detroit", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Tehran"};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int day = 1; day < 2000; day++) {
			struct local_time local;
			int minute = day * 37 % 1440;

			if (minute < 240)
				continue; /* clocks change at night */
			zone_local(zone_of(names[i]),
				zone_instant(zone_of(names[i]), 2024, 1, day, minute), &local);
			assert_int_equal(local.hour * 60 + local.minute, minute);
		}
}

/* --- files -------------------------------------------------------------------------------------
 */

static void names_are_exact_and_unknown_ones_are_unknown(void **state)
{
	(void)state;
	assert_non_null(zones_find(zones, "America/Argentina/Ushuaia"));
	assert_non_null(zones_find(zones, "UTC"));
	assert_null(zones_find(zones, "America/Detriot"));
	assert_null(zones_find(zones, "posix/UTC"));
	assert_null(zones_find(zones, "zone.tab"));
	assert_null(zones_find(zones, ""));
	assert_null(zones_find(NULL, "UTC"));
}

static void damaged_bytes_are_refused_with_a_sentence(void **state)
{
	uint8_t bytes[4096];
	FILE *file = fopen(ZONE_FOLDER "/Europe/Berlin", "r");
	size_t len;
	struct fail fail = {""};

	(void)state;
	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t cut = 0; cut < len; cut++) {
		struct zone *zone = zone_parse("cut", bytes, cut, &fail);

		assert_null(zone);
		assert_non_null(strstr(fail.text, "cut"));
	}
	for (size_t i = 0; i < len; i++) { /* may be read or refused, must not harm */
		uint8_t kept = bytes[i];
		struct local_time local;
		struct zone *zone;

		bytes[i] = (uint8_t)(kept ^ 0xff);
		zone = zone_parse("flipped", bytes, len, &fail);
		if (zone)
			zone_local(zone, 1790000000000, &local);
		zone_free(&zone);
		bytes[i] = kept;
	}
	bytes[4] = '1';
	assert_null(zone_parse("old", bytes, len, &fail));
	assert_non_null(strstr(fail.text, "older"));
}

static void a_folder_without_zones_is_an_error(void **state)
{
	char folder[] = "/tmp/warmline-zones-XXXXXX";
	struct fail fail = {""};

	(void)state;
	assert_null(zone_files_load("/nonexistent", &fail));
	assert_non_null(strstr(fail.text, "tzdata"));
	assert_non_null(mkdtemp(folder));
	assert_null(zone_files_load(folder, &fail));
	assert_non_null(strstr(fail.text, "no time zone"));
	rmdir(folder);
}

static int setup(void **state)
{
	struct fail fail = {""};

	(void)state;
	zones = zone_files_load(ZONE_FOLDER, &fail);
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
		cmocka_unit_test(all_zones_agree_with_glibc_from_1970_to_2100),
		cmocka_unit_test(local_times_become_the_instants_that_the_policy_says),
		cmocka_unit_test(an_instant_of_a_local_time_that_exists_reads_back_as_that_time),
		cmocka_unit_test(names_are_exact_and_unknown_ones_are_unknown),
		cmocka_unit_test(damaged_bytes_are_refused_with_a_sentence),
		cmocka_unit_test(a_folder_without_zones_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
