/* What may not be in a program file although every line of it can be read. */
#ifndef PLATFORM_PROGRAM_CHECK_H
#define PLATFORM_PROGRAM_CHECK_H

#include "platform/setting.h"

#include <warmline/program.h>

void program_check_rhythm(const struct program *p, struct settings *check_in);
void program_check_quiet(const struct program *p, struct settings *top);
void program_check_pages(const struct program *p, struct settings *pages);
void program_check_member(
	const struct program *p, const struct staff *member, struct settings *entry);
void program_check_staff(const struct program *p, struct settings *top);
/* Across programs: a number belongs to one program, a telephone to one person. */
void programs_check(
	const struct program *programs, size_t n, const char *file, struct problems *problems);

#endif
