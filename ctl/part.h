/*
 * A part of the house: a child process of `warmline up` that is started again when it dies.
 * It runs in a process group of its own (Ctrl-C in the terminal reaches only `up`, which stops
 * the parts in order), gets SIGTERM when `up` dies, and writes to <state>/log/<name>.log.
 */
#ifndef CTL_PART_H
#define CTL_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <warmline/site.h>

#define PART_BACKOFF_MIN_MS 100
#define PART_BACKOFF_MAX_MS 2000
#define PART_WELL_MS        10000 /* lived so long: the next restart is quick again */

struct part {
	const char *name; /* "gateway" */
	char **arguments; /* owned; program first, ends with NULL */
	int keep;         /* descriptor that the child inherits; -1 = none */
	char log[PATH_SIZE], pidfile[PATH_SIZE];
	pid_t pid;                      /* 0 = not running */
	int64_t started_ms, restart_ms; /* monotonic; restart_ms 0 = no restart is waiting */
	int64_t backoff_ms;
	off_t log_start;   /* where the log of this life begins */
	unsigned failures; /* ends by its own fault since the first start */
};

/* Takes `arguments`. */
void part_set(
	struct part *part, const struct site *site, const char *name, char **arguments, int keep);
bool part_start(struct part *part, struct fail *fail);
/* Call when SIGCHLD came: true = the part ended just now; its left-over children get SIGTERM. */
bool part_ended(struct part *part);
/* Plans the restart of a part that ended. */
void part_again(struct part *part, int64_t now_ms);
/* Signals the whole process group; nothing when it does not run. */
void part_signal(const struct part *part, int signal);
/* Removes the pid file and frees the arguments. */
void part_clear(struct part *part);
/* The last line of the part's log, for a sentence about why it ended. */
void part_last_words(const struct part *part, char *line, size_t size);

/* What it wrote since it was started, its end when that does not fit. */
void part_said(const struct part *part, char *text, size_t size);

#endif
