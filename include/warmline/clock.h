/* The two clocks of a process. Rules never call these: they get `now` as an argument. */
#ifndef WARMLINE_CLOCK_H
#define WARMLINE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void);      /* UTC, may jump; for stamps on what came in */
int64_t clock_monotonic_ms(void); /* for deadlines */
/* "2026-11-23T22:30:00.123Z" */
void clock_print(int64_t wall_ms, char *text, size_t size);

#endif
