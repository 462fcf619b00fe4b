/*
 * Texts that the API accepted, as Twilio shows them in its look-ups: the newest SENT_TEXTS_KEEP.
 * A pointer is good until the next sent_texts_add(); hold the sid across turns of the loop.
 */
#ifndef SIMULATOR_SENT_TEXT_H
#define SIMULATOR_SENT_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <warmline/form.h>
#include <warmline/phone.h>

#include "simulator/carrier.h"

#define SENT_TEXTS_KEEP 50000

struct sent_text {
	char sid[SID_SIZE];
	char from[32];
	struct phone to;
	char *body, *callback;                   /* owned; callback "" = no receipts wanted */
	const char *status;                      /* queued | sent | delivered | undelivered */
	int error;                               /* Twilio's code, 0 = none */
	int64_t created_ms, updated_ms, sent_ms; /* sent 0 = not yet */
	size_t segments;
};

struct sent_texts;

struct sent_texts *sent_texts_new(void);
void sent_texts_free(struct sent_texts **texts);
/* Takes over `text` and what it owns. */
struct sent_text *sent_texts_add(struct sent_texts *texts, const struct sent_text *text);
struct sent_text *sent_texts_find(struct sent_texts *texts, const char *sid);
/* Twilio's resource, and its list newest first by To, From, DateSent (UTC day), PageSize. */
json_t *sent_text_json(const struct sent_text *text, const char *account);
json_t *sent_texts_json(
	const struct sent_texts *texts, const char *account, const struct form *query);

#endif
