/*
 * Everything that went through the carrier, in the order in which it became known: texts from
 * handsets once the gateway answered, texts to handsets once the API took them, receipts when they
 * left, and refused API calls. Entries are numbered from 1 and never change. The newest
 * `keep` stay; older ones are forgotten from the front.
 */
#ifndef SIMULATOR_TRAFFIC_H
#define SIMULATOR_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_KEEP 200000

struct account;
struct traffic;

struct traffic_entry {
	const char *kind; /* inbound | outbound | receipt | api-error */
	int64_t time_ms;  /* when the handset sent it; for the rest: when the carrier knew */
	const char *id, *from, *to, *body; /* NULL = "" */
	const struct account *account;     /* whose text; NULL = nobody's */
	const char *state;                 /* a message status; NULL = `http` is the status */
	int http;                          /* HTTP status, 0 = no answer */
};

struct traffic *traffic_new(size_t keep);
void traffic_free(struct traffic **traffic);
int64_t traffic_add(struct traffic *traffic, const struct traffic_entry *entry); /* its number */
/*
 * A JSON array of the entries with n > since, oldest first; with `newest` > 0 only the last so
 * many of them. Caller frees; `len` without the NUL.
 */
char *traffic_print(const struct traffic *traffic, int64_t since, size_t newest, size_t *len);

#endif
