#include "platform/spool_inside.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>
#include <warmline/log.h>

#define KEEP_MS       ((int64_t)72 * 3600 * 1000)
#define SEGMENT_BYTES ((size_t)16 << 20)
#define BALLAST_BYTES ((size_t)64 << 20)
#define MARKS_MAX     4096
#define PATH_LONGEST  (SPOOL_PATH - 64)

static const struct timeval marks_wait = {0, 100000};

/* --- finished --------------------------------------------------------------------------------- */

static void mark_add(struct spool *spool, uint64_t sequence)
{
	if (spool->nmarks == spool->marks_room) {
		spool->marks_room = spool->marks_room ? 2 * spool->marks_room : 64;
		spool->marks = xrealloc(spool->marks, 8 * spool->marks_room);
	}
	spool_put64(spool->marks + 8 * spool->nmarks++, sequence);
	if (!event_pending(spool->timer, EV_TIMEOUT, NULL))
		event_add(spool->timer, &marks_wait);
}

/* Marks that found no disk are written with the next ones. */
static void marks_again(struct spool *spool, const struct spool_item *item)
{
	const char *data = item->plain + SPOOL_PLAIN_HEAD;
	size_t n = (item->len - SPOOL_PLAIN_HEAD) / 8;

	for (size_t i = 0; i < n; i++)
		mark_add(spool, spool_u64(data + 8 * i));
}

static void item_finish(struct spool *spool, struct spool_item *item)
{
	bool synced = item->result == SPOOL_SYNCED;

	if (synced && item->segment) {
		item->segment->end = item->end;
		if (item->kind == SPOOL_EVENT)
			segment_open(item->segment, item->sequence, item->written_ms);
		else if (item->written_ms > item->segment->last_ms)
			item->segment->last_ms = item->written_ms;
	}
	if (item->kind == SPOOL_OPEN) {
		spool->listing = false;
		if (synced && item->segment) {
			spool->list_segment = item->segment->header.segment;
			spool->list_limit = spool_u64(item->plain + SPOOL_PLAIN_HEAD);
		}
	}
	if (item->kind == SPOOL_DONE && !synced)
		marks_again(spool, item);
	if (item->cb)
		item->cb(item->arg, item->result, item->sequence);
}

static void finish_all(struct spool *spool)
{
	struct spool_items items = TAILQ_HEAD_INITIALIZER(items);
	struct spool_item *item;

	spool_writer_take(spool->writer, &items, &spool->segments);
	while ((item = TAILQ_FIRST(&items))) {
		TAILQ_REMOVE(&items, item, entry);
		item_finish(spool, item);
		free(item);
	}
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	finish_all(arg);
}

/* --- marks ------------------------------------------------------------------------------------ */

static void marks_write(struct spool *spool)
{
	for (size_t at = 0; at < spool->nmarks; at += MARKS_MAX) {
		size_t n = spool->nmarks - at < MARKS_MAX ? spool->nmarks - at : MARKS_MAX;

		spool_writer_put(
			spool->writer, spool_item_new(SPOOL_DONE, spool->marks + 8 * at, 8 * n));
	}
	spool->nmarks = 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	marks_write(arg);
}

void spool_done(struct spool *spool, uint64_t sequence)
{
	if (!segments_done(&spool->segments, sequence))
		return;
	mark_add(spool, sequence);
	if (spool->nmarks >= MARKS_MAX)
		marks_write(spool);
}

/* --- append ----------------------------------------------------------------------------------- */

void spool_append(struct spool *spool, const void *data, size_t len, bool urgent,
	spool_append_cb *cb, void *arg)
{
	bool fits = len <= SPOOL_RECORD_MAX;
	struct spool_item *item = spool_item_new(SPOOL_EVENT, data, fits ? len : 0);

	item->cb = cb;
	item->arg = arg;
	item->urgent = urgent;
	if (fits) {
		spool_writer_put(spool->writer, item);
		return;
	}
	log_event(LOG_LEVEL_ERROR, "journal.refused", "bytes=%zu expected at most %zu", len,
		SPOOL_RECORD_MAX);
	spool_writer_refuse(spool->writer, item);
}

void spool_health(const struct spool *spool, struct spool_health *health)
{
	const struct spool_setup *setup = &spool->setup;

	spool_writer_health(spool->writer, health);
	health->quarantined_bytes = spool->quarantined;
	health->free_percent = setup->disk->ops->free_percent(setup->disk, setup->folders[0].path);
}

