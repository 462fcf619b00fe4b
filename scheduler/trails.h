/*
 * To which accounts a text was offered in vain. It comes back through the store, mostly to this
 * process, and goes on from there although the order of its routes may have changed meanwhile.
 * Only as many are remembered as there is room for; whoever is forgotten goes by the number of
 * its attempt (core/route.h).
 */
#ifndef SCHEDULER_TRAILS_H
#define SCHEDULER_TRAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAILS 512

struct trail {
	uint64_t job;            /* text_hash() of its id; 0 = free */
	unsigned tried, refused; /* a bit per account; refused: it refuses us, not the text */
};

struct trails {
	struct trail items[TRAILS];
	size_t next;
};

/* Zeros when nothing is known. */
struct trail trails_get(const struct trails *trails, const char *job);
void trails_note(struct trails *trails, const char *job, size_t account, bool refused);
void trails_end(struct trails *trails, const char *job);

#endif
