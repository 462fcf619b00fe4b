/* The page of handsets: files of simulator/page/, carried inside the program. */
#include <string.h>

#include "page.inc"
#include "simulator/carrier.h"

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot && strcmp(dot, ".css") == 0)
		return "text/css; charset=utf-8";
	if (dot && strcmp(dot, ".js") == 0)
		return "text/javascript; charset=utf-8";
	return "text/html; charset=utf-8";
}

void handset_page(struct http_request *r, void *arg)
{
	const char *path = http_request_path(r);
	const char *name = strcmp(path, "/") == 0 ? "index.html" : path + 1;

	(void)arg;
	for (size_t i = 0; page[i].name; i++) {
		if (strcmp(page[i].name, name) != 0)
			continue;
		http_request_reply_header(r, "Content-Security-Policy", POLICY);
		http_request_reply_header(r, "Referrer-Policy", "no-referrer");
		http_request_reply_header(r, "Cache-Control", "no-cache");
		http_request_reply(r, 200, type_of(name), page[i].data, page[i].len);
		return;
	}
	http_request_reply(r, 404, "text/plain", "Not found.\n", 11);
}
