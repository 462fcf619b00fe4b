#include "gateway/webhook.h"

#include "gateway/bundle.h"
#include "gateway/mismatch.h"
#include "gateway/nonce.h"
#include "gateway/text_event.h"
#include "platform/network.h"

#include <sodium.h>
#include <strings.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/seal.h>

#define BODY_MAX  ((size_t)256 * 1024)
#define FORM_TYPE "application/x-www-form-urlencoded"
#define STALE_S   300 /* a signature older or newer than this says that a clock is wrong */

struct door {
	struct webhooks *webhooks;
	const struct account *account;
	const struct provider *provider;
	enum webhook_about about;
	char *path; /* owned; a route borrows it */
};
struct webhooks {
	const struct site *site;
	const struct keys *keys;
	struct poster *poster;
	struct door *doors;
	size_t ndoors;
};

/* --- refusals -------------------------------------------------------------------------------- */

static const char *route_name(enum webhook_about about)
{
	return about == ABOUT_TEXT ? "text" : "receipt";
}

static void count(const struct door *door, enum webhook_about about, int status)
{
	char labels[128];

	text_set(labels, sizeof(labels), "route=\"%s\",provider=\"%s\",status=\"%d\"",
		route_name(about), door->account->name, status);
	metric_add("warmline_webhooks_total", labels, 1);
}

static void reply_refusal(const struct door *door, enum webhook_about about, struct http_request *r,
	int status, const char *why)
{
	count(door, about, status);
	http_request_reply(r, status, NULL, why, strlen(why));
}

/* Anybody can cause these: the log gets one a minute. */
static void refuse_form(const struct door *door, enum webhook_about about, struct http_request *r)
{
	log_limited(LOG_LEVEL_WARN, "webhook-malformed",
		"provider=%s status=400 body or query is no form", door->account->name);
	reply_refusal(door, about, r, 400, "the request is no form");
}

static void refuse_stranger(
	const struct door *door, enum webhook_about about, struct http_request *r, const char *why)
{
	log_limited(LOG_LEVEL_WARN, "webhook-forged", "provider=%s status=403 %s",
		door->account->name, why);
	reply_refusal(door, about, r, 403, "");
}

/* The provider itself sent it and will not come again: each is told. */
static void refuse_signed(
	const struct door *door, enum webhook_about about, struct http_request *r, const char *why)
{
	log_event(LOG_LEVEL_ERROR, "webhook-refused",
		"provider=%s status=400 %s; the provider has it in its own log",
		door->account->name, why);
	reply_refusal(door, about, r, 400, why);
}

/* RFC 7235: who was not asked for a password yet is asked first. */
static void ask_password(const struct door *door, enum webhook_about about, struct http_request *r)
{
	http_request_reply_header(r, "WWW-Authenticate", "Basic realm=\"warmline\"");
	reply_refusal(door, about, r, 401, "");
}

/* --- who may post here ----------------------------------------------------------------------- */

static bool equals(const char *path, const char *wanted)
{
	size_t len = strlen(path);

	return strlen(wanted) == len && sodium_memcmp(path, wanted, len) == 0;
}

/* Every token and both addresses are compared, whichever fits. */
static bool find_about(const struct door *door, const char *path, enum webhook_about *about)
{
	static const char *const leaves[] = {"sms", "status"};
	bool found = false;

	for (size_t i = 0; i < door->account->npath_tokens; i++) {
		for (size_t j = 0; j < 2; j++) {
			char *wanted = site_webhook_path(
				door->account, door->account->path_tokens[i], leaves[j]);

			if (equals(path, wanted)) {
				*about = j == 0 ? ABOUT_TEXT : ABOUT_RECEIPT;
				found = true;
			}
			free(wanted);
		}
	}
	return found;
}

static const char *header_of(const void *request, const char *name)
{
	return http_request_header(request, name);
}

static bool is_form(const struct http_request *r)
{
	const char *type = http_request_header(r, "Content-Type");
	size_t n = strlen(FORM_TYPE);

	return type && strncasecmp(type, FORM_TYPE, n) == 0 &&
	       (type[n] == '\0' || strchr("; \t", type[n]));
}

/* False: the body or query is no form. */
static bool open_webhook(struct http_request *r, struct webhook *webhook)
{
	bool posted = strcmp(http_request_method(r), "POST") == 0, form = posted && is_form(r);

	webhook->method = http_request_method(r);
	webhook->header = header_of;
	webhook->headers = r;
	webhook->body = http_request_body(r, &webhook->body_len);
	webhook->form = form ? http_request_form(r) : NULL;
	webhook->query = http_request_query(r);
	webhook->now_s = clock_wall_ms() / 1000;
	return (!form || webhook->form) && webhook->query;
}

