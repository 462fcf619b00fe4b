/* An inbound text as the event of a person, ready for the poster (fields: warmline/event.h). */
#ifndef GATEWAY_TEXT_EVENT_H
#define GATEWAY_TEXT_EVENT_H

#include "gateway/parcel.h"

#include <warmline/provider.h>
#include <warmline/site.h>

struct keys;

struct text_arrival {
	const struct inbound_text *text;
	const char *account; /* name of the route it came by */
	bool stale;          /* signed long ago, or our clock is wrong */
};

/* `at_ms` is when it reached us, wall clock. The number must be one that can send a text. */
struct parcel *text_event_parcel(const struct site *site, const struct keys *keys,
	const struct text_arrival *arrival, int64_t at_ms);

#endif
