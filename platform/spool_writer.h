/*
 * The worker thread of the journal: takes what was appended in batches, writes and syncs it,
 * leaves a segment at the first failure and goes on in a new one (J3, J4).
 *
 * Everything between the two threads goes through here: items in with spool_writer_put(), items
 * and new segments out with spool_writer_take(), which the loop calls when event_fd is readable.
 */
#ifndef PLATFORM_SPOOL_WRITER_H
#define PLATFORM_SPOOL_WRITER_H

#include "platform/disk.h"
#include "platform/spool_file.h"
#include "platform/spool_segment.h"

#include <sys/queue.h>
#include <warmline/spool.h>

struct spool_folder {
	char *path;
	uint8_t id[SPOOL_FOLDER_ID];
	int lock; /* descriptor */
};

/* Fixed after spool_open(): both threads read it. */
struct spool_setup {
	struct disk *disk;
	const struct keys *keys;
	struct spool_folder folders[2];
	int nfolders;
	size_t segment_bytes;
	size_t ballast_bytes; /* 0 = none */
	int64_t keep_ms;
};

struct spool_item {
	TAILQ_ENTRY(spool_item) entry;
	spool_append_cb *cb; /* NULL for marks */
	void *arg;
	bool urgent;
	enum spool_kind kind;
	uint64_t sequence;
	int64_t written_ms;
	/* filled by the worker */
	enum spool_result result;
	struct segment *segment; /* where it is; belongs to the loop */
	size_t end;              /* bytes of that segment that are good with it */
	size_t len;
	char plain[]; /* kind, written ms, data */
};
TAILQ_HEAD(spool_items, spool_item);

struct spool_writer;

struct spool_item *spool_item_new(enum spool_kind kind, const void *data, size_t len);

/* Makes the first segment; false = neither folder takes one. `segment` and `sequence` are next. */
struct spool_writer *spool_writer_start(
	const struct spool_setup *setup, uint64_t segment, uint64_t sequence, struct fail *fail);
int spool_writer_event_fd(const struct spool_writer *writer);
void spool_writer_put(struct spool_writer *writer, struct spool_item *item);
/* Hands the item back as failed without touching a disk. */
void spool_writer_refuse(struct spool_writer *writer, struct spool_item *item);
/* All finished items in order; new segments are added to `segments` (rising). */
void spool_writer_take(
	struct spool_writer *writer, struct spool_items *items, struct segments *segments);
uint64_t spool_writer_next(struct spool_writer *writer); /* the next sequence */
void spool_writer_rotate(struct spool_writer *writer);
void spool_writer_ballast(struct spool_writer *writer); /* make it unless it is there */
void spool_writer_health(struct spool_writer *writer, struct spool_health *health);
/* Writes what is waiting and ends the thread; spool_writer_take() still works. */
void spool_writer_stop(struct spool_writer *writer);
void spool_writer_free(struct spool_writer **writer);

#endif
