#include "platform/store_redis.h"

#include <event2/event.h>
#include <warmline/clock.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define GREET_MS     200  /* asks for the library again: LOADING, refused load */
#define READONLY_MS  2000 /* a read-only server is left for another at most this often */
#define VERSION_CALL "*3\r\n$5\r\nFCALL\r\n$10\r\nwl_version\r\n$1\r\n0\r\n"

static const char newer_library[] =
	"a newer warmline has loaded its functions into this Redis; update this program";

/* --- the library ----------------------------------------------------------------------------- */

static void greet_later(struct store_redis *s)
{
	struct timeval wait = {0, GREET_MS * 1000L};

	evtimer_add(s->greet, &wait);
}

static void store_ready(struct store_redis *s)
{
	if (!s->ready)
		log_event(LOG_LEVEL_INFO, "store-ready", "library=%d text=%s", LIBRARY_VERSION,
			s->library.hash);
	s->ready = true;
	s->reason = NULL;
	evtimer_del(s->greet);
}

static void on_loaded(void *arg, enum redis_outcome outcome, redisReply *reply)
{
	struct store_redis *s = arg;
	enum redis_class class;

	s->loading = false;
	if (outcome != REDIS_REPLIED)
		return;
	class = redis_classify(reply);
	if (class == REDIS_FINE) {
		log_event(LOG_LEVEL_INFO, "library-loaded", "text=%s", s->library.hash);
		store_ready(s);
		return;
	}
	s->reason = redis_class_reason(class);
	log_limited(LOG_LEVEL_ERROR, "library-refused", "reply=\"%.200s\"", reply->str);
	if (!s->ready)
		greet_later(s);
}

static void library_load(struct store_redis *s)
{
	size_t len;
	char *command;

	if (s->loading)
		return;
	s->loading = true;
	command = library_command(&s->library, &len);
	redis_send(s->redis, command, len, on_loaded, s);
	redisFreeCommand(command);
}

static void on_version(void *arg, enum redis_outcome outcome, redisReply *reply)
{
	struct store_redis *s = arg;
	enum redis_class class;
	int compared;

	if (outcome != REDIS_REPLIED)
		return;
	class = redis_classify(reply);
	if (class != REDIS_FINE && class != REDIS_NO_FUNCTION) {
		s->reason = redis_class_reason(class);
		log_limited(LOG_LEVEL_WARN, "store-waits", "reason=\"%s\"", s->reason);
		greet_later(s);
		return;
	}
	compared = class == REDIS_FINE ? library_compare(&s->library, reply) : 1;
	if (compared == 0) {
		store_ready(s);
	} else if (compared > 0) {
		library_load(s);
	} else {
		s->reason = newer_library;
		log_limited(LOG_LEVEL_ERROR, "library-newer", "reason=\"%s\"", s->reason);
		greet_later(s);
	}
}

static void greet(struct store_redis *s)
{
	redis_send(s->redis, VERSION_CALL, sizeof(VERSION_CALL) - 1, on_version, s);
}

static void on_greet(evutil_socket_t fd, short what, void *arg)
{
	struct store_redis *s = arg;

	(void)fd;
	(void)what;
	if (!s->ready && redis_connected(s->redis))
		greet(s);
}

static void on_up(void *arg)
{
	struct store_redis *s = arg;

	s->connection++;
	greet(s);
}

static void on_down(void *arg)
{
	struct store_redis *s = arg;

	s->ready = false;
	s->reason = "no connection to Redis";
	evtimer_del(s->greet);
}

/* --- asking ---------------------------------------------------------------------------------- */

struct ask *ask_new(struct store_redis *s,
	void (*answer)(struct ask *, enum store_result, const redisReply *), int type,
	void (*cb)(void), void *arg)
{
	struct ask *ask = xcalloc(1, sizeof(*ask));

	ask->s = s;
	ask->answer = answer;
	ask->type = type;
	ask->cb = cb;
	ask->arg = arg;
	return ask;
}

static void ask_free(struct ask *ask)
{
	redisFreeCommand(ask->command);
	words_free(&ask->words);
	free(ask);
}

static void read_only(struct store_redis *s)
{
	int64_t now = clock_monotonic_ms();

	if (now - s->reconnected < READONLY_MS)
		return;
	s->reconnected = now;
	redis_reconnect(s->redis);
}

/* An error reply: REFUSED when it is certain that nothing was written. */
static enum store_result error_result(struct store_redis *s, const redisReply *reply)
{
	enum redis_class class = redis_classify(reply);

