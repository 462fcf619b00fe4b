/* An inbound text as the event of a person, ready for the poster (fields: warmline/event.h). */
#ifndef GATEWAY_TEXT_EVENT_H
#define GATEWAY_TEXT_EVENT_H

#include "gateway/parcel.h"

#include <warmline/provider.h>
#include <warmline/site.h>

struct keys;

/* `at_ms` is when it reached us, wall clock. The number must be one that can send a text. */
struct parcel *text_event_parcel(const struct site *site, const struct keys *keys,
	const struct inbound_text *text, int64_t at_ms);

#endif
