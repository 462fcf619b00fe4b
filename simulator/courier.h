/*
 * Signed webhooks to the gateway, as Twilio calls: form POST, X-Twilio-Signature over the whole
 * URL and the parameters, I-Twilio-Idempotency-Token; 5 s to connect, 15 s in all; a connection
 * that could not be made is tried once more, nothing else is (providers/twilio.md). A bounded
 * number is under way at once, the rest waits in line: texts and receipts in lines of their own,
 * so that a flood of receipts holds up no text.
 */
#ifndef SIMULATOR_COURIER_H
#define SIMULATOR_COURIER_H

#include <stdint.h>
#include <warmline/fail.h>

struct courier;
struct event_base;
struct account;

enum courier_line { COURIER_TEXTS, COURIER_RECEIPTS, COURIER_LINES };

/* `http`: the gateway's status, 0 = it could not be reached or did not answer. */
typedef void courier_cb(void *arg, int http);

struct courier *courier_new(
	struct event_base *base, const struct account *account, struct fail *fail);
/* Copies `url` and `form` (x-www-form-urlencoded). `token`: the same for a repeat. `cb` NULL =
 * nobody. */
void courier_post(struct courier *courier, enum courier_line line, const char *url,
	const char *form, const char *token, courier_cb *cb, void *arg);
/* Cancels what is under way and forgets the lines; no callback runs. */
void courier_free(struct courier **courier);

#endif
