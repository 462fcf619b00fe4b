#include "simulator/receipt.h"

#include <sodium.h>
#include <string.h>
#include <warmline/clock.h>

#include "simulator/courier.h"
#include "simulator/sent_text.h"
#include "simulator/shape.h"
#include "simulator/traffic.h"

#define LATE_MS 5000

struct report {
	struct carrier *carrier;
	char id[TEXT_ID_SIZE];
	struct receipt receipt;
	int copies; /* webhooks for it: 0 = dropped on the way */
};

static void send(struct carrier *carrier, const struct sent_text *t, const struct report *report)
{
	const struct traffic_entry entry = {
		.kind = "receipt",
		.time_ms = clock_wall_ms(),
		.id = t->id,
		.account = t->account,
		.from = t->from,
		.to = t->to.text,
		.state = text_state_name(report->receipt.state),
	};
	struct letter letter = letter_of(t->account, COURIER_RECEIPTS, xstrdup(t->callback),
		shape_of(t->account)->tell_receipt(t, &report->receipt));

	for (int i = 0; i < report->copies; i++) {
		traffic_add(carrier_traffic(carrier), &entry);
		courier_post(carrier_courier(carrier), &letter, NULL, NULL);
	}
	letter_clear(&letter);
}

static void report(void *arg)
{
	struct report *r = arg;
	struct sent_text *t = sent_texts_find(carrier_texts(r->carrier), r->id);

	if (!t)
		return;
	t->updated_ms = clock_wall_ms();
	if (t->sent_ms == 0)
		t->sent_ms = t->updated_ms;
	if (!sent_text_is_final(t))
		t->fate = r->receipt;
	if (r->receipt.trouble == TROUBLE_OPTED_OUT)
		faults_opt_out(carrier_faults(r->carrier), t->account, t->to.text);
	if (t->callback[0])
		send(r->carrier, t, r);
}

static void plan(
	struct carrier *carrier, const struct report *like, int64_t ms, struct receipt receipt)
{
	struct report *r = xmemdup(like, sizeof(*like));

	r->receipt = receipt;
	carrier_after(carrier, ms, report, r);
}

static struct receipt outcome(enum fault_effect effect)
{
	switch (effect) {
	case FAULT_UNDELIVERED: return (struct receipt){TEXT_UNDELIVERED, TROUBLE_UNREACHABLE};
	case FAULT_21610: return (struct receipt){TEXT_UNDELIVERED, TROUBLE_OPTED_OUT};
	default: return (struct receipt){TEXT_DELIVERED, TROUBLE_NONE};
	}
}

void receipts_start(struct carrier *carrier, const char *id, enum fault_effect effect)
{
	int64_t first = 50 + (int64_t)randombytes_uniform(101);
	int64_t second = first + 50 + (int64_t)randombytes_uniform(151);
	struct report like = {.carrier = carrier, .copies = 1};

	(void)text_set(like.id, sizeof(like.id), "%s", id);
	if (effect == FAULT_DROP)
		like.copies = 0;
	if (effect == FAULT_DUPLICATE)
		like.copies = 2;
	if (effect == FAULT_LATE) {
		first += LATE_MS;
		second += LATE_MS;
	}
	if (effect == FAULT_OUT_OF_ORDER) {
		int64_t swap = first;

		first = second;
		second = swap;
	}
	plan(carrier, &like, first, (struct receipt){TEXT_SENT, TROUBLE_NONE});
	plan(carrier, &like, second, outcome(effect));
}
