#include "platform/spool_writer.h"

#include "platform/spool_worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <warmline/clock.h>

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
	writer->started = pthread_create(&writer->thread, NULL, spool_worker_run, writer) == 0;
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
	else if (!spool_worker_probe(writer, sequence))
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
	spool_worker_hand_back(writer, &items, SPOOL_FAILED);
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
