#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/site_copy.h"

#include <cmocka.h>
#include <unistd.h>
#include <warmline/fail.h>

char copy_folder[64], copy_config[128];

int copy_open(void **state)
{
	(void)state;
	snprintf(copy_folder, sizeof(copy_folder), "/tmp/warmline-site-XXXXXX");
	if (!mkdtemp(copy_folder))
		return -1;
	snprintf(copy_config, sizeof(copy_config), "%s/warmline.yaml", copy_folder);
	return 0;
}

int copy_close(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", copy_folder);
	return system(command);
}

void copy_fresh(void)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s/* && cp -r config/. %s/", copy_folder,
		copy_folder);
	assert_int_equal(system(command), 0);
}

char *copy_slurp(const char *path)
{
	char *text = calloc(1, 262145);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(text, 1, 262144, file) > 0);
	fclose(file);
	return text;
}

void copy_spit(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", copy_folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

size_t copy_edit(const char *name, const char *from, const char *to)
{
	char path[256], *text, *at, *out;
	size_t line = 1;

	snprintf(path, sizeof(path), "%s/%s", copy_folder, name);
	text = copy_slurp(path);
	at = strstr(text, from);
	if (!at)
		fail_msg("%s has no \"%s\"", name, from);
	for (const char *c = text; c < at; c++)
		line += *c == '\n';
	out = xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	copy_spit(name, out);
	free(out);
	free(text);
	return line;
}

char *copy_problems(void)
{
	struct problems problems = {0};
	struct site *site = site_load(copy_config, "/tmp/warmline-test-state", &problems);
	char *all = xstrdup("");

	assert_int_equal(site == NULL, problems.n > 0);
	for (size_t i = 0; i < problems.n; i++) {
		char *more = xasprintf("%s%s\n", all, problems.lines[i]);

		free(all);
		all = more;
	}
	site_free(&site);
	problems_free(&problems);
	return all;
}

struct site *copy_site(void)
{
	struct problems problems = {0};
	struct site *site = site_load(copy_config, "/tmp/warmline-test-state", &problems);

	problems_print(&problems);
	assert_non_null(site);
	problems_free(&problems);
	return site;
}
