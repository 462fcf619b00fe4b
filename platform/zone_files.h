/* The zones of the system: every TZif file below a folder, by IANA name. */
#ifndef PLATFORM_ZONE_FILES_H
#define PLATFORM_ZONE_FILES_H

#include <warmline/fail.h>
#include <warmline/zone.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* NULL with a sentence when the folder cannot be read or holds no zone. */
struct zones *zone_files_load(const char *folder, struct fail *fail);

#endif
