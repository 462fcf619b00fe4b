/* What spool.h promises, on a real disk. Faults: test_spool_faults.c, power: test_spool_powercut.c
 */
#include "platform/seal_keys.h"
#include "platform/spool_crc.h"
#include "platform/spool_inside.h"
#include "tests/lib/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>

static char folder[64];

static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		unlink(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/warmline-spool-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	empty_folder(folder);
	return 0;
}

static struct journal *opened(void)
{
	struct journal *journal = journal_new(folder, NULL);

	if (!journal_open(journal))
		fail_msg("%s", journal->fail.text);
	return journal;
}

static void reopen(struct journal *journal)
{
	journal_close(journal);
	if (!journal_open(journal))
		fail_msg("%s", journal->fail.text);
}

static int count_files(const char *end)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strlen(entry->d_name) > strlen(end) &&
		     !strcmp(entry->d_name + strlen(entry->d_name) - strlen(end), end);
	closedir(dir);
	return n;
}

static void crc_is_the_one_of_rfc_3720(void **state)
{
	uint8_t data[32];

	(void)state;
	assert_int_equal(spool_crc("123456789", 9), 0xe3069283u);
	memset(data, 0, sizeof(data));
	assert_int_equal(spool_crc(data, 32), 0x8a9136aau);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(spool_crc(data, 32), 0x62a8ab43u);
}

static void what_was_synced_comes_back_in_order_after_a_restart(void **state)
{
	struct journal *journal = opened();

	(void)state;
	for (size_t i = 0; i < 300; i++)
		journal_append(journal, 16 + i * 7 % 900, i % 50 == 0);
	journal_settle(journal);
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), 300);
	for (size_t i = 1; i < 300; i++)
		assert_true(journal->texts[i]->sequence > journal->texts[i - 1]->sequence);
	reopen(journal);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 300);
	assert_int_equal(journal_lost(journal), 0);
	assert_int_equal(journal->strange + journal->unordered, 0);
	journal_free(&journal);
}

static void every_append_completes_once_and_never_inside_the_call(void **state)
{
	struct journal *journal = opened();

	(void)state;
	for (int i = 0; i < 100; i++) /* journal_append() asserts the second half */
		journal_append(journal, 100, true);
	journal_settle(journal);
	journal_turn(journal, 20);
	for (size_t i = 0; i < journal->n; i++)
		assert_int_equal(journal->texts[i]->completed, 1);
	journal_free(&journal);
}

static void close_completes_what_was_appended(void **state)
{
	struct journal *journal = opened();

	(void)state;
	for (int i = 0; i < 200; i++)
		journal_append(journal, 300, false);
	journal_close(journal);
	assert_int_equal(journal->waiting, 0);
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), 200);
	assert_true(journal_open(journal));
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_lost(journal), 0);
	journal_free(&journal);
}

static void done_records_are_not_handed_out_as_open_again(void **state)
{
	struct journal *journal = opened();
	struct journal_text *late;

	(void)state;
	for (int i = 0; i < 100; i++)
		journal_append(journal, 100, false);
	journal_settle(journal);
	for (int i = 0; i < 100; i += 2)
		journal_done(journal, journal->texts[i]);
	reopen(journal);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 50);
	assert_int_equal(journal_lost(journal), 0);
	assert_true(journal_replay(journal, false, 0));
	assert_int_equal(journal_found(journal), 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(journal->texts[i]->open, i % 2);
	late = journal->texts[1];
	journal_done(journal, late);
	spool_done(journal->spool, 12345); /* nobody's */
	reopen(journal);
	reopen(journal);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 49);
	assert_int_equal(late->found, 0);
	journal_free(&journal);
}

