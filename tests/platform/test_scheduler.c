/*
 * Whole schedulers on a real Redis, with the site of config/ and a loopback provider: killed,
 * doubled, cut off from their store. What is asked afterwards is always the same: is every text
 * in exactly one log entry, and was no answer sent twice?
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
#include <warmline/metrics.h>

#include <cmocka.h>

/* --- two at once
 * ----------------------------------------------------------------------------------- */

static void two_schedulers_decide_everything_once(void **state)
{
	struct stand *b = *state;
	struct stand_member one, two;

	stand_member_start(b, &one);
	stand_member_start(b, &two);
	stand_post_texts(b, 0, 5);
	stand_wait_decided(b, 5);
	assert_true(stand_loop_while(b, stand_answers_wait, WAIT_MS));
	stand_loop_while(b, stand_always, 700);
	stand_expect_each_once(b, 5);
	stand_expect_no_job_twice(b);
	assert_int_equal(rude_requests(b->server), PEOPLE); /* a stranger gets one answer */
	stand_member_end(&one);
	stand_member_end(&two);
}

/* A commit that never leaves, as of a process that died in between. */
static size_t lost_commits;

static void commit_never(
	struct store *store, const struct commit *commit, store_done_cb *cb, void *arg)
{
	(void)store, (void)commit, (void)cb;
	free(arg); /* the pledge: its owner will never hear of it again */
	lost_commits++;
}

static bool commits_missing(struct stand *b)
{
	(void)b;
	return lost_commits < PEOPLE;
}

static void killed_between_claim_and_commit_another_decides(void **state)
{
	struct stand *b = *state;
	struct stand_member dead, heir;

	lost_commits = 0;
	stand_member_start(b, &dead);
	dead.patched.commit = commit_never;
	stand_post_texts(b, 0, 1);
	assert_true(stand_loop_while(b, commits_missing, WAIT_MS));
	stand_member_end(&dead);
	assert_int_equal(rude_requests(b->server), 0);
	stand_member_start(b, &heir);
	stand_wait_decided(b, 1);
	assert_true(stand_loop_while(b, stand_answers_wait, WAIT_MS));
	stand_expect_each_once(b, 1);
	stand_expect_no_job_twice(b);
	stand_member_end(&heir);
}

static struct stand_member *slow;
struct late {
	struct commit commit;
	char actor[ACTOR_SIZE];
	char *document;
	store_done_cb *cb;
	void *arg;
};
static size_t late_commits, late_lost;

static void on_late(void *arg, enum store_result result)
{
	struct late *late = arg;

	if (result == STORE_LOST)
		late_lost++;
	late->cb(late->arg, result);
	free(late->document);
	free(late);
}

static void send_late(evutil_socket_t fd, short what, void *arg)
{
	struct late *late = arg;

	(void)fd, (void)what;
	slow->plain.commit(slow->store, &late->commit, on_late, late);
}

/* Without its writes: only the fence is looked at here. */
static void commit_late(
	struct store *store, const struct commit *commit, store_done_cb *cb, void *arg)
{
	struct timeval wait = {.tv_sec = 2};
	struct late *late = calloc(1, sizeof(*late));

	(void)store;
	snprintf(late->actor, sizeof(late->actor), "%s", commit->actor);
	late->document = strndup(commit->document.data, commit->document.len);
	late->commit = (struct commit){.actor = late->actor,
		.fence = commit->fence,
		.document = {late->document, commit->document.len},
		.consumed = commit->consumed};
	late->cb = cb;
	late->arg = arg;
	late_commits++;
	event_base_once(stand->base, -1, EV_TIMEOUT, send_late, late, &wait);
}

static bool late_waits(struct stand *b)
{
	(void)b;
	return late_lost < late_commits || !late_commits;
}

static bool drained;

static void on_drained(void *arg)
{
	(void)arg;
	drained = true;
}

static bool nothing_late(struct stand *b)
{
	(void)b;
	return !late_commits;
}