static bool is_proven(const struct door *door, struct http_request *r,
	const struct webhook *webhook, struct proof *proof)
{
	const struct site *site = door->webhooks->site;
	const struct account *account = door->account;

	if (!door->provider->verify(account, webhook, proof)) {
		if (!mismatch_look(site, account, door->provider, webhook, r))
			log_limited(LOG_LEVEL_WARN, "webhook-unproven",
				"provider=%s signature missing or wrong: is the secret right, and "
				"public_url what the provider was told to call?",
				account->name);
		return false;
	}
	return nonce_take(account, proof->nonce, webhook);
}

/* On false the request has been answered. */
static bool admit(const struct door *door, struct http_request *r, struct webhook *webhook,
	struct proof *proof)
{
	const struct account *a = door->account;

	if (a->npath_tokens && !find_about(door, http_request_path(r), &webhook->about))
		refuse_stranger(door, webhook->about, r, "the path is not one of ours");
	else if (a->nnetworks && !networks_contain(a->networks, a->nnetworks, http_request_peer(r)))
		refuse_stranger(door, webhook->about, r, "it comes from another network");
	else if (door->provider->basic && *a->webhook_user &&
		 !http_request_header(r, "Authorization"))
		ask_password(door, webhook->about, r);
	else if (!open_webhook(r, webhook))
		refuse_form(door, webhook->about, r);
	else if (!is_proven(door, r, webhook, proof))
		refuse_stranger(door, webhook->about, r, "not proven to be the provider's");
	else
		return true;
	return false;
}

/* --- events ---------------------------------------------------------------------------------- */

static char *receipt_event(
	const struct door *door, const struct inbound_receipt *receipt, int64_t at_ms)
{
	json_t *event = json_object();
	char *printed;

	json_put_text(event, "id", receipt->event_id);
	json_put_text(event, "kind", "receipt");
	json_put_int(event, "at", at_ms);
	json_put_text(event, "job", receipt->job);
	json_put_int(event, "attempt", receipt->attempt);
	json_put_text(event, "status", receipt->status);
	if (receipt->why != ANSWER_ACCEPTED)
		json_put_text(event, "why", answer_kind_name(receipt->why));
	json_put_int(event, "error", receipt->error);
	json_put_text(event, "provider_id", receipt->provider_id);
	json_put_text(event, "account", door->account->name);
	printed = json_print(event);
	json_decref(event);
	return printed;
}

/* NULL: it is about no text of ours, and there is no telling whose it was. */
static struct parcel *receipt_parcel(const struct door *door, const struct inbound_receipt *receipt)
{
	struct actor_id actor;
	struct phone to;
	char blind[BLIND_SIZE] = "";
	bool ours = actor_parse(receipt->actor, &actor);

	if (!ours && !phone_parse(receipt->to, &to)) {
		metric_add("warmline_receipts_orphaned_total", "", 1);
		log_limited(LOG_LEVEL_INFO, "orphan-receipt",
			"provider=%s provider_id=%s is about no text of ours", door->account->name,
			receipt->provider_id);
		return NULL;
	}
	if (!ours)
		keys_blind(door->webhooks->keys, to.text, blind);
	return parcel_new_take(receipt->event_id, ours ? actor.text : NULL, ours ? NULL : blind, "",
		receipt_event(door, receipt, clock_wall_ms()));
}

/* NULL: its sender cannot be answered; said so, and left in the provider's own log. */
static struct parcel *text_parcel(
	const struct door *door, const struct inbound_text *text, bool stale)
{
	struct webhooks *w = door->webhooks;
	struct parcel *parcel;

	if (!phone_is_sender(text->from)) {
		metric_add("warmline_texts_from_no_number_total", "", 1);
		log_event(LOG_LEVEL_ERROR, "no-number",
			"event=%s From is no number that can send a text; the provider has it in "
			"its own log",
			text->event_id);
		return NULL;
	}
	parcel = text_event_parcel(w->site, w->keys,
		&(struct text_arrival){
			.text = text, .account = door->account->name, .stale = stale},
		clock_wall_ms());
	if (text->repaired)
		metric_add("warmline_texts_repaired_total", "", 1);
	if (parcel->urgent) {
		metric_add("warmline_crisis_texts_total", "", 1);
		log_event(LOG_LEVEL_WARN, "crisis-text", "event=%s", parcel->event_id);
	}
	return parcel;
}

/* --- answers --------------------------------------------------------------------------------- */

static void reply_taken(struct http_request *r, void *arg, enum webhook_about about)
{
	const struct door *door = arg;
	const char *body = door->provider->ok_body;

	if (about == ABOUT_RECEIPT) {
		/* The words that a text is answered with have no place here. */
		int status = body ? 204 : 200;

		count(door, about, status);
		http_request_reply(r, status, NULL, "", 0);
		return;
	}
	count(door, about, 200);
	http_request_reply(
		r, 200, door->provider->ok_type, body ? body : "", body ? strlen(body) : 0);
}

static void reply_lost(const struct door *door, enum webhook_about about, struct http_request *r)
{
	count(door, about, 503);
	http_request_reply_header(r, "Retry-After", "2");
	http_request_reply(r, 503, NULL, "", 0);
}

