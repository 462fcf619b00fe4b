#include "platform/spool_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/control.h>
#include <warmline/log.h>

#define GATHER_US   2000 /* a batch waits no longer than this */
#define QUIET_US    150  /* and not at all when nothing more is coming */
#define GATHER_N    64
#define BATCH_N     1024 /* what gathered during a sync goes in one write */
#define BATCH_BYTES ((size_t)1 << 20)
#define PROBE_US    1000000

struct spool_writer {
	const struct spool_setup *setup;
	int event_fd;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under the lock */
	struct spool_items queue, done;
	struct segments made; /* not yet seen by the loop */
	size_t nqueued;
	bool urgent, stop, rotate, ballast;
	uint64_t sequence; /* next */
	bool down;
	char reason[160];
	uint64_t records, failures;

	/* of the worker alone */
	struct spool_file file;
	struct segment *segment; /* what the loop calls `file` */
	uint64_t next_segment;
	int failed_folder; /* not this one for the next segment; -1 = any */
	int64_t probe_us;
	bool has_ballast;
	uint8_t *buffer;
	size_t room;
};

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

/* Any folder. */
static bool segment_probe(struct spool_writer *writer, uint64_t first)
{
	return segment_next(writer, first, 0) || segment_next(writer, first, 0);
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

static void hand_back(
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
	hand_back(writer, &early, SPOOL_SYNCED);
	nanosleep(&late, NULL);
}

static void batch_commit(struct spool_writer *writer, struct spool_items *batch)
{
	bool ok = false;

	if (control_on("answer-before-sync"))
		answer_first(writer, batch);
	if (!writer->down) {
		ok = batch_try(writer, batch) || batch_try(writer, batch);
		if (!ok)
			down_set(writer, true);
		else if (writer->reason[0])
			down_set(writer, false);
	}
	hand_back(writer, batch, ok ? SPOOL_SYNCED : SPOOL_FAILED);
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
		down_set(writer, !segment_probe(writer, first));
	else if (rotate && !writer->down && writer->file.fd >= 0 &&
		 writer->file.end > SPOOL_HEADER_SIZE && !segment_next(writer, first, 0))
		writer->file.fd = -1; /* the next batch tries again and counts */
	if (ballast && !writer->has_ballast)
		writer->has_ballast = spool_ballast_make(
			setup->disk, setup->folders[0].path, setup->ballast_bytes);
	pthread_mutex_lock(&writer->lock);
}

static void *run(void *arg)
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

/* --- the loop's side -------------------------------------------------------------------------- */

struct spool_item *spool_item_new(enum spool_kind kind, const void *data, size_t len)
{
	struct spool_item *item = xcalloc(1, sizeof(*item) + SPOOL_PLAIN_HEAD + len);

	item->kind = kind;
	item->written_ms = clock_wall_ms();
	item->len = SPOOL_PLAIN_HEAD + len;
	item->plain[0] = (char)kind;
	spool_put64(item->plain + 1, (uint64_t)item->written_ms);
	if (len)
		memcpy(item->plain + SPOOL_PLAIN_HEAD, data, len);
	return item;
}

static void locks_make(struct spool_writer *writer)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wake, &attr);
	pthread_condattr_destroy(&attr);
}

/* Signals belong to the loop: the worker is born with all of them blocked. */
static bool thread_start(struct spool_writer *writer)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	writer->started = pthread_create(&writer->thread, NULL, run, writer) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return writer->started;
}

struct spool_writer *spool_writer_start(
	const struct spool_setup *setup, uint64_t segment, uint64_t sequence, struct fail *fail)
{
	struct spool_writer *writer = xcalloc(1, sizeof(*writer));

	writer->setup = setup;
	writer->next_segment = segment;
	writer->sequence = sequence;
	writer->failed_folder = -1;
	writer->file.fd = -1;
	TAILQ_INIT(&writer->queue);
	TAILQ_INIT(&writer->done);
	locks_make(writer);
	writer->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (writer->event_fd < 0)
		fail_set(fail, "the journal cannot start: %s", strerror(errno));
	else if (!segment_probe(writer, sequence))
		fail_set(fail,
			"the journal %s takes no segment: %s; nothing may be answered without "
			"a journal: check permissions, free space and the disk",
			setup->folders[0].path, writer->reason);
	else if (!thread_start(writer))
		fail_set(fail, "the journal cannot start its thread; check the limit of processes");
	else
		writer->reason[0] = '\0';
	if (!writer->started)
		spool_writer_free(&writer);
	return writer;
}

int spool_writer_event_fd(const struct spool_writer *writer)
{
	return writer->event_fd;
}

void spool_writer_put(struct spool_writer *writer, struct spool_item *item)
{
	pthread_mutex_lock(&writer->lock);
	item->sequence = writer->sequence++;
	if (writer->stop) {
		item->result = SPOOL_FAILED;
		TAILQ_INSERT_TAIL(&writer->done, item, entry);
		pthread_mutex_unlock(&writer->lock);
		return;
	}
	TAILQ_INSERT_TAIL(&writer->queue, item, entry);
	writer->nqueued++;
	if (item->urgent)
		writer->urgent = true;
	if (writer->nqueued == 1 || writer->nqueued == GATHER_N || item->urgent)
		pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

void spool_writer_refuse(struct spool_writer *writer, struct spool_item *item)
{
	struct spool_items items = TAILQ_HEAD_INITIALIZER(items);

	TAILQ_INSERT_TAIL(&items, item, entry);
	hand_back(writer, &items, SPOOL_FAILED);
}

void spool_writer_take(
	struct spool_writer *writer, struct spool_items *items, struct segments *segments)
{
	struct segments made;
	uint64_t n;

	while (read(writer->event_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&writer->lock);
	TAILQ_CONCAT(items, &writer->done, entry);
	made = writer->made;
	writer->made = (struct segments){0};
	pthread_mutex_unlock(&writer->lock);
	for (size_t i = 0; i < made.n; i++)
		segments_add(segments, made.items[i]);
	free(made.items);
}

uint64_t spool_writer_next(struct spool_writer *writer)
{
	uint64_t sequence;

	pthread_mutex_lock(&writer->lock);
	sequence = writer->sequence;
	pthread_mutex_unlock(&writer->lock);
	return sequence;
}

void spool_writer_rotate(struct spool_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->rotate = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

void spool_writer_ballast(struct spool_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->ballast = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

void spool_writer_health(struct spool_writer *writer, struct spool_health *health)
{
	static char reason[sizeof(writer->reason)];

	pthread_mutex_lock(&writer->lock);
	health->up = !writer->down;
	health->records = writer->records;
	health->failures = writer->failures;
	text_set(reason, sizeof(reason), "%s", writer->reason);
	pthread_mutex_unlock(&writer->lock);
	health->reason = reason;
}

void spool_writer_stop(struct spool_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
	if (writer->started)
		pthread_join(writer->thread, NULL);
	writer->started = false;
}

void spool_writer_free(struct spool_writer **writer)
{
	struct spool_writer *w = *writer;
	struct spool_item *item;

	while ((item = TAILQ_FIRST(&w->done))) {
		TAILQ_REMOVE(&w->done, item, entry);
		free(item);
	}
	if (w->file.fd >= 0) {
		w->setup->disk->ops->sync(w->setup->disk, w->file.fd); /* the last marks */
		spool_file_finish(&w->file, w->setup->disk);
	}
	if (w->event_fd >= 0)
		close(w->event_fd);
	segments_clear(&w->made);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w->buffer);
	free(w);
	*writer = NULL;
}
