#include "platform/redis.h"

#include "platform/redis_link.h"

#include <event2/event.h>
#include <sys/queue.h>
#include <warmline/clock.h>

#define PING "*1\r\n$4\r\nPING\r\n"

struct call {
	TAILQ_ENTRY(call) entry; /* in `pending` (oldest first) or `declined` */
	struct redis *redis;
	redis_cb *cb;
	void *arg;
	int64_t deadline; /* monotonic */
};
TAILQ_HEAD(calls, call);

struct redis {
	struct redis_link link;
	struct redis_hooks hooks;
	struct calls pending, declined;
	struct event *deadline; /* of the oldest pending command */
	struct event *turn;     /* delivers `declined` from the loop */
	struct event *ping;
};

static void call_complete(
	struct calls *from, struct call *call, enum redis_outcome outcome, redisReply *reply)
{
	redis_cb *cb = call->cb;
	void *arg = call->arg;

	TAILQ_REMOVE(from, call, entry);
	free(call);
	cb(arg, outcome, reply);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *arg)
{
	struct call *call = arg;
	struct redis *redis = call->redis;

	(void)ac;
	if (reply)
		link_worked(&redis->link);
	call_complete(&redis->pending, call, reply ? REDIS_REPLIED : REDIS_SILENT, reply);
}

static void arm_deadline(struct redis *redis, int64_t wait)
{
	struct timeval tv = {wait / 1000, (suseconds_t)(wait % 1000) * 1000};

	evtimer_add(redis->deadline, &tv);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct redis *redis = arg;
	struct call *oldest = TAILQ_FIRST(&redis->pending);
	int64_t left;

	(void)fd;
	(void)what;
	if (!oldest)
		return; /* the next command arms the timer again */
	left = oldest->deadline - clock_monotonic_ms();
	if (left > 0)
		arm_deadline(redis, left);
	else
		link_drop(&redis->link, "no answer in time");
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct redis *redis = arg;
	struct calls now = TAILQ_HEAD_INITIALIZER(now);
	struct call *call, *next;

	(void)fd;
	(void)what;
	TAILQ_CONCAT(
		&now, &redis->declined, entry); /* what callbacks decline waits for the next turn */
	for (call = TAILQ_FIRST(&now); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		call_complete(&now, call, REDIS_NOT_SENT, NULL);
	}
}

static struct call *call_new(struct redis *redis, redis_cb *cb, void *arg)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->redis = redis;
	call->cb = cb;
	call->arg = arg;
	return call;
}

static void decline(struct redis *redis, struct call *call)
{
	struct timeval now = {0, 0};

	TAILQ_INSERT_TAIL(&redis->declined, call, entry);
	if (!evtimer_pending(redis->turn, NULL))
		evtimer_add(redis->turn, &now);
}

void redis_decline(struct redis *redis, redis_cb *cb, void *arg)
{
	decline(redis, call_new(redis, cb, arg));
}

void redis_send(struct redis *redis, const char *command, size_t len, redis_cb *cb, void *arg)
{
	struct call *call = call_new(redis, cb, arg);

	if (!redis->link.connected || redisAsyncFormattedCommand(redis->link.ac, on_reply, call,
					      command, len) != REDIS_OK) {
		decline(redis, call);
		return;
	}
	call->deadline = clock_monotonic_ms() + REDIS_DEADLINE_MS;
	TAILQ_INSERT_TAIL(&redis->pending, call, entry);
	if (!evtimer_pending(redis->deadline, NULL))
		arm_deadline(redis, REDIS_DEADLINE_MS);
}

bool redis_connected(const struct redis *redis)
{
	return redis->link.connected;
}

void redis_reconnect(struct redis *redis)
{
	link_drop(&redis->link, "another server is wanted");
}

static void on_pong(void *arg, enum redis_outcome outcome, redisReply *reply)
{
	(void)arg;
	(void)outcome;
	(void)reply;
}

/* An idle connection is asked each second, so that its death is known before it is needed. */
static void on_ping(evutil_socket_t fd, short what, void *arg)
{
	struct redis *redis = arg;

	(void)fd;
	(void)what;
	if (redis->link.connected && TAILQ_EMPTY(&redis->pending))
		redis_send(redis, PING, sizeof(PING) - 1, on_pong, NULL);
}

static void on_up(void *arg)
{
	struct redis *redis = arg;

	redis->hooks.up(redis->hooks.arg);
}

static void on_down(void *arg)
{
	struct redis *redis = arg;

	redis->hooks.down(redis->hooks.arg);
}

struct redis *redis_new(struct event_base *base, const struct redis_address *address,
	const struct redis_hooks *hooks)
{
	struct redis *redis = xcalloc(1, sizeof(*redis));
	struct timeval second = {1, 0};

	redis->hooks = *hooks;
	TAILQ_INIT(&redis->pending);
	TAILQ_INIT(&redis->declined);
	redis->deadline = evtimer_new(base, on_deadline, redis);
	redis->turn = evtimer_new(base, on_turn, redis);
	redis->ping = event_new(base, -1, EV_PERSIST, on_ping, redis);
	event_add(redis->ping, &second);
	redis->link = (struct redis_link){
		.base = base, .address = *address, .up = on_up, .down = on_down, .owner = redis};
	link_start(&redis->link);
	return redis;
}

void redis_free(struct redis **redis)
{
	struct redis *r = *redis;
	struct call *call;

	if (!r)
		return;
	*redis = NULL;
	link_stop(&r->link);
	on_turn(-1, 0, r);
	while ((call = TAILQ_FIRST(&r->declined))) { /* sent from inside, against the rule */
		TAILQ_REMOVE(&r->declined, call, entry);
		free(call);
	}
	event_free(r->deadline);
	event_free(r->turn);
	event_free(r->ping);
	free(r);
}
