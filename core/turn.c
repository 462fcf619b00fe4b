#include <core/body.h>
#include <core/turn.h>
#include <stdarg.h>
#include <warmline/fail.h>

#define NUMBERS_FORGOTTEN 1000000 /* more than any store can have lost: the number is made up */

void turn_cause(struct turn *t, const struct event *event)
{
	t->event = event;
	t->made = t->logged = 0;
	if (!event || !*event->id) {
		text_set(
			t->cause, sizeof(t->cause), "%s@%lld", t->actor, (long long)turn_number(t));
		return;
	}
	/* Chains of causes grow by a few bytes per hop; a long one is folded, still unique. */
	if (!text_set(t->cause, EVENT_ID_SIZE - 40, "%s", event->id))
		text_set(t->cause, sizeof(t->cause), "%.60s~%016llx", event->id,
			(unsigned long long)text_hash(event->id));
}

int64_t turn_number(struct turn *t)
{
	int64_t n = json_get_int(t->doc, "seq", 0) + 1;

	json_put_int(t->doc, "seq", n);
	return n;
}

void turn_number_taken(struct turn *t, int64_t number)
{
	int64_t seq = json_get_int(t->doc, "seq", 0);

	if (number > seq && number <= seq + NUMBERS_FORGOTTEN)
		json_put_int(t->doc, "seq", number);
}

static struct effect *effect_new(struct turn *t, enum effect_kind kind, const char *rule)
{
	struct decision *d = t->decision;
	struct effect *e;

	if ((d->neffects & (d->neffects - 1)) == 0)
		d->effects = xrealloc(
			d->effects, (d->neffects ? d->neffects * 2 : 1) * sizeof(*d->effects));
	e = &d->effects[d->neffects++];
	*e = (struct effect){.kind = kind, .rule = rule};
	return e;
}

void turn_job_id(const struct turn *t, int64_t job, char id[JOB_ID_SIZE])
{
	text_set(id, JOB_ID_SIZE, "%s.%lld", t->actor, (long long)job);
}

int64_t turn_job_number(const struct turn *t, const char *id)
{
	size_t n = strlen(t->actor);
	char *end;
	long long job;

	if (!id || strncmp(id, t->actor, n) != 0 || id[n] != '.')
		return 0;
	job = strtoll(id + n + 1, &end, 10);
	return *end || job < 0 ? 0 : job;
}

static void text_log(struct turn *t, const struct effect *e)
{
	json_t *entry = turn_log(t, "text-out", e->rule);

	json_put_text(entry, "job", e->job);
	json_put_text(entry, "to", e->to.text);
	json_put_text(entry, "from", e->from.text);
	json_put_text(entry, "text", e->body);
	json_put_int(entry, "lane", (int64_t)e->lane);
	if (e->not_before > t->now)
		json_put_int(entry, "not_before", e->not_before);
}

/* The number this person knows, while the program has it; with several the sender chooses. */
static struct phone sender_of(const struct turn *t, const struct program *p)
{
	const json_t *slot = json_object_get(json_object_get(t->doc, "p"), p->id);
	const char *via = json_get_text(slot, "via", "");
	struct phone from = {""};

	if (*via && program_has_number(p, via))
		text_set(from.text, sizeof(from.text), "%s", via);
	else if (!p->nmore)
		from = p->number;
	return from;
}

int64_t turn_text(
	struct turn *t, const struct letter *letter, enum wording_key key, const struct slot *slots)
{
	const struct wording *w = program_wording(letter->program, letter->language);
	struct effect e = {.kind = EFFECT_TEXT,
		.rule = letter->rule,
		.lane = letter->lane,
		.gate = letter->gate,
		.not_before = letter->not_before,
		.expires = letter->expires,
		.from = sender_of(t, letter->program),
		.keep_no_words = letter->program->redact};
	int64_t job = turn_number(t);

	turn_job_id(t, job, e.job);
	text_set(e.to.text, sizeof(e.to.text), "%s", letter->to);
	text_set(e.program, sizeof(e.program), "%s", letter->program->id);
	text_set(e.avoid, sizeof(e.avoid), "%s", letter->avoid ? letter->avoid : "");
	e.body = body_make(letter->program, w, key, slots);
	*effect_new(t, EFFECT_TEXT, letter->rule) = e;
	text_log(t, &e);
	turn_trace(t, letter->rule, "text \"%s\" to %s", wording_key_name(key),
		strcmp(letter->to, json_get_text(t->doc, "number", "")) == 0 ? "this person"
									     : "another");
	return job;
}

void turn_errand(struct turn *t, const struct effect *errand)
{
	struct effect e = *errand;

	e.kind = EFFECT_ERRAND;
	e.lane = LANE_REPLY;
	e.gate = GATE_SAFETY; /* nobody gets a text by it */
	turn_job_id(t, turn_number(t), e.job);
	text_set(e.to.text, sizeof(e.to.text), "%s", json_get_text(t->doc, "number", ""));
	*effect_new(t, EFFECT_ERRAND, e.rule) = e;
}

