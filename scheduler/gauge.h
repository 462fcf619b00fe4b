/*
 * This process' metrics for others to read: a scheduler listens on no port, so every two seconds it
 * writes them into a file in its journal's folder, and the gateways' /metrics shows them.
 */
#ifndef SCHEDULER_GAUGE_H
#define SCHEDULER_GAUGE_H

#include <stdint.h>

struct gauge {
	int64_t written_ms; /* monotonic */
};

/* `folder` "" = there is none. */
void gauge_beat(struct gauge *gauge, const char *folder, int64_t now_ms);

#endif
