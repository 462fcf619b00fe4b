#include "gateway/turn.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <warmline/actor.h>
#include <warmline/fail.h>

struct table {
	int workers;
	atomic_uint rollbacks;
	_Atomic int64_t since_ms; /* what the last one made necessary to post again */
	atomic_bool ready[TURN_WORKERS];
	_Atomic int64_t oldest[TURN_LINES][TURN_WORKERS];
};

static struct table *table;

void turn_open(int workers)
{
	void *shared = mmap(
		NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || workers > TURN_WORKERS)
		fail_abort("no memory for the workers' table of turns");
	if (table)
		munmap(table, sizeof(*table));
	table = shared;
	table->workers = workers;
}

int turn_line(const char *who)
{
	return (int)(text_hash(who) % TURN_LINES);
}

void turn_ready(int worker)
{
	atomic_store(&table->ready[worker], true);
}

void turn_begin(int worker)
{
	atomic_store(&table->ready[worker], false);
	for (int line = 0; line < TURN_LINES; line++)
		atomic_store_explicit(&table->oldest[line][worker], 0, memory_order_relaxed);
}

void turn_hold(int worker, int line, int64_t ticket)
{
	atomic_store(&table->oldest[line][worker], ticket);
}

int64_t turn_before(int worker, int line, int64_t ticket)
{
	for (int other = 0; other < table->workers; other++) {
		int64_t oldest = atomic_load(&table->oldest[line][other]);

		if (other == worker)
			continue;
		if (!atomic_load(&table->ready[other]))
			return TURN_UNREAD;
		if (oldest && (oldest < ticket || (oldest == ticket && other < worker)))
			return oldest;
	}
	return 0;
}

unsigned turn_rollbacks(void)
{
	return atomic_load(&table->rollbacks);
}

int64_t turn_since(void)
{
	return atomic_load(&table->since_ms);
}

/* Two that notice at once may differ a little: whoever looks later finds one of both. */
void turn_rollback(unsigned seen, int64_t since_ms)
{
	if (turn_rollbacks() != seen)
		return;
	atomic_store(&table->since_ms, since_ms);
	if (!atomic_compare_exchange_strong(&table->rollbacks, &seen, seen + 1))
		return;
	for (int worker = 0; worker < table->workers; worker++)
		atomic_store(&table->ready[worker], false);
}

int64_t turn_now_us(void)
{
	static int64_t last;
	struct timespec t;
	int64_t now;

	clock_gettime(CLOCK_REALTIME, &t);
	now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	last = now > last ? now : last + 1;
	return last;
}
