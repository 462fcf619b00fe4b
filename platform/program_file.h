/* config/programs/<id>.yaml: one program as the coordinator wrote it, read and checked. */
#ifndef PLATFORM_PROGRAM_FILE_H
#define PLATFORM_PROGRAM_FILE_H

#include <warmline/program.h>
#include <warmline/site.h>

struct program_source {
	const char *folder; /* of warmline.yaml; programs/ and wording/ lie in it */
	const char *zone;   /* the site's, for programs that name none */
	const struct zones *zones;
	struct problems *problems;
};

/* Reads program `id`; what is wrong goes into the problems. The program is the caller's to clear.
 */
void program_file_read(const struct program_source *source, const char *id, struct program *p);
void program_clear(struct program *p);

#endif
