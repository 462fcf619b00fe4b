/*
 * A server under test and somebody who talks to it, byte by byte, in one process: the loop is
 * turned by whoever waits for an answer.
 */
#ifndef TESTS_LIB_HTTP_PEER_H
#define TESTS_LIB_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <warmline/http_server.h>

#define PEER_LIMIT_MS 10000

struct peer {
	struct event_base *base;
	struct http_server *server;
	int port;
};
extern struct peer peer; /* the one server of a test binary */

struct heard {
	char text[65536];
	size_t len;
	bool closed;
};

void peer_start(const struct http_route *routes, struct http_limits limits);
void peer_stop(void);
void peer_turn(void);
int peer_dial(void);
void peer_say(int fd, const char *text);
void peer_say_bytes(int fd, const char *text, size_t len);
/* Turns the loop until `answers` answers are there or the other side closed. */
void peer_hear(int fd, struct heard *h, int answers);
/* One connection, one request, everything that comes back until the other side closes. */
struct heard *peer_ask_bytes(const char *request, size_t len);
int peer_status(const char *text);

#endif
