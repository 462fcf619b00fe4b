/*
 * The closing rule of a TZif file: POSIX TZ ("EST5EDT,M3.2.0,M11.1.0") with the hours of RFC 8536
 * section 3.3.1 (-167 to 167). Seconds everywhere; offsets are east of UTC.
 */
#ifndef CORE_POSIX_RULE_H
#define CORE_POSIX_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define OFFSET_MAX (26 * 3600) /* RFC 8536: at most 25 hours west, below 26 hours east */

struct posix_date {
	char kind; /* 'J' day 1-365 without leap day, 'N' day 0-365, 'M' month.week.weekday */
	int month, week, day;
	int32_t time; /* local wall time of the change, from midnight */
};

struct posix_rule {
	int32_t standard, summer;
	bool changes; /* false: `standard` all the year */
	struct posix_date start, end;
};

bool posix_rule_parse(const char *text, struct posix_rule *rule);
int32_t posix_rule_offset(const struct posix_rule *rule, int64_t utc);
/* The first change after `utc`; INT64_MAX = none. */
int64_t posix_rule_next(const struct posix_rule *rule, int64_t utc);

#endif
