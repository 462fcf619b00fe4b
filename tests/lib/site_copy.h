/*
 * A copy of the shipped configuration under /tmp, to edit and to load: what is told about a
 * mistake, with file and line.
 */
#ifndef TESTS_LIB_SITE_COPY_H
#define TESTS_LIB_SITE_COPY_H

#include <stddef.h>
#include <warmline/site.h>

extern char copy_folder[64], copy_config[128]; /* "/tmp/...", ".../warmline.yaml" */

int copy_open(void **state); /* group setup and teardown */
int copy_close(void **state);
void copy_fresh(void); /* as it ships */
char *copy_slurp(const char *path);
void copy_spit(const char *name, const char *text);
/* Replaces the first `from`, which must be there; the line of what was replaced. */
size_t copy_edit(const char *name, const char *from, const char *to);
/* All problems in one text, "" when it loads. The caller frees. */
char *copy_problems(void);
/* It must load. The caller frees. */
struct site *copy_site(void);

#endif
