#include <core/part.h>
#include <core/text.h>
#include <warmline/fail.h>

#define GAP "[...]"

/* A part as its event names it. */
struct part {
	char key[64]; /* of its text in doc.parts */
	int64_t number, of;
};

static bool part_read(const json_t *data, struct part *part)
{
	const json_t *one = json_object_get(data, "part");
	const char *ref = json_get_text(one, "ref", "");

	part->number = json_get_int(one, "number", 0);
	part->of = json_get_int(one, "of", 0);
	return *ref && part->of > 1 && part->of <= PARTS_MOST && part->number >= 1 &&
	       part->number <= part->of &&
	       text_set(part->key, sizeof(part->key), "%s %s", json_get_text(data, "to", ""), ref);
}

/* --- joining --------------------------------------------------------------------------------- */

static void append(char **text, const char *words)
{
	char *longer = xasprintf("%s%s", *text, words);

	free(*text);
	*text = longer;
}

/* What is missing leaves a gap that no phrase is read across. */
static char *joined_body(const json_t *parts)
{
	char *text = xstrdup("");
	bool gap = false;
	json_t *one;
	size_t i;

	json_array_foreach(parts, i, one)
	{
		if (!json_is_object(one)) {
			gap = true;
			continue;
		}
		if (gap)
			append(&text, i && *text ? " " GAP " " : GAP " ");
		append(&text, json_get_text(one, "body", ""));
		gap = false;
	}
	if (gap)
		append(&text, " " GAP);
	return text;
}

static enum screen_level level_of(const json_t *screen)
{
	return screen_level_of(json_get_text(screen, "level", "none"));
}

static json_t *screened(const struct lexicons *lexicons, const char *body)
{
	json_t *screen = json_object(), *rules = json_array();
	struct verdict verdict;

	screen_text(lexicons, body, strlen(body), &verdict);
	for (size_t i = 0; i < verdict.nrules; i++)
		json_array_append_new(rules, json_string(verdict.rules[i]));
	json_put_text(screen, "level", screen_level_name(verdict.level));
	json_put_text(screen, "category", verdict.category);
	json_object_set_new(screen, "rules", rules);
	return screen;
}

/* The worst of what the whole says and what any part said. */
static json_t *joined_screen(const struct turn *t, const json_t *parts, const char *body)
{
	json_t *worst = t->house->lexicons ? screened(t->house->lexicons, body) : json_object();
	json_t *one;
	size_t i;

	json_array_foreach(parts, i, one)
	{
		json_t *screen = json_object_get(one, "screen");

		if (level_of(screen) > level_of(worst)) {
			json_decref(worst);
			worst = json_deep_copy(screen);
		}
	}
	return worst;
}

static json_t *joined_media(const json_t *parts)
{
	json_t *media = json_array(), *one;
	size_t i;

	json_array_foreach(parts, i, one) json_array_extend(media, json_object_get(one, "media"));
	return media;
}

static json_t *first_there(const json_t *parts, int64_t *at)
{
	json_t *first = NULL, *one;
	size_t i;

	*at = 0;
	json_array_foreach(parts, i, one)
	{
		int64_t came = json_get_int(one, "at", 0);

		if (json_is_object(one) && !first)
			first = one;
		if (came && (!*at || came < *at))
			*at = came;
	}
	return first;
}

/* An event like any other text's; its id comes from the first part that is there. */
static json_t *join(const struct turn *t, const json_t *parts)
{
	int64_t at;
	json_t *data = json_deep_copy(first_there(parts, &at));
	const char *first = json_get_text(data, "id", "");
	char id[EVENT_ID_SIZE], *body = joined_body(parts);

	if (!text_set(id, sizeof(id), "%s/joined", first))
		text_set(id, sizeof(id), "%.60s~%016llx/joined", first,
			(unsigned long long)text_hash(first));
	json_put_text(data, "id", id);
	json_put_int(data, "at", at);
	json_put_text(data, "body", body);
	json_object_set_new(data, "screen", joined_screen(t, parts, body));
	json_object_set_new(data, "media", joined_media(parts));
	json_object_del(data, "part");
	json_object_del(data, "word"); /* of one part alone */
	free(body);
	return data;
}

