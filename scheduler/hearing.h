/*
 * One actor's hearing: what the store handed out is read, decided on, and made ready to be written
 * back. No store calls here.
 */
#ifndef SCHEDULER_HEARING_H
#define SCHEDULER_HEARING_H

#include <warmline/decision.h>
#include <warmline/seal.h>
#include <warmline/store.h>

struct hearing {
	json_t *document; /* NULL: a new actor */
	json_t *mail[MAIL_BATCH];
	struct event events[MAIL_BATCH];
	size_t nevents;
	char *unreadable[MAIL_BATCH]; /* log lines with mails that are no event, in hex */
	size_t nunreadable;
	struct decision *decision;
};

/* False: the document cannot be read, and nothing may be decided or overwritten. */
bool hearing_read(struct hearing *h, const struct claimed *claimed);
void hearing_decide(struct hearing *h, const struct house *house, const char *actor, int64_t now_ms,
	uint64_t entropy);
void hearing_clear(struct hearing *h);

#endif