static void a_replay_since_a_moment_reads_the_running_journal(void **state)
{
	struct journal *journal = opened();
	int64_t between;

	(void)state;
	for (int i = 0; i < 20; i++)
		journal_append(journal, 100, false);
	journal_settle(journal);
	between = clock_wall_ms() + 2;
	while (clock_wall_ms() < between)
		journal_turn(journal, 1);
	for (int i = 0; i < 30; i++)
		journal_append(journal, 100, false);
	journal_settle(journal);
	journal_done(journal, journal->texts[25]);
	assert_true(journal_replay(journal, false, between));
	assert_int_equal(journal_found(journal), 30);
	assert_int_equal(journal->texts[25]->found, 1);
	assert_false(journal->texts[25]->open);
	assert_true(journal_replay(journal, true, between));
	assert_int_equal(journal_found(journal), 29);
	assert_true(journal_replay(journal, false, 0));
	assert_int_equal(journal_found(journal), 50);
	journal_free(&journal);
}

static void records_of_any_size_survive(void **state)
{
	static const size_t sizes[] = {16, 4096, 65536, 262144, SPOOL_RECORD_MAX};
	struct journal *journal = journal_new(folder, NULL);
	size_t n = sizeof(sizes) / sizeof(*sizes);

	(void)state;
	journal->options.segment_bytes = 16384; /* most of them are larger than a segment */
	assert_true(journal_open(journal));
	for (size_t i = 0; i < n; i++)
		journal_append(journal, sizes[i], false);
	journal_append(journal, SPOOL_RECORD_MAX + 1, false);
	journal_settle(journal);
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), n);
	assert_int_equal(journal->texts[n]->result, SPOOL_FAILED);
	reopen(journal);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), n);
	assert_int_equal(journal_lost(journal), 0);
	journal_free(&journal);
}

static void a_folder_has_one_writer(void **state)
{
	struct journal *journal = opened(), *second = journal_new(folder, NULL);

	(void)state;
	second->options.keys = journal->keys;
	assert_false(journal_open(second));
	assert_non_null(strstr(second->fail.text, "in use by another process"));
	journal_close(journal);
	assert_true(journal_open(second));
	journal_free(&second);
	journal_free(&journal);
}

static void other_keys_are_refused_and_change_nothing(void **state)
{
	struct journal *journal = opened();
	struct keys *right = journal->keys, *wrong = keys_random();

	(void)state;
	journal_append(journal, 100, false);
	journal_settle(journal);
	journal_close(journal);
	journal->options.keys = wrong;
	assert_false(journal_open(journal));
	assert_non_null(strstr(journal->fail.text, "right key file"));
	assert_non_null(strstr(journal->fail.text, keys_installation(wrong)));
	journal->options.keys = right;
	assert_true(journal_open(journal));
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_lost(journal), 0);
	journal_free(&journal);
	keys_free(&wrong);
}

static void the_journal_survives_a_new_key_and_names_a_dropped_one(void **state)
{
	struct journal *journal = opened();
	struct keys *keys = journal->keys;

	(void)state;
	journal_append(journal, 100, false);
	journal_settle(journal);
	keys->ring[1].id = 2;
	randombytes_buf(keys->ring[1].key, KEY_BYTES);
	keys->nring = 2;
	reopen(journal);
	journal_append(journal, 100, false);
	journal_settle(journal);
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_found(journal), 2);
	journal_close(journal);
	keys->ring[0] = keys->ring[1];
	keys->nring = 1;
	assert_false(journal_open(journal));
	assert_non_null(strstr(journal->fail.text, "not in the key file any more"));
	journal_free(&journal);
}

static void an_unusable_folder_is_refused_with_a_sentence(void **state)
{
	struct journal *journal = journal_new("/proc/warmline", NULL);

	(void)state;
	assert_false(journal_open(journal));
	assert_non_null(strstr(journal->fail.text, "/proc/warmline"));
	journal_free(&journal);
}

static void folder_and_files_are_private(void **state)
{
	struct journal *journal;
	char path[128];
	struct stat st;

	(void)state;
	chmod(folder, 0755);
	journal = opened();
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/00000001.wj", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 16 << 20);
	journal_free(&journal);
}

