#include "core/civil.h"

#include <string.h>
#include <warmline/calendar.h>

#define MINUTE_MS INT64_C(60000)

/*
 * Wall clocks decide, not hours passed: "ten days after Monday 10:00" is Thursday 10:00 also when
 * the clocks changed between. Where days are aligned to a weekday, seven or fewer ask only for
 * the next such day.
 */
int64_t calendar_next(
	const struct zone *zone, int64_t after_ms, int every_days, int weekday, int minute_of_day)
{
	bool aligned = weekday >= 0 && weekday <= 6;
	int rest = every_days > (aligned ? 7 : 1) ? every_days - 1 : 0;
	struct local_time local;

	zone_local(zone, after_ms, &local);
	/* That day's hour is over, so a day that has to pass has not passed before the next. */
	if (rest && minute_of_day <= local.hour * 60 + local.minute)
		rest++;
	for (int day = local.day + rest;; day++) {
		int64_t at;

		if (aligned && civil_weekday(civil_day(local.year, local.month, day)) != weekday)
			continue;
		at = zone_instant(zone, local.year, local.month, day, minute_of_day);
		if (at > after_ms)
			return at;
	}
}

static int minute_at(const struct zone *zone, int64_t at_ms)
{
	struct local_time local;

	zone_local(zone, at_ms, &local);
	return local.hour * 60 + local.minute;
}

bool calendar_quiet(const struct zone *zone, int64_t at_ms, int from_min, int to_min)
{
	int minute = minute_at(zone, at_ms);

	if (from_min <= to_min)
		return minute >= from_min && minute < to_min;
	return minute >= from_min || minute < to_min;
}

/* The first instant after `at_ms` at which clocks show `minute_of_day` (or jump over it). */
static int64_t next_minute(const struct zone *zone, int64_t at_ms, int minute_of_day)
{
	struct local_time local;
	int now;

	zone_local(zone, at_ms, &local);
	now = local.hour * 60 + local.minute;
	/* In a repeated hour the day's `minute_of_day` is over and comes again. */
	if (now < minute_of_day) {
		int64_t again = at_ms - at_ms % MINUTE_MS + (minute_of_day - now) * MINUTE_MS;

		if (minute_at(zone, again) == minute_of_day)
			return again;
	}
	for (int day = local.day;; day++) {
		int64_t at = zone_instant(zone, local.year, local.month, day, minute_of_day);

		if (at > at_ms)
			return at;
	}
}

int64_t calendar_after_quiet(const struct zone *zone, int64_t at_ms, int from_min, int to_min)
{
	int64_t at = at_ms;

	/* A second round only when the clocks fell back into the quiet hours at their end. */
	for (int i = 0; i < 3 && calendar_quiet(zone, at, from_min, to_min); i++)
		at = next_minute(zone, at, to_min);
	return at;
}

int64_t calendar_quiet_start(const struct zone *zone, int64_t at_ms, int from_min, int to_min)
{
	if (from_min == to_min)
		return INT64_MAX; /* no quiet hours */
	return next_minute(zone, at_ms, from_min);
}

/* --- hours as people write them ----------------------------------------------------------------
 */

static const char *digits_read(const char *text, int max, int *value)
{
	int n = 0;

	*value = 0;
	for (; *text >= '0' && *text <= '9' && n < max; n++)
		*value = *value * 10 + (*text++ - '0');
	return n ? text : NULL;
}

/* "", "am", "a.m.", "PM", "h": 0, 'a' or 'p'; -1 = something else. */
static int half_read(const char *text)
{
	char letters[4] = "";
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ' || *text == '.')
			continue;
		if (n == sizeof(letters) - 1)
			return -1;
		letters[n++] = (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
	}
	if (n == 0 || strcmp(letters, "h") == 0)
		return 0;
	if (letters[1] == 'm' && n == 2 && (letters[0] == 'a' || letters[0] == 'p'))
		return letters[0];
	return -1;
}

bool calendar_hour_parse(const char *text, int *minute_of_day)
{
	int hour, minute = 0, half;

	text = digits_read(text + strspn(text, " "), 2, &hour);
	if (!text)
		return false;
	if ((*text == ':' || *text == '.' || *text == 'h') && text[1] >= '0' && text[1] <= '9') {
		const char *end = digits_read(text + 1, 2, &minute);

		if (!end || end != text + 3)
			return false;
		text = end;
	}
	half = half_read(text);
	if (half < 0 || minute > 59 || hour > 23 || (half && (hour < 1 || hour > 12)))
		return false;
	if (half)
		hour = hour % 12 + (half == 'p' ? 12 : 0);
	*minute_of_day = hour * 60 + minute;
	return true;
}
