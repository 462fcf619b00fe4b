/* By which account an attempt goes, and whether there is room for it now. */
#include "core/route.h"
#include "scheduler/attempt.h"
#include "scheduler/chance.h"

#include <warmline/clock.h>
#include <warmline/metrics.h>

static bool take(struct attempt *a, size_t account, const struct load *load, int64_t now_ms)
{
	struct sender *s = a->sender;
	struct channel *c = &s->channels.items[account];

	if (!channel_fits(c, load, now_ms))
		return false;
	channel_take(c, load, now_ms);
	if (a->lane != LANE_CRISIS && !a->errand)
		route_health_tried(&s->channels.health[account], now_ms);
	a->channel = c;
	a->account = account;
	a->load = *load;
	return true;
}

void attempt_unroute(struct attempt *a)
{
	if (!a->channel)
		return;
	if (!a->left)
		channel_refund(a->channel, &a->load);
	channel_leave(a->channel, a->lane);
	a->channel = NULL;
}

const char *attempt_account(const struct attempt *a)
{
	return a->channel && a->left ? a->channel->account->name : "";
}

const char *attempt_from(const struct attempt *a)
{
	return a->channel && a->left ? a->load.from : "";
}

/* It was claimed for nothing: nobody hears of that, and it costs no attempt. */
static void wait_for_room(
	struct attempt *a, size_t account, const struct load *load, struct verdict_of_send *verdict)
{
	int64_t now_ms = clock_monotonic_ms();

	metric_add("warmline_texts_without_room_total", "", 1);
	*verdict = verdict_later("no room",
		channel_wait_ms(&a->sender->channels.items[account], load, chance(), now_ms));
	verdict->quiet = true;
}

static void routes_of(const struct attempt *a, const struct trail *trail, int64_t now_ms,
	struct route_order *order)
{
	const struct sender *s = a->sender;
	struct route_query query = {.accounts = s->options.accounts,
		.naccounts = s->options.naccounts,
		.health = s->channels.health,
		.program = program_find(s->options.programs, s->options.nprograms, a->program),
		.to = a->to,
		.from = a->habit,
		.avoid = a->avoid,
		.lane = a->lane,
		.attempt = a->number,
		.tried = trail->tried,
		.now_ms = now_ms};

	route_find(&query, order);
}

/* Where else it could go. */
static void look_around(struct attempt *a, const struct route_order *order, size_t chosen,
	const struct trail *trail)
{
	bool first_try = chosen < order->untried;

	a->hurries = attempt_is_crisis(a) && first_try && order->n > 1;
	a->next = order->untried > (first_try ? 1 : 0);
	a->nobody_can = !(order->all & ~(trail->refused | (1U << a->account)));
}

/*
 * The first of its routes that has room. A person who knows a number waits for it: the pace alone
 * makes no stranger's number write to them.
 */
static bool text_route(struct attempt *a, struct verdict_of_send *verdict)
{
	struct sender *s = a->sender;
	struct trail trail = trails_get(&s->trails, a->job);
	int64_t now_ms = clock_monotonic_ms();
	struct load load = {.lane = a->lane, .segments = a->segments};
	struct route_order order;

	routes_of(a, &trail, now_ms, &order);
	if (order.n == 0) {
		*verdict = verdict_end(JOB_REFUSED, "refused", "no route");
		return false;
	}
	for (size_t i = 0; i < order.n; i++) {
		const struct route *route = &order.routes[i];

		load.from = route->from;
		if (take(a, route->account, &load, now_ms)) {
			look_around(a, &order, i, &trail);
			return true;
		}
		if (route->known && channel_is_worth_waiting(&s->channels.items[route->account]))
			break;
	}
	load.from = order.routes[0].from;
	wait_for_room(a, order.routes[0].account, &load, verdict);
	return false;
}

static bool errand_route(struct attempt *a, struct verdict_of_send *verdict)
{
	const struct sender_options *o = &a->sender->options;
	struct load load = {.lane = a->lane, .from = "", .segments = 0};
	const struct account *account =
		account_find(o->accounts, o->naccounts, attempt_errand_account(a));

	if (!account) {
		*verdict = attempt_errand_never();
		return false;
	}
	if (take(a, (size_t)(account - o->accounts), &load, clock_monotonic_ms()))
		return true;
	wait_for_room(a, (size_t)(account - o->accounts), &load, verdict);
	return false;
}

/* What waits for room is never begun, so it is here that it can be too late. */
static bool is_too_late(const struct attempt *a)
{
	return a->expires && a->expires <= attempt_store_now(a->sender);
}

bool attempt_route(struct attempt *a, struct verdict_of_send *verdict)
{
	if (a->errand ? errand_route(a, verdict) : text_route(a, verdict))
		return true;
	if (verdict->result == JOB_LATER && is_too_late(a))
		*verdict = a->errand ? attempt_errand_gave_up()
				     : verdict_end(JOB_EXPIRED, "expired", "too late");
	return false;
}
