#include "platform/spool_worker.h"

#include <errno.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/control.h>
#include <warmline/log.h>

#define GATHER_US   2000 /* a batch waits no longer than this */
#define QUIET_US    150  /* and not at all when nothing more is coming */
#define BATCH_N     1024 /* what gathered during a sync goes in one write */
#define BATCH_BYTES ((size_t)1 << 20)
#define TRIES       2 /* failures in a row: the journal is down */
#define PROBE_US    1000000

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- segments --------------------------------------------------------------------------------- */

/* Under the lock: no item that may still come has a smaller one. */
static uint64_t first_sequence(const struct spool_writer *writer)
{
	const struct spool_item *item = TAILQ_FIRST(&writer->queue);

	return item ? item->sequence : writer->sequence;
}

static void failed(struct spool_writer *writer, const char *what, int folder)
{
	int error = errno;
	const struct spool_setup *setup = writer->setup;

	writer->failed_folder = folder;
	if (error == ENOSPC && setup->ballast_bytes &&
		spool_ballast_drop(setup->disk, setup->folders[0].path)) {
		writer->has_ballast = false;
		log_event(LOG_LEVEL_ERROR, "journal.full",
			"folder=%s the disk is full; the ballast was given up, make room now",
			setup->folders[folder].path);
	}
	pthread_mutex_lock(&writer->lock);
	writer->failures++;
	text_set(writer->reason, sizeof(writer->reason), "cannot %s: %s", what, strerror(error));
	pthread_mutex_unlock(&writer->lock);
	if (!writer->down)
		log_event(LOG_LEVEL_ERROR, "journal.failure",
			"folder=%s segment=%llu cannot %s: %s", setup->folders[folder].path,
			(unsigned long long)writer->file.header.segment, what, strerror(error));
}

static void segment_made(struct spool_writer *writer, int folder)
{
	writer->file.folder = folder;
	writer->segment = segment_new(&writer->file.header, folder);
	writer->failed_folder = -1;
	pthread_mutex_lock(&writer->lock);
	segments_add(&writer->made, writer->segment);
	pthread_mutex_unlock(&writer->lock);
}

static bool segment_make_in(struct spool_writer *writer, int folder, uint64_t first, size_t bytes)
{
	const struct spool_setup *setup = writer->setup;
	size_t size = setup->segment_bytes;
	struct spool_header header = {
		.segment = writer->next_segment++, .first = first, .created_ms = clock_wall_ms()};

	if (size < SPOOL_HEADER_SIZE + bytes)
		size = SPOOL_HEADER_SIZE + bytes;
	memcpy(header.folder, setup->folders[folder].id, SPOOL_FOLDER_ID);
	if (!spool_file_create(&writer->file, setup->disk, setup->keys, setup->folders[folder].path,
		    &header, size)) {
		failed(writer, "make a segment", folder);
		return false;
	}
	segment_made(writer, folder);
	return true;
}

/* One try, in the folder that did not fail just now. */
static bool segment_next(struct spool_writer *writer, uint64_t first, size_t bytes)
{
	int folder = writer->failed_folder == 0 ? writer->setup->nfolders - 1 : 0;

	spool_file_finish(&writer->file, writer->setup->disk);
	return segment_make_in(writer, folder, first, bytes);
}

bool spool_worker_probe(struct spool_writer *writer, uint64_t first)
{
	bool ok = false;

	for (int tries = 0; !ok && tries < TRIES; tries++)
		ok = segment_next(writer, first, 0);
	return ok;
}

/* --- batch ------------------------------------------------------------------------------------ */

static size_t batch_size(const struct spool_items *batch, bool *needs_sync)
{
	const struct spool_item *item;
	size_t bytes = 0;

	*needs_sync = false;
	TAILQ_FOREACH(item, batch, entry)
	{
		bytes += spool_record_size(item->len);
		if (item->kind != SPOOL_DONE)
			*needs_sync = true;
	}
	return bytes;
}

/* Sealed anew for each segment: a record opens only where it was written for. */
static void batch_encode(struct spool_writer *writer, struct spool_items *batch, size_t bytes)
{
	struct spool_item *item;
	size_t at = 0;

	if (bytes > writer->room) {
		writer->buffer = xrealloc(writer->buffer, bytes);
		writer->room = bytes;
	}
	TAILQ_FOREACH(item, batch, entry)
	{
		spool_record_write(writer->setup->keys, &writer->file.header, item->sequence,
			item->plain, item->len, writer->buffer + at);
		at += spool_record_size(item->len);
		item->segment = writer->segment;
		item->end = writer->file.end + bytes;
	}
}

static bool batch_try(struct spool_writer *writer, struct spool_items *batch)
{
	struct disk *disk = writer->setup->disk;
	struct spool_file *file = &writer->file;
	bool needs_sync;
	size_t bytes = batch_size(batch, &needs_sync);

	if ((file->fd < 0 || bytes > file->size - file->end) &&
		!segment_next(writer, TAILQ_FIRST(batch)->sequence, bytes))
		return false;
	batch_encode(writer, batch, bytes);
	if (!spool_file_write(file, disk, writer->buffer, bytes))
		failed(writer, "write", file->folder);
	else if (needs_sync && disk->ops->sync(disk, file->fd))
		failed(writer, "sync", file->folder);
	else
		return true;
	spool_file_leave(file, disk);
	return false;
}

