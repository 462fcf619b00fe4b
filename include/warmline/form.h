/*
 * application/x-www-form-urlencoded and query strings, parsed with lengths: values may hold NUL
 * (the provider's signature covers it), names may not. libevent's own parser cuts at NUL and
 * gives up on "a=1&b" (reliability.md B1), so this is ours; it is fuzzed.
 */
#ifndef WARMLINE_FORM_H
#define WARMLINE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#define FORM_FIELDS 1000

struct form_field {
	const char *name;  /* NUL-ended, no NUL inside */
	const char *value; /* NUL-ended, may hold NULs */
	size_t name_len, value_len;
};
struct form {
	struct form_field *fields;
	size_t n;
	char *bytes;
};

enum form_result { FORM_OK, FORM_BAD_ESCAPE, FORM_BAD_NAME, FORM_TOO_MANY };

enum form_result form_parse(struct form *form, const char *text, size_t len);
void form_free(struct form *form);
/* The value of the one field with this name; NULL when it is missing, or there more than once. */
const struct form_field *form_get(const struct form *form, const char *name);
size_t form_count(const struct form *form, const char *name);
/* Percent-encodes for a form body or query value. Caller frees. */
char *form_escape(const char *text);

#endif
