#include "simulator/courier.h"

#include <event2/event.h>
#include <string.h>
#include <utlist.h>
#include <warmline/http_client.h>
#include <warmline/log.h>

#include "simulator/shape.h"

#define AGAIN_US 250000L /* between two tries */

static const size_t at_once[COURIER_LINES] = {64, 32};

struct parcel {
	struct courier *courier;
	struct letter letter;
	courier_cb *cb;
	void *arg;
	struct event *again; /* waits for the next try */
	int tries;
	struct parcel *prev, *next;
};
struct courier {
	struct event_base *base;
	struct http_client *client;
	struct parcel *waiting[COURIER_LINES];
	struct parcel *under_way;
	size_t busy[COURIER_LINES];
};

struct letter letter_of(
	const struct account *account, enum courier_line line, char *url, char *content)
{
	struct letter letter = {.account = account, .line = line, .url = url, .content = content};

	carrier_sid("IT", letter.token);
	return letter;
}

void letter_clear(struct letter *letter)
{
	free(letter->url);
	free(letter->content);
	*letter = (struct letter){.url = NULL};
}

struct courier *courier_new(struct event_base *base, struct fail *fail)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->base = base;
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
	letter_clear(&p->letter);
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
	enum courier_line line = p->letter.line;

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

static bool is_over(const struct parcel *p, const struct http_answer *answer)
{
	const struct patience *patience = &shape_of(p->letter.account)->patience;
	bool taken = answer->outcome == HTTP_ANSWERED && answer->status / 100 == 2;

	if (p->tries >= patience->tries)
		return true;
	return patience->insists ? taken : answer->outcome != HTTP_NOT_SENT;
}

static void answered(void *arg, const struct http_answer *answer)
{
	const struct timeval wait = {0, AGAIN_US};
	struct parcel *p = arg;

	if (!is_over(p, answer)) {
		if (!p->again)
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
	const struct shape *shape = shape_of(p->letter.account);
	struct http_out_header headers[ENVELOPE_HEADERS + 1] = {{NULL, NULL}};
	struct envelope envelope = {.body = NULL};
	struct http_call call = {
		.method = "POST",
		.url = p->letter.url,
		.headers = headers,
		.connect_ms = shape->patience.connect_ms,
		.total_ms = shape->patience.total_ms,
	};

	shape->seal(&p->letter, ++p->tries, &envelope);
	for (size_t i = 0; i < ENVELOPE_HEADERS && envelope.headers[i].name; i++)
		headers[i] = (struct http_out_header){
			envelope.headers[i].name, envelope.headers[i].value};
	call.body = envelope.body;
	call.body_len = strlen(envelope.body);
	http_call(p->courier->client, &call, answered, p);
	free(envelope.body);
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

void courier_post(struct courier *c, const struct letter *letter, courier_cb *cb, void *arg)
{
	struct parcel *p = xcalloc(1, sizeof(*p));

	p->courier = c;
	p->letter = *letter;
	p->letter.url = xstrdup(letter->url);
	p->letter.content = xstrdup(letter->content);
	p->cb = cb;
	p->arg = arg;
	DL_APPEND(c->waiting[letter->line], p);
	next_parcel(c, letter->line);
}
