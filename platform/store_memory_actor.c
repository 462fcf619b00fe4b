/* Actors of the memory store: post, claim, read. */
#include "platform/store_memory.h"

#include <warmline/log.h>

struct partition *memory_partition(struct memory *m, int partition)
{
	return &m->partitions[partition];
}

struct resident *resident_find(struct memory *m, const char *actor)
{
	struct resident *r;

	HASH_FIND_STR(memory_partition(m, actor_partition(actor))->actors, actor, r);
	return r;
}

static struct resident *resident_get(struct memory *m, const char *actor)
{
	struct resident *r = resident_find(m, actor);
	struct partition *p = memory_partition(m, actor_partition(actor));

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	text_set(r->id, sizeof(r->id), "%s", actor);
	TAILQ_INIT(&r->mail);
	HASH_ADD_STR(p->actors, id, r);
	TAILQ_INSERT_TAIL(&p->order, r, entry);
	return r;
}

static void letter_free(struct letter *letter)
{
	free(letter->event_id);
	free(letter->data);
	free(letter);
}

void resident_consume(struct resident *r, size_t n)
{
	struct letter *letter, *next;

	for (letter = TAILQ_FIRST(&r->mail); letter && n > 0; letter = next, n--) {
		next = TAILQ_NEXT(letter, entry);
		TAILQ_REMOVE(&r->mail, letter, entry);
		letter_free(letter);
		r->nmail--;
	}
}

bool resident_deliver(struct memory *m, const char *actor, const char *event_id, bool urgent,
	const struct blob *event)
{
	int number = actor_partition(actor);
	struct partition *p = memory_partition(m, number);
	struct resident *r;
	struct letter *letter;
	char entry[80];

	if (mark_find(p->seen, event_id))
		return false;
	mark_get(&p->seen, event_id)->value = m->now;
	r = resident_get(m, actor);
	letter = xcalloc(1, sizeof(*letter));
	letter->event_id = xstrdup(event_id);
	letter->posted_ms = m->now;
	letter->data = xmemdup(event->data, event->len);
	letter->len = event->len;
	TAILQ_INSERT_TAIL(&r->mail, letter, entry);
	r->nmail++;
	if (r->lease <= m->now && (!r->alarm || r->alarm > m->now)) {
		r->alarm = m->now;
		memory_ring(m, number);
	}
	text_set(entry, sizeof(entry), "urgent|%s", actor);
	if (urgent && !mark_find(p->index, entry))
		mark_get(&p->index, entry)->value = m->now;
	return true;
}

void phone_owner(struct memory *m, const char *blind, struct actor_id *owner)
{
	struct partition *p = memory_partition(m, blind_partition(blind));
	struct phone_line *line;

	HASH_FIND_STR(p->phones, blind, line);
	actor_of_blind(blind, owner);
	if (line)
		text_set(owner->text, sizeof(owner->text), "%s", line->actor);
}

static void stop_name(char *name, size_t size, const char *blind, const char *program)
{
	text_set(name, size, "%s|%s", blind, program ? program : "");
}

static bool any_stop(struct partition *p, const char *blind)
{
	struct mark *mark, *next;

	HASH_ITER(hh, p->stops, mark, next)
	if (strncmp(mark->name, blind, BLIND_SIZE - 1) == 0)
		return true;
	return false;
}

bool phone_stopped(struct memory *m, int partition, const char *blind, const char *program)
{
	struct partition *p = memory_partition(m, partition);
	char name[128], all[128];

	if (!program || !*program)
		return any_stop(p, blind);
	stop_name(name, sizeof(name), blind, program);
	stop_name(all, sizeof(all), blind, "");
	return mark_find(p->stops, name) || mark_find(p->stops, all);
}

static void start_all(struct partition *p, const char *blind)
{
	struct mark *mark, *next;

	HASH_ITER(hh, p->stops, mark, next)
	if (strncmp(mark->name, blind, BLIND_SIZE - 1) == 0)
		mark_drop(&p->stops, mark->name);
}

static void mark_consent(struct memory *m, const struct post *post)
{
	struct partition *p;
	char name[128];

	if (!post->blind || post->consent == CONSENT_KEEP)
		return;
	p = memory_partition(m, blind_partition(post->blind));
	stop_name(name, sizeof(name), post->blind, post->program);
	if (post->consent == CONSENT_STOP) {
		mark_get(&p->stops, name)->value = m->now;
		return;
	}
	if (!post->program || !*post->program) {
		start_all(p, post->blind);
		return;
	}
	mark_drop(&p->stops, name);
	stop_name(name, sizeof(name), post->blind, "");
	mark_drop(&p->stops, name);
}

static void deliver_post(struct completion *c)
{
	c->cb.post(c->arg, c->result, c->out.actor.text);
}

void memory_post(struct store *store, const struct post *post, store_post_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_post, arg, STORE_REFUSED);

	c->cb.post = cb;
	if (!store_post_valid(post))
		return;
	if (post->actor)
		text_set(c->out.actor.text, ACTOR_SIZE, "%s", post->actor);
	else
		phone_owner(m, post->blind, &c->out.actor);
	c->result = STORE_DUPLICATE;
	if (!resident_deliver(m, c->out.actor.text, post->event_id, post->urgent, &post->event))
		return;
	mark_consent(m, post);
	c->result = STORE_OK;
}

