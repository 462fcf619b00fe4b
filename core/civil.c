#include "core/civil.h"

/* Days of 400 Gregorian years. */
#define ERA_DAYS 146097

bool civil_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && civil_leap(year));
}

/* Years count from March here, so that the leap day is the last of its year. */
int64_t civil_day(int64_t year, int64_t month, int64_t day)
{
	int64_t months = year * 12 + (month - 1) - 2;
	int64_t y = floor_div(months, 12), m = months - y * 12;
	int64_t era = floor_div(y, 400), in_era = y - era * 400;
	int64_t start = in_era * 365 + in_era / 4 - in_era / 100 + (153 * m + 2) / 5;

	return era * ERA_DAYS + start + (day - 1) - 719468;
}

void civil_of_day(int64_t day_number, int *year, int *month, int *day)
{
	int64_t shifted = day_number + 719468;
	int64_t era = floor_div(shifted, ERA_DAYS), d = shifted - era * ERA_DAYS;
	int64_t y = (d - d / 1460 + d / 36524 - d / (ERA_DAYS - 1)) / 365;
	int64_t in_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	*day = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (m >= 10));
}

int civil_weekday(int64_t day_number)
{
	return (int)(day_number + 4 - floor_div(day_number + 4, 7) * 7);
}
