#include "gateway/webhook.h"

#include "gateway/text_event.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

static const char empty_twiml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

static void count(const char *route, int status)
{
	char labels[64];

	text_set(labels, sizeof(labels), "route=\"%s\",status=\"%d\"", route, status);
	metric_add("warmline_webhooks_total", labels, 1);
}

static const char *header_of(const void *request, const char *name)
{
	return http_request_header(request, name);
}

/* --- what comes before translation ----------------------------------------------------------- */

struct opened {
	struct webhook webhook;
	char *url;
};

/* False: the body or query is no form. The URL is the configured one, never Host (adapter rule 2).
 */
static bool open_webhook(
	const struct webhooks *webhooks, struct http_request *r, struct opened *opened)
{
	size_t len;
	const void *body = http_request_body(r, &len);

	opened->url = xasprintf("%s%s", webhooks->site->public_url, http_request_target(r));
	opened->webhook = (struct webhook){.method = http_request_method(r),
		.url = opened->url,
		.header = header_of,
		.headers = r,
		.body = body,
		.body_len = len,
		.form = http_request_form(r),
		.query = http_request_query(r)};
	return opened->webhook.form && opened->webhook.query;
}

static void reply_refusal(struct http_request *r, const char *route, int status, const char *why)
{
	count(route, status);
	http_request_reply(r, status, NULL, why, strlen(why));
}

/* Anybody can cause these: the log gets one a minute. */
static void refuse_form(struct http_request *r, const char *route)
{
	log_limited(LOG_LEVEL_WARN, "webhook-malformed",
		"route=%s status=400 body or query is no form", route);
	reply_refusal(r, route, 400, "the request is no form");
}

static void refuse_signature(struct http_request *r, const char *route)
{
	log_limited(LOG_LEVEL_WARN, "webhook-forged",
		"route=%s status=403 signature missing or wrong: is the auth token right, "
		"and public_url what the provider was told to call?",
		route);
	reply_refusal(r, route, 403, "");
}

/* The provider itself sent it and will not come again: each is told. */
static void refuse_signed(struct http_request *r, const char *route, const char *why)
{
	log_event(LOG_LEVEL_ERROR, "webhook-refused",
		"route=%s status=400 %s; the provider has it in its own log", route, why);
	reply_refusal(r, route, 400, why);
}

/* Opens, verifies; on false the request has been answered. The caller frees opened->url. */
static bool admit(const struct webhooks *webhooks, struct http_request *r, const char *route,
	struct opened *opened)
{
	if (!open_webhook(webhooks, r, opened)) {
		refuse_form(r, route);
		return false;
	}
	if (!webhooks->provider->verify(&webhooks->site->account, &opened->webhook)) {
		refuse_signature(r, route);
		return false;
	}
	return true;
}

static void on_late(void *parcel)
{
	poster_forget(parcel);
}

static void submit(struct webhooks *webhooks, struct http_request *r, struct parcel *parcel,
	parcel_answer_cb *cb)
{
	http_request_on_late(r, on_late, parcel);
	poster_submit_take(webhooks->poster, parcel, cb, r);
}

static void reply_lost(struct http_request *r, const char *route)
{
	count(route, 503);
	http_request_reply_header(r, "Retry-After", "2");
	http_request_reply(r, 503, NULL, "", 0);
}

/* --- texts ----------------------------------------------------------------------------------- */

static void on_text_answer(void *arg, enum parcel_answer answer)
{
	struct http_request *r = arg;

	if (answer == PARCEL_LOST) {
		reply_lost(r, "text");
		return;
	}
	count("text", 200);
	http_request_reply(r, 200, "text/xml; charset=utf-8", empty_twiml, sizeof(empty_twiml) - 1);
}

static void note_text(const struct inbound_text *text, const struct parcel *parcel)
{
	if (text->repaired)
		metric_add("warmline_texts_repaired_total", "", 1);
	if (!parcel->urgent)
		return;
	metric_add("warmline_crisis_texts_total", "", 1);
	log_event(LOG_LEVEL_WARN, "crisis-text", "event=%s", parcel->event_id);
}

static void take_text(
	struct webhooks *webhooks, struct http_request *r, const struct webhook *webhook)
{
	struct inbound_text text;
	struct parcel *parcel;
	struct fail fail;

	if (!webhooks->provider->inbound(&webhooks->site->account, webhook, &text, &fail)) {
		refuse_signed(r, "text", fail.text);
		return;
	}
	if (!phone_is_sender(text.from)) {
		inbound_text_clear(&text);
		refuse_signed(r, "text", "From is no number that can send a text");
		return;
	}
	parcel = text_event_parcel(webhooks->site, webhooks->keys, &text, clock_wall_ms());
	note_text(&text, parcel);
	inbound_text_clear(&text);
	submit(webhooks, r, parcel, on_text_answer);
}

void webhook_text(struct http_request *r, void *arg)
{
	struct webhooks *webhooks = arg;
	struct opened opened;

	if (admit(webhooks, r, "text", &opened))
		take_text(webhooks, r, &opened.webhook);
	free(opened.url);
}

/* --- receipts -------------------------------------------------------------------------------- */

static void reply_receipt(struct http_request *r)
{
	count("receipt", 204);
	http_request_reply(r, 204, NULL, "", 0);
}

static void on_receipt_answer(void *arg, enum parcel_answer answer)
{
	if (answer == PARCEL_LOST)
		reply_lost(arg, "receipt");
	else
		reply_receipt(arg);
}

static char *receipt_event(const struct inbound_receipt *receipt, int64_t at_ms)
{
	json_t *event = json_object();
	char *printed;

	json_put_text(event, "id", receipt->event_id);
	json_put_text(event, "kind", "receipt");
	json_put_int(event, "at", at_ms);
	json_put_text(event, "job", receipt->job);
	json_put_int(event, "attempt", receipt->attempt);
	json_put_text(event, "status", receipt->status);
	json_put_int(event, "error", receipt->error);
	json_put_text(event, "provider_id", receipt->provider_id);
	printed = json_print(event);
	json_decref(event);
	return printed;
}

static void take_receipt(
	struct webhooks *webhooks, struct http_request *r, const struct webhook *webhook)
{
	struct inbound_receipt receipt;
	struct actor_id actor;
	struct fail fail;

	if (!webhooks->provider->receipt(&webhooks->site->account, webhook, &receipt, &fail)) {
		refuse_signed(r, "receipt", fail.text);
		return;
	}
	if (!actor_parse(receipt.actor, &actor)) {
		metric_add("warmline_receipts_orphaned_total", "", 1);
		log_limited(LOG_LEVEL_INFO, "orphan-receipt",
			"provider_id=%s is about no text of ours", receipt.provider_id);
		reply_receipt(r);
		return;
	}
	submit(webhooks, r,
		parcel_new_take(receipt.event_id, actor.text, NULL, "",
			receipt_event(&receipt, clock_wall_ms())),
		on_receipt_answer);
}

void webhook_receipt(struct http_request *r, void *arg)
{
	struct webhooks *webhooks = arg;
	struct opened opened;

	if (admit(webhooks, r, "receipt", &opened))
		take_receipt(webhooks, r, &opened.webhook);
	free(opened.url);
}
