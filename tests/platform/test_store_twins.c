/*
 * Random calls on both stores at once: whatever one answers, the other must answer. The memory
 * store is the model of the functions, and the functions are the model of the memory store. Times
 * are "long ago" or "far away" and leases long, so that the two clocks do not matter.
 * WARMLINE_SEED repeats a run.
 */
#include "tests/lib/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/clock.h>

#define ROUNDS  3000
#define PEOPLE  4
#define NUMBERS 4 /* job numbers in use at a time, per person */
#define PHONE   "00112233445566778899aabbccddeeff"
#define FAR     4000000000000

static struct rig memory, redis;
static uint64_t dice;
static int serial, first_job;

static unsigned roll(unsigned sides)
{
	dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(dice >> 33) % sides;
}

static int job_number(void)
{
	return first_job + (int)roll(NUMBERS);
}

static const char *person(unsigned n)
{
	static char names[PEOPLE + 1][ACTOR_SIZE];

	snprintf(names[n], ACTOR_SIZE, "p%02x-%016x", n == PEOPLE ? 5 : 0, n + 1);
	return names[n];
}

static void same(enum store_result a, enum store_result b, const char *verb)
{
	if (a != b)
		fail_msg("%s: memory says %s, Redis says %s", verb, store_result_name(a),
			store_result_name(b));
}

/* --- what both saw --------------------------------------------------------------------------- */

static int by_actor(const void *a, const void *b)
{
	return strcmp(((const struct seen_actor *)a)->actor, ((const struct seen_actor *)b)->actor);
}

static void same_mail(const struct seen_mail *a, size_t na, const struct seen_mail *b, size_t nb)
{
	assert_int_equal(na, nb);
	for (size_t i = 0; i < na; i++) {
		assert_string_equal(a[i].id, b[i].id);
		assert_string_equal(a[i].event, b[i].event);
	}
}

static void same_claim(struct seen_claim *a, struct seen_claim *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->more, b->more);
	qsort(a->item, a->n, sizeof(a->item[0]), by_actor);
	qsort(b->item, b->n, sizeof(b->item[0]), by_actor);
	for (size_t i = 0; i < a->n; i++) {
		assert_string_equal(a->item[i].actor, b->item[i].actor);
		assert_string_equal(a->item[i].document, b->item[i].document);
		assert_int_equal(a->item[i].fence, b->item[i].fence);
		same_mail(a->item[i].mail, a->item[i].nmail, b->item[i].mail, b->item[i].nmail);
	}
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct seen_job *)a)->id, ((const struct seen_job *)b)->id);
}

static void same_jobs(struct seen_jobs *a, struct seen_jobs *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->more, b->more);
	qsort(a->item, a->n, sizeof(a->item[0]), by_id);
	qsort(b->item, b->n, sizeof(b->item[0]), by_id);
	for (size_t i = 0; i < a->n; i++) {
		assert_string_equal(a->item[i].id, b->item[i].id);
		assert_string_equal(a->item[i].body, b->item[i].body);
		assert_string_equal(a->item[i].program, b->item[i].program);
		assert_int_equal(a->item[i].state, b->item[i].state);
		assert_int_equal(a->item[i].lane, b->item[i].lane);
		assert_int_equal(a->item[i].fence, b->item[i].fence);
		assert_int_equal(a->item[i].attempt, b->item[i].attempt);
		assert_int_equal(a->item[i].ambiguous, b->item[i].ambiguous);
		assert_int_equal(a->item[i].expires, b->item[i].expires);
	}
}

static void same_rows(const struct seen_rows *a, const struct seen_rows *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->item[i].name, b->item[i].name);
}

/* What the imagined daemons hold: the newest claim of each actor, the newest jobs. */
static struct {
	char actor[ACTOR_SIZE];
	uint64_t fence;
	size_t nmail;
} held[PEOPLE * 2];
static size_t nheld;
static struct {
	char id[JOB_ID_SIZE];
	uint64_t fence;
} taken[8];
static size_t ntaken;

static void hold(const struct seen_actor *seen)
{
	size_t i = 0;

	while (i < nheld && strcmp(held[i].actor, seen->actor) != 0)
		i++;
	assert_true(i < PEOPLE * 2);
	nheld = i == nheld ? nheld + 1 : nheld;
	snprintf(held[i].actor, ACTOR_SIZE, "%s", seen->actor);
	held[i].fence = seen->fence;
	held[i].nmail = seen->nmail;
}

static void take(const struct seen_job *seen)
{
	size_t i = ntaken++ % 8;

	snprintf(taken[i].id, JOB_ID_SIZE, "%s", seen->id);
	taken[i].fence = seen->fence;
}

