/* warmline screen: how the crisis screen reads each line of stdin. For trying out lexicons. */
#include "ctl/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/screen.h>

static json_t *names(const char *const *name, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(name[i]));
	return list;
}

/* The words as typed; bytes that are no UTF-8 leave it empty. */
static json_t *span_of(const char *line, const struct verdict *v)
{
	json_t *span = json_stringn(line + v->span_at, v->span_len);

	return span ? span : json_string("");
}

static void print_verdict(const char *line, const struct verdict *v)
{
	json_t *out = json_object();
	char *text;

	json_object_set_new(out, "level", json_string(screen_level_name(v->level)));
	json_object_set_new(out, "category", json_string(v->category ? v->category : ""));
	json_object_set_new(out, "rules", names(v->rules, v->nrules));
	json_object_set_new(out, "span", span_of(line, v));
	json_object_set_new(out, "adjusted", names(v->adjusted, v->nadjusted));
	text = json_dumps(out, 0);
	printf("%s\n", text);
	free(text);
	json_decref(out);
}

static int screen_lines(const struct lexicons *lexicons)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) >= 0) {
		struct verdict verdict;

		if (n && line[n - 1] == '\n')
			n--;
		screen_text(lexicons, line, (size_t)n, &verdict);
		print_verdict(line, &verdict);
		if (fflush(stdout) != 0)
			break; /* whoever read us is gone */
	}
	free(line);
	if (!ferror(stdin))
		return ENDED_WELL;
	fprintf(stderr, "warmline screen: the input could not be read: %s\n", strerror(errno));
	return ENDED_FAILED;
}

static int run(const struct call *call)
{
	struct site *site = call_site(call);
	int code;

	if (!site)
		return ENDED_PROBLEMS;
	code = screen_lines(site->lexicons);
	site_free(&site);
	return code;
}

const struct command command_screen = {
	.name = "screen",
	.words = "",
	.summary = "Reads messages, one per line, and says how the crisis screen rates each",
	.text = "One JSON object per line: "
		"{\"level\":\"none|watch|high|imminent\",\"category\":...,\n"
		"\"rules\":[...],\"span\":...,\"adjusted\":[...]}: the rules that hit, worst "
		"first, the\n"
		"words that the worst one heard, and what lowered its level (laughter, past,\n"
		"other_person, question, quotation, title). Nothing is stored and nobody is told.",
	.run = run,
};
