/*
 * The people of one `warmline enroll`: read from options or from a list, checked, and then what
 * became of each.
 */
#ifndef CTL_ROLL_H
#define CTL_ROLL_H

#include "ctl/enrollment.h"
#include "ctl/visit.h"

#include <warmline/event.h>

struct candidate {
	struct enrollment facts;
	char blind[BLIND_SIZE];
	char event_id[EVENT_ID_SIZE];
	char actor[ACTOR_SIZE];
	enum store_result posted;
	struct visit *visit;
	struct sheet sheet;
	bool settled; /* a scheduler has decided on the event */
};

struct roll {
	struct candidate *all;
	size_t n;
};

/* Both add every problem they find to `problems`. */
void roll_read_options(struct roll *roll, const struct call *call, const struct site *site,
	const struct program *program, struct problems *problems);
void roll_read_list(struct roll *roll, const char *file, const struct site *site,
	const struct program *program, struct problems *problems);
void roll_free(struct roll *roll);

#endif
