#include "platform/redis.h"

void redis_address_print(const struct redis_address *address, char *text, size_t size)
{
	if (address->path[0])
		text_set(text, size, "%s", address->path);
	else
		text_set(text, size, "%s:%d", address->host, address->port);
}

redisContext *redis_blocking(const struct redis_address *address, struct fail *fail)
{
	struct timeval connect_limit = {2, 0}, command_limit = {5, 0};
	char where[PATH_SIZE + 32];
	redisContext *c;

	redis_address_print(address, where, sizeof(where));
	c = address->path[0] ? redisConnectUnixWithTimeout(address->path, connect_limit)
			     : redisConnectWithTimeout(address->host, address->port, connect_limit);
	if (!c)
		fail_abort("out of memory");
	if (c->err) {
		fail_set(fail,
			"Redis does not answer at %s (%s). Start it, or correct `redis:` in "
			"warmline.yaml.",
			where, c->errstr);
		redisFree(c);
		return NULL;
	}
	redisSetTimeout(c, command_limit);
	return c;
}
