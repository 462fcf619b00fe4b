/* One blocking GET to a part of ours on this machine: is it there, and what does it say? */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include <stddef.h>

/* The HTTP status, 0 when nobody answered within a second. `body` gets what fits, NUL-ended. */
int probe_get(const char *host, int port, const char *path, char *body, size_t size);

#endif
