/* The sender's own journal: folders, records, and what is left when a process ends. */
#include "scheduler/ledger.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/metrics.h>
#include <warmline/seal.h>

#include <cmocka.h>

#define JOB "p00-00000000000000a1.5"

static struct event_base *base;
static struct keys *keys;
static char folder[40], journal[64];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/warmline-ledger-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(journal, sizeof(journal), "%s/journal", folder);
	base = event_base_new();
	keys = keys_random();
	return 0;
}

static int teardown(void **state)
{
	char command[80];

	(void)state;
	event_base_free(base);
	keys_free(&keys);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct ledger_record record_of(uint64_t fence)
{
	return (struct ledger_record){.job = JOB,
		.program = "weekly",
		.body = "{\"body\":\"how are you?\",\"to\":\"+12025550111\"}",
		.lane = LANE_SCHEDULED,
		.fence = fence,
		.attempt = 2,
		.ambiguous = 1,
		.expires = 1800000000000};
}

static struct ledger_record end_of(uint64_t fence)
{
	struct ledger_record record = record_of(fence);

	record.ended = true;
	record.result = JOB_ACCEPTED;
	record.provider_id = "SM5";
	record.event_id = JOB ":2:accepted";
	record.event = "{\"kind\":\"outcome\"}";
	return record;
}

struct heard {
	int calls;
	bool synced;
};

static void on_synced(void *arg, bool synced)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->synced = synced;
}

static void wait_for(const struct heard *heard, int calls)
{
	int64_t end = clock_monotonic_ms() + 10000;

	while (heard->calls < calls && clock_monotonic_ms() < end)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(heard->calls, calls);
}

struct found {
	int n, ended, confirmed;
	struct ledger_mark marks[8];
	struct ledger *ledger;
};

static void on_found(
	void *arg, const struct ledger_record *r, struct ledger_mark mark, bool confirmed)
{
	struct found *found = arg;
	struct ledger_record wanted = r->ended ? end_of(r->fence) : record_of(r->fence);

	assert_string_equal(r->job, wanted.job);
	assert_string_equal(r->program, wanted.program);
	assert_string_equal(r->body, wanted.body);
	assert_int_equal(r->lane, wanted.lane);
	assert_int_equal(r->attempt, wanted.attempt);
	assert_int_equal(r->ambiguous, wanted.ambiguous);
	assert_int_equal(r->expires, wanted.expires);
	if (r->ended) {
		assert_int_equal(r->result, wanted.result);
		assert_string_equal(r->provider_id, wanted.provider_id);
		assert_string_equal(r->event_id, wanted.event_id);
		assert_string_equal(r->event, wanted.event);
	}
	assert_in_range(found->n, 0, 7);
	found->marks[found->n++] = mark;
	found->ended += r->ended;
	found->confirmed += confirmed;
}

static struct found read_since(struct ledger *ledger, int64_t since_ms)
{
	struct found found = {0};

	ledger_read(ledger, since_ms, on_found, &found);
	return found;
}

static struct note *begun(struct ledger *ledger, uint64_t fence)
{
	struct ledger_record record = record_of(fence);
	struct heard heard = {0};
	struct note *note = ledger_begin(ledger, &record, on_synced, &heard);

	assert_non_null(note);
	assert_int_equal(heard.calls, 0); /* never inside the call */
	wait_for(&heard, 1);
	assert_true(heard.synced);
	return note;
}

static void ended(struct note *note, uint64_t fence)
{
	struct ledger_record record = end_of(fence);
	struct heard heard = {0};

	ledger_end(note, &record, on_synced, &heard);
	wait_for(&heard, 1);
}

static void what_was_written_is_read_again(void **state)
{
	struct ledger *ledger = ledger_new(base, journal, keys);
	struct note *note = begun(ledger, 1), *other = begun(ledger, 2);
	struct found found;

	(void)state;
	ended(note, 1);
	ledger_close(&note, true);
	assert_null(note);
	ledger_close(&other, false);
	ledger_free(&ledger);
	ledger = ledger_new(base, journal, keys);
	found = read_since(ledger, 0);
	assert_int_equal(found.n, 3);
	assert_int_equal(found.ended, 1);
	assert_int_equal(found.confirmed, 2);
	/* Of old times only what is open is asked for. */
	found = read_since(ledger, clock_wall_ms() + 60000);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.confirmed, 0);
	ledger_mark_done(ledger, found.marks[0]);
	assert_int_equal(read_since(ledger, clock_wall_ms() + 60000).n, 0);
	assert_int_equal(read_since(ledger, 0).n, 3);
	ledger_free(&ledger);
}