static const struct mail *copy_mail(struct completion *c, const struct resident *r, size_t max)
{
	size_t n = r->nmail < max ? r->nmail : max, i = 0;
	struct mail *mail = completion_keep(c, n * sizeof(*mail));
	const struct letter *letter;

	TAILQ_FOREACH(letter, &r->mail, entry)
	{
		if (i == n)
			break;
		mail[i].event_id = completion_text(c, letter->event_id);
		mail[i].posted_ms = letter->posted_ms;
		mail[i].event = completion_blob(c, letter->data, letter->len);
		i++;
	}
	return mail;
}

static void deliver_claim(struct completion *c)
{
	c->cb.claim(c->arg, c->result, &c->out.claim);
}

static int by_alarm(const void *a, const void *b)
{
	const struct resident *x = *(struct resident *const *)a;
	const struct resident *y = *(struct resident *const *)b;

	if (x->alarm != y->alarm)
		return x->alarm < y->alarm ? -1 : 1;
	return strcmp(x->id, y->id);
}

static struct resident **due_residents(struct memory *m, struct partition *p, size_t *n)
{
	struct resident **due = NULL, *r;

	*n = 0;
	TAILQ_FOREACH(r, &p->order, entry)
	{
		if (!r->alarm || r->alarm > m->now)
			continue;
		if ((*n & (*n - 1)) == 0)
			due = xrealloc(due, (*n ? *n * 2 : 1) * sizeof(struct resident *));
		due[(*n)++] = r;
	}
	if (*n > 1)
		qsort(due, *n, sizeof(struct resident *), by_alarm);
	return due;
}

void memory_claim(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_claim_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_claim, arg, STORE_REFUSED);
	struct resident **due;
	struct claimed *items;
	size_t ndue;

	c->cb.claim = cb;
	if (!store_partition_valid(partition))
		return;
	c->result = STORE_OK;
	due = due_residents(m, memory_partition(m, partition), &ndue);
	n = ndue < n ? ndue : n;
	items = completion_keep(c, n * sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		struct resident *r = due[i];

		r->fence++;
		r->lease = r->alarm = m->now + lease_ms;
		items[i].actor = completion_text(c, r->id);
		items[i].fence = r->fence;
		items[i].document = completion_blob(c, r->document, r->document_len);
		items[i].mail = copy_mail(c, r, MAIL_BATCH);
		items[i].nmail = r->nmail < MAIL_BATCH ? r->nmail : MAIL_BATCH;
	}
	c->out.claim = (struct claim_batch){m->now, items, n, ndue > n};
	free(due);
}

static void deliver_read(struct completion *c)
{
	if (!c->out.view.actor)
		c->out.view.actor = "";
	c->cb.read(c->arg, c->result, &c->out.view);
}

static void view_resident(struct completion *c, const struct resident *r, size_t log)
{
	struct actor_view *view = &c->out.view;
	size_t nlog = r->nlog < log ? r->nlog : log;
	struct blob *lines = completion_keep(c, nlog * sizeof(*lines));

	for (size_t i = 0; i < nlog; i++) {
		size_t at = r->nlog - nlog + i;

		lines[i] = completion_blob(c, r->log[at].data, r->log[at].len);
	}
	view->document = completion_blob(c, r->document, r->document_len);
	view->alarm_ms = r->alarm;
	view->mail = copy_mail(c, r, SIZE_MAX);
	view->nmail = r->nmail;
	view->log = lines;
	view->nlog = nlog;
}

void memory_read(struct store *store, const char *actor, const char *blind, size_t log,
	store_read_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	struct completion *c = completion_new(m, deliver_read, arg, STORE_NONE);
	struct actor_view *view = &c->out.view;
	struct actor_id owner;
	struct resident *r;

	c->cb.read = cb;
	view->actor = "";
	view->now_ms = m->now;
	if (!actor && blind) {
		view->stopped = any_stop(memory_partition(m, blind_partition(blind)), blind);
		phone_owner(m, blind, &owner);
		actor = owner.text;
	}
	r = actor && actor_partition(actor) >= 0 ? resident_find(m, actor) : NULL;
	if (!r)
		return;
	c->result = STORE_OK;
	view->actor = completion_text(c, r->id);
	view_resident(c, r, log);
}

static void resident_free(struct resident *r)
{
	resident_consume(r, r->nmail);
	for (size_t i = 0; i < r->nlog; i++)
		free(r->log[i].data);
	free(r->log);
	free(r->document);
	free(r);
}

void residents_free(struct partition *p)
{
	struct resident *r = p->actors, *next;
	struct phone_line *line = p->phones, *after;

	HASH_CLEAR(hh, p->actors);
	for (; r; r = next) {
		next = r->hh.next;
		resident_free(r);
	}
	HASH_CLEAR(hh, p->phones);
	for (; line; line = after) {
		after = line->hh.next;
		free(line);
	}
}
