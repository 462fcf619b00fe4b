#include "tests/lib/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <warmline/fail.h>

static char *json_of(const char *params)
{
	json_t *object = json_object();
	struct form form;
	char *printed;

	assert_int_equal(form_parse(&form, params, strlen(params)), FORM_OK);
	for (size_t i = 0; i < form.n; i++)
		json_object_set_new(object, form.fields[i].name,
			json_stringn(form.fields[i].value, form.fields[i].value_len));
	printed = json_dumps(object, JSON_COMPACT);
	assert_non_null(printed);
	json_decref(object);
	form_free(&form);
	return printed;
}

void shape_open(struct shaped *shaped, enum shape shape, enum webhook_about about, const char *url,
	const char *params)
{
	shaped->text = shape == BY_JSON ? json_of(params) : xstrdup(params);
	shaped->url = shape == BY_GET ? xasprintf("%s?%s", url, params) : xstrdup(url);
	if (shape == BY_GET)
		shaped->posted = posted_get(about, shaped->url);
	else if (shape == BY_FORM)
		shaped->posted = posted_form(about, shaped->url, shaped->text);
	else
		shaped->posted = posted_json(about, shaped->url, shaped->text);
}

void shape_close(struct shaped *shaped)
{
	if (shaped->posted)
		posted_free(shaped->posted);
	free(shaped->url);
	free(shaped->text);
}