static void an_end_is_whole_without_its_beginning_being_over(void **state)
{
	struct ledger *ledger = ledger_new(base, journal, keys);
	struct ledger_record record = record_of(1), end = end_of(1);
	struct heard first = {0}, second = {0};
	struct note *note = ledger_begin(ledger, &record, on_synced, &first);

	(void)state;
	ledger_end(note, &end, on_synced, &second); /* nobody waited for the first */
	wait_for(&second, 1);
	assert_int_equal(first.calls, 0);
	assert_true(second.synced);
	ledger_close(&note, true);
	assert_int_equal(read_since(ledger, 0).n, 2);
	ledger_free(&ledger);
}

static void a_note_given_up_at_once_calls_nobody(void **state)
{
	struct ledger *ledger = ledger_new(base, journal, keys);
	struct ledger_record record = record_of(1);
	struct heard heard = {0};
	struct note *note = ledger_begin(ledger, &record, on_synced, &heard);

	(void)state;
	ledger_close(&note, true);
	ledger_free(&ledger);
	assert_int_equal(heard.calls, 0);
}

static void two_at_once_have_a_folder_each(void **state)
{
	struct ledger *one = ledger_new(base, journal, keys);
	struct ledger *two = ledger_new(base, journal, keys);
	struct note *note = begun(two, 1);

	(void)state;
	assert_non_null(strstr(ledger_folder(one), "/scheduler-0"));
	assert_non_null(strstr(ledger_folder(two), "/scheduler-1"));
	assert_int_equal(read_since(one, 0).n, 0); /* in use: its owner tells */
	ledger_close(&note, false);
	ledger_free(&two);
	assert_int_equal(read_since(one, 0).n, 1); /* its owner is gone */
	ledger_read_over(one);
	two = ledger_new(base, journal, keys);
	assert_non_null(strstr(ledger_folder(two), "/scheduler-1")); /* and comes back */
	ledger_free(&two);
	ledger_free(&one);
}

static void what_a_killed_process_wrote_is_there(void **state)
{
	struct ledger *ledger;
	struct found found;
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct note *note;

		event_reinit(base);
		note = begun(ledger_new(base, journal, keys), 1);
		_exit(note ? 7 : 8); /* nothing is closed */
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 7);
	ledger = ledger_new(base, journal, keys);
	found = read_since(ledger, clock_wall_ms() + 60000);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.ended, 0);
	ledger_free(&ledger);
}

static void without_a_folder_there_is_no_note_and_it_is_tried_again(void **state)
{
	FILE *file = fopen(journal, "w");
	struct ledger_record record = record_of(1);
	struct ledger *ledger;
	struct note *note;

	(void)state;
	fclose(file);
	ledger = ledger_new(base, journal, keys);
	assert_null(ledger_begin(ledger, &record, NULL, NULL));
	assert_int_equal(read_since(ledger, 0).n, 0);
	unlink(journal);
	ledger_beat(ledger, clock_monotonic_ms() + 60000);
	note = begun(ledger, 1);
	ledger_close(&note, true);
	ledger_free(&ledger);
}

static void no_number_and_no_word_lies_on_the_disk(void **state)
{
	struct ledger *ledger = ledger_new(base, journal, keys);
	struct note *note = begun(ledger, 1);
	char command[120];

	(void)state;
	ledger_close(&note, false);
	ledger_free(&ledger);
	snprintf(command, sizeof(command), "grep -rqaE '2025550111|how are' %s", journal);
	assert_int_not_equal(system(command), 0);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(what_was_written_is_read_again),
		ring(an_end_is_whole_without_its_beginning_being_over),
		ring(a_note_given_up_at_once_calls_nobody),
		ring(two_at_once_have_a_folder_each),
		ring(what_a_killed_process_wrote_is_there),
		ring(without_a_folder_there_is_no_note_and_it_is_tried_again),
		ring(no_number_and_no_word_lies_on_the_disk),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
