/*
 * The journal on a bad disk: every single call fails once, in every way; torn tails; flipped bits;
 * a full disk; a dead one that comes back.
 */
#include "platform/spool_inside.h"
#include "tests/lib/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>

#define SHORT -1

static struct journal *small_journal(struct ram_disk *ram, bool second)
{
	struct journal *journal = journal_new("/j", ram);

	journal->options.segment_bytes = 8192;
	journal->options.second_folder = second ? "/k" : NULL;
	journal->options.keep_ms = 1000;
	return journal;
}

/* Appends, marks, rotation, trim, restart: all calls that the journal ever makes. */
static bool story(struct journal *journal)
{
	if (!journal_open(journal))
		return false;
	for (int i = 0; i < 30; i++) {
		journal_append(journal, 30 + (size_t)i * 40 % 700, i % 2);
		if (i % 3 == 2)
			journal_settle(journal);
	}
	journal_settle(journal);
	for (size_t i = 0; i < 20; i++)
		if (journal->texts[i]->result == SPOOL_SYNCED && i % 7)
			journal_done(journal, journal->texts[i]);
	spool_trim(journal->spool, clock_wall_ms() + 3600000);
	journal_append(journal, 100, true);
	journal_settle(journal);
	spool_trim(journal->spool, clock_wall_ms() + 3600000);
	journal_close(journal);
	return true;
}

static void nothing_is_lost_on_a_good_disk(struct journal *journal, int n, const char *how)
{
	ram_disk_fail(journal->ram, 0, 0, 0);
	ram_disk_capacity(journal->ram, 0);
	journal_close(journal);
	if (journal->ram->again)
		fail_msg("call %d, %s: a file that failed was used again", n, how);
	if (!journal_open(journal))
		fail_msg("call %d, %s: does not open again: %s", n, how, journal->fail.text);
	if (!journal_replay(journal, true, 0))
		fail_msg("call %d, %s: does not replay: %s", n, how, journal->fail.text);
	if (journal_lost(journal) || journal->strange || journal->unordered)
		fail_msg("call %d, %s: %zu lost, %zu strange, %zu out of order", n, how,
			journal_lost(journal), journal->strange, journal->unordered);
	for (size_t i = 0; i < journal->n; i++)
		if (journal->texts[i]->completed != 1)
			fail_msg("call %d, %s: text %zu completed %d times", n, how, i,
				journal->texts[i]->completed);
}

/* Returns the number of calls of the whole story. */
static int fail_each_call(int error, const char *how, bool second, int count)
{
	int n = 1;
	bool hit = true;

	for (; hit; n++) {
		struct ram_disk *ram = ram_disk_new();
		struct journal *journal = small_journal(ram, second);
		bool opened;

		ram_disk_fail(ram, n, n + count - 1, error);
		opened = story(journal);
		hit = ram_disk_hit(ram);
		if (!opened && !journal->fail.text[0])
			fail_msg("call %d, %s: refused without a word", n, how);
		/* One failure is never a failed append: the batch is written again elsewhere. */
		if (opened && count == 1 && journal_count(journal, SPOOL_FAILED))
			fail_msg("call %d, %s: %zu appends failed", n, how,
				journal_count(journal, SPOOL_FAILED));
		nothing_is_lost_on_a_good_disk(journal, n, how);
		journal_free(&journal);
		ram_disk_free(&ram);
	}
	return n - 2;
}

static void any_one_call_may_fail_with_eio(void **state)
{
	int calls;

	(void)state;
	calls = fail_each_call(EIO, "EIO", false, 1);
	print_message("%d calls\n", calls);
	assert_true(calls > 30);
	fail_each_call(EIO, "EIO, second folder", true, 1);
}

static void any_one_call_may_fail_with_enospc(void **state)
{
	(void)state;
	fail_each_call(ENOSPC, "ENOSPC", false, 1);
}

static void any_one_write_may_be_cut_short(void **state)
{
	(void)state;
	fail_each_call(SHORT, "short write", false, 1);
}

static void any_one_call_may_be_interrupted(void **state)
{
	(void)state;
	fail_each_call(EINTR, "EINTR", false, 1);
}

static void any_seven_calls_in_a_row_may_fail(void **state)
{
	(void)state;
	fail_each_call(EIO, "EIO seven times", false, 7);
	fail_each_call(SHORT, "short seven times, second folder", true, 7);
}

