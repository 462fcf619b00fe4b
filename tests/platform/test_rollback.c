/*
 * Redis comes back from an older copy, and the schedulers' journals tell it what has left
 * (reliability.md J6, J7): no text of lanes 1 and 2 reaches the provider twice, and what became
 * of each is known again. The texts that came are posted again by the test, as the gateway's
 * journal would.
 */
#include "tests/lib/scheduler_stand.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/metrics.h>

#include <cmocka.h>

static char folder[40], journal[64];

static int setup(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/warmline-rollback-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(journal, sizeof(journal), "%s/journal", folder);
	stand_setup(state);
	stand->journal = journal;
	return 0;
}

static void shell(const char *format, ...)
{
	char command[400];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
	stand_teardown(state);
	shell("rm -rf %s", folder);
	return 0;
}

/* --- Redis ----------------------------------------------------------------------------------- */

static bool store_is_up(struct stand *b)
{
	return !stand_store_is_down(b);
}

static void redis_end(struct stand *b)
{
	private_redis_kill(&b->redis);
	assert_true(stand_loop_while(b, store_is_up, WAIT_MS));
}

static void redis_back(struct stand *b)
{
	private_redis_start(&b->redis, NULL);
	assert_true(stand_loop_while(b, stand_store_is_down, WAIT_MS));
}

static void redis_copy(struct stand *b)
{
	redis_end(b);
	shell("cp -a %s/appendonlydir %s/copy", b->redis.folder, folder);
	redis_back(b);
}

static void redis_restore(struct stand *b)
{
	redis_end(b);
	shell("rm -rf %s/appendonlydir", b->redis.folder);
	shell("cp -a %s/copy %s/appendonlydir", folder, b->redis.folder);
	redis_back(b);
}

static int64_t count_of(const char *name)
{
	return metric_get(name, "");
}

static int64_t ticks_wanted;

static bool epoch_is_young(struct stand *b)
{
	return private_redis_number(&b->redis, "INCRBY {p3f}:epoch 0") < ticks_wanted;
}

static void wait_ticks(struct stand *b, int64_t n)
{
	ticks_wanted = private_redis_number(&b->redis, "INCRBY {p3f}:epoch 0") + n;
	assert_true(stand_loop_while(b, epoch_is_young, WAIT_MS));
}

/* --- people ---------------------------------------------------------------------------------- */

struct outcomes {
	bool done;
	int accepted, unknown, texts;
};
static struct outcomes outcomes_now;

static void on_outcomes(void *arg, enum store_result result, const struct actor_view *view)
{
	struct outcomes *o = arg;

	assert_int_equal(result, STORE_OK);
	for (size_t i = 0; i < view->nlog; i++) {
		json_t *entry = json_parse(view->log[i].data, view->log[i].len);
		const char *kind = json_get_text(entry, "kind", "");
		const char *status = json_get_text(entry, "status", "");

		o->texts += strcmp(kind, "text-out") == 0;
		o->accepted += strcmp(kind, "outcome") == 0 && strcmp(status, "accepted") == 0;
		o->unknown += strcmp(kind, "outcome") == 0 && strcmp(status, "unknown") == 0;
		json_decref(entry);
	}
	o->done = true;
}

static bool outcomes_wait(struct stand *b)
{
	(void)b;
	return !outcomes_now.done;
}

static struct outcomes outcomes_of(struct stand *b, size_t person)
{
	char number[20], blind[BLIND_SIZE];

	outcomes_now = (struct outcomes){0};
	stand_number_of(person, number);
	keys_blind(b->keys, number, blind);
	b->store->ops->read(b->store, NULL, blind, 1000, on_outcomes, &outcomes_now);
	assert_true(stand_loop_while(b, outcomes_wait, WAIT_MS));
	return outcomes_now;
}

static bool someone_unsure(struct stand *b)
{
	for (size_t person = 0; person < PEOPLE; person++) {
		struct outcomes o = outcomes_of(b, person);

		if (o.texts < 1 || o.accepted + o.unknown < 1)
			return true;
	}
	return false;
}

/* Everybody has one answer in the log, and what became of it. */
static void expect_known(struct stand *b)
{
	stand_wait_decided(b, 1);
	assert_true(stand_loop_while(b, someone_unsure, WAIT_MS));
	for (size_t person = 0; person < PEOPLE; person++)
		assert_int_equal(outcomes_of(b, person).texts, 1);
}

/* Long enough for the rest after a loss, and for what was wrongly due again. */
static void expect_no_more_requests(struct stand *b, size_t n)
{
	stand_loop_while(b, stand_always, 3500);
	assert_int_equal(rude_requests(b->server), n);
}

