#include "tests/lib/function_call.h"

#include <stdarg.h>
#include <string.h>
#include <warmline/fail.h>

#include "functions.inc"

void functions_load(redisContext *c, const char *control, const char *extra)
{
	const char *text = (const char *)functions_lua;
	const char *body = strchr(text, '\n');
	char *library = xasprintf("%.*s\nlocal CONTROL, TEXT = '%s', 'test'%s\n%s",
		(int)(body - text), text, control, body, extra);
	redisReply *reply = redisCommand(c, "FUNCTION LOAD REPLACE %b", library, strlen(library));

	if (!reply || reply->type == REDIS_REPLY_ERROR)
		fail_abort("functions: %s", reply ? reply->str : c->errstr);
	freeReplyObject(reply);
	free(library);
}

static redisReply *call(redisContext *c, const char *verb, const char *key, va_list args)
{
	const char *words[64] = {"FCALL", verb, "1", key};
	int n = 4;
	redisReply *reply;

	while (n < 64 && (words[n] = va_arg(args, const char *)))
		n++;
	reply = redisCommandArgv(c, n, words, NULL);
	if (!reply)
		fail_abort("functions: no answer to %s: %s", verb, c->errstr);
	return reply;
}

redisReply *function_call(redisContext *c, const char *verb, const char *key, ...)
{
	va_list args;
	redisReply *reply;

	va_start(args, key);
	reply = call(c, verb, key, args);
	va_end(args);
	return reply;
}

long long function_number(redisContext *c, const char *verb, const char *key, ...)
{
	va_list args;
	redisReply *reply;
	long long number;

	va_start(args, key);
	reply = call(c, verb, key, args);
	va_end(args);
	if (reply->type != REDIS_REPLY_INTEGER)
		fail_abort("functions: %s: %s", verb, reply->str ? reply->str : "no number");
	number = reply->integer;
	freeReplyObject(reply);
	return number;
}
