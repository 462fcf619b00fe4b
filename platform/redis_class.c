/* What error replies mean. The one table of reliability.md B2. */
#include "platform/redis.h"

static const struct {
	const char *starts;
	enum redis_class class;
} classes[] = {
	{"LOADING", REDIS_BUSY},
	{"BUSY ", REDIS_BUSY},
	{"MASTERDOWN", REDIS_BUSY},
	{"CLUSTERDOWN", REDIS_BUSY},
	{"TRYAGAIN", REDIS_BUSY},
	{"READONLY", REDIS_READONLY},
	{"OOM", REDIS_REFUSES},
	{"MISCONF", REDIS_REFUSES},
	{"NOREPLICAS", REDIS_REFUSES},
	{"ERR Function not found", REDIS_NO_FUNCTION},
	{"NOAUTH", REDIS_DENIED},
	{"WRONGPASS", REDIS_DENIED},
	{"NOPERM", REDIS_DENIED},
	{"MOVED", REDIS_MOVED},
	{"ASK ", REDIS_MOVED},
	{"WARMLINE", REDIS_INVALID},
};

enum redis_class redis_classify(const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return REDIS_FINE;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strncmp(reply->str, classes[i].starts, strlen(classes[i].starts)) == 0)
			return classes[i].class;
	return REDIS_UNEXPECTED;
}

const char *redis_class_reason(enum redis_class class)
{
	static const char *const reasons[] = {
		[REDIS_FINE] = "",
		[REDIS_BUSY] = "Redis is loading its data or busy",
		[REDIS_READONLY] = "Redis is read-only (a replica); it must be the primary",
		[REDIS_REFUSES] = "Redis refuses writes: out of memory, or its disk fails",
		[REDIS_NO_FUNCTION] = "Redis lost the warmline functions",
		[REDIS_DENIED] = "Redis denies access: check its password and ACL",
		[REDIS_MOVED] = "Redis is a cluster that keeps these keys on another node",
		[REDIS_INVALID] = "a warmline function refused its arguments",
		[REDIS_UNEXPECTED] = "Redis answered with an unexpected error",
	};

	return reasons[class];
}
