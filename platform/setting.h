/*
 * One configuration file while it is read: typed looks into its tree. A look that fails adds a
 * problem with file and line and leaves the value as it was, so reading goes on and all problems
 * come at once. Every look also marks its key as known; settings_end() reports the others.
 */
#ifndef PLATFORM_SETTING_H
#define PLATFORM_SETTING_H

#include "platform/yaml_tree.h"

#include <stdint.h>
#include <warmline/phone.h>

struct settings {
	const char *file;
	const struct tree *map; /* may be NULL: then every setting is missing */
	struct problems *problems;
	char known[640]; /* names asked for, for unknown keys: " a b c " */
};

enum setting_need { SETTING_OPTIONAL, SETTING_REQUIRED };

/* One map of a file; `map` NULL means that the whole section is missing. */
void settings_begin(
	struct settings *s, const char *file, const struct tree *map, struct problems *problems);
/* Keys that nobody asked for, each with the nearest known one. */
void settings_end(const struct settings *s);

/* The value, or NULL when it is missing (a problem if required). */
const struct tree *settings_get(struct settings *s, const char *key, enum setting_need need);
const struct tree *settings_map(struct settings *s, const char *key, enum setting_need need);
const struct tree *settings_list(struct settings *s, const char *key, enum setting_need need);
size_t settings_line(const struct settings *s, const char *key); /* the map's when missing */
void settings_problem(const struct settings *s, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool setting_text(
	struct settings *s, const char *key, enum setting_need need, char *to, size_t size);
bool setting_int(struct settings *s, const char *key, int low, int high, int *value);
bool setting_number(struct settings *s, const char *key, double low, double high, double *value);
bool setting_yes(struct settings *s, const char *key, bool *value);
/* "90s", "5m", "2h", "1d", "1w" in ms. */
bool setting_duration(struct settings *s, const char *key, enum setting_need need, int64_t *ms);
bool setting_hour(struct settings *s, const char *key, int *minute);
bool setting_phone(
	struct settings *s, const char *key, enum setting_need need, struct phone *phone);
/* The position of the value in `words`, which ends with NULL. */
bool setting_choice(struct settings *s, const char *key, enum setting_need need,
	const char *const *words, int *choice);

bool duration_parse(const char *text, int64_t *ms);

#endif
