#include <platform/writes.h>
#include <warmline/fail.h>
#include <warmline/json.h>

/* One effect being converted, and where its owned parts go. */
struct target {
	struct store_write *write;
	char *blind;
	char **text;
};

/* Equal texts are equal bytes: by them a store that forgot knows what has left (store.h, recall).
 */
static char *printed(json_t *body)
{
	char *text = json_print(body);

	json_decref(body);
	return text;
}

static char *text_body(const struct effect *e)
{
	json_t *body = json_object();

	json_put_text(body, "to", e->to.text);
	json_put_text(body, "from", e->from.text);
	json_put_text(body, "body", e->body);
	json_put_text(body, "avoid", e->avoid);
	if (e->keep_no_words)
		json_object_set_new(body, "hush", json_true());
	return printed(body);
}

static char *errand_body(const struct effect *e)
{
	json_t *body = json_object();

	json_put_text(body, "errand", e->errand == ERRAND_REDACT ? "redact" : "look-up");
	json_put_text(body, "account", e->account);
	json_put_text(body, "id", e->provider_id);
	json_put_text(body, "to", e->to.text);
	json_put_text(body, "job", e->about);
	return printed(body);
}

static void set_blob(const struct target *t, char *text)
{
	*t->text = text;
	t->write->blob = (struct blob){text, strlen(text)};
}

/* The text of a job is taken. */
static void put_job(const struct target *t, const struct effect *e, char *text)
{
	struct store_write *w = t->write;

	w->kind = WRITE_JOB;
	w->id = e->job;
	w->lane = e->lane;
	w->gate = e->gate;
	w->at = e->not_before;
	w->expires = e->expires;
	w->program = e->program;
	w->blind = t->blind;
	set_blob(t, text);
}

static void put_event(const struct target *t, const struct effect *e)
{
	struct store_write *w = t->write;

	w->kind = WRITE_EVENT;
	w->id = json_get_text(e->data, "id", "");
	w->to = e->actor[0] ? e->actor : NULL;
	w->blind = e->actor[0] ? NULL : t->blind;
	w->program = json_get_text(e->data, "program", "");
	set_blob(t, json_print(e->data));
}

static void convert(const struct target *t, const struct effect *e, int64_t now_ms)
{
	struct store_write *w = t->write;

	w->program = "";
	switch (e->kind) {
	case EFFECT_TEXT: put_job(t, e, text_body(e)); break;
	case EFFECT_ERRAND: put_job(t, e, errand_body(e)); break;
	case EFFECT_EVENT: put_event(t, e); break;
	case EFFECT_LOG:
		w->kind = WRITE_LOG;
		set_blob(t, json_print(e->data));
		break;
	case EFFECT_CANCEL:
		w->kind = WRITE_CANCEL;
		w->id = e->job;
		break;
	case EFFECT_INDEX:
		w->kind = WRITE_INDEX;
		w->id = e->name;
		w->at = e->at;
		break;
	case EFFECT_UNINDEX:
		w->kind = WRITE_UNINDEX;
		w->id = e->name;
		break;
	case EFFECT_COUNT:
	default:
		w->kind = WRITE_COUNT;
		w->id = e->name;
		w->at = now_ms;
		break;
	}
}

struct writes *writes_make(
	const struct decision *decision, int64_t now_ms, writes_blind *blind, const void *arg)
{
	struct writes *writes = xcalloc(1, sizeof(*writes));

	writes->n = decision->neffects;
	writes->items = xcalloc(writes->n, sizeof(*writes->items));
	writes->blinds = xcalloc(writes->n, sizeof(*writes->blinds));
	writes->texts = xcalloc(writes->n, sizeof(*writes->texts));
	for (size_t i = 0; i < writes->n; i++) {
		const struct effect *e = &decision->effects[i];
		struct target t = {&writes->items[i], writes->blinds[i], &writes->texts[i]};
		bool job = e->kind == EFFECT_TEXT || e->kind == EFFECT_ERRAND;
		const char *number = job ? e->to.text : e->phone.text;

		if (*number)
			blind(arg, number, t.blind);
		convert(&t, e, now_ms);
	}
	return writes;
}

void writes_free(struct writes **writes)
{
	struct writes *w = *writes;

	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		free(w->texts[i]);
	free(w->texts);
	free(w->blinds);
	free(w->items);
	free(w);
	*writes = NULL;
}
