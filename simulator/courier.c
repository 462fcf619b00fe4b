#include "simulator/courier.h"

#include <event2/event.h>
#include <string.h>
#include <utlist.h>
#include <warmline/form.h>
#include <warmline/http_client.h>
#include <warmline/log.h>
#include <warmline/provider.h>

#define CONNECT_MS 5000
#define TOTAL_MS   15000
#define AGAIN_US   250000L /* before the second try to connect */

static const size_t at_once[COURIER_LINES] = {64, 32};

struct parcel {
	struct courier *courier;
	enum courier_line line;
	char *url, *form, *token;
	char signature[29];
	courier_cb *cb;
	void *arg;
	struct event *again; /* waits for the second try */
	bool tried;
	struct parcel *prev, *next;
};
struct courier {
	struct event_base *base;
	const struct account *account;
	struct http_client *client;
	struct parcel *waiting[COURIER_LINES];
	struct parcel *under_way;
	size_t busy[COURIER_LINES];
};

struct courier *courier_new(
	struct event_base *base, const struct account *account, struct fail *fail)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->account = account;
	c->client = http_client_new(base, fail);
	if (!c->client) {
		free(c);
		return NULL;
	}
	return c;
}

static void parcel_free(struct parcel *p)
{
	if (p->again)
		event_free(p->again);
	free(p->url);
	free(p->form);
	free(p->token);
	free(p);
}

void courier_free(struct courier **courier)
{
	struct courier *c = *courier;
	struct parcel *p, *next;

	if (!c)
		return;
	http_client_free(&c->client);
	DL_FOREACH_SAFE(c->under_way, p, next)
	parcel_free(p);
	for (int line = 0; line < COURIER_LINES; line++)
		DL_FOREACH_SAFE(c->waiting[line], p, next)
	parcel_free(p);
	free(c);
	*courier = NULL;
}

static void next_parcel(struct courier *c, enum courier_line line);
static void try(struct parcel *p);

static void finish(struct parcel *p, int http)
{
	struct courier *c = p->courier;
	enum courier_line line = p->line;

	DL_DELETE(c->under_way, p);
	c->busy[line]--;
	if (p->cb)
		p->cb(p->arg, http);
	parcel_free(p);
	next_parcel(c, line);
}

static void try_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	try(arg);
}

static void answered(void *arg, const struct http_answer *answer)
{
	const struct timeval wait = {0, AGAIN_US};
	struct parcel *p = arg;

	if (answer->outcome == HTTP_NOT_SENT && !p->tried) {
		p->tried = true;
		p->again = evtimer_new(p->courier->base, try_again, p);
		if (p->again && evtimer_add(p->again, &wait) == 0)
			return;
	}
	if (answer->outcome != HTTP_ANSWERED)
		log_limited(LOG_LEVEL_WARN, "webhook-unanswered", "reason=\"%s\"",
			answer->reason ? answer->reason : "");
	finish(p, answer->outcome == HTTP_ANSWERED ? answer->status : 0);
}

static void try(struct parcel *p)
{
	const struct http_out_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"},
		{"User-Agent", "TwilioProxy/1.1"},
		{"Accept", "*/*"},
		{"X-Twilio-Signature", p->signature},
		{"I-Twilio-Idempotency-Token", p->token},
		{NULL, NULL},
	};
	const struct http_call call = {
		.method = "POST",
		.url = p->url,
		.headers = headers,
		.body = p->form,
		.body_len = strlen(p->form),
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
	};

	http_call(p->courier->client, &call, answered, p);
}

static void next_parcel(struct courier *c, enum courier_line line)
{
	while (c->waiting[line] && c->busy[line] < at_once[line]) {
		struct parcel *p = c->waiting[line];

		DL_DELETE(c->waiting[line], p);
		DL_APPEND(c->under_way, p);
		c->busy[line]++;
		try(p);
	}
}

static void sign(const struct courier *c, struct parcel *p)
{
	struct form form = {0};

	if (form_parse(&form, p->form, strlen(p->form)) != FORM_OK)
		fail_abort("the carrier wrote a form that it cannot read");
	twilio_sign(c->account->secrets[0], p->url, &form, p->signature);
	form_free(&form);
}

void courier_post(struct courier *c, enum courier_line line, const char *url, const char *form,
	const char *token, courier_cb *cb, void *arg)
{
	struct parcel *p = xcalloc(1, sizeof(*p));

	p->courier = c;
	p->line = line;
	p->url = xstrdup(url);
	p->form = xstrdup(form);
	p->token = xstrdup(token);
	p->cb = cb;
	p->arg = arg;
	sign(c, p);
	DL_APPEND(c->waiting[line], p);
	next_parcel(c, line);
}
