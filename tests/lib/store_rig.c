#include "tests/lib/store_rig.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <warmline/clock.h>

#define ANSWER_MS 10000

struct blob rig_blob(const char *text)
{
	return (struct blob){text, strlen(text)};
}

static void copy_text(char *to, size_t size, const char *text)
{
	if (!text_set(to, size, "%s", text ? text : ""))
		fail_abort("rig: no room for \"%s\"", text);
}

static void copy_blob(char *to, size_t size, const struct blob *blob)
{
	if (blob->len >= size)
		fail_abort("rig: no room for a blob");
	if (blob->len)
		memcpy(to, blob->data, blob->len);
	to[blob->len] = '\0';
}

static void copy_mail(struct seen_mail *to, const struct mail *mail)
{
	copy_text(to->id, sizeof(to->id), mail->event_id);
	copy_blob(to->event, sizeof(to->event), &mail->event);
	to->posted_ms = mail->posted_ms;
}

/* --- running --------------------------------------------------------------------------------- */

void rig_turn(struct rig *rig)
{
	if (rig->memory)
		store_turn(rig->store);
	else
		event_base_loop(rig->base, EVLOOP_ONCE);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

bool rig_until(struct rig *rig, const int *counter, int wanted, int ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	struct timeval step = {0, 20000};
	struct event *wake = NULL;

	if (rig->base) { /* so that EVLOOP_ONCE comes back when nothing happens */
		wake = event_new(rig->base, -1, EV_PERSIST, on_wake, NULL);
		event_add(wake, &step);
	}
	while (*counter < wanted && clock_monotonic_ms() < until)
		rig_turn(rig);
	if (wake)
		event_free(wake);
	return *counter >= wanted;
}

bool rig_until_up(struct rig *rig, int ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	const char *reason;
	int never = 0;

	while (!rig->store->ops->up(rig->store, &reason) && clock_monotonic_ms() < until)
		rig_until(rig, &never, 1, 10);
	return rig->store->ops->up(rig->store, &reason);
}

void rig_pass(struct rig *rig, int64_t ms)
{
	int never = 0;

	if (rig->memory) {
		rig->now += ms;
		store_memory_time(rig->store, rig->now);
		return;
	}
	rig_until(rig, &never, 1, (int)ms + 5);
}

/* After a call: nothing may have completed yet; then exactly one completion. */
static enum store_result complete(struct rig *rig)
{
	if (rig->completions != 0)
		fail_abort("rig: completed before the call returned");
	if (!rig_until(rig, &rig->completions, 1, ANSWER_MS))
		fail_abort("rig: no completion");
	if (rig->completions != 1)
		fail_abort("rig: completed %d times", rig->completions);
	return rig->result;
}

static void begin_call(struct rig *rig)
{
	rig->completions = 0;
}

static void on_done(void *arg, enum store_result result)
{
	struct rig *rig = arg;

	rig->completions++;
	rig->result = result;
}

static void on_bell(void *arg, int partition)
{
	struct rig *rig = arg;

	rig->bells[partition]++;
}

/* --- opening and closing --------------------------------------------------------------------- */

void rig_open_memory(struct rig *rig)
{
	rig->memory = true;
	rig->now = 1800000000000;
	rig->store = store_memory_new();
	store_memory_time(rig->store, rig->now);
	rig->store->ops->bell(rig->store, on_bell, rig);
}

void rig_open_redis(struct rig *rig)
{
	rig->memory = false;
	if (!rig->redis.pid)
		private_redis_start(&rig->redis, NULL);
	private_redis_do(&rig->redis, "FLUSHALL");
	if (!rig->keys)
		rig->keys = keys_random();
	rig->base = event_base_new();
	rig->store = store_redis_new(rig->base, &rig->redis.address, rig->keys);
	rig->store->ops->bell(rig->store, on_bell, rig);
	if (!rig_until_up(rig, ANSWER_MS))
		fail_abort("rig: the Redis store does not come up");
}

void rig_close_store(struct rig *rig)
{
	if (rig->store)
		rig->store->ops->free(rig->store);
	rig->store = NULL;
	if (rig->base)
		event_base_free(rig->base);
	rig->base = NULL;
	memset(rig->bells, 0, sizeof(rig->bells));
}

void rig_close(struct rig *rig)
{
	rig_close_store(rig);
	private_redis_free(&rig->redis);
	keys_free(&rig->keys);
}

/* --- the verbs ------------------------------------------------------------------------------- */

static void on_post(void *arg, enum store_result result, const char *actor)
{
	struct rig *rig = arg;

	copy_text(rig->actor, sizeof(rig->actor), actor);
	on_done(rig, result);
}

enum store_result rig_post(struct rig *rig, const struct post *post)
{
	begin_call(rig);
	rig->store->ops->post(rig->store, post, on_post, rig);
	return complete(rig);
}

enum store_result rig_mail(
	struct rig *rig, const char *actor, const char *event_id, const char *event)
{
	return rig_post(rig, &(struct post){.actor = actor,
				     .event_id = event_id,
				     .program = "weekly",
				     .event = rig_blob(event)});
}

static void on_claim(void *arg, enum store_result result, const struct claim_batch *batch)
{
	struct rig *rig = arg;

	memset(&rig->claim, 0, sizeof(rig->claim));
	rig->claim.now_ms = batch->now_ms;
	rig->claim.more = batch->more;
	rig->claim.n = batch->n;
	for (size_t i = 0; i < batch->n; i++) {
		struct seen_actor *to = &rig->claim.item[i];
		const struct claimed *from = &batch->items[i];

		copy_text(to->actor, sizeof(to->actor), from->actor);
		copy_blob(to->document, sizeof(to->document), &from->document);
		to->fence = from->fence;
		to->nmail = from->nmail;
		for (size_t k = 0; k < from->nmail; k++)
			copy_mail(&to->mail[k], &from->mail[k]);
	}
	on_done(rig, result);
}

enum store_result rig_claim(struct rig *rig, int partition, size_t n, int64_t lease_ms)
{
	begin_call(rig);
	rig->store->ops->claim(rig->store, partition, n, lease_ms, on_claim, rig);
	return complete(rig);
}

enum store_result rig_commit(struct rig *rig, const struct commit *commit)
{
	begin_call(rig);
	rig->store->ops->commit(rig->store, commit, on_done, rig);
	return complete(rig);
}

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct rig *rig = arg;
	struct seen_view *to = &rig->view;

	memset(to, 0, sizeof(*to));
	copy_text(to->actor, sizeof(to->actor), view->actor);
	copy_blob(to->document, sizeof(to->document), &view->document);
	to->alarm_ms = view->alarm_ms;
	to->now_ms = view->now_ms;
	to->stopped = view->stopped;
	to->nmail = view->nmail;
	to->nlog = view->nlog;
	for (size_t i = 0; i < view->nmail; i++)
		copy_mail(&to->mail[i], &view->mail[i]);
	for (size_t i = 0; i < view->nlog; i++)
		copy_blob(to->log[i], sizeof(to->log[i]), &view->log[i]);
	on_done(rig, result);
}

