/*
 * A text that somebody typed on a handset: the body of POST /sim/text, read strictly.
 */
#ifndef SIMULATOR_TYPED_TEXT_H
#define SIMULATOR_TYPED_TEXT_H

#include <jansson.h>

#include "simulator/carrier.h"

#define BODY_MAX  1600 /* characters, as at Twilio */
#define MEDIA_MAX 10

struct typed_text {
	const struct account *account; /* that has the number `to` */
	char id[TEXT_ID_SIZE];         /* as that account's provider writes it */
	char from[32], to[32];
	char *body;    /* owned */
	json_t *media; /* owned: array of {"url", "content_type"} */
	char opt_out[8];
	bool waits; /* the caller wants the gateway's answer */
	int64_t time_ms;
};

/* NULL with a sentence when `order` is no proper body of POST /sim/text. */
struct typed_text *typed_text_read(json_t *order, const struct carrier *carrier, struct fail *fail);
void typed_text_free(struct typed_text *text);

#endif
