/* What a person's text leads to, and in which order it is looked at. */
#ifndef WARMLINE_CORE_TEXT_H
#define WARMLINE_CORE_TEXT_H

#include <core/member.h>

void text_take(struct turn *t); /* t->event is a text, or a part of one */
/* t->event is a whole text. `told`: a part of it has opened the case already. */
void text_read(struct turn *t, bool told);
/* Words of danger in t->event act at once, whatever else it is; true = the case knows of them. */
bool text_danger(struct turn *t, const struct program *program, bool told);

/* crisis.c: words of danger, whatever else the text or the person is. The supporter's number when
 * the supporter is told of it; else NULL. */
const char *crisis_take(const struct member *m);
void crisis_case(struct turn *t); /* t->event is a case: how it stands */

/* answer.c: what an active participant says. */
void answer_take(const struct member *m, const char *body);
/* Texts of people who are no active participants and said nothing we know. */
void answer_other(const struct member *m, const char *body);

#endif
