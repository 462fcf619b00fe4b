/*
 * The master process: it writes gateway.pid, forks the workers on one listening socket, starts one
 * again that died, and passes a stop on. It takes no requests itself.
 */
#ifndef GATEWAY_MASTER_H
#define GATEWAY_MASTER_H

#include <warmline/fail.h>
#include <warmline/site.h>

struct keys;

/*
 * One gateway for each state folder: the lock is inherited by the workers, so that it is held until
 * the last of them has drained. Waits for those of a gateway that was killed.
 */
bool master_lock(const struct site *site, struct fail *fail);
/* Runs until SIGTERM or SIGINT; returns the exit code. */
int master_run(const struct site *site, const struct keys *keys, int listen_fd);

#endif
