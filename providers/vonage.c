/*
 * Vonage, Messages API v1: JSON both ways. The other adapter of Vonage's is vonage_sms.c.
 *
 * Webhooks carry a JSON Web Token (HS256, the account's signature secret) whose claim payload_hash
 * covers the raw body: Vonage's own library leaves comparing it to us. The URL is not covered;
 * our ids come back in client_ref, which is part of the body. `exp` and `nbf` hold to the second;
 * `iat` and `jti` are for the gateway, which knows about freshness and repeats.
 *
 * Taken are the channels sms and mms; an answer could not go back where other channels come from,
 * so those are ignored. A text whose delivery fails names its reason by number: in the error's
 * title, or behind "#" in its type (developer.vonage.com/api-errors/messages).
 *
 * Not documented: a reason that is not in the table (taken as one of the account: somebody has to
 * look); an idempotency key (so a 5xx stays unknown); how several pictures come (one is read); a
 * look-up and the removal of words (no errands).
 */
#include "providers/vonage.h"

#include "providers/inbound_field.h"
#include "providers/jwt.h"
#include "providers/request.h"

#include <string.h>
#include <warmline/fail.h>
#include <warmline/json.h>

#define ID           "message_uuid"
#define TOKEN_LIFE_S 900
#define TTL_MIN_S    20 /* both APIs refuse what is outside */
#define TTL_MAX_S    604800
#define REF_MOST     40

/* --- webhooks: are they Vonage's? ------------------------------------------------------------ */

static bool claims_hold(
	const json_t *claims, const struct account *account, const struct webhook *webhook)
{
	if (strcmp(jwt_text(claims, "iss"), "Vonage") != 0)
		return false;
	if (*account->id && strcmp(jwt_text(claims, "api_key"), account->id) != 0)
		return false;
	if (!jwt_is_current(claims, webhook->now_s, 0))
		return false;
	if (webhook->body_len == 0 && !json_object_get(claims, "payload_hash"))
		return true;
	return jwt_hash_fits(claims, "payload_hash", webhook->body, webhook->body_len);
}

static bool verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *header = webhook->header(webhook->headers, "Authorization");
	json_t *claims = jwt_verify(jwt_of_bearer(header), account, JWT_HS256);
	bool holds = claims && claims_hold(claims, account, webhook);

	*proof = (struct proof){.signed_s = 0};
	if (holds) {
		proof->signed_s = jwt_seconds(claims, "iat");
		holds = text_set(proof->nonce, sizeof(proof->nonce), "%s", jwt_text(claims, "jti"));
	}
	json_decref(claims);
	return holds;
}

/* --- webhooks: what do they say? ------------------------------------------------------------- */

static const struct answer_code codes[] = {
	{1000, ANSWER_RATE},
	{1241, ANSWER_RATE},
	{1030, ANSWER_BUSY}, /* error inside Vonage */
	{1100, ANSWER_BUSY}, /* not submitted: no connection */
	{1180, ANSWER_NETWORK},
	{1200, ANSWER_NETWORK}, /* number being ported */
	{1220, ANSWER_NETWORK},
	{1230, ANSWER_NETWORK},
	{1290, ANSWER_NETWORK}, /* prepaid, no credit left to receive */
	{1360, ANSWER_NETWORK}, /* ran out of time */
	{1240, ANSWER_OPTED_OUT},
	{1170, ANSWER_BAD_NUMBER},
	{1190, ANSWER_BAD_NUMBER},
	{1260, ANSWER_BAD_NUMBER},
	{1300, ANSWER_BAD_NUMBER},
	{1310, ANSWER_BAD_NUMBER},
	{1050, ANSWER_BLOCKED},
	{1270, ANSWER_BLOCKED}, /* age */
	{1280, ANSWER_BLOCKED}, /* the plan has no texts */
	{1090, ANSWER_CONTENT}, /* too long */
	{1210, ANSWER_CONTENT},
	{1320, ANSWER_UNKNOWN}, /* "already sent" */
	{1330, ANSWER_UNKNOWN},
};

