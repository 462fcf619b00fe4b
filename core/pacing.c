#include "core/pacing.h"

#include <math.h>

#define RESERVE 0.2  /* of a second's segments */
#define DEBT    3    /* buckets: enough to slow the routine down */
#define DUST    1e-6 /* what many small fills lose */

void pacing_open(struct pacing *p, double per_second, int64_t now_ms)
{
	/* One more than the reserve, so that an account with one text in ten seconds sends too. */
	*p = (struct pacing){.per_second = per_second > 0 ? per_second : 0,
		.depth = per_second + 1,
		.reserve = per_second * RESERVE,
		.tokens = per_second + 1,
		.filled_ms = now_ms};
}

static void fill(struct pacing *p, int64_t now_ms)
{
	if (now_ms <= p->filled_ms)
		return;
	p->tokens += (double)(now_ms - p->filled_ms) * p->per_second / 1000;
	if (p->tokens > p->depth)
		p->tokens = p->depth;
	p->filled_ms = now_ms;
}

/* What must be there before so many leave. */
static double wanted(const struct pacing *p, size_t segments)
{
	double want = (double)segments + p->reserve;

	return (want < p->depth ? want : p->depth) - DUST;
}

size_t pacing_ready(struct pacing *p, int64_t now_ms)
{
	if (p->per_second <= 0)
		return SIZE_MAX;
	fill(p, now_ms);
	return p->tokens >= wanted(p, 1) ? (size_t)(p->tokens - p->reserve + DUST) : 0;
}

bool pacing_fits(struct pacing *p, size_t segments, int64_t now_ms)
{
	fill(p, now_ms);
	return p->per_second <= 0 || p->tokens >= wanted(p, segments);
}

void pacing_take(struct pacing *p, size_t segments, int64_t now_ms)
{
	if (p->per_second <= 0)
		return;
	fill(p, now_ms);
	p->tokens -= (double)segments;
}

void pacing_crisis(struct pacing *p, size_t segments, int64_t now_ms)
{
	double least = -DEBT * p->depth;

	if (p->per_second <= 0)
		return;
	fill(p, now_ms);
	if (p->tokens - (double)segments > least)
		p->tokens -= (double)segments;
	else if (p->tokens > least)
		p->tokens = least;
}

void pacing_give_back(struct pacing *p, size_t segments)
{
	p->tokens += (double)segments;
	if (p->tokens > p->depth)
		p->tokens = p->depth;
}

int64_t pacing_book(struct pacing *p, size_t segments, int64_t most_ms, int64_t now_ms)
{
	int64_t turn = now_ms;
	double lacking;

	if (p->per_second <= 0)
		return 0;
	fill(p, now_ms);
	lacking = wanted(p, segments) - p->tokens;
	if (lacking > 0)
		turn += (int64_t)ceil(lacking * 1000 / p->per_second);
	if (turn < p->booked_ms)
		turn = p->booked_ms;
	if (turn - now_ms > most_ms)
		return -1;
	p->booked_ms = turn + (int64_t)ceil((double)segments * 1000 / p->per_second);
	return turn - now_ms;
}
