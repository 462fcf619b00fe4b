#include "platform/site_sections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
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

/* --- provider ----------------------------------------------------------------------------------
 */

static void secret_line(struct site *site, char *line, struct settings *s)
{
	struct account *a = &site->account;
	size_t n = strcspn(line, " \t\r\n");

	line[n] = '\0';
	if (n == 0 || *line == '#')
		return;
	if (a->nsecrets == 2)
		settings_problem(s, "secrets_file",
			"has more than two lines, expected the token and, while it is being "
			"changed, the old one");
	else if (n < 16 || !text_set(a->secrets[a->nsecrets], sizeof(a->secrets[0]), "%s", line))
		settings_problem(s, "secrets_file",
			"has a line that is no token, expected 16 to 127 characters");
	else
		a->nsecrets++;
}

/* One token in each line. The file must be closed to other users of the machine. */
static void secrets_read(struct site *site, const char *folder, struct settings *s)
{
	char name[PATH_SIZE], path[2 * PATH_SIZE], line[256];
	struct stat st;
	FILE *file;

	if (!setting_text(s, "secrets_file", SETTING_REQUIRED, name, sizeof(name)))
		return;
	text_set(path, sizeof(path), "%s%s%s", *name == '/' ? "" : folder, *name == '/' ? "" : "/",
		name);
	file = fopen(path, "re");
	if (!file || fstat(fileno(file), &st) != 0) {
		settings_problem(s, "secrets_file",
			"%s cannot be read (%s), expected a file with "
			"the provider's auth token",
			path, strerror(errno));
	} else {
		if (st.st_mode & 077)
			settings_problem(s, "secrets_file",
				"%s can be read by others, expected: chmod 600", path);
		while (fgets(line, sizeof(line), file))
			secret_line(site, line, s);
		explicit_bzero(line, sizeof(line));
		if (site->account.nsecrets == 0)
			settings_problem(s, "secrets_file", "%s is empty, expected a token", path);
	}
	if (file)
		fclose(file);
}

static void twilio_read(struct site *site, const char *folder, struct settings *s)
{
	struct account *a = &site->account;

	a->per_second = 1;
	text_set(a->api_url, sizeof(a->api_url), "https://api.twilio.com");
	setting_text(s, "account", SETTING_REQUIRED, a->id, sizeof(a->id));
	if (*a->id && (strncmp(a->id, "AC", 2) != 0 || strlen(a->id) != 34))
		settings_problem(s, "account",
			"does not look like an Account SID, expected AC and 32 hex digits");
	setting_text(s, "api_url", SETTING_OPTIONAL, a->api_url, sizeof(a->api_url));
	secrets_read(site, folder, s);
	if (strncmp(site->public_url, "https://", 8) != 0 &&
		strncmp(site->public_url, "http://127.", 11) != 0)
		settings_problem(s, "kind",
			"Twilio cannot reach %s safely, expected gateway: public_url with https://",
			site->public_url);
	if (strncmp(site->public_url, "http://127.", 11) == 0 &&
		strncmp(a->api_url, "http://127.", 11) != 0)
		settings_problem(s, "kind",
			"Twilio cannot call this machine back, expected gateway: public_url with "
			"the address that Twilio was told");
}

void site_provider_read(struct site *site, const char *folder, struct settings *top)
{
	static const char *const kinds[] = {"simulator", "twilio", NULL};
	struct account *a = &site->account;
	struct settings s;
	int kind = 0;

	settings_begin(
		&s, top->file, settings_map(top, "provider", SETTING_OPTIONAL), top->problems);
	setting_choice(&s, "kind", SETTING_OPTIONAL, kinds, &kind);
	text_set(a->kind, sizeof(a->kind), "%s", kinds[kind]);
	site->simulator = kind == 0;
	a->in_flight = 16;
	if (site->simulator)
		text_set(a->api_url, sizeof(a->api_url), "http://127.0.0.1:%d", site->carrier_port);
	else
		twilio_read(site, folder, &s);
	setting_number(&s, "texts_per_second", 0, 1000, &a->per_second);
	setting_int(&s, "at_once", 1, 256, &a->in_flight);
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
