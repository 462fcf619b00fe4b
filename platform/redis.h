/*
 * Redis as the loop sees it: a link that connects and reconnects by itself, commands with a
 * deadline, a bell for hints, and what error replies mean. Traps: reliability.md B2.
 */
#ifndef PLATFORM_REDIS_H
#define PLATFORM_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <warmline/fail.h>
#include <warmline/site.h>

#define REDIS_DEADLINE_MS 600

struct event_base;
struct redis;
struct redis_bell;

enum redis_outcome {
	REDIS_REPLIED,  /* `reply` is there; it may be an error reply */
	REDIS_NOT_SENT, /* there was no connection: nothing happened */
	REDIS_SILENT,   /* sent, and no answer in time or the connection broke: may have happened */
};
/* `reply` is borrowed until the callback returns. */
typedef void redis_cb(void *arg, enum redis_outcome outcome, redisReply *reply);

/* Both hooks run on the loop. up: connected, commands go out. down: not any more. */
struct redis_hooks {
	void (*up)(void *arg);
	void (*down)(void *arg);
	void *arg;
};

/* Starts connecting from the loop; never fails, never blocks. */
struct redis *redis_new(struct event_base *base, const struct redis_address *address,
	const struct redis_hooks *hooks);
/*
 * Sends a formatted command (redisFormatCommandArgv); it is copied. Completes exactly once, never
 * before this returns. One command without an answer for REDIS_DEADLINE_MS means that the
 * connection is dead: it is closed and everything on it completes as REDIS_SILENT.
 */
void redis_send(struct redis *redis, const char *command, size_t len, redis_cb *cb, void *arg);
/* Completes as REDIS_NOT_SENT from the loop, for callers that do not want to send now. */
void redis_decline(struct redis *redis, redis_cb *cb, void *arg);
bool redis_connected(const struct redis *redis);
void redis_reconnect(struct redis *redis); /* this server is no use: another may answer */
/* What is pending completes inside. Not from a callback of this connection. */
void redis_free(struct redis **redis);

/* Messages of one channel on a connection of its own; hints, some may be missing. */
typedef void redis_bell_cb(void *arg, const char *message, size_t len);
struct redis_bell *redis_bell_new(struct event_base *base, const struct redis_address *address,
	const char *channel, redis_bell_cb *cb, void *arg);
void redis_bell_free(struct redis_bell **bell);

enum redis_class {
	REDIS_FINE,
	REDIS_BUSY,        /* LOADING BUSY MASTERDOWN CLUSTERDOWN TRYAGAIN: soon again */
	REDIS_READONLY,    /* a replica: ask another */
	REDIS_REFUSES,     /* OOM MISCONF NOREPLICAS: up, but does not take writes */
	REDIS_NO_FUNCTION, /* the library is gone */
	REDIS_DENIED,      /* NOAUTH WRONGPASS NOPERM: somebody must change the settings */
	REDIS_MOVED,       /* the partition lives on another node */
	REDIS_INVALID,     /* our function refused its arguments, before any write */
	REDIS_UNEXPECTED,  /* a bug; it may have happened in part */
};
enum redis_class redis_classify(const redisReply *reply);
const char *redis_class_reason(enum redis_class class); /* for readiness; static */

/* A blocking connection for start-up checks, with time limits; NULL with a sentence. */
redisContext *redis_blocking(const struct redis_address *address, struct fail *fail);
void redis_address_print(const struct redis_address *address, char *text, size_t size);

#endif
