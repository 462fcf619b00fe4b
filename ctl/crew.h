/*
 * The parts of one house under one roof: who runs, who is started again, in which order they end.
 * Signals come through a signalfd: no handler runs code of ours.
 */
#ifndef CTL_CREW_H
#define CTL_CREW_H

#include "ctl/part.h"

enum crew_role { CREW_REDIS, CREW_GATEWAY, CREW_SCHEDULER, CREW_CARRIER, CREW_SIZE };

struct crew {
	struct part parts[CREW_SIZE]; /* arguments NULL = not in this house */
	int signals;
	bool stop_asked; /* Ctrl-C, SIGTERM, or the terminal went away */
	bool serving;    /* the house was ready: a part that dies is worth a line */
	bool stopping;   /* nothing is started again */
};

/* Blocks the signals and opens the descriptor. Before any child is started. */
bool crew_open(struct crew *crew, struct fail *fail);
/* Waits at most `ms` for something to happen, then reaps and restarts what is due. */
void crew_turn(struct crew *crew, int64_t ms);
/*
 * Gateway (drains: owed answers are sent), scheduler (finishes what it began), carrier, Redis
 * last. Each has `limit_ms`, then it is killed. Returns when nothing runs any more.
 */
void crew_stop(struct crew *crew, int64_t limit_ms);
void crew_close(struct crew *crew);

#endif
