/* The outbox of the memory store: claim → begin → finish, as functions/{jobs,begin,finish}.lua. */
#include "platform/store_memory.h"

#include <warmline/control.h>

struct task *task_find(struct memory *m, const char *id)
{
	struct actor_id actor;
	struct task *task = NULL;

	if (job_actor(id, &actor))
		HASH_FIND_STR(memory_partition(m, actor_partition(actor.text))->tasks, id, task);
	return task;
}

static int task_partition(const struct task *task)
{
	struct actor_id actor = {""};

	job_actor(task->id, &actor);
	return actor_partition(actor.text);
}

/* Kept in the order in which Redis would find them: by time, then by id. */
static void open_insert(struct partition *p, struct task *task)
{
	struct task *before;

	TAILQ_FOREACH_REVERSE(before, &p->open, tasks, entry)
	if (before->due < task->due ||
		(before->due == task->due && strcmp(before->id, task->id) < 0))
		break;
	if (before)
		TAILQ_INSERT_AFTER(&p->open, before, task, entry);
	else
		TAILQ_INSERT_HEAD(&p->open, task, entry);
}

static void task_move(struct partition *p, struct task *task, enum task_state state, int64_t due)
{
	TAILQ_REMOVE(&p->open, task, entry);
	task->state = state;
	task->due = due;
	open_insert(p, task);
}

static void task_free(struct task *task)
{
	free(task->program);
	free(task->provider_id);
	free(task->body);
	free(task);
}

static void task_remove(struct partition *p, struct task *task)
{
	HASH_DEL(p->tasks, task);
	if (task->state == TASK_DONE)
		TAILQ_REMOVE(&p->done, task, entry);
	else
		TAILQ_REMOVE(&p->open, task, entry);
	task_free(task);
}

static void task_done(struct memory *m, struct partition *p, struct task *task)
{
	TAILQ_REMOVE(&p->open, task, entry);
	task->state = TASK_DONE;
	task->done_at = m->now;
	TAILQ_INSERT_TAIL(&p->done, task, entry);
}

void task_write(struct memory *m, const char *actor, const struct store_write *w)
{
	int number = actor_partition(actor);
	struct partition *p = memory_partition(m, number);
	struct task *task = task_find(m, w->id);

	if (task)
		return; /* the same cause again */
	if (control_on("stop-at-enqueue-only") && w->gate == GATE_ROUTINE &&
		phone_stopped(m, number, w->blind, w->program))
		return;
	task = xcalloc(1, sizeof(*task));
	text_set(task->id, sizeof(task->id), "%s", w->id);
	text_set(task->blind, sizeof(task->blind), "%s", w->blind ? w->blind : "");
	task->program = xstrdup(w->program ? w->program : "");
	task->lane = w->lane;
	task->gate = w->gate;
	task->due = task->not_before = w->at;
	task->expires = w->expires;
	task->result = -1;
	task->body = xmemdup(w->blob.data, w->blob.len);
	task->body_len = w->blob.len;
	text_key(w->lane, w->program, &w->blob, task->key);
	HASH_ADD_STR(p->tasks, id, task);
	open_insert(p, task);
	if (task->due <= m->now)
		memory_ring(m, number);
}

void task_cancel(struct memory *m, int partition, const char *id)
{
	struct task *task = task_find(m, id);

	if (!task || task->state == TASK_DONE)
		return;
	if (task->state == TASK_SENDING || task->state == TASK_LAPSED)
		task->canceled = true; /* should it come back, begin turns it away */
	else
		task_remove(memory_partition(m, partition), task);
}

void tasks_free(struct partition *p)
{
	struct task *task = p->tasks, *next;

	HASH_CLEAR(hh, p->tasks);
	for (; task; task = next) {
		next = task->hh.next;
		task_free(task);
	}
}

static void forget_old(struct memory *m, struct partition *p)
{
	struct task *task, *next;

	for (task = TAILQ_FIRST(&p->done); task && p->tasks; task = next) {
		next = TAILQ_NEXT(task, entry);
		if (task->done_at + JOB_KEEP_MS > m->now)
			break;
		task_remove(p, task);
	}
}

