/*
 * TZif bytes: refused with a sentence, or a zone whose clock can be read at every instant, in
 * bounded time, and whose local times lead back to themselves.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/zone.h>

#define DAY_MS INT64_C(86400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_local(const struct local_time *l)
{
	if (l->month < 1 || l->month > 12 || l->day < 1 || l->day > 31 || l->hour < 0 ||
		l->hour > 23 || l->minute < 0 || l->minute > 59 || l->second < 0 ||
		l->second > 59 || l->weekday < 0 || l->weekday > 6)
		abort();
}

static void check_instant(const struct zone *zone, int64_t at)
{
	struct local_time local, again;
	int64_t back;

	zone_local(zone, at, &local);
	check_local(&local);
	back = zone_instant(
		zone, local.year, local.month, local.day, local.hour * 60 + local.minute);
	zone_local(zone, back, &again);
	check_local(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t instants[] = {0, 1790000000000, 4102444799000, -DAY_MS,
		253402300799000, 1772928000000, 1793498400000};
	uint8_t *exact = malloc(size ? size : 1);
	struct fail fail = {""};
	struct zone *zone;

	memcpy(exact, data, size);
	zone = zone_parse("Fuzz/Zone", exact, size, &fail);
	if (!zone && !strstr(fail.text, "Fuzz/Zone"))
		abort();
	for (size_t i = 0; zone && i < sizeof(instants) / sizeof(instants[0]); i++)
		check_instant(zone, instants[i]);
	for (int day = 0; zone && day < 800; day += 13)
		check_instant(zone, 1767970800000 + day * DAY_MS);
	zone_free(&zone);
	free(exact);
	return 0;
}
