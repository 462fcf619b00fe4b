/*
 * Inside gateway/poster*, line and replay: what they share. Not for other files.
 *
 * poster.c  submission, answers, posting, back-off
 * line.c    the events of some senders (by hash), oldest first, and when they may go
 * replay.c  what comes back from a journal
 */
#ifndef GATEWAY_POSTER_PARTS_H
#define GATEWAY_POSTER_PARTS_H

#include "gateway/poster.h"
#include "gateway/turn.h"

struct event;

struct line {
	struct parcels parcels; /* oldest first */
	enum { LINE_IDLE, LINE_QUEUED, LINE_RESTING, LINE_POSTING } state;
	unsigned failures;
	int64_t rest_until_ms;
	int64_t blocked_by, blocked_since_ms; /* what turn_before() said, and since when */
	TAILQ_ENTRY(line) entry;
};
TAILQ_HEAD(lines, line);

struct replay {
	struct spool *spool;
	bool open_only;
	int64_t since_ms;
	TAILQ_ENTRY(replay) entry;
};

struct poster {
	struct store *store;
	struct spool *spool;
	int worker;
	struct event *tick;
	struct line lines[TURN_LINES];
	struct lines queued, resting;
	struct parcels owed; /* answers, oldest first */
	TAILQ_HEAD(, replay) replays;
	size_t waiting, in_flight, window;
	unsigned failures;               /* in a row, over all lines */
	int64_t pause_until_ms, back_ms; /* back_ms: when the store was last found to be back */
	bool begun, closing, was_up, came_back;
};

/* Starts the tick; it stops by itself when nothing waits for a moment in time. */
void poster_wake(struct poster *poster);

bool parcel_goes_first(const struct parcel *parcel); /* a crisis, or a mark of consent */
int line_index(const struct parcel *parcel);
struct line *line_of(const struct parcel *parcel);
void line_hold(struct poster *poster, struct line *line);  /* tells the other workers */
void line_enter(struct poster *poster, struct line *line); /* into the queue, when it can */
void line_leave(struct poster *poster, struct line *line);
void line_rest(struct poster *poster, struct line *line, int64_t until_ms);
/* By ticket; `found` is empty afterwards. */
void line_merge(struct parcels *into, struct parcels *found);

/* Runs what poster_replay() asked for, unless a post is on its way. */
void replay_run_all(struct poster *poster);

#endif
