/*
 * Requests that are kept without an answer for a while: those that get their answer late, and
 * those that a fault leaves hanging until the caller gives up. The server is told of each one's
 * end exactly once.
 */
#ifndef SIMULATOR_HELD_H
#define SIMULATOR_HELD_H

#include <stdint.h>
#include <warmline/http_server.h>

struct event_base;
struct held;

struct held *held_new(struct event_base *base);
/* Replies with this JSON after `ms`. Copies `json`. */
void held_reply(
	struct held *held, struct http_request *request, int64_t ms, int status, const char *json);
/* Closes the connection after `ms`, without any answer. */
void held_drop(struct held *held, struct http_request *request, int64_t ms);
void held_release(struct held *held); /* all of them now, the hanging ones unanswered */
void held_free(struct held **held);

#endif
