#include "tests/lib/journal.h"

#include "platform/spool_inside.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct journal *journal = arg;

	(void)fd;
	(void)what;
	journal->ticked = true;
}

struct journal *journal_new(const char *folder, struct ram_disk *ram)
{
	struct journal *journal = xcalloc(1, sizeof(*journal));

	journal->base = event_base_new();
	journal->tick = event_new(journal->base, -1, 0, on_tick, journal);
	journal->keys = keys_random();
	journal->ram = ram;
	journal->options = (struct spool_options){
		.folder = folder, .keys = journal->keys, .ballast_bytes = (size_t)-1};
	return journal;
}

bool journal_open(struct journal *journal)
{
	if (journal->ram)
		journal->spool = spool_open_on(
			&journal->ram->disk, journal->base, &journal->options, &journal->fail);
	else
		journal->spool = spool_open(journal->base, &journal->options, &journal->fail);
	return journal->spool;
}

void journal_close(struct journal *journal)
{
	spool_close(&journal->spool);
}

void journal_free(struct journal **journal)
{
	struct journal *j = *journal;

	journal_close(j);
	for (size_t i = 0; i < j->n; i++)
		free(j->texts[i]);
	free(j->texts);
	keys_free(&j->keys);
	event_free(j->tick);
	event_base_free(j->base);
	free(j);
	*journal = NULL;
}

/* "text 17 abcabc…": every length from 16 on is its own text. */
static char *words(size_t id, size_t len)
{
	char *text = xcalloc(1, len + 32);
	int n = snprintf(text, 32, "text %zu ", id);

	for (size_t i = (size_t)n; i < len; i++)
		text[i] = (char)('a' + (id + i) % 26);
	return text;
}

static void on_append(void *arg, enum spool_result result, uint64_t sequence)
{
	struct journal_text *text = arg;

	text->completed++;
	text->result = result;
	text->sequence = sequence;
	text->journal->waiting--;
	if (text->journal->ram && result == SPOOL_SYNCED)
		ram_disk_note(text->journal->ram, text->id);
}

struct journal_text *journal_append(struct journal *journal, size_t len, bool urgent)
{
	struct journal_text *text = xcalloc(1, sizeof(*text));
	char *data = words(journal->n, len);

	text->id = journal->n;
	text->len = len;
	text->journal = journal;
	if (journal->n == journal->room) {
		journal->room = journal->room ? 2 * journal->room : 64;
		journal->texts = xrealloc(journal->texts, journal->room * sizeof(*journal->texts));
	}
	journal->texts[journal->n++] = text;
	journal->waiting++;
	spool_append(journal->spool, data, len, urgent, on_append, text);
	assert_int_equal(text->completed, 0);
	free(data);
	return text;
}

static void tick_in(struct journal *journal, int ms)
{
	struct timeval wait = {ms / 1000, ms % 1000 * 1000};

	journal->ticked = false;
	event_add(journal->tick, &wait);
}

void journal_turn(struct journal *journal, int ms)
{
	tick_in(journal, ms);
	while (!journal->ticked)
		event_base_loop(journal->base, EVLOOP_ONCE);
}

void journal_until(struct journal *journal, bool (*what)(struct journal *))
{
	int64_t end = clock_monotonic_ms() + JOURNAL_SECONDS * 1000;

	while (!what(journal)) {
		if (clock_monotonic_ms() > end)
			fail_msg("%zu texts still wait after %d s", journal->waiting,
				JOURNAL_SECONDS);
		tick_in(journal, 5);
		event_base_loop(journal->base, EVLOOP_ONCE);
	}
}

static bool nothing_waits(struct journal *journal)
{
	return journal->waiting == 0;
}

void journal_settle(struct journal *journal)
{
	journal_until(journal, nothing_waits);
}

void journal_done(struct journal *journal, struct journal_text *text)
{
	text->done = true;
	spool_done(journal->spool, text->sequence);
}

static void on_record(
	void *arg, uint64_t sequence, int64_t written_ms, bool open, const void *data, size_t len)
{
	struct journal *journal = arg;
	size_t id = 0;
	char *want;

	(void)written_ms;
	if (sequence <= journal->last)
		journal->unordered++;
	journal->last = sequence;
	if (len < 6 || sscanf(data, "text %zu", &id) != 1 || id >= journal->n ||
		journal->texts[id]->len != len) {
		journal->strange++;
		return;
	}
	want = words(id, len);
	if (memcmp(want, data, len))
		journal->strange++;
	journal->texts[id]->found++;
	journal->texts[id]->open = open;
	free(want);
}

bool journal_replay(struct journal *journal, bool open_only, int64_t since_ms)
{
	journal->strange = journal->unordered = 0;
	journal->last = 0;
	for (size_t i = 0; i < journal->n; i++) {
		journal->texts[i]->found = 0;
		journal->texts[i]->open = false;
	}
	return spool_replay(
		journal->spool, open_only, since_ms, on_record, journal, &journal->fail);
}

size_t journal_lost(const struct journal *journal)
{
	size_t n = 0;

	for (size_t i = 0; i < journal->n; i++) {
		const struct journal_text *text = journal->texts[i];

		n += text->completed && text->result == SPOOL_SYNCED && !text->done &&
		     (text->found != 1 || !text->open);
	}
	return n;
}

size_t journal_count(const struct journal *journal, enum spool_result result)
{
	size_t n = 0;

	for (size_t i = 0; i < journal->n; i++)
		n += journal->texts[i]->completed && journal->texts[i]->result == result;
	return n;
}

size_t journal_found(const struct journal *journal)
{
	size_t n = 0;

	for (size_t i = 0; i < journal->n; i++)
		n += journal->texts[i]->found > 0;
	return n;
}
