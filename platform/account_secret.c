#include "platform/account_secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <warmline/fail.h>
#include <warmline/site.h>

#define SECRET_LEAST 8
#define PATH_LEAST   32 /* characters: nobody guesses 32 random ones */
#define KEY_MOST     16384

static const char key[] = "secrets_file";

/* The next free row; NULL when both are taken. */
static char *row(char *rows, size_t size, size_t *used)
{
	return *used < SECRETS_MOST ? rows + size * (*used)++ : NULL;
}

static void put(struct settings *s, char *to, size_t size, const char *what, const char *value,
	size_t least)
{
	if (!to)
		settings_problem(s, key,
			"has more than two %s lines, expected one and, while it is being changed, "
			"the old one",
			what);
	else if (strlen(value) < least || !text_set(to, size, "%s", value))
		settings_problem(s, key,
			"has a %s line that does not fit, expected %zu to %zu characters", what,
			least, size - 1);
}

static bool is_path_token(const char *value)
{
	return value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_-")] == '\0';
}

/* "name: value" or a value alone, without the blanks around. */
static void secret_line(struct account *a, char *line, struct settings *s)
{
	char *value = strstr(line, ": "), *end;
	const char *name = value ? line : "webhook";

	if (value) {
		*value = '\0';
		value += 2 + strspn(value + 2, " \t");
	} else {
		value = line;
	}
	for (end = value + strlen(value); end > value && strchr(" \t\r\n", end[-1]); end--)
		end[-1] = '\0';
	if (*line == '#' || *value == '\0')
		return;
	if (strcmp(name, "api") == 0)
		put(s, a->api_secret, sizeof(a->api_secret), name, value, SECRET_LEAST);
	else if (strcmp(name, "webhook") == 0)
		put(s, row(a->secrets[0], SECRET_SIZE, &a->nsecrets), SECRET_SIZE, name, value,
			SECRET_LEAST);
	else if (strcmp(name, "path") == 0 && is_path_token(value))
		put(s, row(a->path_tokens[0], sizeof(a->path_tokens[0]), &a->npath_tokens),
			sizeof(a->path_tokens[0]), name, value, PATH_LEAST);
	else if (strcmp(name, "path") == 0)
		settings_problem(s, key, "has a path line with other than letters and digits");
	else
		settings_problem(s, key,
			"has a line \"%s\" that is not known, expected api, webhook or path", name);
}

/* NULL with a problem when it cannot be read or others can read it too. */
static FILE *open_closed(
	const char *folder, const char *name, const char *setting, struct settings *s)
{
	char path[2 * PATH_SIZE];
	struct stat st;
	FILE *file;

	text_set(path, sizeof(path), "%s%s%s", *name == '/' ? "" : folder, *name == '/' ? "" : "/",
		name);
	file = fopen(path, "re");
	if (!file || fstat(fileno(file), &st) != 0) {
		settings_problem(s, setting, "%s cannot be read (%s), expected a file of secrets",
			path, strerror(errno));
		if (file)
			fclose(file);
		return NULL;
	}
	if (st.st_mode & 077)
		settings_problem(s, setting, "%s can be read by others, expected: chmod 600", path);
	return file;
}

static void lines_read(struct account *a, const char *folder, struct settings *s)
{
	char name[PATH_SIZE], line[1024];
	FILE *file;

	if (!setting_text(s, key, SETTING_OPTIONAL, name, sizeof(name)))
		return;
	file = open_closed(folder, name, key, s);
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		secret_line(a, line, s);
	explicit_bzero(line, sizeof(line));
	fclose(file);
}

static void private_key_read(struct account *a, const char *folder, struct settings *s)
{
	char name[PATH_SIZE];
	size_t n;
	FILE *file;

	if (!setting_text(s, "private_key_file", SETTING_OPTIONAL, name, sizeof(name)))
		return;
	file = open_closed(folder, name, "private_key_file", s);
	if (!file)
		return;
	a->private_key = xcalloc(1, KEY_MOST + 1);
	n = fread(a->private_key, 1, KEY_MOST, file);
	fclose(file);
	if (n == KEY_MOST || !strstr(a->private_key, "-----BEGIN "))
		settings_problem(s, "private_key_file",
			"is no private key, expected the PEM file that the provider gave out");
}

static void missing(
	const struct provider *p, struct settings *s, const char *line, const char *what)
{
	settings_problem(s, key, "has no line \"%s: ...\", expected %s of %s", line,
		what ? what : "the one", p->title);
}

static void needs_check(const struct account *a, const struct provider *p, struct settings *s)
{
	if ((p->needs & NEED_API_SECRET) && !*a->api_secret && !a->private_key)
		missing(p, s, "api", p->api_is);
	if ((p->needs & NEED_WEBHOOK) && a->nsecrets == 0)
		missing(p, s, "webhook", p->webhook_is);
	if ((p->needs & NEED_PATH_TOKEN) && a->npath_tokens == 0)
		settings_problem(s, key,
			"has no line \"path: ...\", expected 32 or more random letters and digits: "
			"%s signs nothing, so only who knows the address may post to it "
			"(openssl rand -hex 24 makes one)",
			p->title);
}

void account_secrets_read(struct account *account, const struct provider *provider,
	const char *folder, struct settings *s)
{
	lines_read(account, folder, s);
	private_key_read(account, folder, s);
	if (provider->one_secret && !*account->api_secret)
		text_set(account->api_secret, sizeof(account->api_secret), "%s",
			account->secrets[0]);
	needs_check(account, provider, s);
}
