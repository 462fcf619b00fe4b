/*
 * A case: an open concern that must reach a human. It pages and pages until somebody says that
 * they have it (reliability.md C5). There is no last round.
 *
 * Document: p program · person, number, name, lang, sup, level, category: whom it is about ·
 *   s paging | taken · opened, waits: first text, since when nobody has it · rung: next to be
 * paged, round · next: when (ms) paged [{n, name, at, round, r: result}] · last: number paged last
 *   by, by_name, since: who has it · texts: crisis texts so far · seq, ix
 */
#ifndef WARMLINE_CORE_CASE_H
#define WARMLINE_CORE_CASE_H

#include <core/turn.h>

void case_event(struct turn *t);
int64_t case_next(struct turn *t);
void case_due(struct turn *t);

/* case_page.c: the ladder: everyone on call, then the supervisors, then again. */
const struct program *case_program(const struct turn *t); /* NULL: no program at all */
const char *case_code(const struct turn *t, char code[5]);
void case_page_next(struct turn *t, const char *rule);   /* the timer: always pages somebody */
void case_page_sooner(struct turn *t, const char *rule); /* the next one now, but never round */
void case_page_top(struct turn *t, const char *rule);    /* begins the ladder anew */
void case_wrote_again(struct turn *t);                   /* tells who has it */
json_t *case_paged_find(const struct turn *t, const char *number); /* NULL: was not paged */
json_t *case_log(struct turn *t, const char *rule, const char *status);

#endif
