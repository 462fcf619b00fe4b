#include "gateway/text_event.h"

#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/keyword.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/seal.h>

/* A text to a number that no program has still reaches people: those of the first program. */
static const struct program *program_for(const struct site *site, const struct inbound_text *text)
{
	const struct program *program =
		program_of_number(site->programs, site->nprograms, text->to);

	if (program)
		return program;
	metric_add("warmline_texts_to_unknown_numbers_total", "", 1);
	log_limited(LOG_LEVEL_WARN, "unknown-number",
		"event=%s is to a number that no program has; program=%s takes it", text->event_id,
		site->programs[0].id);
	return &site->programs[0];
}

static const char *word_of(enum keyword keyword)
{
	switch (keyword) {
	case KEYWORD_STOP: return "stop";
	case KEYWORD_START: return "start";
	case KEYWORD_HELP: return "help";
	default: return "";
	}
}

/*
 * STOP counts in every wording, and when the provider has acted on it. Only the exact word takes
 * it back: "resume" or "yes" may be an answer to a check-in (providers/README section 5).
 */
static enum post_consent consent_of(const struct inbound_text *text, enum keyword keyword)
{
	static const char words[][24] = {"start", "unstop"};

	/* A piece of a longer text is no whole text; joined, the rules read it. */
	if (*text->part.ref && !*text->opt_out)
		return CONSENT_KEEP;
	if (keyword == KEYWORD_STOP || strcmp(text->opt_out, "STOP") == 0)
		return CONSENT_STOP;
	return keyword_among(text->body, words, 2) ? CONSENT_START : CONSENT_KEEP;
}

static void put_verdict(json_t *event, const struct verdict *verdict)
{
	json_t *screen, *rules;

	if (verdict->level == SCREEN_NONE)
		return;
	screen = json_object();
	rules = json_array();
	json_put_text(screen, "level", screen_level_name(verdict->level));
	json_put_text(screen, "category", verdict->category);
	for (size_t i = 0; i < verdict->nrules; i++)
		json_array_append_new(rules, json_string(verdict->rules[i]));
	json_object_set_new(screen, "rules", rules);
	json_object_set_new(event, "screen", screen);
}

static void put_part(json_t *event, const struct text_part *part)
{
	json_t *one;

	if (!*part->ref)
		return;
	one = json_object();
	json_put_text(one, "ref", part->ref);
	json_put_int(one, "number", part->number);
	json_put_int(one, "of", part->of);
	json_object_set_new(event, "part", one);
}

static char *event_of(const struct text_arrival *arrival, const struct program *program,
	enum keyword keyword, const struct verdict *verdict, int64_t at_ms)
{
	const struct inbound_text *text = arrival->text;
	json_t *event = json_object();
	char *printed;

	json_put_text(event, "id", text->event_id);
	json_put_text(event, "kind", "text");
	json_put_int(event, "at", at_ms);
	json_put_text(event, "program", program->id);
	json_put_text(event, "from", text->from);
	json_put_text(event, "to", text->to);
	json_object_set_new(event, "body", json_string(text->body));
	json_put_text(event, "provider_id", text->provider_id);
	json_put_text(event, "opt_out", text->opt_out);
	json_put_text(event, "word", word_of(keyword));
	json_put_text(event, "account", arrival->account);
	if (arrival->stale)
		json_object_set_new(event, "stale", json_true());
	put_part(event, &text->part);
	if (text->media)
		json_object_set(event, "media", text->media);
	put_verdict(event, verdict);
	printed = json_dumps(event, JSON_COMPACT);
	json_decref(event);
	if (!printed)
		fail_abort("an event could not be written as JSON");
	return printed;
}

struct parcel *text_event_parcel(const struct site *site, const struct keys *keys,
	const struct text_arrival *arrival, int64_t at_ms)
{
	const struct inbound_text *text = arrival->text;
	const struct program *program = program_for(site, text);
	enum keyword keyword = keyword_of(text->body);
	char blind[BLIND_SIZE];
	struct verdict verdict;
	struct parcel *parcel;

	screen_text(site->lexicons, text->body, strlen(text->body), &verdict);
	keys_blind(keys, text->from, blind);
	parcel = parcel_new_take(text->event_id, NULL, blind, program->id,
		event_of(arrival, program, keyword, &verdict, at_ms));
	parcel->consent = consent_of(text, keyword);
	parcel->urgent = verdict.level >= SCREEN_HIGH;
	return parcel;
}