static bool is_up(struct journal *journal)
{
	struct spool_health health;

	spool_health(journal->spool, &health);
	return health.up;
}

static void a_dead_disk_fails_promptly_and_a_probe_brings_it_back(void **state)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = small_journal(ram, true);
	struct spool_health health;
	int64_t start;

	(void)state;
	assert_true(journal_open(journal));
	journal_append(journal, 100, true);
	journal_settle(journal);
	ram_disk_fail(ram, 1, 1 << 30, EIO);
	start = clock_monotonic_ms();
	for (int i = 0; i < 20; i++) {
		journal_append(journal, 100, false);
		journal_settle(journal);
	}
	assert_true(clock_monotonic_ms() - start < 1000);
	assert_int_equal(journal_count(journal, SPOOL_FAILED), 20);
	spool_health(journal->spool, &health);
	assert_false(health.up);
	assert_non_null(strstr(health.reason, strerror(EIO)));
	assert_true(health.failures >= 2);
	ram_disk_fail(ram, 0, 0, 0);
	start = clock_monotonic_ms();
	journal_until(journal, is_up);
	assert_true(clock_monotonic_ms() - start < 3000);
	journal_append(journal, 100, true);
	journal_settle(journal);
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), 2);
	nothing_is_lost_on_a_good_disk(journal, 0, "dead disk");
	journal_free(&journal);
	ram_disk_free(&ram);
}

static void marks_that_found_no_disk_are_written_later(void **state)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = small_journal(ram, false);

	(void)state;
	assert_true(journal_open(journal));
	for (int i = 0; i < 10; i++)
		journal_append(journal, 100, false);
	journal_settle(journal);
	ram_disk_fail(ram, 1, 1 << 30, EIO);
	for (size_t i = 0; i < 10; i++)
		journal_done(journal, journal->texts[i]);
	journal_turn(journal, 150); /* the marks' turn comes, and fails */
	assert_false(is_up(journal));
	ram_disk_fail(ram, 0, 0, 0);
	journal_until(journal, is_up);
	journal_close(journal);
	assert_true(journal_open(journal));
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 0);
	assert_true(journal_replay(journal, false, 0));
	assert_int_equal(journal_found(journal), 10);
	journal_free(&journal);
	ram_disk_free(&ram);
}

/* The last batch lies in the bad segment and, whole, in the next: once done it is done in both. */
static void a_batch_written_twice_is_done_once(void **state)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = small_journal(ram, false);

	(void)state;
	assert_true(journal_open(journal));
	journal_append(journal, 100, true);
	journal_settle(journal);
	ram_disk_fail_next(ram, 2, EIO); /* written, not synced */
	journal_append(journal, 100, true);
	journal_settle(journal);
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), 2);
	assert_int_equal(ram_disk_count(ram, ".wj"), 2);
	journal_close(journal);
	assert_true(journal_open(journal));
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_lost(journal) + journal->unordered, 0);
	journal_done(journal, journal->texts[1]);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 1);
	journal_close(journal);
	assert_true(journal_open(journal));
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 1);
	journal_free(&journal);
	ram_disk_free(&ram);
}

static bool has_ballast(struct journal *journal)
{
	return ram_disk_find(journal->ram, "/j/ballast") >= 0;
}

static void a_full_disk_takes_the_ballast_and_gives_it_back(void **state)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = small_journal(ram, false);
	int64_t later;

	(void)state;
	ram->capacity = 100000;
	journal->options.ballast_bytes = 30000;
	assert_true(journal_open(journal));
	journal_until(journal, has_ballast);
	while (ram_disk_find(ram, "/j/ballast") >= 0) {
		struct journal_text *text = journal_append(journal, 500, false);

		journal_settle(journal);
		assert_int_equal(text->result, SPOOL_SYNCED);
		journal_done(journal, text);
		assert_true(journal->n < 1000);
	}
	for (int i = 0; i < 20; i++) /* the ballast's room is of use */
		journal_append(journal, 500, false);
	journal_settle(journal);
	assert_int_equal(journal_count(journal, SPOOL_FAILED), 0);
	for (size_t i = 0; i < journal->n; i++)
		journal_done(journal, journal->texts[i]);
	later = clock_wall_ms() + 3600000;
	for (int i = 0; i < 400 && ram_disk_find(ram, "/j/ballast") < 0; i++) {
		spool_trim(journal->spool, later);
		journal_turn(journal, 5);
	}
	assert_true(ram_disk_find(ram, "/j/ballast") >= 0);
	nothing_is_lost_on_a_good_disk(journal, 0, "full disk");
	journal_free(&journal);
	ram_disk_free(&ram);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* The bytes of the first segment with `n` synced records, the last one of `len` bytes. */
