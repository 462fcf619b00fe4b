/*
 * Whole schedulers on a real Redis, with the site of config/ and a loopback provider: killed,
 * doubled, cut off from their store. What is asked afterwards is always the same: is every text
 * in exactly one log entry, and was no answer sent twice?
 */
#include "scheduler/scheduler.h"
#include "tests/lib/private_redis.h"
#include "tests/lib/rude_server.h"

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
#include <warmline/site.h>

#include <cmocka.h>

#define SID     "{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\"}"
#define PEOPLE  40
#define WAIT_MS 15000

struct bench {
	struct private_redis redis;
	struct keys *keys;
	struct site *site;
	struct house house;
	struct account account;
	struct event_base *base;
	struct event *beat;
	struct store *store; /* the test's own, unpatched */
	struct rude_server *server;
	size_t posted, answered;
	pid_t children[2];
};

struct member { /* a scheduler inside this process, with its own store */
	struct store *store;
	struct store_ops plain, patched;
	struct scheduler *scheduler;
};

static struct bench *bench;

/* --- the bench -----------------------------------------------------------------------------------
 */

static void nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static void base_open(struct bench *b)
{
	struct timeval every = {.tv_usec = 10000};

	b->base = event_base_new();
	b->beat = event_new(b->base, -1, EV_PERSIST, nothing, NULL);
	event_add(b->beat, &every);
	b->store = store_redis_new(b->base, &b->redis.address, b->keys);
}

static bool loop_while(struct bench *b, bool (*busy)(struct bench *), int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (busy(b) && clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
	return !busy(b);
}

static bool always(struct bench *b)
{
	(void)b;
	return true;
}

static bool store_is_down(struct bench *b)
{
	const char *reason;

	return !b->store->ops->up(b->store, &reason);
}

static int setup(void **state)
{
	struct bench *b = bench = calloc(1, sizeof(*b));
	struct problems problems = {0};
	struct fail fail;

	private_redis_start(&b->redis, NULL);
	b->keys = keys_random();
	b->site = site_load("config/warmline.yaml", b->redis.folder, &problems);
	if (!b->site)
		problems_print(&problems);
	assert_non_null(b->site);
	problems_free(&problems);
	if (!store_redis_check(&b->redis.address, b->keys, &fail))
		fail_msg("%s", fail.text);
	b->house = (struct house){b->site->programs, b->site->nprograms, b->site->zones};
	b->server = rude_start();
	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 201, NULL, SID});
	snprintf(b->account.kind, sizeof(b->account.kind), "twilio");
	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d",
		rude_port(b->server));
	snprintf(b->account.id, sizeof(b->account.id), "AC%032d", 7);
	snprintf(b->account.secrets[0], sizeof(b->account.secrets[0]), "%032d", 9);
	b->account.nsecrets = 1;
	base_open(b);
	assert_true(loop_while(b, store_is_down, WAIT_MS));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < 2; i++) {
		if (b->children[i] > 0) {
			kill(b->children[i], SIGKILL);
			waitpid(b->children[i], NULL, 0);
		}
	}
	b->store->ops->free(b->store);
	event_free(b->beat);
	event_base_free(b->base);
	rude_stop(&b->server);
	site_free(&b->site);
	keys_free(&b->keys);
	private_redis_free(&b->redis);
	free(b);
	return 0;
}

static struct scheduler_options options_of(struct bench *b, struct event_base *base)
{
	return (struct scheduler_options){.base = base,
		.house = &b->house,
		.keys = b->keys,
		.account = &b->account,
		.public_url = "https://warm.example",
		.settle_ms = 0,
		.lease_ms = 500,
		.http_ms = 2000};
}

static void member_start(struct bench *b, struct member *m)
{
	struct scheduler_options options = options_of(b, b->base);
	struct fail fail;

	m->store = options.store = store_redis_new(b->base, &b->redis.address, b->keys);
	m->plain = m->patched = *m->store->ops;
	m->store->ops = &m->patched;
	m->scheduler = scheduler_start(&options, &fail);
	assert_non_null(m->scheduler);
}

