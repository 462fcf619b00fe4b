#include "gateway/poster_parts.h"

#include <event2/event.h>
#include <sodium.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define ANSWER_MS   600
#define JOURNAL_MS  1000 /* the journal says nothing for so long: the store alone will do */
#define CROWD       1000 /* with more waiting nobody waits for the store */
#define WINDOW      256  /* posts on their way, of different lines */
#define TICK_MS     10L
#define REST_MIN_MS 50
#define REST_MAX_MS 1000
#define TURN_MS     5000 /* another worker's older event holds a line no longer than that */
#define DOWN_AFTER  8    /* failures in a row, whatever the store says of itself */

static void pump(struct poster *poster);

/* --- answers --------------------------------------------------------------------------------- */

static void answer(struct parcel *parcel, enum parcel_answer how)
{
	parcel_answer_cb *cb = parcel->answer;

	if (!cb)
		return;
	parcel->answer = NULL;
	TAILQ_REMOVE(&parcel->poster->owed, parcel, owed);
	if (how == PARCEL_LOST) {
		metric_add("warmline_texts_not_durable_total", "", 1);
		log_event(LOG_LEVEL_ERROR, "not-durable",
			"event=%s neither journal nor store took it; answered 503",
			parcel->event_id);
	}
	cb(parcel->answer_arg, how);
}

static bool store_is_down(const struct poster *poster)
{
	const char *reason;

	return poster->failures >= DOWN_AFTER || !poster->store->ops->up(poster->store, &reason);
}

static void answer_if_due(struct parcel *parcel, int64_t now)
{
	const struct poster *poster = parcel->poster;
	bool late = now - parcel->since_ms >= ANSWER_MS;

	if (parcel->posted) {
		/* The store synced before it confirmed: a journal that hangs holds nothing up. */
		if (parcel->journal == JOURNAL_WAITING && now - parcel->since_ms < JOURNAL_MS)
			return;
		if (parcel->answer && parcel->journal != JOURNAL_HAS_IT)
			metric_add("warmline_events_without_journal_total", "", 1);
		answer(parcel, PARCEL_SAFE);
	} else if (parcel->journal == JOURNAL_HAS_IT) {
		if (late || poster->waiting > CROWD || store_is_down(poster))
			answer(parcel, PARCEL_SAFE);
	} else if (parcel->journal == JOURNAL_FAILED && (late || store_is_down(poster))) {
		answer(parcel, PARCEL_LOST);
	}
}

/* --- the end of a parcel --------------------------------------------------------------------- */

/* In the store and through the journal: nothing is left to do. */
static void finish_if_done(struct parcel *parcel)
{
	if (!parcel->posted || parcel->journal == JOURNAL_WAITING)
		return;
	if (parcel->journal == JOURNAL_HAS_IT && !parcel->poster->closing)
		spool_done(parcel->spool, parcel->sequence);
	parcel_free(&parcel);
}

static void parcel_posted(struct parcel *parcel)
{
	struct poster *poster = parcel->poster;
	struct line *line = line_of(parcel);

	TAILQ_REMOVE(&line->parcels, parcel, in_line);
	poster->waiting--;
	parcel->posted = true;
	line_hold(poster, line);
	answer_if_due(parcel, clock_monotonic_ms());
	finish_if_done(parcel);
}

/* --- posting --------------------------------------------------------------------------------- */

/* Between half of and the whole delay, so that workers do not come back all at once. */
static int64_t back_off(unsigned failures)
{
	unsigned shift = failures < 6 ? failures : 6;
	uint32_t delay = (uint32_t)REST_MIN_MS << shift;

	if (delay > REST_MAX_MS)
		delay = REST_MAX_MS;
	return delay / 2 + randombytes_uniform(delay / 2 + 1);
}

static void post_failed(struct poster *poster, struct line *line, enum store_result result)
{
	int64_t now = clock_monotonic_ms();
	char label[48];

	text_set(label, sizeof(label), "result=\"%s\"", store_result_name(result));
	metric_add("warmline_posts_failed_total", label, 1);
	poster->failures++;
	line->failures++;
	if (store_is_down(poster) && now >= poster->pause_until_ms) {
		poster->window = 1;
		poster->pause_until_ms = now + back_off(poster->failures);
		log_limited(LOG_LEVEL_WARN, "store-unreachable",
			"result=%s waiting=%zu answered from the journal until it is back",
			store_result_name(result), poster->waiting);
	}
	line_rest(poster, line, now + back_off(line->failures));
}

