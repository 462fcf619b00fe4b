/*
 * warmline-scheduler: decides what is due, forwards events, sends texts. Any number may run.
 *
 *   read site and keys → wait for Redis → run → SIGTERM → drain → exit 0
 *
 * Exit codes: 0 stopped as asked; 1 cannot run, with a sentence; 2 wrong arguments.
 */
#include "core/backoff.h"
#include "platform/pidfile.h"
#include "scheduler/chance.h"
#include "scheduler/scheduler.h"

#include <event2/event.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/site.h>

#define DRAIN_MS      12000
#define WAIT_FIRST_MS 100
#define WAIT_MOST_MS  2000

struct service {
	const char *config, *state;
	struct site *site;
	struct keys *keys;
	struct house house;
	struct event_base *base;
	struct store *store;
	struct scheduler *scheduler;
	char journal[PATH_SIZE];
	struct event *stops[2];
	bool draining;
};

static const char usage[] =
	"usage: warmline-scheduler [--config FILE] [--state FOLDER]\n"
	"\n"
	"Decides what is due, sends texts, until SIGTERM. \"warmline up\" starts it for you.\n"
	"  --config FILE   warmline.yaml (else $WARMLINE_CONFIG, ./config, /etc/warmline)\n"
	"  --state FOLDER  keys, pid files, Redis socket (else $WARMLINE_STATE)\n";

/* -1: go on; otherwise the exit code. */
static int arguments_read(struct service *s, int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c': s->config = optarg; break;
		case 's': s->state = optarg; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "warmline-scheduler: \"%s\" is not understood.\n%s", argv[optind],
			usage);
		return 2;
	}
	return -1;
}

static bool site_read(struct service *s, struct fail *fail)
{
	struct problems problems = {0};
	char path[PATH_SIZE];

	s->site = site_load(s->config, s->state, &problems);
	if (!s->site) {
		problems_print(&problems);
		problems_free(&problems);
		return fail_set(fail, "the configuration has errors; correct the lines above and "
				      "try \"warmline check\"");
	}
	problems_free(&problems);
	site_path(s->site, "keys", path);
	s->keys = keys_load(path, fail);
	if (!s->keys)
		return false;
	site_use_keys(s->site, s->keys);
	s->house = site_house(s->site);
	return true;
}

/* SIGTERM and SIGINT are held back until the loop listens, so that none comes too early. */
static void stops_hold(int how)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigprocmask(how, &stops, NULL);
}

static int stops_descriptor(void)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	return signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Not there yet, or still reading its file: that passes. Anything else needs a person. */
static bool passes(const struct fail *fail)
{
	static const char *const words[] = {
		"does not answer", "stopped answering", "loading its data"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(fail->text, words[i]))
			return true;
	return false;
}

/* 1: Redis is as it must be; 0: asked to stop meanwhile; -1: it cannot be used. */
static int redis_wait(struct service *s, struct fail *fail)
{
	struct pollfd stop = {.fd = stops_descriptor(), .events = POLLIN};
	int tries = 0, found = -2;

	while (found == -2) {
		if (store_redis_check(&s->site->redis, s->keys, fail)) {
			found = 1;
		} else if (!passes(fail)) {
			found = -1;
		} else {
			log_limited(LOG_LEVEL_WARN, "waiting-for-redis", "%s", fail->text);
			if (poll(&stop, 1,
				    (int)backoff_ms(
					    ++tries, WAIT_FIRST_MS, WAIT_MOST_MS, chance())) > 0)
				found = 0;
		}
	}
	close(stop.fd);
	return found;
}

static void on_drained(void *arg)
{
	struct service *s = arg;

	event_base_loopbreak(s->base);
}

static void on_stop(evutil_socket_t number, short what, void *arg)
{
	struct service *s = arg;

	(void)what;
	if (s->draining)
		return;
	s->draining = true;
	log_event(LOG_LEVEL_INFO, "draining", "signal=%d; %zu calls and texts are under way",
		(int)number, scheduler_busy(s->scheduler));
	scheduler_drain(s->scheduler, DRAIN_MS, on_drained, s);
}

static bool service_open(struct service *s, struct fail *fail)
{
	static const int numbers[] = {SIGTERM, SIGINT};
	struct scheduler_options options = {.house = &s->house, .settle_ms = -1};

	s->base = options.base = event_base_new();
	if (!s->base)
		return fail_set(fail, "the event loop could not be made");
	for (size_t i = 0; i < 2; i++) {
		s->stops[i] = evsignal_new(s->base, numbers[i], on_stop, s);
		if (!s->stops[i] || event_add(s->stops[i], NULL) != 0)
			return fail_set(fail, "the event loop takes no signals");
	}
	s->store = options.store = store_redis_new(s->base, &s->site->redis, s->keys);
	if (!s->store)
		return fail_set(fail, "the store could not be opened");
	options.keys = s->keys;
	options.accounts = s->site->accounts;
	options.naccounts = s->site->naccounts;
	options.public_url = s->site->public_url;
	site_path(s->site, "journal", s->journal);
	options.journal = s->journal;
	s->scheduler = scheduler_start(&options, fail);
	stops_hold(SIG_UNBLOCK);
	return s->scheduler != NULL;
}

static void service_close(struct service *s)
{
	if (s->scheduler)
		scheduler_quit(s->scheduler);
	if (s->store)
		s->store->ops->free(s->store);
	scheduler_free(&s->scheduler);
	for (size_t i = 0; i < 2; i++)
		if (s->stops[i])
			event_free(s->stops[i]);
	if (s->base)
		event_base_free(s->base);
	keys_free(&s->keys);
	if (s->site)
		site_free(&s->site);
	libevent_global_shutdown();
}

static bool service_run(struct service *s, struct fail *fail)
{
	char pidfile[PATH_SIZE];
	int found;

	if (!site_read(s, fail))
		return false;
	site_path(s->site, "scheduler.pid", pidfile);
	if (!pidfile_write(pidfile, getpid(), fail))
		return false;
	found = redis_wait(s, fail);
	if (found > 0 && service_open(s, fail)) {
		log_event(LOG_LEVEL_INFO, "started", "programs=%zu accounts=%zu first=%s",
			s->site->nprograms, s->site->naccounts, s->site->accounts[0].name);
		event_base_dispatch(s->base);
		log_event(LOG_LEVEL_INFO, "stopped", "drained");
	} else if (found) {
		found = -1;
	}
	pidfile_remove(pidfile, getpid());
	return found >= 0;
}

int main(int argc, char **argv)
{
	struct service service = {0};
	struct fail fail = {""};
	int code = arguments_read(&service, argc, argv);
	bool ok;

	if (code >= 0)
		return code;
	log_open("scheduler");
	signal(SIGPIPE, SIG_IGN);
	stops_hold(SIG_BLOCK);
	metrics_open();
	ok = service_run(&service, &fail);
	if (!ok)
		fprintf(stderr, "warmline-scheduler: %s\n", fail.text);
	service_close(&service);
	return ok ? 0 : 1;
}