/* The number of an error object: its title, or what stands behind "#" in its type. 0 = none. */
static int problem_code(const json_t *problem)
{
	const char *mark = strrchr(json_get_text(problem, "type", ""), '#');
	int code = json_take_number(problem, "title");
	size_t digits = mark ? strspn(mark + 1, "0123456789") : 0;

	if (code == 0 && digits > 0 && digits <= 9 && mark[1 + digits] == '\0')
		code = (int)strtol(mark + 1, NULL, 10);
	return code;
}

static enum answer_kind kind_of_code(int code)
{
	/* Credentials, credit, sender, country, route ...: a person has to look. */
	return ANSWER_CODE(codes, code, ANSWER_ACCOUNT);
}

/* A picture, clip or file; its caption stands for the words when there are no others. */
static bool take_content(const json_t *object, struct inbound_text *text, struct fail *fail)
{
	const char *type = json_get_text(object, "message_type", "");
	const json_t *thing = json_object_get(object, type);
	const json_t *url = json_object_get(thing, "url");

	if (json_is_string(url))
		media_add(
			text, json_string_value(url), json_string_length(url), type, strlen(type));
	if (!json_is_object(thing) || json_is_string(json_object_get(object, "text")))
		return json_take_words(object, "text", text, fail);
	if (json_is_string(json_object_get(thing, "caption")))
		return json_take_words(thing, "caption", text, fail);
	text->body = xstrdup("");
	return true;
}

