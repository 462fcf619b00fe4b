#include "platform/spool_segment.h"

struct segment *segment_new(const struct spool_header *header, int folder)
{
	struct segment *segment = xcalloc(1, sizeof(*segment));

	segment->header = *header;
	segment->folder = folder;
	segment->last_ms = header->created_ms;
	segment->end = SPOOL_HEADER_SIZE;
	return segment;
}

void segment_free(struct segment **segment)
{
	if (!*segment)
		return;
	free((*segment)->bits);
	free(*segment);
	*segment = NULL;
}

static void bits_grow(struct segment *segment, size_t bit)
{
	size_t had = segment->nbits / 8, want = had ? had : 64;

	while (want * 8 <= bit)
		want *= 2;
	if (want == had)
		return;
	segment->bits = xrealloc(segment->bits, want);
	memset(segment->bits + had, 0, want - had);
	segment->nbits = want * 8;
}

bool segment_is_open(const struct segment *segment, uint64_t sequence)
{
	uint64_t bit = sequence - segment->header.first;

	return sequence >= segment->header.first && bit < segment->nbits &&
	       (segment->bits[bit / 8] >> bit % 8 & 1);
}

void segment_open(struct segment *segment, uint64_t sequence, int64_t written_ms)
{
	uint64_t bit = sequence - segment->header.first;

	if (sequence < segment->header.first)
		return;
	if (sequence > segment->last)
		segment->last = sequence;
	if (written_ms > segment->last_ms)
		segment->last_ms = written_ms;
	if (segment_is_open(segment, sequence))
		return;
	bits_grow(segment, bit);
	segment->bits[bit / 8] = (uint8_t)(segment->bits[bit / 8] | 1u << bit % 8);
	segment->nopen++;
}

static bool segment_done(struct segment *segment, uint64_t sequence)
{
	uint64_t bit = sequence - segment->header.first;

	if (!segment_is_open(segment, sequence))
		return false;
	segment->bits[bit / 8] = (uint8_t)(segment->bits[bit / 8] & ~(1u << bit % 8));
	if (--segment->nopen == 0) {
		free(segment->bits);
		segment->bits = NULL;
		segment->nbits = 0;
	}
	return true;
}

void segments_add(struct segments *segments, struct segment *segment)
{
	segments->items = xrealloc(segments->items, (segments->n + 1) * sizeof(struct segment *));
	segments->items[segments->n++] = segment;
}

void segments_remove(struct segments *segments, size_t i)
{
	segment_free(&segments->items[i]);
	segments->n--;
	memmove(segments->items + i, segments->items + i + 1,
		(segments->n - i) * sizeof(struct segment *));
}

void segments_clear(struct segments *segments)
{
	for (size_t i = 0; i < segments->n; i++)
		segment_free(&segments->items[i]);
	free(segments->items);
	segments->items = NULL;
	segments->n = 0;
}

/* Newest first: that is where most of the open ones are. */
bool segments_done(struct segments *segments, uint64_t sequence)
{
	bool was_open = false;

	for (size_t i = segments->n; i-- > 0;)
		if (segment_done(segments->items[i], sequence))
			was_open = true;
	return was_open;
}

/* Binary search in the rising list of a SPOOL_OPEN record. */
static bool listed_has(const char *listed, size_t n, uint64_t sequence)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (spool_u64(listed + 8 * middle) < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && spool_u64(listed + 8 * low) == sequence;
}

void segments_only(struct segments *segments, uint64_t limit, const char *listed, size_t n)
{
	for (size_t i = 0; i < segments->n; i++) {
		struct segment *segment = segments->items[i];

		for (uint64_t s = segment->header.first; s <= limit && s <= segment->last; s++)
			if (segment->nopen && !listed_has(listed, n, s))
				segment_done(segment, s);
	}
}

size_t segments_list(const struct segments *segments, uint64_t limit, char *listed, size_t max)
{
	uint64_t newest = 0;
	size_t n = 0;

	for (size_t i = 0; i < segments->n; i++) {
		const struct segment *segment = segments->items[i];
		uint64_t s = segment->header.first > newest ? segment->header.first : newest + 1;

		for (; segment->nopen && s <= limit && s <= segment->last; s++) {
			if (!segment_is_open(segment, s))
				continue;
			if (n < max)
				spool_put64(listed + 8 * n, s);
			n++;
			newest = s;
		}
	}
	return n;
}
