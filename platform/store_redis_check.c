/* The check at start-up: everything the promises rest on, and one sentence when it is not so. */
#include "platform/store_redis.h"

#define INSTALLATION_KEY  "{g}:installation"
#define INSTALLATION_WHAT "installation"
#define OLDEST_VERSION    7

static bool answer_ok(const redisContext *c, const redisReply *reply, struct fail *fail)
{
	if (!reply)
		return fail_set(fail, "Redis stopped answering during the check (%s). Try again.",
			c->errstr);
	if (reply->type == REDIS_REPLY_ERROR)
		return fail_set(
			fail, "%s: %.200s", redis_class_reason(redis_classify(reply)), reply->str);
	return true;
}

/* A string reply to one command, copied; NULL with a sentence. "" stands for no value. */
static char *ask_text(redisContext *c, struct fail *fail, const char *command)
{
	redisReply *reply = redisCommand(c, command), *text = reply;
	char *copy = NULL;

	if (answer_ok(c, reply, fail)) {
		if (reply->type == REDIS_REPLY_ARRAY) /* CONFIG GET: {name, value} */
			text = reply->elements == 2 ? reply->element[1] : NULL;
		copy = xstrdup(text && text->str ? text->str : "");
	}
	if (reply)
		freeReplyObject(reply);
	return copy;
}

static bool check_version(redisContext *c, struct fail *fail)
{
	char *info = ask_text(c, fail, "INFO server"), *at;
	long version;
	bool good = true;

	if (!info)
		return false;
	at = strstr(info, "redis_version:");
	version = at ? strtol(at + strlen("redis_version:"), NULL, 10) : 0;
	if (version < OLDEST_VERSION)
		good = fail_set(fail,
			"Redis is too old (version %.*s): warmline needs Redis 7 or newer.",
			at ? (int)strcspn(at + 14, "\r\n") : 1, at ? at + 14 : "?");
	free(info);
	return good;
}

static bool check_setting(
	redisContext *c, const char *name, const char *wanted, const char *why, struct fail *fail)
{
	char command[64], *value;
	bool good = true;

	text_set(command, sizeof(command), "CONFIG GET %s", name);
	value = ask_text(c, fail, command);
	if (!value)
		return false;
	if (strcmp(value, wanted) != 0)
		good = fail_set(fail,
			"Redis has `%s %s`; warmline needs `%s %s`: %s. Change redis.conf and "
			"restart "
			"Redis.",
			name, value, name, wanted, why);
	free(value);
	return good;
}

static bool check_settings(redisContext *c, struct fail *fail)
{
	static const char durable[] = "a text that was answered must be on the disk";

	return check_setting(c, "appendonly", "yes", durable, fail) &&
	       check_setting(c, "appendfsync", "always", durable, fail) &&
	       check_setting(c, "maxmemory-policy", "noeviction",
		       "people must not be forgotten when memory is short", fail);
}

static bool load_library(redisContext *c, const struct library *library, struct fail *fail)
{
	redisReply *reply =
		redisCommand(c, "FUNCTION LOAD REPLACE %b", library->text, library->len);
	bool good = answer_ok(c, reply, fail);

	if (reply)
		freeReplyObject(reply);
	return good;
}

static bool check_library(redisContext *c, struct fail *fail)
{
	redisReply *reply = redisCommand(c, "FCALL wl_version 0");
	struct library library;
	bool good = true;
	int compared = 1;

	library_make(&library);
	if (!reply || redis_classify(reply) != REDIS_NO_FUNCTION)
		good = answer_ok(c, reply, fail);
	if (good && reply && reply->type == REDIS_REPLY_ARRAY)
		compared = library_compare(&library, reply);
	if (good && compared < 0)
		good = fail_set(fail,
			"A newer warmline uses this Redis (its function library is newer than "
			"version "
			"%d). Update this program; the newer one is left as it is.",
			LIBRARY_VERSION);
	else if (good && compared > 0)
		good = load_library(c, &library, fail);
	if (reply)
		freeReplyObject(reply);
	library_free(&library);
	return good;
}

static bool make_installation(redisContext *c, const struct keys *keys, struct fail *fail)
{
	const char *id = keys_installation(keys);
	size_t size = sealed_size(strlen(id));
	uint8_t *sealed = xcalloc(1, size);
	redisReply *reply;
	bool good;

	seal(keys, INSTALLATION_WHAT, id, strlen(id), sealed);
	reply = redisCommand(c, "SET " INSTALLATION_KEY " %b NX", sealed, size);
	good = answer_ok(c, reply, fail);
	if (reply)
		freeReplyObject(reply);
	free(sealed);
	return good;
}

static bool open_installation(const redisReply *reply, const struct keys *keys, struct fail *fail)
{
	size_t len = (size_t)reply->len;
	char *plain = xcalloc(1, len + 1);
	long n = unseal(keys, INSTALLATION_WHAT, reply->str, len, plain);
	bool same = n >= 0 && strcmp(plain, keys_installation(keys)) == 0;

	free(plain);
	if (same)
		return true;
	return fail_set(fail,
		"The data in this Redis were sealed with another key file: this one does not open "
		"them. Put the right key file back (see your backup), or use another Redis.");
}

/* Two daemons may start at once on an empty Redis: SET NX, then read what is there. */
static bool check_installation(redisContext *c, const struct keys *keys, struct fail *fail)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		redisReply *reply = redisCommand(c, "GET " INSTALLATION_KEY);
		bool good = answer_ok(c, reply, fail);
		bool there = good && reply->type == REDIS_REPLY_STRING;

		if (there)
			good = open_installation(reply, keys, fail);
		if (reply)
			freeReplyObject(reply);
		if (!good || there)
			return good;
		if (!make_installation(c, keys, fail))
			return false;
	}
	return fail_set(fail, "Redis does not keep what is written to it.");
}

bool store_redis_check(
	const struct redis_address *address, const struct keys *keys, struct fail *fail)
{
	redisContext *c = redis_blocking(address, fail);
	bool good;

	if (!c)
		return false;
	good = check_version(c, fail) && check_settings(c, fail) && check_library(c, fail) &&
	       check_installation(c, keys, fail);
	redisFree(c);
	return good;
}
