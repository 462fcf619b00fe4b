#include "simulator/receipt.h"

#include <sodium.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/form.h>

#include "simulator/courier.h"
#include "simulator/sent_text.h"
#include "simulator/traffic.h"

#define LATE_MS 5000

struct report {
	struct carrier *carrier;
	char sid[SID_SIZE];
	const char *status;
	int error;
	int copies; /* webhooks for it: 0 = dropped on the way */
};

static char *form_of(
	const struct carrier *carrier, const struct sent_text *t, const struct report *report)
{
	char *to = form_escape(t->to.text), *from = form_escape(t->from);
	char *done = NULL, *form;
	char error[64] = "";

	if (report->error)
		(void)text_set(error, sizeof(error), "&ErrorCode=%d", report->error);
	if (strcmp(report->status, "sent") != 0)
		done = xasprintf("&RawDlrDoneDate=%lld", (long long)(t->updated_ms / 1000));
	form = xasprintf("SmsSid=%s&SmsStatus=%s&MessageStatus=%s&To=%s&MessageSid=%s"
			 "&AccountSid=%s&From=%s&ApiVersion=2010-04-01%s%s",
		t->sid, report->status, report->status, to, t->sid, carrier_account(carrier)->id,
		from, error, done ? done : "");
	free(to);
	free(from);
	free(done);
	return form;
}

static void send(struct carrier *carrier, const struct sent_text *t, const struct report *report)
{
	const struct traffic_entry entry = {
		.kind = "receipt",
		.time_ms = clock_wall_ms(),
		.sid = t->sid,
		.from = t->from,
		.to = t->to.text,
		.state = report->status,
	};
	char *form = form_of(carrier, t, report);
	char token[SID_SIZE];

	carrier_sid("IT", token);
	for (int i = 0; i < report->copies; i++) {
		traffic_add(carrier_traffic(carrier), &entry);
		courier_post(carrier_courier(carrier), COURIER_RECEIPTS, t->callback, form, token,
			NULL, NULL);
	}
	free(form);
}

static bool is_final(const char *status)
{
	return strcmp(status, "delivered") == 0 || strcmp(status, "undelivered") == 0;
}

static void report(void *arg)
{
	struct report *r = arg;
	struct sent_text *t = sent_texts_find(carrier_texts(r->carrier), r->sid);

	if (!t)
		return;
	t->updated_ms = clock_wall_ms();
	if (t->sent_ms == 0)
		t->sent_ms = t->updated_ms;
	if (!is_final(t->status)) {
		t->status = r->status;
		t->error = r->error;
	}
	if (r->error == 21610)
		faults_opt_out(carrier_faults(r->carrier), t->to.text);
	if (t->callback[0])
		send(r->carrier, t, r);
}

static void plan(struct carrier *carrier, const struct report *like, int64_t ms, const char *status,
	int error)
{
	struct report *r = xmemdup(like, sizeof(*like));

	r->status = status;
	r->error = error;
	carrier_after(carrier, ms, report, r);
}

void receipts_start(struct carrier *carrier, const char *sid, enum fault_effect effect)
{
	int64_t first = 50 + (int64_t)randombytes_uniform(101);
	int64_t second = first + 50 + (int64_t)randombytes_uniform(151);
	int error = effect == FAULT_UNDELIVERED ? 30003 : effect == FAULT_21610 ? 21610 : 0;
	struct report like = {.carrier = carrier, .copies = 1};

	(void)text_set(like.sid, sizeof(like.sid), "%s", sid);
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
	plan(carrier, &like, first, "sent", 0);
	plan(carrier, &like, second, error ? "undelivered" : "delivered", error);
}
