/* One connection that stays: connect, time limit, back-off with jitter, connect again. */
#ifndef PLATFORM_REDIS_LINK_H
#define PLATFORM_REDIS_LINK_H

#include <hiredis/async.h>
#include <warmline/site.h>

struct event;
struct event_base;

struct redis_link {
	struct event_base *base;
	struct redis_address address;
	redisAsyncContext *ac; /* NULL between attempts */
	bool connected;
	unsigned failures;   /* in a row, for the back-off */
	struct event *timer; /* time limit of connecting, or the wait before the next attempt */
	void (*up)(void *owner);
	void (*down)(void *owner);
	void *owner;
};

void link_start(struct redis_link *link);
void link_worked(struct redis_link *link); /* an answer came: the next failure is the first */
/* Closes and connects again after the back-off. Pending commands get NULL replies inside. */
void link_drop(struct redis_link *link, const char *why);
void link_stop(struct redis_link *link);

#endif
