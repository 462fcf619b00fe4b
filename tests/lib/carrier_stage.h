/*
 * The carrier on a stage: it calls a gateway that is played here, and is called as warmline calls
 * Twilio and as a tester calls /sim. All in one process, over real sockets.
 */
#ifndef TESTS_LIB_CARRIER_STAGE_H
#define TESTS_LIB_CARRIER_STAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/clock.h>
#include <warmline/http_client.h>
#include <warmline/site.h>

#include "simulator/carrier.h"

#define LIMIT_MS 10000
#define ALEX     "+12025550111"
#define PROGRAM  "+12025550100"
#define ACCOUNT  "AC0123456789abcdef0123456789abcdef"
#define TOKEN    "feedfeedfeedfeedfeedfeedfeedfeed"

struct seen { /* webhooks that the gateway got, oldest first */
	char path[256];
	char *body;
	char token[80];
	bool signature_ok;
};

extern struct stage {
	struct event_base *base;
	struct site site;
	struct account account;
	struct handset handsets[2];
	struct carrier *carrier;
	struct http_server *gateway; /* free it to make the gateway unreachable */
	struct http_client *client;
	char url[64];
	struct seen seen[64];
	size_t nseen;
	int gateway_status; /* what the gateway answers */
} stage;

struct result {
	bool done;
	enum http_outcome outcome;
	int status;
	json_t *json;
};

#define wait_until(condition)                                                                      \
	do {                                                                                       \
		int64_t until = clock_monotonic_ms() + LIMIT_MS;                                   \
		while (!(condition)) {                                                             \
			assert_true(clock_monotonic_ms() < until);                                 \
			stage_turn();                                                              \
		}                                                                                  \
	} while (0)

int stage_set(void **state);
int stage_strike(void **state);
void stage_turn(void);
void stage_on_answer(void *arg, const struct http_answer *answer); /* fills a struct result */
/* What a webhook said: the value of a field, in a buffer that the next call overwrites. */
const char *stage_field(const struct seen *s, const char *name);

/* With `password` it is a call of the API, else one of /sim. */
void stage_start(struct result *result, const char *method, const char *path, const char *body,
	const char *password, int64_t total_ms);
struct result stage_ask(const char *method, const char *path, const char *body);
int stage_status(const char *method, const char *path, const char *body);
struct result stage_send(const char *to, int64_t total_ms);
void stage_arm(const char *fault);
int carrier_stage_text(const char *from, const char *body); /* what the gateway answered */
/* How many lines of this kind (and status, and number, if given) the log has. */
int stage_lines(const char *kind, const char *status, const char *to);

#endif