static void on_texts(struct http_request *r, void *door, enum parcel_answer answer)
{
	if (answer == PARCEL_LOST)
		reply_lost(door, ABOUT_TEXT, r);
	else
		reply_taken(r, door, ABOUT_TEXT);
}

static void on_receipts(struct http_request *r, void *door, enum parcel_answer answer)
{
	if (answer == PARCEL_LOST)
		reply_lost(door, ABOUT_RECEIPT, r);
	else
		reply_taken(r, door, ABOUT_RECEIPT);
}

/* A clock is wrong, or the provider comes very late: the text counts, and somebody should know. */
static bool is_stale(const struct door *door, const struct webhook *w, const struct proof *proof)
{
	int64_t off = proof->signed_s > w->now_s ? proof->signed_s - w->now_s
						 : w->now_s - proof->signed_s;

	if (proof->signed_s == 0 || off <= STALE_S)
		return false;
	metric_add("warmline_webhooks_stale_total", "", 1);
	log_limited(LOG_LEVEL_ERROR, "webhook-stale",
		"provider=%s signed this %lld s from now: is the clock of this machine right?",
		door->account->name, (long long)off);
	return true;
}

static void take(struct door *door, struct http_request *r, const struct webhook *webhook,
	struct inbound *in, bool stale)
{
	struct parcel **parcels = xcalloc(in->ntexts + in->nreceipts, sizeof(struct parcel *));
	size_t n = 0;

	for (size_t i = 0; i < in->ntexts; i++)
		if ((parcels[n] = text_parcel(door, &in->texts[i], stale)) != NULL)
			n++;
	if (in->ntexts == 1 && n == 0 && in->nreceipts == 0) {
		free(parcels);
		reply_refusal(
			door, webhook->about, r, 400, "From is no number that can send a text");
		return;
	}
	for (size_t i = 0; i < in->nreceipts; i++)
		if ((parcels[n] = receipt_parcel(door, &in->receipts[i])) != NULL)
			n++;
	if (in->ignored)
		metric_add("warmline_webhooks_ignored_total", "", (int64_t)in->ignored);
	bundle_submit_take(
		door->webhooks->poster, r, parcels, n, in->ntexts ? on_texts : on_receipts, door);
	free(parcels);
}

static void on_webhook(struct http_request *r, void *arg)
{
	struct door *door = arg;
	/* The URL is the configured one, never Host's (adapter rule 2). */
	char *url = xasprintf("%s%s", door->webhooks->site->public_url, http_request_target(r));
	struct webhook webhook = {.about = door->about, .url = url};
	struct inbound in = {.ntexts = 0};
	struct proof proof;
	struct fail fail = {""};

	if (admit(door, r, &webhook, &proof)) {
		if (door->provider->read(door->account, &webhook, &in, &fail))
			take(door, r, &webhook, &in, is_stale(door, &webhook, &proof));
		else
			refuse_signed(door, webhook.about, r, fail.text);
		inbound_clear(&in);
	}
	free(url);
}

/* --- doors ----------------------------------------------------------------------------------- */

static void door_add(struct webhooks *w, const struct account *account, enum webhook_about about)
{
	struct door *door = &w->doors[w->ndoors++];

	*door = (struct door){.webhooks = w,
		.account = account,
		.provider = provider_find(account->kind),
		.about = about};
	if (account->npath_tokens)
		door->path = site_webhook_path(account, NULL, "");
	else
		door->path =
			site_webhook_path(account, NULL, about == ABOUT_TEXT ? "sms" : "status");
}

struct webhooks *webhooks_new(
	const struct site *site, const struct keys *keys, struct poster *poster)
{
	struct webhooks *w = xcalloc(1, sizeof(*w));

	w->site = site;
	w->keys = keys;
	w->poster = poster;
	w->doors = xcalloc(2 * site->naccounts, sizeof(*w->doors));
	for (size_t i = 0; i < site->naccounts; i++) {
		door_add(w, &site->accounts[i], ABOUT_TEXT);
		if (!site->accounts[i].npath_tokens)
			door_add(w, &site->accounts[i], ABOUT_RECEIPT);
		mismatch_over(site, &site->accounts[i]);
	}
	return w;
}

void webhooks_free(struct webhooks **webhooks)
{
	struct webhooks *w = *webhooks;

	*webhooks = NULL;
	for (size_t i = 0; w && i < w->ndoors; i++)
		free(w->doors[i].path);
	if (w)
		free(w->doors);
	free(w);
}

size_t webhooks_count(const struct site *site)
{
	return 4 * site->naccounts;
}

size_t webhooks_routes(struct webhooks *w, struct http_route *routes)
{
	size_t n = 0;

	for (size_t i = 0; i < w->ndoors; i++) {
		struct door *door = &w->doors[i];

		routes[n++] = (struct http_route){
			"POST", door->path, on_webhook, door, BODY_MAX, door->provider->types};
		if (door->provider->takes_get)
			routes[n++] =
				(struct http_route){"GET", door->path, on_webhook, door, 0, NULL};
	}
	return n;
}
