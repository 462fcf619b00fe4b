/* When the next check-in is due, and when texts must rest. Pure; ms UTC in and out. */
#ifndef WARMLINE_CALENDAR_H
#define WARMLINE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/zone.h>

/*
 * The first instant after `after_ms` that falls on `minute_of_day` local time, and, when
 * `weekday` is 0-6, on that weekday. Once per local day whatever the clocks do. With `every_days`
 * above 7 the first such instant at least every_days - 1 days after `after_ms`.
 */
int64_t calendar_next(
	const struct zone *zone, int64_t after_ms, int every_days, int weekday, int minute_of_day);
/* Is `at_ms` inside quiet hours [from, to)? Wraps over midnight when from > to. */
bool calendar_quiet(const struct zone *zone, int64_t at_ms, int from_min, int to_min);
/* `at_ms` itself, or the end of the quiet hours it falls into. */
int64_t calendar_after_quiet(const struct zone *zone, int64_t at_ms, int from_min, int to_min);
/* The next start of quiet hours after `at_ms` (a text must have left by then). */
int64_t calendar_quiet_start(const struct zone *zone, int64_t at_ms, int from_min, int to_min);
bool calendar_hour_parse(const char *text, int *minute_of_day); /* "9", "18:30", "6pm", "6:30 pm" */

#endif
