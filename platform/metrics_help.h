#ifndef PLATFORM_METRICS_HELP_H
#define PLATFORM_METRICS_HELP_H

const char *metrics_help(const char *name); /* one sentence without a dot; NULL = unknown */

#endif
