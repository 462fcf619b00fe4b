#include "tests/tools/vector_trial.h"

#include <string.h>
#include <unicode/utf8.h>
#include <warmline/fail.h>
#include <warmline/sms_text.h>

#define PARTS_MOST 64
#define FILLERS    320 /* two parts of either kind: what is measured is never a short text */

/* Characters of one unit in either encoding. */
static const char *const filler[] = {"a", "\xd1\x8f"};

struct place {       /* where a piece of a long text ends */
	size_t part; /* from 0 */
	size_t fill; /* units in that part */
};

static size_t per_part(bool ucs2)
{
	return ucs2 ? 67 : 153;
}

/* Parts of the first `len` bytes with so many fillers behind them. */
static size_t parts_with(const char *text, size_t len, bool ucs2, size_t fillers)
{
	size_t width = strlen(filler[ucs2]);
	char *whole = xcalloc(1, len + width * fillers + 1);
	struct sms_size size = {.segments = 0};

	memcpy(whole, text, len);
	for (size_t i = 0; i < fillers; i++)
		memcpy(whole + len + i * width, filler[ucs2], width);
	sms_measure(whole, &size);
	free(whole);
	return size.segments;
}

/*
 * sms_measure() tells the number of parts, not where they end. So fillers are put behind a piece
 * until one more part begins: how many fitted tells how full its last part was.
 */
static struct place place_of(const char *text, size_t len, bool ucs2)
{
	size_t per = per_part(ucs2), parts = parts_with(text, len, ucs2, FILLERS);
	size_t low = FILLERS, high = FILLERS + per; /* so many fit, so many do not */

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (parts_with(text, len, ucs2, middle) > parts)
			high = middle;
		else
			low = middle;
	}
	return (struct place){.part = parts - low / per - 1, .fill = per - low % per};
}

/* Units of each part; false when there are too many. */
static bool measure_parts(const char *text, bool ucs2, size_t units[PARTS_MOST])
{
	int32_t len = (int32_t)strlen(text), c;

	for (int32_t i = 0; i < len;) {
		struct place place;

		U8_NEXT((const uint8_t *)text, i, len, c);
		if (c < 0)
			return false;
		place = place_of(text, (size_t)i, ucs2);
		if (place.part >= PARTS_MOST)
			return false;
		units[place.part] = place.fill;
	}
	return true;
}

static bool differs(const json_t *vector, const char *name, size_t found, char *why, size_t size)
{
	const json_t *wanted = json_object_get(vector, name);

	if (json_is_integer(wanted) && json_integer_value(wanted) == (json_int_t)found)
		return false;
	text_set(why, size, "%s are %zu, expected %lld", name, found,
		(long long)json_integer_value(wanted));
	return true;
}

static bool parts_check(const json_t *vector, const char *text, const struct sms_size *measured,
	char *why, size_t size)
{
	const json_t *wanted = json_object_get(vector, "segment_units");
	size_t units[PARTS_MOST] = {measured->units};

	if (json_array_size(wanted) != measured->segments)
		return text_set(why, size, "%zu segments, but segment_units has %zu",
			       measured->segments, json_array_size(wanted)) &&
		       false;
	if (measured->segments > 1 && !measure_parts(text, measured->ucs2, units))
		return text_set(why, size, "has too many parts to look at") && false;
	for (size_t i = 0; i < measured->segments; i++) {
		json_int_t expected = json_integer_value(json_array_get(wanted, i));

		if (expected != (json_int_t)units[i])
			return text_set(why, size, "part %zu has %zu units, expected %lld", i + 1,
				       units[i], (long long)expected) &&
			       false;
	}
	return true;
}

static bool holds(const json_t *vector, char *why, size_t size)
{
	const json_t *text = json_object_get(vector, "text");
	const char *encoding = json_string_value(json_object_get(vector, "encoding"));
	struct sms_size measured;

	if (!json_is_string(text) || !encoding)
		return text_set(why, size, "has no text or no encoding") && false;
	if (!sms_measure(json_string_value(text), &measured))
		return text_set(why, size, "is said to be no UTF-8") && false;
	if (strcmp(encoding, measured.ucs2 ? "UCS-2" : "GSM-7") != 0)
		return text_set(why, size, "encoding is %s, expected %s",
			       measured.ucs2 ? "UCS-2" : "GSM-7", encoding) &&
		       false;
	return !differs(vector, "units", measured.units, why, size) &&
	       !differs(vector, "segments", measured.segments, why, size) &&
	       parts_check(vector, json_string_value(text), &measured, why, size);
}

enum trial segmentation_try(const json_t *vector, char *why, size_t size)
{
	return holds(vector, why, size) ? TRIAL_PASSED : TRIAL_FAILED;
}