static void number_of_request(struct stand *b, size_t n, char number[24])
{
	char *request = rude_request(b->server, n), *at = strstr(request, "To=");

	assert_non_null(at);
	snprintf(number, 24, "%.*s", (int)strcspn(at + 3, "&"), at + 3);
	free(request);
}

/* Some may have got none: their text had begun, so it may have left, and nobody can know. */
static void expect_nobody_twice(struct stand *b)
{
	char numbers[2 * PEOPLE][24];
	size_t n;

	stand_loop_while(b, stand_always, 3500);
	n = rude_requests(b->server);
	assert_in_range(n, 1, PEOPLE);
	for (size_t i = 0; i < n; i++) {
		number_of_request(b, i, numbers[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(numbers[i], numbers[j]);
	}
}

static bool still_unsent(struct stand *b)
{
	return rude_requests(b->server) < PEOPLE;
}

static void everybody_writes_and_is_answered(struct stand *b)
{
	stand_post_texts(b, 0, 1);
	assert_true(stand_loop_while(b, still_unsent, WAIT_MS));
	expect_known(b);
}

/* --- forgotten together with their causes ---------------------------------------------------- */

static void an_older_copy_makes_nobody_get_a_text_twice(void **state)
{
	struct stand *b = *state;
	int64_t losses = count_of("warmline_rollbacks_total");
	struct stand_member m;

	redis_copy(b);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 2);
	redis_restore(b);
	stand_post_texts(b, 0, 1);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	assert_int_equal(count_of("warmline_rollbacks_total"), losses + 1);
	/* Nothing stays blocked: somebody new is answered. */
	stand_post_text(b, PEOPLE, 0);
	while (rude_requests(b->server) == PEOPLE)
		event_base_loop(b->base, EVLOOP_ONCE);
	stand_member_end(&m);
}

/* Shows that the test would notice. */
static void without_a_journal_everybody_gets_it_twice(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	b->journal = NULL;
	redis_copy(b);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 2);
	redis_restore(b);
	stand_post_texts(b, 0, 1);
	expect_known(b);
	expect_no_more_requests(b, 2 * PEOPLE);
	stand_member_end(&m);
}

static void the_order_of_events_may_be_another_one(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 2);
	redis_restore(b);
	/* A receipt and a later text come first, so the answer gets another number. */
	stand_post_texts(b, 1, 2);
	stand_post_texts(b, 0, 1);
	stand_wait_decided(b, 2);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&m);
}

static void a_scheduler_that_starts_later_remembers_too(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 2);
	stand_member_end(&m);
	redis_restore(b);
	stand_post_texts(b, 0, 1);
	stand_member_start(b, &m);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&m);
}

/* It runs ahead of the number that was remembered, so only the journal can know. */
static void a_count_that_caught_up_does_not_hide_the_loss(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	stand_member_end(&m);
	redis_restore(b);
	for (int p = 0; p < PARTITIONS; p++)
		private_redis_do(&b->redis, "INCRBY {p%02x}:epoch 1000", p);
	stand_post_texts(b, 0, 1);
	stand_member_start(b, &m);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&m);
}

/* --- two processes --------------------------------------------------------------------------- */

static void child_run(struct stand *b, pid_t parent)
{
	struct event_base *base = event_base_new();
	struct scheduler_options options = stand_options_of(b, base);
	struct fail fail;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	options.store = store_redis_new(base, &b->redis.address, b->keys);
	if (!scheduler_start(&options, &fail))
		_exit(1);
	event_base_dispatch(base);
	_exit(0);
}

static void child_start(struct stand *b, size_t i)
{
	pid_t parent = getpid();

	b->children[i] = fork();
	assert_true(b->children[i] >= 0);
	if (b->children[i] == 0)
		child_run(b, parent);
}

static void child_kill(struct stand *b, size_t i)
{
	kill(b->children[i], SIGKILL);
	waitpid(b->children[i], NULL, 0);
	b->children[i] = 0;
}

static void what_killed_schedulers_sent_is_told_by_who_is_left(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	child_start(b, 0);
	child_start(b, 1);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 4);
	child_kill(b, 0);
	child_kill(b, 1);
	redis_restore(b);
	stand_post_texts(b, 0, 1);
	stand_member_start(b, &m);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&m);
}

static void two_schedulers_have_a_journal_each_and_tell_both(void **state)
{
	struct stand *b = *state;
	struct stand_member one, two;
	char path[100];

	redis_copy(b);
	stand_member_start(b, &one);
	stand_member_start(b, &two);
	snprintf(path, sizeof(path), "%s/scheduler-0/lock", journal);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/scheduler-1/lock", journal);
	assert_int_equal(access(path, F_OK), 0);
	everybody_writes_and_is_answered(b);
	wait_ticks(b, 4);
	redis_restore(b);
	stand_post_texts(b, 0, 1);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&one);
	stand_member_end(&two);
}

