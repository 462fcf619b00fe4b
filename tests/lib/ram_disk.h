/*
 * A disk in memory that can fail and that remembers what was durable when (reliability.md D1).
 *
 * It keeps what a process sees (the page cache) and a log of every write, length, name and sync.
 * ram_disk_cut() makes the disk that is found after the power went at a point of that log: what
 * was synced, and of the rest whichever 512-byte sectors, lengths and names chance let through.
 */
#ifndef TESTS_RAM_DISK_H
#define TESTS_RAM_DISK_H

#include "platform/disk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_FILES  512
#define RAM_SECTOR 512

enum ram_kind {
	RAM_NAME,
	RAM_WRITE,
	RAM_LENGTH,
	RAM_SYNC,
	RAM_LOST, /* a sync failed: the system calls the pages clean and never writes them */
	RAM_UNLINK,
	RAM_SYNC_FOLDER,
	RAM_NOTE
};

struct ram_entry {
	enum ram_kind kind;
	int file;
	size_t at, len; /* whole sectors as they were in the cache after the write; or the length */
	uint8_t *bytes;
	char *folder; /* that was synced; of RAM_NAME the path */
	uint64_t note;
};

struct ram_file {
	char *path; /* NULL = no such file any more */
	uint8_t *data;
	size_t len, room;
	bool failed; /* a write or sync of it failed on purpose */
};

struct ram_disk {
	struct disk disk;
	pthread_mutex_t lock;
	struct ram_file files[RAM_FILES];
	int nfiles;
	struct ram_entry *log;
	size_t nlog, log_room;
	bool logging;
	/* faults; calls are counted in the order they come */
	int calls, fail_from, fail_to; /* these calls fail; fail_from 0 = none */
	int fail_errno;                /* of write: -1 = half of it is written, no errno */
	int again;                     /* writes and syncs of a file on which one had failed */
	bool forget_sync;              /* fdatasync says yes and does nothing */
	size_t capacity, used;         /* bytes; 0 = no limit */
};

struct ram_disk *ram_disk_new(void);
void ram_disk_free(struct ram_disk **ram);
void ram_disk_note(struct ram_disk *ram, uint64_t note);
int ram_disk_find(struct ram_disk *ram, const char *path); /* -1 = not there */
int ram_disk_count(struct ram_disk *ram, const char *end); /* names that end so */
/* Calls `from` to `to`, counted from the first ever, fail; 0 = none any more. */
void ram_disk_fail(struct ram_disk *ram, int from, int to, int error);
/* The n-th call from now on fails once. */
void ram_disk_fail_next(struct ram_disk *ram, int n, int error);
void ram_disk_capacity(struct ram_disk *ram, size_t bytes);
bool ram_disk_hit(struct ram_disk *ram); /* has a call failed on purpose? */

/* The power goes before log entry `n`. */
struct ram_cutter;
struct ram_cutter *ram_cutter_new(const struct ram_disk *ram);
/* Moves on to just before entry n (rising). False: nothing is undecided there, one image is all. */
bool ram_cutter_move(struct ram_cutter *cutter, size_t n);
struct ram_disk *ram_cutter_image(struct ram_cutter *cutter, uint64_t *random);
void ram_cutter_free(struct ram_cutter **cutter);

uint64_t ram_random(uint64_t *state);

#endif