static struct ram_disk *damaged_disk(struct journal **journal, size_t n, size_t len)
{
	struct ram_disk *ram = ram_disk_new();

	*journal = small_journal(ram, false);
	assert_true(journal_open(*journal));
	for (size_t i = 0; i < n; i++)
		journal_append(*journal, i + 1 < n ? 60 + i * 10 : len, false);
	journal_settle(*journal);
	journal_close(*journal);
	return ram;
}

static struct ram_disk *copy_of(const struct ram_disk *ram)
{
	struct ram_disk *copy = ram_disk_new();

	for (int i = 0; i < ram->nfiles; i++) {
		const struct ram_file *file = &ram->files[i];

		if (!file->path)
			continue;
		copy->files[copy->nfiles++] = (struct ram_file){.path = xstrdup(file->path),
			.data = file->len ? xmemdup(file->data, file->len) : NULL,
			.len = file->len,
			.room = file->len};
	}
	return copy;
}

/* How many come back from this disk; all of them must be what was appended. */
static size_t recovered(struct journal *journal, struct ram_disk *ram, uint64_t *quarantined)
{
	struct spool_health health;
	size_t n;

	journal->ram = ram;
	if (!journal_open(journal) || !journal_replay(journal, true, 0))
		fail_msg("%s", journal->fail.text);
	assert_int_equal(journal->strange, 0);
	spool_health(journal->spool, &health);
	*quarantined = health.quarantined_bytes;
	n = journal_found(journal);
	journal_close(journal);
	return n;
}

static void a_torn_tail_at_any_offset_costs_only_the_last_record(void **state)
{
	struct journal *journal;
	struct ram_disk *ram = damaged_disk(&journal, 4, 200);
	const char *path = "/j/00000001.wj";
	size_t whole = ram->files[ram_disk_find(ram, path)].len;
	size_t last = spool_record_size(SPOOL_PLAIN_HEAD + 200), seal_end = whole;

	(void)state;
	while (!ram->files[ram_disk_find(ram, path)].data[seal_end - 1])
		seal_end--; /* cutting off zeros changes nothing */
	for (int zeros = 0; zeros < 2; zeros++) {
		for (size_t cut = whole - last; cut <= whole; cut++) {
			struct ram_disk *copy = copy_of(ram);
			struct ram_file *file = &copy->files[ram_disk_find(copy, path)];
			uint64_t quarantined;
			size_t n;

			if (zeros)
				memset(file->data + cut, 0, whole - cut);
			else
				file->len = cut;
			n = recovered(journal, copy, &quarantined);
			assert_int_equal(n, cut >= seal_end ? 4 : 3);
			/* a part of a record is never passed over in silence */
			assert_int_equal(quarantined > 0, cut > whole - last && cut < seal_end);
			assert_int_equal(ram_disk_count(copy, ".bad"), quarantined > 0);
			ram_disk_free(&copy);
		}
	}
	journal_free(&journal);
	ram_disk_free(&ram);
}

static void no_flipped_bit_is_accepted_and_no_other_record_is_lost(void **state)
{
	struct journal *journal;
	struct ram_disk *ram = damaged_disk(&journal, 6, 100);
	const char *path = "/j/00000001.wj";
	size_t len = ram->files[ram_disk_find(ram, path)].len;

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct ram_disk *copy = copy_of(ram);
		struct ram_file *file = &copy->files[ram_disk_find(copy, path)];
		uint64_t quarantined;
		size_t n;

		file->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		n = recovered(journal, copy, &quarantined);
		if (bit / 8 < SPOOL_HEADER_SIZE)
			assert_int_equal(n, 6); /* the other copy of the header holds */
		else
			assert_int_equal(n, 5);
		assert_int_equal(quarantined > 0, n < 6);
		ram_disk_free(&copy);
	}
	journal_free(&journal);
	ram_disk_free(&ram);
}

