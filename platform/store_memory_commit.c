/* Commit of the memory store, and the events that leave a partition by it. */
#include "platform/store_memory.h"

#include <warmline/control.h>

static void parcel_write(struct memory *m, int partition, const struct store_write *w)
{
	struct partition *p = memory_partition(m, partition);
	struct parcel *parcel;

	TAILQ_FOREACH(parcel, &p->transit, entry)
	if (strcmp(parcel->id, w->id) == 0)
		return;
	parcel = xcalloc(1, sizeof(*parcel));
	parcel->id = xstrdup(w->id);
	parcel->program = xstrdup(w->program ? w->program : "");
	parcel->blind = w->to ? NULL : xstrdup(w->blind);
	text_set(parcel->actor, sizeof(parcel->actor), "%s", w->to ? w->to : "");
	parcel->urgent = w->urgent;
	parcel->data = xmemdup(w->blob.data, w->blob.len);
	parcel->len = w->blob.len;
	parcel->due = m->now;
	TAILQ_INSERT_TAIL(&p->transit, parcel, entry);
	memory_ring(m, partition);
}

static void event_write(struct memory *m, int partition, const struct store_write *w)
{
	struct actor_id owner;

	if (write_partition(w) != partition) {
		parcel_write(m, partition, w);
		return;
	}
	if (!w->to)
		phone_owner(m, w->blind, &owner);
	resident_deliver(m, w->to ? w->to : owner.text, w->id, w->urgent, &w->blob);
}

static void log_write(struct resident *r, const struct blob *line)
{
	if (r->nlog == r->log_room) {
		r->log_room = r->log_room ? r->log_room * 2 : 8;
		r->log = xrealloc(r->log, r->log_room * sizeof(*r->log));
	}
	r->log[r->nlog].data = xmemdup(line->data, line->len);
	r->log[r->nlog++].len = line->len;
}

static void count_write(struct memory *m, struct partition *p, const char *name)
{
	char day[DAY_NAME_SIZE], entry[160];

	day_name(m->now, day);
	text_set(entry, sizeof(entry), "%s|%s", day, name);
	mark_get(&p->counts, entry)->value++;
}

static void phone_write(struct partition *p, const char *blind, const char *actor)
{
	struct phone_line *line;

	HASH_FIND_STR(p->phones, blind, line);
	if (!line) {
		line = xcalloc(1, sizeof(*line));
		text_set(line->blind, sizeof(line->blind), "%s", blind);
		HASH_ADD_STR(p->phones, blind, line);
	}
	text_set(line->actor, sizeof(line->actor), "%s", actor);
}

static void index_write(struct partition *p, const char *actor, const struct store_write *w)
{
	char entry[160];

	text_set(entry, sizeof(entry), "%s|%s", w->id, actor);
	if (w->kind == WRITE_INDEX)
		mark_get(&p->index, entry)->value = w->at;
	else
		mark_drop(&p->index, entry);
}

static void apply(struct memory *m, struct resident *r, const struct store_write *w)
{
	int partition = actor_partition(r->id);
	struct partition *p = memory_partition(m, partition);

	switch (w->kind) {
	case WRITE_JOB: task_write(m, r->id, w); break;
	case WRITE_CANCEL: task_cancel(m, partition, w->id); break;
	case WRITE_EVENT: event_write(m, partition, w); break;
	case WRITE_LOG: log_write(r, &w->blob); break;
	case WRITE_INDEX:
	case WRITE_UNINDEX: index_write(p, r->id, w); break;
	case WRITE_COUNT: count_write(m, p, w->id); break;
	case WRITE_PHONE: phone_write(p, w->blind, r->id); break;
	}
}

void memory_commit(struct store *store, const struct commit *commit, store_done_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct resident *r;
	bool held;

	if (!store_commit_valid(commit)) {
		complete_done(m, cb, arg, STORE_REFUSED);
		return;
	}
	r = resident_find(m, commit->actor);
	held = r && r->lease && r->fence == commit->fence;
	if (r && control_on("no-fence-in-commit"))
		held = true;
	complete_done(m, cb, arg, held ? STORE_OK : STORE_LOST);
	if (!held)
		return;
	free(r->document);
	r->document = xmemdup(commit->document.data, commit->document.len);
	r->document_len = commit->document.len;
	r->lease = 0;
	resident_consume(r, commit->consumed);
	for (size_t i = 0; i < commit->nwrites; i++)
		apply(m, r, &commit->writes[i]);
	r->alarm = r->nmail ? m->now : commit->alarm_ms;
	if (r->alarm && r->alarm <= m->now)
		memory_ring(m, actor_partition(r->id));
}

static void deliver_transit(struct completion *c)
{
	c->cb.transit(c->arg, c->result, c->out.rows.items, c->out.rows.n);
}

static void transit_show(struct completion *c, struct transit *item, const struct parcel *parcel)
{
	item->id = completion_text(c, parcel->id);
	item->post.event_id = item->id;
	item->post.program = completion_text(c, parcel->program);
	item->post.urgent = parcel->urgent;
	item->post.event = completion_blob(c, parcel->data, parcel->len);
	if (parcel->blind)
		item->post.blind = completion_text(c, parcel->blind);
	else
		item->post.actor = completion_text(c, parcel->actor);
}

void memory_transit(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_transit_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_transit, arg, STORE_REFUSED);
	struct parcel *parcel;
	struct transit *items;

	c->cb.transit = cb;
	if (!store_partition_valid(partition))
		return;
	c->result = STORE_OK;
	items = completion_keep(c, n * sizeof(*items));
	c->out.rows.items = items;
	TAILQ_FOREACH(parcel, &memory_partition(m, partition)->transit, entry)
	{
		if (parcel->due > m->now)
			continue;
		if (c->out.rows.n == n)
			break;
		parcel->due = m->now + lease_ms;
		transit_show(c, &items[c->out.rows.n++], parcel);
	}
}

static void parcel_free(struct partition *p, struct parcel *parcel)
{
	TAILQ_REMOVE(&p->transit, parcel, entry);
	free(parcel->id);
	free(parcel->program);
	free(parcel->blind);
	free(parcel->data);
	free(parcel);
}

void memory_transit_done(
	struct store *store, int partition, const char *id, store_done_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	bool valid = store_partition_valid(partition);
	struct parcel *parcel = NULL;

	complete_done(m, cb, arg, valid ? STORE_OK : STORE_REFUSED);
	if (!valid)
		return;
	TAILQ_FOREACH(parcel, &memory_partition(m, partition)->transit, entry)
	if (strcmp(parcel->id, id) == 0)
		break;
	if (parcel)
		parcel_free(memory_partition(m, partition), parcel);
}

void parcels_free(struct partition *p)
{
	struct parcel *parcel, *next;

	for (parcel = TAILQ_FIRST(&p->transit); parcel; parcel = next) {
		next = TAILQ_NEXT(parcel, entry);
		parcel_free(p, parcel);
	}
}
