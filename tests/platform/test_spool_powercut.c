/*
 * The power goes (reliability.md D1): for every point of a recorded run and 200 choices of what of
 * the unsynced bytes reached the disk, recovery must hand out every text that had been answered.
 * kill -9 cannot show a missing fdatasync; this does, and the last tests make sure of it.
 * The seed is printed; WARMLINE_SEED=n repeats its choices (which records shared a batch is up to
 * the thread).
 */
#include "platform/spool_inside.h"
#include "tests/lib/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>

#define CHOICES   200
#define TEXTS     50
#define DONE_NOTE 1000000 /* + text: its mark was given; it may come up again or not */

struct cut_count {
	size_t images, lost, strange, refused;
};

static uint64_t first_seed(void)
{
	const char *seed = getenv("WARMLINE_SEED");

	return seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_wall_ms() % 1000000;
}

static void mark_done(struct journal *journal, struct journal_text *text)
{
	if (text->result == SPOOL_SYNCED)
		ram_disk_note(journal->ram, DONE_NOTE + text->id);
	journal_done(journal, text);
}

/* All but the newest texts are done, their segments removed. */
static void trim_old(struct journal *journal)
{
	for (size_t i = 0; i + 5 < journal->n; i++)
		mark_done(journal, journal->texts[i]);
	spool_trim(journal->spool, clock_wall_ms() + (int64_t)100 * 3600 * 1000);
}

/* Batches of every size, two to four segments, marks, and once a write that fails. */
static void record_run(struct journal *journal, uint64_t *random, bool faulty)
{
	size_t fault = TEXTS / 3 + ram_random(random) % (TEXTS / 3);

	journal->ram->logging = true;
	assert_true(journal_open(journal));
	while (journal->n < TEXTS) {
		size_t batch = 1 + ram_random(random) % 6;

		if (faulty && journal->n >= fault) {
			ram_disk_fail_next(journal->ram, (int)(1 + ram_random(random) % 3), EIO);
			faulty = false;
		}
		while (batch--)
			journal_append(journal, 16 + ram_random(random) % 600,
				ram_random(random) % 4 == 0);
		journal_settle(journal);
		if (ram_random(random) % 3 == 0)
			mark_done(journal, journal->texts[ram_random(random) % journal->n]);
		if (ram_random(random) % 8 == 0)
			trim_old(journal);
	}
	journal_close(journal);
}

/* What is asked of a cut before entry n: what had been answered before and was not done yet. */
static void forget_later(struct journal *journal, const struct ram_disk *ram, size_t n)
{
	for (size_t i = 0; i < journal->n; i++)
		journal->texts[i]->completed = journal->texts[i]->done = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t note = ram->log[i].note;

		if (ram->log[i].kind != RAM_NOTE)
			continue;
		if (note >= DONE_NOTE)
			journal->texts[note - DONE_NOTE]->done = true;
		else
			journal->texts[note]->completed = 1;
	}
}

static void check_image(struct journal *journal, struct ram_disk *image, struct cut_count *count)
{
	journal->ram = image;
	count->images++;
	if (!journal_open(journal)) {
		count->refused++;
		return;
	}
	assert_true(journal_replay(journal, true, 0));
	count->lost += journal_lost(journal);
	count->strange += journal->strange + journal->unordered;
	journal_close(journal);
}

/* A second start on what the first one left finds the same. */
static void check_twice(struct journal *journal, struct ram_disk *image, struct cut_count *count)
{
	check_image(journal, image, count);
	if (count->images % 16 == 0)
		check_image(journal, image, count);
}

static void cut_everywhere(struct journal *journal, const struct ram_disk *ram, uint64_t *random,
	struct cut_count *count)
{
	struct ram_cutter *cutter = ram_cutter_new(ram);

	for (size_t n = 0; n <= ram->nlog; n++) {
		int choices = ram_cutter_move(cutter, n) ? CHOICES : 1;

		/* answers before the next call on the disk are asked for as well */
		if (n < ram->nlog && ram->log[n].kind == RAM_NOTE)
			continue;
		forget_later(journal, ram, n);
		while (choices--) {
			struct ram_disk *image = ram_cutter_image(cutter, random);

			check_twice(journal, image, count);
			ram_disk_free(&image);
		}
	}
	ram_cutter_free(&cutter);
}

static struct cut_count one_run(uint64_t seed, bool faulty, bool forget_sync)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = journal_new("/j", ram);
	struct cut_count count = {0};
	uint64_t random = seed;

	journal->options.segment_bytes = 8192;
	journal->options.second_folder = faulty ? "/k" : NULL;
	ram->forget_sync = forget_sync;
	record_run(journal, &random, faulty);
	cut_everywhere(journal, ram, &random, &count);
	print_message("seed %llu: %zu log entries, %zu images, %zu texts lost\n",
		(unsigned long long)seed, ram->nlog, count.images, count.lost);
	journal_free(&journal);
	ram_disk_free(&ram);
	return count;
}

static void expect_nothing_lost(uint64_t seed, bool faulty)
{
	struct cut_count count = one_run(seed, faulty, false);

	if (count.lost || count.strange || count.refused)
		fail_msg("WARMLINE_SEED=%llu: %zu lost, %zu strange, %zu refused",
			(unsigned long long)seed, count.lost, count.strange, count.refused);
	assert_true(count.images > 1000);
}

static void no_answered_text_is_lost_when_the_power_goes(void **state)
{
	(void)state;
	expect_nothing_lost(first_seed(), false);
}

static void no_answered_text_is_lost_when_a_write_failed_before(void **state)
{
	(void)state;
	expect_nothing_lost(first_seed(), true);
}

static void a_journal_without_fdatasync_is_caught(void **state)
{
	struct cut_count count;

	(void)state;
	count = one_run(first_seed(), false, true);
	assert_true(count.lost > 0);
}

#ifdef WARMLINE_CONTROLS
static void a_journal_that_answers_before_the_sync_is_caught(void **state)
{
	struct cut_count count;

	(void)state;
	setenv("WARMLINE_CONTROL", "answer-before-sync", 1);
	count = one_run(first_seed(), false, false);
	unsetenv("WARMLINE_CONTROL");
	assert_true(count.lost > 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answered_text_is_lost_when_the_power_goes),
		cmocka_unit_test(no_answered_text_is_lost_when_a_write_failed_before),
		cmocka_unit_test(a_journal_without_fdatasync_is_caught),
#ifdef WARMLINE_CONTROLS
		cmocka_unit_test(a_journal_that_answers_before_the_sync_is_caught),
#endif
	};

	return cmocka_run_group_tests_name("spool power cut", tests, NULL, NULL);
}
