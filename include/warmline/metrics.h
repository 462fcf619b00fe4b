/*
 * Counters and gauges in Prometheus text. Workers of one daemon share them: metrics_open() maps
 * the table before the fork. Names and label sets are bounded; a series that finds no room is
 * counted in warmline_metrics_lost_total. Never a number, name or id as a label.
 */
#ifndef WARMLINE_METRICS_H
#define WARMLINE_METRICS_H

#include <stdint.h>

struct evbuffer;

void metrics_open(void);
/* metric_add("warmline_webhooks_total", "route=\"text\",status=\"403\"", 1); labels may be "" */
void metric_add(const char *name, const char *labels, int64_t by);
void metric_set(const char *name, const char *labels, int64_t value);
int64_t metric_get(const char *name, const char *labels);
void metrics_print(struct evbuffer *out);
/* What stands before a metric's first line: what it counts, and how. */
void metrics_print_head(struct evbuffer *out, const char *name);

#endif