static void down_set(struct spool_writer *writer, bool down)
{
	if (down != writer->down)
		log_event(down ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
			down ? "journal.down" : "journal.up",
			down ? "reason=\"%s\" texts are answered only when the store has them"
			     : "last reason=\"%s\"",
			writer->reason);
	pthread_mutex_lock(&writer->lock);
	writer->down = down;
	if (!down)
		writer->reason[0] = '\0';
	pthread_mutex_unlock(&writer->lock);
	writer->probe_us = now_us() + PROBE_US;
}

void spool_worker_hand_back(
	struct spool_writer *writer, struct spool_items *batch, enum spool_result result)
{
	struct spool_item *item;
	uint64_t one = 1, n = 0;

	TAILQ_FOREACH(item, batch, entry)
	{
		item->result = result;
		n += item->kind == SPOOL_EVENT && result == SPOOL_SYNCED;
	}
	pthread_mutex_lock(&writer->lock);
	writer->records += n;
	TAILQ_CONCAT(&writer->done, batch, entry);
	pthread_mutex_unlock(&writer->lock);
	while (write(writer->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* Negative control: tells success, then dawdles with the write as a buffered logger would. */
static void answer_first(struct spool_writer *writer, const struct spool_items *batch)
{
	struct spool_items early = TAILQ_HEAD_INITIALIZER(early);
	struct spool_item *item, *twin;
	struct timespec late = {0, 300000000};

	TAILQ_FOREACH(item, batch, entry)
	{
		twin = spool_item_new(SPOOL_EVENT, "", 0);
		twin->cb = item->cb;
		twin->arg = item->arg;
		twin->sequence = item->sequence;
		item->cb = NULL;
		TAILQ_INSERT_TAIL(&early, twin, entry);
	}
	spool_worker_hand_back(writer, &early, SPOOL_SYNCED);
	nanosleep(&late, NULL);
}

static void batch_commit(struct spool_writer *writer, struct spool_items *batch)
{
	bool ok = false;

	if (control_on("answer-before-sync"))
		answer_first(writer, batch);
	if (!writer->down) {
		for (int tries = 0; !ok && tries < TRIES; tries++)
			ok = batch_try(writer, batch);
		if (!ok)
			down_set(writer, true);
		else if (writer->reason[0])
			down_set(writer, false);
	}
	spool_worker_hand_back(writer, batch, ok ? SPOOL_SYNCED : SPOOL_FAILED);
}

/* --- thread ----------------------------------------------------------------------------------- */

static void wait_until(struct spool_writer *writer, int64_t us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};

	pthread_cond_timedwait(&writer->wake, &writer->lock, &t);
}

static bool gathered(const struct spool_writer *writer)
{
	return writer->nqueued >= GATHER_N || writer->urgent || writer->stop || writer->down;
}

/* Under the lock. Several requests of one turn of the loop come within microseconds. */
static void gather(struct spool_writer *writer)
{
	int64_t end = now_us() + GATHER_US, now;
	size_t seen = 0;

	while (!gathered(writer) && seen != writer->nqueued && (now = now_us()) < end) {
		int64_t quiet = now + QUIET_US < end ? now + QUIET_US : end;

		seen = writer->nqueued;
		while (!gathered(writer) && now_us() < quiet)
			wait_until(writer, quiet);
	}
}

/* Under the lock. */
static void batch_take(struct spool_writer *writer, struct spool_items *batch)
{
	size_t n = 0, bytes = 0, most = writer->setup->segment_bytes / 2;
	struct spool_item *item;

	while ((item = TAILQ_FIRST(&writer->queue)) && n < BATCH_N) {
		bytes += spool_record_size(item->len);
		if (n && (bytes > BATCH_BYTES || bytes > most))
			break;
		TAILQ_REMOVE(&writer->queue, item, entry);
		TAILQ_INSERT_TAIL(batch, item, entry);
		n++;
	}
	writer->nqueued -= n;
	if (TAILQ_EMPTY(&writer->queue))
		writer->urgent = false;
}

/* Under the lock, which is released meanwhile. */
static void chores(struct spool_writer *writer)
{
	bool rotate = writer->rotate, ballast = writer->ballast;
	const struct spool_setup *setup = writer->setup;
	uint64_t first = first_sequence(writer);

	writer->rotate = writer->ballast = false;
	pthread_mutex_unlock(&writer->lock);
	if (writer->down && now_us() >= writer->probe_us)
		down_set(writer, !spool_worker_probe(writer, first));
	else if (rotate && !writer->down && writer->file.fd >= 0 &&
		 writer->file.end > SPOOL_HEADER_SIZE && !segment_next(writer, first, 0))
		writer->file.fd = -1; /* the next batch tries again and counts */
	if (ballast && !writer->has_ballast)
		writer->has_ballast = spool_ballast_make(
			setup->disk, setup->folders[0].path, setup->ballast_bytes);
	pthread_mutex_lock(&writer->lock);
}

void *spool_worker_run(void *arg)
{
	struct spool_writer *writer = arg;
	struct spool_items batch = TAILQ_HEAD_INITIALIZER(batch);

	pthread_mutex_lock(&writer->lock);
	while (!writer->stop || !TAILQ_EMPTY(&writer->queue)) {
		if (writer->rotate || writer->ballast ||
			(writer->down && now_us() >= writer->probe_us))
			chores(writer);
		if (TAILQ_EMPTY(&writer->queue)) {
			if (writer->stop)
				break;
			if (writer->down)
				wait_until(writer, writer->probe_us);
			else
				pthread_cond_wait(&writer->wake, &writer->lock);
			continue;
		}
		gather(writer);
		batch_take(writer, &batch);
		pthread_mutex_unlock(&writer->lock);
		batch_commit(writer, &batch);
		pthread_mutex_lock(&writer->lock);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}
