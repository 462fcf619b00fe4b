/*
 * How one kind of provider writes: ids of texts, webhooks and how they are proven, how often it
 * tries. One file for each, simulator/shape_<kind>.c; what is done with it (faults, lines, the
 * log) stands once and knows no provider. The other half, how a provider answers its API, is
 * simulator/rest_<kind>.c.
 */
#ifndef SIMULATOR_SHAPE_H
#define SIMULATOR_SHAPE_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/account.h>

#include "simulator/courier.h"
#include "simulator/sent_text.h"
#include "simulator/typed_text.h"

#define ENVELOPE_HEADERS 5

struct patience { /* with a gateway that does not answer as it should */
	int64_t connect_ms, total_ms;
	int tries;
	bool insists; /* tries again until a 2xx comes; else only what surely was not sent */
};

struct envelope {   /* a letter at one try */
	char *body; /* owned */
	struct {
		const char *name; /* NULL = end */
		char value[120];
	} headers[ENVELOPE_HEADERS];
};
/* Appends one; for shapes. */
void envelope_put(struct envelope *envelope, const char *name, const char *value);

struct shape {
	const char *kind;          /* as account->kind */
	const char *const *opt_in; /* words that lift the provider's own block; ends with NULL */
	struct {
		int code;
		const char *title;
	} troubles[TROUBLES]; /* what the provider calls them; none: 0, NULL */
	struct patience patience;
	/* The id of a text, made of 32 hex digits. */
	void (*write_id)(const char hex[33], bool pictures, char id[TEXT_ID_SIZE]);
	/* What a webhook tells, as the content of a letter; the caller frees it. */
	char *(*tell_text)(const struct typed_text *text);
	char *(*tell_receipt)(const struct sent_text *text, const struct receipt *receipt);
	/* Puts the letter in a zeroed envelope and signs it; `try` counts from 1. */
	void (*seal)(const struct letter *letter, int try, struct envelope *envelope);
};

extern const struct shape shape_twilio, shape_telnyx;

/* Of a simulated account: there is one for every kind that accounts may simulate. */
const struct shape *shape_of(const struct account *account);

/* A new id, with `pictures` where that makes a difference. */
void text_id_make(const struct account *account, bool pictures, char id[TEXT_ID_SIZE]);
/*
 * The same id as this account's provider would write it: "SM" or "MM" and 32 hex digits, or a UUID.
 * False when it is neither.
 */
bool text_id_read(
	const struct account *account, const char *given, bool pictures, char id[TEXT_ID_SIZE]);

#endif
