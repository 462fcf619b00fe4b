/*
 * One provider account at work: what is on its way through it, and what it has room for. Rate and
 * number hold lanes 1 and 2 back and keep a fifth free; lane 0 passes both, and what it takes is
 * a debt that the others wait for.
 */
#ifndef SCHEDULER_CHANNEL_H
#define SCHEDULER_CHANNEL_H

#include "core/pacing.h"

#include <warmline/decision.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

struct channel {
	const struct account *account;
	const struct provider *provider;
	char label[ACCOUNT_NAME_SIZE + 16]; /* account="name", for metrics */
	struct pacing pace, *numbers;       /* numbers: of each of the account's; owned */
	size_t in_flight;                   /* texts at once */
	size_t most;                        /* of lanes 1 and 2 at once: a fifth less */
	size_t crisis, routine;             /* under way */
	int64_t rest_ms;                    /* monotonic: lanes 1 and 2 rest until then */
	int rests;                          /* one after the other, and nothing accepted */
};

/* One text that leaves; `from` is the number it leaves from, "" for what is no text. */
struct load {
	enum lane lane;
	const char *from;
	size_t segments;
};

/* False: nobody here speaks this kind of provider. */
bool channel_open(
	struct channel *channel, const struct account *account, int64_t now_ms, struct fail *fail);
void channel_close(struct channel *channel);

/* So many routine texts of one segment could leave now. */
size_t channel_room(struct channel *channel, int64_t now_ms);
/* Lane 0 always fits. */
bool channel_fits(struct channel *channel, const struct load *load, int64_t now_ms);
void channel_take(struct channel *channel, const struct load *load, int64_t now_ms);
/* It is over. */
void channel_leave(struct channel *channel, enum lane lane);
/* It never left: its segments are free again. */
void channel_refund(struct channel *channel, const struct load *load);

/* The provider wants fewer texts: none of lanes 1 and 2 for so long. */
void channel_rest(struct channel *channel, int64_t now_ms, int64_t ms);
void channel_worked(struct channel *channel);
/* May a person be made to wait for the number they know here? Not for an account that only rests.
 */
bool channel_is_worth_waiting(const struct channel *channel);
/* For a load that does not fit: in how many ms it should ask again. */
int64_t channel_wait_ms(
	struct channel *channel, const struct load *load, uint64_t entropy, int64_t now_ms);

#endif