/* Mostly a job that somebody holds, else any. */
static void pick_job(char job[JOB_ID_SIZE], uint64_t *fence)
{
	size_t n = ntaken < 8 ? ntaken : 8;

	snprintf(job, JOB_ID_SIZE, "%s.%d", person(roll(PEOPLE)), job_number());
	*fence = roll(4);
	if (n && roll(6)) {
		size_t i = roll((unsigned)n);

		snprintf(job, JOB_ID_SIZE, "%s", taken[i].id);
		*fence = taken[i].fence - (roll(6) == 0);
	}
}

/* --- the calls ------------------------------------------------------------------------------- */

static void try_post(void)
{
	static const char *const programs[] = {"", "weekly", "other"};
	char id[32], text[48];
	struct post post = {.event_id = id,
		.program = programs[roll(3)],
		.consent = (enum post_consent)(roll(8) == 0 ? 1 + roll(2) : 0),
		.urgent = roll(10) == 0};

	snprintf(id, sizeof(id), "e%u", roll(4) ? (unsigned)serial++ : roll((unsigned)serial + 1));
	snprintf(text, sizeof(text), "text %s", id);
	post.event = rig_blob(text);
	if (roll(2) || post.consent)
		post.blind = PHONE;
	if (!post.blind || roll(2))
		post.actor = person(roll(PEOPLE));
	same(rig_post(&memory, &post), rig_post(&redis, &post), "post");
	assert_string_equal(memory.actor, redis.actor);
}

static void try_claim(void)
{
	same(rig_claim(&memory, 0, 12, LEASE_LONG), rig_claim(&redis, 0, 12, LEASE_LONG), "claim");
	same_claim(&memory.claim, &redis.claim);
	for (size_t i = 0; i < memory.claim.n; i++)
		hold(&memory.claim.item[i]);
}

static void try_transit(void)
{
	same(rig_transit(&memory, 0, 8, LEASE_LONG), rig_transit(&redis, 0, 8, LEASE_LONG),
		"transit");
	assert_int_equal(memory.transit.n, redis.transit.n);
	for (size_t i = 0; i < memory.transit.n; i++) {
		assert_string_equal(memory.transit.item[i].id, redis.transit.item[i].id);
		assert_string_equal(memory.transit.item[i].actor, redis.transit.item[i].actor);
		assert_int_equal(memory.transit.item[i].urgent, redis.transit.item[i].urgent);
		same(rig_transit_done(&memory, 0, memory.transit.item[i].id),
			rig_transit_done(&redis, 0, redis.transit.item[i].id), "transit_done");
	}
}

static char ids[8][64];

static void random_write(struct store_write *w, size_t slot, const char *actor)
{
	static const char *const names[] = {"open", "missed", "urgent"};

	*w = (struct store_write){.kind = roll(2) ? WRITE_JOB : (enum write_kind)roll(8),
		.id = ids[slot],
		.blind = PHONE,
		.program = roll(2) ? "weekly" : "other",
		.lane = (enum lane)roll(3),
		.gate = (enum gate)roll(3),
		.at = roll(5) ? 0 : FAR,
		.expires = roll(4) ? 0 : (roll(2) ? FAR : 1),
		.urgent = roll(6) == 0,
		.blob = rig_blob("something")};
	if (w->kind == WRITE_JOB || w->kind == WRITE_CANCEL)
		snprintf(ids[slot], sizeof(ids[slot]), "%s.%d", actor, job_number());
	else if (w->kind == WRITE_EVENT)
		snprintf(ids[slot], sizeof(ids[slot]), "w%d", serial++);
	else
		snprintf(ids[slot], sizeof(ids[slot]), "%s", names[roll(3)]);
	if (w->kind == WRITE_EVENT && roll(3))
		w->to = person(roll(PEOPLE + 1));
	if (w->kind == WRITE_JOB && w->lane == LANE_SCHEDULED && w->gate == GATE_ROUTINE)
		w->gate = GATE_CONSENT; /* would wait for mail by the clock */
	if (w->kind == WRITE_PHONE)
		w->kind = roll(10) ? WRITE_LOG : WRITE_PHONE;
}

static void try_commit(void)
{
	static char document[64];
	struct store_write writes[8];
	const char *actor = person(roll(PEOPLE));
	struct commit commit = {.actor = actor, .writes = writes, .nwrites = roll(8)};

	if (nheld && roll(8)) {
		size_t i = roll((unsigned)nheld);

		commit.actor = held[i].actor;
		commit.fence = held[i].fence;
		commit.consumed = roll((unsigned)held[i].nmail + 1);
	}
	snprintf(document, sizeof(document), "document %d", serial++);
	commit.document = rig_blob(roll(10) ? document : "");
	commit.alarm_ms = roll(3) ? 0 : roll(2) ? FAR : 1;
	for (size_t i = 0; i < commit.nwrites; i++)
		random_write(&writes[i], i, commit.actor);
	same(rig_commit(&memory, &commit), rig_commit(&redis, &commit), "commit");
	try_transit(); /* commits of one millisecond may pass each other on the way */
}

