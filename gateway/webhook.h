/*
 * What the provider posts: texts and receipts. Edge → signature → translation → screen → event →
 * poster → answer. Nothing is changed by a request that fails before the poster, and nothing of a
 * body or a full number is logged.
 */
#ifndef GATEWAY_WEBHOOK_H
#define GATEWAY_WEBHOOK_H

#include "gateway/poster.h"

#include <warmline/http_server.h>
#include <warmline/site.h>

#define WEBHOOK_BODY_MAX ((size_t)256 * 1024)
#define WEBHOOK_TYPE     "application/x-www-form-urlencoded"

struct webhooks {
	const struct site *site;
	const struct keys *keys;
	const struct provider *provider;
	struct poster *poster;
};

/* `arg` is the struct webhooks. */
void webhook_text(struct http_request *r, void *arg);    /* POST /twilio/sms */
void webhook_receipt(struct http_request *r, void *arg); /* POST /twilio/status */

#endif
