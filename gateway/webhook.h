/*
 * What providers post: texts and receipts. Edge → who may post here (path, source, signature) →
 * translation → screen → event → poster → answer. Nothing is changed by a request that fails before
 * the poster, and nothing of a body or a full number is logged.
 *
 * A door is one address of one account: "/<name>/sms" or "/<name>/status"; with a path token in
 * between, "/<name>/" is one door to both, and the token is compared in constant time.
 */
#ifndef GATEWAY_WEBHOOK_H
#define GATEWAY_WEBHOOK_H

#include "gateway/poster.h"

#include <warmline/http_server.h>
#include <warmline/site.h>

struct webhooks;

struct webhooks *webhooks_new(
	const struct site *site, const struct keys *keys, struct poster *poster);
void webhooks_free(struct webhooks **webhooks);
/* How many routes the accounts of a site need at most. */
size_t webhooks_count(const struct site *site);
/* Writes them to `routes`; their number. They borrow from `webhooks`. */
size_t webhooks_routes(struct webhooks *webhooks, struct http_route *routes);

#endif
