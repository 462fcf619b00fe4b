/*
 * What went wrong, in a sentence that says what to do.
 *
 * Functions that can fail return bool (false = failed) and fill a struct fail that the caller
 * owns; only the edge (main, a handler) logs or prints it, once. No memory and broken invariants
 * do not come back as a value: fail_abort() ends the process, a supervisor restarts it, and the
 * store gives its work to another.
 */
#ifndef WARMLINE_FAIL_H
#define WARMLINE_FAIL_H

#include <stdbool.h>
#include <stddef.h>

struct fail {
	char text[512];
};

/* Fills `f` (which may be NULL) and returns false, so that `return fail_set(f, ...)` reads well. */
bool fail_set(struct fail *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

_Noreturn void fail_abort(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Allocation that does not come back empty-handed. Memory is released with free(). */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *xmemdup(const void *p, size_t n); /* adds a NUL behind the copy */

/* snprintf that tells whether the text fitted; a cut text is false and still NUL-ended. */
bool text_set(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
