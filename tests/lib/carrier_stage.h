/*
 * The carrier on a stage: it calls a gateway that is played here, and is called as warmline calls
 * its providers and as a tester calls /sim. All in one process, over real sockets.
 */
#ifndef TESTS_LIB_CARRIER_STAGE_H
#define TESTS_LIB_CARRIER_STAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/clock.h>
#include <warmline/http_client.h>
#include <warmline/http_server.h>
#include <warmline/provider.h>
#include <warmline/site.h>

#include "simulator/carrier.h"

#define LIMIT_MS 10000
#define ALEX     "+12025550111"
#define PROGRAM  "+12025550100" /* Twilio's number */
#define SECOND   "+12025550101" /* Telnyx' number */
#define ACCOUNT  "AC0123456789abcdef0123456789abcdef"
#define TOKEN    "feedfeedfeedfeedfeedfeedfeedfeed"
#define KEY      "0123456789abcdef0123456789abcdef"

enum speech { TWILIO, TELNYX, SPEECHES }; /* also the index of the account that speaks it */

struct seen { /* webhooks that the gateway got, oldest first */
	enum speech speech;
	char path[256];
	char *body;
	char token[80];
	char signature[96], timestamp[24];
	bool signature_ok;
};

extern struct stage {
	struct event_base *base;
	struct site site;
	struct account accounts[SPEECHES];
	struct phone numbers[SPEECHES];
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

extern const struct http_route stage_gateway_routes[]; /* carrier_gateway.c */

#define wait_until(condition)                                                                      \
	do {                                                                                       \
		int64_t until = clock_monotonic_ms() + LIMIT_MS;                                   \
		while (!(condition)) {                                                             \
			assert_true(clock_monotonic_ms() < until);                                 \
			stage_turn();                                                              \
		}                                                                                  \
	} while (0)

/* Tests on this stage: of one provider's way, or once for each. */
#define promise(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
#define promise_by(test, speech)                                                                   \
	{                                                                                          \
		.name = #test " " #speech, .test_func = test, .setup_func = stage_set,             \
		.teardown_func = stage_strike, .initial_state = &(speech)                          \
	}
#define promise_of_both(test) promise_by(test, stage_twilio), promise_by(test, stage_telnyx)
extern enum speech stage_twilio, stage_telnyx;
enum speech stage_speech(void **state); /* which of both it is */

int stage_set(void **state);
int stage_set_telnyx(void **state); /* a site with nothing else */
int stage_set_twins(void **state);  /* two accounts at Twilio with one id, the second has SECOND */
int stage_strike(void **state);
void stage_turn(void);
void stage_on_answer(void *arg, const struct http_answer *answer); /* fills a struct result */
/*
 * What a webhook said, in a buffer that the next call overwrites: the value of a form's field, or
 * of a path through JSON such as "data.payload.to.0.status".
 */
const char *stage_field(const struct seen *s, const char *name);
const char *stage_status_told(const struct seen *s); /* of a receipt, in the provider's words */
/* The same as the gateway's adapter gets it: proven, then read into `inbound`, which is cleared. */
void stage_read(const struct seen *s, struct inbound *inbound);

/* A call of /sim, begun and not waited for. */
void stage_start(struct result *result, const char *method, const char *path, const char *body);
struct result stage_ask(const char *method, const char *path, const char *body);
int stage_status(const char *method, const char *path, const char *body);
/* A call of a provider's API; `key` NULL = the right one. */
struct result stage_call(enum speech speech, const char *method, const char *path, const char *body,
	const char *key, int64_t total_ms);
/* A request that an adapter built; the request is cleared. */
struct result stage_request(struct provider_request *request);
struct result stage_send(enum speech speech, const char *to, int64_t total_ms);
int stage_send_status(enum speech speech, const char *to);
/* Looks a text up by the id that its sender was told. */
struct result stage_look_up(enum speech speech, const char *id);
/* What an answer says: the text's id and status, or the error's code (0 = none). */
const char *stage_id(enum speech speech, const json_t *answer);
const char *stage_state(enum speech speech, const json_t *answer);
int stage_code(enum speech speech, const json_t *answer);
void stage_arm(const char *fault);
int carrier_stage_text(const char *from, const char *body); /* what the gateway answered */
int stage_text_to(const char *from, const char *to, const char *body);
/* How many lines of this kind (and status, and number, if given) the log has. */
int stage_lines(const char *kind, const char *status, const char *to);

#endif
