#include "tests/sim/world.h"

#include <stdio.h>
#include <warmline/fail.h>

#define HOUR_MS INT64_C(3600000)

const char *mutant_name(enum mutant mutant)
{
	static const char *const names[MUTANTS] = {"none", "no-fence-in-commit",
		"no-fence-in-begin", "unknown-requeued", "stop-ignored-at-send",
		"expiry-ignored-at-send", "alarm-lost", "mail-dropped", "dedupe-by-text",
		"crisis-unposted", "last-round", "parts-forgotten", "second-forgotten",
		"look-up-forgotten"};

	return names[mutant];
}

/* --- chance (splitmix64) --------------------------------------------------------------------- */

uint64_t world_chance(struct world *w)
{
	uint64_t z = (w->chance += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

int64_t world_between(struct world *w, int64_t from, int64_t to)
{
	return from + (int64_t)(world_chance(w) % (uint64_t)(to - from + 1));
}

bool world_odds(struct world *w, int percent)
{
	return (int)(world_chance(w) % 100) < percent;
}

bool world_faulty(struct world *w, int percent)
{
	bool hit = world_odds(w, percent);

	return hit && w->now < w->healthy_from;
}

/* --- what is going to happen: a binary heap -------------------------------------------------- */

static bool sooner(const struct act *a, const struct act *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct world *w, size_t a, size_t b)
{
	struct act kept = w->acts[a];

	w->acts[a] = w->acts[b];
	w->acts[b] = kept;
}

void world_later(struct world *w, int64_t at, void (*run)(struct world *, void *),
	void (*drop)(void *), void *arg)
{
	size_t i = w->nacts++;

	if ((i & (i + 1)) == 0 || i == 0)
		w->acts = xrealloc(w->acts, (2 * i + 2) * sizeof(*w->acts));
	w->acts[i] = (struct act){at, ++w->order, run, drop, arg};
	for (; i && sooner(&w->acts[i], &w->acts[(i - 1) / 2]); i = (i - 1) / 2)
		swap(w, i, (i - 1) / 2);
}

static struct act take_act(struct world *w)
{
	struct act first = w->acts[0];

	w->acts[0] = w->acts[--w->nacts];
	for (size_t i = 0, child; (child = 2 * i + 1) < w->nacts; i = child) {
		if (child + 1 < w->nacts && sooner(&w->acts[child + 1], &w->acts[child]))
			child++;
		if (!sooner(&w->acts[child], &w->acts[i]))
			break;
		swap(w, i, child);
	}
	return first;
}

static bool act_due(const struct world *w)
{
	return w->nacts && w->acts[0].at <= w->now;
}

/* --- the world ------------------------------------------------------------------------------- */

void world_fail(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->failure[0])
		return;
	va_start(args, format);
	vsnprintf(w->failure, sizeof(w->failure), format, args);
	va_end(args);
}

struct line *world_line(struct world *w, const char *number)
{
	for (int i = 0; i < LINES; i++)
		if (w->lines[i].number && strcmp(w->lines[i].number, number) == 0)
			return &w->lines[i];
	return NULL;
}

int world_program(const struct world *w, const char *id)
{
	for (size_t i = 0; i < w->house->nprograms; i++)
		if (strcmp(w->house->programs[i].id, id) == 0)
			return (int)i;
	return -1;
}

void world_blind(const void *arg, const char *e164, char blind[BLIND_SIZE])
{
	unsigned long long h = text_hash(e164);

	(void)arg;
	text_set(blind, BLIND_SIZE, "%016llx%016llx", h * 0x9e3779b97f4a7c15ULL, h);
}

/* What differs from history to history. */
static void settings(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		struct program *p = (struct program *)(uintptr_t)&w->house->programs[i];

		p->redact = w->seed / 2 % 3 == 0;
		p->nmore = w->seed / 2 % 4 == 1;
		text_set(p->more[0].text, sizeof(p->more[0].text), "%s", i ? FAST_2 : WEEKLY_2);
	}
}

struct world *world_new(struct house *house, uint64_t seed, enum mutant mutant)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->seed = w->chance = seed;
	w->mutant = mutant;
	w->house = house;
	w->store = store_memory_new();
	w->fast = seed % 2 == 1;
	settings(w);
	w->now = w->start = SOLO_START + world_between(w, 0, 200) * HOUR_MS;
	w->healthy_from = w->start + (w->fast ? HOUR_MS : 22 * 24 * HOUR_MS);
	w->end = w->healthy_from + (w->fast ? HOUR_MS / 2 : 2 * HOUR_MS);
	store_memory_time(w->store, w->now);
	people_begin(w);
	return w;
}

static bool advance(struct world *w)
{
	int64_t next = store_memory_next(w->store);

	if (w->nacts && (!next || w->acts[0].at < next))
		next = w->acts[0].at;
	if (!next || next > w->end)
		return false;
	if (next > w->now)
		w->now = next;
	/* Nobody wakes to the millisecond. */
	if (world_faulty(w, 10))
		w->now += world_between(w, 0, 20000);
	store_memory_time(w->store, w->now);
	return true;
}

bool world_run(struct world *w)
{
	while (!w->failure[0] && advance(w)) {
		for (int i = 0; i < 200 && act_due(w) && !w->failure[0]; i++) {
			struct act act = take_act(w);

			act.run(w, act.arg);
		}
		for (int i = 0; i < 200 && engine_due(w) && !w->failure[0]; i++)
			engine_work(w);
		w->steps++;
		check_step(w);
	}
	if (!w->failure[0])
		check_end(w);
	return !w->failure[0];
}

void world_free(struct world **world)
{
	struct world *w = *world;
	struct said *said, *next_said;
	struct written *written, *next_written;
	struct carried *carried, *next_carried;
	struct cause *cause, *next_cause;
	struct watched *watched, *next_watched;

	w->store->ops->free(w->store);
	for (size_t i = 0; i < w->nacts; i++)
		w->acts[i].drop(w->acts[i].arg);
	free(w->acts);
	HASH_ITER(hh, w->said, said, next_said)
	{
		HASH_DEL(w->said, said);
		free(said);
	}
	HASH_ITER(hh, w->written, written, next_written)
	{
		HASH_DEL(w->written, written);
		free(written);
	}
	HASH_ITER(hh, w->carried, carried, next_carried)
	{
		HASH_DEL(w->carried, carried);
		free(carried);
	}
	HASH_ITER(hh, w->causes, cause, next_cause)
	{
		HASH_DEL(w->causes, cause);
		free(cause);
	}
	HASH_ITER(hh, w->watched, watched, next_watched)
	{
		HASH_DEL(w->watched, watched);
		free(watched);
	}
	free(w);
	*world = NULL;
}
