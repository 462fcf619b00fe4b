/* post, claim, commit, read: functions/{post,claim,commit,read}.lua from this side. */
#include "platform/store_redis.h"

#include <warmline/log.h>

/* --- post ------------------------------------------------------------------------------------ */

/* Reply {1 new | 0 known, actor} */
static void on_post(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_post_cb *cb = (store_post_cb *)ask->cb;
	struct reading r;
	const char *actor;
	int64_t fresh;

	if (result != STORE_OK) {
		cb(ask->arg, result, ask->actor);
		return;
	}
	reading_open(&r, ask->s, reply);
	fresh = read_number(&r);
	actor = read_text(&r);
	if (r.bad)
		result = STORE_BROKEN;
	else if (fresh == 0)
		result = STORE_DUPLICATE;
	cb(ask->arg, result, actor);
	reading_close(&r);
}

static const char *consent_word(enum post_consent consent)
{
	static const char *const words[] = {"k", "s", "x"};

	return words[consent];
}

void redis_post(struct store *store, const struct post *post, store_post_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_post, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);
	struct words *w = &ask->words;
	struct actor_id derived = {""};

	if (!store_post_valid(post)) {
		ask_refuse(ask);
		return;
	}
	if (post->blind)
		actor_of_blind(post->blind, &derived);
	text_set(ask->actor, sizeof(ask->actor), "%s", post->actor ? post->actor : "");
	words_call(w, "wl_post",
		post->actor ? actor_partition(post->actor) : blind_partition(post->blind), "alarm");
	words_text(w, post->event_id);
	words_text(w, post->actor);
	words_text(w, post->blind);
	words_text(w, derived.text);
	words_text(w, post->program);
	words_text(w, consent_word(post->consent));
	words_text(w, post->urgent ? "1" : "0");
	words_seal(w, s->keys, "mail", post->event_id, &post->event);
	ask_send(ask);
}

/* --- claim ----------------------------------------------------------------------------------- */

/*
 * One actor of a claim. False = something of it cannot be opened: it is left out, so that it does
 * not hold up the others; its lease runs out and it is tried, counted and logged again.
 */
static bool read_claimed(struct reading *r, struct claimed *item, struct mail *mail)
{
	bool good;

	item->actor = read_text(r);
	item->fence = (uint64_t)read_number(r);
	good = read_sealed(r, "doc", item->actor, &item->document);
	item->nmail = (size_t)read_number(r);
	item->mail = mail;
	for (size_t i = 0; i < item->nmail && !r->bad; i++)
		good = read_mail(r, &mail[i]) && good;
	return good && !r->bad;
}

static void on_claim(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_claim_cb *cb = (store_claim_cb *)ask->cb;
	struct claim_batch batch = {0};
	struct claimed *items;
	struct mail *mail;
	size_t used = 0;
	struct reading r;

	if (result != STORE_OK) {
		cb(ask->arg, result, &batch);
		return;
	}
	reading_open(&r, ask->s, reply);
	items = xcalloc(reply->elements / 4 + 1, sizeof(*items));
	mail = xcalloc(reply->elements + 1, sizeof(*mail));
	batch.now_ms = read_number(&r);
	batch.more = read_number(&r) == 1;
	batch.items = items;
	while (r.at < reply->elements && !r.bad) {
		bool good = read_claimed(&r, &items[batch.n], &mail[used]);

		used += items[batch.n].nmail;
		batch.n += good ? 1 : 0;
	}
	cb(ask->arg, r.bad ? STORE_BROKEN : STORE_OK, &batch);
	free(items);
	free(mail);
	reading_close(&r);
}

void redis_claim(struct store *store, int partition, size_t n, int64_t lease_ms, store_claim_cb *cb,
	void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_claim, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);

	if (!store_partition_valid(partition)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_claim", partition, "alarm");
	words_number(&ask->words, (int64_t)n);
	words_number(&ask->words, lease_ms);
	words_number(&ask->words, MAIL_BATCH);
	ask_send(ask);
}

/* --- commit ---------------------------------------------------------------------------------- */

/* Reply 1 done | 0 lost */
static void on_commit(struct ask *ask, enum store_result result, const redisReply *reply)
{
	if (result == STORE_OK && reply->integer == 0)
		result = STORE_LOST;
	((store_done_cb *)ask->cb)(ask->arg, result);
}

void words_text_key(struct words *w, const struct keys *keys, enum lane lane, const char *program,
	const struct blob *body)
{
	char *identity = text_identity(lane, program, body), *key;

	if (!identity) {
		words_text(w, "");
		return;
	}
	key = words_memory(w, TEXT_KEY_SIZE);
	keys_derive(keys, identity, key);
	key[16] = '\0'; /* 64 bits tell the texts of a partition apart */
	words_text(w, key);
	free(identity);
}

static void job_words(struct words *w, const struct keys *keys, const struct store_write *write)
{
	words_text(w, "J");
	words_text(w, write->id);
	words_number(w, (int64_t)write->lane);
	words_number(w, (int64_t)write->gate);
	words_number(w, write->at);
	words_number(w, write->expires);
	words_text(w, write->blind);
	words_text(w, write->program);
	words_seal(w, keys, "job", write->id, &write->blob);
	words_text_key(w, keys, write->lane, write->program, &write->blob);
}

/*
 * An event for elsewhere, packed as "<actor or -> <blind or -> <program or -> <urgent> <sealed>".
 * Sealed as mail: that is what it becomes.
 */