enum store_result rig_read(struct rig *rig, const char *actor, const char *blind, size_t log)
{
	begin_call(rig);
	rig->store->ops->read(rig->store, actor, blind, log, on_read, rig);
	return complete(rig);
}

static void on_list(
	void *arg, enum store_result result, const struct index_entry *entries, size_t n)
{
	struct rig *rig = arg;

	memset(&rig->rows, 0, sizeof(rig->rows));
	rig->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		copy_text(rig->rows.item[i].name, 80, entries[i].actor);
		rig->rows.item[i].value = entries[i].score;
	}
	on_done(rig, result);
}

enum store_result rig_list(struct rig *rig, int partition, const char *index)
{
	begin_call(rig);
	rig->store->ops->list(rig->store, partition, index, on_list, rig);
	return complete(rig);
}

static void on_counts(
	void *arg, enum store_result result, const struct store_count *counts, size_t n)
{
	struct rig *rig = arg;

	memset(&rig->rows, 0, sizeof(rig->rows));
	rig->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		copy_text(rig->rows.item[i].name, 80, counts[i].name);
		rig->rows.item[i].value = counts[i].value;
	}
	on_done(rig, result);
}

enum store_result rig_counts(struct rig *rig, int partition, const char *day)
{
	begin_call(rig);
	rig->store->ops->counts(rig->store, partition, day, on_counts, rig);
	return complete(rig);
}

