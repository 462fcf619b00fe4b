#include "tests/lib/solo.h"

#include <warmline/fail.h>

static struct solo *solo_make(const char *actor)
{
	struct solo *s = xcalloc(1, sizeof(*s));

	s->house = solo_house();
	s->now = SOLO_START;
	text_set(s->actor, sizeof(s->actor), "%s", actor);
	return s;
}

struct solo *solo_new(const char *number, const char *to)
{
	struct solo *s = solo_make("p01-00000000000000aa");

	s->number = number;
	s->to = to;
	return s;
}

struct solo *solo_case(void)
{
	return solo_make("c01-00000000000000cc");
}

void solo_free(struct solo **solo)
{
	struct solo *s = *solo;

	decision_free(&s->last);
	json_decref(s->doc);
	solo_house_free(&s->house);
	free(s);
	*solo = NULL;
}

json_t *solo_data(struct solo *s, const char *kind)
{
	json_t *data = json_object();
	char id[64];

	text_set(id, sizeof(id), "test:AC1:%06d:%s", ++s->events, kind);
	json_put_text(data, "id", id);
	json_put_text(data, "kind", kind);
	json_put_int(data, "at", s->now);
	return data;
}

void solo_give_all(struct solo *s, json_t **data, size_t n)
{
	struct event *events = xcalloc(n, sizeof(*events));

	for (size_t i = 0; i < n; i++)
		event_read(data[i], &events[i]);
	decision_free(&s->last);
	s->last = decide(s->house, s->actor, s->doc, events, n, s->now, 7);
	json_decref(s->doc);
	s->doc = json_deep_copy(s->last->document);
	for (size_t i = 0; i < n; i++)
		json_decref(data[i]);
	free(events);
}

void solo_give(struct solo *s, json_t *data)
{
	solo_give_all(s, &data, 1);
}

static json_t *text_data(struct solo *s, const char *body)
{
	json_t *data = solo_data(s, "text");

	json_put_text(data, "from", s->number);
	json_put_text(data, "to", s->to);
	json_put_text(data, "body", body);
	json_put_text(data, "provider_id", "SM1");
	return data;
}

void solo_text(struct solo *s, const char *body)
{
	solo_give(s, text_data(s, body));
}

void solo_crisis(struct solo *s, const char *body)
{
	json_t *data = text_data(s, body);

	json_object_set_new(data, "screen",
		json_pack("{s:s,s:s,s:[s]}", "level", "high", "category", "suicide", "rules",
			"en.kill-self"));
	solo_give(s, data);
}

void solo_join(struct solo *s)
{
	solo_text(s, "join");
	solo_outcome(s, "accepted");
	solo_text(s, "yes");
	solo_outcome(s, "accepted");
}

void solo_enroll(struct solo *s, bool confirmed)
{
	json_t *data = solo_data(s, "enroll");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "number", s->number);
	json_put_text(data, "name", "Ana");
	json_put_text(data, "supporter", SUPPORTER);
	if (confirmed)
		json_object_set_new(data, "confirmed", json_true());
	solo_give(s, data);
}

void solo_wait(struct solo *s, int64_t ms)
{
	s->now += ms;
}

bool solo_wake(struct solo *s)
{
	if (!s->last || !s->last->alarm)
		return false;
	if (s->last->alarm > s->now)
		s->now = s->last->alarm;
	solo_give_all(s, NULL, 0);
	return true;
}

void solo_outcome(struct solo *s, const char *result)
{
	size_t n = s->last->neffects, texts = 0;
	json_t **data = xcalloc(n, sizeof(*data));

	for (size_t i = 0; i < n; i++) {
		if (s->last->effects[i].kind != EFFECT_TEXT)
			continue;
		data[texts] = solo_data(s, "outcome");
		json_put_text(data[texts], "job", s->last->effects[i].job);
		json_put_text(data[texts], "result", result);
		json_put_int(data[texts++], "attempt", 1);
	}
	solo_give_all(s, data, texts);
	free(data);
}

void solo_accept(struct solo *s, const char *job, const char *account, const char *provider_id)
{
	json_t *data = solo_data(s, "outcome");

	json_put_text(data, "job", job);
	json_put_text(data, "result", "accepted");
	json_put_int(data, "attempt", 1);
	json_put_text(data, "account", account);
	json_put_text(data, "provider_id", provider_id);
	solo_give(s, data);
}

