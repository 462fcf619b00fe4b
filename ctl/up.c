/*
 * warmline up: a whole house on one machine. The steps below run in this order; the first that
 * fails says one sentence, and what was started before is ended again.
 */
#include "ctl/command.h"
#include "ctl/crew.h"
#include "ctl/data.h"
#include "ctl/folder.h"
#include "ctl/probe.h"

#include "platform/pidfile.h"
#include "platform/redis_child.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/http_server.h>
#include <warmline/seal.h>
#include <warmline/store.h>

#define TURN_MS        100
#define LEFT_OVER_MS   10000 /* an earlier start was killed: its parts are still ending */
#define REDIS_MS       10000 /* until Redis listens; reading its data may take as long as it takes */
#define READY_MS       30000
#define STOP_MS        15000 /* per part */
#define FAILURES_MAX   3     /* of one part before the house was ready */
#define CARRIER_LISTEN "127.0.0.1"

struct up {
	struct site *site;
	struct keys *keys;
	struct crew crew;
	char bin[PATH_SIZE]; /* folder of the programs: ours */
	char *redis_program;
	bool private_redis, keys_made, begin_empty;
	int lock, redis_lock, gateway_fd, carrier_fd;
};

/* Steps return false with an empty sentence when somebody pressed Ctrl-C meanwhile. */
static bool stopped(struct fail *fail)
{
	fail->text[0] = '\0';
	return false;
}

static bool take_folder(struct up *up, struct fail *fail)
{
	char path[PATH_SIZE], socket[PATH_SIZE];

	site_path(up->site, "redis.sock", socket);
	up->private_redis = strcmp(up->site->redis.path, socket) == 0;
	if (up->private_redis && !redis_child_socket_fits(socket, fail))
		return false;
	if (!folder_make(up->site, fail))
		return false;
	up->lock = folder_lock(up->site, fail);
	if (up->lock < 0)
		return false;
	site_path(up->site, "up.pid", path);
	return pidfile_write(path, getpid(), fail);
}

/* After kill -9 of `up` its parts drain for a while: their ports and the journal are not free. */
static bool wait_for_earlier(struct up *up, struct fail *fail)
{
	static const char *const names[] = {"gateway", "scheduler", "carrier"};
	int64_t deadline = clock_monotonic_ms() + LEFT_OVER_MS;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char file[32], path[PATH_SIZE], program[32];
		pid_t pid;

		text_set(file, sizeof(file), "%s.pid", names[i]);
		text_set(program, sizeof(program), "warmline-%s", names[i]);
		site_path(up->site, file, path);
		pid = pidfile_read(path);
		while (pidfile_alive(pid, program)) {
			if (clock_monotonic_ms() > deadline)
				return fail_set(fail,
					"A %s of an earlier start is still running (process %d). "
					"Stop it with: kill %d",
					names[i], (int)pid, (int)pid);
			crew_turn(&up->crew, TURN_MS);
			if (up->crew.stop_asked)
				return stopped(fail);
		}
		unlink(path);
	}
	return true;
}

static bool find_programs(struct up *up, struct fail *fail)
{
	static const char *const names[] = {
		"warmline-gateway", "warmline-scheduler", "warmline-carrier"};
	char self[PATH_SIZE] = "", path[PATH_SIZE + 32];
	size_t n = up->site->simulator ? 3 : 2;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return fail_set(fail, "/proc is not there, so the programs cannot be found.");
	text_set(up->bin, sizeof(up->bin), "%s", dirname(self));
	for (size_t i = 0; i < n; i++) {
		text_set(path, sizeof(path), "%s/%s", up->bin, names[i]);
		if (access(path, X_OK) < 0)
			return fail_set(fail, "%s is missing. Build it with: make", path);
	}
	if (!up->private_redis)
		return true;
	up->redis_program = redis_child_find(fail);
	return up->redis_program != NULL;
}

static bool take_port(int *fd, const char *host, int port, const char *part, struct fail *fail)
{
	struct fail why;

	*fd = http_bind(host, port, &why);
	if (*fd < 0)
		return fail_set(fail, "The %s cannot listen: %s.", part, why.text);
	fcntl(*fd, F_SETFD, FD_CLOEXEC); /* only its own part inherits it */
	return true;
}

/* Bound here and inherited: a part that is started again refuses nobody meanwhile (change 5). */
static bool take_ports(struct up *up, struct fail *fail)
{
	const struct site *site = up->site;

	if (!take_port(&up->gateway_fd, site->listen, site->port, "gateway", fail))
		return false;
	return !site->simulator ||
	       take_port(&up->carrier_fd, CARRIER_LISTEN, site->carrier_port, "carrier", fail);
}

