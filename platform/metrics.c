/*
 * A fixed table in shared memory: workers are processes, a scrape asks any one of them. Each slot
 * is claimed once by compare-and-swap and then only added to, so no lock can be left behind by a
 * process that was killed.
 */
#include "platform/metrics_help.h"

#include <event2/buffer.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <warmline/actor.h>
#include <warmline/fail.h>
#include <warmline/metrics.h>

#define SLOTS 1024 /* a power of two */

enum { SLOT_FREE, SLOT_WRITING, SLOT_READY };

struct slot {
	atomic_int state;
	char name[64], labels[128];
	_Atomic int64_t value;
};

static struct slot own_table[SLOTS]; /* before metrics_open(), and in programs without workers */
static struct slot *table = own_table;

void metrics_open(void)
{
	void *shared = mmap(
		NULL, sizeof(own_table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		fail_abort("no memory for the table of metrics");
	if (table != own_table)
		munmap(table, sizeof(own_table));
	table = shared;
}

/* A writer needs nanoseconds; one that was killed meanwhile leaves a dead slot that is passed. */
static int settled_state(struct slot *slot)
{
	int state = atomic_load_explicit(&slot->state, memory_order_acquire);

	for (int i = 0; i < 10000 && state == SLOT_WRITING; i++)
		state = atomic_load_explicit(&slot->state, memory_order_acquire);
	return state;
}

static bool is(const struct slot *slot, const char *name, const char *labels)
{
	return strcmp(slot->name, name) == 0 && strcmp(slot->labels, labels) == 0;
}

static bool take(struct slot *slot, const char *name, const char *labels)
{
	int expected = SLOT_FREE;

	if (!atomic_compare_exchange_strong(&slot->state, &expected, SLOT_WRITING))
		return false;
	text_set(slot->name, sizeof(slot->name), "%s", name);
	text_set(slot->labels, sizeof(slot->labels), "%s", labels);
	atomic_store_explicit(&slot->state, SLOT_READY, memory_order_release);
	return true;
}

static struct slot *slot_find(const char *name, const char *labels, bool make)
{
	uint64_t h = text_hash(name) ^ (text_hash(labels) * 31);

	if (strlen(name) >= sizeof(table->name) || strlen(labels) >= sizeof(table->labels))
		return NULL;
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &table[(h + i) % SLOTS];
		int state = settled_state(slot);

		if (state == SLOT_FREE) {
			if (!make)
				return NULL;
			if (take(slot, name, labels))
				return slot;
			state = settled_state(slot); /* another worker was faster */
		}
		if (state == SLOT_READY && is(slot, name, labels))
			return slot;
	}
	return NULL;
}

static struct slot *slot_or_lost(const char *name, const char *labels)
{
	struct slot *slot = slot_find(name, labels, true);

	if (!slot && (slot = slot_find("warmline_metrics_lost_total", "", true)) != NULL)
		atomic_fetch_add(&slot->value, 1);
	return slot && is(slot, name, labels) ? slot : NULL;
}

void metric_add(const char *name, const char *labels, int64_t by)
{
	struct slot *slot = slot_or_lost(name, labels);

	if (slot)
		atomic_fetch_add_explicit(&slot->value, by, memory_order_relaxed);
}

void metric_set(const char *name, const char *labels, int64_t value)
{
	struct slot *slot = slot_or_lost(name, labels);

	if (slot)
		atomic_store_explicit(&slot->value, value, memory_order_relaxed);
}

int64_t metric_get(const char *name, const char *labels)
{
	struct slot *slot = slot_find(name, labels, false);

	return slot ? atomic_load(&slot->value) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct slot *const *x = a;
	const struct slot *const *y = b;
	int names = strcmp((*x)->name, (*y)->name);

	return names ? names : strcmp((*x)->labels, (*y)->labels);
}

void metrics_print_head(struct evbuffer *out, const char *name)
{
	size_t n = strlen(name);
	bool counter = n > 6 && strcmp(name + n - 6, "_total") == 0;
	const char *help = metrics_help(name);

	if (help)
		evbuffer_add_printf(out, "# HELP %s %s\n", name, help);
	evbuffer_add_printf(out, "# TYPE %s %s\n", name, counter ? "counter" : "gauge");
}

static void print_slot(struct evbuffer *out, struct slot *slot, const char *before)
{
	if (strcmp(before, slot->name) != 0)
		metrics_print_head(out, slot->name);
	evbuffer_add_printf(out, slot->labels[0] ? "%s{%s} %lld\n" : "%s%s %lld\n", slot->name,
		slot->labels, (long long)atomic_load(&slot->value));
}

void metrics_print(struct evbuffer *out)
{
	struct slot *ready[SLOTS];
	const char *before = "";
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		if (settled_state(&table[i]) == SLOT_READY)
			ready[n++] = &table[i];
	qsort(ready, n, sizeof(struct slot *), by_name);
	for (size_t i = 0; i < n; i++) {
		print_slot(out, ready[i], before);
		before = ready[i]->name;
	}
}