static void a_commit_after_the_lease_changes_nothing(void **state)
{
	struct stand *b = *state;
	struct stand_member other, late;

	slow = &late;
	late_commits = late_lost = 0;
	stand_member_start(b, &late);
	late.patched.commit = commit_late;
	stand_post_texts(b, 0, 1);
	assert_true(stand_loop_while(b, nothing_late, WAIT_MS));
	scheduler_drain(late.scheduler, WAIT_MS, on_drained, NULL); /* it claims no more */
	stand_member_start(b, &other);
	stand_wait_decided(b, 1);
	assert_true(stand_loop_while(b, late_waits, WAIT_MS));
	stand_expect_each_once(b, 1);
	stand_expect_no_job_twice(b);
	stand_member_end(&late);
	stand_member_end(&other);
}

/* --- processes that die
 * ---------------------------------------------------------------------------- */

static _Noreturn void child_run(struct stand *b, pid_t parent)
{
	struct event_base *base = event_base_new();
	struct scheduler_options options = stand_options_of(b, base);
	struct fail fail;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
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

static void killed_at_random_nothing_is_lost_or_doubled(void **state)
{
	struct stand *b = *state;

	child_start(b, 0);
	child_start(b, 1);
	for (size_t round = 0; round < 10; round++) {
		stand_post_texts(b, round, round + 1);
		stand_loop_while(b, stand_always, 20 + (int64_t)(clock_wall_ms() % 150));
		child_kill(b, round % 2);
		child_start(b, round % 2);
	}
	stand_wait_decided(b, 10);
	stand_loop_while(b, stand_always, 1500);
	stand_expect_each_once(b, 10);
	stand_expect_no_job_twice(b);
	assert_in_range(rude_requests(b->server), 1, PEOPLE);
}

/* --- the store's worst days
 * ------------------------------------------------------------------------ */

static size_t asked;
static struct stand_member *counted;

static void claim_counted(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_claim_cb *cb, void *arg)
{
	asked++;
	counted->plain.claim(store, partition, n, lease_ms, cb, arg);
}

static void jobs_counted(struct store *store, int partition, const size_t max[LANES],
	int64_t lease_ms, store_jobs_cb *cb, void *arg)
{
	asked++;
	counted->plain.jobs(store, partition, max, lease_ms, cb, arg);
}

static void member_count(struct stand_member *m)
{
	counted = m;
	asked = 0;
	m->patched.claim = claim_counted;
	m->patched.jobs = jobs_counted;
}

static bool store_is_up(struct stand *b)
{
	return !stand_store_is_down(b);
}

static void a_stopped_redis_costs_time_and_nothing_else(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	stand_member_start(b, &m);
	stand_post_texts(b, 0, 2);
	private_redis_signal(&b->redis, SIGSTOP); /* in the middle of deciding them */
	stand_loop_while(b, store_is_up, WAIT_MS);
	stand_loop_while(b, stand_always, 500);
	member_count(&m);
	stand_loop_while(b, stand_always, 1000);
	assert_in_range(asked, 0, 20); /* no spin */
	private_redis_signal(&b->redis, SIGCONT);
	assert_true(stand_loop_while(b, stand_store_is_down, WAIT_MS));
	stand_post_texts(b, 2, 4);
	stand_wait_decided(b, 4);
	stand_loop_while(b, stand_always, 700);
	stand_expect_each_once(b, 4);
	stand_expect_no_job_twice(b);
	stand_member_end(&m);
}

static void a_killed_redis_costs_time_and_nothing_else(void **state)
{
	struct stand *b = *state;
	struct stand_member m;

	stand_member_start(b, &m);
	for (size_t round = 0; round < 3; round++) {
		stand_post_texts(b, round, round + 1);
		private_redis_kill(&b->redis);
		stand_loop_while(b, stand_always, 400);
		member_count(&m);
		stand_loop_while(b, stand_always, round ? 100 : 1000);
		assert_in_range(asked, 0, 20);
		private_redis_start(&b->redis, NULL);
		assert_true(stand_loop_while(b, stand_store_is_down, WAIT_MS));
	}
	stand_post_texts(b, 3, 4);
	stand_wait_decided(b, 4);
	stand_loop_while(b, stand_always, 700);
	stand_expect_each_once(b, 4);
	stand_expect_no_job_twice(b);
	stand_member_end(&m);
}

/* --- things that cannot be read
 * -------------------------------------------------------------------- */

static void on_damaged(void *arg, enum store_result result)
{
	struct stand *b = arg;

	assert_int_equal(result, STORE_OK);
	b->answered++;
}

static void damage(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct stand *b = arg;
	struct commit commit = {.document = {"this is no JSON", 15}};

	assert_int_equal(result, STORE_OK);
	assert_int_equal(batch->n, 1);
	commit.actor = batch->items[0].actor;
	commit.fence = batch->items[0].fence;
	commit.consumed = batch->items[0].nmail;
	b->store->ops->commit(b->store, &commit, on_damaged, b);
}

struct listing {
	bool done;
	size_t n;
};
static struct listing listing;

static void on_list(
	void *arg, enum store_result result, const struct index_entry *entries, size_t n)
{
	(void)arg, (void)result, (void)entries;
	listing.n = n;
	listing.done = true;
}

static bool listing_waits(struct stand *b)
{
	(void)b;
	return !listing.done;
}

static void a_broken_document_is_left_alone_and_shown(void **state)
{
	struct stand *b = *state;
	struct stand_reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct stand_member m;

	stand_number_of(0, number);
	keys_blind(b->keys, number, blind);
	stand_post_text(b, 0, 0);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	b->posted++;
	b->store->ops->claim(b->store, blind_partition(blind), 1, 1000, damage, b);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	stand_post_text(b, 0, 1);
	stand_post_text(b, 1, 0);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	stand_member_start(b, &m);
	stand_loop_while(b, stand_always, 800);
	member_count(&m);
	stand_loop_while(b, stand_always, 1000);
	assert_in_range(asked, 100, 1000); /* the slow beat, not a spin */
	stand_read_person(b, 0, r);
	assert_string_equal(r->document, "this is no JSON");
	assert_int_equal(r->nmail, 1);
	stand_read_person(b, 1, r);
	assert_int_equal(r->nseen, 1); /* the neighbor is well */
	listing = (struct listing){0};
	b->store->ops->list(b->store, blind_partition(blind), "broken", on_list, NULL);
	assert_true(stand_loop_while(b, listing_waits, WAIT_MS));
	assert_int_equal(listing.n, 1);
	stand_member_end(&m);
	free(r);
}

static void unreadable_mail_holds_nothing_up(void **state)
{
	struct stand *b = *state;
	struct stand_reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct post post = {.blind = blind, .event_id = "odd:1", .event = {"\xff\x00{", 3}};
	struct stand_member m;

	stand_number_of(0, number);
	keys_blind(b->keys, number, blind);
	b->posted++;
	b->store->ops->post(b->store, &post, stand_on_posted, b);
	stand_post_text(b, 0, 0);
	stand_member_start(b, &m);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	do
		stand_read_person(b, 0, r);
	while (r->nmail || !r->nseen);
	assert_int_equal(r->nseen, 1);
	assert_int_equal(r->doubled, 0);
	assert_int_equal(r->unreadable, 1); /* and it is kept, byte for byte */
	stand_member_end(&m);
	free(r);
}

/* --- events for elsewhere
 * -------------------------------------------------------------------------- */

static size_t undone;

static void done_lost_once(
	struct store *store, int partition, const char *id, store_done_cb *cb, void *arg)
{
	if (undone++ == 0) /* it arrived, but was not ticked off: it will come again */
		counted->plain.transit_done(store, partition, "another-id", cb, arg);
	else
		counted->plain.transit_done(store, partition, id, cb, arg);
}

static size_t abroad;

static int partition_of(struct stand *b, size_t person)
{
	char number[20], blind[BLIND_SIZE];

	stand_number_of(person, number);
	keys_blind(b->keys, number, blind);
	return blind_partition(blind);
}

/* Somebody who lives in another partition than the first person. */
static size_t person_elsewhere(struct stand *b)
{
	size_t person = 1;

	while (partition_of(b, person) == partition_of(b, 0))
		person++;
	return person;
}

static void write_abroad(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct stand *b = arg;
	char number[20], blind[BLIND_SIZE], event[300];
	struct store_write write = {
		.kind = WRITE_EVENT, .id = "tw:AC:abroad:text", .blind = blind, .program = "demo"};
	struct commit commit = {.document = {"{}", 2}, .writes = &write, .nwrites = 1};

	assert_int_equal(result, STORE_OK);
	stand_number_of(abroad, number);
	keys_blind(b->keys, number, blind);
	snprintf(event, sizeof(event),
		"{\"id\":\"%s\",\"kind\":\"text\",\"at\":1,\"from\":\"%s\",\"to\":\"+12025550100\","
		"\"body\":\"hi\",\"program\":\"demo\"}",
		write.id, number);
	write.blob = (struct blob){event, strlen(event)};
	commit.actor = batch->items[0].actor;
	commit.fence = batch->items[0].fence;
	commit.consumed = batch->items[0].nmail;
	b->store->ops->commit(b->store, &commit, on_damaged, b);
}

static bool abroad_waits(struct stand *b)
{
	(void)b;
	return undone < 2;
}

static void an_event_for_elsewhere_arrives_once(void **state)
{
	struct stand *b = *state;
	struct stand_reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct stand_member m;

	abroad = person_elsewhere(b);
	undone = 0;
	stand_number_of(0, number);
	keys_blind(b->keys, number, blind);
	stand_post_text(b, 0, 0);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	b->posted++;
	b->store->ops->claim(b->store, blind_partition(blind), 1, 1000, write_abroad, b);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
	stand_member_start(b, &m);
	counted = &m;
	m.patched.transit_done = done_lost_once;
	assert_true(stand_loop_while(b, abroad_waits, WAIT_MS));
	stand_loop_while(b, stand_always, 500);
	stand_read_person(b, abroad, r);
	assert_int_equal(r->result, STORE_OK);
	assert_int_equal(r->nseen, 1);
	assert_int_equal(r->doubled, 0);
	stand_member_end(&m);
	free(r);
}

/* --- the end
 * --------------------------------------------------------------------------------------- */

static bool draining(struct stand *b)
{
	(void)b;
	return !drained;
}

static void draining_ends_when_the_last_text_is_recorded(void **state)
{
	struct stand *b = *state;
	struct stand_member m;
	int64_t start;

	drained = false;
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	stand_member_start(b, &m);
	stand_post_text(b, 0, 0);
	while (rude_requests(b->server) == 0)
		event_base_loop(b->base, EVLOOP_ONCE);
	start = clock_monotonic_ms();
	scheduler_drain(m.scheduler, 12000, on_drained, NULL);
	assert_true(scheduler_busy(m.scheduler) > 0);
	assert_true(stand_loop_while(b, draining, WAIT_MS));
	assert_in_range(clock_monotonic_ms() - start, 500, 5000); /* the send's own deadline */
	assert_int_equal(scheduler_busy(m.scheduler), 0);
	stand_member_end(&m);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, stand_setup, stand_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(two_schedulers_decide_everything_once),
		ring(killed_between_claim_and_commit_another_decides),
		ring(a_commit_after_the_lease_changes_nothing),
		ring(killed_at_random_nothing_is_lost_or_doubled),
		ring(a_stopped_redis_costs_time_and_nothing_else),
		ring(a_killed_redis_costs_time_and_nothing_else),
		ring(a_broken_document_is_left_alone_and_shown),
		ring(unreadable_mail_holds_nothing_up),
		ring(an_event_for_elsewhere_arrives_once),
		ring(draining_ends_when_the_last_text_is_recorded),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
