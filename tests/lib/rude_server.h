/*
 * A loopback HTTP server that behaves as badly as it is told to, for tests. Threads of its own;
 * everything it was sent is kept, so a test can count what really arrived.
 */
#ifndef TESTS_LIB_RUDE_SERVER_H
#define TESTS_LIB_RUDE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

enum rude {
	RUDE_ANSWER,      /* `status`, `headers` (each with CRLF, or NULL), `body`; keeps alive */
	RUDE_CLOSE,       /* accepts and closes without reading */
	RUDE_HANG,        /* reads the request, never answers */
	RUDE_DROP,        /* reads the request, then closes without a word */
	RUDE_HALF_HEADER, /* "HTTP/1.1 200 OK" and half a header, then closes */
	RUDE_HALF_BODY,   /* promises more body than it sends, then closes */
	RUDE_FLOOD,       /* 20 MB in chunks */
	RUDE_DRIP,        /* one byte every 50 ms, for ever */
	RUDE_GARBAGE,     /* something that is no HTTP */
};

struct rude_step {
	enum rude kind;
	int status;
	const char *headers, *body; /* static text */
};

struct rude_server;

struct rude_server *rude_start(void);
void rude_stop(struct rude_server **server);
int rude_port(const struct rude_server *server);
/* What happens to the next request that has no step yet. */
void rude_push(struct rude_server *server, struct rude_step step);
/* What happens when no step is left; RUDE_ANSWER 200 "ok" until set. */
void rude_otherwise(struct rude_server *server, struct rude_step step);
size_t rude_requests(struct rude_server *server);
/* The n-th request, head and body as received; the caller frees. NULL = there was none. */
char *rude_request(struct rude_server *server, size_t n);
/* A loopback port on which nobody listens. */
int rude_closed_port(void);

#endif
