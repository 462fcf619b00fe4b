/*
 * The sender's own journal (reliability.md J7): what was begun and how it ended, on this machine's
 * disk, so that a store which lost acknowledged writes can be told what people have received.
 *
 * A folder <journal>/scheduler-<n> per process: the first n that nobody uses. One record when
 * an attempt begins, before its socket opens; one when it has ended. Both name the text whole, so
 * each is of use alone. Records are open until the store has confirmed the end.
 *
 * Without a journal (disk full, folder not ours) texts go out all the same, because the store's
 * own begin is durable; it is counted and logged, and opening is tried again.
 */
#ifndef SCHEDULER_LEDGER_H
#define SCHEDULER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/event.h>
#include <warmline/seal.h>
#include <warmline/store.h>

struct event_base;
struct ledger;
struct note; /* the records of one attempt */

struct ledger_record { /* texts are borrowed; "" = none */
	const char *job, *program, *body;
	const char *account, *from; /* by which it leaves */
	enum lane lane;
	uint64_t fence;
	int attempt, ambiguous;
	int64_t expires;
	bool ended; /* the rest is of an end */
	enum job_result result;
	const char *provider_id, *event_id, *event;
};

/* `journal` is the folder of all journals of this installation. */
struct ledger *ledger_new(struct event_base *base, const char *journal, const struct keys *keys);
/* Opens again what could not be opened, trims, sets metrics. `now_ms` is monotonic. */
void ledger_beat(struct ledger *ledger, int64_t now_ms);
/* After everything that has notes. */
void ledger_free(struct ledger **ledger);
const char *ledger_folder(const struct ledger *ledger); /* "" = not open */

/* Called once from the loop when all of the note is through; not after ledger_close(). */
typedef void ledger_cb(void *arg, bool synced);
/* NULL: there is no journal now. `cb` may be NULL. */
struct note *ledger_begin(
	struct ledger *ledger, const struct ledger_record *record, ledger_cb *cb, void *arg);
void ledger_end(struct note *note, const struct ledger_record *record, ledger_cb *cb, void *arg);
/* Gives the note up: the store knows the end (`known`), or somebody has to tell it later. */
void ledger_close(struct note **note, bool known);

/*
 * Hands out what was written since `since_ms` (wall clock), and what is open from before: of this
 * process and of the folders of processes that are gone. `confirmed`: the store knew it once.
 */
struct ledger_mark {
	int folder;
	uint64_t sequence;
};
typedef void ledger_read_cb(
	void *arg, const struct ledger_record *record, struct ledger_mark mark, bool confirmed);
void ledger_read(struct ledger *ledger, int64_t since_ms, ledger_read_cb *cb, void *arg);
void ledger_mark_done(struct ledger *ledger, struct ledger_mark mark);
/* The folders of others are left again; their marks are on disk. */
void ledger_read_over(struct ledger *ledger);

#endif
