#include "platform/store_redis.h"

#include <warmline/log.h>
#include <warmline/metrics.h>

void reading_open(struct reading *r, struct store_redis *s, const redisReply *reply)
{
	size_t size = 1;

	/* An opened value is shorter than the sealed one; a mail's id is copied beside it. */
	for (size_t i = 0; i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_STRING)
			size += 2 * ((size_t)reply->element[i]->len + 2);
	*r = (struct reading){.s = s, .reply = reply, .size = size, .room = xcalloc(1, size)};
}

void reading_close(struct reading *r)
{
	free(r->room);
	r->room = NULL;
}

const redisReply *read_item(struct reading *r)
{
	if (r->at < r->reply->elements)
		return r->reply->element[r->at++];
	r->bad = true;
	return NULL;
}

int64_t read_number(struct reading *r)
{
	const redisReply *item = read_item(r);

	if (item && item->type == REDIS_REPLY_INTEGER)
		return item->integer;
	if (item && item->type == REDIS_REPLY_STRING)
		return (int64_t)strtod(item->str, NULL); /* scores */
	r->bad = true;
	return 0;
}

const char *read_text(struct reading *r)
{
	const redisReply *item = read_item(r);

	if (item && item->type == REDIS_REPLY_STRING)
		return item->str;
	r->bad = true;
	return "";
}

char *read_room(struct reading *r, size_t size)
{
	char *room = r->room + r->used;

	if (size > r->size - r->used)
		fail_abort("store: a reply needs more room than it has");
	r->used += size;
	return room;
}

static bool cannot_open(const char *kind, const char *whose)
{
	log_limited(LOG_LEVEL_ERROR, "store-broken",
		"what=%s of=%s reason=\"cannot be opened: wrong key file, or damaged\"", kind,
		whose);
	metric_add("warmline_store_broken_total", "", 1);
	return false;
}

bool open_sealed(struct reading *r, const char *kind, const char *whose, const char *data,
	size_t len, struct blob *blob)
{
	char what[256], *plain = read_room(r, len + 1);
	long n;

	text_set(what, sizeof(what), "%s|%s", kind, whose);
	n = unseal(r->s->keys, what, data, len, plain);
	if (n < 0)
		return cannot_open(kind, whose);
	*blob = (struct blob){plain, (size_t)n};
	return true;
}

bool read_sealed(struct reading *r, const char *kind, const char *whose, struct blob *blob)
{
	const redisReply *item = read_item(r);

	*blob = (struct blob){"", 0};
	if (!item || item->type != REDIS_REPLY_STRING) {
		r->bad = true;
		return false;
	}
	if (item->len == 0)
		return true;
	return open_sealed(r, kind, whose, item->str, (size_t)item->len, blob);
}

bool read_mail(struct reading *r, struct mail *mail)
{
	const redisReply *item = read_item(r);
	const char *end;
	char *at, *id;
	size_t len;

	*mail = (struct mail){.event_id = ""};
	if (!item || item->type != REDIS_REPLY_STRING) {
		r->bad = true;
		return false;
	}
	end = item->str + item->len;
	mail->posted_ms = strtoll(item->str, &at, 10);
	len = strtoul(at, &at, 10);
	if (*at != ' ' || len >= (size_t)(end - at))
		return cannot_open("mail", "?");
	id = read_room(r, len + 1);
	memcpy(id, at + 1, len);
	id[len] = '\0';
	mail->event_id = id;
	at += 1 + len;
	return open_sealed(r, "mail", id, at, (size_t)(end - at), &mail->event);
}