static void transit_words(struct words *w, const struct keys *keys, const struct store_write *write)
{
	const char *program = write->program && *write->program ? write->program : "-";
	const char *blind = write->to ? "-" : write->blind;
	size_t head = ACTOR_SIZE + BLIND_SIZE + strlen(program) + 8, size;
	const void *sealed = words_sealed(w, keys, "mail", write->id, &write->blob, &size);
	char *packed = words_memory(w, head + size);

	text_set(packed, head, "%s %s %s %d ", write->to ? write->to : "-", blind, program,
		write->urgent ? 1 : 0);
	head = strlen(packed);
	memcpy(packed + head, sealed, size);
	words_text(w, "T");
	words_text(w, write->id);
	words_add(w, packed, head + size);
}

static void event_words(
	struct words *w, const struct keys *keys, const struct store_write *write, int partition)
{
	struct actor_id derived = {""};
	char *copy = words_memory(w, sizeof(derived.text));

	if (write_partition(write) != partition) {
		transit_words(w, keys, write);
		return;
	}
	if (!write->to)
		actor_of_blind(write->blind, &derived);
	memcpy(copy, derived.text, sizeof(derived.text));
	words_text(w, "E");
	words_text(w, write->id);
	words_text(w, write->to);
	words_text(w, write->to ? "" : write->blind);
	words_text(w, copy);
	words_text(w, write->urgent ? "1" : "0");
	words_seal(w, keys, "mail", write->id, &write->blob);
}

static void name_words(struct words *w, const char *letter, const char *name)
{
	words_text(w, letter);
	words_text(w, name);
}

static void write_words(struct words *w, const struct keys *keys, const struct store_write *write,
	const struct commit *commit)
{
	struct actor_id derived;

	switch (write->kind) {
	case WRITE_JOB: job_words(w, keys, write); break;
	case WRITE_CANCEL: name_words(w, "C", write->id); break;
	case WRITE_EVENT: event_words(w, keys, write, actor_partition(commit->actor)); break;
	case WRITE_LOG:
		words_text(w, "L");
		words_seal(w, keys, "log", commit->actor, &write->blob);
		break;
	case WRITE_INDEX:
		name_words(w, "I", write->id);
		words_number(w, write->at);
		break;
	case WRITE_UNINDEX: name_words(w, "U", write->id); break;
	case WRITE_COUNT: name_words(w, "N", write->id); break;
	case WRITE_PHONE:
		actor_of_blind(write->blind, &derived);
		name_words(w, "P", write->blind);
		words_text(w, strcmp(derived.text, commit->actor) == 0 ? "1" : "0");
		break;
	}
}

void redis_commit(struct store *store, const struct commit *commit, store_done_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_commit, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);
	struct words *w = &ask->words;

	if (!store_commit_valid(commit)) {
		ask_refuse(ask);
		return;
	}
	words_call(w, "wl_commit", actor_partition(commit->actor), "alarm");
	words_text(w, commit->actor);
	words_number(w, (int64_t)commit->fence);
	words_number(w, (int64_t)commit->consumed);
	words_number(w, commit->alarm_ms);
	if (commit->document.len)
		words_seal(w, s->keys, "doc", commit->actor, &commit->document);
	else
		words_text(w, "");
	for (size_t i = 0; i < commit->nwrites; i++)
		write_words(w, s->keys, &commit->writes[i], commit);
	ask_send(ask);
}

/* --- read ------------------------------------------------------------------------------------ */

static bool read_log(struct reading *r, struct actor_view *view, struct blob *log)
{
	bool good = true;

	view->nlog = (size_t)read_number(r);
	view->log = log;
	for (size_t i = 0; i < view->nlog && !r->bad; i++)
		good = read_sealed(r, "log", view->actor, &log[i]) && good;
	return good;
}

static enum store_result read_view(
	struct reading *r, struct actor_view *view, struct mail *mail, struct blob *log)
{
	bool good;

	view->now_ms = read_number(r);
	view->stopped = read_number(r) == 1;
	view->actor = read_text(r);
	if (!*view->actor)
		return r->bad ? STORE_BROKEN : STORE_NONE;
	view->alarm_ms = read_number(r);
	good = read_sealed(r, "doc", view->actor, &view->document);
	view->nmail = (size_t)read_number(r);
	view->mail = mail;
	for (size_t i = 0; i < view->nmail && !r->bad; i++)
		good = read_mail(r, &mail[i]) && good;
	good = read_log(r, view, log) && good;
	return good && !r->bad ? STORE_OK : STORE_BROKEN;
}

static void on_read(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_read_cb *cb = (store_read_cb *)ask->cb;
	struct actor_view view = {.actor = ""}, empty = {.actor = ""};
	struct reading r;
	struct mail *mail;
	struct blob *log;

	if (result != STORE_OK) {
		cb(ask->arg, result, &view);
		return;
	}
	reading_open(&r, ask->s, reply);
	mail = xcalloc(reply->elements + 1, sizeof(*mail));
	log = xcalloc(reply->elements + 1, sizeof(*log));
	result = read_view(&r, &view, mail, log);
	cb(ask->arg, result, result == STORE_BROKEN ? &empty : &view);
	free(mail);
	free(log);
	reading_close(&r);
}

void redis_read(struct store *store, const char *actor, const char *blind, size_t log,
	store_read_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_read, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);
	int partition = actor ? actor_partition(actor) : blind ? blind_partition(blind) : -1;
	struct actor_id derived = {""};

	if (!store_partition_valid(partition)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_read", partition, "alarm");
	words_text(&ask->words, actor);
	words_text(&ask->words, actor ? "" : blind);
	if (!actor)
		actor_of_blind(blind, &derived);
	words_text(&ask->words, derived.text);
	words_number(&ask->words, (int64_t)log);
	ask_send(ask);
}
