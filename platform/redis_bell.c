/* SUBSCRIBE changes what a connection is for (B2.10), so the bell has its own. */
#include "platform/redis.h"
#include "platform/redis_link.h"

struct redis_bell {
	struct redis_link link;
	char channel[64];
	redis_bell_cb *cb;
	void *arg;
};

/* Confirmation: {"subscribe", channel, count}; message: {"message", channel, text}. */
static void on_message(redisAsyncContext *ac, void *answer, void *arg)
{
	struct redis_bell *bell = arg;
	const redisReply *reply = answer;

	(void)ac;
	if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
		return;
	link_worked(&bell->link);
	if (reply->element[2]->type == REDIS_REPLY_STRING)
		bell->cb(bell->arg, reply->element[2]->str, (size_t)reply->element[2]->len);
}

static void on_up(void *arg)
{
	struct redis_bell *bell = arg;

	redisAsyncCommand(bell->link.ac, on_message, bell, "SUBSCRIBE %s", bell->channel);
}

static void on_down(void *arg)
{
	(void)arg;
}

struct redis_bell *redis_bell_new(struct event_base *base, const struct redis_address *address,
	const char *channel, redis_bell_cb *cb, void *arg)
{
	struct redis_bell *bell = xcalloc(1, sizeof(*bell));

	text_set(bell->channel, sizeof(bell->channel), "%s", channel);
	bell->cb = cb;
	bell->arg = arg;
	bell->link = (struct redis_link){
		.base = base, .address = *address, .up = on_up, .down = on_down, .owner = bell};
	link_start(&bell->link);
	return bell;
}

void redis_bell_free(struct redis_bell **bell)
{
	if (!*bell)
		return;
	link_stop(&(*bell)->link);
	free(*bell);
	*bell = NULL;
}
