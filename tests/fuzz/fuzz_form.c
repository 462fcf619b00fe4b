/* Forms: no byte is read that is not there, and what was parsed can be written and parsed again. */
#include <warmline/fail.h>
#include <warmline/form.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct form *form, size_t size)
{
	size_t bytes = 0;

	if (form->n > FORM_FIELDS)
		abort();
	for (size_t i = 0; i < form->n; i++) {
		const struct form_field *field = &form->fields[i];

		if (strlen(field->name) != field->name_len || field->value[field->value_len])
			abort();
		bytes += field->name_len + field->value_len;
		if (form_count(form, field->name) == 1 && form_get(form, field->name) != field)
			abort();
	}
	if (bytes > size)
		abort();
}

static void check_escape(const struct form_field *field)
{
	char *escaped = form_escape(field->value), *text = xasprintf("v=%s", escaped);
	struct form again;

	if (form_parse(&again, text, strlen(text)) != FORM_OK || again.n != 1 ||
		strcmp(again.fields[0].value, field->value) != 0)
		abort();
	form_free(&again);
	free(text);
	free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1); /* its end is watched by the sanitizer */
	struct form form;

	memcpy(exact, data, size);
	if (form_parse(&form, exact, size) == FORM_OK) {
		check(&form, size);
		for (size_t i = 0; i < form.n && i < 8; i++)
			check_escape(&form.fields[i]);
		form_free(&form);
	} else if (form.n != 0 || form.fields) {
		abort();
	}
	free(exact);
	return 0;
}
