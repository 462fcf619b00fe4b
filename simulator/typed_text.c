#include "simulator/typed_text.h"

#include <string.h>
#include <strings.h>
#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/phone.h>

#include "simulator/shape.h"

void typed_text_free(struct typed_text *t)
{
	if (!t)
		return;
	free(t->body);
	json_decref(t->media);
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

static bool read_id(json_t *order, struct typed_text *t, struct fail *fail)
{
	const json_t *value = json_object_get(order, "sid");
	bool pictures = json_array_size(t->media) > 0;

	if (!value) {
		text_id_make(t->account, pictures, t->id);
		return true;
	}
	if (!json_is_string(value) ||
		!text_id_read(t->account, json_string_value(value), pictures, t->id))
		return fail_set(
			fail, "\"sid\" is SM or MM and 32 hex digits, or a UUID, expected here");
	return true;
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

static bool read_media(json_t *order, struct typed_text *t, struct fail *fail)
{
	const json_t *list = json_object_get(order, "media");

	t->media = json_array();
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > MEDIA_MAX)
		return fail_set(fail, "\"media\" is a list of at most %d addresses", MEDIA_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *url = json_string_value(json_array_get(list, i));

		if (!url || strncmp(url, "http", 4) != 0)
			return fail_set(
				fail, "\"media\" is a list of http(s) addresses, expected here");
		json_array_append_new(t->media,
			json_pack("{s:s, s:s}", "url", url, "content_type", media_type(url)));
	}
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

struct typed_text *typed_text_read(json_t *order, const struct carrier *carrier, struct fail *fail)
{
	struct typed_text *t = xcalloc(1, sizeof(*t));
	bool ok = known_keys(order, fail) && read_number(order, "from", t->from, fail) &&
		  read_number(order, "to", t->to, fail) && read_body(order, t, fail) &&
		  read_media(order, t, fail);

	if (ok) {
		t->account = carrier_account(carrier, t->to);
		t->time_ms = clock_wall_ms();
	}
	if (ok && read_id(order, t, fail) && read_rest(order, t, fail))
		return t;
	typed_text_free(t);
	return NULL;
}