static void read_joined(struct turn *t, const char *key)
{
	const struct event *before = t->event;
	json_t *waiting = json_object_get(t->doc, "parts");
	json_t *kept = json_incref(json_object_get(waiting, key));
	json_t *data = join(t, json_object_get(kept, "n"));
	struct event event;

	json_object_del(waiting, key);
	if (json_object_size(waiting) == 0)
		json_object_del(t->doc, "parts");
	event_read(data, &event);
	turn_cause(t, &event);
	text_read(t, json_get_flag(kept, "told"));
	t->event = before;
	json_decref(data);
	json_decref(kept);
}

/* --- keeping --------------------------------------------------------------------------------- */

static json_t *kept_new(struct turn *t, const struct part *part)
{
	json_t *kept = json_object(), *parts = json_array();

	if (!json_is_object(json_object_get(t->doc, "parts")))
		json_object_set_new(t->doc, "parts", json_object());
	for (int64_t i = 0; i < part->of; i++)
		json_array_append_new(parts, json_null());
	json_put_int(kept, "at", t->now);
	json_object_set_new(kept, "n", parts);
	json_object_set_new(json_object_get(t->doc, "parts"), part->key, kept);
	return kept;
}

/* Where this part belongs; NULL: it fits nowhere. */
static json_t *kept_for(struct turn *t, const struct part *part)
{
	json_t *waiting = json_object_get(t->doc, "parts");
	json_t *kept = json_object_get(waiting, part->key);
	const json_t *parts = json_object_get(kept, "n");

	if (!kept)
		return json_object_size(waiting) < PART_REFS_MOST ? kept_new(t, part) : NULL;
	if ((int64_t)json_array_size(parts) != part->of ||
		json_is_object(json_array_get(parts, (size_t)part->number - 1)))
		return NULL;
	return kept;
}

static void log_part(struct turn *t, const struct program *program, const struct part *part)
{
	json_t *entry = turn_log(t, "part", "text.part");
	char status[40];

	text_set(status, sizeof(status), "part %lld of %lld of a long text",
		(long long)part->number, (long long)part->of);
	json_put_text(entry, "from", json_get_text(t->event->data, "from", ""));
	json_put_text(entry, "to", json_get_text(t->event->data, "to", ""));
	json_put_text(entry, "program", program->id);
	json_put_text(entry, "status", status);
	json_put_int(entry, "received", t->event->at);
	turn_trace(t, "text.part", "%s", status);
}

static bool is_whole(const json_t *parts)
{
	json_t *one;
	size_t i;

	json_array_foreach(parts, i, one) if (!json_is_object(one)) return false;
	return true;
}

bool part_take(struct turn *t, const struct program *program)
{
	struct part part;
	json_t *kept = part_read(t->event->data, &part) ? kept_for(t, &part) : NULL;
	json_t *parts = json_object_get(kept, "n");

	if (!kept)
		return false;
	log_part(t, program, &part);
	json_array_set_new(parts, (size_t)part.number - 1, json_deep_copy(t->event->data));
	if (text_danger(t, program, json_get_flag(kept, "told")))
		json_object_set_new(kept, "told", json_true());
	if (is_whole(parts))
		read_joined(t, part.key);
	return true;
}

/* --- waiting --------------------------------------------------------------------------------- */

static int64_t due_at(const struct turn *t, const json_t *kept)
{
	int64_t at = json_get_int(kept, "at", 0);

	/* The store's clock may have been set back: nobody waits for it to come round again. */
	return at > t->now ? t->now : at + PART_WAIT_MS;
}

int64_t part_next(const struct turn *t)
{
	int64_t next = 0;
	const char *key;
	json_t *kept;

	json_object_foreach(json_object_get(t->doc, "parts"), key, kept)
	{
		int64_t at = due_at(t, kept);

		if (!next || at < next)
			next = at;
	}
	return next;
}

void part_due(struct turn *t, bool all)
{
	json_t *kept;
	const char *key;
	void *next;

	json_object_foreach_safe(json_object_get(t->doc, "parts"), next, key, kept)
	{
		if (all || due_at(t, kept) <= t->now)
			read_joined(t, key);
	}
}
