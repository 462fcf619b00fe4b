/* What people do with their telephones: answer, stay silent, change their minds, call for help. */
#include "tests/sim/world.h"

#include <stdio.h>
#include <warmline/fail.h>
#include <warmline/keyword.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)

struct plan { /* somebody will write this */
	char number[17], to[17], body[80];
};

static void write_now(struct world *w, void *arg)
{
	struct plan *p = arg;

	people_text(w, p->number, p->to, p->body);
	free(p);
}

static void write_later(
	struct world *w, const char *number, const char *to, const char *body, int64_t wait)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	text_set(p->number, sizeof(p->number), "%s", number);
	text_set(p->to, sizeof(p->to), "%s", to);
	text_set(p->body, sizeof(p->body), "%s", body);
	world_later(w, w->now + wait, write_now, free, p);
}

static enum post_consent consent_of(const char *body)
{
	switch (keyword_of(body)) {
	case KEYWORD_STOP: return CONSENT_STOP;
	case KEYWORD_START: return CONSENT_START;
	default: return CONSENT_KEEP;
	}
}

/* As the gateway makes it an event; `body` outlives the world or the text is whole. */
static struct said *said_new(
	struct world *w, const char *number, const char *to, const char *body, json_t *data)
{
	const struct program *p = program_of_number(w->house->programs, w->house->nprograms, to);
	struct said *said = xcalloc(1, sizeof(*said));
	char provider_id[16];

	text_set(said->id, sizeof(said->id), "fake:AC1:SM%06d:text", ++w->texts);
	text_set(said->number, sizeof(said->number), "%s", number);
	text_set(provider_id, sizeof(provider_id), "SM%06d", w->texts);
	said->program = p ? p->id : "";
	said->crisis = strstr(body, "kill myself") != NULL;
	HASH_ADD_STR(w->said, id, said);
	json_put_text(data, "id", said->id);
	json_put_text(data, "kind", "text");
	json_put_int(data, "at", w->now);
	json_put_text(data, "from", number);
	json_put_text(data, "to", to);
	json_put_text(data, "program", said->program);
	json_put_text(data, "body", body);
	json_put_text(data, "provider_id", provider_id);
	json_put_text(data, "account", "maple");
	if (said->crisis)
		json_object_set_new(data, "screen",
			json_pack("{s:s,s:s,s:[s]}", "level", "high", "category", "suicide",
				"rules", "en.kill-self"));
	return said;
}

void people_text(struct world *w, const char *number, const char *to, const char *body)
{
	json_t *data = json_object();
	struct said *said = said_new(w, number, to, body, data);

	gateway_post(w, number, data, consent_of(body), said);
}

/* Long texts, as a provider that does not join them hands them over. */
static const char *const long_texts[][3] = {
	{"my car broke down and then ", "it rained all the way home ", "and nobody was there"},
	{"I cannot do this any more, I want to kill ", "myself tonight", NULL},
	{"it is bad here, ", "i want to kill myself ", "and nobody sees it"},
	{"thank you for asking, ", "my sister came and we ", "went to the lake"},
};

static void long_text(struct world *w, const char *number, const char *to)
{
	const char *const *parts =
		long_texts[world_chance(w) % (sizeof(long_texts) / sizeof(long_texts[0]))];
	int of = parts[2] ? 3 : 2, ref = (int)world_between(w, 1, 4);

	for (int i = 0; i < of; i++) {
		json_t *data = json_object();
		struct said *said = said_new(w, number, to, parts[i], data);

		text_set(said->part, sizeof(said->part), "%s %d", to, ref);
		said->body = parts[i];
		json_object_set_new(data, "part",
			json_pack("{s:o,s:i,s:i}", "ref", json_sprintf("%d", ref), "number", i + 1,
				"of", of));
		gateway_post(w, number, data, CONSENT_KEEP, said);
	}
}

/* --- reactions ------------------------------------------------------------------------------- */

static const char *pick(struct world *w, const char *const *words, size_t n)
{
	return words[world_chance(w) % n];
}

static void answer_check_in(struct world *w, const struct line *line, const char *from)
{
	static const char *const words[] = {"1", "1", "2", "good", "bien", "3", "4", "call me",
		"ok", "could be better, long story", "ok thanks"};
	int64_t wait =
		w->fast ? world_between(w, 1000, 90000) : world_between(w, MINUTE, 30 * HOUR);

	if (!world_odds(w, line->temper))
		return;
	write_later(w, line->number, from, pick(w, words, sizeof(words) / sizeof(words[0])), wait);
	/* Some change their mind before we can answer. */
	if (world_odds(w, 5))
		write_later(w, line->number, from, "stop", wait + world_between(w, 0, 1500));
}

static void answer_page(
	struct world *w, const struct line *line, const char *from, const char *body)
{
	static const char *const words[] = {"1", "ACK", "got it", "lo tengo", "ack"};
	const char *at = strstr(body, "code=");
	char code[16] = "";
	int64_t wait = world_between(w, 2000, w->fast ? 60000 : 8 * MINUTE);
	bool sure = w->now >= w->healthy_from;

