/* A program lived through in virtual time: scheduler, sender and forwarder in one small loop. */
#ifndef WARMLINE_CTL_TALE_H
#define WARMLINE_CTL_TALE_H

#include <jansson.h>
#include <warmline/decision.h>
#include <warmline/site.h>
#include <warmline/store.h>

struct tale;

/* What the listener hears, in the order in which it happens. */
struct tale_listener {
	void *arg;
	/* A text left for `to`; `rule` decided it. */
	void (*sent)(void *arg, int64_t now_ms, const char *to, const char *body, const char *rule);
	/* An entry of somebody's log that is no text. */
	void (*noted)(void *arg, int64_t now_ms, const json_t *entry);
};

struct tale *tale_new(
	const struct site *site, const struct tale_listener *listener, int64_t now_ms);
/* Lives through everything that is due until `at_ms`, which is then the time. */
void tale_until(struct tale *tale, int64_t at_ms);
/* Somebody texts the program, as the gateway would post it. */
void tale_text(
	struct tale *tale, const struct program *program, const char *from, const char *body);
/* An event for the person with this number; `data` is taken. */
void tale_post(struct tale *tale, const char *number, json_t *data);
int64_t tale_now(const struct tale *tale);
void tale_free(struct tale **tale);

#endif
