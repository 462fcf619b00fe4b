/*
 * One adapter on a test's desk, with an account, and a webhook with a JSON body (tests/lib/hook.h)
 * that may be changed again and again. Bodies are written with ' where JSON has ", so that they
 * can be read.
 */
#ifndef TESTS_LIB_DESK_H
#define TESTS_LIB_DESK_H

#include "tests/lib/hook.h"

struct desk {
	const struct provider *provider;
	struct account account; /* id "acct-1", one secret "secret"; the test may change it */
	struct hook hook;
	struct inbound inbound;
	struct fail fail;
	char *body; /* owned */
};

/* POST to `target`; no body and no header yet. */
void desk_open(struct desk *desk, const struct provider *provider, const char *target);
void desk_close(struct desk *desk);
void desk_header(struct desk *desk, const char *name, const char *value); /* NULL removes it */
void desk_body(struct desk *desk, const char *body);
void desk_bytes(struct desk *desk, const void *body, size_t len); /* as they are */
bool desk_verified(struct desk *desk, struct proof *proof);       /* proof may be NULL */

/* These read `body`, which must be taken and bring one text, or one receipt, and nothing else. */
const struct inbound_text *desk_text(struct desk *desk, const char *body);
const struct inbound_receipt *desk_receipt(struct desk *desk, const char *body);
bool desk_read(struct desk *desk); /* what is there: desk_body(), desk_bytes() */
void desk_is_ignored(struct desk *desk, const char *body);
/* Must be refused with a sentence that has `words` in it. */
void desk_is_refused(struct desk *desk, const char *body, const char *words);

/* What the provider's answer to a text means. */
struct provider_answer desk_answer(const struct desk *desk, int status, const char *body);

char *desk_quoted(const char *text); /* with " for '; the caller frees */

#endif
