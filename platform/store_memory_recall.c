/* recall of the memory store, as functions/recall.lua. */
#include "platform/store_memory.h"

void text_key(enum lane lane, const char *program, const struct blob *body, char key[TEXT_KEY_SIZE])
{
	char *identity = text_identity(lane, program, body);

	key[0] = '\0';
	if (identity)
		text_set(key, TEXT_KEY_SIZE, "%016llx", (unsigned long long)text_hash(identity));
	free(identity);
}

bool sent_take(struct memory *m, struct partition *p, const char *key, enum job_result *result)
{
	struct sent *sent, *next;
	bool found = false;

	for (sent = TAILQ_FIRST(&p->sent); sent && !found; sent = next) {
		next = TAILQ_NEXT(sent, entry);
		if (strcmp(sent->key, key) != 0)
			continue;
		found = sent->until > m->now;
		*result = sent->result;
		TAILQ_REMOVE(&p->sent, sent, entry);
		free(sent);
	}
	return found;
}

void sent_free(struct partition *p)
{
	struct sent *sent;

	while ((sent = TAILQ_FIRST(&p->sent))) {
		TAILQ_REMOVE(&p->sent, sent, entry);
		free(sent);
	}
}

static void sent_put(
	struct memory *m, struct partition *p, const struct recall *recall, const char *key)
{
	int64_t until = m->now + RECALL_MS;
	struct sent *sent;

	if (recall->expires && recall->expires < until)
		until = recall->expires;
	if (until <= m->now || (recall->result != JOB_ACCEPTED && recall->result != JOB_UNKNOWN))
		return;
	sent = xcalloc(1, sizeof(*sent));
	text_set(sent->key, sizeof(sent->key), "%s", key);
	sent->until = until;
	sent->result = recall->result;
	TAILQ_INSERT_TAIL(&p->sent, sent, entry);
}

static enum store_result tell(struct memory *m, const char *actor, const struct recall *recall)
{
	resident_deliver(m, actor, recall->event_id, false, &recall->event);
	return STORE_OK;
}

/* `taken`: the number belongs to another text by now, whose outcomes these are not. */
static enum store_result forgotten(struct memory *m, const char *actor, const struct recall *recall,
	const char *key, bool taken)
{
	struct partition *p = memory_partition(m, actor_partition(actor));
	char mark[EVENT_ID_SIZE + 16];
	/* Its outcome may be known although it is forgotten (functions/recall.lua). */
	bool is_known = !taken && mark_find(p->seen, recall->event_id);

	text_set(mark, sizeof(mark), "recall:%s", recall->event_id);
	if (mark_find(p->seen, mark))
		return STORE_DUPLICATE;
	mark_get(&p->seen, mark)->value = m->now;
	sent_put(m, p, recall, key);
	if (is_known)
		return STORE_DUPLICATE;
	return taken ? STORE_OK : tell(m, actor, recall);
}

static enum store_result known(
	struct memory *m, const char *actor, struct task *task, const struct recall *recall)
{
	bool accepted = recall->result == JOB_ACCEPTED;

	if (task->state == TASK_DONE && (!accepted || task->result == (int)JOB_ACCEPTED))
		return STORE_DUPLICATE;
	if (task->state == TASK_SENDING && task->fence > recall->fence) {
		if (accepted)
			tell(m, actor, recall);
		return STORE_LOST;
	}
	task_settle(m, task, recall->result, recall->provider_id);
	return tell(m, actor, recall);
}

void memory_recall(struct store *store, const struct recall *recall, store_done_cb *cb, void *arg)
{
	struct memory *m = (struct memory *)store;
	char key[TEXT_KEY_SIZE];
	struct actor_id actor;
	struct task *task;

	if (!store_recall_valid(recall)) {
		complete_done(m, cb, arg, STORE_REFUSED);
		return;
	}
	job_actor(recall->job, &actor);
	text_key(recall->lane, recall->program, &recall->body, key);
	task = task_find(m, recall->job);
	if (!task || task->lane != recall->lane || strcmp(task->key, key) != 0)
		complete_done(m, cb, arg, forgotten(m, actor.text, recall, key, task != NULL));
	else
		complete_done(m, cb, arg, known(m, actor.text, task, recall));
}
