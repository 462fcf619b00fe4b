/* list, counts, transit, tick, heartbeat. */
#include "platform/store_redis.h"

/* --- list and counts ------------------------------------------------------------------------- */

static void on_list(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_list_cb *cb = (store_list_cb *)ask->cb;
	struct index_entry *rows;
	struct reading r;
	size_t n = 0;

	if (result != STORE_OK) {
		cb(ask->arg, result, NULL, 0);
		return;
	}
	reading_open(&r, ask->s, reply);
	rows = xcalloc(reply->elements / 2 + 1, sizeof(*rows));
	while (r.at < reply->elements && !r.bad) {
		rows[n].actor = read_text(&r);
		rows[n++].score = read_number(&r);
	}
	cb(ask->arg, r.bad ? STORE_BROKEN : STORE_OK, rows, r.bad ? 0 : n);
	free(rows);
	reading_close(&r);
}

static void list_send(
	struct ask *ask, int partition, const char *verb, const char *kind, const char *name)
{
	char *key = xasprintf("%s:%s", kind, name);

	words_call(&ask->words, verb, partition, key);
	free(key);
	ask_send(ask);
}

void redis_list(struct store *store, int partition, const char *index, store_list_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_list, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);

	if (partition != -1 && !store_partition_valid(partition))
		ask_refuse(ask);
	else
		list_send(ask, partition, "wl_list", "ix", index);
}

static int by_name(const void *a, const void *b)
{
	const struct store_count *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void on_counts(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_counts_cb *cb = (store_counts_cb *)ask->cb;
	struct store_count *rows;
	struct reading r;
	size_t n = 0;

	if (result != STORE_OK) {
		cb(ask->arg, result, NULL, 0);
		return;
	}
	reading_open(&r, ask->s, reply);
	rows = xcalloc(reply->elements / 2 + 1, sizeof(*rows));
	while (r.at < reply->elements && !r.bad) {
		rows[n].name = read_text(&r);
		rows[n++].value = read_number(&r);
	}
	qsort(rows, n, sizeof(*rows), by_name);
	cb(ask->arg, r.bad ? STORE_BROKEN : STORE_OK, rows, r.bad ? 0 : n);
	free(rows);
	reading_close(&r);
}

void redis_counts(
	struct store *store, int partition, const char *day, store_counts_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_counts, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);

	if (!store_partition_valid(partition))
		ask_refuse(ask);
	else
		list_send(ask, partition, "wl_counts", "count", day);
}

/* --- transit --------------------------------------------------------------------------------- */

/* Takes one word of the packed head, ended by a space, into `room`; "-" is none. */
static const char *packed_word(struct reading *r, const char **at, const char *end)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));
	size_t len = space ? (size_t)(space - *at) : 0;
	char *word = read_room(r, len + 1);

	if (!space) {
		r->bad = true;
		return NULL;
	}
	memcpy(word, *at, len);
	word[len] = '\0';
	*at = space + 1;
	return strcmp(word, "-") == 0 ? NULL : word;
}

/* "<actor or -> <blind or -> <program or -> <urgent> <sealed event>" */
static bool read_parcel(struct reading *r, struct transit *item)
{
	const char *at, *end, *urgent;
	const redisReply *packed;

	item->id = read_text(r);
	packed = read_item(r);
	if (!packed || packed->type != REDIS_REPLY_STRING) {
		r->bad = true;
		return false;
	}
	at = packed->str;
	end = at + packed->len;
	item->post.event_id = item->id;
	item->post.actor = packed_word(r, &at, end);
	item->post.blind = packed_word(r, &at, end);
	item->post.program = packed_word(r, &at, end);
	urgent = packed_word(r, &at, end);
	item->post.urgent = urgent && *urgent == '1';
	if (!item->post.program)
		item->post.program = "";
	return !r->bad &&
	       open_sealed(r, "mail", item->id, at, (size_t)(end - at), &item->post.event);
}

