/*
 * What staff say about one person who shall take part, checked against the program: from options
 * or from one row of a list. Every field that is wrong is told, not only the first.
 */
#ifndef CTL_ENROLLMENT_H
#define CTL_ENROLLMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <warmline/site.h>

/* Names of options and of columns. */
#define ENROLLMENT_FIELDS(X)                                                                       \
	X(NUMBER, "number")                                                                        \
	X(NAME, "name")                                                                            \
	X(LANGUAGE, "language")                                                                    \
	X(ZONE, "zone")                                                                            \
	X(SUPPORTER, "supporter")                                                                  \
	X(HOUR, "hour")                                                                            \
	X(DAY, "day")                                                                              \
	X(CONFIRMED, "confirmed")
#define FIELD_ENUM(constant, name) FIELD_##constant,
enum enrollment_field { ENROLLMENT_FIELDS(FIELD_ENUM) FIELDS };

struct enrollment {
	const struct program *program;
	struct phone number, supporter; /* supporter "" = the program's */
	char name[NAME_SIZE];
	char language[LANGUAGE_SIZE], zone[ZONE_SIZE]; /* "" = the program's */
	char hour[8];                                  /* "18:30"; "" = the program's */
	int day;                                       /* 0 Sunday; -1 = the program's */
	bool confirmed;
	size_t line; /* of the list; 0 = from options */
};

const char *enrollment_field_name(enum enrollment_field field);
bool enrollment_field_find(const char *name, enum enrollment_field *field);
/* `values` by field, NULL or "" = not given. False when problems were added. */
bool enrollment_read(struct enrollment *e, const struct site *site, const struct program *program,
	const char *const values[FIELDS], const char *file, size_t line, struct problems *problems);
/* The event for the store (event.h). The same facts about the same line make the same id. */
json_t *enrollment_event(
	const struct enrollment *e, const char *blind, const char *by, int64_t now_ms);

#endif