static void nothing_on_disk_is_in_clear(void **state)
{
	struct journal *journal = opened();
	static char data[1 << 16];
	char path[128];
	ssize_t n;
	int fd;

	(void)state;
	for (int i = 0; i < 50; i++)
		journal_append(journal, 400, false);
	journal_settle(journal);
	journal_close(journal);
	snprintf(path, sizeof(path), "%s/00000001.wj", folder);
	fd = open(path, O_RDONLY);
	n = read(fd, data, sizeof(data));
	close(fd);
	assert_true(n > 20000);
	assert_null(memmem(data, (size_t)n, "text ", 5));
	assert_null(memmem(data, (size_t)n, "abcdefg", 7));
	journal_free(&journal);
}

/* Segments 1, 2, 3 … in turn: texts, then the marks of most of them. */
static void fill_segments(struct journal *journal, size_t open)
{
	for (int round = 0; round < 4; round++) {
		size_t from = journal->n;

		for (int i = 0; i < 50; i++) {
			journal_append(journal, 200, false);
			if (i % 5 == 0)
				journal_settle(journal);
		}
		journal_settle(journal);
		for (size_t i = from; i < journal->n; i++)
			if (i != open)
				journal_done(journal, journal->texts[i]);
		journal_turn(journal, 150); /* marks are written every 100 ms */
	}
}

static void old_finished_segments_go_and_open_ones_stay(void **state)
{
	struct journal *journal = journal_new(folder, NULL);
	int before;

	(void)state;
	journal->options.segment_bytes = 8192;
	journal->options.keep_ms = 1000;
	assert_true(journal_open(journal));
	fill_segments(journal, 10);
	before = count_files(".wj");
	assert_true(before > 6);
	spool_trim(journal->spool, clock_wall_ms()); /* too young, all of them */
	assert_int_equal(count_files(".wj"), before);
	for (int i = 0; i < 50; i++) {
		spool_trim(journal->spool, clock_wall_ms() + 3600000);
		journal_turn(journal, 10);
	}
	assert_in_range(count_files(".wj"), 2, 4);
	reopen(journal);
	assert_true(journal_replay(journal, true, 0));
	/* the marks in the removed segments were carried over */
	assert_int_equal(journal_found(journal), 1);
	assert_int_equal(journal->texts[10]->found, 1);
	journal_free(&journal);
}

static void health_tells_what_happened(void **state)
{
	struct journal *journal = opened();
	struct spool_health health;

	(void)state;
	journal_append(journal, 100, false);
	journal_settle(journal);
	spool_health(journal->spool, &health);
	assert_true(health.up);
	assert_string_equal(health.reason, "");
	assert_int_equal(health.records, 1);
	assert_int_equal(health.failures, 0);
	assert_int_equal(health.quarantined_bytes, 0);
	assert_in_range(health.free_percent, 0, 100);
	journal_free(&journal);
}

static void a_killed_process_loses_nothing_it_was_told_is_synced(void **state)
{
	struct journal *journal = journal_new(folder, NULL);
	int told[2];
	size_t n = 0, id;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(told), 0);
	child = fork();
	if (child == 0) {
		struct event_base *base = journal->base;

		event_reinit(base);
		if (!journal_open(journal))
			_exit(1);
		for (size_t i = 0;; i++) {
			struct journal_text *text = journal_append(journal, 200, false);

			while (!text->completed)
				event_base_loop(base, EVLOOP_ONCE);
			if (write(told[1], &i, sizeof(i)) != sizeof(i))
				_exit(1);
		}
	}
	close(told[1]);
	while (n < 500 && read(told[0], &id, sizeof(id)) == sizeof(id))
		n++;
	kill(child, SIGKILL);
	while (read(told[0], &id, sizeof(id)) == sizeof(id))
		n++;
	waitpid(child, NULL, 0);
	close(told[0]);
	assert_true(journal_open(journal));
	for (size_t i = 0; i < n + 1; i++) { /* what the child wrote, as if we had */
		struct journal_text *text = xcalloc(1, sizeof(*text));

		*text = (struct journal_text){.id = i, .len = 200, .completed = i < n};
		journal->texts = xrealloc(journal->texts, (i + 1) * sizeof(*journal->texts));
		journal->texts[journal->n++] = text;
	}
	assert_true(journal_replay(journal, true, 0));
	assert_int_equal(journal_lost(journal), 0);
	assert_int_equal(journal->strange, 0);
	journal_free(&journal);
}

