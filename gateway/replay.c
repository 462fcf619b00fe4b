#include "gateway/poster_parts.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

struct found {
	struct poster *poster;
	struct spool *spool;
	struct parcels *lines; /* TURN_LINES of them */
	size_t n;
};

static void on_record(
	void *arg, uint64_t sequence, int64_t written_ms, bool open, const void *data, size_t len)
{
	struct found *found = arg;
	struct parcel *parcel = parcel_read(data, len);

	(void)written_ms;
	(void)open;
	if (!parcel) {
		metric_add("warmline_journal_unreadable_total", "", 1);
		log_event(LOG_LEVEL_ERROR, "journal-record",
			"sequence=%llu is not of this version of warmline; kept",
			(unsigned long long)sequence);
		return;
	}
	parcel->poster = found->poster;
	parcel->spool = found->spool;
	parcel->sequence = sequence;
	parcel->since_ms = clock_monotonic_ms();
	TAILQ_INSERT_TAIL(&found->lines[line_index(parcel)], parcel, in_line);
	found->n++;
}

static void put_in_lines(struct poster *poster, struct parcels *found)
{
	for (int i = 0; i < TURN_LINES; i++) {
		struct line *line = &poster->lines[i];

		if (TAILQ_EMPTY(&found[i]))
			continue;
		line_leave(poster, line);
		line_merge(&line->parcels, &found[i]);
		line_hold(poster, line);
		line_enter(poster, line);
	}
}

static void run_replay(struct poster *poster, const struct replay *replay)
{
	struct parcels *lines = xcalloc(TURN_LINES, sizeof(*lines));
	struct found found = {poster, replay->spool, lines, 0};
	struct fail fail;

	for (int i = 0; i < TURN_LINES; i++)
		TAILQ_INIT(&lines[i]);
	if (!spool_replay(
		    replay->spool, replay->open_only, replay->since_ms, on_record, &found, &fail)) {
		metric_add("warmline_replays_failed_total", "", 1);
		log_event(LOG_LEVEL_ERROR, "replay-failed", "%s", fail.text);
	}
	put_in_lines(poster, lines);
	poster->waiting += found.n;
	metric_add("warmline_replayed_total", "", (int64_t)found.n);
	if (found.n > 0)
		log_event(LOG_LEVEL_INFO, "replay", "events=%zu %s", found.n,
			replay->open_only ? "that nobody had confirmed"
					  : "that the store may have forgotten");
	free(lines);
}

/* Nothing may be on its way, or an older event would land behind a newer one. */
void replay_run_all(struct poster *poster)
{
	struct replay *replay;

	if (poster->in_flight > 0)
		return;
	while ((replay = TAILQ_FIRST(&poster->replays)) != NULL) {
		TAILQ_REMOVE(&poster->replays, replay, entry);
		run_replay(poster, replay);
		free(replay);
	}
	turn_ready(poster->worker);
}

void poster_replay(struct poster *poster, struct spool *spool, bool open_only, int64_t since_ms)
{
	struct replay *replay = xcalloc(1, sizeof(*replay));

	*replay = (struct replay){.spool = spool, .open_only = open_only, .since_ms = since_ms};
	TAILQ_INSERT_TAIL(&poster->replays, replay, entry);
	poster_wake(poster);
}

bool poster_replaying(const struct poster *poster)
{
	return !TAILQ_EMPTY(&poster->replays);
}
