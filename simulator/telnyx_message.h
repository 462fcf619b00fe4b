/*
 * A message as Telnyx shows it, alike in answers of its API, look-ups and webhooks
 * (providers/telnyx.md; developers.telnyx.com, "Retrieve a message", "Inbound message").
 */
#ifndef SIMULATOR_TELNYX_MESSAGE_H
#define SIMULATOR_TELNYX_MESSAGE_H

#include <jansson.h>

#include "simulator/sent_text.h"
#include "simulator/typed_text.h"

/* The text with what `receipt` says of it; the caller's. */
json_t *telnyx_sent(const struct sent_text *text, const struct receipt *receipt);
json_t *telnyx_typed(const struct typed_text *text);
/* {"code","title","detail"}; Telnyx writes codes as texts. */
json_t *telnyx_error(int code, const char *title, const char *detail);

#endif
