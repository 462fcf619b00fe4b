/* The two sides of the journal's writer: spool_writer.c (the loop), spool_worker.c (the thread). */
#ifndef PLATFORM_SPOOL_WORKER_H
#define PLATFORM_SPOOL_WORKER_H

#include "platform/spool_writer.h"

#include <pthread.h>

#define GATHER_N 64 /* so many records close a batch at once */

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

void *spool_worker_run(void *arg); /* arg = the writer */
/* A new segment in any folder; `first` = no record in it will have a smaller sequence. */
bool spool_worker_probe(struct spool_writer *writer, uint64_t first);
/* Gives the items to the loop. */
void spool_worker_hand_back(
	struct spool_writer *writer, struct spool_items *batch, enum spool_result result);

#endif
