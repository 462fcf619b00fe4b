#include <warmline/fail.h>
#include <warmline/wording.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDING_ROW(constant, key, slots) {key, slots},
static const struct {
	const char *key, *slots;
} rows[WORDING_COUNT] = {WORDINGS(WORDING_ROW)};

const char *wording_key_name(enum wording_key key)
{
	return rows[key].key;
}

const char *wording_slots(enum wording_key key)
{
	return rows[key].slots;
}

bool wording_key_find(const char *name, enum wording_key *key)
{
	for (int i = 0; i < WORDING_COUNT; i++) {
		if (strcmp(rows[i].key, name) == 0) {
			*key = (enum wording_key)i;
			return true;
		}
	}
	return false;
}

static bool listed(const char *slots, const char *name, size_t len)
{
	while (*slots) {
		size_t n = strcspn(slots, " ");

		if (n == len && memcmp(slots, name, n) == 0)
			return true;
		slots += n + strspn(slots + n, " ");
	}
	return false;
}

static const char *value_of(const struct slot *slots, const char *name, size_t len)
{
	for (; slots && slots->name; slots++)
		if (strlen(slots->name) == len && memcmp(slots->name, name, len) == 0)
			return slots->value ? slots->value : "";
	return "";
}

struct filling {
	char *out; /* NULL: only measures */
	size_t n;
	char last, before; /* the last two bytes put */
};

static void put(struct filling *f, const char *text, size_t len)
{
	if (f->out)
		memcpy(f->out + f->n, text, len);
	f->n += len;
	if (len) {
		f->before = len > 1 ? text[len - 2] : f->last;
		f->last = text[len - 1];
	}
}

/* A value that is not known leaves no gap behind: "Hi {name}, how" becomes "Hi, how", and "to
 * hear, {name}. Thank" becomes "to hear. Thank", and "call: {number}." becomes "call.". */
static void close_gap(struct filling *f, char following)
{
	if (!f->n || f->last != ' ' || (following && !strchr(" ,.:;!?", following)))
		return;
	f->n--;
	if (f->n && strchr(",:", f->before) && following && strchr(",.:;!?", following))
		f->n--;
}

/* Who gave no name is called by number: then that number is said once, not "call +1... now: +1...".
 */
static const char *value_said(
	const char *text, const struct slot *slots, const char *name, size_t len)
{
	const char *value = value_of(slots, name, len);
	const char *called = value_of(slots, "name", 4);
	bool again = len == 6 && memcmp(name, "number", len) == 0 && strstr(text, "{name}") &&
		     strcmp(value, called) == 0;

	return again ? "" : value;
}

/* Writes the filled text to `out` (NULL: only measures) and says how long it is. */
static size_t fill(const char *text, const struct slot *slots, char *out)
{
	struct filling f = {.out = out};
	const char *whole = text;

	while (*text) {
		size_t plain = strcspn(text, "{");
		const char *end = text[plain] ? strchr(text + plain, '}') : NULL;
		const char *value;

		if (!end) /* a brace without its partner: refused at load, harmless here */
			plain = strlen(text);
		put(&f, text, plain);
		text += plain;
		if (!end)
			break;
		value = value_said(whole, slots, text + 1, (size_t)(end - text) - 1);
		text = end + 1;
		if (*value)
			put(&f, value, strlen(value));
		else
			close_gap(&f, *text);
	}
	if (out)
		out[f.n] = '\0';
	return f.n;
}

char *wording_fill(const struct wording *w, enum wording_key key, const struct slot *slots)
{
	const char *text = w->text[key] ? w->text[key] : "";
	char *filled = xcalloc(1, fill(text, slots, NULL) + 1);

	fill(text, slots, filled);
	return filled;
}

const char *wording_check(enum wording_key key, const char *text)
{
	static char sentence[256];

	while (*(text += strcspn(text, "{}"))) {
		size_t len = strcspn(text + 1, "{}");

		if (*text == '}' || text[1 + len] != '}') {
			text_set(sentence, sizeof(sentence),
				"a brace stands alone, expected slots like {name}");
			return sentence;
		}
		if (!listed(rows[key].slots, text + 1, len)) {
			text_set(sentence, sizeof(sentence),
				"slot {%.*s} has no value in \"%s\", expected %s%s",
				(int)(len < 40 ? len : 40), text + 1, rows[key].key,
				*rows[key].slots ? "only: " : "no slots at all", rows[key].slots);
			return sentence;
		}
		text += len + 2;
	}
	return NULL;
}
