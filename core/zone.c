#include "core/civil.h"
#include "core/posix_rule.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <warmline/zone.h>

struct zone {
	char *name;
	size_t ntimes, ntypes;
	int64_t *times;   /* UTC seconds, growing */
	uint8_t *indexes; /* type that starts at times[i] */
	int32_t offsets[256];
	bool summer[256];
	bool has_rule; /* from the last of `times` on */
	struct posix_rule rule;
	UT_hash_handle hh;
};

struct zones {
	struct zone *by_name;
};

/* --- reading -----------------------------------------------------------------------------------
 */

enum { HEADER = 44 };

struct counts {
	size_t isut, isstd, leap, times, types, chars;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool header_read(const uint8_t *p, size_t len, struct counts *counts)
{
	if (len < HEADER || memcmp(p, "TZif", 4) != 0)
		return false;
	*counts = (struct counts){
		be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40)};
	return counts->isut <= 256 && counts->isstd <= 256 && counts->leap <= 4096 &&
	       counts->times <= 65536 && counts->types >= 1 && counts->types <= 256 &&
	       counts->chars <= 4096;
}

static size_t body_size(const struct counts *c, size_t time_size)
{
	return c->times * (time_size + 1) + c->types * 6 + c->chars + c->leap * (time_size + 4) +
	       c->isstd + c->isut;
}

static bool times_read(struct zone *zone, const uint8_t *p, const struct counts *c)
{
	zone->ntimes = c->times;
	zone->times = xcalloc(c->times, sizeof(*zone->times));
	zone->indexes = xmemdup(p + c->times * 8, c->times);
	for (size_t i = 0; i < c->times; i++) {
		zone->times[i] = be64(p + i * 8);
		if (zone->indexes[i] >= c->types || (i && zone->times[i] <= zone->times[i - 1]))
			return false;
	}
	return true;
}

static bool types_read(struct zone *zone, const uint8_t *p, const struct counts *c)
{
	zone->ntypes = c->types;
	for (size_t i = 0; i < c->types; i++) {
		zone->offsets[i] = (int32_t)be32(p + i * 6);
		zone->summer[i] = p[i * 6 + 4] != 0;
		if (zone->offsets[i] < -OFFSET_MAX || zone->offsets[i] > OFFSET_MAX)
			return false;
	}
	return true;
}

/* "\nEST5EDT,M3.2.0,M11.1.0\n"; an empty rule means that the last offset stays. */
static bool footer_read(struct zone *zone, const uint8_t *p, size_t len)
{
	char text[128];
	const uint8_t *end;

	if (len < 2 || p[0] != '\n')
		return false;
	end = memchr(p + 1, '\n', len - 1);
	if (!end || (size_t)(end - p) > sizeof(text))
		return false;
	memcpy(text, p + 1, (size_t)(end - p) - 1);
	text[end - p - 1] = '\0';
	zone->has_rule = *text != '\0';
	return !zone->has_rule || posix_rule_parse(text, &zone->rule);
}

static bool zone_read(struct zone *zone, const uint8_t *p, size_t len, const char **why)
{
	struct counts c;
	size_t skip;

	*why = "it is no TZif file";
	if (!header_read(p, len, &c))
		return false;
	*why = "its TZif version is older than 2";
	if (p[4] < '2')
		return false;
	*why = "it is damaged";
	skip = HEADER + body_size(&c, 4);
	if (skip > len || !header_read(p + skip, len - skip, &c))
		return false;
	p += skip + HEADER;
	len -= skip + HEADER;
	if (body_size(&c, 8) > len || !times_read(zone, p, &c) ||
		!types_read(zone, p + c.times * 9, &c))
		return false;
	*why = "it counts leap seconds";
	if (c.leap)
		return false;
	*why = "its closing rule cannot be read";
	return footer_read(zone, p + body_size(&c, 8), len - body_size(&c, 8));
}

struct zone *zone_parse(const char *name, const void *tzif, size_t len, struct fail *fail)
{
	struct zone *zone = xcalloc(1, sizeof(*zone));
	const char *why = "";

	zone->name = xstrdup(name);
	if (!zone_read(zone, tzif, len, &why)) {
		fail_set(fail, "time zone %s: %s; install the package tzdata again", name, why);
		zone_free(&zone);
	}
	return zone;
}

