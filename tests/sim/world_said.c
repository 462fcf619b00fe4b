/* Promises about what people wrote: it is somewhere at every moment, read once, and danger is told.
 */
#include "tests/sim/world.h"

#include <warmline/fail.h>

#define MINUTE      INT64_C(60000)
#define CASE_WITHIN (10 * MINUTE)

static struct resident *resident_of(struct world *w, const char *actor)
{
	return resident_find((struct memory *)w->store, actor);
}

static bool tells_case(const struct decision *d, const char *text_id)
{
	for (size_t i = 0; i < d->neffects; i++)
		if (d->effects[i].kind == EFFECT_EVENT &&
			strcmp(json_get_text(d->effects[i].data, "kind", ""), "crisis") == 0 &&
			strcmp(json_get_text(d->effects[i].data, "text_id", ""), text_id) == 0)
			return true;
	return false;
}

static bool same_text(const struct said *a, const struct said *b)
{
	return strcmp(a->part, b->part) == 0 && strcmp(a->number, b->number) == 0;
}

/* Another part's danger has opened the case already, or opens it now. */
static bool told_by_another(struct world *w, const struct said *part)
{
	struct said *one, *next;

	HASH_ITER(hh, w->said, one, next)
	if (one != part && same_text(one, part) && one->crisis && one->logged && !one->read)
		return true;
	return false;
}

static void logged_part(
	struct world *w, const char *actor, const struct decision *d, struct said *said)
{
	if (!*said->part)
		world_fail(w, "%s took a whole text for a part: %s", actor, said->id);
	if (!said->crisis || tells_case(d, said->id))
		return;
	if (!told_by_another(w, said))
		world_fail(w, "danger in a part told nobody: %s", said->id);
	said->crisis = false;
}

/* Danger that only the whole has: from here on it is a crisis text like any other. */
static void joined_crisis(struct world *w, const struct decision *d, const char *id, bool told)
{
	struct said *said;

	if (told == tells_case(d, id))
		world_fail(w, "a long text told its case %s: %s", told ? "twice" : "nothing", id);
	if (told || w->failure[0])
		return;
	said = xcalloc(1, sizeof(*said));
	text_set(said->id, sizeof(said->id), "%s", id);
	said->program = "";
	said->posted = w->now;
	said->crisis = said->read = true;
	said->logged = 1;
	HASH_ADD_STR(w->said, id, said);
	said->next = w->waiting;
	w->waiting = said;
}

static void logged_joined(
	struct world *w, const struct decision *d, const json_t *entry, const struct said *first)
{
	const char *text = json_get_text(entry, "text", "");
	struct said *one, *next;
	bool told = false;
	int read = 0;

	HASH_ITER(hh, w->said, one, next)
	{
		if (!same_text(one, first) || !one->logged || one->read || !strstr(text, one->body))
			continue;
		told = told || strstr(one->body, "kill myself");
		one->read = true;
		read++;
	}
	w->joined += read > 1;
	if (!read)
		world_fail(w, "words of nobody: %s", text);
	if (strstr(text, "kill myself"))
		joined_crisis(w, d, json_get_text(entry, "event", ""), told);
}

static struct said *first_part(struct world *w, const char *id)
{
	const char *end = strstr(id, "/joined");
	struct said *said = NULL;

	if (end)
		HASH_FIND(hh, w->said, id, (size_t)(end - id), said);
	return said;
}

void check_logged(struct world *w, const char *actor, const struct decision *d, const json_t *entry)
{
	const char *id = json_get_text(entry, "event", "");
	struct said *said, *first = first_part(w, id);

	if (first) {
		logged_joined(w, d, entry, first);
		return;
	}
	HASH_FIND_STR(w->said, id, said);
	if (!said)
		world_fail(w, "%s logged a text nobody sent: %s", actor, id);
	else if (++said->logged != 1)
		world_fail(w, "text %s is in the log %d times", id, said->logged);
	else if (strcmp(json_get_text(entry, "kind", ""), "part") == 0)
		logged_part(w, actor, d, said);
	else
		said->read = true;
}

static bool has_mail(const struct resident *r, const char *id)
{
	const struct letter *letter;

	TAILQ_FOREACH(letter, &r->mail, entry)
	if (strcmp(letter->event_id, id) == 0)
		return true;
	return false;
}

/* The document is JSON of ours: an id stands in it as it is. */
static bool kept_part(const struct resident *r, const char *id)
{
	return r && memmem(r->document, r->document_len, id, strlen(id));
}

/* A text that was answered is in a mailbox or in a log, at every moment. */
static bool settled(struct world *w, const struct said *said)
{
	const struct resident *r = *said->actor ? resident_of(w, said->actor) : NULL;

	if (said->crisis && !said->paged && w->now - said->posted > CASE_WITHIN)
		world_fail(w, "crisis text %s has no case", said->id);
	if (said->logged && !said->read && !kept_part(r, said->id))
		world_fail(w, "a part of a text is nowhere: %s", said->id);
	if (said->logged)
		return said->read && (!said->crisis || said->paged);
	if (!r || !has_mail(r, said->id))
		world_fail(w, "text %s was answered and is nowhere", said->id);
	return false;
}

void check_said(struct world *w)
{
	struct said **at = &w->waiting;

	while (*at) {
		if (settled(w, *at))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}
