/*
 * A webhook in a test's hands, as the edge gives it to an adapter: the body parsed when it is a
 * form, the URL's query parsed always. Texts that are passed in must outlive it.
 */
#ifndef TESTS_LIB_POSTED_H
#define TESTS_LIB_POSTED_H

#include <warmline/provider.h>

#define POSTED_HEADERS 8

struct posted {
	struct webhook webhook;
	struct form form, query;
	struct {
		const char *name, *value;
	} headers[POSTED_HEADERS];
	size_t nheaders;
};

struct posted *posted_form(enum webhook_about about, const char *url, const char *body);
struct posted *posted_json(enum webhook_about about, const char *url, const char *body);
struct posted *posted_get(enum webhook_about about, const char *url);
void posted_header(struct posted *posted, const char *name, const char *value);
void posted_free(struct posted *posted);

/* verify() with this one header more, the proof thrown away. Frees `posted`. */
bool posted_holds(struct posted *posted, const struct provider *provider,
	const struct account *account, const char *name, const char *value);
/* read(). Frees `posted`; what was read is the caller's, also when it failed. */
bool posted_read(struct posted *posted, const struct provider *provider,
	const struct account *account, struct inbound *inbound, struct fail *fail);
/* The same, and it must fail with a sentence that has `sentence` in it. */
void posted_refused(struct posted *posted, const struct provider *provider,
	const struct account *account, const char *sentence);

#endif
