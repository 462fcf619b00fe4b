#include "core/route.h"

#include <math.h>
#include <warmline/actor.h>

/* What counts before prefix and draw; smaller is better. */
enum { RANK_UNKNOWN = 1, RANK_SICK = 2, RANK_AVOIDED = 4 };

struct candidate {
	struct route route;
	int rank, reach;
	double draw;
};

/* A number between 0 and 1 that belongs to this pair (splitmix64 makes all bits count). */
static double draw_of(const char *person, const char *thing)
{
	uint64_t x = text_hash(person) ^ (text_hash(thing) * UINT64_C(0x9e3779b97f4a7c15));

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return ((double)(x >> 11) + 0.5) / 9007199254740992.0; /* 2^53 */
}

/*
 * Weighted rendezvous: the highest -weight/ln(u) is at this account with a chance in proportion
 * to its weight. Those without weight stand behind all others.
 */
static double weighted(double u, int weight)
{
	return weight > 0 ? -weight / log(u) : u - 1;
}

static const char *number_of(const struct route_query *q, const struct account *a)
{
	const char *best = NULL;
	double most = 0;

	for (size_t i = 0; i < a->nnumbers; i++) {
		double u = draw_of(q->to, a->numbers[i].text);

		if (!program_has_number(q->program, a->numbers[i].text) || (best && u <= most))
			continue;
		best = a->numbers[i].text;
		most = u;
	}
	return best;
}

static bool is_sick(const struct route_query *q, size_t i)
{
	const struct route_health *h = &q->health[i];

	/* Pages try nothing out. */
	return q->lane == LANE_CRISIS ? h->sick : !route_health_may_try(h, q->now_ms);
}

static bool candidate_open(const struct route_query *q, size_t i, struct candidate *c)
{
	const struct account *a = &q->accounts[i];

	*c = (struct candidate){
		.route = {i, number_of(q, a), false}, .reach = account_reach(a, q->to)};
	if (c->reach < 0 || !c->route.from)
		return false;
	for (size_t k = 0; k < a->nnumbers && *q->from; k++) {
		if (strcmp(a->numbers[k].text, q->from) != 0 ||
			!program_has_number(q->program, q->from))
			continue;
		c->route.from = a->numbers[k].text;
		c->route.known = true;
	}
	if (!c->route.known)
		c->rank |= RANK_UNKNOWN;
	if (is_sick(q, i))
		c->rank |= RANK_SICK;
	if (strcmp(a->name, q->avoid) == 0)
		c->rank |= RANK_AVOIDED;
	c->draw = weighted(draw_of(q->to, a->name), q->health[i].weight);
	return true;
}

static bool goes_before(const struct candidate *a, const struct candidate *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->reach != b->reach)
		return a->reach > b->reach;
	return a->draw > b->draw;
}

static size_t candidates_find(const struct route_query *q, struct candidate *found, unsigned *all)
{
	size_t n = 0;

	for (size_t i = 0; q->program && i < q->naccounts && i < ACCOUNTS_MOST; i++) {
		struct candidate c;
		size_t at;

		if (!candidate_open(q, i, &c))
			continue;
		for (at = n++; at > 0 && goes_before(&c, &found[at - 1]); at--)
			found[at] = found[at - 1];
		found[at] = c;
		*all |= 1U << i;
	}
	return n;
}

/* Without the sick, when somebody is well. */
static size_t candidates_well(struct candidate *found, size_t n)
{
	size_t well = 0;

	for (size_t i = 0; i < n; i++)
		if (!(found[i].rank & RANK_SICK))
			found[well++] = found[i];
	return well ? well : n;
}

static void offered_last(
	const struct candidate *found, size_t n, unsigned tried, struct route_order *o)
{
	for (int last = 0; last < 2; last++) {
		for (size_t i = 0; i < n; i++) {
			bool offered = tried & (1U << found[i].route.account);

			if (offered == (last == 1))
				o->routes[o->n++] = found[i].route;
		}
		if (!last)
			o->untried = o->n;
	}
}

/* Nobody remembers, or it was offered to all of them. */
static void turned(const struct candidate *found, size_t n, int attempt, struct route_order *o)
{
	size_t before = attempt > 1 ? (size_t)attempt - 1 : 0;

	for (size_t i = 0; i < n; i++)
		o->routes[o->n++] = found[(before + i) % n].route;
	o->untried = before < n ? n - before : 0;
}

void route_find(const struct route_query *q, struct route_order *order)
{
	struct candidate found[ACCOUNTS_MOST];
	unsigned open = 0;
	size_t n;

	*order = (struct route_order){.n = 0};
	n = candidates_find(q, found, &order->all);
	if (q->lane != LANE_CRISIS)
		n = candidates_well(found, n);
	for (size_t i = 0; i < n; i++)
		open |= (1U << found[i].route.account) & ~q->tried;
	if (q->tried && open) {
		offered_last(found, n, q->tried, order);
	} else {
		turned(found, n, q->attempt, order);
		if (q->tried)
			order->untried = 0;
	}
}
