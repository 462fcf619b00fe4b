/* What is wrong with the configuration, collected so that a coordinator repairs it in one go. */
#include <stdarg.h>
#include <string.h>
#include <warmline/fail.h>
#include <warmline/site.h>

#define PROBLEMS_MAX 200

/* Two programs that share a wording file would report its mistakes twice. */
static bool told(const struct problems *p, const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->lines[i], text) == 0)
			return true;
	return false;
}

void problems_add(struct problems *p, const char *file, size_t line, const char *format, ...)
{
	char *sentence = NULL, *text;
	va_list args;

	if (p->n > PROBLEMS_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&sentence, format, args) < 0)
		fail_abort("out of memory");
	va_end(args);
	text = line ? xasprintf("%s:%zu: %s", file, line, sentence)
		    : xasprintf("%s: %s", file, sentence);
	free(sentence);
	if (p->n == PROBLEMS_MAX) {
		free(text);
		text = xstrdup("and more; repair these first");
	}
	if (told(p, text)) {
		free(text);
		return;
	}
	p->lines = xrealloc(p->lines, (p->n + 1) * sizeof(char *));
	p->lines[p->n++] = text;
}

void problems_print(const struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		fprintf(stderr, "%s\n", p->lines[i]);
}

void problems_free(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->lines[i]);
	free(p->lines);
	*p = (struct problems){0};
}
