/*
 * /healthz: this worker's loop turns and its journal works: texts are taken safely. Balancers ask
 * this one, because a gateway without its store still must get the texts.
 * /readyz: the store is there too; else 503 and the reasons, one a line.
 * /metrics: Prometheus text, of the schedulers of this machine too.
 */
#ifndef GATEWAY_HEALTH_H
#define GATEWAY_HEALTH_H

#include "gateway/poster.h"

#include <warmline/http_server.h>
#include <warmline/site.h>

struct event_base;

struct health {
	struct store *store;
	struct spool *spool;
	struct poster *poster;
	struct event *timer;
	char journal[PATH_SIZE]; /* folder of all journals */
	char who[80];            /* host, process: the name in heartbeats */
	int worker;
	bool asking, stopped;
	int64_t scheduler_ms; /* wall clock of the newest scheduler heartbeat; 0 = none seen */
};

void health_start(struct health *health, struct event_base *base);
void health_stop(struct health *health); /* before the store is freed */
/* `arg` is the struct health. */
void health_live(struct http_request *r, void *arg);
void health_ready(struct http_request *r, void *arg);
void health_metrics(struct http_request *r, void *arg);

#endif