static void try_read(void)
{
	const char *actor = roll(4) ? person(roll(PEOPLE)) : NULL;

	same(rig_read(&memory, actor, PHONE, 5), rig_read(&redis, actor, PHONE, 5), "read");
	assert_string_equal(memory.view.actor, redis.view.actor);
	assert_string_equal(memory.view.document, redis.view.document);
	assert_int_equal(memory.view.stopped, redis.view.stopped);
	assert_int_equal(memory.view.alarm_ms == 0, redis.view.alarm_ms == 0);
	assert_int_equal(memory.view.nlog, redis.view.nlog);
	same_mail(memory.view.mail, memory.view.nmail, redis.view.mail, redis.view.nmail);
}

static void try_jobs(void)
{
	same(rig_jobs(&memory, 0, 5, LEASE_LONG), rig_jobs(&redis, 0, 5, LEASE_LONG), "jobs");
	same_jobs(&memory.jobs, &redis.jobs);
	for (size_t i = 0; i < memory.jobs.n; i++)
		take(&memory.jobs.item[i]);
}

static void try_begin(void)
{
	char job[JOB_ID_SIZE];
	uint64_t fence;

	pick_job(job, &fence);
	same(rig_begin(&memory, job, fence, LEASE_LONG), rig_begin(&redis, job, fence, LEASE_LONG),
		"begin");
	assert_int_equal(memory.verdict, redis.verdict);
}

static void try_finish(void)
{
	char job[JOB_ID_SIZE], event[32];
	struct finish finish = {.job = job,
		.result = (enum job_result)roll(5),
		.retry_ms = roll(3) ? 0 : FAR,
		.provider_id = "SM1"};

	pick_job(job, &finish.fence);
	snprintf(event, sizeof(event), "o%d", serial++);
	if (roll(3)) {
		finish.event_id = event;
		finish.event = rig_blob("outcome");
	}
	same(rig_finish(&memory, &finish), rig_finish(&redis, &finish), "finish");
}

/* Now and then the same outcome twice, and bodies that other texts have too. */
static void try_recall(void)
{
	char job[JOB_ID_SIZE], event[32];
	struct recall recall = {.job = job,
		.program = roll(2) ? "weekly" : "other",
		.lane = roll(2) ? LANE_REPLY : LANE_SCHEDULED,
		.expires = roll(4) ? 0 : (roll(2) ? FAR : 1),
		.body = rig_blob(roll(6) ? "something" : "other words"),
		.provider_id = "SM2",
		.event_id = event,
		.event = rig_blob("outcome")};
	static const enum job_result results[] = {
		JOB_ACCEPTED, JOB_UNKNOWN, JOB_REFUSED, JOB_EXPIRED};

	recall.result = results[roll(4)];
	pick_job(job, &recall.fence);
	snprintf(event, sizeof(event), "o%d", serial - (int)roll(3));
	serial++;
	same(rig_recall(&memory, &recall), rig_recall(&redis, &recall), "recall");
}

static void try_list(void)
{
	static const char *const names[] = {"open", "missed"};
	const char *name = names[roll(2)];

	same(rig_list(&memory, 0, name), rig_list(&redis, 0, name), "list");
	same_rows(&memory.rows, &redis.rows);
}

static void test_both_stores_answer_alike(void **state)
{
	static void (*const verbs[])(void) = {try_post, try_post, try_post, try_claim, try_commit,
		try_commit, try_commit, try_read, try_jobs, try_begin, try_begin, try_finish,
		try_finish, try_recall, try_list};
	const char *seed = getenv("WARMLINE_SEED");

	(void)state;
	dice = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_wall_ms();
	print_message("WARMLINE_SEED=%llu\n", (unsigned long long)dice);
	for (int i = 0; i < ROUNDS; i++) {
		verbs[roll(sizeof(verbs) / sizeof(verbs[0]))]();
		first_job = i / 12;
		rig_pass(&memory, 1);
	}
}

static int open_both(void **state)
{
	(void)state;
	rig_open_memory(&memory);
	rig_open_redis(&redis);
	return 0;
}

static int close_both(void **state)
{
	(void)state;
	rig_close(&memory);
	rig_close(&redis);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_both_stores_answer_alike, open_both, close_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
