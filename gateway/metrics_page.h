/*
 * /metrics: this gateway's, and those of the schedulers of this machine, each with the label
 * scheduler="<number of its journal folder>". A file that nobody wrote for 30 s is not shown: its
 * scheduler is gone or stands still.
 */
#ifndef GATEWAY_METRICS_PAGE_H
#define GATEWAY_METRICS_PAGE_H

struct evbuffer;

/* `journal` is the folder of all journals. */
void metrics_page(struct evbuffer *out, const char *journal);

#endif