void solo_receipt_why(struct solo *s, const char *job, const char *status, const char *why)
{
	json_t *data = solo_data(s, "receipt");

	json_put_text(data, "job", job);
	json_put_text(data, "status", status);
	json_put_text(data, "why", why);
	solo_give(s, data);
}

void solo_receipt(struct solo *s, const char *job, const char *status)
{
	solo_receipt_why(s, job, status, NULL);
}

static bool text_is(const struct effect *e, enum wording_key key)
{
	const char *name = wording_key_name(key);

	return e->kind == EFFECT_TEXT && strcspn(e->body, "|") == strlen(name) &&
	       strncmp(e->body, name, strlen(name)) == 0;
}

size_t solo_texts(const struct solo *s, enum wording_key key)
{
	size_t n = 0;

	for (size_t i = 0; i < s->last->neffects; i++)
		n += text_is(&s->last->effects[i], key);
	return n;
}

size_t solo_all_texts(const struct solo *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->last->neffects; i++)
		n += s->last->effects[i].kind == EFFECT_TEXT;
	return n;
}

const struct effect *solo_find(const struct solo *s, enum wording_key key)
{
	for (size_t i = 0; i < s->last->neffects; i++)
		if (text_is(&s->last->effects[i], key))
			return &s->last->effects[i];
	return NULL;
}

size_t solo_logged(const struct solo *s, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->last->neffects; i++)
		n += s->last->effects[i].kind == EFFECT_LOG &&
		     strcmp(json_get_text(s->last->effects[i].data, "kind", ""), kind) == 0;
	return n;
}

const json_t *solo_entry(const struct solo *s, const char *kind)
{
	for (size_t i = 0; i < s->last->neffects; i++)
		if (s->last->effects[i].kind == EFFECT_LOG &&
			strcmp(json_get_text(s->last->effects[i].data, "kind", ""), kind) == 0)
			return s->last->effects[i].data;
	return NULL;
}

const struct effect *solo_errand(const struct solo *s)
{
	const struct effect *found = NULL;

	for (size_t i = 0; i < s->last->neffects; i++) {
		if (s->last->effects[i].kind != EFFECT_ERRAND)
			continue;
		assert_null(found);
		found = &s->last->effects[i];
	}
	return found;
}

struct program *solo_program(struct solo *s, int i)
{
	return (struct program *)(uintptr_t)&s->house->programs[i];
}

static bool named(const struct solo *s, enum effect_kind kind, const char *name)
{
	for (size_t i = 0; i < s->last->neffects; i++)
		if (s->last->effects[i].kind == kind &&
			strcmp(kind == EFFECT_CANCEL ? s->last->effects[i].job
						     : s->last->effects[i].name,
				name) == 0)
			return true;
	return false;
}

bool solo_indexed(const struct solo *s, const char *name)
{
	return named(s, EFFECT_INDEX, name);
}

bool solo_canceled(const struct solo *s, const char *job)
{
	return named(s, EFFECT_CANCEL, job);
}

static bool event_is(const struct effect *e, const char *to, const char *kind)
{
	if (e->kind != EFFECT_EVENT || strcmp(json_get_text(e->data, "kind", ""), kind) != 0)
		return false;
	return !to || strcmp(e->actor[0] ? e->actor : e->phone.text, to) == 0;
}

const json_t *solo_event(const struct solo *s, const char *to, const char *kind)
{
	for (size_t i = 0; i < s->last->neffects; i++)
		if (event_is(&s->last->effects[i], to, kind))
			return s->last->effects[i].data;
	return NULL;
}

size_t solo_events(const struct solo *s, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->last->neffects; i++)
		n += event_is(&s->last->effects[i], NULL, kind);
	return n;
}

bool solo_notice(const struct solo *s, const char *to, enum wording_key key)
{
	for (size_t i = 0; i < s->last->neffects; i++)
		if (event_is(&s->last->effects[i], to, "notice") &&
			strcmp(json_get_text(s->last->effects[i].data, "wording", ""),
				wording_key_name(key)) == 0)
			return true;
	return false;
}

const char *solo_state(const struct solo *s, const char *program)
{
	return json_get_text(
		json_object_get(json_object_get(s->doc, "p"), program), "s", "stranger");
}
