#include <warmline/fail.h>

#include <stdarg.h>

bool fail_set(struct fail *f, const char *format, ...)
{
	if (f) {
		va_list args;

		va_start(args, format);
		vsnprintf(f->text, sizeof(f->text), format, args);
		va_end(args);
	}
	return false;
}

void fail_abort(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("warmline: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		fail_abort("out of memory");
	return p;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		fail_abort("out of memory");
	return p;
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s));
}

void *xmemdup(const void *p, size_t n)
{
	char *copy = xcalloc(1, n + 1);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		fail_abort("out of memory");
	va_end(args);
	return text;
}

bool text_set(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return n >= 0 && (size_t)n < size;
}
