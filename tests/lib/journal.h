/* A journal under test: texts are appended, their fates kept, and what a replay hands out compared.
 */
#ifndef TESTS_JOURNAL_H
#define TESTS_JOURNAL_H

#include "tests/lib/ram_disk.h"

#include <warmline/seal.h>
#include <warmline/spool.h>

struct journal_text {
	size_t id, len;
	struct journal *journal;
	int completed; /* how often */
	enum spool_result result;
	uint64_t sequence;
	bool done;
	int found; /* by the last journal_replay() */
	bool open; /* as that replay said */
};

struct journal {
	struct event_base *base;
	struct event *tick;
	bool ticked;
	struct keys *keys;
	struct ram_disk *ram; /* NULL = a real folder */
	struct spool_options options;
	struct spool *spool;
	struct fail fail;
	struct journal_text **texts;
	size_t n, room, waiting;
	size_t strange; /* records of the last replay that nobody appended */
	size_t unordered;
	uint64_t last;
};

#define JOURNAL_SECONDS 20

struct journal *journal_new(const char *folder, struct ram_disk *ram);
bool journal_open(struct journal *journal);
void journal_close(struct journal *journal);
void journal_free(struct journal **journal);

struct journal_text *journal_append(struct journal *journal, size_t len, bool urgent);
void journal_settle(struct journal *journal); /* until every append completed */
/* Turns the loop until told; fails the test after JOURNAL_SECONDS. */
void journal_until(struct journal *journal, bool (*what)(struct journal *));
void journal_turn(struct journal *journal, int ms);
void journal_done(struct journal *journal, struct journal_text *text);
bool journal_replay(struct journal *journal, bool open_only, int64_t since_ms);
/* Synced, not done, and not handed out by the last replay. */
size_t journal_lost(const struct journal *journal);
size_t journal_count(const struct journal *journal, enum spool_result result);
size_t journal_found(const struct journal *journal);

#endif