static void member_end(struct member *m)
{
	scheduler_quit(m->scheduler);
	m->plain.free(m->store);
	scheduler_free(&m->scheduler);
}

/* --- what was posted, and what became of it
 * -------------------------------------------------------- */

static void number_of(size_t person, char number[20])
{
	snprintf(number, 20, "+1%03u55501%02u", 212 + (unsigned)(person / 90) % 90,
		10 + (unsigned)(person % 90));
}

static void on_posted(void *arg, enum store_result result, const char *actor)
{
	struct bench *b = arg;

	(void)actor;
	b->answered++;
	if (result != STORE_OK && result != STORE_DUPLICATE)
		fail_msg("post: %s", store_result_name(result));
}

/* Text number `n` of the stranger `person`. */
static void post_text(struct bench *b, size_t person, size_t n)
{
	char number[20], blind[BLIND_SIZE], id[60], event[300];
	struct post post = {.blind = blind, .event_id = id, .program = "demo"};

	number_of(person, number);
	keys_blind(b->keys, number, blind);
	snprintf(id, sizeof(id), "tw:AC:SM-%zu-%zu:text", person, n);
	snprintf(event, sizeof(event),
		"{\"id\":\"%s\",\"kind\":\"text\",\"at\":1,\"from\":\"%s\",\"to\":\"+12025550100\","
		"\"body\":\"hello %zu\",\"program\":\"demo\"}",
		id, number, n);
	post.event = (struct blob){event, strlen(event)};
	b->posted++;
	b->store->ops->post(b->store, &post, on_posted, b);
}

static bool posts_wait(struct bench *b)
{
	return b->answered < b->posted;
}

static void post_texts(struct bench *b, size_t from, size_t to)
{
	for (size_t n = from; n < to; n++)
		for (size_t person = 0; person < PEOPLE; person++)
			post_text(b, person, n);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
}

struct reading {
	const char *prefix; /* of event ids */
	bool done;
	enum store_result result;
	size_t nmail, nlog, doubled, unreadable;
	char seen[512][80];
	size_t nseen;
	char document[64];
};

static void note_entry(struct reading *r, const json_t *entry)
{
	const char *id = json_get_text(entry, "event", "");

	if (strcmp(json_get_text(entry, "kind", ""), "unreadable") == 0 &&
		strcmp(json_get_text(entry, "event", ""), "odd:1") == 0 &&
		strcmp(json_get_text(entry, "raw", ""), "ff007b") == 0)
		r->unreadable++;
	if (strcmp(json_get_text(entry, "kind", ""), "text-in") != 0 || strncmp(id, "tw:", 3) != 0)
		return;
	for (size_t i = 0; i < r->nseen; i++)
		if (strcmp(r->seen[i], id) == 0)
			r->doubled++;
	if (r->nseen < 512)
		snprintf(r->seen[r->nseen++], sizeof(r->seen[0]), "%.79s", id);
}

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct reading *r = arg;

	r->done = true;
	r->result = result;
	r->nmail = view->nmail;
	r->nlog = view->nlog;
	snprintf(r->document, sizeof(r->document), "%.*s", (int)view->document.len,
		view->document.data ? (const char *)view->document.data : "");
	for (size_t i = 0; i < view->nlog; i++) {
		json_t *entry = json_parse(view->log[i].data, view->log[i].len);

		assert_non_null(entry);
		note_entry(r, entry);
		json_decref(entry);
	}
}

static struct reading *reading_now;

static bool reading_waits(struct bench *b)
{
	(void)b;
	return !reading_now->done;
}

static void read_person(struct bench *b, size_t person, struct reading *r)
{
	char number[20], blind[BLIND_SIZE];

	*r = (struct reading){0};
	reading_now = r;
	number_of(person, number);
	keys_blind(b->keys, number, blind);
	b->store->ops->read(b->store, NULL, blind, 1000, on_read, r);
	assert_true(loop_while(b, reading_waits, WAIT_MS));
}

