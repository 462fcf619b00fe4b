/*
 * Removes segments in which nothing is open and whose time is over. The marks in them may belong
 * to older segments that stay (one record there is open); so that those records do not come up
 * again, the open ones are written down first as a list (SPOOL_OPEN) in the newest segment.
 */
#include "platform/spool_inside.h"

#include <warmline/log.h>

#define LISTED_MAX    65536
#define ROTATE_PARTS  4  /* a segment takes records for a quarter of the time it is kept */
#define BALLAST_AGAIN 20 /* percent of the disk that must be free */

static bool is_over(const struct spool *spool, const struct segment *segment, int64_t now_ms)
{
	return !segment->nopen && !segment->keep &&
	       segment->last_ms < now_ms - spool->setup.keep_ms;
}

/* The newest sequence in segments that stay although they are older than number i; 0 = none. */
static uint64_t older_open(const struct spool *spool, size_t i)
{
	uint64_t newest = 0;

	while (i-- > 0)
		if (spool->segments.items[i]->nopen && spool->segments.items[i]->last > newest)
			newest = spool->segments.items[i]->last;
	return newest;
}

static void list_open(struct spool *spool, uint64_t limit)
{
	size_t n = segments_list(&spool->segments, limit, NULL, 0);
	struct spool_item *item;
	char *listed;

	if (spool->listing)
		return;
	if (n > LISTED_MAX) {
		log_limited(LOG_LEVEL_WARN, "journal.trim",
			"open=%zu too many are open to remove old segments", n);
		return;
	}
	listed = xcalloc(n + 1, 8);
	spool_put64(listed, limit);
	segments_list(&spool->segments, limit, listed + 8, n);
	item = spool_item_new(SPOOL_OPEN, listed, 8 * (n + 1));
	free(listed);
	spool->listing = true;
	spool_writer_put(spool->writer, item);
}

static void drop_old(struct spool *spool, int64_t now_ms)
{
	for (size_t i = 0; i + 1 < spool->segments.n;) {
		const struct segment *segment = spool->segments.items[i];
		uint64_t limit = older_open(spool, i), number = segment->header.segment;
		size_t before = spool->segments.n;

		if (!is_over(spool, segment, now_ms)) {
			i++;
		} else if (limit && (spool->list_segment <= number || spool->list_limit < limit)) {
			list_open(spool, limit); /* removed at the next call */
			return;
		} else {
			spool_segment_drop(spool, i);
			i += spool->segments.n == before;
		}
	}
}

void spool_trim(struct spool *spool, int64_t now_ms)
{
	const struct spool_setup *setup = &spool->setup;
	const struct segment *newest;

	drop_old(spool, now_ms);
	newest = spool->segments.items[spool->segments.n - 1];
	if (newest->end > SPOOL_HEADER_SIZE &&
		newest->header.created_ms < now_ms - setup->keep_ms / ROTATE_PARTS)
		spool_writer_rotate(spool->writer);
	if (setup->ballast_bytes && setup->disk->ops->free_percent(
					    setup->disk, setup->folders[0].path) >= BALLAST_AGAIN)
		spool_writer_ballast(spool->writer);
}
