#include <core/errand.h>
#include <warmline/fail.h>

#define LOOK_UP_LIFE_MS HOUR_MS
/* Not at once: providers refuse to touch a text that is still on its way. */
#define REDACT_AFTER_MS MINUTE_MS
#define REDACT_LIFE_MS  (3 * DAY_MS)

static void run(struct turn *t, const struct errand_text *text, struct effect *errand)
{
	if (!*text->account || !*text->provider_id)
		return;
	text_set(errand->account, sizeof(errand->account), "%s", text->account);
	text_set(errand->provider_id, sizeof(errand->provider_id), "%s", text->provider_id);
	if (text->program)
		text_set(errand->program, sizeof(errand->program), "%s", text->program->id);
	if (text->job)
		turn_job_id(t, text->job, errand->about);
	turn_errand(t, errand);
}

void errand_look_up(struct turn *t, const struct errand_text *text, int64_t waited)
{
	struct effect errand = {.rule = "text.silent",
		.errand = ERRAND_LOOK_UP,
		.not_before = t->now,
		.expires = t->now + LOOK_UP_LIFE_MS};
	json_t *entry = turn_log(t, "errand", "text.silent");
	char job[JOB_ID_SIZE];

	turn_job_id(t, text->job, job);
	json_put_text(entry, "job", job);
	json_put_text(entry, "account", text->account);
	json_put_text(entry, "status", "no receipt yet: the provider is asked what became of it");
	turn_trace(t, "text.silent", "no receipt for %lld s: the provider is asked",
		(long long)(waited / SECOND_MS));
	run(t, text, &errand);
}

void errand_redact(struct turn *t, const struct errand_text *text)
{
	struct effect errand = {.rule = "text.redact",
		.errand = ERRAND_REDACT,
		.not_before = t->now + REDACT_AFTER_MS,
		.expires = t->now + REDACT_LIFE_MS};

	if (text->program && text->program->redact)
		run(t, text, &errand);
}

static const char *ended(const char *what, const char *result)
{
	static const struct {
		const char *what, *result, *words;
	} rows[] = {
		{"redact", "done", "the provider has taken the words away"},
		{"redact", "never", "the provider keeps the words: it cannot take them away"},
		{"redact", "gave up", "the provider may keep the words: no answer in time"},
		{"look-up", "done", "the provider has said what became of it"},
		{"look-up", "never", "the provider cannot say what became of it"},
		{"look-up", "gave up", "the provider did not say in time what became of it"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].what, what) == 0 && strcmp(rows[i].result, result) == 0)
			return rows[i].words;
	return result;
}

void errand_take(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *what = json_get_text(data, "errand", "");
	const char *result = json_get_text(data, "result", "");
	json_t *entry = turn_log(t, "errand", "errand.ended");

	json_put_text(entry, "errand", what);
	json_put_text(entry, "job", json_get_text(data, "job", ""));
	json_put_text(entry, "account", json_get_text(data, "account", ""));
	json_put_text(entry, "status", ended(what, result));
	turn_trace(t, "errand.ended", "%s: %s", what, ended(what, result));
	if (strcmp(what, "redact") == 0 && strcmp(result, "done") != 0)
		turn_count(t, "errand.ended", "not-redacted");
}
