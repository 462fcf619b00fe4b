/*
 * What staff get and say by text: pages and their acknowledgement, news about participants.
 *
 * doc.pages[] = {c: case, code, p: program, at, job, st, by, since}
 *   st  open: paged and nobody has it · acked: this line said so, the case has not answered yet ·
 *       mine · taken: by somebody else
 */
#ifndef WARMLINE_CORE_STAFF_H
#define WARMLINE_CORE_STAFF_H

#include <core/member.h>

void staff_page(struct turn *t);   /* t->event is a page */
void staff_taken(struct turn *t);  /* t->event is a taken */
void staff_notice(struct turn *t); /* t->event is a notice */
void staff_away(struct turn *t);   /* t->event is an away: about whom this line gets news */

/* A text that acknowledges a page ("1", "ACK", the case's number). False: it is none. */
bool staff_acknowledge(const struct member *m, const char *body);
/* Anything else that staff write. */
void staff_wrote(const struct member *m);

/* `entry` of doc.jobs: what became of a page is told to its case. */
void staff_page_result(struct turn *t, const json_t *entry, const char *result);
/* News that could not be brought: again, to the supervisor, or into a list for humans. */
void staff_notice_failed(struct turn *t, const json_t *entry, const char *result);

#endif
