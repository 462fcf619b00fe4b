#include "platform/store_redis.h"

struct word_memory {
	struct word_memory *next;
};

void *words_memory(struct words *w, size_t size)
{
	struct word_memory *m = xcalloc(1, sizeof(*m) + size);

	m->next = w->memory;
	w->memory = m;
	return m + 1;
}

static void words_grow(struct words *w)
{
	size_t room = w->room * 2;
	bool inside = w->word == w->word_inside;

	w->word = xrealloc(inside ? NULL : w->word, room * sizeof(*w->word));
	w->len = xrealloc(inside ? NULL : w->len, room * sizeof(*w->len));
	if (inside) {
		memcpy(w->word, w->word_inside, sizeof(w->word_inside));
		memcpy(w->len, w->len_inside, sizeof(w->len_inside));
	}
	w->room = room;
}

void words_add(struct words *w, const void *data, size_t len)
{
	if (w->n == w->room)
		words_grow(w);
	w->word[w->n] = data ? data : "";
	w->len[w->n++] = len;
}

void words_text(struct words *w, const char *text)
{
	words_add(w, text, text ? strlen(text) : 0);
}

void words_number(struct words *w, int64_t number)
{
	char *text = words_memory(w, 24);

	text_set(text, 24, "%lld", (long long)number);
	words_text(w, text);
}

void words_call(struct words *w, const char *verb, int partition, const char *key)
{
	size_t size = strlen(key) + 16;
	char *name = words_memory(w, size);

	w->word = w->word_inside;
	w->len = w->len_inside;
	w->room = WORDS_INSIDE;
	w->n = 0;
	if (partition < 0)
		text_set(name, size, "{g}:%s", key);
	else
		text_set(name, size, "{p%02x}:%s", (unsigned)partition & 0xffU, key);
	words_text(w, "FCALL");
	words_text(w, verb);
	words_text(w, "1");
	words_text(w, name);
}

const void *words_sealed(struct words *w, const struct keys *keys, const char *kind,
	const char *whose, const struct blob *blob, size_t *size)
{
	uint8_t *sealed;
	char what[256];

	*size = sealed_size(blob->len);
	sealed = words_memory(w, *size);
	text_set(what, sizeof(what), "%s|%s", kind, whose);
	seal(keys, what, blob->data ? blob->data : "", blob->len, sealed);
	return sealed;
}

void words_seal(struct words *w, const struct keys *keys, const char *kind, const char *whose,
	const struct blob *blob)
{
	size_t size;
	const void *sealed = words_sealed(w, keys, kind, whose, blob, &size);

	words_add(w, sealed, size);
}

char *words_format(const struct words *w, size_t *len)
{
	char *command = NULL;
	int n = redisFormatCommandArgv(&command, (int)w->n, w->word, w->len);

	if (n < 0)
		fail_abort("out of memory");
	*len = (size_t)n;
	return command;
}

void words_free(struct words *w)
{
	while (w->memory) {
		struct word_memory *m = w->memory;

		w->memory = m->next;
		free(m);
	}
	if (w->word != w->word_inside) {
		free(w->word);
		free(w->len);
	}
	w->word = w->word_inside;
	w->len = w->len_inside;
}
