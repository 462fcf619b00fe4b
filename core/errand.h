/*
 * Errands: what is asked of a provider about a text that it has.
 *
 * A look-up asks once what became of a text whose receipt is overdue; what it finds comes back as
 * an ordinary receipt. A redaction asks to take the words of a text away once we have what we need
 * of them (programs with redact: yes). Neither sends anything to anybody.
 */
#ifndef WARMLINE_CORE_ERRAND_H
#define WARMLINE_CORE_ERRAND_H

#include <core/turn.h>

/* Who has the text, and under which name. */
struct errand_text {
	const struct program *program;
	const char *account, *provider_id; /* "" = not known: then nothing can be asked */
	int64_t job;                       /* ours; 0 = it came in */
};

/* `waited` (ms) without a receipt. */
void errand_look_up(struct turn *t, const struct errand_text *text, int64_t waited);
/* Nothing when the program does not ask for it. */
void errand_redact(struct turn *t, const struct errand_text *text);
void errand_take(struct turn *t); /* t->event is an errand: how it ended */

#endif