static void on_jobs(void *arg, enum store_result result, const struct job_batch *batch)
{
	struct rig *rig = arg;

	memset(&rig->jobs, 0, sizeof(rig->jobs));
	rig->jobs.now_ms = batch->now_ms;
	rig->jobs.more = batch->more;
	rig->jobs.n = batch->n;
	for (size_t i = 0; i < batch->n; i++) {
		struct seen_job *to = &rig->jobs.item[i];
		const struct job *job = &batch->items[i];

		copy_text(to->id, sizeof(to->id), job->id);
		copy_text(to->actor, sizeof(to->actor), job->actor);
		copy_text(to->program, sizeof(to->program), job->program);
		copy_blob(to->body, sizeof(to->body), &job->body);
		to->state = job->state;
		to->lane = job->lane;
		to->fence = job->fence;
		to->attempt = job->attempt;
		to->ambiguous = job->ambiguous;
		to->not_before = job->not_before;
		to->expires = job->expires;
	}
	on_done(rig, result);
}

enum store_result rig_jobs(struct rig *rig, int partition, size_t per_lane, int64_t lease_ms)
{
	const size_t max[LANES] = {per_lane, per_lane, per_lane};

	begin_call(rig);
	rig->store->ops->jobs(rig->store, partition, max, lease_ms, on_jobs, rig);
	return complete(rig);
}

static void on_begin(void *arg, enum store_result result, enum begin_verdict verdict)
{
	struct rig *rig = arg;

	rig->verdict = verdict;
	on_done(rig, result);
}

enum store_result rig_begin(struct rig *rig, const char *job, uint64_t fence, int64_t lease_ms)
{
	begin_call(rig);
	rig->store->ops->begin(rig->store, job, fence, lease_ms, on_begin, rig);
	return complete(rig);
}

enum store_result rig_finish(struct rig *rig, const struct finish *finish)
{
	begin_call(rig);
	rig->store->ops->finish(rig->store, finish, on_done, rig);
	return complete(rig);
}

enum store_result rig_recall(struct rig *rig, const struct recall *recall)
{
	begin_call(rig);
	rig->store->ops->recall(rig->store, recall, on_done, rig);
	return complete(rig);
}

static void on_transit(void *arg, enum store_result result, const struct transit *items, size_t n)
{
	struct rig *rig = arg;

	memset(&rig->transit, 0, sizeof(rig->transit));
	rig->transit.n = n;
	for (size_t i = 0; i < n; i++) {
		copy_text(rig->transit.item[i].id, EVENT_ID_SIZE, items[i].id);
		copy_text(rig->transit.item[i].actor, ACTOR_SIZE, items[i].post.actor);
		copy_text(rig->transit.item[i].blind, BLIND_SIZE, items[i].post.blind);
		copy_text(rig->transit.item[i].program, 64, items[i].post.program);
		copy_blob(rig->transit.item[i].event, 300, &items[i].post.event);
		rig->transit.item[i].urgent = items[i].post.urgent;
	}
	on_done(rig, result);
}

enum store_result rig_transit(struct rig *rig, int partition, size_t n, int64_t lease_ms)
{
	begin_call(rig);
	rig->store->ops->transit(rig->store, partition, n, lease_ms, on_transit, rig);
	return complete(rig);
}

enum store_result rig_transit_done(struct rig *rig, int partition, const char *id)
{
	begin_call(rig);
	rig->store->ops->transit_done(rig->store, partition, id, on_done, rig);
	return complete(rig);
}

static void on_tick(void *arg, enum store_result result, const struct tick *tick)
{
	struct rig *rig = arg;

	rig->tick = *tick;
	on_done(rig, result);
}

enum store_result rig_tick(struct rig *rig)
{
	begin_call(rig);
	rig->store->ops->tick(rig->store, on_tick, rig);
	return complete(rig);
}

enum store_result rig_heartbeat(struct rig *rig, const char *what, const char *who)
{
	begin_call(rig);
	rig->store->ops->heartbeat(rig->store, what, who, on_done, rig);
	return complete(rig);
}