/* Until nobody has undecided mail. */
static void wait_decided(struct bench *b, size_t texts)
{
	int64_t end = clock_monotonic_ms() + WAIT_MS;
	struct reading *r = calloc(1, sizeof(*r));

	for (size_t person = 0; person < PEOPLE;) {
		read_person(b, person, r);
		if (r->result == STORE_OK && r->nmail == 0 && r->nseen >= texts)
			person++;
		else
			assert_true(clock_monotonic_ms() < end);
	}
	free(r);
}

static void expect_each_once(struct bench *b, size_t texts)
{
	struct reading *r = calloc(1, sizeof(*r));

	for (size_t person = 0; person < PEOPLE; person++) {
		read_person(b, person, r);
		assert_int_equal(r->result, STORE_OK);
		assert_int_equal(r->doubled, 0);
		assert_int_equal(r->nseen, texts);
	}
	free(r);
}

/* The job's id in the callback URL of request `n`. */
static void job_of_request(struct bench *b, size_t n, char job[JOB_ID_SIZE])
{
	char *request = rude_request(b->server, n), *at = strstr(request, "%26j%3D");

	assert_non_null(at);
	snprintf(job, JOB_ID_SIZE, "%.*s", (int)strcspn(at + 7, "%"), at + 7);
	free(request);
}