static void records_behind_a_lost_sector_come_back(void **state)
{
	struct journal *journal;
	struct ram_disk *ram = damaged_disk(&journal, 12, 300);
	struct ram_file *file = &ram->files[ram_disk_find(ram, "/j/00000001.wj")];
	uint64_t quarantined;
	size_t n;

	(void)state;
	memset(file->data + 1536, 0, 512);
	n = recovered(journal, ram, &quarantined);
	assert_in_range(n, 8, 11);
	assert_int_equal(journal->texts[11]->found, 1);
	assert_true(quarantined > 0);
	assert_int_equal(ram_disk_count(ram, ".bad"), 1);
	n = recovered(journal, ram, &quarantined); /* the same again, no second copy */
	assert_in_range(n, 8, 11);
	assert_int_equal(ram_disk_count(ram, ".bad"), 1);
	journal_free(&journal);
	ram_disk_free(&ram);
}

/* A start on a damaged disk that fails once more: refused, or as good as without. */
static void any_one_call_of_a_recovery_may_fail(void **state)
{
	static const int errors[] = {EIO, ENOSPC, EINTR, SHORT};
	struct journal *journal;
	struct ram_disk *ram = damaged_disk(&journal, 30, 300);
	bool hit = true;

	(void)state;
	ram->files[ram_disk_find(ram, "/j/00000001.wj")].data[1400] ^= 1;
	for (int n = 1; hit; n++) {
		hit = false;
		for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
			struct ram_disk *copy = copy_of(ram);
			uint64_t quarantined;

			journal->ram = copy;
			ram_disk_fail(copy, n, n, errors[i]);
			if (!journal_open(journal))
				assert_true(journal->fail.text[0]);
			journal_close(journal);
			hit |= ram_disk_hit(copy);
			ram_disk_fail(copy, 0, 0, 0);
			assert_int_equal(recovered(journal, copy, &quarantined), 29);
			assert_int_equal(ram_disk_count(copy, ".bad"), 1);
			assert_true(quarantined > 0);
			ram_disk_free(&copy);
		}
	}
	journal_free(&journal);
	ram_disk_free(&ram);
}

static void records_survive_the_loss_of_both_headers(void **state)
{
	struct ram_disk *ram = ram_disk_new();
	struct journal *journal = small_journal(ram, false);

	(void)state;
	assert_true(journal_open(journal));
	for (int i = 0; i < 100; i++) {
		journal_append(journal, 300, false);
		if (i % 5 == 0)
			journal_settle(journal);
	}
	journal_settle(journal);
	journal_close(journal);
	memset(ram->files[ram_disk_find(ram, "/j/00000003.wj")].data, 0xa5, SPOOL_HEADER_SIZE);
	nothing_is_lost_on_a_good_disk(journal, 0, "no header");
	journal_free(&journal);
	ram_disk_free(&ram);
}

static void a_moved_or_renamed_segment_is_refused_with_a_sentence(void **state)
{
	struct journal *journal;
	struct ram_disk *ram = damaged_disk(&journal, 3, 100);
	struct ram_file *file = &ram->files[ram_disk_find(ram, "/j/00000001.wj")];

	(void)state;
	free(file->path);
	file->path = xstrdup("/j/00000007.wj");
	assert_false(journal_open(journal));
	assert_non_null(strstr(journal->fail.text, "renamed"));
	journal_free(&journal);
	ram_disk_free(&ram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_call_may_fail_with_eio),
		cmocka_unit_test(any_one_call_may_fail_with_enospc),
		cmocka_unit_test(any_one_write_may_be_cut_short),
		cmocka_unit_test(any_one_call_may_be_interrupted),
		cmocka_unit_test(any_seven_calls_in_a_row_may_fail),
		cmocka_unit_test(a_dead_disk_fails_promptly_and_a_probe_brings_it_back),
		cmocka_unit_test(marks_that_found_no_disk_are_written_later),
		cmocka_unit_test(a_batch_written_twice_is_done_once),
		cmocka_unit_test(a_full_disk_takes_the_ballast_and_gives_it_back),
		cmocka_unit_test(a_torn_tail_at_any_offset_costs_only_the_last_record),
		cmocka_unit_test(no_flipped_bit_is_accepted_and_no_other_record_is_lost),
		cmocka_unit_test(records_behind_a_lost_sector_come_back),
		cmocka_unit_test(any_one_call_of_a_recovery_may_fail),
		cmocka_unit_test(records_survive_the_loss_of_both_headers),
		cmocka_unit_test(a_moved_or_renamed_segment_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests_name("spool faults", tests, NULL, NULL);
}
