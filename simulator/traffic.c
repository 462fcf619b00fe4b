#include "simulator/traffic.h"

#include <string.h>
#include <warmline/account.h>
#include <warmline/clock.h>
#include <warmline/fail.h>

#include "simulator/carrier.h"

/* Lines are printed once, when they are added: /sim/log is polled far more often than it grows. */
struct line {
	char *json;
	size_t len;
};
struct traffic {
	struct line *lines; /* a ring: entry n lies at (n - 1) % keep */
	size_t keep;
	int64_t last;
};

struct traffic *traffic_new(size_t keep)
{
	struct traffic *t = xcalloc(1, sizeof(*t));

	t->keep = keep ? keep : TRAFFIC_KEEP;
	t->lines = xcalloc(t->keep, sizeof(*t->lines));
	return t;
}

void traffic_free(struct traffic **traffic)
{
	struct traffic *t = *traffic;

	if (!t)
		return;
	for (size_t i = 0; i < t->keep; i++)
		free(t->lines[i].json);
	free(t->lines);
	free(t);
	*traffic = NULL;
}

/* What a caller wrote may be no UTF-8; it is shown as one replacement character. */
static json_t *shown(const char *text)
{
	json_t *value = json_string(text ? text : "");

	return value ? value : json_string("\xef\xbf\xbd");
}

static char *print(int64_t n, const struct traffic_entry *e)
{
	char time[40];
	json_t *status = e->state ? json_string(e->state) : json_integer(e->http);
	json_t *object;

	clock_print(e->time_ms, time, sizeof(time));
	object = json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "n", (json_int_t)n,
		"time", time, "kind", e->kind, "sid", shown(e->id), "from", shown(e->from), "to",
		shown(e->to), "body", shown(e->body), "status", status, "provider",
		e->account ? e->account->name : "");
	return carrier_print(object);
}

int64_t traffic_add(struct traffic *t, const struct traffic_entry *entry)
{
	int64_t n = ++t->last;
	struct line *line = &t->lines[(size_t)(n - 1) % t->keep];

	free(line->json);
	line->json = print(n, entry);
	line->len = strlen(line->json);
	return n;
}

static const struct line *line_of(const struct traffic *t, int64_t n)
{
	return &t->lines[(size_t)(n - 1) % t->keep];
}

char *traffic_print(const struct traffic *t, int64_t since, size_t newest, size_t *len)
{
	int64_t oldest = t->last > (int64_t)t->keep ? t->last - (int64_t)t->keep + 1 : 1;
	int64_t first = since < 0 || since + 1 < oldest ? oldest : since + 1;
	size_t size = 3, at = 0;
	char *text;

	if (newest && t->last - first + 1 > (int64_t)newest)
		first = t->last - (int64_t)newest + 1;
	for (int64_t n = first; n <= t->last; n++)
		size += line_of(t, n)->len + 1;
	text = xcalloc(1, size);
	text[at++] = '[';
	for (int64_t n = first; n <= t->last; n++) {
		const struct line *line = line_of(t, n);

		if (n > first)
			text[at++] = ',';
		memcpy(text + at, line->json, line->len);
		at += line->len;
	}
	text[at++] = ']';
	*len = at;
	return text;
}