/* Lane 1: no job reached the provider twice. */
static void expect_no_job_twice(struct bench *b)
{
	size_t n = rude_requests(b->server);
	char(*jobs)[JOB_ID_SIZE] = calloc(n + 1, JOB_ID_SIZE);

	for (size_t i = 0; i < n; i++) {
		job_of_request(b, i, jobs[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(jobs[i], jobs[j]);
	}
	free(jobs);
}

static bool answers_wait(struct bench *b)
{
	return rude_requests(b->server) < PEOPLE;
}

/* --- two at once
 * ----------------------------------------------------------------------------------- */

static void two_schedulers_decide_everything_once(void **state)
{
	struct bench *b = *state;
	struct member one, two;

	member_start(b, &one);
	member_start(b, &two);
	post_texts(b, 0, 5);
	wait_decided(b, 5);
	assert_true(loop_while(b, answers_wait, WAIT_MS));
	loop_while(b, always, 700);
	expect_each_once(b, 5);
	expect_no_job_twice(b);
	assert_int_equal(rude_requests(b->server), PEOPLE); /* a stranger gets one answer */
	member_end(&one);
	member_end(&two);
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

static bool commits_missing(struct bench *b)
{
	(void)b;
	return lost_commits < PEOPLE;
}

static void killed_between_claim_and_commit_another_decides(void **state)
{
	struct bench *b = *state;
	struct member dead, heir;

	lost_commits = 0;
	member_start(b, &dead);
	dead.patched.commit = commit_never;
	post_texts(b, 0, 1);
	assert_true(loop_while(b, commits_missing, WAIT_MS));
	member_end(&dead);
	assert_int_equal(rude_requests(b->server), 0);
	member_start(b, &heir);
	wait_decided(b, 1);
	assert_true(loop_while(b, answers_wait, WAIT_MS));
	expect_each_once(b, 1);
	expect_no_job_twice(b);
	member_end(&heir);
}

static struct member *slow;
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
	event_base_once(bench->base, -1, EV_TIMEOUT, send_late, late, &wait);
}

static bool late_waits(struct bench *b)
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

static bool nothing_late(struct bench *b)
{
	(void)b;
	return !late_commits;
}

static void a_commit_after_the_lease_changes_nothing(void **state)
{
	struct bench *b = *state;
	struct member other, late;

	slow = &late;
	late_commits = late_lost = 0;
	member_start(b, &late);
	late.patched.commit = commit_late;
	post_texts(b, 0, 1);
	assert_true(loop_while(b, nothing_late, WAIT_MS));
	scheduler_drain(late.scheduler, WAIT_MS, on_drained, NULL); /* it claims no more */
	member_start(b, &other);
	wait_decided(b, 1);
	assert_true(loop_while(b, late_waits, WAIT_MS));
	expect_each_once(b, 1);
	expect_no_job_twice(b);
	member_end(&late);
	member_end(&other);
}

/* --- processes that die
 * ---------------------------------------------------------------------------- */

static _Noreturn void child_run(struct bench *b, pid_t parent)
{
	struct event_base *base = event_base_new();
	struct scheduler_options options = options_of(b, base);
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

static void child_start(struct bench *b, size_t i)
{
	pid_t parent = getpid();

	b->children[i] = fork();
	assert_true(b->children[i] >= 0);
	if (b->children[i] == 0)
		child_run(b, parent);
}

static void child_kill(struct bench *b, size_t i)
{
	kill(b->children[i], SIGKILL);
	waitpid(b->children[i], NULL, 0);
	b->children[i] = 0;
}

static void killed_at_random_nothing_is_lost_or_doubled(void **state)
{
	struct bench *b = *state;

	child_start(b, 0);
	child_start(b, 1);
	for (size_t round = 0; round < 10; round++) {
		post_texts(b, round, round + 1);
		loop_while(b, always, 20 + (int64_t)(clock_wall_ms() % 150));
		child_kill(b, round % 2);
		child_start(b, round % 2);
	}
	wait_decided(b, 10);
	loop_while(b, always, 1500);
	expect_each_once(b, 10);
	expect_no_job_twice(b);
	assert_in_range(rude_requests(b->server), 1, PEOPLE);
}

/* --- the store's worst days
 * ------------------------------------------------------------------------ */

static size_t asked;
static struct member *counted;

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

static void member_count(struct member *m)
{
	counted = m;
	asked = 0;
	m->patched.claim = claim_counted;
	m->patched.jobs = jobs_counted;
}

static bool store_is_up(struct bench *b)
{
	return !store_is_down(b);
}

static void a_stopped_redis_costs_time_and_nothing_else(void **state)
{
	struct bench *b = *state;
	struct member m;

	member_start(b, &m);
	post_texts(b, 0, 2);
	private_redis_signal(&b->redis, SIGSTOP); /* in the middle of deciding them */
	loop_while(b, store_is_up, WAIT_MS);
	loop_while(b, always, 1000);
	member_count(&m);
	loop_while(b, always, 2000);
	assert_in_range(asked, 0, 20); /* no spin */
	private_redis_signal(&b->redis, SIGCONT);
	assert_true(loop_while(b, store_is_down, WAIT_MS));
	post_texts(b, 2, 4);
	wait_decided(b, 4);
	loop_while(b, always, 700);
	expect_each_once(b, 4);
	expect_no_job_twice(b);
	member_end(&m);
}

static void a_killed_redis_costs_time_and_nothing_else(void **state)
{
	struct bench *b = *state;
	struct member m;

	member_start(b, &m);
	for (size_t round = 0; round < 3; round++) {
		post_texts(b, round, round + 1);
		private_redis_kill(&b->redis);
		loop_while(b, always, 400);
		member_count(&m);
		loop_while(b, always, 1000);
		assert_in_range(asked, 0, 20);
		private_redis_start(&b->redis, NULL);
		assert_true(loop_while(b, store_is_down, WAIT_MS));
	}
	post_texts(b, 3, 4);
	wait_decided(b, 4);
	loop_while(b, always, 700);
	expect_each_once(b, 4);
	expect_no_job_twice(b);
	member_end(&m);
}

/* --- things that cannot be read
 * -------------------------------------------------------------------- */

static void on_damaged(void *arg, enum store_result result)
{
	struct bench *b = arg;

	assert_int_equal(result, STORE_OK);
	b->answered++;
}

static void damage(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct bench *b = arg;
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

static bool listing_waits(struct bench *b)
{
	(void)b;
	return !listing.done;
}

static void a_broken_document_is_left_alone_and_shown(void **state)
{
	struct bench *b = *state;
	struct reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct member m;

	number_of(0, number);
	keys_blind(b->keys, number, blind);
	post_text(b, 0, 0);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	b->posted++;
	b->store->ops->claim(b->store, blind_partition(blind), 1, 1000, damage, b);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	post_text(b, 0, 1);
	post_text(b, 1, 0);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	member_start(b, &m);
	loop_while(b, always, 800);
	member_count(&m);
	loop_while(b, always, 1000);
	assert_in_range(asked, 100, 1000); /* the slow beat, not a spin */
	read_person(b, 0, r);
	assert_string_equal(r->document, "this is no JSON");
	assert_int_equal(r->nmail, 1);
	read_person(b, 1, r);
	assert_int_equal(r->nseen, 1); /* the neighbor is well */
	listing = (struct listing){0};
	b->store->ops->list(b->store, blind_partition(blind), "broken", on_list, NULL);
	assert_true(loop_while(b, listing_waits, WAIT_MS));
	assert_int_equal(listing.n, 1);
	member_end(&m);
	free(r);
}

static void unreadable_mail_holds_nothing_up(void **state)
{
	struct bench *b = *state;
	struct reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct post post = {.blind = blind, .event_id = "odd:1", .event = {"\xff\x00{", 3}};
	struct member m;

	number_of(0, number);
	keys_blind(b->keys, number, blind);
	b->posted++;
	b->store->ops->post(b->store, &post, on_posted, b);
	post_text(b, 0, 0);
	member_start(b, &m);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	do
		read_person(b, 0, r);
	while (r->nmail || !r->nseen);
	assert_int_equal(r->nseen, 1);
	assert_int_equal(r->doubled, 0);
	assert_int_equal(r->unreadable, 1); /* and it is kept, byte for byte */
	member_end(&m);
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

static int partition_of(struct bench *b, size_t person)
{
	char number[20], blind[BLIND_SIZE];

	number_of(person, number);
	keys_blind(b->keys, number, blind);
	return blind_partition(blind);
}

/* Somebody who lives in another partition than the first person. */
static size_t person_elsewhere(struct bench *b)
{
	size_t person = 1;

	while (partition_of(b, person) == partition_of(b, 0))
		person++;
	return person;
}

static void write_abroad(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct bench *b = arg;
	char number[20], blind[BLIND_SIZE], event[300];
	struct store_write write = {
		.kind = WRITE_EVENT, .id = "tw:AC:abroad:text", .blind = blind, .program = "demo"};
	struct commit commit = {.document = {"{}", 2}, .writes = &write, .nwrites = 1};

	assert_int_equal(result, STORE_OK);
	number_of(abroad, number);
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

static bool abroad_waits(struct bench *b)
{
	(void)b;
	return undone < 2;
}

static void an_event_for_elsewhere_arrives_once(void **state)
{
	struct bench *b = *state;
	struct reading *r = calloc(1, sizeof(*r));
	char number[20], blind[BLIND_SIZE];
	struct member m;

	abroad = person_elsewhere(b);
	undone = 0;
	number_of(0, number);
	keys_blind(b->keys, number, blind);
	post_text(b, 0, 0);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	b->posted++;
	b->store->ops->claim(b->store, blind_partition(blind), 1, 1000, write_abroad, b);
	assert_true(loop_while(b, posts_wait, WAIT_MS));
	member_start(b, &m);
	counted = &m;
	m.patched.transit_done = done_lost_once;
	assert_true(loop_while(b, abroad_waits, WAIT_MS));
	loop_while(b, always, 500);
	read_person(b, abroad, r);
	assert_int_equal(r->result, STORE_OK);
	assert_int_equal(r->nseen, 1);
	assert_int_equal(r->doubled, 0);
	member_end(&m);
	free(r);
}

/* --- the end
 * --------------------------------------------------------------------------------------- */

static bool draining(struct bench *b)
{
	(void)b;
	return !drained;
}

static void draining_ends_when_the_last_text_is_recorded(void **state)
{
	struct bench *b = *state;
	struct member m;
	int64_t start;

	drained = false;
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	member_start(b, &m);
	post_text(b, 0, 0);
	while (rude_requests(b->server) == 0)
		event_base_loop(b->base, EVLOOP_ONCE);
	start = clock_monotonic_ms();
	scheduler_drain(m.scheduler, 12000, on_drained, NULL);
	assert_true(scheduler_busy(m.scheduler) > 0);
	assert_true(loop_while(b, draining, WAIT_MS));
	assert_in_range(clock_monotonic_ms() - start, 500, 5000); /* the send's own deadline */
	assert_int_equal(scheduler_busy(m.scheduler), 0);
	member_end(&m);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
