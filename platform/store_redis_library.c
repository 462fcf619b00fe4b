#include "platform/store_redis.h"

#include <warmline/control.h>

#include "functions.inc"

/* The text with one line behind the shebang, as functions/00_library.lua says. */
void library_make(struct library *library)
{
	const char *text = (const char *)functions_lua;
	const char *body = strchr(text, '\n');
	char *keyed;

	if (!body)
		fail_abort("functions/00_library.lua must begin with its shebang line");
	keyed = xasprintf("%s%s", control_name(), text);
	text_set(library->hash, sizeof(library->hash), "%016llx",
		(unsigned long long)text_hash(keyed));
	free(keyed);
	library->text = xasprintf("%.*s\nlocal CONTROL, TEXT = '%s', '%s'%s", (int)(body - text),
		text, control_name(), library->hash, body);
	library->len = strlen(library->text);
}

void library_free(struct library *library)
{
	free(library->text);
	library->text = NULL;
}

int library_compare(const struct library *library, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
		reply->element[0]->type != REDIS_REPLY_INTEGER ||
		reply->element[1]->type != REDIS_REPLY_STRING)
		return 1;
	if (reply->element[0]->integer > LIBRARY_VERSION)
		return -1;
	if (reply->element[0]->integer < LIBRARY_VERSION)
		return 1;
	return strcmp(reply->element[1]->str, library->hash) == 0 ? 0 : 1;
}

char *library_command(const struct library *library, size_t *len)
{
	const char *word[] = {"FUNCTION", "LOAD", "REPLACE", library->text};
	const size_t lens[] = {8, 4, 7, library->len};
	const char *copy[4];
	char *command = NULL;
	int n;

	memcpy(copy, word, sizeof(word));
	n = redisFormatCommandArgv(&command, 4, copy, lens);
	if (n < 0)
		fail_abort("out of memory");
	*len = (size_t)n;
	return command;
}