void turn_observe(struct turn *t, const char *account, int64_t latency_ms)
{
	struct decision *d = t->decision;
	struct observed *one;

	d->observed = xrealloc(d->observed, (d->nobserved + 1) * sizeof(*d->observed));
	one = &d->observed[d->nobserved++];
	text_set(one->account, sizeof(one->account), "%s", account);
	one->latency_ms = latency_ms > 0 ? latency_ms : 0;
}

void turn_cancel(struct turn *t, int64_t job, const char *rule)
{
	struct effect *e = effect_new(t, EFFECT_CANCEL, rule);

	turn_job_id(t, job, e->job);
}

static struct effect *event_effect(struct turn *t, const char *rule, const char *kind, json_t *data)
{
	struct effect *e = effect_new(t, EFFECT_EVENT, rule);
	char id[EVENT_ID_SIZE];

	text_set(id, sizeof(id), "%s/%u", t->cause, t->made++);
	json_put_text(data, "id", id);
	json_put_text(data, "kind", kind);
	json_put_int(data, "at", t->now);
	e->data = data;
	return e;
}

void turn_event_actor(
	struct turn *t, const char *rule, const char *actor, const char *kind, json_t *data)
{
	struct effect *e = event_effect(t, rule, kind, data);

	text_set(e->actor, sizeof(e->actor), "%s", actor);
}

void turn_event_phone(
	struct turn *t, const char *rule, const char *e164, const char *kind, json_t *data)
{
	struct effect *e;

	/* Whoever has this number may not exist yet: the event says which number it is. */
	json_put_text(data, "line", e164);
	e = event_effect(t, rule, kind, data);
	text_set(e->phone.text, sizeof(e->phone.text), "%s", e164);
}

static const char *entry_id(const struct turn *t, char id[32])
{
	if (t->logged == 0)
		return t->event ? t->event->id : t->cause;
	text_set(id, 32, "%016llx/%u", (unsigned long long)text_hash(t->cause), t->logged);
	return id;
}

json_t *turn_log(struct turn *t, const char *kind, const char *rule)
{
	struct effect *e = effect_new(t, EFFECT_LOG, rule);
	char id[32];

	e->data = json_object();
	json_put_int(e->data, "time", t->now);
	json_put_text(e->data, "kind", kind);
	json_put_text(e->data, "event", entry_id(t, id));
	json_put_text(e->data, "rule", rule);
	if (t->event && t->logged == 0)
		json_put_text(
			e->data, "provider_id", json_get_text(t->event->data, "provider_id", ""));
	t->logged++;
	return e->data;
}

static bool index_known(const struct turn *t, const char *name, size_t *at)
{
	const json_t *known = json_object_get(t->doc, "ix");

	for (*at = 0; *at < json_array_size(known); ++*at) {
		const char *one = json_string_value(json_array_get(known, *at));

		if (one && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

void turn_index(struct turn *t, const char *rule, const char *name)
{
	struct effect *e = effect_new(t, EFFECT_INDEX, rule);
	json_t *known = json_object_get(t->doc, "ix");
	size_t at;

	text_set(e->name, sizeof(e->name), "%s", name);
	e->at = t->now;
	turn_trace(t, rule, "into the list \"%s\"", name);
	if (index_known(t, name, &at))
		return;
	if (!known) {
		known = json_array();
		json_object_set_new(t->doc, "ix", known);
	}
	json_array_append_new(known, json_string(name));
}

void turn_unindex_always(struct turn *t, const char *rule, const char *name)
{
	struct effect *e = effect_new(t, EFFECT_UNINDEX, rule);

	text_set(e->name, sizeof(e->name), "%s", name);
}

void turn_unindex(struct turn *t, const char *rule, const char *name)
{
	json_t *known = json_object_get(t->doc, "ix");
	size_t at;

	if (!index_known(t, name, &at))
		return;
	json_array_remove(known, at);
	if (json_array_size(known) == 0)
		json_object_del(t->doc, "ix");
	turn_unindex_always(t, rule, name);
}

void turn_count(struct turn *t, const char *rule, const char *name)
{
	struct effect *e = effect_new(t, EFFECT_COUNT, rule);

	text_set(e->name, sizeof(e->name), "%s", name);
}

void turn_trace(struct turn *t, const char *rule, const char *format, ...)
{
	struct decision *d = t->decision;
	struct trace *trace;
	va_list args;

	if ((d->ntraces & (d->ntraces - 1)) == 0)
		d->traces =
			xrealloc(d->traces, (d->ntraces ? d->ntraces * 2 : 1) * sizeof(*d->traces));
	trace = &d->traces[d->ntraces++];
	trace->rule = rule;
	va_start(args, format);
	vsnprintf(trace->text, sizeof(trace->text), format, args);
	va_end(args);
}
