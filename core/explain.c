#include <core/explain.h>
#include <warmline/fail.h>
#include <warmline/json.h>

/* A weekly program looked at years ahead would run long; nobody asks further than this. */
#define WAKES_MOST 400

static void add(struct explanation *x, int64_t at, const char *rule, char *text)
{
	x->steps = xrealloc(x->steps, (x->n + 1) * sizeof(*x->steps));
	x->steps[x->n].at = at;
	text_set(x->steps[x->n].rule, sizeof(x->steps[x->n].rule), "%s", rule);
	x->steps[x->n++].text = text;
}

static void add_text(struct explanation *x, const struct effect *e, int64_t now)
{
	int64_t at = e->not_before > now ? e->not_before : now;

	add(x, at, e->rule, xasprintf("sends: %s", e->body));
}

static void describe(struct explanation *x, const struct decision *d, int64_t now)
{
	size_t before = x->n;

	for (size_t i = 0; i < d->ntraces; i++)
		if (strncmp(d->traces[i].text, "text \"", 6) != 0)
			add(x, now, d->traces[i].rule, xstrdup(d->traces[i].text));
	for (size_t i = 0; i < d->neffects; i++)
		if (d->effects[i].kind == EFFECT_TEXT)
			add_text(x, &d->effects[i], now);
	if (x->n == before && d->neffects)
		add(x, now, d->effects[0].rule, xstrdup("is noted in the log"));
}

/* What the sender would say about the texts just written: each one accepted. */
static json_t *outcomes(const struct decision *d, int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->neffects; i++) {
		const struct effect *e = &d->effects[i];
		char id[EVENT_ID_SIZE];
		json_t *event;

		if (e->kind != EFFECT_TEXT)
			continue;
		text_set(id, sizeof(id), "%s:1:accepted", e->job);
		event = json_object();
		json_put_text(event, "id", id);
		json_put_text(event, "kind", "outcome");
		json_put_int(event, "at", e->not_before > now ? e->not_before : now);
		json_put_text(event, "job", e->job);
		json_put_text(event, "result", "accepted");
		json_array_append_new(list, event);
	}
	return list;
}

static struct decision *accept_texts(
	const struct house *house, const char *actor, struct decision *d, int64_t now)
{
	json_t *list = outcomes(d, now);
	size_t n = json_array_size(list);
	struct event *events = xcalloc(n, sizeof(*events));
	struct decision *after;

	for (size_t i = 0; i < n; i++)
		event_read(json_array_get(list, i), &events[i]);
	after = decide(house, actor, d->document, events, n, now, 0);
	free(events);
	json_decref(list);
	decision_free(&d);
	return after;
}

/* One wake-up: decides, notes what it saw, and goes on as if every text had been accepted. */
static struct decision *live(struct explanation *x, const struct house *house, const char *actor,
	struct decision *d, int64_t now, int64_t from)
{
	if (now >= from)
		describe(x, d, now);
	return accept_texts(house, actor, d, now);
}

struct explanation *explain(const struct house *house, const char *actor, const json_t *document,
	const struct event *events, size_t nevents, int64_t now, int64_t from)
{
	struct explanation *x = xcalloc(1, sizeof(*x));
	struct decision *d = decide(house, actor, document, events, nevents, now, 0);
	int seen = 0;

	d = live(x, house, actor, d, now, from);
	for (int wake = 0; d->alarm && seen < EXPLAIN_WAKES && wake < WAKES_MOST; wake++) {
		int64_t at = d->alarm;
		struct decision *next = decide(house, actor, d->document, NULL, 0, at, 0);

		decision_free(&d);
		d = live(x, house, actor, next, at, from);
		seen += at >= from;
	}
	x->next = d->alarm;
	decision_free(&d);
	return x;
}

void explanation_free(struct explanation **explanation)
{
	struct explanation *x = *explanation;

	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		free(x->steps[i].text);
	free(x->steps);
	free(x);
	*explanation = NULL;
}
