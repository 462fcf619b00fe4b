#include "scheduler/channels.h"

#include <warmline/log.h>
#include <warmline/metrics.h>

#define CARE_MS 1000

bool channels_open(struct channels *ch, const struct account *accounts, size_t n, int64_t now_ms,
	struct fail *fail)
{
	*ch = (struct channels){.accounts = accounts};
	if (n > ACCOUNTS_MOST)
		return fail_set(
			fail, "%zu accounts are too many, expected at most %d", n, ACCOUNTS_MOST);
	for (; ch->n < n; ch->n++) {
		if (!channel_open(&ch->items[ch->n], &accounts[ch->n], now_ms, fail))
			return false;
		route_health_open(&ch->health[ch->n], accounts[ch->n].weight, now_ms);
	}
	return true;
}

void channels_close(struct channels *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		channel_close(&ch->items[i]);
}

/* --- room ------------------------------------------------------------------------------------ */

size_t channels_room(struct channels *ch, int64_t now_ms)
{
	size_t room = 0;

	for (size_t i = 0; i < ch->n; i++)
		room += channel_room(&ch->items[i], now_ms);
	return room;
}

/* --- health ---------------------------------------------------------------------------------- */

static void tell(const struct channels *ch, size_t i, enum route_change change)
{
	const char *name = ch->accounts[i].name;
	int weight = ch->health[i].weight;

	switch (change) {
	case ROUTE_SAME: return;
	case ROUTE_SICK:
		log_event(LOG_LEVEL_WARN, "account-unhealthy",
			"account=%s weight=%d; its last attempts all failed, texts go by others",
			name, weight);
		return;
	case ROUTE_WELL:
		log_event(LOG_LEVEL_INFO, "account-healthy", "account=%s weight=%d", name, weight);
		return;
	case ROUTE_LIGHTER:
		log_event(LOG_LEVEL_WARN, "account-lighter",
			"account=%s weight=%d; errors or late receipts", name, weight);
		return;
	case ROUTE_HEAVIER:
		log_event(LOG_LEVEL_INFO, "account-heavier", "account=%s weight=%d", name, weight);
		return;
	}
}

void channels_heard(
	struct channels *ch, size_t i, const struct provider_answer *answer, int64_t now_ms)
{
	enum answer_kind kind = answer ? answer->kind : ANSWER_UNKNOWN;

	switch (kind) {
	case ANSWER_RATE:
	case ANSWER_BUSY:
	case ANSWER_NETWORK: return; /* it works, and has its reasons */
	case ANSWER_UNKNOWN:
	case ANSWER_ACCOUNT: tell(ch, i, route_health_failed(ch->health, ch->n, i, now_ms)); return;
	case ANSWER_ACCEPTED: channel_worked(&ch->items[i]); break;
	default: break; /* a refusal of this text */
	}
	tell(ch, i, route_health_worked(&ch->health[i], now_ms));
}

void channels_observed(struct channels *ch, const char *account, int64_t latency_ms, int64_t now_ms)
{
	for (size_t i = 0; i < ch->n; i++)
		if (strcmp(ch->accounts[i].name, account) == 0)
			tell(ch, i,
				route_health_observed(ch->health, ch->n, i, latency_ms, now_ms));
}

void channels_beat(struct channels *ch, int64_t now_ms)
{
	if (now_ms - ch->cared_ms < CARE_MS)
		return;
	ch->cared_ms = now_ms;
	for (size_t i = 0; i < ch->n; i++) {
		const struct channel *c = &ch->items[i];

		tell(ch, i, route_health_drift(&ch->health[i], now_ms));
		metric_set("warmline_account_weight", c->label, ch->health[i].weight);
		metric_set("warmline_account_healthy", c->label, !ch->health[i].sick);
		metric_set("warmline_account_texts_in_flight", c->label,
			(int64_t)(c->crisis + c->routine));
	}
}