/* 64 in flight, each answered before the next. The target is 10,000/s; the figure is printed. */
static void sixty_four_in_flight_are_fast(void **state)
{
	struct journal *journal = opened();
	int64_t start = clock_monotonic_ms(), ms;
	size_t total = 20000;

	(void)state;
	while (journal->n < total || journal->waiting) {
		while (journal->n < total && journal->waiting < 64)
			journal_append(journal, 600, false);
		event_base_loop(journal->base, EVLOOP_ONCE);
	}
	ms = clock_monotonic_ms() - start;
	print_message("%zu records, 64 in flight: %.0f/s\n", total,
		(double)total * 1000 / (double)(ms ? ms : 1));
	assert_int_equal(journal_count(journal, SPOOL_SYNCED), total);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* Five times slower than the target is broken, however busy the machine is. */
	assert_true(ms < 10000);
#endif
	journal_free(&journal);
}

static void a_lone_record_does_not_wait_the_whole_window(void **state)
{
	struct journal *journal = opened();
	int64_t start = clock_monotonic_ms(), ms;

	(void)state;
	for (int i = 0; i < 200; i++) {
		journal_append(journal, 600, false);
		while (journal->waiting)
			event_base_loop(journal->base, EVLOOP_ONCE);
	}
	ms = clock_monotonic_ms() - start;
	print_message("one at a time: %.2f ms each\n", (double)ms / 200);
	journal_free(&journal);
}

static void a_hundred_thousand_open_records_cost_little(void **state)
{
	struct journal *journal = opened();
	size_t bytes = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		journal_append(journal, 32, false);
		if (i % 4096 == 0)
			journal_settle(journal);
	}
	journal_settle(journal);
	for (size_t i = 0; i < journal->spool->segments.n; i++)
		bytes += journal->spool->segments.items[i]->nbits / 8 + sizeof(struct segment);
	print_message("100000 open records: %zu bytes of memory\n", bytes);
	assert_true(bytes < 64 * 100000 / 10);
	journal_free(&journal);
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_the_one_of_rfc_3720),
		in_folder(what_was_synced_comes_back_in_order_after_a_restart),
		in_folder(every_append_completes_once_and_never_inside_the_call),
		in_folder(close_completes_what_was_appended),
		in_folder(done_records_are_not_handed_out_as_open_again),
		in_folder(a_replay_since_a_moment_reads_the_running_journal),
		in_folder(records_of_any_size_survive),
		in_folder(a_folder_has_one_writer),
		in_folder(other_keys_are_refused_and_change_nothing),
		in_folder(the_journal_survives_a_new_key_and_names_a_dropped_one),
		cmocka_unit_test(an_unusable_folder_is_refused_with_a_sentence),
		in_folder(folder_and_files_are_private),
		in_folder(nothing_on_disk_is_in_clear),
		in_folder(old_finished_segments_go_and_open_ones_stay),
		in_folder(health_tells_what_happened),
		in_folder(a_killed_process_loses_nothing_it_was_told_is_synced),
		in_folder(sixty_four_in_flight_are_fast),
		in_folder(a_lone_record_does_not_wait_the_whole_window),
		in_folder(a_hundred_thousand_open_records_cost_little),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