static void post_confirmed(struct poster *poster, struct line *line)
{
	poster->pause_until_ms = 0;
	poster->window = WINDOW;
	poster->failures = 0;
	line->failures = 0;
}

static void on_posted(void *arg, enum store_result result, const char *actor)
{
	struct parcel *parcel = arg;
	struct poster *poster = parcel->poster;
	struct line *line = line_of(parcel);

	(void)actor;
	poster->in_flight--;
	line->state = LINE_IDLE;
	if (poster->closing)
		return;
	if (result == STORE_OK || result == STORE_DUPLICATE) {
		post_confirmed(poster, line);
		metric_add("warmline_posts_total",
			result == STORE_OK ? "result=\"new\"" : "result=\"known\"", 1);
		parcel_posted(parcel);
		line_enter(poster, line);
	} else {
		post_failed(poster, line, result);
		answer_if_due(parcel, clock_monotonic_ms());
	}
	pump(poster);
}

/* Notes the moment at which it came back: the waiting of lines counts from there. */
static bool look_at_store(struct poster *poster)
{
	const char *reason;
	bool up = poster->store->ops->up(poster->store, &reason);

	if (up && !poster->was_up) {
		poster->back_ms = clock_monotonic_ms();
		poster->came_back = true;
	}
	poster->was_up = up;
	return up;
}

/*
 * Who is before us gets TURN_MS for each event, beside a working store: while it is away nobody
 * gets on, and a long backlog of the other's is no reason to overtake it.
 */
static bool turn_came(struct poster *poster, struct line *line, const struct parcel *head)
{
	int64_t before = turn_before(poster->worker, (int)(line - poster->lines), head->ticket);
	int64_t now = clock_monotonic_ms();

	if (!look_at_store(poster) || before != line->blocked_by ||
		line->blocked_since_ms < poster->back_ms) {
		line->blocked_by = before;
		line->blocked_since_ms = now;
	}
	if (!before)
		return true;
	if (now - line->blocked_since_ms < TURN_MS)
		return false;
	log_limited(LOG_LEVEL_ERROR, "turn-waited-out",
		"event=%s another worker holds an older event and does not post it",
		head->event_id);
	metric_add("warmline_turns_waited_out_total", "", 1);
	return true;
}

static void post_head(struct poster *poster, struct line *line)
{
	struct parcel *head = TAILQ_FIRST(&line->parcels);
	struct post post;

	if (!turn_came(poster, line, head)) {
		line_rest(poster, line, clock_monotonic_ms() + TICK_MS);
		return;
	}
	line_leave(poster, line);
	line->state = LINE_POSTING;
	poster->in_flight++;
	parcel_post(head, &post);
	poster->store->ops->post(poster->store, &post, on_posted, head);
}

