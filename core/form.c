#include <warmline/fail.h>
#include <warmline/form.h>

struct cursor {
	char *out;
	enum form_result result;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes [text, end) to `at->out`, ends it with NUL, returns the decoded length. */
static size_t decode(struct cursor *at, const char *text, const char *end)
{
	char *start = at->out;
	size_t len;

	for (; text < end; text++) {
		if (*text == '%') {
			int high = end - text > 2 ? hex_digit(text[1]) : -1;
			int low = end - text > 2 ? hex_digit(text[2]) : -1;

			if (high < 0 || low < 0) {
				at->result = FORM_BAD_ESCAPE;
				return 0;
			}
			*at->out++ = (char)(high * 16 + low);
			text += 2;
		} else {
			*at->out++ = *text == '+' ? ' ' : *text;
		}
	}
	len = (size_t)(at->out - start);
	*at->out++ = '\0';
	return len;
}

static void read_field(struct form *form, struct cursor *at, const char *text, const char *end)
{
	const char *equals = memchr(text, '=', (size_t)(end - text));
	struct form_field *field = &form->fields[form->n];

	field->name = at->out;
	field->name_len = decode(at, text, equals ? equals : end);
	if (at->result == FORM_OK && memchr(field->name, '\0', field->name_len))
		at->result = FORM_BAD_NAME;
	if (at->result != FORM_OK)
		return;
	field->value = at->out;
	field->value_len = decode(at, equals ? equals + 1 : end, end);
	form->n++;
}

/* Separators are not counted where nothing stands between them. */
static size_t count_fields(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '&' && (i == 0 || text[i - 1] == '&'))
			n++;
	return n;
}

enum form_result form_parse(struct form *form, const char *text, size_t len)
{
	size_t n = count_fields(text, len);
	const char *stop = len ? text + len : text;
	struct cursor at = {NULL, FORM_OK};

	*form = (struct form){NULL, 0, NULL};
	if (n > FORM_FIELDS)
		return FORM_TOO_MANY;
	/* Decoding never lengthens; each field adds two NULs at most. */
	form->bytes = xcalloc(1, len + 2 * n + 1);
	form->fields = xcalloc(n, sizeof(*form->fields));
	at.out = form->bytes;
	while (text < stop && at.result == FORM_OK) {
		const char *end = memchr(text, '&', (size_t)(stop - text));

		if (!end)
			end = stop;
		if (end > text)
			read_field(form, &at, text, end);
		text = end == stop ? stop : end + 1;
	}
	if (at.result != FORM_OK)
		form_free(form);
	return at.result;
}

void form_free(struct form *form)
{
	free(form->fields);
	free(form->bytes);
	*form = (struct form){NULL, 0, NULL};
}

const struct form_field *form_get(const struct form *form, const char *name)
{
	const struct form_field *found = NULL;

	for (size_t i = 0; form && i < form->n; i++) {
		if (strcmp(form->fields[i].name, name) != 0)
			continue;
		if (found)
			return NULL;
		found = &form->fields[i];
	}
	return found;
}

size_t form_count(const struct form *form, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; form && i < form->n; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			n++;
	return n;
}

char *form_escape(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";
	char *escaped = xcalloc(strlen(text), 3 + 1);
	char *out = escaped;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(plain, *text)) {
			*out++ = *text;
		} else {
			*out++ = '%';
			*out++ = hex[c >> 4];
			*out++ = hex[c & 15];
		}
	}
	*out = '\0';
	return escaped;
}
