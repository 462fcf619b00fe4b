/*
 * What a text finally says: its words with the slots filled in, as the program's settings want
 * them. What `warmline check` measures is made here too, so that it is what leaves.
 */
#ifndef WARMLINE_CORE_BODY_H
#define WARMLINE_CORE_BODY_H

#include <warmline/program.h>

#define BODY_PARTS_MOST 2 /* parts of a text; more is split up on some phones */

/* Caller frees. `slots` may be NULL. */
char *body_make(const struct program *program, const struct wording *wording, enum wording_key key,
	const struct slot *slots);

#endif
