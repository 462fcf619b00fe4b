/*
 * The state folder of `warmline up`: made, writable, with room; its lock; its keys.
 */
#ifndef CTL_FOLDER_H
#define CTL_FOLDER_H

#include <stdbool.h>
#include <warmline/fail.h>
#include <warmline/seal.h>
#include <warmline/site.h>

#define FOLDER_FREE_MIB 32 /* below this the first journal segment does not fit */

/* Makes the folder (0700) and those inside; says what to do when that is impossible. */
bool folder_make(const struct site *site, struct fail *fail);
/* The lock of `warmline up` itself. -1 = another one works in this folder, or no lock file. */
int folder_lock(const struct site *site, struct fail *fail);
/*
 * The keys of this installation. Made at the very first start, and never when there is data
 * already: new keys could not open it. `*made` tells, so that a start that fails can take its
 * keys back with folder_keys_undo().
 */
struct keys *folder_keys(const struct site *site, bool *made, struct fail *fail);
void folder_keys_undo(const struct site *site);

/* Is there a file or folder in `folder` (below the state folder) whose name ends in `suffix`? */
bool folder_holds(const struct site *site, const char *folder, const char *suffix);
/* Did a gateway ever work here? */
bool folder_has_journal(const struct site *site);

#endif