void zone_free(struct zone **zone)
{
	if (!*zone)
		return;
	free((*zone)->name);
	free((*zone)->times);
	free((*zone)->indexes);
	free(*zone);
	*zone = NULL;
}

/* --- all zones ---------------------------------------------------------------------------------
 */

struct zones *zones_new(void)
{
	return xcalloc(1, sizeof(struct zones));
}

void zones_add_take(struct zones *zones, struct zone *zone)
{
	struct zone *old = NULL;
	const char *name = zone->name;
	size_t len = strlen(name);

	HASH_FIND(hh, zones->by_name, name, len, old);
	if (old) {
		HASH_DEL(zones->by_name, old);
		zone_free(&old);
	}
	HASH_ADD_KEYPTR(hh, zones->by_name, name, len, zone);
}

const struct zone *zones_find(const struct zones *zones, const char *name)
{
	struct zone *zone = NULL;
	size_t len = strlen(name);

	if (zones)
		HASH_FIND(hh, zones->by_name, name, len, zone);
	return zone;
}

void zones_free(struct zones **zones)
{
	struct zone *zone, *next;

	if (!*zones)
		return;
	zone = (*zones)->by_name;
	HASH_CLEAR(hh, (*zones)->by_name); /* the table; the zones stay chained */
	for (; zone; zone = next) {
		next = zone->hh.next;
		zone_free(&zone);
	}
	free(*zones);
	*zones = NULL;
}

/* --- asking ------------------------------------------------------------------------------------
 */

/* RFC 8536 section 3.2: before the first transition the first type; glibc: the first standard. */
static int32_t offset_before(const struct zone *zone)
{
	for (size_t i = 0; i < zone->ntypes; i++)
		if (!zone->summer[i])
			return zone->offsets[i];
	return zone->offsets[0];
}

/* How many of the listed transitions have happened at `t`. */
static size_t happened(const struct zone *zone, int64_t t)
{
	size_t low = 0, high = zone->ntimes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->times[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int32_t offset_at(const struct zone *zone, int64_t t)
{
	size_t n = happened(zone, t);

	if (n == zone->ntimes && zone->has_rule)
		return posix_rule_offset(&zone->rule, t);
	return n ? zone->offsets[zone->indexes[n - 1]] : offset_before(zone);
}

/* The next instant after `t` at which the offset may change. */
static int64_t next_change(const struct zone *zone, int64_t t)
{
	size_t n = happened(zone, t);

	if (n < zone->ntimes)
		return zone->times[n];
	return zone->has_rule ? posix_rule_next(&zone->rule, t) : INT64_MAX;
}

void zone_local(const struct zone *zone, int64_t utc_ms, struct local_time *local)
{
	int64_t t = floor_div(utc_ms, 1000);
	int32_t offset = offset_at(zone, t);
	int64_t day = floor_div(t + offset, DAY_SECONDS);
	int second = (int)(t + offset - day * DAY_SECONDS);

	civil_of_day(day, &local->year, &local->month, &local->day);
	local->hour = second / 3600;
	local->minute = second / 60 % 60;
	local->second = second % 60;
	local->weekday = civil_weekday(day);
	local->offset = offset;
}

/* The first UTC second at which clocks show `wall` or later; *gap = seconds that they jumped. */
static int64_t first_instant(const struct zone *zone, int64_t wall, int64_t *gap)
{
	int64_t start = wall - 2 * DAY_SECONDS;
	int32_t offset = offset_at(zone, start), before = offset;

	*gap = 0;
	for (;;) {
		int64_t end = next_change(zone, start);
		int64_t t = wall - offset;

		if (t < start) { /* clocks jumped over `wall` at `start` */
			*gap = offset - before;
			return start;
		}
		if (t < end)
			return t;
		start = end;
		before = offset;
		offset = offset_at(zone, end);
	}
}

int64_t zone_instant(const struct zone *zone, int year, int month, int day, int minute_of_day)
{
	int64_t gap, date = civil_day(year, month, day);
	int64_t t = first_instant(zone, date * DAY_SECONDS + minute_of_day * 60LL, &gap);

	if (gap >= DAY_SECONDS) /* the whole day was skipped: the same hour of the next */
		t = first_instant(zone, (date + 1) * DAY_SECONDS + minute_of_day * 60LL, &gap);
	return t * 1000;
}
