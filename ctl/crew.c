#include "ctl/crew.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <warmline/clock.h>

#define KILLED_MS 5000 /* how long the kernel may take to end what was killed */

bool crew_open(struct crew *crew, struct fail *fail)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	crew->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return crew->signals >= 0 ||
	       fail_set(fail, "Signals cannot be received: %s.", strerror(errno));
}

static void read_signals(struct crew *crew)
{
	struct signalfd_siginfo info;

	while (read(crew->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			crew->stop_asked = true;
}

/* At its first end, and once more when it keeps ending: not a line for every restart. */
static void tell(const struct part *part, int64_t backoff_before)
{
	char last[300];

	if (part->backoff_ms == PART_BACKOFF_MIN_MS) {
		fprintf(stderr, "The %s ended; it is started again (see %s).\n", part->name,
			part->log);
	} else if (part->backoff_ms == PART_BACKOFF_MAX_MS && backoff_before < part->backoff_ms) {
		part_last_words(part, last, sizeof(last));
		fprintf(stderr,
			"The %s keeps ending and is started every %d s. Its last line: %s\n",
			part->name, PART_BACKOFF_MAX_MS / 1000, last);
	}
}

static void part_look(struct crew *crew, struct part *part)
{
	int64_t before = part->backoff_ms;

	if (!part_ended(part) || crew->stopping)
		return;
	part_again(part, clock_monotonic_ms());
	if (crew->serving)
		tell(part, before);
}

static void part_due(struct crew *crew, struct part *part)
{
	struct fail fail;
	int64_t now = clock_monotonic_ms();

	if (crew->stopping || part->pid || !part->restart_ms || part->restart_ms > now)
		return;
	if (part_start(part, &fail))
		return;
	fprintf(stderr, "%s\n", fail.text);
	if (!part->pid)
		part_again(part, now);
}

static int64_t wait_ms(const struct crew *crew, int64_t ms)
{
	int64_t now = clock_monotonic_ms();

	for (int i = 0; i < CREW_SIZE; i++) {
		int64_t left = crew->parts[i].restart_ms - now;

		if (crew->parts[i].restart_ms && !crew->stopping && left < ms)
			ms = left > 0 ? left : 0;
	}
	return ms;
}

void crew_turn(struct crew *crew, int64_t ms)
{
	struct pollfd wait = {.fd = crew->signals, .events = POLLIN};

	if (poll(&wait, 1, (int)wait_ms(crew, ms)) > 0)
		read_signals(crew);
	for (int i = 0; i < CREW_SIZE; i++) {
		part_look(crew, &crew->parts[i]);
		part_due(crew, &crew->parts[i]);
	}
}

static void wait_end(struct crew *crew, const struct part *part, int64_t limit_ms)
{
	int64_t deadline = clock_monotonic_ms() + limit_ms, left;

	while (part->pid && (left = deadline - clock_monotonic_ms()) > 0)
		crew_turn(crew, left);
}

static void part_end(struct crew *crew, struct part *part, bool keep_descriptor, int64_t limit_ms)
{
	if (part->keep >= 0 && part->arguments && !keep_descriptor) {
		/* With our copy gone the port is closed as soon as the part stops listening. */
		close(part->keep);
		part->keep = -1;
	}
	part_signal(part, SIGTERM);
	wait_end(crew, part, limit_ms);
	if (!part->pid)
		return;
	fprintf(stderr, "The %s did not end by itself and is killed.\n", part->name);
	part_signal(part, SIGKILL);
	wait_end(crew, part, KILLED_MS);
}

void crew_stop(struct crew *crew, int64_t limit_ms)
{
	static const enum crew_role order[] = {
		CREW_GATEWAY, CREW_SCHEDULER, CREW_CARRIER, CREW_REDIS};

	crew->stopping = true;
	for (size_t i = 0; i < CREW_SIZE; i++)
		part_end(crew, &crew->parts[order[i]], order[i] == CREW_REDIS, limit_ms);
}

void crew_close(struct crew *crew)
{
	for (int i = 0; i < CREW_SIZE; i++)
		part_clear(&crew->parts[i]);
	if (crew->signals >= 0)
		close(crew->signals);
	crew->signals = -1;
}
