#include "tests/lib/hook.h"

#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

#define FORM_TYPE "application/x-www-form-urlencoded"

static const char *header(const void *headers, const char *name)
{
	const struct hook *hook = headers;

	for (size_t i = 0; i < HOOK_HEADERS && hook->headers[i].name; i++)
		if (strcasecmp(hook->headers[i].name, name) == 0)
			return hook->headers[i].value;
	return NULL;
}

static const struct form *parse(struct form *form, const char *text, size_t len)
{
	if (form_parse(form, text, len) != FORM_OK)
		fail_abort("a test's form is none");
	return form;
}

void hook_open(struct hook *hook, const char *method, const char *target, const char *type,
	const void *body, size_t len)
{
	const char *query = strchr(target, '?');

	*hook = (struct hook){.url = xasprintf("https://sms.example.org%s", target)};
	hook->webhook =
		(struct webhook){.about = strstr(target, "/status") ? ABOUT_RECEIPT : ABOUT_TEXT,
			.method = method,
			.url = hook->url,
			.header = header,
			.headers = hook,
			.body = body,
			.body_len = len,
			.now_s = HOOK_NOW};
	if (query)
		hook->webhook.query = parse(&hook->query, query + 1, strlen(query + 1));
	if (type)
		hook_header(hook, "Content-Type", type);
	if (type && strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0)
		hook->webhook.form = parse(&hook->form, body, len);
}

void hook_header(struct hook *hook, const char *name, const char *value)
{
	size_t i = 0;

	while (i < HOOK_HEADERS && hook->headers[i].name)
		i++;
	if (i == HOOK_HEADERS)
		fail_abort("a test's webhook has more headers than there is room for");
	hook->headers[i].name = name;
	hook->headers[i].value = value;
}

void hook_close(struct hook *hook)
{
	form_free(&hook->form);
	form_free(&hook->query);
	free(hook->url);
}