/* Leases that ran out. What was being sent in lanes 1-2 stays with its state, to be handed out. */
static void sweep(struct memory *m, struct partition *p)
{
	struct task *task, *next;

	for (task = TAILQ_FIRST(&p->open); task && task->due <= m->now; task = next) {
		bool sending = task->state == TASK_SENDING;

		next = TAILQ_NEXT(task, entry);
		if (task->state == TASK_CLAIMED) {
			task->state = TASK_DUE;
		} else if (sending &&
			   (task->lane == LANE_CRISIS || control_on("unknown-requeued"))) {
			task->ambiguous++;
			task->state = TASK_DUE;
		} else if (sending) {
			task->state = TASK_LAPSED;
		}
	}
}

static void task_show(struct completion *c, struct job *job, const struct task *task)
{
	struct actor_id actor = {""};

	job_actor(task->id, &actor);
	job->id = completion_text(c, task->id);
	job->actor = completion_text(c, actor.text);
	job->program = completion_text(c, task->program);
	job->state = task->state == TASK_LAPSED ? JOB_LAPSED : JOB_CLAIMED;
	job->lane = task->lane;
	job->fence = task->fence;
	job->attempt = task->state == TASK_LAPSED ? task->attempt : task->attempt + 1;
	job->ambiguous = task->ambiguous;
	job->not_before = task->not_before;
	job->expires = task->expires;
	job->body = completion_blob(c, task->body, task->body_len);
}

struct hand { /* what a jobs call gives out */
	struct completion *c;
	struct job *items;
	size_t n;
	size_t room[LANES];
	int64_t until;
	bool more;
};

static void hand_out(
	struct memory *m, struct partition *p, struct hand *hand, enum task_state wanted)
{
	struct task *task, *next;

	for (task = TAILQ_FIRST(&p->open); task && task->due <= m->now; task = next) {
		next = TAILQ_NEXT(task, entry);
		if (task->state != wanted)
			continue;
		if (hand->room[task->lane] == 0) {
			hand->more = true;
			continue;
		}
		hand->room[task->lane]--;
		task->fence++;
		task_show(hand->c, &hand->items[hand->n++], task);
		task_move(p, task, wanted == TASK_DUE ? TASK_CLAIMED : TASK_LAPSED, hand->until);
	}
}

static void deliver_jobs(struct completion *c)
{
	c->cb.jobs(c->arg, c->result, &c->out.jobs);
}

static size_t count_due(struct memory *m, struct partition *p)
{
	struct task *task;
	size_t n = 0;

	TAILQ_FOREACH(task, &p->open, entry)
	{
		if (task->due > m->now)
			break;
		n++;
	}
	return n;
}

void memory_jobs(struct store *store, int partition, const size_t max[LANES], int64_t lease_ms,
	store_jobs_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_jobs, arg, STORE_REFUSED);
	struct hand hand = {.c = c, .until = m->now + lease_ms};
	struct partition *p;

	c->cb.jobs = cb;
	if (!store_partition_valid(partition))
		return;
	c->result = STORE_OK;
	p = memory_partition(m, partition);
	forget_old(m, p);
	sweep(m, p);
	memcpy(hand.room, max, sizeof(hand.room));
	hand.items = completion_keep(c, count_due(m, p) * sizeof(*hand.items));
	hand_out(m, p, &hand, TASK_LAPSED);
	hand_out(m, p, &hand, TASK_DUE);
	c->out.jobs = (struct job_batch){m->now, hand.items, hand.n, hand.more};
}

static void deliver_begin(struct completion *c)
{
	c->cb.begin(c->arg, c->result, c->out.verdict);
}

static bool begin_waits(struct memory *m, const struct task *task)
{
	struct actor_id actor = {""};
	struct resident *r;

	if (task->lane != LANE_SCHEDULED || task->gate != GATE_ROUTINE)
		return false;
	job_actor(task->id, &actor);
	r = resident_find(m, actor.text);
	return r && r->nmail;
}

static enum begin_verdict begin_verdict(struct memory *m, const struct task *task)
{
	struct partition *p = memory_partition(m, task_partition(task));
	enum job_result before;

