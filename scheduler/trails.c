#include "scheduler/trails.h"

#include <warmline/actor.h>

static size_t find(const struct trails *t, uint64_t job)
{
	size_t i = 0;

	while (i < TRAILS && t->items[i].job != job)
		i++;
	return i;
}

struct trail trails_get(const struct trails *t, const char *job)
{
	size_t i = find(t, text_hash(job));

	return i < TRAILS ? t->items[i] : (struct trail){.tried = 0};
}

void trails_note(struct trails *t, const char *job, size_t account, bool refused)
{
	uint64_t hash = text_hash(job);
	size_t i = find(t, hash);

	if (i == TRAILS) {
		i = t->next;
		t->next = (t->next + 1) % TRAILS;
		t->items[i] = (struct trail){.job = hash};
	}
	t->items[i].tried |= 1U << account;
	if (refused)
		t->items[i].refused |= 1U << account;
}

void trails_end(struct trails *t, const char *job)
{
	size_t i = find(t, text_hash(job));

	if (i < TRAILS)
		t->items[i] = (struct trail){.job = 0};
}
