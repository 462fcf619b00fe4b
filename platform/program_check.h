/*
 * What may not be in a program file although every line of it can be read. `s` is the section that
 * is checked: check_in, the top, pages, one person.
 */
#ifndef PLATFORM_PROGRAM_CHECK_H
#define PLATFORM_PROGRAM_CHECK_H

#include "platform/setting.h"

#include <warmline/program.h>

void program_check_rhythm(const struct program *p, struct settings *s);
void program_check_quiet(const struct program *p, struct settings *s);
void program_check_pages(const struct program *p, struct settings *s);
void program_check_member(const struct program *p, const struct staff *member, struct settings *s);
void program_check_staff(const struct program *p, struct settings *s);
/* Across programs: a number belongs to one program, a telephone to one person. */
void programs_check(
	const struct program *programs, size_t n, const char *file, struct problems *problems);

#endif