/* --- written before the copy, sent after it -------------------------------------------------- */

static void texts_that_the_copy_has_as_due_do_not_leave_again(void **state)
{
	struct stand *b = *state;
	struct scheduler_options options = stand_options_of(b, b->base);
	struct stand_member m;
	struct fail fail;

	/* Decides, but sends nothing: lanes 1 and 2 settle for an hour. */
	options.settle_ms = 3600000;
	m.store = options.store = store_redis_new(b->base, &b->redis.address, b->keys);
	m.plain = *m.store->ops;
	m.scheduler = scheduler_start(&options, &fail);
	stand_post_texts(b, 0, 1);
	stand_wait_decided(b, 1);
	stand_member_end(&m);
	assert_int_equal(rude_requests(b->server), 0);
	redis_copy(b);
	stand_member_start(b, &m);
	assert_true(stand_loop_while(b, still_unsent, WAIT_MS));
	expect_known(b);
	wait_ticks(b, 2);
	redis_restore(b);
	expect_known(b);
	expect_no_more_requests(b, PEOPLE);
	stand_member_end(&m);
}

static void what_is_on_its_way_while_redis_is_exchanged_does_not_leave_again(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	stand_member_start(b, &m);
	wait_ticks(b, 2);
	b->account.in_flight = 0;
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	stand_post_texts(b, 0, 1);
	while (rude_requests(b->server) < 8)
		event_base_loop(b->base, EVLOOP_ONCE);
	redis_restore(b);
	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 201, NULL,
					  "{\"sid\":\"SM00000000000000000000000000000001\","
					  "\"status\":\"queued\"}"});
	stand_post_texts(b, 0, 1);
	expect_known(b);
	expect_nobody_twice(b);
	stand_expect_no_job_twice(b);
	stand_member_end(&m);
}

static void a_sender_killed_while_sending_does_not_send_again(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	redis_copy(b);
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	child_start(b, 0);
	wait_ticks(b, 2);
	stand_post_texts(b, 0, 1);
	while (rude_requests(b->server) < 8)
		event_base_loop(b->base, EVLOOP_ONCE);
	child_kill(b, 0);
	redis_restore(b);
	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 201, NULL,
					  "{\"sid\":\"SM00000000000000000000000000000001\","
					  "\"status\":\"queued\"}"});
	stand_post_texts(b, 0, 1);
	stand_member_start(b, &m);
	expect_known(b);
	expect_nobody_twice(b);
	stand_member_end(&m);
}

/* --- other bad days -------------------------------------------------------------------------- */

static void without_a_disk_for_the_journal_texts_go_out(void **state)
{
	struct stand *b = *state;
	int64_t before = metric_get("warmline_attempts_unjournaled_total", "lane=\"reply\"");
	struct stand_member m;

	shell("echo full > %s", journal);
	stand_member_start(b, &m);
	everybody_writes_and_is_answered(b);
	assert_int_equal(rude_requests(b->server), PEOPLE);
	assert_int_equal(metric_get("warmline_attempts_unjournaled_total", "lane=\"reply\""),
		before + PEOPLE);
	stand_member_end(&m);
}

static void stopped_while_sending_and_continued_after_its_lease_nothing_is_doubled(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	child_start(b, 0);
	wait_ticks(b, 1);
	stand_post_texts(b, 0, 1);
	while (rude_requests(b->server) < 8)
		event_base_loop(b->base, EVLOOP_ONCE);
	kill(b->children[0], SIGSTOP);
	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 201, NULL,
					  "{\"sid\":\"SM00000000000000000000000000000001\","
					  "\"status\":\"queued\"}"});
	stand_member_start(b, &m);
	expect_known(b); /* the lapsed ones as unknown: their lease was 5 s */
	kill(b->children[0], SIGCONT);
	expect_nobody_twice(b);
	stand_expect_no_job_twice(b);
	stand_expect_each_once(b, 1);
	stand_member_end(&m);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(an_older_copy_makes_nobody_get_a_text_twice),
		ring(without_a_journal_everybody_gets_it_twice),
		ring(the_order_of_events_may_be_another_one),
		ring(a_scheduler_that_starts_later_remembers_too),
		ring(a_count_that_caught_up_does_not_hide_the_loss),
		ring(what_killed_schedulers_sent_is_told_by_who_is_left),
		ring(two_schedulers_have_a_journal_each_and_tell_both),
		ring(texts_that_the_copy_has_as_due_do_not_leave_again),
		ring(what_is_on_its_way_while_redis_is_exchanged_does_not_leave_again),
		ring(a_sender_killed_while_sending_does_not_send_again),
		ring(without_a_disk_for_the_journal_texts_go_out),
		ring(stopped_while_sending_and_continued_after_its_lease_nothing_is_doubled),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
