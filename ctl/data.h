/*
 * Is what the private Redis had still there? Redis itself starts with nothing when its files are
 * gone, and speaks to programmers when they are damaged; people must hear what to do.
 */
#ifndef CTL_DATA_H
#define CTL_DATA_H

#include "ctl/part.h"

/* Before Redis starts: false when this house was used and Redis' files are not there. */
bool data_there(const struct site *site, struct fail *fail);
/* Redis ended while it read its data: true with a sentence when these are damaged. */
bool data_damaged(const struct site *site, const struct part *redis, struct fail *fail);
/* Redis read its data, but cut off an end that was not whole. */
bool data_was_cut(const struct part *redis);

#endif
