#include "core/pacing.h"

#define RESERVE 0.2 /* of a second's texts */

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

size_t pacing_take(struct pacing *p, size_t want, int64_t now_ms)
{
	size_t n = 0;

	if (p->per_second <= 0)
		return want;
	fill(p, now_ms);
	while (n < want && p->tokens - p->reserve >= 1) {
		p->tokens -= 1;
		n++;
	}
	return n;
}

void pacing_give_back(struct pacing *p, size_t n)
{
	p->tokens += (double)n;
	if (p->tokens > p->depth)
		p->tokens = p->depth;
}

void pacing_crisis(struct pacing *p, size_t n, int64_t now_ms)
{
	if (p->per_second <= 0)
		return;
	fill(p, now_ms);
	p->tokens -= (double)n;
	/* A debt of a few seconds is enough to slow the routine down. */
	if (p->tokens < -3 * p->depth)
		p->tokens = -3 * p->depth;
}
