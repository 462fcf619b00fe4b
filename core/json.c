#include <warmline/fail.h>
#include <warmline/json.h>

const char *json_get_text(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_get_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

void json_put_text(json_t *object, const char *key, const char *value)
{
	if (value && *value) {
		/* A text that is not UTF-8 was refused at the edge; keep what can be kept here. */
		json_t *text = json_string(value);

		json_object_set_new(object, key, text ? text : json_string("\xef\xbf\xbd"));
	} else {
		json_object_del(object, key);
	}
}

void json_put_int(json_t *object, const char *key, int64_t value)
{
	if (value)
		json_object_set_new(object, key, json_integer(value));
	else
		json_object_del(object, key);
}

json_t *json_parse(const void *data, size_t len)
{
	json_t *value = json_loadb(data, len, JSON_REJECT_DUPLICATES, NULL);

	if (value && !json_is_object(value)) {
		json_decref(value);
		value = NULL;
	}
	return value;
}

char *json_print(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		fail_abort("a document could not be written as JSON");
	return text;
}
