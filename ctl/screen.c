/* warmline screen: how the crisis screen reads each line of stdin. For trying out lexicons. */
#include "ctl/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/screen.h>

static void print_verdict(const struct verdict *v)
{
	json_t *rules = json_array(), *out;
	char *text;

	for (size_t i = 0; i < v->nrules; i++)
		json_array_append_new(rules, json_string(v->rules[i]));
	out = json_object();
	json_object_set_new(out, "level", json_string(screen_level_name(v->level)));
	json_object_set_new(out, "category", json_string(v->category ? v->category : ""));
	json_object_set_new(out, "rules", rules);
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
		print_verdict(&verdict);
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
		"\"rules\":[...]}. Nothing is stored and nobody is told.",
	.run = run,
};
