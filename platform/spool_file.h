/*
 * The segment that is being written, and the ballast. Everything here is called by the worker
 * thread (and by spool_open() before there is one); false always comes with errno.
 */
#ifndef PLATFORM_SPOOL_FILE_H
#define PLATFORM_SPOOL_FILE_H

#include "platform/disk.h"
#include "platform/spool_record.h"

#define SPOOL_PATH 4096

struct spool_file {
	struct spool_header header;
	int folder;
	int fd;      /* -1 = none */
	size_t end;  /* where the next record goes */
	size_t size; /* allocated */
};

bool spool_path(char path[SPOOL_PATH], const char *folder, uint64_t segment);

/* Makes the file, its blocks, its header and its name in the folder durable. */
bool spool_file_create(struct spool_file *file, struct disk *disk, const struct keys *keys,
	const char *folder, const struct spool_header *header, size_t size);
/* A write that was cut short is a failure with ENOSPC: tmpfs reports a full disk so. */
bool spool_file_write(struct spool_file *file, struct disk *disk, const void *data, size_t len);
/* Gives back the blocks that were not used. What is in it was synced before. */
void spool_file_finish(struct spool_file *file, struct disk *disk);
/* After a failure: not one call more on this file but close. */
void spool_file_leave(struct spool_file *file, struct disk *disk);

/* Room to give up when the disk is full, so that the next segment still finds some. */
bool spool_ballast_make(struct disk *disk, const char *folder, size_t bytes);
bool spool_ballast_drop(struct disk *disk, const char *folder);

#endif
