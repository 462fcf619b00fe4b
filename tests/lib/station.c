#include "tests/lib/station.h"

#include "gateway/master.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/http_server.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/store.h>

#define WAIT_MS 20000

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* --- life ------------------------------------------------------------------------------------ */

static void load_site(struct station *station, int workers)
{
	struct problems problems = {0};
	char path[PATH_SIZE];
	struct fail fail;

	station->site = site_load("config/warmline.yaml", station->state, &problems);
	if (!station->site) {
		problems_print(&problems);
		fail_abort("station: the configuration does not load");
	}
	site_path(station->site, "keys", path);
	station->keys = keys_create(path, &fail) ? keys_load(path, &fail) : NULL;
	if (!station->keys)
		fail_abort("station: %s", fail.text);
	site_use_keys(station->site, station->keys);
	station->site->workers = workers;
}

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		fail_abort("station: no port");
	return ntohs(address.sin_port);
}

void station_open(struct station *station, int workers, bool with_redis)
{
	struct fail fail;

	*station = (struct station){.gateway = 0};
	text_set(station->state, sizeof(station->state), "/tmp/warmline-station-XXXXXX");
	if (!mkdtemp(station->state))
		fail_abort("station: no folder in /tmp");
	signal(SIGPIPE, SIG_IGN);
	load_site(station, workers);
	station->listen_fd = http_bind("127.0.0.1", 0, &fail);
	if (station->listen_fd < 0)
		fail_abort("station: %s", fail.text);
	station->site->port = port_of(station->listen_fd);
	text_set(station->site->public_url, sizeof(station->site->public_url),
		"https://sms.example.org/warmline");
	site_path(station->site, "redis", station->redis.folder);
	mkdir(station->redis.folder, 0700);
	if (with_redis)
		private_redis_start(&station->redis, NULL);
	else
		text_set(station->redis.address.path, sizeof(station->redis.address.path),
			"%s/redis.sock", station->redis.folder);
	station->site->redis = station->redis.address;
}

static void close_reader(struct station *station);

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void station_close(struct station *station)
{
	if (station->gateway)
		station_kill(station);
	close_reader(station);
	close(station->listen_fd);
	private_redis_free(&station->redis);

	nftw(station->state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	keys_free(&station->keys);
	site_free(&station->site);
}

static void run_gateway(const struct station *station, pid_t parent)
{
	char path[PATH_SIZE];
	struct fail fail;
	int log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setpgid(0, 0);
	site_path(station->site, "gateway.log", path);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(log, STDERR_FILENO);
	log_open("gateway");
	if (!master_lock(station->site, &fail))
		fail_abort("%s", fail.text);
	_exit(master_run(station->site, station->keys, station->listen_fd));
}

void station_start(struct station *station)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;
	pid_t parent = getpid();

	fflush(NULL);
	station->gateway = fork();
	if (station->gateway < 0)
		fail_abort("station: cannot fork");
	if (station->gateway == 0)
		run_gateway(station, parent);
	setpgid(station->gateway, station->gateway);
	while (station_get(station, "/healthz").status != 200) {
		if (clock_monotonic_ms() > until)
			fail_abort("station: the gateway does not serve, see %s", station->state);
		pause_ms(10);
	}
}

static int wait_end(struct station *station)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;
	int status = 0;

	while (waitpid(station->gateway, &status, WNOHANG) == 0) {
		if (clock_monotonic_ms() > until)
			fail_abort("station: the gateway does not end");
		pause_ms(5);
	}
	station->gateway = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int station_stop(struct station *station)
{
	kill(station->gateway, SIGTERM);
	return wait_end(station);
}

void station_kill(struct station *station)
{
	kill(-station->gateway, SIGKILL);
	wait_end(station);
}

void station_kill_master(struct station *station)
{
	kill(station->gateway, SIGKILL);
	wait_end(station);
}

void station_kill_workers(struct station *station)
{
	char path[64], text[256] = "";
	char *at = text, *end;
	int fd;

	text_set(path, sizeof(path), "/proc/%d/task/%d/children", (int)station->gateway,
		(int)station->gateway);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail_abort("station: the workers cannot be listed");
	close(fd);
	for (long pid; (pid = strtol(at, &end, 10)) > 0; at = end)
		kill((pid_t)pid, SIGKILL);
}

/* --- the telephone company ------------------------------------------------------------------- */

static int dial(const struct station *station)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)station->site->port)};
	struct timeval limit = {WAIT_MS / 1000, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail_abort("station: the listening socket is gone");
	return fd;
}

static struct station_answer ask(struct station *station, const char *head, const char *body)
{
	struct station_answer answer = {0, ""};
	size_t len = 0;
	ssize_t n;
	int fd = dial(station);

