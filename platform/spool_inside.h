/* The journal as its own files see it: spool.c, spool_recover.c, spool_replay.c, spool_trim.c. */
#ifndef PLATFORM_SPOOL_INSIDE_H
#define PLATFORM_SPOOL_INSIDE_H

#include "platform/spool_segment.h"
#include "platform/spool_writer.h"

#include <event2/event.h>

struct spool {
	struct spool_setup setup;
	struct spool_writer *writer;
	struct segments segments;
	struct event *finished; /* the worker has something */
	struct event *timer;    /* writes the marks */
	char *marks;            /* sequences for the next SPOOL_DONE record */
	size_t nmarks, marks_room;
	uint64_t quarantined;
	/* The newest synced SPOOL_OPEN record: which segment holds it, up to which sequence. */
	uint64_t list_segment, list_limit;
	bool listing;
};

/* spool_open() on any disk: tests bring one that fails or forgets. */
struct spool *spool_open_on(struct disk *disk, struct event_base *base,
	const struct spool_options *options, struct fail *fail);

/* What a start finds: fills segments, folder ids, quarantined; gives the next numbers. */
bool spool_recover(
	struct spool *spool, uint64_t *next_segment, uint64_t *next_sequence, struct fail *fail);
/* After the first new segment exists: drops empty ones, cuts off blocks that were never used. */
void spool_tidy(struct spool *spool);
void spool_segment_drop(struct spool *spool, size_t i); /* removes the file */

#endif
