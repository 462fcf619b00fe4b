#include "ctl/moment.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/zone.h>

static const struct zone *site_zone(const struct site *site)
{
	const struct zone *zone = zones_find(site->zones, site->zone);

	return zone ? zone : zones_find(site->zones, "UTC");
}

void moment_print(const struct site *site, int64_t ms, char text[MOMENT_SIZE])
{
	const struct zone *zone = site_zone(site);
	struct local_time t;

	text[0] = '\0';
	if (!ms || !zone)
		return;
	zone_local(zone, ms, &t);
	text_set(text, MOMENT_SIZE, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour,
		t.minute);
}

void moment_iso(int64_t ms, char text[MOMENT_SIZE])
{
	text[0] = '\0';
	if (ms)
		clock_print(ms, text, MOMENT_SIZE);
}

static bool parse_ahead(const char *text, int64_t now_ms, int64_t *ms)
{
	static const struct {
		char letter;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
	char *end;
	long n = strtol(text + 1, &end, 10);

	if (end == text + 1 || n < 0 || n > 100000 || !*end || end[1])
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter == *end) {
			*ms = now_ms + n * units[i].ms;
			return true;
		}
	}
	return false;
}

static bool parse_utc(const char *text, int64_t *ms)
{
	struct tm t = {.tm_year = 0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &t);

	if (!end)
		return false;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") != 0)
		return false;
	*ms = (int64_t)timegm(&t) * 1000;
	return true;
}

bool moment_parse(const struct site *site, const char *text, int64_t now_ms, int64_t *ms)
{
	const struct zone *zone = site_zone(site);
	struct tm t = {.tm_year = 0};
	const char *end;

	if (*text == '+')
		return parse_ahead(text, now_ms, ms);
	if (parse_utc(text, ms))
		return true;
	end = strptime(text, "%Y-%m-%d", &t);
	if (!end || !zone)
		return false;
	if (*end == ' ' || *end == 'T')
		end = strptime(end + 1, "%H:%M", &t);
	if (!end || *end)
		return false;
	*ms = zone_instant(
		zone, t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour * 60 + t.tm_min);
	return true;
}
