/*
 * Who may be written to. Joining takes two steps (a wish, then a YES); leaving takes one word.
 * STOP is final until START (PR1; FCC 47 CFR 64.1200(a)(10); providers/README section 5).
 */
#ifndef WARMLINE_CORE_CONSENT_H
#define WARMLINE_CORE_CONSENT_H

#include <core/member.h>

/* The words stop, start and help, from the provider, the gateway, or the text itself. */
enum keyword consent_word(const struct member *m, const json_t *text);
/* The provider has answered the keyword itself: no second answer. */
bool consent_answered(const json_t *text);

void consent_stop(const struct member *m, bool answered);
void consent_start(const struct member *m, bool answered);
void consent_help(const struct member *m, bool answered);
/* Join words, YES and NO. False: the text is none of them, or means nothing here. */
bool consent_join(const struct member *m, const char *body);
/* The carrier says that this number has opted out there. */
void consent_refused(const struct member *m);
void consent_enroll(struct turn *t); /* t->event is an enroll */

#endif
