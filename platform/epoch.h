/*
 * What a daemon remembers of the store's ticks (reliability.md J6): a number that is smaller than
 * remembered means that the store lost writes it had acknowledged (failover, an older copy). Kept
 * in a file beside the journal, so that a restart remembers too.
 *
 * A tick says how far the store went back, not when that was: so now and then a mark is kept, of
 * when the count had come how far. With it a copy of last night is answered with everything since
 * last night.
 */
#ifndef PLATFORM_EPOCH_H
#define PLATFORM_EPOCH_H

#include <warmline/store.h>

#define EPOCH_MARKS 300 /* 15 minutes each: longer than a journal keeps */

struct epoch_memory {
	int64_t at_ms; /* wall clock of the last good tick, as journals stamp; 0 = none */
	int64_t epoch[PARTITIONS];
	struct {
		int64_t at_ms, count; /* the count of partition 0 */
	} marks[EPOCH_MARKS];         /* oldest first */
	size_t nmarks;
};

/* No file: nothing is remembered, true. False: it is damaged, and nothing is remembered. */
bool epoch_load(struct epoch_memory *memory, const char *path);
/* By a rename: a reader finds the old numbers or the new ones. False with errno. */
bool epoch_save(const struct epoch_memory *memory, const char *path, bool sync);

bool epoch_went_back(const struct epoch_memory *memory, const struct tick *tick);
/* Wall clock: the store has everything from before. 0 = nobody knows, it may lack anything. */
int64_t epoch_lost_since(const struct epoch_memory *memory, const struct tick *tick);
void epoch_note(struct epoch_memory *memory, const struct tick *tick, int64_t wall_ms);

#endif