void poster_begin(struct poster *poster)
{
	replay_run_all(poster);
	poster->begun = true;
	pump(poster);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void pump(struct poster *poster)
{
	struct line *line;

	if (!poster->begun)
		return;
	if (!TAILQ_EMPTY(&poster->replays))
		replay_run_all(poster);
	if (!TAILQ_EMPTY(&poster->replays) || clock_monotonic_ms() < poster->pause_until_ms)
		return;
	while (poster->in_flight < poster->window && (line = TAILQ_FIRST(&poster->queued)) != NULL)
		post_head(poster, line);
}

/* A store that has just come back is asked at once: a STOP that waits must not be overtaken. */
static void wake_rested(struct poster *poster, int64_t now)
{
	struct line *line = TAILQ_FIRST(&poster->resting);
	bool all = look_at_store(poster) && poster->came_back;

	poster->came_back = false;
	if (all)
		poster->pause_until_ms = 0;
	while (line) {
		struct line *next = TAILQ_NEXT(line, entry);

		if (all || now >= line->rest_until_ms) {
			line_leave(poster, line);
			line_enter(poster, line);
		}
		line = next;
	}
}

void poster_wake(struct poster *poster)
{
	static const struct timeval every = {0, TICK_MS * 1000};

	if (!event_pending(poster->tick, EV_TIMEOUT, NULL))
		event_add(poster->tick, &every);
}

static void publish_waiting(const struct poster *poster)
{
	char label[24];

	text_set(label, sizeof(label), "worker=\"%d\"", poster->worker);
	metric_set("warmline_events_waiting", label, (int64_t)poster->waiting);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct poster *poster = arg;
	int64_t now = clock_monotonic_ms();
	struct parcel *parcel = TAILQ_FIRST(&poster->owed);

	(void)fd;
	(void)what;
	while (parcel && now - parcel->since_ms >= ANSWER_MS) {
		struct parcel *next = TAILQ_NEXT(parcel, owed);

		answer_if_due(parcel, now);
		parcel = next;
	}
	wake_rested(poster, now);
	pump(poster);
	publish_waiting(poster);
	if (TAILQ_EMPTY(&poster->owed) && TAILQ_EMPTY(&poster->resting) &&
		TAILQ_EMPTY(&poster->queued) && TAILQ_EMPTY(&poster->replays))
		event_del(poster->tick);
}

/* --- the journal ----------------------------------------------------------------------------- */

static void note_failed(const struct parcel *parcel)
{
	metric_add("warmline_journal_failures_total", "", 1);
	log_limited(LOG_LEVEL_ERROR, "journal-failed",
		"event=%s is on no disk: free space or replace the disk", parcel->event_id);
}

static void on_journaled(void *arg, enum spool_result result, uint64_t sequence)
{
	struct parcel *parcel = arg;

	parcel->sequence = sequence;
	parcel->journal = result == SPOOL_SYNCED ? JOURNAL_HAS_IT : JOURNAL_FAILED;
	if (result != SPOOL_SYNCED)
		note_failed(parcel);
	if (!parcel->poster->closing)
		answer_if_due(parcel, clock_monotonic_ms());
	finish_if_done(parcel);
}

void poster_submit_take(
	struct poster *poster, struct parcel *parcel, parcel_answer_cb *cb, void *arg)
{
	struct line *line;
	size_t len;
	char *record;

	parcel->poster = poster;
	parcel->spool = poster->spool;
	parcel->since_ms = clock_monotonic_ms();
	parcel->ticket = turn_now_us();
	parcel->answer = cb;
	parcel->answer_arg = arg;
	line = line_of(parcel);
	TAILQ_INSERT_TAIL(&poster->owed, parcel, owed);
	TAILQ_INSERT_TAIL(&line->parcels, parcel, in_line);
	poster->waiting++;
	if (TAILQ_FIRST(&line->parcels) == parcel)
		line_hold(poster, line);
	poster_wake(poster);
	record = parcel_write(parcel, &len);
	spool_append(poster->spool, record, len, parcel->urgent, on_journaled, parcel);
	free(record);
	if (parcel_goes_first(parcel) && line->state == LINE_QUEUED)
		line_leave(poster, line); /* enters again, in front */
	line_enter(poster, line);
	pump(poster);
}

void poster_forget(struct parcel *parcel)
{
	if (!parcel->answer)
		return;
	parcel->answer = NULL;
	TAILQ_REMOVE(&parcel->poster->owed, parcel, owed);
}

/* --- life ------------------------------------------------------------------------------------ */

struct poster *poster_new(
	struct event_base *base, struct store *store, struct spool *spool, int worker)
{
	struct poster *poster = xcalloc(1, sizeof(*poster));

	poster->store = store;
	poster->spool = spool;
	poster->worker = worker;
	poster->window = WINDOW;
	TAILQ_INIT(&poster->queued);
	TAILQ_INIT(&poster->resting);
	TAILQ_INIT(&poster->owed);
	TAILQ_INIT(&poster->replays);
	for (int i = 0; i < TURN_LINES; i++)
		TAILQ_INIT(&poster->lines[i].parcels);
	poster->tick = event_new(base, -1, EV_PERSIST, on_tick, poster);
	if (!poster->tick)
		fail_abort("out of memory");
	return poster;
}

size_t poster_waiting(const struct poster *poster)
{
	return poster->waiting;
}

int64_t poster_oldest_ms(const struct poster *poster)
{
	const struct parcel *oldest = TAILQ_FIRST(&poster->owed);

	return oldest ? clock_monotonic_ms() - oldest->since_ms : 0;
}

void poster_stop(struct poster *poster)
{
	poster->closing = true;
	event_del(poster->tick);
}

void poster_free(struct poster **at)
{
	struct poster *poster = *at;
	struct parcel *parcel;
	struct replay *replay;

	*at = NULL;
	if (!poster)
		return;
	for (int i = 0; i < TURN_LINES; i++) {
		while ((parcel = TAILQ_FIRST(&poster->lines[i].parcels)) != NULL) {
			TAILQ_REMOVE(&poster->lines[i].parcels, parcel, in_line);
			parcel_free(&parcel);
		}
	}
	while ((replay = TAILQ_FIRST(&poster->replays)) != NULL) {
		TAILQ_REMOVE(&poster->replays, replay, entry);
		free(replay);
	}
	event_free(poster->tick);
	free(poster);
}