static bool take_keys(struct up *up, struct fail *fail)
{
	char path[PATH_SIZE];

	if (up->private_redis) {
		site_path(up->site, "redis.lock", path);
		up->redis_lock = redis_child_lock(path, LEFT_OVER_MS, fail);
		if (up->redis_lock < 0)
			return false;
	}
	up->keys = folder_keys(up->site, &up->keys_made, fail);
	return up->keys && (!up->private_redis || up->begin_empty || data_there(up->site, fail));
}

static bool died_at_start(const struct part *part, struct fail *fail)
{
	char last[300];

	part_last_words(part, last, sizeof(last));
	return fail_set(fail, "The %s does not start. Its last line in %s: %s", part->name,
		part->log, *last ? last : "(nothing)");
}

static bool start_redis(struct up *up, struct fail *fail)
{
	struct part *part = &up->crew.parts[CREW_REDIS];
	int64_t deadline = clock_monotonic_ms() + REDIS_MS;
	enum redis_child_state state;
	char folder[PATH_SIZE], pidfile[PATH_SIZE];

	if (!up->private_redis)
		return true;
	site_path(up->site, "redis", folder);
	site_path(up->site, "redis.pid", pidfile);
	part_set(part, up->site, "redis",
		redis_child_arguments(up->redis_program, up->site->redis.path, folder, pidfile),
		up->redis_lock);
	if (!part_start(part, fail))
		return false;
	while ((state = redis_child_ask(up->site->redis.path)) != REDIS_CHILD_READY) {
		crew_turn(&up->crew, TURN_MS);
		if (up->crew.stop_asked)
			return stopped(fail);
		if (part->failures)
			return data_damaged(up->site, part, fail) ? false
								  : died_at_start(part, fail);
		if (state == REDIS_CHILD_SILENT && clock_monotonic_ms() > deadline)
			return fail_set(fail, "Redis does not answer. Look into %s.", part->log);
	}
	if (data_was_cut(part))
		fprintf(stderr,
			"The end of Redis' data was not whole, as after a power cut, and was cut "
			"off (see %s). Texts in it come back from the journal.\n",
			part->log);
	return true;
}

static bool check_store(struct up *up, struct fail *fail)
{
	return store_redis_check(&up->site->redis, up->keys, fail);
}

static char **part_arguments(const struct up *up, const char *name, int listen_fd)
{
	char **a = xcalloc(8, sizeof(*a));
	size_t n = 0;

	a[n++] = xasprintf("%s/warmline-%s", up->bin, name);
	a[n++] = xstrdup("--config");
	a[n++] = xstrdup(up->site->config);
	a[n++] = xstrdup("--state");
	a[n++] = xstrdup(up->site->state);
	if (listen_fd >= 0) {
		a[n++] = xstrdup("--listen-fd");
		a[n++] = xasprintf("%d", listen_fd);
	}
	return a;
}

static bool start_part(
	struct up *up, enum crew_role role, const char *name, int fd, struct fail *fail)
{
	struct part *part = &up->crew.parts[role];

	part_set(part, up->site, name, part_arguments(up, name, fd), fd);
	return part_start(part, fail);
}

static bool start_parts(struct up *up, struct fail *fail)
{
	setenv("WARMLINE_STATE", up->site->state, 1);
	return start_part(up, CREW_GATEWAY, "gateway", up->gateway_fd, fail) &&
	       start_part(up, CREW_SCHEDULER, "scheduler", -1, fail) &&
	       (!up->site->simulator ||
		       start_part(up, CREW_CARRIER, "carrier", up->carrier_fd, fail));
}

static bool somebody_dies(const struct up *up, struct fail *fail)
{
	for (int i = 0; i < CREW_SIZE; i++)
		if (up->crew.parts[i].failures >= FAILURES_MAX)
			return !died_at_start(&up->crew.parts[i], fail);
	return false;
}

static bool wait_ready(struct up *up, struct fail *fail)
{
	const struct site *site = up->site;
	int64_t deadline = clock_monotonic_ms() + READY_MS;
	char reasons[300], page[8];

	while (probe_get(site->listen, site->port, "/readyz", reasons, sizeof(reasons)) != 200 ||
		(site->simulator &&
			!probe_get(CARRIER_LISTEN, site->carrier_port, "/", page, sizeof(page)))) {
		if (somebody_dies(up, fail))
			return false;
		if (clock_monotonic_ms() > deadline)
			return fail_set(fail,
				"warmline did not become ready in %d s: %s Look into the folder "
				"%s/log.",
				READY_MS / 1000, *reasons ? reasons : "a part does not answer.",
				site->state);
		crew_turn(&up->crew, TURN_MS);
		if (up->crew.stop_asked)
			return stopped(fail);
	}
	return true;
}

