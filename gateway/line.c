#include "gateway/poster_parts.h"

#define FIRST_LOOKS 64 /* events of a line that are looked at for a crisis or a STOP */

int line_index(const struct parcel *parcel)
{
	return turn_line(parcel->blind[0] ? parcel->blind : parcel->actor);
}

struct line *line_of(const struct parcel *parcel)
{
	return &parcel->poster->lines[line_index(parcel)];
}

bool parcel_goes_first(const struct parcel *parcel)
{
	return parcel->urgent || parcel->consent != CONSENT_KEEP;
}

void line_hold(struct poster *poster, struct line *line)
{
	const struct parcel *head = TAILQ_FIRST(&line->parcels);

	turn_hold(poster->worker, (int)(line - poster->lines), head ? head->ticket : 0);
}

void line_leave(struct poster *poster, struct line *line)
{
	if (line->state == LINE_QUEUED)
		TAILQ_REMOVE(&poster->queued, line, entry);
	else if (line->state == LINE_RESTING)
		TAILQ_REMOVE(&poster->resting, line, entry);
	line->state = LINE_IDLE;
}

static bool goes_first(const struct line *line)
{
	const struct parcel *parcel;
	int looked = 0;

	TAILQ_FOREACH(parcel, &line->parcels, in_line)
	if (parcel_goes_first(parcel) || ++looked == FIRST_LOOKS)
		break;
	return parcel && parcel_goes_first(parcel);
}

void line_enter(struct poster *poster, struct line *line)
{
	if (line->state != LINE_IDLE || TAILQ_EMPTY(&line->parcels))
		return;
	if (goes_first(line))
		TAILQ_INSERT_HEAD(&poster->queued, line, entry);
	else
		TAILQ_INSERT_TAIL(&poster->queued, line, entry);
	line->state = LINE_QUEUED;
}

void line_rest(struct poster *poster, struct line *line, int64_t until_ms)
{
	line_leave(poster, line);
	line->rest_until_ms = until_ms;
	line->state = LINE_RESTING;
	TAILQ_INSERT_TAIL(&poster->resting, line, entry);
	poster_wake(poster);
}

/* By ticket: what several journals hold of one sender comes back in the order in which it came. */
void line_merge(struct parcels *into, struct parcels *found)
{
	struct parcels merged = TAILQ_HEAD_INITIALIZER(merged);

	while (!TAILQ_EMPTY(into) || !TAILQ_EMPTY(found)) {
		struct parcel *a = TAILQ_FIRST(found), *b = TAILQ_FIRST(into);
		bool take_found = a && (!b || a->ticket <= b->ticket);
		struct parcel *next = take_found ? a : b;

		TAILQ_REMOVE(take_found ? found : into, next, in_line);
		TAILQ_INSERT_TAIL(&merged, next, in_line);
	}
	TAILQ_CONCAT(into, &merged, in_line);
}
