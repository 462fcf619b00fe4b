/*
 * Time zones: the rules of one place, read from TZif bytes (RFC 8536, version 2+, footer rule).
 * Pure: the bytes come from platform/zone_files (system tzdata; ICU's own data is old).
 *
 * Local times that do not exist (spring gap) move forward to the first instant that does; local
 * times that exist twice mean the first; a day that was skipped means the next (reliability B6).
 */
#ifndef WARMLINE_ZONE_H
#define WARMLINE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/fail.h>

struct zone;
struct zones; /* all zones of the system, by IANA name */

struct local_time {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	int weekday;    /* 0 = Sunday */
	int32_t offset; /* seconds east of UTC */
};

struct zone *zone_parse(const char *name, const void *tzif, size_t len, struct fail *fail);
void zone_free(struct zone **zone);
struct zones *zones_new(void);
void zones_add_take(struct zones *zones, struct zone *zone);
const struct zone *zones_find(const struct zones *zones, const char *name); /* NULL = unknown */
void zones_free(struct zones **zones);

void zone_local(const struct zone *zone, int64_t utc_ms, struct local_time *local);
/* `day` may be out of range (32 = first of the next month ...): it is normalized. */
int64_t zone_instant(const struct zone *zone, int year, int month, int day, int minute_of_day);

#endif