/* --- open and close --------------------------------------------------------------------------- */

static bool folder_take(
	struct spool_setup *setup, struct spool_folder *folder, const char *path, struct fail *fail)
{
	char lock[SPOOL_PATH];
	struct disk *disk = setup->disk;

	folder->path = xstrdup(path);
	folder->lock = -1;
	setup->nfolders++;
	if (!*path || strlen(path) > PATH_LONGEST)
		return fail_set(fail, "the journal's folder has no usable name; set one");
	if (disk->ops->make_folder(disk, path))
		return fail_set(fail,
			"cannot make the journal's folder %s (mode 0700): %s; give it "
			"to the user that warmline runs as",
			path, strerror(errno));
	text_set(lock, sizeof(lock), "%s/lock", path);
	folder->lock = disk->ops->lock(disk, lock);
	if (folder->lock >= 0)
		return true;
	if (errno == EWOULDBLOCK)
		return fail_set(fail,
			"the journal %s is in use by another process; stop that one, or "
			"give this one a folder of its own",
			path);
	return fail_set(fail,
		"cannot lock the journal %s: %s; give the folder to the user that "
		"warmline runs as",
		path, strerror(errno));
}

static bool setup_fill(struct spool_setup *setup, struct disk *disk,
	const struct spool_options *options, struct fail *fail)
{
	size_t least = (size_t)SPOOL_HEADER_SIZE * 4;

	setup->disk = disk;
	setup->keys = options->keys;
	setup->keep_ms = options->keep_ms ? options->keep_ms : KEEP_MS;
	setup->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES;
	if (setup->segment_bytes < least)
		setup->segment_bytes = least;
	setup->ballast_bytes = options->ballast_bytes ? options->ballast_bytes : BALLAST_BYTES;
	if (options->ballast_bytes == (size_t)-1)
		setup->ballast_bytes = 0;
	if (!folder_take(setup, &setup->folders[0], options->folder, fail))
		return false;
	return !options->second_folder ||
	       folder_take(setup, &setup->folders[1], options->second_folder, fail);
}

static bool writer_start(struct spool *spool, struct event_base *base, struct fail *fail)
{
	uint64_t segment = 1, sequence = 1;
	const struct spool_setup *setup = &spool->setup;

	if (!spool_recover(spool, &segment, &sequence, fail))
		return false;
	spool->writer = spool_writer_start(setup, segment, sequence, fail);
	if (!spool->writer)
		return false;
	spool->finished = event_new(base, spool_writer_event_fd(spool->writer),
		EV_READ | EV_PERSIST, on_finished, spool);
	spool->timer = event_new(base, -1, 0, on_timer, spool);
	if (!spool->finished || !spool->timer || event_add(spool->finished, NULL))
		return fail_set(fail, "the event loop takes no event for the journal");
	finish_all(spool);
	spool_tidy(spool);
	if (setup->ballast_bytes)
		spool_writer_ballast(spool->writer);
	return true;
}

struct spool *spool_open_on(struct disk *disk, struct event_base *base,
	const struct spool_options *options, struct fail *fail)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));

	if (!setup_fill(&spool->setup, disk, options, fail) || !writer_start(spool, base, fail))
		spool_close(&spool);
	return spool;
}

struct spool *spool_open(
	struct event_base *base, const struct spool_options *options, struct fail *fail)
{
	return spool_open_on(disk_real(), base, options, fail);
}

static void writer_stop(struct spool *spool)
{
	marks_write(spool);
	spool_writer_stop(spool->writer);
	finish_all(spool);
	finish_all(spool); /* what a callback appended just now: refused */
	spool_writer_free(&spool->writer);
}

void spool_close(struct spool **spool)
{
	struct spool *s = *spool;

	if (!s)
		return;
	if (s->writer)
		writer_stop(s);
	if (s->finished)
		event_free(s->finished);
	if (s->timer)
		event_free(s->timer);
	for (int i = 0; i < s->setup.nfolders; i++) {
		if (s->setup.folders[i].lock >= 0)
			s->setup.disk->ops->close(s->setup.disk, s->setup.folders[i].lock);
		free(s->setup.folders[i].path);
	}
	segments_clear(&s->segments);
	free(s->marks);
	free(s);
	*spool = NULL;
}
