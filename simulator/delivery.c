#include "simulator/delivery.h"

#include <event2/event.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>
#include <warmline/form.h>
#include <warmline/sms_text.h>

#include "simulator/courier.h"
#include "simulator/fault.h"
#include "simulator/traffic.h"

#define LATE_S     5
#define OVERTAKE_S 2 /* so long a text waits to be overtaken, then it goes anyway */

struct delivery {
	struct deliveries *all;
	struct typed_text *text;
	struct event *timer; /* late or waiting to be overtaken; NULL = not waiting */
	bool overtakable;
	int copies; /* webhooks that have no answer yet */
	void (*cb)(void *arg, int http);
	void *arg;
	struct delivery *prev, *next;
};
struct deliveries {
	struct carrier *carrier;
	struct delivery *list; /* as they were typed */
};

struct deliveries *deliveries_new(struct carrier *carrier)
{
	struct deliveries *all = xcalloc(1, sizeof(*all));

	all->carrier = carrier;
	return all;
}

static void forget(struct delivery *d)
{
	DL_DELETE(d->all->list, d);
	if (d->timer)
		event_free(d->timer);
	typed_text_free(d->text);
	free(d);
}

void deliveries_free(struct deliveries **deliveries)
{
	struct delivery *d, *next;

	if (!*deliveries)
		return;
	DL_FOREACH_SAFE((*deliveries)->list, d, next)
	{
		if (d->cb)
			free(d->arg);
		forget(d);
	}
	free(*deliveries);
	*deliveries = NULL;
}

static char *form_of(const struct carrier *carrier, const struct typed_text *t)
{
	char *from = form_escape(t->from), *to = form_escape(t->to), *body = form_escape(t->body);
	struct sms_size size = {.segments = 1};
	char *form;

	(void)sms_measure(t->body, &size);
	form = xasprintf("ToCountry=US&ToState=&ToCity=&ToZip=&FromCountry=US&FromState="
			 "&FromCity=&FromZip=&MessageSid=%s&SmsSid=%s&SmsMessageSid=%s"
			 "&AccountSid=%s&From=%s&To=%s&Body=%s&NumSegments=%zu&NumMedia=%zu"
			 "&SmsStatus=received&ApiVersion=2010-04-01%s%s%s",
		t->sid, t->sid, t->sid, carrier_account(carrier)->id, from, to, body, size.segments,
		t->nmedia, t->media, t->opt_out[0] ? "&OptOutType=" : "", t->opt_out);
	free(from);
	free(to);
	free(body);
	return form;
}

static void write_down(const struct delivery *d, int http)
{
	const struct typed_text *t = d->text;
	const struct traffic_entry entry = {
		.kind = "inbound",
		.time_ms = t->time_ms,
		.sid = t->sid,
		.from = t->from,
		.to = t->to,
		.body = t->body,
		.http = http,
	};

	traffic_add(carrier_traffic(d->all->carrier), &entry);
}

static void deliver(struct delivery *d, int copies);

/* A text reached the gateway: the youngest that waited to be overtaken goes next. */
static void let_overtaken_go(struct deliveries *all)
{
	struct delivery *d, *youngest = NULL;

	DL_FOREACH(all->list, d)
	if (d->overtakable)
		youngest = d;
	if (youngest)
		deliver(youngest, 1);
}

static void answered(void *arg, int http)
{
	struct delivery *d = arg;
	struct deliveries *all = d->all;

	write_down(d, http);
	if (d->cb)
		d->cb(d->arg, http);
	d->cb = NULL;
	if (--d->copies == 0)
		forget(d);
	let_overtaken_go(all);
}

static void deliver(struct delivery *d, int copies)
{
	struct carrier *carrier = d->all->carrier;
	char *url = xasprintf("%s/twilio/sms", carrier_site(carrier)->public_url);
	char *form = form_of(carrier, d->text);

	d->overtakable = false;
	if (d->timer) {
		event_free(d->timer);
		d->timer = NULL;
	}
	d->copies = copies;
	for (int i = 0; i < copies; i++)
		courier_post(carrier_courier(carrier), COURIER_TEXTS, url, form, d->text->token,
			answered, d);
	free(form);
	free(url);
}

static void due(evutil_socket_t fd, short what, void *arg)
{
	struct delivery *d = arg;

	(void)fd;
	(void)what;
	if (d->overtakable)
		let_overtaken_go(d->all);
	else
		deliver(d, 1);
}

static void wait_for(struct delivery *d, int seconds)
{
	const struct timeval wait = {seconds, 0};

	d->timer = evtimer_new(carrier_base(d->all->carrier), due, d);
	if (!d->timer || evtimer_add(d->timer, &wait) < 0)
		fail_abort("out of memory");
}

/* Twilio lifts its own block when the handset opts in again. */
static void note_opt_in(struct deliveries *all, const struct typed_text *t)
{
	static const char *const words[] = {"START", "UNSTOP", "YES"};
	const char *word = t->body + strspn(t->body, " \t\r\n");
	size_t len = strcspn(word, " \t\r\n.!");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && strncasecmp(word, words[i], len) == 0)
			faults_opt_in(carrier_faults(all->carrier), t->from);
}

void delivery_start(
	struct deliveries *all, struct typed_text *text, void (*cb)(void *arg, int http), void *arg)
{
	struct delivery *d = xcalloc(1, sizeof(*d));

	d->all = all;
	d->text = text;
	d->cb = cb;
	d->arg = arg;
	DL_APPEND(all->list, d);
	note_opt_in(all, text);
	switch (faults_take(carrier_faults(all->carrier), FAULT_WEBHOOK, text->from)) {
	case FAULT_DUPLICATE: deliver(d, 2); break;
	case FAULT_LATE: wait_for(d, LATE_S); break;
	case FAULT_OUT_OF_ORDER:
		d->overtakable = true;
		wait_for(d, OVERTAKE_S);
		break;
	default: deliver(d, 1); break;
	}
}
