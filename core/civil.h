/* Days and dates of the Gregorian calendar (also before it began). Day 0 is 1970-01-01. */
#ifndef CORE_CIVIL_H
#define CORE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_SECONDS INT64_C(86400)

static inline int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Month and day may be out of range: month 14 is February of the next year. */
int64_t civil_day(int64_t year, int64_t month, int64_t day);
void civil_of_day(int64_t day_number, int *year, int *month, int *day);
int civil_weekday(int64_t day_number); /* 0 = Sunday */
bool civil_leap(int64_t year);
int civil_month_days(int64_t year, int month);

#endif
