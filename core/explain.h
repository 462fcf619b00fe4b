/*
 * What would happen next to an actor, and by which rule: decide() on a copy, wake-up after
 * wake-up, with no effect on anything. Texts are taken to be accepted at once and answered by
 * nobody: that is the question a coordinator asks ("what if she stays silent?").
 */
#ifndef WARMLINE_CORE_EXPLAIN_H
#define WARMLINE_CORE_EXPLAIN_H

#include <warmline/decision.h>

struct explain_step {
	int64_t at; /* ms UTC */
	char rule[48];
	char *text; /* owned; a sentence for people */
};

struct explanation {
	struct explain_step *steps; /* in order of time */
	size_t n;
	int64_t next; /* the wake-up behind the last step; 0 = none */
};

#define EXPLAIN_WAKES 5 /* so many wake-ups are looked ahead */

/*
 * `document` may be NULL; `events` are those not decided on yet. `from`: steps before this
 * instant are lived through but not listed (0: all). The caller frees.
 */
struct explanation *explain(const struct house *house, const char *actor, const json_t *document,
	const struct event *events, size_t nevents, int64_t now, int64_t from);
void explanation_free(struct explanation **explanation);

#endif
