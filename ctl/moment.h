/* Instants as people read them: in the installation's zone, or as ISO 8601 in UTC for programs. */
#ifndef CTL_MOMENT_H
#define CTL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <warmline/site.h>

#define MOMENT_SIZE 32

/* "2026-11-23 18:30"; "" for 0. */
void moment_print(const struct site *site, int64_t ms, char text[MOMENT_SIZE]);
/* "2026-11-23T22:30:00.123Z"; "" for 0. */
void moment_iso(int64_t ms, char text[MOMENT_SIZE]);
/* "2026-11-23T22:30:00Z", "2026-11-23 18:30" or "2026-11-23" (local to the site), "+90m", "+2d". */
bool moment_parse(const struct site *site, const char *text, int64_t now_ms, int64_t *ms);

#endif
