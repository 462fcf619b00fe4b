/*
 * A gateway of a test's own: real processes (master and workers), real Redis, real sockets, a
 * state folder under /tmp. The test plays the telephone company: it signs and posts webhooks.
 * Functions abort the test with a sentence when something is wrong that is not being tested.
 */
#ifndef TESTS_LIB_STATION_H
#define TESTS_LIB_STATION_H

#include "tests/lib/private_redis.h"

#include <warmline/seal.h>
#include <warmline/site.h>

struct event_base;
struct store;

struct station {
	char state[PATH_SIZE];
	struct private_redis redis;
	struct site *site;
	struct keys *keys;
	int listen_fd;
	struct event_base *base; /* the test's own look into the store */
	struct store *store;
	pid_t gateway; /* the master, leader of its process group; 0 = not running */
};

/* What came back over one connection; status 0 = nothing did. */
struct station_answer {
	int status;
	char text[16384];
};

void station_open(struct station *station, int workers, bool with_redis);
void station_close(struct station *station);
void station_start(struct station *station);       /* and waits until it answers */
int station_stop(struct station *station);         /* SIGTERM; the exit code */
void station_kill(struct station *station);        /* -9, master and workers */
void station_kill_master(struct station *station); /* the master alone */
void station_kill_workers(struct station *station);

struct station_answer station_get(struct station *station, const char *path);
/* `body` is a form. Signed as the provider does when `token` is not NULL. */
struct station_answer station_post(
	struct station *station, const char *target, const char *body, const char *token);
/* A signed text; the answer's status. `sid` makes the event's id. */
int station_text(struct station *station, const char *from, const char *sid, const char *words);
/* As form fields: account, sid, from, to (our number), body. Caller frees. */
char *station_form(struct station *station, const char *from, const char *sid, const char *words);
int64_t station_metric(struct station *station, const char *line_start);

/* The undecided mail of a number or of an actor: "sid sid sid" in order. Caller frees. */
char *station_mail(struct station *station, const char *who);
bool station_stopped(struct station *station, const char *number);
/* Waits until the mail is `wanted`; false after `ms`. */
bool station_mail_becomes(struct station *station, const char *who, const char *wanted, int64_t ms);

#endif
