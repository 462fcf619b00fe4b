/*
 * config/wording/<language>.yaml: one text per key, checked so that no participant sees a broken
 * or a careless one: slots, length, words that have no place in a text (requirements B1, PR4).
 */
#ifndef PLATFORM_WORDING_FILE_H
#define PLATFORM_WORDING_FILE_H

#include "platform/yaml_tree.h"

#include <warmline/program.h>

#define WORDING_SEGMENTS 2 /* at most so many parts with the longest names in the slots */

struct wording_source {
	char file[PATH_SIZE];
	size_t line;
};

/* Texts of one language and where they stand. */
struct wording_file {
	struct wording texts;
	struct wording_source source[WORDING_COUNT];
};

/* Takes the texts of `map` into `into`, over those it has. Unknown keys are problems. */
void wording_file_take(struct wording_file *into, const char *file, const struct tree *map,
	struct problems *problems);
/* Missing texts, slots, length and words, as this program would send them. */
void wording_file_check(const struct wording_file *w, const struct program *program,
	const char *language, const char *never_say, struct problems *problems);
void wording_clear(struct wording *w);

#endif