	s->reason = redis_class_reason(class);
	metric_add("warmline_store_errors_total", "", 1);
	log_limited(LOG_LEVEL_ERROR, "store-error", "reason=\"%s\" reply=\"%.120s\"", s->reason,
		reply->str);
	if (class == REDIS_READONLY)
		read_only(s);
	if (class == REDIS_NO_FUNCTION)
		library_load(s);
	return class == REDIS_UNEXPECTED ? STORE_UNKNOWN : STORE_REFUSED;
}

static enum store_result fine_result(struct ask *ask, const redisReply *reply)
{
	ask->s->reason = NULL;
	if (reply->type == ask->type)
		return STORE_OK;
	log_limited(LOG_LEVEL_ERROR, "store-answer", "type=%d expected=%d", reply->type, ask->type);
	return STORE_BROKEN;
}

static void on_answer(void *arg, enum redis_outcome outcome, redisReply *reply)
{
	struct ask *ask = arg;
	struct store_redis *s = ask->s;
	enum store_result result = STORE_UNKNOWN;

	if (outcome == REDIS_REPLIED && !ask->again && redis_classify(reply) == REDIS_NO_FUNCTION) {
		/* FUNCTION FLUSH, an old backup: nothing happened; load, and ask behind it. */
		ask->again = true;
		library_load(s);
		redis_send(s->redis, ask->command, ask->len, on_answer, ask);
		return;
	}
	if (outcome == REDIS_NOT_SENT)
		result = STORE_REFUSED;
	else if (outcome == REDIS_REPLIED && reply->type == REDIS_REPLY_ERROR)
		result = error_result(s, reply);
	else if (outcome == REDIS_REPLIED)
		result = fine_result(ask, reply);
	ask->answer(ask, result, result == STORE_OK ? reply : NULL);
	ask_free(ask);
}

void ask_send(struct ask *ask)
{
	ask->command = words_format(&ask->words, &ask->len);
	words_free(&ask->words);
	if (ask->s->ready)
		redis_send(ask->s->redis, ask->command, ask->len, on_answer, ask);
	else
		redis_decline(ask->s->redis, on_answer, ask);
}

void ask_refuse(struct ask *ask)
{
	redis_decline(ask->s->redis, on_answer, ask);
}

/* --- the store ------------------------------------------------------------------------------- */

static void on_bell(void *arg, const char *message, size_t len)
{
	struct store_redis *s = arg;
	char text[8];
	long partition;

	text_set(text, sizeof(text), "%.*s", (int)(len < 4 ? len : 4), message);
	partition = strtol(text, NULL, 16);
	if (s->bell_cb && partition >= 0 && partition < PARTITIONS)
		s->bell_cb(s->bell_arg, (int)partition);
}

static void redis_bell_hear(struct store *store, store_bell_cb *cb, void *arg)
{
	struct store_redis *s = (struct store_redis *)store;

	s->bell_cb = cb;
	s->bell_arg = arg;
	if (!s->bell)
		s->bell = redis_bell_new(s->base, &s->address, BELL_CHANNEL, on_bell, s);
}

static bool redis_up(const struct store *store, const char **reason)
{
	const struct store_redis *s = (const struct store_redis *)store;

	*reason = s->reason ? s->reason : "";
	if (s->ready && !s->reason)
		return true;
	if (!s->reason)
		*reason = "connecting to Redis";
	return false;
}

static void store_redis_free(struct store *store)
{
	struct store_redis *s = (struct store_redis *)store;

	s->ready = false;
	redis_bell_free(&s->bell);
	redis_free(&s->redis);
	event_free(s->greet);
	library_free(&s->library);
	free(s);
}

static const struct store_ops redis_ops = {
	.post = redis_post,
	.claim = redis_claim,
	.commit = redis_commit,
	.read = redis_read,
	.list = redis_list,
	.counts = redis_counts,
	.jobs = redis_jobs,
	.begin = redis_begin,
	.finish = redis_finish,
	.recall = redis_recall,
	.transit = redis_transit,
	.transit_done = redis_transit_done,
	.tick = redis_tick,
	.heartbeat = redis_heartbeat,
	.bell = redis_bell_hear,
	.up = redis_up,
	.free = store_redis_free,
};

struct store *store_redis_new(
	struct event_base *base, const struct redis_address *address, const struct keys *keys)
{
	struct store_redis *s = xcalloc(1, sizeof(*s));
	struct redis_hooks hooks = {.up = on_up, .down = on_down, .arg = s};

	s->store.ops = &redis_ops;
	s->base = base;
	s->address = *address;
	s->keys = keys;
	s->reconnected = -READONLY_MS;
	library_make(&s->library);
	s->greet = evtimer_new(base, on_greet, s);
	s->redis = redis_new(base, address, &hooks);
	return &s->store;
}
