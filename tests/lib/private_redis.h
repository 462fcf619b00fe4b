/*
 * A redis-server of a test's own: unix socket and data in a folder, nothing shared. It dies with
 * the test (PDEATHSIG). All functions abort the test with a sentence when something fails.
 */
#ifndef TESTS_LIB_PRIVATE_REDIS_H
#define TESTS_LIB_PRIVATE_REDIS_H

#include <hiredis/hiredis.h>
#include <sys/types.h>
#include <warmline/site.h>

struct private_redis {
	char folder[PATH_SIZE]; /* made by start when "" and removed by free; else the caller's */
	bool own_folder;
	struct redis_address address;
	pid_t pid; /* 0 = not running */
};

/*
 * Starts it with appendonly yes, appendfsync always and waits until it answers. `options` are
 * further words of the command line, ended by NULL; may be NULL.
 */
void private_redis_start(struct private_redis *redis, const char *const *options);
/* The same without waiting for an answer. */
void private_redis_spawn(struct private_redis *redis, const char *const *options);
void private_redis_wait(struct private_redis *redis);
void private_redis_signal(struct private_redis *redis, int signal); /* SIGSTOP, SIGCONT */
void private_redis_kill(struct private_redis *redis);               /* -9, and waits for its end */
void private_redis_free(struct private_redis *redis);
/* One command on a connection of its own. The caller frees the reply. */
redisReply *private_redis_command(struct private_redis *redis, const char *format, ...);
/* The same, the answer is not wanted; an error reply aborts. */
void private_redis_do(struct private_redis *redis, const char *format, ...);
long long private_redis_number(struct private_redis *redis, const char *format, ...);

#endif
