#include "providers/signed_url.h"

#include <string.h>
#include <warmline/fail.h>

/* Where the port's colon stands between host and stop; an IPv6 address has colons of its own. */
static const char *port_of(const char *host, const char *stop)
{
	const char *bracket = *host == '[' ? memchr(host, ']', (size_t)(stop - host)) : NULL;
	const char *from = bracket ? bracket : host;
	const char *colon = memchr(from, ':', (size_t)(stop - from));

	return colon ? colon : stop;
}

bool signed_url_read(const char *text, struct signed_url *url)
{
	const char *scheme = strstr(text, "://"), *host, *stop, *at;
	size_t end = strcspn(text, "#");

	if (!scheme || scheme == text || (size_t)(scheme - text) >= end)
		return false;
	host = scheme + 3;
	stop = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(stop - host));
	if (at)
		host = at + 1;
	*url = (struct signed_url){.text = text,
		.host = (size_t)(host - text),
		.port = (size_t)(port_of(host, stop) - text),
		.path = (size_t)(stop - text),
		.query = strcspn(text, "?#"),
		.end = end};
	return stop > host;
}

char *signed_url_other_port(const char *text)
{
	struct signed_url url;
	const char *port = "";

	if (!signed_url_read(text, &url))
		return NULL;
	if (url.port == url.path)
		port = strncmp(text, "https:", 6) == 0 ? ":443" : ":80";
	return xasprintf("%.*s%s%.*s", (int)url.port, text, port, (int)(url.end - url.path),
		text + url.path);
}