static const struct handset *first_participant(const struct site *site)
{
	for (size_t i = 0; i < site->nhandsets; i++)
		if (strcmp(site->handsets[i].role, "participant") == 0)
			return &site->handsets[i];
	return NULL;
}

/* The three lines a newcomer needs. */
static void tell_handsets(const struct site *site)
{
	const struct handset *phone = first_participant(site);
	const struct program *program =
		phone ? program_of_number(site->programs, site->nprograms, phone->writes_to.text)
		      : NULL;
	char word[24] = "join";

	if (program && program->njoin)
		text_set(word, sizeof(word), "%s", program->join[0]);
	for (char *c = word; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	printf("Open       http://%s:%d/ : a page of telephones, all inside this machine.\n",
		CARRIER_LISTEN, site->carrier_port);
	printf("Try        on %s's phone send %s, answer YES, and wait for the first check-in.\n",
		phone ? phone->name : "a participant", word);
	printf("Stop       with Ctrl-C. Everything is kept in %s and is there at the next start.\n",
		site->state);
}

static void tell_service(const struct site *site)
{
	printf("Running    texts come and go through %s, on %s:%d.\n", site->accounts[0].name,
		site->listen, site->port);
	printf("Provider   must call %s: \"warmline check --providers\" has the addresses.\n",
		site->public_url);
	printf("Stop       with Ctrl-C. Everything is kept in %s and is there at the next start.\n",
		site->state);
}

static bool serve(struct up *up, struct fail *fail)
{
	if (up->site->simulator)
		tell_handsets(up->site);
	else
		tell_service(up->site);
	fflush(stdout);
	up->crew.serving = true;
	while (!up->crew.stop_asked)
		crew_turn(&up->crew, 60000);
	return stopped(fail);
}

static void close_all(struct up *up)
{
	char path[PATH_SIZE];

	crew_stop(&up->crew, STOP_MS);
	crew_close(&up->crew);
	if (up->lock >= 0) {
		site_path(up->site, "up.pid", path);
		pidfile_remove(path, getpid());
	}
	free(up->redis_program);
	keys_free(&up->keys);
	site_free(&up->site);
}

/* Redis changes its folder and children have their own: everything is said in full paths. */
static struct site *site_absolute(const struct call *call)
{
	struct problems problems = {.n = 0};
	struct site *site = call_site(call), *absolute;
	char folder[PATH_SIZE], state[2 * PATH_SIZE];

	if (!site || site->state[0] == '/' || !getcwd(folder, sizeof(folder)))
		return site;
	text_set(state, sizeof(state), "%s/%s", folder,
		strncmp(site->state, "./", 2) == 0 ? site->state + 2 : site->state);
	absolute = site_load(call_option(call, "config"), state, &problems);
	if (!absolute)
		problems_print(&problems);
	problems_free(&problems);
	site_free(&site);
	return absolute;
}

static int run(const struct call *call)
{
	static bool (*const steps[])(struct up *, struct fail *) = {take_folder, wait_for_earlier,
		find_programs, take_ports, take_keys, start_redis, check_store, start_parts,
		wait_ready, serve};
	struct up up = {.lock = -1, .redis_lock = -1, .gateway_fd = -1, .carrier_fd = -1};
	struct fail fail = {.text = ""};
	size_t step = 0;

	umask(0077);
	up.crew.signals = -1;
	up.begin_empty = call_flag(call, "begin-empty");
	up.site = site_absolute(call);
	if (!up.site)
		return ENDED_PROBLEMS;
	if (crew_open(&up.crew, &fail))
		while (step < sizeof(steps) / sizeof(steps[0]) && steps[step](&up, &fail))
			step++;
	if (*fail.text)
		fprintf(stderr, "warmline up: %s\n", fail.text);
	if (*fail.text && up.keys_made && !up.private_redis)
		folder_keys_undo(up.site); /* that Redis belongs to other keys */
	close_all(&up);
	return *fail.text ? ENDED_FAILED : ENDED_WELL;
}

static const struct command_option options[] = {
	{"begin-empty", NULL, "go on although what Redis had is lost, with what the journal has"},
	{NULL, NULL, NULL},
};

const struct command command_up = {
	.name = "up",
	.words = "",
	.summary = "Starts everything on this machine: Redis, gateway, scheduler, simulator",
	.text = "Runs until Ctrl-C or SIGTERM, then ends every part in order. A part that dies is\n"
		"started again. WARMLINE_PORT and WARMLINE_CARRIER_PORT choose other ports. The "
		"logs\n"
		"of the parts are in the state folder, under log/.",
	.options = options,
	.run = run,
};
