/* The memory store: time from outside, order without chance, nothing on a disk. */
#include "platform/store_memory.h"

void memory_ring(struct memory *m, int partition)
{
	m->rung |= 1ULL << partition;
}

static void deliver_list(struct completion *c)
{
	c->cb.list(c->arg, c->result, c->out.rows.items, c->out.rows.n);
}

static int by_score(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return strcmp(x->actor, y->actor);
}

static void list_marks(struct completion *c, struct mark *marks, const char *index)
{
	size_t len = strlen(index), n = 0;
	struct index_entry *rows = completion_keep(c, HASH_COUNT(marks) * sizeof(*rows));
	struct mark *mark, *next;

	HASH_ITER(hh, marks, mark, next)
	{
		if (strncmp(mark->name, index, len) != 0 || mark->name[len] != '|')
			continue;
		rows[n++] =
			(struct index_entry){completion_text(c, mark->name + len + 1), mark->value};
	}
	if (n > 1)
		qsort(rows, n, sizeof(*rows), by_score);
	c->out.rows.items = rows;
	c->out.rows.n = n;
}

static void memory_list(
	struct store *store, int partition, const char *index, store_list_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_list, arg, STORE_REFUSED);

	c->cb.list = cb;
	if (partition != -1 && !store_partition_valid(partition))
		return;
	c->result = STORE_OK;
	list_marks(c, partition < 0 ? m->alive : m->partitions[partition].index, index);
}

static void deliver_counts(struct completion *c)
{
	c->cb.counts(c->arg, c->result, c->out.rows.items, c->out.rows.n);
}

static int by_name(const void *a, const void *b)
{
	const struct store_count *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void memory_counts(
	struct store *store, int partition, const char *day, store_counts_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_counts, arg, STORE_REFUSED);
	struct store_count *rows;
	struct mark *mark, *next;
	size_t len = strlen(day), n = 0;

	c->cb.counts = cb;
	if (!store_partition_valid(partition))
		return;
	c->result = STORE_OK;
	rows = completion_keep(c, HASH_COUNT(m->partitions[partition].counts) * sizeof(*rows));
	HASH_ITER(hh, m->partitions[partition].counts, mark, next)
	{
		if (strncmp(mark->name, day, len) == 0 && mark->name[len] == '|')
			rows[n++] = (struct store_count){
				completion_text(c, mark->name + len + 1), mark->value};
	}
	if (n > 1)
		qsort(rows, n, sizeof(*rows), by_name);
	c->out.rows.items = rows;
	c->out.rows.n = n;
}

static void deliver_tick(struct completion *c)
{
	c->cb.tick(c->arg, c->result, &c->out.tick);
}

static void memory_tick(struct store *store, store_tick_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_tick, arg, STORE_OK);

	c->cb.tick = cb;
	c->out.tick.now_ms = m->now;
	for (int i = 0; i < PARTITIONS; i++)
		c->out.tick.epoch[i] = ++m->partitions[i].epoch;
}

static void memory_heartbeat(
	struct store *store, const char *what, const char *who, store_done_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	char name[160];

	text_set(name, sizeof(name), "alive:%s|%s", what, who);
	mark_get(&m->alive, name)->value = m->now;
	complete_done(m, cb, arg, STORE_OK);
}

static void memory_bell(struct store *store, store_bell_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;

	m->bell = cb;
	m->bell_arg = arg;
}

static bool memory_up(const struct store *store, const char **reason)
{
	(void)store;
	*reason = "";
	return true;
}

static bool ring_bells(struct memory *m)
{
	uint64_t rung = m->rung;

	m->rung = 0;
	if (!m->bell || !rung)
		return false;
	for (int i = 0; i < PARTITIONS; i++)
		if (rung >> i & 1)
			m->bell(m->bell_arg, i);
	return true;
}

bool store_turn(struct store *store)
{
	struct memory *m = (struct memory *)store;
	struct completion *c, *last = TAILQ_LAST(&m->waiting, completions);
	bool any = last != NULL;

	while (last) {
		c = TAILQ_FIRST(&m->waiting);
		TAILQ_REMOVE(&m->waiting, c, entry);
		if (c == last)
			last = NULL;
		c->deliver(c);
		completion_free(c);
	}
	return ring_bells(m) || any;
}

void store_memory_time(struct store *store, int64_t now_ms)
{
	((struct memory *)store)->now = now_ms;
}

static int64_t sooner(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

int64_t store_memory_next(struct store *store)
{
	struct memory *m = (struct memory *)store;
	int64_t next = 0;

	for (int i = 0; i < PARTITIONS; i++) {
		struct partition *p = &m->partitions[i];
		const struct resident *r;
		const struct parcel *parcel;

		TAILQ_FOREACH(r, &p->order, entry)
		next = sooner(next, r->alarm);
		TAILQ_FOREACH(parcel, &p->transit, entry)
		next = sooner(next, parcel->due);
		if (!TAILQ_EMPTY(&p->open))
			next = sooner(next, TAILQ_FIRST(&p->open)->due);
	}
	return next;
}

/* What still waits is told "unknown", as a Redis connection that closes does. */
static void tell_unknown(struct memory *m)
{
	struct completion *c, *last = TAILQ_LAST(&m->waiting, completions);

	while ((c = TAILQ_FIRST(&m->waiting))) {
		TAILQ_REMOVE(&m->waiting, c, entry);
		memset(&c->out, 0, sizeof(c->out));
		c->result = STORE_UNKNOWN;
		if (last)
			c->deliver(c);
		if (c == last)
			last = NULL; /* what follows was called from these callbacks, against the
					rule */
		completion_free(c);
	}
}

static void memory_free(struct store *store)
{
	struct memory *m = (struct memory *)store;

	tell_unknown(m);
	for (int i = 0; i < PARTITIONS; i++) {
		struct partition *p = &m->partitions[i];

		residents_free(p);
		parcels_free(p);
		tasks_free(p);
		sent_free(p);
		marks_free(&p->seen);
		marks_free(&p->stops);
		marks_free(&p->index);
		marks_free(&p->counts);
	}
	marks_free(&m->alive);
	free(m);
}

static const struct store_ops memory_ops = {
	.post = memory_post,
	.claim = memory_claim,
	.commit = memory_commit,
	.read = memory_read,
	.list = memory_list,
	.counts = memory_counts,
	.jobs = memory_jobs,
	.begin = memory_begin,
	.finish = memory_finish,
	.recall = memory_recall,
	.transit = memory_transit,
	.transit_done = memory_transit_done,
	.tick = memory_tick,
	.heartbeat = memory_heartbeat,
	.bell = memory_bell,
	.up = memory_up,
	.free = memory_free,
};

struct store *store_memory_new(void)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	m->store.ops = &memory_ops;
	TAILQ_INIT(&m->waiting);
	for (int i = 0; i < PARTITIONS; i++) {
		TAILQ_INIT(&m->partitions[i].order);
		TAILQ_INIT(&m->partitions[i].open);
		TAILQ_INIT(&m->partitions[i].done);
		TAILQ_INIT(&m->partitions[i].transit);
		TAILQ_INIT(&m->partitions[i].sent);
	}
	return &m->store;
}
