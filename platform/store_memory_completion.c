#include "platform/store_memory.h"

struct completion *completion_new(
	struct memory *m, void (*deliver)(struct completion *), void *arg, enum store_result result)
{
	struct completion *c = xcalloc(1, sizeof(*c));

	c->deliver = deliver;
	c->arg = arg;
	c->result = result;
	TAILQ_INSERT_TAIL(&m->waiting, c, entry);
	return c;
}

void *completion_keep(struct completion *c, size_t size)
{
	struct kept *k = xcalloc(1, sizeof(*k) + size + 1);

	k->next = c->kept;
	c->kept = k;
	return k + 1;
}

const void *completion_copy(struct completion *c, const void *data, size_t len)
{
	void *copy = completion_keep(c, len);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

const char *completion_text(struct completion *c, const char *text)
{
	return completion_copy(c, text, strlen(text));
}

struct blob completion_blob(struct completion *c, const void *data, size_t len)
{
	return (struct blob){completion_copy(c, data, len), len};
}

void completion_free(struct completion *c)
{
	while (c->kept) {
		struct kept *k = c->kept;

		c->kept = k->next;
		free(k);
	}
	free(c);
}

static void deliver_done(struct completion *c)
{
	c->cb.done(c->arg, c->result);
}

void complete_done(struct memory *m, store_done_cb *cb, void *arg, enum store_result result)
{
	completion_new(m, deliver_done, arg, result)->cb.done = cb;
}
