#include "platform/site_sections.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

static bool address_numeric(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A port from the environment wins over the file. */
static void port_override(struct settings *s, const char *variable, int *port)
{
	const char *text = getenv(variable);
	char *end;
	long n;

	if (!text || !*text)
		return;
	n = strtol(text, &end, 10);
	if (*end || n < 1 || n > 65535)
		problems_add(s->problems, variable, 0,
			"\"%s\" is no port, expected a number from 1 to 65535", text);
	else
		*port = (int)n;
}

/* --- gateway -----------------------------------------------------------------------------------
 */

/* Scheme, host and port only: the routes below it are ours. */
static void public_url_check(const struct site *site, struct settings *s)
{
	const char *url = site->public_url;
	const char *host = strstr(url, "://");

	if ((strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) || !host[3] ||
		strpbrk(host + 3, "/?# @"))
		settings_problem(s, "public_url",
			"\"%s\" cannot be used, expected scheme and host without a path, like "
			"https://warmline.example.org",
			url);
}

void site_gateway_read(struct site *site, struct settings *top)
{
	struct settings s;

	settings_begin(
		&s, top->file, settings_map(top, "gateway", SETTING_OPTIONAL), top->problems);
	text_set(site->listen, sizeof(site->listen), "127.0.0.1");
	site->port = 8080;
	site->workers = 2;
	if (setting_text(&s, "listen", SETTING_OPTIONAL, site->listen, sizeof(site->listen)) &&
		!address_numeric(site->listen))
		settings_problem(&s, "listen",
			"\"%s\" is no numeric address, expected 127.0.0.1, 0.0.0.0, ::1 or the "
			"like",
			site->listen);
	setting_int(&s, "port", 1, 65535, &site->port);
	port_override(&s, "WARMLINE_PORT", &site->port);
	setting_int(&s, "workers", 1, 64, &site->workers);
	if (setting_text(
		    &s, "public_url", SETTING_OPTIONAL, site->public_url, sizeof(site->public_url)))
		public_url_check(site, &s);
	else
		text_set(site->public_url, sizeof(site->public_url), "http://127.0.0.1:%d",
			site->port);
	settings_end(&s);
}

void site_carrier_read(struct site *site, struct settings *top)
{
	struct settings s;

	settings_begin(
		&s, top->file, settings_map(top, "carrier", SETTING_OPTIONAL), top->problems);
	site->carrier_port = 8090;
	setting_int(&s, "port", 1, 65535, &site->carrier_port);
	port_override(&s, "WARMLINE_CARRIER_PORT", &site->carrier_port);
	if (site->carrier_port == site->port)
		settings_problem(&s, "port",
			"is the gateway's port %d too, expected two different ports", site->port);
	settings_end(&s);
}

/* --- redis -------------------------------------------------------------------------------------
 */

static void redis_path_check(const struct site *site, struct settings *s, const char *key)
{
	if (strlen(site->redis.path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		settings_problem(s, key,
			"the socket's path %s is too long for the system, expected a shorter state "
			"folder",
			site->redis.path);
}

void site_redis_read(struct site *site, struct settings *top)
{
	const struct tree *item = settings_get(top, "redis", SETTING_OPTIONAL);
	struct redis_address *redis = &site->redis;
	struct settings s;

	if (!item || item->kind == TREE_TEXT) {
		if (item && strcmp(item->text, "private") != 0)
			settings_problem(top, "redis",
				"\"%s\" is not known, expected private, or socket: or host: and "
				"port: below it",
				item->text);
		site_path(site, "redis.sock", redis->path);
		redis_path_check(site, top, "redis");
		return;
	}
	settings_begin(&s, top->file, settings_map(top, "redis", SETTING_OPTIONAL), top->problems);
	redis->port = 6379;
	setting_int(&s, "port", 1, 65535, &redis->port);
	setting_text(&s, "socket", SETTING_OPTIONAL, redis->path, sizeof(redis->path));
	if (setting_text(&s, "host", SETTING_OPTIONAL, redis->host, sizeof(redis->host)) &&
		!address_numeric(redis->host))
		settings_problem(&s, "host",
			"\"%s\" is no numeric address, expected one like "
			"10.0.0.5",
			redis->host);
	if (!*redis->path == !*redis->host)
		settings_problem(top, "redis", "expected either socket or host");
	redis_path_check(site, &s, "socket");
	settings_end(&s);
}

/* --- handsets ----------------------------------------------------------------------------------
 */

static void handset_read(
	const struct site *site, struct handset *h, const struct tree *item, struct settings *top)
{
	struct settings s;

	if (item->kind != TREE_MAP) {
		problems_add(top->problems, top->file, item->line,
			"handsets: expected name, role, number and writes_to of one telephone");
		return;
	}
	settings_begin(&s, top->file, item, top->problems);
	setting_text(&s, "name", SETTING_REQUIRED, h->name, sizeof(h->name));
	setting_text(&s, "role", SETTING_REQUIRED, h->role, sizeof(h->role));
	setting_phone(&s, "number", SETTING_REQUIRED, &h->number);
	setting_phone(&s, "writes_to", SETTING_REQUIRED, &h->writes_to);
	if (*h->writes_to.text &&
		!program_of_number(site->programs, site->nprograms, h->writes_to.text))
		settings_problem(&s, "writes_to",
			"%s is the number of no program, expected one of them", h->writes_to.text);
	settings_end(&s);
}

void site_handsets_read(struct site *site, struct settings *top)
{
	const struct tree *list = settings_list(top, "handsets", SETTING_OPTIONAL);

	site->handsets = xcalloc(list ? list->n : 0, sizeof(*site->handsets));
	site->nhandsets = list ? list->n : 0;
	for (size_t i = 0; i < site->nhandsets; i++) {
		handset_read(site, &site->handsets[i], list->items[i], top);
		for (size_t j = 0; j < i; j++)
			if (*site->handsets[i].number.text &&
				strcmp(site->handsets[i].number.text,
					site->handsets[j].number.text) == 0)
				problems_add(top->problems, top->file, list->items[i]->line,
					"handsets: the number stands here twice, expected one "
					"handset for each number");
	}
}
