#include "simulator/carrier.h"

#include <event2/event.h>
#include <sodium.h>
#include <string.h>
#include <utlist.h>

#include "simulator/courier.h"
#include "simulator/delivery.h"
#include "simulator/fault.h"
#include "simulator/held.h"
#include "simulator/sent_text.h"
#include "simulator/traffic.h"

#define FORM        "application/x-www-form-urlencoded"
#define JSON        "application/json"
#define BODY_LIMIT  ((size_t)256 * 1024)
#define ANSWER_MS   INT64_C(600000) /* a fault holds a request longer than any caller waits */
#define CONNECTIONS 4096
#define DRAIN_MS    1000
#define ROUTES      16

struct later {
	struct carrier *carrier;
	struct event *timer;
	void (*run)(void *);
	void *arg;
	struct later *prev, *next;
};
struct carrier {
	struct event_base *base;
	const struct site *site;
	char run[SID_SIZE];
	struct traffic *traffic;
	struct faults *faults;
	struct sent_texts *texts;
	struct courier *courier;
	struct held *held;
	struct deliveries *deliveries;
	struct later *later;
	struct http_route routes[ROUTES];
	struct http_server *server;
};

static const struct http_route routes[] = {
	{"POST", "/2010-04-01/Accounts/", rest_twilio_post, NULL, BODY_LIMIT, FORM},
	{"GET", "/2010-04-01/Accounts/", rest_twilio_get, NULL, 0, NULL},
	{"POST", "/v2/messages", rest_telnyx_post, NULL, BODY_LIMIT, JSON},
	{"GET", "/v2/messages/", rest_telnyx_get, NULL, 0, NULL},
	{"GET", "/sim/phones", control_phones, NULL, 0, NULL},
	{"POST", "/sim/text", control_text, NULL, BODY_LIMIT, NULL},
	{"GET", "/sim/log", control_log, NULL, 0, NULL},
	{"GET", "/sim/faults", control_faults, NULL, 0, NULL},
	{"POST", "/sim/faults", control_arm, NULL, BODY_LIMIT, NULL},
	{"DELETE", "/sim/faults", control_disarm, NULL, 0, NULL},
	{"GET", "/", handset_page, NULL, 0, NULL},
	{"GET", "/style.css", handset_page, NULL, 0, NULL},
	{"GET", "/page.js", handset_page, NULL, 0, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};
_Static_assert(sizeof(routes) / sizeof(routes[0]) <= ROUTES, "room for the routes");

static bool open_doors(struct carrier *c, int listen_fd, struct fail *fail)
{
	const struct http_limits limits = {
		.connections = CONNECTIONS, .age_ms = ANSWER_MS, .request_ms = ANSWER_MS};

	memcpy(c->routes, routes, sizeof(routes));
	for (struct http_route *r = c->routes; r->path; r++)
		r->arg = c;
	c->server = http_server_new(c->base, c->routes, &limits, fail);
	return c->server && http_server_listen(c->server, listen_fd, fail);
}

struct carrier *carrier_new(
	struct event_base *base, const struct site *site, int listen_fd, struct fail *fail)
{
	struct carrier *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->site = site;
	carrier_sid("RN", c->run);
	c->traffic = traffic_new(TRAFFIC_KEEP);
	c->faults = faults_new(site);
	c->texts = sent_texts_new();
	c->held = held_new(base);
	c->deliveries = deliveries_new(c);
	c->courier = courier_new(base, fail);
	if (!c->courier || !open_doors(c, listen_fd, fail))
		carrier_free(&c);
	return c;
}

void carrier_drain(struct carrier *c, void (*done)(void *), void *arg)
{
	held_release(c->held);
	http_server_drain(c->server, DRAIN_MS, done, arg);
}

static void later_free(struct later *l)
{
	DL_DELETE(l->carrier->later, l);
	event_free(l->timer);
	free(l->arg);
	free(l);
}

void carrier_free(struct carrier **carrier)
{
	struct carrier *c = *carrier;
	struct later *l, *next;

	if (!c)
		return;
	http_server_free(
		&c->server); /* first: it tells those who hold requests that they are gone */
	DL_FOREACH_SAFE(c->later, l, next)
	later_free(l);
	held_free(&c->held);
	courier_free(&c->courier);
	deliveries_free(&c->deliveries);
	sent_texts_free(&c->texts);
	faults_free(&c->faults);
	traffic_free(&c->traffic);
	free(c);
	*carrier = NULL;
}

static void later_due(evutil_socket_t fd, short what, void *arg)
{
	struct later *l = arg;

	(void)fd;
	(void)what;
	l->run(l->arg);
	later_free(l);
}

void carrier_after(struct carrier *c, int64_t ms, void (*run)(void *), void *arg)
{
	const struct timeval wait = {ms / 1000, (ms % 1000) * 1000};
	struct later *l = xcalloc(1, sizeof(*l));

	l->carrier = c;
	l->run = run;
	l->arg = arg;
	l->timer = evtimer_new(c->base, later_due, l);
	if (!l->timer || evtimer_add(l->timer, &wait) < 0)
		fail_abort("out of memory");
	DL_APPEND(c->later, l);
}

const char *carrier_run(const struct carrier *c)
{
	return c->run;
}

struct event_base *carrier_base(const struct carrier *c)
{
	return c->base;
}

const struct site *carrier_site(const struct carrier *c)
{
	return c->site;
}

const struct account *carrier_account(const struct carrier *c, const char *number)
{
	const struct account *first = NULL;

	for (size_t i = 0; i < c->site->naccounts; i++) {
		const struct account *a = &c->site->accounts[i];

		if (a->simulated && account_has_number(a, number))
			return a;
		if (a->simulated && !first)
			first = a;
	}
	return first;
}

struct traffic *carrier_traffic(const struct carrier *c)
{
	return c->traffic;
}

struct faults *carrier_faults(const struct carrier *c)
{
	return c->faults;
}

struct sent_texts *carrier_texts(const struct carrier *c)
{
	return c->texts;
}

struct courier *carrier_courier(const struct carrier *c)
{
	return c->courier;
}

struct held *carrier_held(const struct carrier *c)
{
	return c->held;
}

struct deliveries *carrier_deliveries(const struct carrier *c)
{
	return c->deliveries;
}

void carrier_sid(const char *letters, char sid[SID_SIZE])
{
	unsigned char random[16];

	randombytes_buf(random, sizeof(random));
	memcpy(sid, letters, 2);
	sodium_bin2hex(sid + 2, SID_SIZE - 2, random, sizeof(random));
}

char *carrier_print(json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	if (!text)
		fail_abort("a value of the carrier could not be written as JSON");
	json_decref(value);
	return text;
}

void carrier_reply(struct http_request *request, int status, json_t *value)
{
	char *text = carrier_print(value);

	http_request_reply(request, status, JSON, text, strlen(text));
	free(text);
}

size_t utf8_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}