	if (send(fd, head, strlen(head), MSG_NOSIGNAL) > 0 && *body)
		(void)!send(fd, body, strlen(body), MSG_NOSIGNAL);
	while (len < sizeof(answer.text) - 1 &&
		(n = recv(fd, answer.text + len, sizeof(answer.text) - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	if (strncmp(answer.text, "HTTP/1.1 ", 9) == 0)
		answer.status = (int)strtol(answer.text + 9, NULL, 10);
	return answer;
}

struct station_answer station_get(struct station *station, const char *path)
{
	char *head = xasprintf("GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path);
	struct station_answer answer = ask(station, head, "");

	free(head);
	return answer;
}

struct station_answer station_post(
	struct station *station, const char *target, const char *body, const char *token)
{
	char *url = xasprintf("%s%s", station->site->public_url, target), *head;
	char signature[29] = "none";
	struct station_answer answer;
	struct form form;

	if (token && form_parse(&form, body, strlen(body)) == FORM_OK) {
		twilio_sign(token, url, &form, signature);
		form_free(&form);
	}
	head = xasprintf("POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
			 "Content-Type: application/x-www-form-urlencoded\r\n"
			 "X-Twilio-Signature: %s\r\nContent-Length: %zu\r\n\r\n",
		target, signature, strlen(body));
	answer = ask(station, head, body);
	free(head);
	free(url);
	return answer;
}

char *station_form(struct station *station, const char *from, const char *sid, const char *words)
{
	char *number = form_escape(from), *to = form_escape(station->site->programs[0].number.text);
	char *body = form_escape(words), *form;

	form = xasprintf("AccountSid=%s&MessageSid=%s&From=%s&To=%s&Body=%s&NumMedia=0",
		station->site->accounts[0].id, sid, number, to, body);
	free(number);
	free(to);
	free(body);
	return form;
}

int station_text(struct station *station, const char *from, const char *sid, const char *words)
{
	char *form = station_form(station, from, sid, words);
	struct station_answer answer =
		station_post(station, "/twilio/sms", form, station->site->accounts[0].secrets[0]);

	free(form);
	return answer.status;
}

int64_t station_metric(struct station *station, const char *line_start)
{
	struct station_answer answer = station_get(station, "/metrics");
	char *wanted = xasprintf("\n%s ", line_start);
	const char *at = strstr(answer.text, wanted);

	at = at ? at + strlen(wanted) - 1 : NULL;
	free(wanted);
	return at ? strtoll(at, NULL, 10) : 0;
}

/* --- what is in the store -------------------------------------------------------------------- */

struct reading {
	char *mail;
	bool stopped, done;
};

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct reading *reading = arg;

	reading->done = true;
	if (result != STORE_OK)
		return;
	reading->stopped = view->stopped;
	for (size_t i = 0; i < view->nmail; i++) {
		json_t *event = json_parse(view->mail[i].event.data, view->mail[i].event.len);
		char *longer = xasprintf("%s%s%s", reading->mail, *reading->mail ? " " : "",
			json_get_text(event, "provider_id", "?"));

		free(reading->mail);
		reading->mail = longer;
		json_decref(event);
	}
}

static void open_reader(struct station *station)
{
	if (station->base)
		return;
	station->base = event_base_new();
	station->store = store_redis_new(station->base, &station->redis.address, station->keys);
}

static void close_reader(struct station *station)
{
	if (!station->base)
		return;
	station->store->ops->free(station->store);
	event_base_free(station->base);
	station->base = NULL;
}

static struct reading read_actor(struct station *station, const char *actor, const char *number)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;
	struct reading reading = {xstrdup(""), false, false};
	char blind[BLIND_SIZE] = "";
	const char *reason;

	open_reader(station);
	if (number)
		keys_blind(station->keys, number, blind);
	while (!station->store->ops->up(station->store, &reason) && clock_monotonic_ms() < until)
		event_base_loop(station->base, EVLOOP_ONCE);
	station->store->ops->read(
		station->store, actor, number ? blind : NULL, 0, on_read, &reading);
	while (!reading.done && clock_monotonic_ms() < until)
		event_base_loop(station->base, EVLOOP_ONCE);
	return reading;
}

char *station_mail(struct station *station, const char *who)
{
	bool number = who[0] == '+';

	return read_actor(station, number ? NULL : who, number ? who : NULL).mail;
}

bool station_stopped(struct station *station, const char *number)
{
	struct reading reading = read_actor(station, NULL, number);

	free(reading.mail);
	return reading.stopped;
}

bool station_mail_becomes(struct station *station, const char *who, const char *wanted, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	bool same = false;

	while (!same && clock_monotonic_ms() < until) {
		char *mail = station_mail(station, who);

		same = strcmp(mail, wanted) == 0;
		free(mail);
		if (!same)
			pause_ms(50);
	}
	return same;
}
