/* warmline-carrier: the telephone company on loopback. See docs/carrier.md. */
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <warmline/log.h>
#include <warmline/seal.h>
#include <warmline/site.h>

#include "platform/pidfile.h"
#include "simulator/carrier.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

struct arguments {
	const char *config, *state;
	int listen_fd; /* -1 = bind by ourselves */
};
struct running {
	struct event_base *base;
	struct carrier *carrier;
};

static const char usage[] =
	"usage: warmline-carrier [--config FILE] [--state FOLDER] [--listen-fd N]\n"
	"\n"
	"A telephone company on loopback that speaks Twilio's API to warmline and shows a page of\n"
	"handsets. Usually started by \"warmline up\". docs/carrier.md describes its control API.\n"
	"\n"
	"  --config FILE    the site's configuration (else $WARMLINE_CONFIG, "
	"./config/warmline.yaml)\n"
	"  --state FOLDER   the site's state folder (else $WARMLINE_STATE)\n"
	"  --listen-fd N    serve on this listening socket instead of 127.0.0.1:carrier_port\n"
	"\n"
	"Ends with 0 after SIGTERM or SIGINT, 1 when it could not start, 2 for wrong arguments.\n";

static bool read_fd(const char *text, int *fd)
{
	char *end;
	long n = strtol(text, &end, 10);

	*fd = (int)n;
	return *text && !*end && n >= 0 && n < 1048576;
}

/* -1: go on; else the exit code. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 's'},
		{"listen-fd", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		bool ok = option != '?';

		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		}
		if (option == 'c')
			a->config = optarg;
		if (option == 's')
			a->state = optarg;
		if (option == 'l')
			ok = read_fd(optarg, &a->listen_fd);
		if (!ok) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static struct site *load(const struct arguments *a, struct fail *fail)
{
	struct problems problems = {0};
	struct site *site = site_load(a->config, a->state, &problems);
	char path[PATH_SIZE];
	struct keys *keys;

	problems_print(&problems);
	problems_free(&problems);
	if (!site) {
		fail_set(fail, "The configuration has the problems above.");
		return NULL;
	}
	if (!site->simulator) {
		fail_set(fail, "No provider of %s is the simulator: the carrier plays no other.",
			site->config);
		site_free(&site);
		return NULL;
	}
	site_path(site, "keys", path);
	keys = keys_load(path, fail);
	if (!keys) {
		site_free(&site);
		return NULL;
	}
	site_use_keys(site, keys);
	keys_free(&keys);
	return site;
}

/* Thousands of tests may text at once; each needs a descriptor, and so does each webhook. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 16384 ? limit.rlim_max : 16384;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void ended(void *arg)
{
	event_base_loopexit(arg, NULL);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
	struct running *run = arg;

	(void)what;
	log_event(LOG_LEVEL_INFO, "stopping", "signal=%d", (int)signal);
	carrier_drain(run->carrier, ended, run->base);
}

static bool serve(struct running *run, const char *pid_path, struct fail *fail)
{
	struct event *term = evsignal_new(run->base, SIGTERM, on_signal, run);
	struct event *interrupt = evsignal_new(run->base, SIGINT, on_signal, run);
	bool ok = term && interrupt && evsignal_add(term, NULL) == 0 &&
		  evsignal_add(interrupt, NULL) == 0 && pidfile_write(pid_path, getpid(), fail);

	if (ok) {
		log_event(LOG_LEVEL_INFO, "ready", "pid=%d", (int)getpid());
		event_base_dispatch(run->base);
		pidfile_remove(pid_path, getpid());
	}
	if (term)
		event_free(term);
	if (interrupt)
		event_free(interrupt);
	return ok;
}

static bool run_site(const struct site *site, int listen_fd, struct fail *fail)
{
	struct running run = {.base = event_base_new()};
	char pid_path[PATH_SIZE];
	bool ok = false;

	site_path(site, "carrier.pid", pid_path);
	if (listen_fd < 0)
		listen_fd = http_bind("127.0.0.1", site->carrier_port, fail);
	if (listen_fd < 0 || !run.base)
		goto out;
	run.carrier = carrier_new(run.base, site, listen_fd, fail);
	if (run.carrier)
		ok = serve(&run, pid_path, fail);
	carrier_free(&run.carrier);
out:
	if (run.base)
		event_base_free(run.base);
	return ok;
}

int main(int argc, char **argv)
{
	struct arguments a = {.listen_fd = -1};
	int code = read_arguments(argc, argv, &a);
	struct fail fail = {""};
	struct site *site;
	bool ok;

	if (code >= 0)
		return code;
	log_open("warmline-carrier");
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	if (sodium_init() < 0)
		fail_abort("libsodium could not be started");
	site = load(&a, &fail);
	ok = site && run_site(site, a.listen_fd, &fail);
	site_free(&site);
	if (!ok)
		fprintf(stderr, "warmline-carrier: %s\n", fail.text);
	return ok ? EXIT_OK : EXIT_FAILED;
}