	if (at)
		text_set(code, sizeof(code), "%.4s", at + 5);
	if (sure || world_odds(w, line->temper / 2))
		write_later(w, line->number, from,
			(sure || world_odds(w, 40)) && *code ? code : pick(w, words, 5),
			sure ? 5000 : wait);
	else if (world_odds(w, 10))
		write_later(w, line->number, from, "who is this?", wait);
}

static void answer_which(
	struct world *w, const struct line *line, const char *from, const char *body)
{
	const char *at = strstr(body, "codes=");
	char code[8];

	if (!at)
		return;
	text_set(code, sizeof(code), "%.4s", at + 6);
	write_later(w, line->number, from, code, 3000);
}

void people_got(struct world *w, const char *number, const char *from, const char *body)
{
	struct line *line = world_line(w, number);
	size_t n = strcspn(body, "|");
	char key[32];

	if (!line)
		return;
	text_set(key, sizeof(key), "%.*s", (int)(n < 31 ? n : 31), body);
	if (!line->staff && w->now < w->healthy_from && world_odds(w, 2))
		write_later(w, number, from, "STOP", world_between(w, 0, 3000));
	if (strcmp(key, "check_in") == 0 || strcmp(key, "reminder") == 0)
		answer_check_in(w, line, from);
	else if (strcmp(key, "ask_consent") == 0 && world_odds(w, 85))
		write_later(w, number, from, world_odds(w, 90) ? "Yes" : "no",
			world_between(w, 2000, w->fast ? 20000 : HOUR));
	else if (strcmp(key, "page") == 0 || strcmp(key, "page_again") == 0)
		answer_page(w, line, from, body);
	else if (strcmp(key, "ack_which") == 0)
		answer_which(w, line, from, body);
}

/* --- whims ----------------------------------------------------------------------------------- */

static void nothing(void *arg)
{
	(void)arg;
}

static const char *number_of(struct world *w, const struct line *line)
{
	const struct program *p = &w->house->programs[w->fast ? 1 : 0];

	return p->nmore && world_odds(w, 30) ? p->more[0].text : line->to;
}

static void whim(struct world *w, void *arg)
{
	static const char *const words[] = {"i want to kill myself", "STOP", "START", "stop",
		"HELP", "hello there", "my car broke down", "1", "4", "hour 19:15", "join", "yes",
		"no", "ok", "i will kill myself", "4821", "unsubscribe", "start", "call me",
		"hora 8:00"};
	struct line *line = arg;
	int64_t wait = w->fast ? world_between(w, 20000, 20 * MINUTE)
			       : world_between(w, 10 * MINUTE, 130 * HOUR);

	if (w->now >= w->healthy_from)
		return;
	if (world_odds(w, 8))
		long_text(w, line->number, number_of(w, line));
	else
		people_text(w, line->number, number_of(w, line),
			pick(w, words, sizeof(words) / sizeof(words[0])));
	world_later(w, w->now + wait, whim, nothing, line);
}

static void enroll(struct world *w, const struct line *line)
{
	json_t *data = json_object();
	char id[64];

	text_set(id, sizeof(id), "roll:%s", line->number);
	json_put_text(data, "id", id);
	json_put_text(data, "kind", "enroll");
	json_put_text(data, "program", w->fast ? "fast" : "weekly");
	json_put_text(data, "number", line->number);
	json_put_text(data, "name", "Ana");
	if (world_odds(w, 50))
		json_put_text(data, "supporter", SUPPORTER);
	if (world_odds(w, 50))
		json_put_text(data, "zone", "Europe/Lisbon");
	if (world_odds(w, 50))
		json_object_set_new(data, "confirmed", json_true());
	gateway_post(w, line->number, data, CONSENT_KEEP, NULL);
}

static void begin_line(struct world *w, struct line *line)
{
	if (line->staff) {
		if (world_odds(w, 20))
			people_text(w, line->number, line->to, "hello");
		return;
	}
	if (world_odds(w, 60))
		enroll(w, line);
	else
		write_later(w, line->number, line->to, "join", world_between(w, 0, 2 * HOUR / 10));
	world_later(w, w->now + world_between(w, 1000, w->fast ? 30 * MINUTE : 150 * HOUR), whim,
		nothing, line);
}

void people_begin(struct world *w)
{
	static const char *const numbers[LINES] = {PERSON, OTHER, "+12025550121", "+12025550122",
		"+12025550123", SUPPORTER, CLINICIAN, CLINICIAN_2, SUPERVISOR, "+12025550124"};

	for (int i = 0; i < LINES && numbers[i]; i++) {
		struct line *line = &w->lines[i];

		line->number = numbers[i];
		line->to = w->fast ? FAST : WEEKLY;
		line->staff = i >= 5 && i <= 8;
		/* Sometimes who is on call takes part as well, or has a bad day of their own. */
		if (line->staff && world_odds(w, 15))
			line->staff = false;
		line->temper = (int)world_between(w, 10, 95);
		begin_line(w, line);
	}
}
