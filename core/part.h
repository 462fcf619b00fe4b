/*
 * Long texts that a provider hands over in parts (Vonage's SMS API: concat-ref, -part, -total).
 *
 * doc.parts {"<our number> <ref>": {at, told, n [event or null, by number]}}: kept until all are
 * there, or until PART_WAIT_MS are over since the first (`at`); then joined in order and read as
 * one text. Where one is missing the joined words have "[...]". A part's own verdict acts at once;
 * told says that one opened the case, which the whole then does not do again. At most
 * PART_REFS_MOST texts of at most PARTS_MOST parts wait; any other part is a text of its own: none
 * is ever lost.
 */
#ifndef WARMLINE_CORE_PART_H
#define WARMLINE_CORE_PART_H

#include <core/turn.h>

#define PART_WAIT_MS   MINUTE_MS
#define PARTS_MOST     10
#define PART_REFS_MOST 3

/*
 * t->event is a text to `program`. A part is kept, and the whole is read when it was the last one.
 * False: it is a text of its own.
 */
bool part_take(struct turn *t, const struct program *program);
int64_t part_next(const struct turn *t); /* when the wait is over; 0 = nothing waits */
/* Reads what has waited long enough; `all`: whatever waits. */
void part_due(struct turn *t, bool all);

#endif
