/* jobs, begin, finish, recall: functions/{jobs,begin,finish,recall}.lua from this side. */
#include "platform/store_redis.h"

static void read_job(struct reading *r, struct job *job, struct actor_id *actor, bool *good)
{
	job->id = read_text(r);
	job->state = strcmp(read_text(r), "lapsed") == 0 ? JOB_LAPSED : JOB_CLAIMED;
	job->lane = (enum lane)read_number(r);
	job->fence = (uint64_t)read_number(r);
	job->attempt = (int)read_number(r);
	job->ambiguous = (int)read_number(r);
	job->not_before = read_number(r);
	job->expires = read_number(r);
	job->program = read_text(r);
	*good = read_sealed(r, "job", job->id, &job->body) && job_actor(job->id, actor);
	job->actor = actor->text;
}

static void on_jobs(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_jobs_cb *cb = (store_jobs_cb *)ask->cb;
	struct job_batch batch = {0};
	struct actor_id *actors;
	struct reading r;
	struct job *items;

	if (result != STORE_OK) {
		cb(ask->arg, result, &batch);
		return;
	}
	reading_open(&r, ask->s, reply);
	items = xcalloc(reply->elements / 10 + 1, sizeof(*items));
	actors = xcalloc(reply->elements / 10 + 1, sizeof(*actors));
	batch.now_ms = read_number(&r);
	batch.more = read_number(&r) == 1;
	batch.items = items;
	while (r.at < reply->elements && !r.bad) {
		bool good;

		read_job(&r, &items[batch.n], &actors[batch.n], &good);
		/* A body that cannot be opened is counted; its lease runs out and it is tried
		 * again. */
		if (good && !r.bad)
			batch.n++;
	}
	cb(ask->arg, r.bad ? STORE_BROKEN : STORE_OK, &batch);
	free(items);
	free(actors);
	reading_close(&r);
}

void redis_jobs(struct store *store, int partition, const size_t max[LANES], int64_t lease_ms,
	store_jobs_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_jobs, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);

	if (!store_partition_valid(partition)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_jobs", partition, "alarm");
	words_number(&ask->words, lease_ms);
	for (int lane = 0; lane < LANES; lane++)
		words_number(&ask->words, (int64_t)max[lane]);
	ask_send(ask);
}

/* 0 lost | 1 go | 2 stopped | 3 expired | 4 unwanted | 5 wait | 6 sent | 7 unsure */
static void on_begin(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_begin_cb *cb = (store_begin_cb *)ask->cb;
	enum begin_verdict verdict = BEGIN_UNWANTED;

	if (result == STORE_OK && reply->integer == 0)
		result = STORE_LOST;
	else if (result == STORE_OK && reply->integer >= 1 && reply->integer <= 7)
		verdict = (enum begin_verdict)(reply->integer - 1 + BEGIN_GO);
	else if (result == STORE_OK)
		result = STORE_BROKEN;
	cb(ask->arg, result, verdict);
}

static int job_partition(const char *job)
{
	struct actor_id actor = {""};

	job_actor(job, &actor);
	return actor_partition(actor.text);
}

void redis_begin(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_begin, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);

	if (!store_job_valid(job)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_begin", job_partition(job), "alarm");
	words_text(&ask->words, job);
	words_number(&ask->words, (int64_t)fence);
	words_number(&ask->words, lease_ms);
	ask_send(ask);
}

/* 1 recorded | 0 lost */
static void on_finish(struct ask *ask, enum store_result result, const redisReply *reply)
{
	if (result == STORE_OK && reply->integer == 0)
		result = STORE_LOST;
	((store_done_cb *)ask->cb)(ask->arg, result);
}

static const char *result_word(enum job_result result)
{
	static const char *const words[] = {"a", "r", "l", "u", "x"};

	return words[result];
}

void redis_finish(struct store *store, const struct finish *finish, store_done_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_finish, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);
	struct words *w = &ask->words;

	if (!store_job_valid(finish->job)) {
		ask_refuse(ask);
		return;
	}
	words_call(w, "wl_finish", job_partition(finish->job), "alarm");
	words_text(w, finish->job);
	words_number(w, (int64_t)finish->fence);
	words_text(w, result_word(finish->result));
	words_number(w, finish->retry_ms);
	words_text(w, finish->provider_id);
	if (finish->event.len && finish->event_id) {
		words_text(w, finish->event_id);
		words_seal(w, s->keys, "mail", finish->event_id, &finish->event);
	} else {
		words_text(w, "");
		words_text(w, "");
	}
	ask_send(ask);
}

/* 1 news | 0 known | 2 somebody sends it */
static void on_recall(struct ask *ask, enum store_result result, const redisReply *reply)
{
	static const enum store_result results[] = {STORE_DUPLICATE, STORE_OK, STORE_LOST};

	if (result == STORE_OK)
		result = reply->integer >= 0 && reply->integer <= 2 ? results[reply->integer]
								    : STORE_BROKEN;
	((store_done_cb *)ask->cb)(ask->arg, result);
}

void redis_recall(struct store *store, const struct recall *recall, store_done_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_recall, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);
	struct words *w = &ask->words;

	if (!store_recall_valid(recall)) {
		ask_refuse(ask);
		return;
	}
	words_call(w, "wl_recall", job_partition(recall->job), "alarm");
	words_text(w, recall->job);
	words_number(w, (int64_t)recall->fence);
	words_number(w, (int64_t)recall->lane);
	words_text_key(w, s->keys, recall->lane, recall->program, &recall->body);
	words_number(w, recall->expires);
	words_text(w, result_word(recall->result));
	words_text(w, recall->provider_id);
	words_text(w, recall->event_id);
	words_seal(w, s->keys, "mail", recall->event_id, &recall->event);
	ask_send(ask);
}
