#include <core/check_in.h>
#include <core/consent.h>
#include <core/errand.h>
#include <core/part.h>
#include <core/person.h>
#include <core/staff.h>
#include <core/text.h>
#include <warmline/fail.h>
#include <warmline/screen.h>

static const struct program *program_of(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct house *house = t->house;
	const struct program *p =
		program_find(house->programs, house->nprograms, json_get_text(data, "program", ""));

	return p ? p
		 : program_of_number(
			   house->programs, house->nprograms, json_get_text(data, "to", ""));
}

static void copy_text(json_t *entry, const char *key, const json_t *from)
{
	json_put_text(entry, key, json_get_text(from, key, ""));
}

static void log_text(struct turn *t, const struct program *p)
{
	const json_t *data = t->event->data;
	const json_t *screen = json_object_get(data, "screen");
	json_t *entry = turn_log(t, "text-in", "text.received");
	json_t *media = json_object_get(data, "media");

	copy_text(entry, "from", data);
	copy_text(entry, "to", data);
	copy_text(entry, "opt_out", data);
	json_put_text(entry, "text", json_get_text(data, "body", ""));
	json_put_text(entry, "program", p ? p->id : "");
	json_put_int(entry, "received", t->event->at);
	if (strcmp(json_get_text(screen, "level", "none"), "none") != 0)
		json_object_set_new(entry, "screen", json_deep_copy(screen));
	if (json_array_size(media))
		json_object_set_new(entry, "media", json_deep_copy(media));
}

/* Whatever somebody writes, it breaks their silence: they were heard. */
static void heard(const struct member *m, const char *rule, const char *knows)
{
	char told[160];

	if (member_state(m) != MEMBER_ACTIVE)
		return;
	check_in_heard(m, rule, "the person wrote");
	check_in_stand_down(m, NULL, knows, told, sizeof(told));
}

static bool keyword(const struct member *m, bool crisis)
{
	const json_t *data = m->t->event->data;
	bool answered = consent_answered(data);

	switch (consent_word(m, data)) {
	case KEYWORD_STOP: consent_stop(m, answered); return true;
	case KEYWORD_START:
		heard(m, "consent.start", NULL);
		consent_start(m, answered);
		return true;
	case KEYWORD_HELP:
		heard(m, "help", NULL);
		if (!crisis)
			consent_help(m, answered);
		return true;
	default: return false;
	}
}

/* The number that they write to is the one that they know: texts of ours leave from it. */
static void note_number(const struct member *m)
{
	const char *to = json_get_text(m->t->event->data, "to", "");

	if (program_has_number(m->program, to) && person_number(m->t)[0] == '+')
		json_put_text(m->slot, "via", to);
}

static enum screen_level danger_of(const struct turn *t)
{
	const json_t *screen = json_object_get(t->event->data, "screen");

	return screen_level_of(json_get_text(screen, "level", "none"));
}

static void learn_language(const struct member *m)
{
	if (member_state(m) <= MEMBER_INVITED && !member_is_staff(m))
		member_learn_language(
			m, keyword_language(json_get_text(m->t->event->data, "body", "")));
}

static bool danger(const struct member *m, bool told)
{
	enum screen_level level = danger_of(m->t);

	if (level == SCREEN_WATCH)
		turn_index(m->t, "screen.watch", INDEX_WATCH);
	if (level < SCREEN_HIGH)
		return told;
	learn_language(m);
	if (told) /* the gateway calls every such part urgent */
		turn_unindex_always(m->t, "crisis.case", INDEX_URGENT);
	heard(m, "crisis", told ? NULL : crisis_take(m));
	return true;
}

bool text_danger(struct turn *t, const struct program *program, bool told)
{
	struct member m;

	member_open(t, program, &m);
	note_number(&m);
	return danger(&m, told);
}

static void route(const struct member *m, bool crisis)
{
	const char *body = json_get_text(m->t->event->data, "body", "");

	learn_language(m);
	if (keyword(m, crisis) || crisis)
		return;
	if (staff_acknowledge(m, body) || consent_join(m, body))
		heard(m, "text.heard", NULL);
	else if (member_state(m) == MEMBER_ACTIVE)
		answer_take(m, body);
	else if (member_is_staff(m) && member_state(m) == MEMBER_STRANGER)
		staff_wrote(m);
	else
		answer_other(m, body);
}

void text_read(struct turn *t, bool told)
{
	const struct program *p = program_of(t);
	struct member m;

	log_text(t, p);
	turn_count(t, "text.received", "text-in");
	turn_unindex(t, "text.received", INDEX_UNDELIVERED);
	/* A crisis text to a number that no program has (any more) still reaches somebody. */
	if (!p && danger_of(t) >= SCREEN_HIGH && t->house->nprograms)
		p = &t->house->programs[0];
	if (!p) {
		turn_index(t, "text.no-program", INDEX_UNREAD);
		return;
	}
	member_open(t, p, &m);
	note_number(&m);
	route(&m, danger(&m, told));
}

void text_take(struct turn *t)
{
	const json_t *data = t->event->data;
	const struct program *p = program_of(t);

	if (!p || !part_take(t, p))
		text_read(t, false);
	errand_redact(t, &(struct errand_text){.program = p,
				 .account = json_get_text(data, "account", ""),
				 .provider_id = json_get_text(data, "provider_id", "")});
}
