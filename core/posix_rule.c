#include "core/posix_rule.h"

#include "core/civil.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- reading: each function moves *at behind what it has read --------------------------------- */

static bool number_read(const char **at, int low, int high, int *value)
{
	int n = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		n = n * 10 + (**at - '0');
		if (n > 9999)
			return false;
	}
	*value = n;
	return n >= low && n <= high;
}

static bool name_read(const char **at)
{
	const char *start = *at;

	if (**at == '<') {
		*at += strcspn(*at, ">");
		return *(*at) == '>' && *(*at)++ == '>' && *at - start >= 5;
	}
	while (isalpha((unsigned char)**at))
		(*at)++;
	return *at - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool time_read(const char **at, int hours, int32_t *seconds)
{
	int h, m = 0, s = 0, sign = 1;

	if (**at == '+' || **at == '-')
		sign = *(*at)++ == '-' ? -1 : 1;
	if (!number_read(at, 0, hours, &h))
		return false;
	if (**at == ':' && ((*at)++, !number_read(at, 0, 59, &m)))
		return false;
	if (**at == ':' && ((*at)++, !number_read(at, 0, 59, &s)))
		return false;
	*seconds = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool dot_read(const char **at, int low, int high, int *value)
{
	return **at == '.' && ((*at)++, number_read(at, low, high, value));
}

static bool date_read(const char **at, struct posix_date *date)
{
	*date = (struct posix_date){.kind = 'N', .time = 7200};
	if (**at == 'M' || **at == 'J')
		date->kind = *(*at)++;
	if (date->kind == 'M') {
		if (!number_read(at, 1, 12, &date->month) || !dot_read(at, 1, 5, &date->week) ||
			!dot_read(at, 0, 6, &date->day))
			return false;
	} else if (!number_read(at, date->kind == 'J', 365, &date->day)) {
		return false;
	}
	return **at != '/' || ((*at)++, time_read(at, 167, &date->time));
}

bool posix_rule_parse(const char *text, struct posix_rule *rule)
{
	const char *at = text;
	int32_t west;

	memset(rule, 0, sizeof(*rule));
	if (!name_read(&at) || !time_read(&at, 24, &west))
		return false;
	rule->standard = rule->summer = -west;
	if (*at == '\0')
		return true;
	rule->changes = true;
	rule->summer = rule->standard + 3600;
	if (!name_read(&at))
		return false;
	if (*at != ',') {
		if (!time_read(&at, 24, &west))
			return false;
		rule->summer = -west;
	}
	return *at == ',' && (at++, date_read(&at, &rule->start)) && *at == ',' &&
	       (at++, date_read(&at, &rule->end)) && *at == '\0';
}

/* --- asking ------------------------------------------------------------------------------------
 */

static int64_t month_rule_day(const struct posix_date *date, int64_t year)
{
	int64_t first = civil_day(year, date->month, 1);
	int shift = (date->day - civil_weekday(first) + 7) % 7;
	int day = shift + (date->week - 1) * 7;

	while (day >= civil_month_days(year, date->month))
		day -= 7;
	return first + day;
}

/* UTC second of the change in `year`, when clocks stand at `offset` before it. */
static int64_t change(const struct posix_date *date, int64_t year, int32_t offset)
{
	int64_t day;

	if (date->kind == 'M')
		day = month_rule_day(date, year);
	else if (date->kind == 'J')
		day = civil_day(year, 1, 1) + date->day - 1 + (civil_leap(year) && date->day >= 60);
	else
		day = civil_day(year, 1, 1) + date->day;
	return day * DAY_SECONDS + date->time - offset;
}

static int64_t year_of(int64_t utc)
{
	int year, month, day;

	civil_of_day(floor_div(utc, DAY_SECONDS), &year, &month, &day);
	return year;
}

/* The last change at or before `utc` decides; a start wins over an end of the same instant. */
int32_t posix_rule_offset(const struct posix_rule *rule, int64_t utc)
{
	int64_t year = year_of(utc), best = INT64_MIN;
	int32_t offset = rule->standard;

	for (int64_t y = year - 1; rule->changes && y <= year + 1; y++) {
		int64_t start = change(&rule->start, y, rule->standard);
		int64_t end = change(&rule->end, y, rule->summer);

		if (end <= utc && end > best) {
			best = end;
			offset = rule->standard;
		}
		if (start <= utc && start >= best) {
			best = start;
			offset = rule->summer;
		}
	}
	return offset;
}

int64_t posix_rule_next(const struct posix_rule *rule, int64_t utc)
{
	int64_t year = year_of(utc), best = INT64_MAX;

	for (int64_t y = year - 1; rule->changes && y <= year + 1; y++) {
		int64_t start = change(&rule->start, y, rule->standard);
		int64_t end = change(&rule->end, y, rule->summer);

		if (start > utc && start < best)
			best = start;
		if (end > utc && end < best)
			best = end;
	}
	return best;
}
