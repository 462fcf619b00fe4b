#include "scheduler/outage.h"
#include "core/backoff.h"
#include "scheduler/chance.h"

#include <warmline/log.h>

#define FIRST_MS 50
#define MOST_MS  2000
#define PROOF_MS 30000

void outage_open(struct outage *o, int64_t settle_ms)
{
	*o = (struct outage){.down = true, .settle_ms = settle_ms};
}

void outage_rest(struct outage *o, int64_t now_ms, int64_t ms)
{
	if (now_ms + ms > o->routine_ms)
		o->routine_ms = now_ms + ms;
}

static void went_down(struct outage *o, enum store_result result, int64_t now_ms)
{
	if (!o->down) {
		log_limited(LOG_LEVEL_WARN, "store-down",
			"the store answers \"%s\"; asking again until it is back",
			store_result_name(result));
		o->failures = 0;
	} else if (!o->asking && now_ms < o->ask_ms) {
		return; /* the rest of what was under way when it went down */
	}
	o->down = true;
	o->asking = false;
	o->failures++;
	o->ask_ms = now_ms + backoff_ms(o->failures, FIRST_MS, MOST_MS, chance());
}

static void came_back(struct outage *o, int64_t now_ms)
{
	o->down = o->asking = false;
	outage_rest(o, now_ms, o->settle_ms);
	if (o->watched)
		o->proof_ms = now_ms + PROOF_MS;
	log_limited(LOG_LEVEL_INFO, "store-up",
		"the store answers; texts of lanes 1 and 2 rest for %lld ms",
		(long long)o->settle_ms);
}

void outage_heard(struct outage *o, enum store_result result, int64_t now_ms)
{
	if (result == STORE_REFUSED || result == STORE_UNKNOWN)
		went_down(o, result, now_ms);
	else if (o->down)
		came_back(o, now_ms);
}

bool outage_may_ask(struct outage *o, int64_t now_ms)
{
	if (!o->down)
		return true;
	if (now_ms < o->ask_ms)
		return false;
	o->asking = true;
	o->ask_ms = now_ms + MOST_MS; /* every call ends long before */
	return true;
}

bool outage_routine_rests(const struct outage *o, int64_t now_ms)
{
	return o->down || now_ms < o->routine_ms || now_ms < o->proof_ms;
}

void outage_proven(struct outage *o)
{
	o->proof_ms = 0;
}

bool outage_wants_proof(const struct outage *o)
{
	return o->proof_ms != 0;
}
