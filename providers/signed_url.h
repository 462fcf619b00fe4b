/* The URL as a provider signs it: parts of it, and the same with and without its port. */
#ifndef PROVIDERS_SIGNED_URL_H
#define PROVIDERS_SIGNED_URL_H

#include <stdbool.h>
#include <stddef.h>

struct signed_url { /* lengths within `text`, which is borrowed; a fragment does not count */
	const char *text;
	size_t host;  /* where the host begins, behind user information */
	size_t port;  /* where ":port" begins, or would */
	size_t path;  /* where the path begins */
	size_t query; /* where "?" stands, or would */
	size_t end;
};

bool signed_url_read(const char *text, struct signed_url *url); /* false: no scheme and host */
/*
 * The same URL with its port taken off, or, when it has none, with the scheme's own port. Owned by
 * the caller; NULL when `text` is no URL.
 */
char *signed_url_other_port(const char *text);

#endif
