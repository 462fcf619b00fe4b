/*
 * A webhook in a test's hands, as the gateway hands it to an adapter: parsed forms, headers of any
 * case, texts or receipts by the path.
 */
#ifndef TESTS_LIB_HOOK_H
#define TESTS_LIB_HOOK_H

#include <warmline/provider.h>

#define HOOK_HEADERS 8
#define HOOK_NOW     1760000000

struct hook {
	struct webhook webhook;
	struct form form, query;
	char *url;
	struct {
		const char *name, *value;
	} headers[HOOK_HEADERS];
};

/* `target` is path and query; a path with "/status" is for receipts. `type` may be NULL. Borrows
 * everything but `target`. */
void hook_open(struct hook *hook, const char *method, const char *target, const char *type,
	const void *body, size_t len);
void hook_header(struct hook *hook, const char *name, const char *value); /* borrows */
void hook_close(struct hook *hook);

#endif
