/*
 * decide() on any sequence of events: nothing crashes; a decision is a document that can be
 * stored, effects that can be carried out, and an alarm that is not in the past; the same facts
 * give the same decision.
 *
 * The input is lines. A JSON object is an event for the actor; its "after" (ms) lets time go by
 * first. Any other line lets time go by until the alarm. A first line that begins with "c" is the
 * story of a case, else of a person.
 */
#include "tests/lib/solo.h"

#include <stdint.h>

#define MOST_EVENTS 48
#define MOST_WAIT   (INT64_C(30) * 86400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct story {
	const struct house *house;
	const char *actor;
	json_t *doc;
	int64_t now, alarm;
};

/* `known`: the actor has a number. Events without any are no events of the gateway's. */
static void check_text(const struct effect *e, bool known, int64_t now)
{
	json_t *body = e->body ? json_string(e->body) : NULL;

	if (!body || !e->body[0] || !e->job[0] || !e->from.text[0] || (known && !e->to.text[0]))
		abort();
	if ((unsigned)e->lane >= LANES || (unsigned)e->gate > GATE_SAFETY || e->expires <= now)
		abort();
	json_decref(body);
}

static void check_errand(const struct effect *e, int64_t now)
{
	if (!e->job[0] || !e->account[0] || !e->provider_id[0] || e->expires <= now)
		abort();
	if (e->errand == ERRAND_LOOK_UP && !e->about[0])
		abort();
}

static void check_effect(const struct effect *e, bool known, int64_t now)
{
	if (!e->rule || !e->rule[0])
		abort();
	if (e->kind == EFFECT_TEXT)
		check_text(e, known, now);
	if (e->kind == EFFECT_ERRAND)
		check_errand(e, now);
	if (e->kind == EFFECT_EVENT && known && (!e->actor[0] == !e->phone.text[0]))
		abort();
	if ((e->kind == EFFECT_EVENT || e->kind == EFFECT_LOG) && !json_is_object(e->data))
		abort();
	if ((e->kind == EFFECT_INDEX || e->kind == EFFECT_COUNT) && !e->name[0])
		abort();
}

static void check_same(const struct decision *a, const struct decision *b)
{
	if (!json_equal(a->document, b->document) || a->alarm != b->alarm ||
		a->neffects != b->neffects)
		abort();
}

/* What is stored is text: the document goes through it on the way to the next decision. */
static json_t *stored(const json_t *document)
{
	char *text = json_print(document);
	json_t *read = json_parse(text, strlen(text));

	if (!read)
		abort();
	free(text);
	return read;
}

static void give(struct story *s, const struct event *events, size_t n)
{
	struct decision *d = decide(s->house, s->actor, s->doc, events, n, s->now, 7);
	struct decision *again = decide(s->house, s->actor, s->doc, events, n, s->now, 7);
	bool known = json_get_text(d->document, "number", NULL);

	check_same(d, again);
	for (size_t i = 0; i < d->neffects; i++)
		check_effect(&d->effects[i], known, s->now);
	if (d->alarm && d->alarm <= s->now)
		abort();
	json_decref(s->doc);
	s->doc = stored(d->document);
	s->alarm = d->alarm;
	decision_free(&d);
	decision_free(&again);
}

static void take_line(struct story *s, const char *line, size_t len)
{
	json_t *data = json_parse(line, len);
	struct event event;

	if (!data) {
		if (s->alarm) {
			s->now = s->alarm;
			give(s, NULL, 0);
		}
		return;
	}
	s->now += json_get_int(data, "after", 0) % MOST_WAIT;
	if (s->now < SOLO_START)
		s->now = SOLO_START;
	event_read(data, &event);
	give(s, &event, 1);
	json_decref(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct house *house;
	struct story story = {.now = SOLO_START};
	const char *at = (const char *)data, *end = at + size;

	if (!house) {
		house = solo_house();
		((struct program *)(uintptr_t)&house->programs[0])->redact = true;
	}
	story.house = house;
	story.actor = size && *at == 'c' ? "c01-00000000000000cc" : "p01-00000000000000aa";
	for (int n = 0; at < end && n < MOST_EVENTS; n++) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		size_t len = line ? (size_t)(line - at) : (size_t)(end - at);

		take_line(&story, at, len);
		at += len + 1;
	}
	json_decref(story.doc);
	return 0;
}
