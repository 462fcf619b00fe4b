#include "simulator/typed_text.h"

#include <string.h>
#include <strings.h>
#include <warmline/clock.h>
#include <warmline/form.h>
#include <warmline/json.h>
#include <warmline/phone.h>

void typed_text_free(struct typed_text *t)
{
	if (!t)
		return;
	free(t->body);
	free(t->media);
	free(t);
}

static bool known_keys(json_t *order, struct fail *fail)
{
	static const char *const known[] = {
		"from", "to", "body", "sid", "media", "opt_out", "wait"};
	const char *key;
	json_t *value;

	json_object_foreach(order, key, value)
	{
		bool fits = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			fits |= strcmp(key, known[i]) == 0;
		if (!fits)
			return fail_set(fail,
				"\"%s\" is not known here, expected from, to, body and if wanted "
				"sid, media, opt_out, wait",
				key);
	}
	return true;
}

static bool read_number(json_t *order, const char *key, char to[32], struct fail *fail)
{
	const char *text = json_get_text(order, key, NULL);

	if (!text)
		return fail_set(
			fail, "\"%s\" is missing, expected a number such as +12025550111", key);
	if (!phone_is_sender(text))
		return fail_set(fail,
			"\"%s\" is not a number, expected E.164 such as +12025550111 or a short "
			"code",
			key);
	return text_set(to, 32, "%s", text);
}

static bool read_body(json_t *order, struct typed_text *t, struct fail *fail)
{
	const char *body = json_get_text(order, "body", NULL);

	if (!body)
		return fail_set(
			fail, "\"body\" is missing, expected the text (\"\" for an empty one)");
	if (utf8_characters(body) > BODY_MAX)
		return fail_set(fail, "\"body\" has %zu characters, expected at most %d",
			utf8_characters(body), BODY_MAX);
	t->body = xstrdup(body);
	return true;
}

static bool read_sid(json_t *order, struct typed_text *t, struct fail *fail)
{
	const json_t *value = json_object_get(order, "sid");

	if (!value) {
		carrier_sid(t->nmedia ? "MM" : "SM", t->sid);
		return true;
	}
	if (!json_is_string(value) || !carrier_is_text_sid(json_string_value(value)))
		return fail_set(fail, "\"sid\" is SM or MM and 32 hex digits, expected here");
	return text_set(t->sid, sizeof(t->sid), "%s", json_string_value(value));
}

static const char *media_type(const char *url)
{
	const char *dot = strrchr(url, '.');

	if (dot && strcasecmp(dot, ".png") == 0)
		return "image/png";
	if (dot && strcasecmp(dot, ".amr") == 0)
		return "audio/amr";
	return "image/jpeg";
}

static bool add_media(struct typed_text *t, const char *url, struct fail *fail)
{
	char *escaped, *longer;

	if (!url || strncmp(url, "http", 4) != 0)
		return fail_set(fail, "\"media\" is a list of http(s) addresses, expected here");
	escaped = form_escape(url);
	longer = xasprintf("%s&MediaUrl%zu=%s&MediaContentType%zu=%s", t->media, t->nmedia, escaped,
		t->nmedia, media_type(url));
	free(escaped);
	free(t->media);
	t->media = longer;
	t->nmedia++;
	return true;
}

static bool read_media(json_t *order, struct typed_text *t, struct fail *fail)
{
	const json_t *list = json_object_get(order, "media");

	t->media = xstrdup("");
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > MEDIA_MAX)
		return fail_set(fail, "\"media\" is a list of at most %d addresses", MEDIA_MAX);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!add_media(t, json_string_value(json_array_get(list, i)), fail))
			return false;
	return true;
}

static bool read_rest(json_t *order, struct typed_text *t, struct fail *fail)
{
	const json_t *opt_out = json_object_get(order, "opt_out");
	const json_t *wait = json_object_get(order, "wait");
	const char *word = json_string_value(opt_out);

	if (opt_out && (!word || (strcmp(word, "STOP") != 0 && strcmp(word, "START") != 0 &&
					 strcmp(word, "HELP") != 0)))
		return fail_set(fail, "\"opt_out\" is STOP, START or HELP, expected here");
	if (wait && !json_is_boolean(wait))
		return fail_set(fail, "\"wait\" is true or false, expected here");
	(void)text_set(t->opt_out, sizeof(t->opt_out), "%s", word ? word : "");
	t->waits = !wait || json_is_true(wait);
	return true;
}

struct typed_text *typed_text_read(json_t *order, struct fail *fail)
{
	struct typed_text *t = xcalloc(1, sizeof(*t));

	if (known_keys(order, fail) && read_number(order, "from", t->from, fail) &&
		read_number(order, "to", t->to, fail) && read_body(order, t, fail) &&
		read_media(order, t, fail) && read_sid(order, t, fail) &&
		read_rest(order, t, fail)) {
		carrier_sid("IT", t->token);
		t->time_ms = clock_wall_ms();
		return t;
	}
	typed_text_free(t);
	return NULL;
}
