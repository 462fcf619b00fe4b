/*
 * config/lexicons/<language>.yaml: phrases of crisis talk and their level. Every entry brings
 * examples that must hit and others that must miss; they are tried at every load.
 */
#ifndef PLATFORM_LEXICON_FILE_H
#define PLATFORM_LEXICON_FILE_H

#include <warmline/screen.h>
#include <warmline/site.h>

/* All languages of the folder in one; what could not be read is among the problems. */
struct lexicons *lexicon_files_load(const char *folder, struct problems *problems);

#endif
