#include <core/body.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/sms_text.h>

#define SHORT_NAME 24
#define SLOTS_MOST 16

/* "Ana María de la Cruz" is called Ana; never cut inside a letter. */
static void name_first(const char *name, char to[SHORT_NAME])
{
	size_t n = strcspn(name, " ,;(");

	if (n < 2 || (n < 5 && name[n - 1] == '.')) /* "Dr. Rivera", "J Smith" */
		n += name[n] ? 1 + strcspn(name + n + 1, " ,;(") : 0;
	if (n >= SHORT_NAME)
		n = SHORT_NAME - 1;
	while (n && name[n] && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	text_set(to, SHORT_NAME, "%.*s", (int)n, name);
}

/* Names are put in as they were entered; where that makes a text too long, its first word does. */
static void slots_shorten(
	const struct slot *slots, struct slot *to, size_t n, char names[][SHORT_NAME])
{
	static const char *const all[] = {"name", "supporter", "by"};
	size_t short_ones = 0, i = 0;

	for (; slots[i].name && i + 1 < n; i++) {
		bool is_name = false;

		to[i] = slots[i];
		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			is_name = is_name || strcmp(slots[i].name, all[k]) == 0;
		if (is_name && slots[i].value && short_ones < 3) {
			name_first(slots[i].value, names[short_ones]);
			to[i].value = names[short_ones++];
		}
	}
	to[i] = (struct slot){NULL, NULL};
}

static char *fill(const struct program *program, const struct wording *wording,
	enum wording_key key, const struct slot *slots)
{
	char *body = wording_fill(wording, key, slots);

	if (program->plain_punctuation)
		sms_plain(body);
	return body;
}

char *body_make(const struct program *program, const struct wording *wording, enum wording_key key,
	const struct slot *slots)
{
	char *body = fill(program, wording, key, slots), names[3][SHORT_NAME];
	struct slot shorter[SLOTS_MOST];
	struct sms_size size;

	if (!slots || !sms_measure(body, &size) || size.segments <= BODY_PARTS_MOST)
		return body;
	free(body);
	slots_shorten(slots, shorter, SLOTS_MOST, names);
	return fill(program, wording, key, shorter);
}