	if (task->canceled)
		return BEGIN_UNWANTED;
	if (task->lane != LANE_CRISIS && sent_take(m, p, task->key, &before))
		return before == JOB_ACCEPTED ? BEGIN_SENT : BEGIN_UNSURE;
	if (task->gate == GATE_ROUTINE && !control_on("stop-at-enqueue-only") &&
		phone_stopped(m, task_partition(task), task->blind, task->program))
		return BEGIN_STOPPED;
	if (task->expires && task->expires <= m->now)
		return BEGIN_EXPIRED;
	return begin_waits(m, task) ? BEGIN_WAIT : BEGIN_GO;
}

static bool begins(enum begin_verdict verdict)
{
	return verdict == BEGIN_GO || verdict == BEGIN_SENT || verdict == BEGIN_UNSURE;
}

void memory_begin(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_begin, arg, STORE_OK);
	struct task *task = task_find(m, job);
	struct partition *p;

	c->cb.begin = cb;
	c->out.verdict = BEGIN_UNWANTED;
	if (!store_job_valid(job))
		c->result = STORE_REFUSED;
	if (!task)
		return;
	if (!control_on("no-fence-in-begin") &&
		(task->state != TASK_CLAIMED || task->fence != fence)) {
		c->result = STORE_LOST;
		return;
	}
	p = memory_partition(m, task_partition(task));
	c->out.verdict = begin_verdict(m, task);
	if (c->out.verdict == BEGIN_UNWANTED) {
		task_remove(p, task);
	} else if (c->out.verdict == BEGIN_WAIT) {
		task_move(p, task, TASK_DUE, m->now + JOB_WAIT_MS);
	} else if (begins(c->out.verdict) && task->state != TASK_DONE) {
		task->attempt++;
		task_move(p, task, TASK_SENDING, m->now + lease_ms);
	}
}

static void finish_post(struct memory *m, const struct finish *finish)
{
	struct actor_id actor;

	if (finish->event.len && finish->event_id && job_actor(finish->job, &actor))
		resident_deliver(m, actor.text, finish->event_id, false, &finish->event);
}

static void note_provider(struct task *task, const char *provider_id)
{
	if (!provider_id)
		return;
	free(task->provider_id);
	task->provider_id = xstrdup(provider_id);
}

void task_settle(
	struct memory *m, struct task *task, enum job_result result, const char *provider_id)
{
	note_provider(task, provider_id);
	task->result = (int)result;
	if (task->state != TASK_DONE)
		task_done(m, memory_partition(m, task_partition(task)), task);
}

static bool finish_held(const struct task *task, uint64_t fence)
{
	return task->fence == fence && task->state != TASK_DUE && task->state != TASK_DONE;
}

static void finish_apply(struct memory *m, struct task *task, const struct finish *finish)
{
	struct partition *p = memory_partition(m, task_partition(task));
	bool again = finish->result == JOB_LATER;

	if (finish->result == JOB_UNKNOWN &&
		(task->lane == LANE_CRISIS || control_on("unknown-requeued"))) {
		task->ambiguous++;
		again = true;
	}
	note_provider(task, finish->provider_id);
	task->result = (int)finish->result;
	if (again)
		task_move(p, task, TASK_DUE, finish->retry_ms);
	else
		task_done(m, p, task);
}

/* A sender without the fence. Only the fact that the provider took the text counts. */
static enum store_result finish_late(
	struct memory *m, struct task *task, const struct finish *finish)
{
	if (task && task->fence == finish->fence && task->result == (int)finish->result)
		return STORE_OK; /* the same call again */
	if (finish->result != JOB_ACCEPTED)
		return STORE_LOST;
	if (task) {
		note_provider(task, finish->provider_id);
		if (task->state != TASK_SENDING)
			task->result = (int)JOB_ACCEPTED;
		if (task->state != TASK_SENDING && task->state != TASK_DONE)
			task_done(m, memory_partition(m, task_partition(task)), task);
	}
	finish_post(m, finish);
	return STORE_OK;
}

void memory_finish(struct store *store, const struct finish *finish, store_done_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct task *task = task_find(m, finish->job);

	if (!store_job_valid(finish->job)) {
		complete_done(m, cb, arg, STORE_REFUSED);
	} else if (!task || !finish_held(task, finish->fence)) {
		complete_done(m, cb, arg, finish_late(m, task, finish));
	} else {
		finish_apply(m, task, finish);
		finish_post(m, finish);
		complete_done(m, cb, arg, STORE_OK);
	}
}
