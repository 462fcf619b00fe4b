/*
 * The private Redis of `warmline up`: what to check before, how to start it, when it is ready.
 *
 * Two redis-servers on one folder start happily and lose acknowledged writes (reliability.md B8),
 * so the folder has a lock whose descriptor redis-server inherits: the lock lives exactly as
 * long as Redis does, also when the process that started it is gone (change 10).
 */
#ifndef PLATFORM_REDIS_CHILD_H
#define PLATFORM_REDIS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/fail.h>

#define REDIS_CHILD_MAJOR 7 /* Redis Functions came with 7.0 */

/* The first "redis-server" of $PATH, checked: there, and new enough. Caller frees; NULL = failed.
 */
char *redis_child_find(struct fail *fail);
/* Major version in "Redis server v=7.0.15 sha=..."; 0 = this is no such line. */
int redis_child_major(const char *line);

/*
 * Locks `path` (made when missing). The descriptor is close-on-exec; hand it to redis-server.
 * Waits up to `wait_ms` for a Redis of an earlier start to end. -1 = failed.
 */
int redis_child_lock(const char *path, int64_t wait_ms, struct fail *fail);
/* Is the path short enough for a unix socket? (108 bytes with NUL: unix(7).) */
bool redis_child_socket_fits(const char *path, struct fail *fail);

/*
 * The arguments of redis-server: no TCP port, every write on disk before its answer, nothing
 * evicted, no snapshots. Absolute paths, because Redis changes into `folder`. Ends with NULL;
 * free with redis_child_arguments_free().
 */
char **redis_child_arguments(
	const char *program, const char *socket, const char *folder, const char *pidfile);
void redis_child_arguments_free(char ***arguments);

enum redis_child_state {
	REDIS_CHILD_SILENT,  /* nobody listens yet */
	REDIS_CHILD_LOADING, /* reads its data; how long depends on how much there is */
	REDIS_CHILD_READY,
};
/* Asks once, blocking for at most a second. */
enum redis_child_state redis_child_ask(const char *socket);

#endif
