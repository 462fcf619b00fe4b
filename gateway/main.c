/* warmline-gateway: takes what the telephone provider posts, and keeps it. */
#include "gateway/master.h"

#include "platform/redis.h"

#include <getopt.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>
#include <warmline/http_server.h>
#include <warmline/log.h>
#include <warmline/seal.h>
#include <warmline/store.h>

#define SYSTEMD_FIRST_FD 3

static const char usage[] =
	"warmline-gateway takes texts and receipts from the telephone provider.\n"
	"\n"
	"  --config FILE    warmline.yaml (default: $WARMLINE_CONFIG, ./config/warmline.yaml,\n"
	"                   /etc/warmline/warmline.yaml)\n"
	"  --state FOLDER   where keys and journal are (default: $WARMLINE_STATE, or see the "
	"manual)\n"
	"  --listen-fd N    a listening socket that was opened by whoever starts this program;\n"
	"                   sockets of systemd (LISTEN_FDS) are taken by themselves\n"
	"  --help           this text\n"
	"\n"
	"SIGTERM and SIGINT: owed replies are sent, then it ends. Exit code 0 = stopped as asked,\n"
	"1 = it could not start or serve, 2 = it was called wrongly.\n";

struct options {
	const char *config, *state;
	int listen_fd; /* -1 = bind */
};

static int say(int code, const char *text)
{
	fprintf(stderr, "warmline-gateway: %s\n", text);
	return code;
}

static int listen_fd_of(const char *text)
{
	char *end;
	long fd = strtol(text, &end, 10);

	return *text && !*end && fd >= 0 && fd < 65536 ? (int)fd : -1;
}

/* systemd's protocol: LISTEN_PID is us, descriptors start at 3 (sd_listen_fds(3)). */
static int systemd_fd(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	if (!pid || !fds || strtol(pid, NULL, 10) != (long)getpid() || strtol(fds, NULL, 10) < 1)
		return -1;
	return SYSTEMD_FIRST_FD;
}

/* -1 = go on; else the exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 's'},
		{"listen-fd", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	int option;

	options->listen_fd = systemd_fd();
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c': options->config = optarg; break;
		case 's': options->state = optarg; break;
		case 'l':
			options->listen_fd = listen_fd_of(optarg);
			if (options->listen_fd < 0)
				return say(2, "--listen-fd wants the number of an open socket");
			break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	return optind < argc ? say(2, "only options are taken, see --help") : -1;
}

/* Up and willing: not starting, not loading its data. One that hangs keeps texts waiting now. */
static bool redis_answers(const struct redis_address *address)
{
	struct timeval limit = {1, 0};
	redisContext *c = redis_blocking(address, NULL);
	redisReply *reply = NULL;
	bool good;

	if (c && redisSetTimeout(c, limit) == REDIS_OK)
		reply = redisCommand(c, "PING");
	good = reply && reply->type == REDIS_REPLY_STATUS;
	if (reply)
		freeReplyObject(reply);
	if (c)
		redisFree(c);
	return good;
}

/*
 * A gateway starts without Redis and keeps texts in its journal. A Redis that is there must be the
 * right one: with other keys, an older version or without fsync it is refused, not used.
 */
static bool check_store(const struct site *site, const struct keys *keys, struct fail *fail)
{
	if (redis_answers(&site->redis))
		return store_redis_check(&site->redis, keys, fail);
	log_event(LOG_LEVEL_WARN, "store-absent",
		"Redis does not answer yet: texts are kept in the journal until it does");
	return true;
}

static int serve(struct site *site, struct keys *keys, int listen_fd)
{
	struct fail fail;

	if (!check_store(site, keys, &fail) || !master_lock(site, &fail))
		return say(1, fail.text);
	if (listen_fd < 0)
		listen_fd = http_bind(site->listen, site->port, &fail);
	if (listen_fd < 0)
		return say(1, fail.text);
	return master_run(site, keys, listen_fd);
}

static int load_and_serve(const struct options *options)
{
	struct problems problems = {0};
	struct site *site = site_load(options->config, options->state, &problems);
	char path[PATH_SIZE];
	struct keys *keys;
	struct fail fail;
	int code;

	if (!site) {
		problems_print(&problems);
		problems_free(&problems);
		return 1;
	}
	site_path(site, "keys", path);
	keys = keys_load(path, &fail);
	if (keys) {
		if (site->simulator)
			site_use_keys(site, keys);
		code = serve(site, keys, options->listen_fd);
	} else {
		code = say(1, fail.text);
	}
	keys_free(&keys);
	site_free(&site);
	problems_free(&problems);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {NULL, NULL, -1};
	int code = read_options(argc, argv, &options);

	if (code >= 0)
		return code;
	log_open("gateway");
	if (sodium_init() < 0)
		return say(1, "libsodium does not work on this machine");
	return load_and_serve(&options);
}
