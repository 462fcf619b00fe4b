/*
 * One worker: a process with its own loop, journal, connection to the store and copy of the
 * listening socket. It lives as long as its master, drains on SIGTERM and SIGINT, and exits with
 * WORKER_REFUSED when it cannot serve at all (journal locked, damaged or of another key).
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <sys/types.h>
#include <warmline/site.h>

#define WORKER_REFUSED 78 /* EX_CONFIG */

struct worker_start {
	const struct site *site;
	const struct keys *keys;
	int listen_fd;
	int index, workers;
	pid_t master;
};

/* Runs until it is told to stop; returns the exit code. */
int worker_run(const struct worker_start *start);

#endif