static bool take_text(const struct account *account, const json_t *object,
	struct inbound_text *text, struct fail *fail)
{
	if (!json_take_id(object, ID, text->provider_id, sizeof(text->provider_id), fail) ||
		!json_take(object, "from", true, text->from, sizeof(text->from), fail) ||
		!json_take(object, "to", true, text->to, sizeof(text->to), fail) ||
		!take_content(object, text, fail))
		return false;
	number_plus(text->from, sizeof(text->from));
	number_plus(text->to, sizeof(text->to));
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

static const struct status_word states[] = {
	{"submitted", "sent"},
	{"delivered", "delivered"},
	{"rejected", "failed"},
	{"undeliverable", "undelivered"},
	{"read", "read"},
};

static bool take_receipt(const struct account *account, const struct webhook *webhook,
	const json_t *object, struct inbound_receipt *receipt, struct fail *fail)
{
	int code = problem_code(json_object_get(object, "error"));
	char told[24], ref[128];

	if (!json_take_id(object, ID, receipt->provider_id, sizeof(receipt->provider_id), fail) ||
		!json_take_id(object, "status", told, sizeof(told), fail) ||
		!json_take(object, "client_ref", false, ref, sizeof(ref), fail))
		return false;
	json_take(object, "to", false, receipt->to, sizeof(receipt->to), NULL);
	number_plus(receipt->to, sizeof(receipt->to));
	receipt_set(receipt, STATUS_WORD(states, told), code,
		code ? kind_of_code(code) : ANSWER_UNKNOWN);
	vonage_take_ours(webhook->query, ref, receipt);
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

static bool is_text_channel(const json_t *object)
{
	const char *channel = json_get_text(object, "channel", "sms");

	return strcmp(channel, "sms") == 0 || strcmp(channel, "mms") == 0;
}

static bool read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	json_t *object = webhook_json(webhook, fail);
	bool done = true;

	if (!object)
		return false;
	if (!json_is_object(object))
		done = fail_set(fail, "the body is no JSON object");
	else if (!is_text_channel(object))
		inbound->ignored++;
	else if (webhook->about == ABOUT_RECEIPT)
		done = take_receipt(account, webhook, object, inbound_add_receipt(inbound), fail);
	else
		done = take_text(account, object, inbound_add_text(inbound), fail);
	json_decref(object);
	return done;
}

/* --- what both APIs share -------------------------------------------------------------------- */

int64_t vonage_ttl(int64_t validity_s)
{
	if (validity_s <= 0)
		return 0;
	if (validity_s < TTL_MIN_S)
		return TTL_MIN_S;
	return validity_s > TTL_MAX_S ? TTL_MAX_S : validity_s;
}

void vonage_ref(char ref[VONAGE_REF_SIZE], const struct outbound_text *text)
{
	ref[0] = '\0';
	if (text->job)
		tag_set(ref, VONAGE_REF_SIZE, text);
	if (strlen(ref) > REF_MOST)
		ref[0] = '\0';
}

void vonage_take_ours(const struct form *query, const char *ref, struct inbound_receipt *receipt)
{
	if (*ref)
		ours_of_tag(ref, receipt);
	else
		ours_take(query, receipt);
}

/* --- what goes out --------------------------------------------------------------------------- */

/* The application's token; without one, or with a key that is none, key and secret must do. */
static void put_authorization(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *claims;
	char *token, *id;

	if (!account->private_key)
		return;
	id = xasprintf(
		"%016llx-%llx", (unsigned long long)text->entropy, (unsigned long long)text->now_s);
	claims = json_object();
	json_put_text(claims, "application_id", account->application);
	json_put_int(claims, "iat", text->now_s);
	json_put_int(claims, "exp", text->now_s + TOKEN_LIFE_S);
	json_put_text(claims, "jti", id);
	token = jwt_sign(account->private_key, claims);
	if (token) {
		request_header(request, "Authorization", "Bearer %s", token);
		request->user = NULL;
		request->password = NULL;
		explicit_bzero(token, strlen(token));
	}
	free(token);
	free(id);
	json_decref(claims);
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	json_t *body = json_object();
	char ref[VONAGE_REF_SIZE];

	*request = request_basic(account, "POST");
	request->url = xasprintf("%s/v1/messages", account->api_url);
	put_authorization(account, text, request);
	vonage_ref(ref, text);
	json_put_text(body, "message_type", "text");
	json_put_text(body, "channel", "sms");
	json_put_text(body, "to", number_bare(text->to));
	json_put_text(body, "from", number_bare(text->from));
	json_put_text(body, "text", text->body);
	json_put_text(body, "client_ref", ref);
	json_put_text(body, "webhook_url", text->callback_url);
	json_put_int(body, "ttl", vonage_ttl(text->validity_s));
	request_json(request, body);
}

/* The kind of the first parameter that a 422 complains of; `otherwise` when it names none. */
static enum answer_kind kind_of_parameter(const json_t *problem, enum answer_kind otherwise)
{
	const json_t *first = json_array_get(json_object_get(problem, "invalid_parameters"), 0);
	const char *name = json_get_text(first, "name", "");

	if (strcmp(name, "to") == 0)
		return ANSWER_BAD_NUMBER;
	return strcmp(name, "text") == 0 ? ANSWER_CONTENT : otherwise;
}

static enum answer_kind kind_of_problem(const json_t *problem, int code)
{
	enum answer_kind kind = code ? kind_of_code(code) : ANSWER_ACCOUNT;

	return kind == ANSWER_ACCOUNT ? kind_of_parameter(problem, kind) : kind;
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	json_t *object = reply_json(reply);
	int code = problem_code(object);
	struct refusal refusal = {.own = json_object_get(object, "title") != NULL,
		.said = kind_of_problem(object, code),
		.code = code};

	(void)account;
	*answer = answer_of_reply(reply, object, ID, refusal);
	json_decref(object);
}

const struct provider provider_vonage = {
	.kind = "vonage",
	.title = "Vonage (Messages API)",
	.api_url = "https://api.nexmo.com",
	.needs = NEED_ID | NEED_API_SECRET | NEED_WEBHOOK,
	.id_is = "the API key",
	.api_is = "the API secret; without use when there is a private key",
	.webhook_is = "the signature secret",
	.application_is = "the id of the application whose private key it is",
	.types = "application/json",
	.per_second = 1,
	.verify = verify,
	.read = read,
	.build = build,
	.answer = answer,
};