static void on_transit(struct ask *ask, enum store_result result, const redisReply *reply)
{
	store_transit_cb *cb = (store_transit_cb *)ask->cb;
	struct transit *items;
	struct reading r;
	size_t n = 0;

	if (result != STORE_OK) {
		cb(ask->arg, result, NULL, 0);
		return;
	}
	reading_open(&r, ask->s, reply);
	items = xcalloc(reply->elements / 2 + 1, sizeof(*items));
	while (r.at < reply->elements && !r.bad)
		if (read_parcel(&r, &items[n]))
			n++;
		else
			items[n] = (struct transit){0}; /* counted; its lease brings it back */
	cb(ask->arg, r.bad ? STORE_BROKEN : STORE_OK, items, n);
	free(items);
	reading_close(&r);
}

void redis_transit(struct store *store, int partition, size_t n, int64_t lease_ms,
	store_transit_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_transit, REDIS_REPLY_ARRAY, (void (*)(void))cb, arg);

	if (!store_partition_valid(partition)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_transit", partition, "post");
	words_number(&ask->words, (int64_t)n);
	words_number(&ask->words, lease_ms);
	ask_send(ask);
}

static void on_done(struct ask *ask, enum store_result result, const redisReply *reply)
{
	(void)reply;
	((store_done_cb *)ask->cb)(ask->arg, result);
}

void redis_transit_done(
	struct store *store, int partition, const char *id, store_done_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_done, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);

	if (!store_partition_valid(partition)) {
		ask_refuse(ask);
		return;
	}
	words_call(&ask->words, "wl_transit_done", partition, "post");
	words_text(&ask->words, id);
	ask_send(ask);
}

/* --- tick ------------------------------------------------------------------------------------ */

struct ticking { /* 64 calls that complete as one */
	store_tick_cb *cb;
	void *arg;
	int left;
	enum store_result result;
	struct tick tick;
};

/* Reply {now, epoch} */
static void on_tick(struct ask *ask, enum store_result result, const redisReply *reply)
{
	struct ticking *ticking = ask->arg;

	if (result == STORE_OK) {
		struct reading r;
		int64_t now;

		reading_open(&r, ask->s, reply);
		now = read_number(&r);
		ticking->tick.epoch[ask->partition] = read_number(&r);
		if (r.bad)
			result = STORE_BROKEN;
		else if (now > ticking->tick.now_ms)
			ticking->tick.now_ms = now;
		reading_close(&r);
	}
	if (result != STORE_OK && ticking->result != STORE_UNKNOWN)
		ticking->result = result; /* "may have happened" outweighs "did not" */
	if (--ticking->left > 0)
		return;
	if (ticking->result != STORE_OK)
		memset(&ticking->tick, 0, sizeof(ticking->tick));
	ticking->tick.connection = ask->s->connection;
	ticking->cb(ticking->arg, ticking->result, &ticking->tick);
	free(ticking);
}

void redis_tick(struct store *store, store_tick_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ticking *ticking = xcalloc(1, sizeof(*ticking));

	ticking->cb = cb;
	ticking->arg = arg;
	ticking->left = PARTITIONS;
	ticking->result = STORE_OK;
	for (int i = 0; i < PARTITIONS; i++) {
		struct ask *ask = ask_new(s, on_tick, REDIS_REPLY_ARRAY, NULL, ticking);

		ask->partition = i;
		words_call(&ask->words, "wl_tick", i, "epoch");
		ask_send(ask);
	}
}

/* --- heartbeat ------------------------------------------------------------------------------- */

void redis_heartbeat(
	struct store *store, const char *what, const char *who, store_done_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;
	struct ask *ask = ask_new(s, on_done, REDIS_REPLY_INTEGER, (void (*)(void))cb, arg);
	char *key = xasprintf("ix:alive:%s", what);

	words_call(&ask->words, "wl_heartbeat", -1, key);
	free(key);
	words_text(&ask->words, who);
	ask_send(ask);
}
