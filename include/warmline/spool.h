/*
 * The journal: what was answered 200 is on this disk first (reliability.md C2, J1-J7).
 *
 * One folder has one writer (flock): open it after the last fork, one folder per worker process,
 * and keep the keys until it is closed. Segments NNNNNNNN.wj of 16 MiB, preallocated; records with
 * length, sequence, CRC32C, sealed payload. Appends are gathered and written by one worker
 * thread: pwrite + fdatasync; a batch closes after 2 ms, 64 records or at once (`urgent`).
 * A write, sync or short write that failed is never repeated on that file: the segment is left,
 * a new one (second folder, if set) takes the batch. Two failures in a row: the journal is down
 * until a probe succeeds.
 *
 * Records are `open` until spool_done() says that the store has them; what is still open after a
 * restart is handed out again by spool_replay(). Segments are removed when nothing in them is
 * open and they are older than `keep_ms` (72 h). Sequences grow, also over restarts, with gaps.
 *
 * A start reads everything. What is damaged is counted, logged, copied to NNNNNNNN-<offset>.bad
 * and never removed; whole records behind the damage are handed out. A second folder that is not
 * named any more is not read: keep it in the options until it is empty.
 */
#ifndef WARMLINE_SPOOL_H
#define WARMLINE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/fail.h>

struct event_base;
struct keys;
struct spool;

struct spool_options {
	const char *folder;
	const char *second_folder; /* NULL = none */
	const struct keys *keys;
	int64_t keep_ms;      /* 0 = 72 h */
	size_t segment_bytes; /* 0 = 16 MiB */
	size_t ballast_bytes; /* deleted when the disk is full; 0 = 64 MiB, (size_t)-1 = none */
};

enum spool_result {
	SPOOL_SYNCED, /* on disk */
	SPOOL_FAILED, /* not on any disk */
};
typedef void spool_append_cb(void *arg, enum spool_result result, uint64_t sequence);
/* A record found at start, in order of sequence. `open`: nobody confirmed that the store has it. */
typedef void spool_record_cb(
	void *arg, uint64_t sequence, int64_t written_ms, bool open, const void *data, size_t len);

struct spool_health {
	bool up;
	const char *reason; /* "" when well; until the next spool_health() */
	uint64_t records, failures, quarantined_bytes;
	int64_t free_percent; /* of the disk */
};

/* Opens, locks and scans the folder. False: locked by another process, unwritable, wrong key. */
struct spool *spool_open(
	struct event_base *base, const struct spool_options *options, struct fail *fail);
/* Calls back for each record that is still kept (`since_ms` 0 = all that are open only when
 * `open_only`). Runs before the first append or for a rollback replay; reads from disk. */
bool spool_replay(struct spool *spool, bool open_only, int64_t since_ms, spool_record_cb *cb,
	void *arg, struct fail *fail);
/*
 * Copies `data` (at most 4 MiB, else SPOOL_FAILED). Completes once, from the loop or from
 * spool_close(), never inside this call.
 */
void spool_append(struct spool *spool, const void *data, size_t len, bool urgent,
	spool_append_cb *cb, void *arg);
/* The store has it. Written lazily; losing the mark costs one idempotent re-post. */
void spool_done(struct spool *spool, uint64_t sequence);
/* Drops segments that are old and finished. Called from a timer. */
void spool_trim(struct spool *spool, int64_t now_ms);
void spool_health(const struct spool *spool, struct spool_health *health);
/* Waits for what was appended (callbacks run), syncs, unlocks. Never from a callback of its own. */
void spool_close(struct spool **spool);

#endif
