/*
 * A webhook with a JSON body in a test's hands, and what an adapter makes of it. Bodies are written
 * with ' where JSON has ", so that they can be read.
 */
#ifndef TESTS_LIB_POSTED_H
#define TESTS_LIB_POSTED_H

#include <warmline/provider.h>

#define POSTED_HEADERS 8

struct posted {
	const struct provider *provider;
	struct account account; /* id "acct-1", one secret "secret"; the test may change it */
	struct webhook webhook;
	struct form query;
	struct inbound inbound;
	struct fail fail;
	char *url, *body; /* owned */
	struct {
		const char *name, *value; /* borrowed */
	} headers[POSTED_HEADERS];
	size_t nheaders;
};

/* POST to https://sms.example.org<target> at 1760000000; no body and no header yet. */
void posted_open(struct posted *posted, const struct provider *provider, const char *target);
void posted_close(struct posted *posted);
void posted_header(struct posted *posted, const char *name, const char *value); /* NULL removes */
void posted_body(struct posted *posted, const char *body);
void posted_bytes(struct posted *posted, const void *body, size_t len); /* as they are */
bool posted_verified(struct posted *posted, struct proof *proof);       /* proof may be NULL */

/* These read `body`, which must be taken and bring one text, or one receipt, and nothing else. */
const struct inbound_text *posted_text(struct posted *posted, const char *body);
const struct inbound_receipt *posted_receipt(struct posted *posted, const char *body);
/* Reads what is there (posted_body(), posted_bytes()). */
bool posted_read(struct posted *posted);
void posted_is_ignored(struct posted *posted, const char *body);
/* Must be refused with a sentence that has `words` in it. */
void posted_is_refused(struct posted *posted, const char *body, const char *words);

/* What the provider's answer to a text means. */
struct provider_answer posted_answer(const struct posted *posted, int status, const char *body);

#endif
