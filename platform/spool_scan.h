/*
 * Reads a segment record by record. Behind a damaged place it looks for the next whole record:
 * a record opens only at the place it was written for, so whatever is found is ours and was
 * received. The damage itself is counted and can be set aside.
 */
#ifndef PLATFORM_SPOOL_SCAN_H
#define PLATFORM_SPOOL_SCAN_H

#include "platform/disk.h"
#include "platform/spool_record.h"

struct spool_scan {
	const struct keys *keys;
	struct spool_header header;
	uint8_t *data;
	size_t len;  /* up to the last byte that is not zero */
	size_t file; /* length of the file */
	size_t at;
	size_t damaged;      /* bytes that are no records */
	size_t first_damage; /* 0 = none */
	size_t unreadable;   /* bytes that the disk did not give; among the damaged ones */
	char *plain;
};

/*
 * Reads the first `limit` bytes (0 = all). False with errno: cannot be opened; nothing to close.
 * A place that the disk does not give is not the end: it counts as damage.
 */
bool spool_scan_open(struct spool_scan *scan, struct disk *disk, const char *path, size_t limit);
/* Starts behind the header. */
void spool_scan_start(
	struct spool_scan *scan, const struct keys *keys, const struct spool_header *header);
bool spool_scan_next(struct spool_scan *scan, struct spool_record *record);
void spool_scan_close(struct spool_scan *scan);

#endif
