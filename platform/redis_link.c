#include "platform/redis_link.h"

#include "platform/redis.h"

#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/adapters/libevent.h>
#include <signal.h>
#include <warmline/log.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS  2000

static void link_connect(struct redis_link *link);

static void link_timer(struct redis_link *link, unsigned ms)
{
	struct timeval wait = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	evtimer_add(link->timer, &wait);
}

/* Half of the wait is by chance, so that a herd of workers does not come back as one. */
static unsigned backoff_ms(const struct redis_link *link)
{
	unsigned shift = link->failures < 6 ? link->failures : 6;
	unsigned most = BACKOFF_FIRST_MS << shift;
	unsigned random = 0;

	if (most > BACKOFF_LAST_MS)
		most = BACKOFF_LAST_MS;
	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return most / 2 + random % (most / 2 + 1);
}

static void link_again(struct redis_link *link, const char *why)
{
	char where[PATH_SIZE + 32];
	unsigned wait = backoff_ms(link);

	redis_address_print(&link->address, where, sizeof(where));
	log_limited(LOG_LEVEL_WARN, "redis-down", "redis=%s reason=\"%s\" retry_ms=%u", where, why,
		wait);
	link->failures++;
	link_timer(link, wait);
}

/* hiredis frees the context after this; freeing it here would be a crash (B2.4). */
static void on_disconnect(const redisAsyncContext *ac, int status)
{
	struct redis_link *link = ac->data;

	(void)status;
	if (!link || link->ac != ac)
		return;
	link->ac = NULL;
	link->connected = false;
	link->down(link->owner);
	link_again(link, ac->errstr && *ac->errstr ? ac->errstr : "connection closed");
}

static void on_connect(const redisAsyncContext *ac, int status)
{
	struct redis_link *link = ac->data;

	if (!link || link->ac != ac)
		return;
	if (status !=
		REDIS_OK) { /* hiredis frees it; there will be no disconnect callback (B2.7) */
		link->ac = NULL;
		link_again(link, ac->errstr && *ac->errstr ? ac->errstr : "cannot connect");
		return;
	}
	evtimer_del(link->timer);
	link->connected = true;
	link->up(link->owner);
}

static redisAsyncContext *open_context(const struct redis_address *address)
{
	if (address->path[0])
		return redisAsyncConnectUnix(address->path);
	return redisAsyncConnect(address->host, address->port);
}

static void link_connect(struct redis_link *link)
{
	redisAsyncContext *ac = open_context(&link->address);

	if (!ac)
		fail_abort("out of memory");
	if (ac->err) { /* a missing unix socket shows only here (B2.7) */
		char why[160];

		text_set(why, sizeof(why), "%s", ac->errstr);
		redisAsyncFree(ac);
		link_again(link, why);
		return;
	}
	link->ac = ac;
	ac->data = link;
	redisLibeventAttach(ac, link->base);
	redisAsyncSetConnectCallback(ac, on_connect);
	redisAsyncSetDisconnectCallback(ac, on_disconnect);
	if (!link->address.path[0])
		redisEnableKeepAlive(&ac->c);
	link_timer(link, REDIS_DEADLINE_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *link = arg;

	(void)fd;
	(void)what;
	if (link->ac)
		link_drop(link, "no connection in time");
	else
		link_connect(link);
}

void link_start(struct redis_link *link)
{
	signal(SIGPIPE, SIG_IGN); /* hiredis writes with write(2) to what may just have died */
	link->timer = evtimer_new(link->base, on_timer, link);
	link_timer(link, 0);
}

void link_worked(struct redis_link *link)
{
	link->failures = 0;
}

static void link_close(struct redis_link *link)
{
	redisAsyncContext *ac = link->ac;
	bool was = link->connected;

	/* First forget it: callbacks inside redisAsyncFree must find no connection. */
	link->ac = NULL;
	link->connected = false;
	evtimer_del(link->timer);
	if (!ac)
		return;
	redisAsyncFree(ac);
	if (was)
		link->down(link->owner);
}

void link_drop(struct redis_link *link, const char *why)
{
	if (!link->ac)
		return;
	link_close(link);
	link_again(link, why);
}

void link_stop(struct redis_link *link)
{
	link_close(link);
	event_free(link->timer);
	link->timer = NULL;
}
