/*
 * What the journal remembers about its segments, oldest first: one bit per record that is open.
 * Belongs to the loop thread. After a failed write two segments may hold the same sequences;
 * every question about a sequence is asked of all of them.
 */
#ifndef PLATFORM_SPOOL_SEGMENT_H
#define PLATFORM_SPOOL_SEGMENT_H

#include "platform/spool_record.h"

struct segment {
	struct spool_header header;
	int folder;      /* 0 or 1 (second folder) */
	uint64_t last;   /* newest event in it, 0 = none */
	int64_t last_ms; /* newest time in it */
	size_t end;      /* bytes known to be on disk; for old segments the length of the file */
	size_t nopen;
	bool keep;     /* has damage that could not be set aside: never removed */
	uint8_t *bits; /* bit (sequence - header.first) */
	size_t nbits;
};

struct segments {
	struct segment **items;
	size_t n;
};

struct segment *segment_new(const struct spool_header *header, int folder);
void segment_free(struct segment **segment);
void segment_open(struct segment *segment, uint64_t sequence, int64_t written_ms);
bool segment_is_open(const struct segment *segment, uint64_t sequence);

void segments_add(struct segments *segments, struct segment *segment);
void segments_remove(struct segments *segments, size_t i); /* frees it */
void segments_clear(struct segments *segments);
bool segments_done(struct segments *segments, uint64_t sequence); /* false = was not open */
/* Of all sequences up to `limit` only the n listed ones (rising) stay open. */
void segments_only(struct segments *segments, uint64_t limit, const char *listed, size_t n);
/* The open sequences up to `limit`, 8 bytes each, at most `max`; returns how many there are. */
size_t segments_list(const struct segments *segments, uint64_t limit, char *listed, size_t max);

#endif
