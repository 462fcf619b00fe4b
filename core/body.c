#include <core/body.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/sms_text.h>

#define SHORT_NAME 24
#define SLOTS_MOST 16
#define NAMES_MOST 3
#define NAMES_SIZE 160

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

/* "Ana María de la Cruz, Dr. Rivera": each of them. */
static void names_first(const char *names, char to[NAMES_SIZE])
{
	size_t used = 0;

	to[0] = '\0';
	while (*names) {
		char whole[NAME_SIZE], first[SHORT_NAME];
		size_t n = strcspn(names, ",");

		text_set(whole, sizeof(whole), "%.*s", (int)n, names);
		name_first(whole, first);
		text_set(to + used, NAMES_SIZE - used, "%s%s", used ? ", " : "", first);
		used = strlen(to);
		names += n + strspn(names + n, ", ");
	}
}

struct shortened {
	struct slot slots[SLOTS_MOST];
	char names[NAMES_MOST][SHORT_NAME], told[NAMES_SIZE];
	size_t n; /* names */
};

static bool is_name(const char *slot)
{
	static const char *const all[] = {"name", "supporter", "by"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(slot, all[i]) == 0)
			return true;
	return false;
}

/* Names are put in as they were entered; where that makes a text too long, its first word does. */
static void slots_shorten(const struct slot *slots, struct shortened *to)
{
	size_t i = 0;

	to->n = 0;
	for (; slots[i].name && i + 1 < SLOTS_MOST; i++) {
		const char *value = slots[i].value;

		to->slots[i] = slots[i];
		if (value && is_name(slots[i].name) && to->n < NAMES_MOST) {
			name_first(value, to->names[to->n]);
			to->slots[i].value = to->names[to->n++];
		} else if (value && strcmp(slots[i].name, "told") == 0) {
			names_first(value, to->told);
			to->slots[i].value = to->told;
		}
	}
	to->slots[i] = (struct slot){NULL, NULL};
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
	char *body = fill(program, wording, key, slots);
	struct shortened shorter;
	struct sms_size size;

	if (!slots || !sms_measure(body, &size) || size.segments <= BODY_PARTS_MOST)
		return body;
	free(body);
	slots_shorten(slots, &shorter);
	return fill(program, wording, key, shorter.slots);
}
