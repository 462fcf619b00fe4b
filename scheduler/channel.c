#include "scheduler/channel.h"

#define IN_FLIGHT  20  /* when the account names no number */
#define RESTS_MOST 3   /* in a row */
#define CROWDED_MS 200 /* all room is taken: something will have ended by then */
#define SPREAD_MS  250

/* Nobody's turn is booked further ahead: a reply asks again within two seconds, a check-in within
 * a minute. */
static const int64_t turn_most_ms[LANES] = {0, 2000, 60000};

/* --- one account ----------------------------------------------------------------------------- */

bool channel_open(
	struct channel *c, const struct account *account, int64_t now_ms, struct fail *fail)
{
	size_t most = account->in_flight > 0 ? (size_t)account->in_flight : IN_FLIGHT;
	size_t kept = (most + 4) / 5;

	*c = (struct channel){.account = account, .provider = provider_find(account->kind)};
	if (!c->provider)
		return fail_set(fail, "no provider is called \"%s\"", account->kind);
	text_set(c->label, sizeof(c->label), "account=\"%s\"", account->name);
	c->in_flight = most;
	c->most = most > kept ? most - kept : 1;
	pacing_open(&c->pace, account->per_second, now_ms);
	c->numbers = xcalloc(account->nnumbers, sizeof(*c->numbers));
	for (size_t i = 0; i < account->nnumbers; i++)
		pacing_open(&c->numbers[i], account->number_per_second, now_ms);
	return true;
}

void channel_close(struct channel *c)
{
	free(c->numbers);
	c->numbers = NULL;
}

static struct pacing *number_pace(struct channel *c, const char *from)
{
	for (size_t i = 0; i < c->account->nnumbers; i++)
		if (strcmp(c->account->numbers[i].text, from) == 0)
			return &c->numbers[i];
	return NULL;
}

/* --- room ------------------------------------------------------------------------------------ */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t numbers_ready(struct channel *c, int64_t now_ms)
{
	size_t ready = 0;

	if (c->account->number_per_second <= 0)
		return SIZE_MAX;
	for (size_t i = 0; i < c->account->nnumbers; i++)
		ready += pacing_ready(&c->numbers[i], now_ms);
	return ready;
}

size_t channel_room(struct channel *c, int64_t now_ms)
{
	size_t room = c->routine < c->most ? c->most - c->routine : 0;

	if (now_ms < c->rest_ms)
		return 0;
	return smaller(smaller(room, pacing_ready(&c->pace, now_ms)), numbers_ready(c, now_ms));
}

bool channel_fits(struct channel *c, const struct load *load, int64_t now_ms)
{
	struct pacing *number = number_pace(c, load->from);

	if (load->lane == LANE_CRISIS)
		return true;
	if (now_ms < c->rest_ms || c->routine >= c->most)
		return false;
	return pacing_fits(&c->pace, load->segments, now_ms) &&
	       (!number || pacing_fits(number, load->segments, now_ms));
}

void channel_take(struct channel *c, const struct load *load, int64_t now_ms)
{
	struct pacing *number = number_pace(c, load->from);

	if (load->lane == LANE_CRISIS) {
		c->crisis++;
		pacing_crisis(&c->pace, load->segments, now_ms);
		if (number)
			pacing_crisis(number, load->segments, now_ms);
		return;
	}
	c->routine++;
	pacing_take(&c->pace, load->segments, now_ms);
	if (number)
		pacing_take(number, load->segments, now_ms);
}

void channel_leave(struct channel *c, enum lane lane)
{
	*(lane == LANE_CRISIS ? &c->crisis : &c->routine) -= 1;
}

void channel_refund(struct channel *c, const struct load *load)
{
	struct pacing *number = number_pace(c, load->from);

	pacing_give_back(&c->pace, load->segments);
	if (number)
		pacing_give_back(number, load->segments);
}

/* --- waiting --------------------------------------------------------------------------------- */

void channel_rest(struct channel *c, int64_t now_ms, int64_t ms)
{
	c->rests++;
	if (now_ms + ms > c->rest_ms)
		c->rest_ms = now_ms + ms;
}

void channel_worked(struct channel *c)
{
	c->rests = 0;
}

bool channel_is_worth_waiting(const struct channel *c)
{
	return c->rests < RESTS_MOST;
}

/* -1: its turn is further away than anybody books. */
static int64_t turn_of(struct pacing *pacing, const struct load *load, int64_t now_ms)
{
	return pacing ? pacing_book(pacing, load->segments, turn_most_ms[load->lane], now_ms) : 0;
}

int64_t channel_wait_ms(
	struct channel *c, const struct load *load, uint64_t entropy, int64_t now_ms)
{
	int64_t most = turn_most_ms[load->lane], wait = c->rest_ms - now_ms;
	int64_t turns[] = {
		turn_of(&c->pace, load, now_ms), turn_of(number_pace(c, load->from), load, now_ms)};

	if (c->routine >= c->most && wait < CROWDED_MS)
		wait = CROWDED_MS + (int64_t)(entropy % (uint64_t)(most / 2 + 1));
	for (size_t i = 0; i < 2; i++) {
		if (turns[i] < 0)
			turns[i] = most - (int64_t)(entropy % (uint64_t)(most / 2 + 1));
		if (turns[i] > wait)
			wait = turns[i];
	}
	if (wait < 0)
		wait = 0;
	return wait + (int64_t)(entropy % SPREAD_MS);
}
