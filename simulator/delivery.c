#include "simulator/delivery.h"

#include <event2/event.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "simulator/courier.h"
#include "simulator/fault.h"
#include "simulator/shape.h"
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

static void write_down(const struct delivery *d, int http)
{
	const struct typed_text *t = d->text;
	const struct traffic_entry entry = {
		.kind = "inbound",
		.time_ms = t->time_ms,
		.id = t->id,
		.account = t->account,
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

/* Where this provider was told to post texts. */
static char *address(const struct carrier *carrier, const struct account *account)
{
	const char *token = account->npath_tokens ? account->path_tokens[0] : NULL;
	char *path = site_webhook_path(account, token, "sms");
	char *url = xasprintf("%s%s", carrier_site(carrier)->public_url, path);

	free(path);
	return url;
}

static void deliver(struct delivery *d, int copies)
{
	struct carrier *carrier = d->all->carrier;
	const struct account *account = d->text->account;
	struct letter letter = letter_of(account, COURIER_TEXTS, address(carrier, account),
		shape_of(account)->tell_text(d->text));

	d->overtakable = false;
	if (d->timer) {
		event_free(d->timer);
		d->timer = NULL;
	}
	d->copies = copies;
	for (int i = 0; i < copies; i++)
		courier_post(carrier_courier(carrier), &letter, answered, d);
	letter_clear(&letter);
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

/* A provider lifts its own block when the handset opts in again. */
static void note_opt_in(struct deliveries *all, const struct typed_text *t)
{
	const char *word = t->body + strspn(t->body, " \t\r\n");
	size_t len = strcspn(word, " \t\r\n.!");

	for (const char *const *known = shape_of(t->account)->opt_in; *known; known++)
		if (strlen(*known) == len && strncasecmp(word, *known, len) == 0)
			faults_opt_in(carrier_faults(all->carrier), t->account, t->from);
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
	switch (faults_take(
		carrier_faults(all->carrier), FAULT_WEBHOOK, text->account, text->from)) {
	case FAULT_DUPLICATE: deliver(d, 2); break;
	case FAULT_LATE: wait_for(d, LATE_S); break;
	case FAULT_OUT_OF_ORDER:
		d->overtakable = true;
		wait_for(d, OVERTAKE_S);
		break;
	default: deliver(d, 1); break;
	}
}
